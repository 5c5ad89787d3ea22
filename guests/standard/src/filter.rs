//! Kafka's `Filter`: discards every record that it sees, so it is of use behind a predicate only.

use airlock_sdk::{Batch, Config, Description, Error, Transform};

/// Kafka's `Filter`.
pub(crate) struct Filter;

impl Transform for Filter {
    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.transforms.Filter"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Drops all records, filtering them from subsequent transformations in the chain. Use it with a predicate.")
    }

    fn configure(_config: &Config, _class_name: &str) -> Result<Self, Error> {
        Ok(Filter)
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let rows: Vec<u32> = (0..batch.rows() as u32).collect();
        Ok(batch.discard(&rows)?)
    }
}
