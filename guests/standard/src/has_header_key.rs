//! Kafka's predicate `HasHeaderKey`: the record has a header of a given name.

use airlock_sdk::{Batch, Config, ConfigKey, Description, Error, Predicate};

/// Kafka's `HasHeaderKey`.
pub(crate) struct HasHeaderKey {
    name: String,
}

impl Predicate for HasHeaderKey {
    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.transforms.predicates.HasHeaderKey"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Holds for records with at least one header of the configured name.")
            .config([ConfigKey::text("name").required().non_empty().documentation("The header name.")])
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        Ok(HasHeaderKey { name: config.text("name")?.to_owned() })
    }

    fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
        let headers = batch.headers();
        let mut keys = headers.keys.iter();
        let mut held = Vec::new();
        for (row, count) in (0..).zip(&headers.counts) {
            // Every key of the row is taken, found or not, so that the next row starts at its own.
            let matching = keys.by_ref().take(*count as usize).filter(|key| **key == self.name).count();
            if matching > 0 {
                held.push(row);
            }
        }
        Ok(held)
    }
}
