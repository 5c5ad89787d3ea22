//! JSON Schema, as Confluent's `JsonSchemaConverter` converts it: Connect's schemas from and to JSON Schema's, and
//! values between the JSON of the wire and the JSON text of payloads.

mod combined;
mod exact;
mod from_connect;
mod node;
mod numbers;
mod read;
mod to_connect;
mod write;

#[cfg(test)]
mod tests;

use serde_json::Value;

use exact::Json;

use super::connect::{self, Schema};
use super::format::{Definition, ValueDecoder, ValueEncoder};
use crate::config::converter::FormatOptions;

/// Confluent's keys of the conversion, with their defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct JsonSchemaOptions {
    /// `object.additional.properties`: whether objects may have other properties. Default: true.
    pub additional_properties: bool,
    /// `use.optional.for.nonrequired`: whether properties that aren't required are optional fields. Default: false.
    pub optional_for_nonrequired: bool,
    /// `decimal.format` NUMERIC: whether decimals are numbers, and not base 64. Default: false.
    pub numeric_decimals: bool,
    /// `flatten.singleton.unions`. Default: true.
    pub flatten: bool,
    /// `generalized.sum.type.support`. Default: false.
    pub generalized: bool,
    /// `ignore.default.for.nullables`. Default: false.
    pub ignore_default: bool,
}

impl JsonSchemaOptions {
    /// Reads the keys.
    pub(super) fn new(options: &FormatOptions) -> Self {
        Self {
            additional_properties: options.is_on("object.additional.properties"),
            optional_for_nonrequired: options.is_on("use.optional.for.nonrequired"),
            numeric_decimals: options.text("decimal.format").is_some_and(|text| text.eq_ignore_ascii_case("NUMERIC")),
            flatten: options.is_on("flatten.singleton.unions"),
            generalized: options.is_on("generalized.sum.type.support"),
            ignore_default: options.is_on("ignore.default.for.nullables"),
        }
    }
}

impl Default for JsonSchemaOptions {
    fn default() -> Self {
        Self {
            additional_properties: true,
            optional_for_nonrequired: false,
            numeric_decimals: false,
            flatten: true,
            generalized: false,
            ignore_default: false,
        }
    }
}

/// Confluent's names.
mod names {
    pub(super) const NAMESPACE: &str = "io.confluent.connect.json";
    pub(super) const TYPE: &str = "connect.type";
    pub(super) const VERSION: &str = "connect.version";
    pub(super) const PARAMETERS: &str = "connect.parameters";
    pub(super) const INDEX: &str = "connect.index";
    pub(super) const ID: &str = "io.confluent.connect.json.Id";
    pub(super) const ENUM: &str = "io.confluent.connect.json.Enum";
    pub(super) const ONE_OF: &str = "io.confluent.connect.json.OneOf";
    pub(super) const GENERAL_UNION: &str = "org.apache.kafka.connect.data.Union";
    pub(super) const GENERAL_ENUM: &str = "org.apache.kafka.connect.data.Enum";
    pub(super) const UNION_PREFIX: &str = "connect_union_";
    pub(super) const NULL_SYMBOL: &str = "<NULL>";
}

/// Tells whether a struct stands for one of its fields.
fn is_union(schema: &Schema) -> bool {
    schema.is(names::ONE_OF) || schema.parameters.contains_key(names::GENERAL_UNION)
}

/// Tells whether a map is an object; others are arrays of entries.
fn is_object(keys: &Schema) -> bool {
    matches!(keys.kind, connect::Kind::Text) && !keys.optional
}

/// Decodes what was written with one JSON Schema.
#[derive(Debug)]
pub struct JsonDecoder {
    title: Option<String>,
    schema: Schema,
    text: Vec<u8>,
}

impl JsonDecoder {
    /// Parses a schema.
    ///
    /// # Errors
    /// Says what is wrong with it, or why Connect has no such schema.
    pub fn new(definition: Definition<'_>, options: &JsonSchemaOptions) -> Result<JsonDecoder, String> {
        let documents = node::Documents::new(definition)?;
        let title = documents.root().get("title").and_then(Value::as_str).map(str::to_owned);
        let schema = to_connect::to_connect(&documents, definition.version, options)?;
        let text = schema.to_json().to_string().into_bytes();
        Ok(JsonDecoder { title, schema, text })
    }
}

impl ValueDecoder for JsonDecoder {
    fn record_name(&self) -> Option<&str> {
        self.title.as_deref()
    }

    fn schema(&self) -> Option<&[u8]> {
        Some(&self.text)
    }

    fn decode(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        read::read(&self.schema, bytes, out)
    }
}

/// Encodes rows of one Connect schema, or of none: those need a schema that the registry has.
#[derive(Debug)]
pub struct JsonEncoder {
    schema: Option<Schema>,
    text: Option<Json>,
    options: JsonSchemaOptions,
}

impl JsonEncoder {
    /// Makes the JSON Schema of a Connect schema, which is in JsonConverter's form.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn new(schema: Option<&[u8]>, options: &JsonSchemaOptions) -> Result<JsonEncoder, String> {
        let json = schema.map(|text| serde_json::from_slice::<Value>(text).map_err(|error| error.to_string()));
        let schema = json.transpose()?.map(|json| Schema::parse(&json)).transpose()?;
        let text = schema.as_ref().map(|schema| from_connect::from_connect(schema, options)).transpose()?;
        Ok(JsonEncoder { schema, text, options: options.clone() })
    }
}

impl ValueEncoder for JsonEncoder {
    fn text(&self) -> Result<String, String> {
        let none = "a value without a schema has no JSON Schema: give it one (SetSchemaMetadata doesn't), or write it \
                    with org.apache.kafka.connect.json.JsonConverter";
        let text = self.text.as_ref().ok_or_else(|| none.to_owned())?;
        serde_json::to_string(text).map_err(|error| error.to_string())
    }

    fn record_name(&self) -> Option<&str> {
        self.text.as_ref()?.text("title")
    }

    fn with_schema(self: Box<Self>, _definition: Definition<'_>) -> Result<Box<dyn ValueEncoder>, String> {
        // JSON doesn't depend on the schema that it is written with.
        Ok(self)
    }

    fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let Some(schema) = &self.schema else {
            out.extend_from_slice(payload);
            return Ok(());
        };
        let value: Value = serde_json::from_slice(payload).map_err(|error| format!("the payload: {error}"))?;
        match write::write(schema, &value, &self.options, out)? {
            true => Ok(()),
            false => Err("Found null value for non-optional schema".to_owned()),
        }
    }
}
