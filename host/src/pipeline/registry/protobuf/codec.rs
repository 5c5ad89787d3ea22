//! A schema made ready: to decode messages of it, or to encode rows of a Connect schema.

use prost_reflect::{DynamicMessage, FileDescriptor, MessageDescriptor};
use serde_json::Value;

use super::from_connect::from_connect;
use super::plan::Reader;
use super::read::read;
use super::to_connect::to_connect;
use super::write::write;
use super::write_plan::{self, MessageWriter};
use super::{ProtobufOptions, files, indexes, print};
use crate::pipeline::registry::Definition;
use crate::pipeline::registry::connect::{Kind, Schema};

/// Decodes messages of one type.
#[derive(Debug)]
pub struct ProtobufDecoder {
    message: MessageDescriptor,
    schema: Vec<u8>,
    reader: Reader,
}

impl ProtobufDecoder {
    /// Compiles a file; values are those of the message at the definition's place.
    ///
    /// # Errors
    /// Says what is wrong with it, or why Connect has no such schema.
    pub fn new(definition: Definition<'_>, options: &ProtobufOptions) -> Result<ProtobufDecoder, String> {
        let file = files::compile(definition.text, definition.references)?;
        let none = || format!("there is no message at the index {:?}", definition.message);
        let message = at(&file, definition.message).ok_or_else(none)?;
        let (schema, reader) = to_connect(&message, options)?;
        let schema = Schema { version: definition.version, ..schema };
        Ok(ProtobufDecoder { message, schema: schema.to_json().to_string().into_bytes(), reader })
    }

    /// Returns the message's full name, which subjects are named after.
    pub fn record_name(&self) -> &str {
        self.message.full_name()
    }

    /// Returns the Connect schema, in JsonConverter's form.
    pub fn schema(&self) -> &[u8] {
        &self.schema
    }

    /// Appends a message, which follows the message's place, as a payload's JSON text.
    ///
    /// # Errors
    /// Says why the bytes don't fit the schema; then `out` may hold a part of the text.
    pub fn decode(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let message = DynamicMessage::decode(self.message.clone(), bytes).map_err(|error| error.to_string())?;
        read(&self.reader, message, out)
    }
}

/// Returns the message at a place; without any numbers, the first one.
fn at(file: &FileDescriptor, indexes: &[i32]) -> Option<MessageDescriptor> {
    let (first, rest) = indexes.split_first().unwrap_or((&0, &[]));
    let nth = |list: Vec<MessageDescriptor>, index: &i32| list.into_iter().nth(usize::try_from(*index).ok()?);
    let mut message = nth(files::messages(file), first)?;
    for index in rest {
        message = nth(files::inside(&message), index)?;
    }
    Some(message)
}

/// Encodes rows of one Connect schema.
#[derive(Debug)]
pub struct ProtobufEncoder {
    schema: Schema,
    options: ProtobufOptions,
    text: String,
    /// The name of the message.
    name: String,
    /// What stands before each message.
    place: Vec<u8>,
    writer: MessageWriter,
}

impl ProtobufEncoder {
    /// Makes the file of a Connect schema, which is in JsonConverter's form.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn new(schema: Option<&[u8]>, options: &ProtobufOptions) -> Result<ProtobufEncoder, String> {
        let json = schema.ok_or("a value without a schema can't be written in Protobuf")?;
        let json: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let schema = Schema::parse(&json)?;
        let (text, name) = match &schema.kind {
            Kind::Struct(fields) => {
                let file = from_connect((&schema, fields), options)?;
                (file.text(), file.message_name())
            }
            kind => (print::wrappers(), format!("google.protobuf.{}", wrapper(&schema, kind)?)),
        };
        let file = match &schema.kind {
            Kind::Struct(_) => files::compile(&text, &[])?,
            _ => files::wrappers().ok_or("the wrappers are not known")?,
        };
        let (place, writer) = planned(&schema, (&file, &name), options)?;
        Ok(ProtobufEncoder { schema, options: options.clone(), text, name, place, writer })
    }

    /// Returns the file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the message's full name, which subjects are named after.
    pub fn record_name(&self) -> &str {
        &self.name
    }

    /// Encodes as another file says, one that the registry has: its message of the same name, or its first one.
    /// Fields are found by name.
    ///
    /// # Errors
    /// Says why the data doesn't fit.
    pub fn with_schema(mut self, definition: Definition<'_>) -> Result<ProtobufEncoder, String> {
        let file = files::compile(definition.text, definition.references)?;
        (self.place, self.writer) = planned(&self.schema, (&file, &self.name), &self.options)?;
        Ok(self)
    }

    /// Appends a payload's JSON text as a message, behind its place.
    ///
    /// # Errors
    /// Says why it doesn't fit the schema; then `out` may hold a part of it.
    pub fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let value: Value = serde_json::from_slice(payload).map_err(|error| format!("the payload: {error}"))?;
        if value.is_null() {
            return Err("Found null value for non-optional schema".to_owned());
        }
        out.extend_from_slice(&self.place);
        write(&self.writer, &value, out)
    }
}

/// Finds a message, and plans how it is written.
fn planned(
    schema: &Schema,
    (file, name): (&FileDescriptor, &str),
    options: &ProtobufOptions,
) -> Result<(Vec<u8>, MessageWriter), String> {
    let top = files::messages(file);
    let short = super::names::unqualified(name);
    let index = top.iter().position(|message| message.name() == short).unwrap_or(0);
    let message = top.get(index).ok_or("the .proto text has no message")?;
    let writer = match &schema.kind {
        Kind::Struct(fields) => write_plan::message(fields, message, options)?,
        _ => write_plan::wrapped(schema, message, options)?,
    };
    let mut place = Vec::new();
    let index = i32::try_from(index).map_err(|_| "the .proto text has too many messages")?;
    indexes::append(&[index], &mut place);
    Ok((place, writer))
}

/// Returns the message that a primitive by itself is in.
fn wrapper(schema: &Schema, kind: &Kind) -> Result<&'static str, String> {
    use crate::pipeline::registry::connect::{DATE, DECIMAL, TIME, TIMESTAMP};
    if let Some(name @ (DECIMAL | DATE | TIME | TIMESTAMP)) = schema.name.as_deref() {
        // Java registers another message than it writes.
        return Err(format!("a {name} by itself can't be written in Protobuf; put it into a struct (HoistField does)"));
    }
    Ok(match kind {
        Kind::Int8 | Kind::Int16 | Kind::Int32 => "Int32Value",
        Kind::Int64 => "Int64Value",
        Kind::Float32 => "FloatValue",
        Kind::Float64 => "DoubleValue",
        Kind::Boolean => "BoolValue",
        Kind::Text => "StringValue",
        Kind::Bytes => "BytesValue",
        Kind::Array(_) | Kind::Map(_) | Kind::Struct(_) => {
            return Err(
                "an array or a map by itself can't be written in Protobuf; put it into a struct (HoistField does)"
                    .to_owned(),
            );
        }
    })
}
