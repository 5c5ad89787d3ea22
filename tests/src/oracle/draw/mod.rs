//! draws
