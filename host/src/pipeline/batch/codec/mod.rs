//! Converters whose bytes are no JSON: rows of such a part hold what came as the payload that `JsonConverter` would
//! write, and have its schema. A further converter implements [`Codec`], and `Content::of` makes it.

mod primitive;
mod text;
mod utf8;

use std::fmt;

pub(super) use primitive::PrimitiveCodec;
pub(super) use text::EncodedText;
pub(crate) use utf8::java_utf8;

use super::schema_table::SchemaTable;
use crate::pipeline::registry::RegistryCodec;

/// A converter between Kafka's bytes and payloads in JSON.
pub trait Codec: fmt::Debug + Send + Sync {
    /// Appends the payload of bytes as Kafka has them; returns the id of its schema, 0 for none. What is appended must
    /// be what the schema says.
    ///
    /// # Errors
    /// Says why they can't be converted; the row is rejected.
    fn decode(&self, bytes: &[u8], schemas: &mut SchemaTable, json: &mut Vec<u8>) -> Result<u32, String>;

    /// Appends the bytes for Kafka of a payload.
    ///
    /// # Errors
    /// Says why there are none; the row is rejected.
    fn encode(&self, payload: Payload<'_>, schemas: &SchemaTable, bytes: &mut Vec<u8>) -> Result<(), String>;

    /// Returns the id of the schema that all which is decoded has, nulls included; 0 where bytes say theirs.
    fn constant_schema(&self) -> u32 {
        0
    }

    /// Tells whether all bytes can be decoded.
    fn reads_all(&self) -> bool {
        false
    }

    /// Tells whether its bytes are text, in which decimals are numbers.
    fn is_text(&self) -> bool {
        false
    }

    /// Returns itself where schemas must be fetched from a registry before rows are decoded or encoded.
    fn registered(&self) -> Option<&RegistryCodec> {
        None
    }
}

/// A payload that isn't null, and its schema.
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a> {
    /// Valid JSON without blanks around it; a plugin may have written it.
    pub json: &'a [u8],
    /// The id of the schema, 0 for none. Nobody has checked yet that the payload is what it says.
    pub schema: u32,
    /// The topic that the row goes to; empty while steps run, which may change it.
    pub topic: &'a str,
}
