//! The formats of schemas that a registry keeps, and what a format's own keys say. The conversion is the pipeline's.

use std::collections::BTreeMap;

use super::keys::own_keys;
use crate::config::definition::{Value, Values};

/// What schemas in a registry are written in; there is a converter for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Avro.
    Avro,
    /// JSON Schema.
    JsonSchema,
    /// Protobuf.
    Protobuf,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Avro, Format::JsonSchema, Format::Protobuf];

    /// Returns the class name of its converter.
    pub const fn class(self) -> &'static str {
        match self {
            Format::Avro => "io.confluent.connect.avro.AvroConverter",
            Format::JsonSchema => "io.confluent.connect.json.JsonSchemaConverter",
            Format::Protobuf => "io.confluent.connect.protobuf.ProtobufConverter",
        }
    }

    /// Returns the format of a converter's class.
    pub fn of_class(class: &str) -> Option<Format> {
        Self::ALL.into_iter().find(|format| format.class() == class)
    }

    /// Returns the `schemaType` by which registries know it. A schema for which they name none is `AVRO`.
    pub const fn schema_type(self) -> &'static str {
        match self {
            Format::Avro => "AVRO",
            Format::JsonSchema => "JSON",
            Format::Protobuf => "PROTOBUF",
        }
    }
}

/// The values of a format's own keys, by their names in the converter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FormatOptions(BTreeMap<String, Value>);

impl FormatOptions {
    /// Reads a format's own keys; `key` names the converter.
    pub(super) fn read(format: Format, key: &str, values: &Values) -> FormatOptions {
        let value = |name: String| values.get(&format!("{key}.{name}")).cloned().map(|value| (name, value));
        FormatOptions(own_keys(format).into_iter().filter_map(|own| value(own.name)).collect())
    }

    /// Tells whether a flag is on.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Value::Boolean(true)))
    }

    /// Returns a text; none where it isn't set.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

// There is no key of a DOUBLE.
impl Eq for FormatOptions {}
