//! Writes plugins for Airlock, a Kafka Connect worker whose plugins are sandboxed WebAssembly components.
//!
//! A plugin is a type that implements [`Transform`], [`Predicate`], [`Source`] or [`Sink`]. One macro per
//! component exports them: [`export!`]. Build with
//! `cargo build --release --target wasm32-wasip2` and upload the `.wasm` file.
//!
//! Plugins see records as a [`Batch`]: columns that the host owns. Reading one field of all rows, or changing
//! several with one [`Edit`], costs one call of the host per batch and never a parse in the plugin. Where a row
//! at a time is easier, [`Batch::for_each`] gives that view. Values with a schema come by type in [`data`].
//!
//! Everything but the export macros' own code also runs natively, so `cargo test` tests a plugin in
//! memory: see [`testing`].
//!
//! ```
//! use airlock_sdk::{Batch, Config, Description, Edit, Error, Transform};
//!
//! /// Marks every record with where it came from.
//! struct Mark;
//!
//! impl Transform for Mark {
//!     fn describe() -> Description {
//!         Description::new(["com.example.Mark"]).documentation("Marks records.").version("1.0.0")
//!     }
//!
//!     fn configure(_: &Config, _class_name: &str) -> Result<Self, Error> {
//!         Ok(Mark)
//!     }
//!
//!     fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
//!         Ok(batch.value().edit(Edit::new().put_constant("origin", "\"web\""))?)
//!     }
//! }
//!
//! airlock_sdk::export!(transforms: [Mark]);
//! ```

#![deny(missing_docs)]
#![cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "what only components reach"))]

mod batch;
mod error;
mod plugin;

pub mod data;
pub mod log;
pub mod metrics;
pub mod offsets;
pub mod reconfiguration;
pub mod schemas;
pub mod sink_context;
pub mod transaction_context;

mod exports;
mod host;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod wasm;

pub use batch::{
    Batch, BytesColumn, Cell, Edit, FieldColumn, Fields, FloatColumn, Form, Headers, IntColumn, KindOutcome, Part,
    Path, Record, SourceRow, SourceRows, TextColumn, TopicPartition, TopicPartitionOffset, Topics, ValueKind,
};
pub use error::{BatchError, ConfigProblem, Error};
pub use plugin::{
    Acknowledgement, Capability, Config, ConfigKey, ConfigType, Connector, Description, ExactlyOnce, Grant, Importance,
    OneTask, PollLimits, Predicate, SameTasks, Sink, Source, SourcePosition, Transform,
};
pub use serde_json;

/// What the export macros need; no part of the interface.
#[doc(hidden)]
pub mod macro_support {
    pub use crate::plugin::registry::{
        Entry, PredicateFunctions, SinkFunctions, SourceFunctions, TransformFunctions, predicate, sink, source,
        transform,
    };
}
