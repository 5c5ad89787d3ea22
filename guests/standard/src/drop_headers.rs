//! Kafka's `DropHeaders`: takes headers away by name.

use airlock_sdk::{Batch, BytesColumn, Config, ConfigKey, Description, Error, Headers, Importance, Transform};

use crate::part;

/// Kafka's `DropHeaders`.
pub(crate) struct DropHeaders {
    names: Vec<String>,
}

impl Transform for DropHeaders {
    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.transforms.DropHeaders"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Removes all headers of the given names from each record.")
            .config([ConfigKey::list("headers")
                .required()
                .importance(Importance::High)
                .documentation("Names of the headers to be removed.")])
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        config.text("headers")?;
        let names = part::names(config, "headers")?;
        if names.is_empty() {
            return Err(Error::invalid("headers", "is empty: name the headers to be removed"));
        }
        Ok(DropHeaders { names })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let headers = batch.headers();
        if !headers.keys.iter().any(|key| self.names.contains(key)) {
            return Ok(());
        }
        let mut kept = Headers { counts: Vec::with_capacity(headers.counts.len()), ..Headers::default() };
        let mut all = headers.keys.into_iter().zip(headers.values.iter());
        let mut values = BytesColumn::default();
        for count in headers.counts {
            let before = kept.keys.len();
            for (key, value) in all.by_ref().take(count as usize) {
                if !self.names.contains(&key) {
                    kept.keys.push(key);
                    values.push(value);
                }
            }
            kept.counts.push((kept.keys.len() - before) as u32);
        }
        kept.values = values;
        Ok(batch.set_headers(kept)?)
    }
}
