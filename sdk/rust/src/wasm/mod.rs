//! The component's side of the border: bindings made from the WIT, and the two ways of SDK types through them.

#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    rust_2018_idioms,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    clippy::too_many_arguments,
    reason = "wit-bindgen wrote it"
)]
pub mod bindings;

mod batch;
mod convert;
mod exports;
pub(crate) mod host;

pub use exports::{Component, Plugins};
