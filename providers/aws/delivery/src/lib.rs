//! How requests get to AWS: configuration, credentials, repetition, rate.
