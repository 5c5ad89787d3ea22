//! Sandboxed plugins.
pub mod bindings;
pub mod state { pub struct GuestBatch; }
