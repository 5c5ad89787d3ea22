//! The components that the executable carries.

/// Names and bytes. `build.rs` makes the list of `target/components`.
pub const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));
