//! A schema made ready: to decode what was written with it, or to encode rows of a Connect schema.

use std::sync::Arc;

use serde_json::Value;

use super::AvroOptions;
use super::from_connect::from_connect;
use super::plan::Writer;
use super::print::print;
use super::read::{Reader, read};
use super::schema::{Names, Node};
use super::to_connect::to_connect;
use super::write::write;
use crate::pipeline::registry::Definition;
use crate::pipeline::registry::connect::Schema;

/// Decodes what was written with one Avro schema.
#[derive(Debug)]
pub struct AvroDecoder {
    name: Option<String>,
    schema: Option<Vec<u8>>,
    reader: Reader,
}

impl AvroDecoder {
    /// Parses a schema.
    ///
    /// # Errors
    /// Says what is wrong with it, or why Connect has no such schema.
    pub fn new(definition: Definition<'_>, options: &AvroOptions) -> Result<AvroDecoder, String> {
        let node = parse(definition)?;
        let (schema, reader) = to_connect(&node, definition.version, options)?;
        let schema = schema.map(|schema| schema.to_json().to_string().into_bytes());
        Ok(AvroDecoder { name: record_name(&node).map(str::to_owned), schema, reader })
    }

    /// Returns the name of a named type, which subjects are named after.
    pub fn record_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the Connect schema, in JsonConverter's form; none for values without one.
    pub fn schema(&self) -> Option<&[u8]> {
        self.schema.as_deref()
    }

    /// Appends a value as a payload's JSON text.
    ///
    /// # Errors
    /// Says why the bytes don't fit the schema; then `out` may hold a part of the text.
    pub fn decode(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        read(&self.reader, bytes, out)
    }
}

/// Encodes rows of one Connect schema, or of none.
#[derive(Debug)]
pub struct AvroEncoder {
    schema: Option<Schema>,
    options: AvroOptions,
    node: Arc<Node>,
    writer: Writer,
}

impl AvroEncoder {
    /// Makes the Avro schema of a Connect schema, which is in JsonConverter's form.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn new(schema: Option<&[u8]>, options: &AvroOptions) -> Result<AvroEncoder, String> {
        let json = schema.map(|text| serde_json::from_slice::<Value>(text).map_err(|error| error.to_string()));
        let schema = json.transpose()?.map(|json| Schema::parse(&json)).transpose()?;
        let node = from_connect(schema.as_ref(), options)?;
        let writer = Writer::plan(schema.as_ref(), &node, options)?;
        Ok(AvroEncoder { schema, options: options.clone(), node, writer })
    }

    /// Returns the Avro schema as JSON, as Java's Avro prints it.
    ///
    /// # Errors
    /// Refuses two types of one name.
    pub fn text(&self) -> Result<String, String> {
        print(&self.node)
    }

    /// Returns the name of a named type, which subjects are named after.
    pub fn record_name(&self) -> Option<&str> {
        record_name(&self.node)
    }

    /// Encodes as another Avro schema says, one that the registry has: fields are found by name, and those that the
    /// data doesn't have get their defaults.
    ///
    /// # Errors
    /// Says why the data doesn't fit.
    pub fn with_schema(mut self, definition: Definition<'_>) -> Result<AvroEncoder, String> {
        self.node = parse(definition)?;
        self.writer = Writer::plan(self.schema.as_ref(), &self.node, &self.options)?;
        Ok(self)
    }

    /// Appends a payload's JSON text in Avro's binary form. Says no where there is no value at all: a null.
    ///
    /// # Errors
    /// Says why it doesn't fit the schema; then `out` may hold a part of it.
    pub fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<bool, String> {
        let value: Value = serde_json::from_slice(payload).map_err(|error| format!("the payload: {error}"))?;
        match (&self.schema, &value) {
            (Some(schema), Value::Null) if !schema.optional => {
                Err("Found null value for non-optional schema".to_owned())
            }
            (_, Value::Null) => Ok(false),
            _ => write(&self.writer, &value, out).map(|()| true),
        }
    }
}

/// Returns a named type's name; of an optional record, as Confluent does, none.
fn record_name(node: &Node) -> Option<&str> {
    node.full_name()
}

fn parse(definition: Definition<'_>) -> Result<Arc<Node>, String> {
    let mut names = Names::default();
    for reference in definition.references {
        Node::parse(&reference.text, &mut names)?;
    }
    Node::parse(definition.text, &mut names)
}
