//! Kafka's `InsertHeader`: adds a header with a constant.

use airlock_sdk::data::SchemaCache;
use airlock_sdk::{Batch, Config, ConfigKey, Description, Error, Importance, Transform};

use crate::{header_list, header_text};

const VALUE: &str = "value.literal";

/// Kafka's `InsertHeader`.
pub(crate) struct InsertHeader {
    name: String,
    literal: String,
    /// What the header converter is given; none before the first batch.
    value: Option<Result<header_list::HeaderValue, String>>,
    schemas: SchemaCache,
}

impl Transform for InsertHeader {
    fn describe() -> Description {
        let key = |name: &str| ConfigKey::text(name).required().importance(Importance::High);
        Description::new(["org.apache.kafka.connect.transforms.InsertHeader"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Adds a header with the same value to each record, behind those that are there.")
            .config([
                key("header").documentation("The name of the header."),
                key(VALUE).documentation(
                    "The header's value. Its type is inferred, as of a header that is read: a number, boolean, date, \
                     time, timestamp, list or map, or null; everything else is text.",
                ),
            ])
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        // Kafka cuts blanks off texts in configurations.
        let text = |key: &str| config.text(key).map(header_text::trim);
        let (name, literal) = (text("header")?.to_owned(), text(VALUE)?);
        header_text::of_literal(literal).map_err(|problem| Error::invalid(VALUE, problem))?;
        Ok(InsertHeader { name, literal: literal.to_owned(), value: None, schemas: SchemaCache::default() })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let Self { name, literal, value, schemas } = self;
        match value.get_or_insert_with(|| header_list::Maker::of(batch).literal(literal)) {
            Ok(value) => header_list::append(batch, schemas, std::iter::repeat_with(|| vec![(name.as_str(), &*value)])),
            // As Kafka's converter would of each record.
            Err(reason) => Ok(batch.reject(&(0..batch.rows() as u32).collect::<Vec<u32>>(), reason)?),
        }
    }
}
