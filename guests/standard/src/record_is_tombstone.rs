//! Kafka's predicate `RecordIsTombstone`: the record's value is null.

use airlock_sdk::{Batch, Config, Description, Error, Predicate, ValueKind};

use crate::part::rows_where;

/// Kafka's `RecordIsTombstone`.
pub(crate) struct RecordIsTombstone;

impl Predicate for RecordIsTombstone {
    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.transforms.predicates.RecordIsTombstone"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Holds for records which are tombstones (i.e. have null value).")
    }

    fn configure(_config: &Config, _class_name: &str) -> Result<Self, Error> {
        Ok(RecordIsTombstone)
    }

    /// A literal `null` counts too: Kafka's converters make the same null of both.
    fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
        Ok(rows_where(&batch.value().kinds(), |kind| matches!(kind, ValueKind::Absent | ValueKind::Null)))
    }
}
