//! Confluence Data Center: releases, health and nodes of a running cluster.
