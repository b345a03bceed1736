//! CLUSTERPRO-style failover groups on AWS.
