//! The producer against a cluster in this process.
