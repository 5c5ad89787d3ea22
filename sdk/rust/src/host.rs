//! The host's side of every call that isn't a batch's: the component's imports in wasm, memory in unit tests.

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::host::*;
#[cfg(target_family = "wasm")]
pub(crate) use crate::wasm::host::*;
