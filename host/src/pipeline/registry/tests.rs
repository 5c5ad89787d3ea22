//! A converter with a registry that is not there.
