//! The path of a batch. Knows neither rdkafka nor wasmtime: [`edges`] has the traits that stand for them.
//!
//! ```text
//! sink    Kafka → poll → Batch → [predicate? transform]* → sink guest put → dead letters → commit offsets
//! source  source guest poll → Batch → [predicate? transform]* → convert → produce → acknowledged → store offsets
//! ```
//!
//! The invariants, tagged `Invariant n` where the code enforces them:
//!
//! 1. An offset is committed only after its record was delivered, discarded on purpose, or acknowledged by
//!    the dead letter topic. An expanded record is settled when all its rows are.
//! 2. Order within a partition holds; commits cover a contiguous prefix.
//! 3. At every step: in = kept + discarded + rejected (+ expanded, each new row naming the row it came from).
//! 4. A tombstone is a record, not a discard.
//! 5. A trapped instance is never called again.
//! 6. A guest can use only what it asks for and the operator grants. Default: nothing.
//! 7. A crash at any await may repeat records, never lose them.

pub mod sink_task;
pub mod source_task;

pub mod edges;

pub mod batch;
pub mod template;

pub mod registry;

pub mod chain;
pub mod isolation;

pub mod tolerance;

mod rejections;

pub mod dead_letter;

pub mod offsets;

pub mod control;
pub mod metrics;

mod failure;

#[cfg(test)]
mod fake;

pub use failure::TaskError;
pub use rejections::PluginNames;
