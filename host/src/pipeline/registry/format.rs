//! The formats behind one face: a schema of a registry made ready to decode with, or a row's schema to encode with.

use std::fmt::Debug;

use super::avro::{AvroDecoder, AvroEncoder, AvroOptions};
use super::json::{JsonDecoder, JsonEncoder, JsonSchemaOptions};
use super::protobuf::{self, ProtobufDecoder, ProtobufEncoder, ProtobufOptions};
use crate::config::converter::{Format, FormatOptions};

/// A schema's definition, as a registry has it.
#[derive(Debug, Clone, Copy)]
pub struct Definition<'a> {
    /// Its text.
    pub text: &'a str,
    /// The schemas that it names, each behind those that it names itself.
    pub references: &'a [Referenced],
    /// Its version in the subject; none where it isn't known.
    pub version: Option<i64>,
    /// Which of its messages is meant, as `Conversion::split` tells it; nothing where a schema is one type.
    pub message: &'a [i32],
}

impl<'a> Definition<'a> {
    /// Makes the definition of a schema that names no other.
    pub const fn of(text: &'a str) -> Definition<'a> {
        Definition { text, references: &[], version: None, message: &[] }
    }
}

/// A schema that another one names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referenced {
    /// The name by which it does.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Decodes what was written with one schema.
pub trait ValueDecoder: Debug + Send + Sync {
    /// Returns the name that subjects are named after; none for a schema without one.
    fn record_name(&self) -> Option<&str>;
    /// Returns the Connect schema, in JsonConverter's form; none for values without one.
    fn schema(&self) -> Option<&[u8]>;
    /// Appends a value, which follows the schema's id, as a payload's JSON text.
    ///
    /// # Errors
    /// Says why the bytes don't fit the schema; then `out` may hold a part of the text.
    fn decode(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String>;
}

/// Encodes rows of one Connect schema, or of none.
pub trait ValueEncoder: Debug + Send + Sync {
    /// Returns the schema's text, to be registered.
    ///
    /// # Errors
    /// Says why it can't be written down.
    fn text(&self) -> Result<String, String>;
    /// Returns the name that subjects are named after; none for a schema without one.
    fn record_name(&self) -> Option<&str>;
    /// Encodes as another schema says, one that the registry has.
    ///
    /// # Errors
    /// Says why the data doesn't fit.
    fn with_schema(self: Box<Self>, definition: Definition<'_>) -> Result<Box<dyn ValueEncoder>, String>;
    /// Appends a payload's JSON text in the format, to follow the schema's id.
    ///
    /// # Errors
    /// Says why it doesn't fit the schema; then `out` may hold a part of it.
    fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), String>;
}

/// A format with what its keys say.
#[derive(Debug)]
pub(super) enum Conversion {
    Avro(AvroOptions),
    JsonSchema(JsonSchemaOptions),
    Protobuf(ProtobufOptions),
}

impl Conversion {
    pub(super) fn new(format: Format, options: &FormatOptions) -> Conversion {
        match format {
            Format::Avro => Conversion::Avro(AvroOptions::new(options)),
            Format::JsonSchema => Conversion::JsonSchema(JsonSchemaOptions::new(options)),
            Format::Protobuf => Conversion::Protobuf(ProtobufOptions::new(options)),
        }
    }

    /// Takes apart what follows a schema's id: which of the schema's messages the value is, and the value.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn split<'a>(&self, bytes: &'a [u8]) -> Result<(Vec<i32>, &'a [u8]), String> {
        match self {
            Conversion::Avro(_) | Conversion::JsonSchema(_) => Ok((Vec::new(), bytes)),
            Conversion::Protobuf(_) => protobuf::split_place(bytes),
        }
    }

    /// Makes a schema ready to decode with.
    ///
    /// # Errors
    /// Says what is wrong with it, or why Connect has no such schema.
    pub(super) fn decoder(&self, definition: Definition<'_>) -> Result<Box<dyn ValueDecoder>, String> {
        Ok(match self {
            Conversion::Avro(options) => Box::new(AvroDecoder::new(definition, options)?),
            Conversion::JsonSchema(options) => Box::new(JsonDecoder::new(definition, options)?),
            Conversion::Protobuf(options) => Box::new(ProtobufDecoder::new(definition, options)?),
        })
    }

    /// Makes the schema of rows with a Connect schema, which is in JsonConverter's form.
    ///
    /// # Errors
    /// Says why there is none.
    pub(super) fn encoder(&self, schema: Option<&[u8]>) -> Result<Box<dyn ValueEncoder>, String> {
        Ok(match self {
            Conversion::Avro(options) => Box::new(AvroEncoder::new(schema, options)?),
            Conversion::JsonSchema(options) => Box::new(JsonEncoder::new(schema, options)?),
            Conversion::Protobuf(options) => Box::new(ProtobufEncoder::new(schema, options)?),
        })
    }
}

impl ValueDecoder for AvroDecoder {
    fn record_name(&self) -> Option<&str> {
        AvroDecoder::record_name(self)
    }

    fn schema(&self) -> Option<&[u8]> {
        AvroDecoder::schema(self)
    }

    fn decode(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        AvroDecoder::decode(self, bytes, out)
    }
}

impl ValueEncoder for AvroEncoder {
    fn text(&self) -> Result<String, String> {
        AvroEncoder::text(self)
    }

    fn record_name(&self) -> Option<&str> {
        AvroEncoder::record_name(self)
    }

    fn with_schema(self: Box<Self>, definition: Definition<'_>) -> Result<Box<dyn ValueEncoder>, String> {
        Ok(Box::new(AvroEncoder::with_schema(*self, definition)?))
    }

    fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        AvroEncoder::encode(self, payload, out).map(drop)
    }
}

impl ValueDecoder for ProtobufDecoder {
    fn record_name(&self) -> Option<&str> {
        Some(ProtobufDecoder::record_name(self))
    }

    fn schema(&self) -> Option<&[u8]> {
        Some(ProtobufDecoder::schema(self))
    }

    fn decode(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        ProtobufDecoder::decode(self, bytes, out)
    }
}

impl ValueEncoder for ProtobufEncoder {
    fn text(&self) -> Result<String, String> {
        Ok(ProtobufEncoder::text(self).to_owned())
    }

    fn record_name(&self) -> Option<&str> {
        Some(ProtobufEncoder::record_name(self))
    }

    fn with_schema(self: Box<Self>, definition: Definition<'_>) -> Result<Box<dyn ValueEncoder>, String> {
        Ok(Box::new(ProtobufEncoder::with_schema(*self, definition)?))
    }

    fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        ProtobufEncoder::encode(self, payload, out)
    }
}
