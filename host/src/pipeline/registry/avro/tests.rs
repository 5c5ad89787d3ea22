//! Schemas and values there and back, and what damaged bytes do.
