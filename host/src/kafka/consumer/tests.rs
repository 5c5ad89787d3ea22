//! The consumer against a cluster in this process.
