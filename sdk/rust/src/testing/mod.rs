//! Runs plugins in memory, for `cargo test` without wasm, host or broker. Rows are JSON; the calls of a
//! [`Batch`](crate::Batch) mean the same as in the worker. Whether the *component* works, limits and all, is
//! for the cases that the worker runs in its sandbox.
//!
//! ```
//! use airlock_sdk::testing::{self, Fate, Row, Rows};
//! # use airlock_sdk::*;
//! # struct DropOrphans;
//! # impl Transform for DropOrphans {
//! #     fn describe() -> Description { Description::new(["com.example.DropOrphans"]) }
//! #     fn configure(_: &Config, _: &str) -> Result<Self, Error> { Ok(DropOrphans) }
//! #     fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
//! #         let kinds = batch.value().field_kinds("parent")?;
//! #         let orphans = (0..).zip(kinds).filter(|(_, kind)| *kind == ValueKind::Absent);
//! #         Ok(batch.discard(&orphans.map(|(row, _)| row).collect::<Vec<_>>())?)
//! #     }
//! # }
//! let rows = Rows::new([Row::json(r#"{"parent":1}"#), Row::json("{}").topic("orphans")]);
//! let mut transform = testing::configure::<DropOrphans>(&[])?;
//! transform.apply(&rows.batch())?;
//! assert_eq!(rows.fate(0), Fate::Kept);
//! assert_eq!(rows.fate(1), Fate::Discarded);
//! # Ok::<(), Error>(())
//! ```

mod calls;
mod cbor;
mod change;
pub(crate) mod host;
mod memory;
mod row;

pub use host::{requests, store_offset};
pub use memory::Rows;
pub use row::{Fate, Row};

use crate::error::Error;
use crate::plugin::{Config, Description, Predicate, Sink, Source, Transform};

/// Returns a configuration of these keys and values, with the defaults of the description.
pub fn config(description: &Description, given: &[(&str, &str)]) -> Config {
    Config::new(&description.config, given.iter().copied())
}

/// Configures a transform under its own class name.
///
/// # Errors
/// What the transform says is wrong with the configuration.
pub fn configure<T: Transform>(given: &[(&str, &str)]) -> Result<T, Error> {
    configure_as(T::describe().class_name(), given)
}

/// Configures a transform under one of its class names.
///
/// # Errors
/// What the transform says is wrong with the configuration.
pub fn configure_as<T: Transform>(class_name: &str, given: &[(&str, &str)]) -> Result<T, Error> {
    T::configure(&config(&T::describe(), given), class_name)
}

/// Configures a predicate under its own class name.
///
/// # Errors
/// What the predicate says is wrong with the configuration.
pub fn configure_predicate<P: Predicate>(given: &[(&str, &str)]) -> Result<P, Error> {
    let description = P::describe();
    P::configure(&config(&description, given), description.class_name())
}

/// Starts a task of a source.
///
/// # Errors
/// Why it can't start.
pub fn start_source<S: Source>(given: &[(&str, &str)]) -> Result<S, Error> {
    S::start(&config(&S::describe(), given))
}

/// Starts a task of a sink.
///
/// # Errors
/// Why it can't start.
pub fn start_sink<S: Sink>(given: &[(&str, &str)]) -> Result<S, Error> {
    S::start(&config(&S::describe(), given))
}
