//! Facts about the herder.
