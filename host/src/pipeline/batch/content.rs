//! How the bytes of a part are to be understood: what its converter says, in the batch's terms. The conversions
//! themselves are in `payloads` and `codec`.

use std::fmt;
use std::sync::Arc;

use super::codec::{Codec, EncodedText, PrimitiveCodec};
use super::schema_table::SchemaTable;
use crate::config::converter::{Charset, Converter, JsonConverter};
use crate::pipeline::registry::RegistryCodec;

/// The schema of `StringConverter`.
pub(super) const OPTIONAL_STRING: &[u8] = br#"{"type":"string","optional":true}"#;
/// The schema of `ByteArrayConverter`.
const OPTIONAL_BYTES: &[u8] = br#"{"type":"bytes","optional":true}"#;

/// How the bytes of a part are to be understood; its converter says so.
#[derive(Clone, Default)]
pub enum Content {
    /// JSON text, as `JsonConverter` reads and writes it.
    Json(JsonSettings),
    /// A string in UTF-8.
    Text,
    /// Bytes that the host doesn't look into.
    #[default]
    Opaque,
    /// What another converter's code makes of bytes.
    Coded(Arc<dyn Codec>),
}

/// What `JsonConverter` is told by its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonSettings {
    /// Where a value's schema is.
    pub envelope: Envelope,
    /// Whether a null becomes its schema's default, where there is one.
    pub replace_nulls: bool,
    /// Whether decimals are written as numbers, and not in base 64.
    pub numeric_decimals: bool,
}

/// Where a value's schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// Nowhere: values travel without.
    None,
    /// Around it: `{"schema":…,"payload":…}`.
    Around,
    /// In the configuration, for all values that are read: this id. What is written has it around it.
    Apart(u32),
}

/// The content of both parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// Of keys.
    pub key: Content,
    /// Of values.
    pub value: Content,
}

impl JsonSettings {
    /// `schemas.enable=false`, and Kafka's defaults.
    pub const PLAIN: JsonSettings =
        JsonSettings { envelope: Envelope::None, replace_nulls: true, numeric_decimals: false };

    fn new(json: &JsonConverter, schemas: &mut SchemaTable) -> Result<Self, String> {
        // Nothing and null are no schema, as in Java; a wrong one is refused even where none is asked for.
        let content = json.schema_content.as_deref().map(str::trim).filter(|content| !matches!(*content, "" | "null"));
        let apart = content.map(|content| schemas.intern(content.as_bytes())).transpose()?;
        let envelope = match apart {
            _ if !json.schemas_enable => Envelope::None,
            None => Envelope::Around,
            Some(schema) => Envelope::Apart(schema),
        };
        Ok(Self { envelope, replace_nulls: json.replace_null_with_default, numeric_decimals: json.numeric_decimals })
    }

    /// Tells whether values are written in an envelope.
    pub fn has_envelope(self) -> bool {
        self.envelope != Envelope::None
    }
}

impl Content {
    /// JSON without schemas; no bytes at all are a tombstone.
    pub const JSON: Content = Content::Json(JsonSettings::PLAIN);
    /// JSON with schemas, and Kafka's defaults.
    pub const JSON_WITH_SCHEMA: Content =
        Content::Json(JsonSettings { envelope: Envelope::Around, ..JsonSettings::PLAIN });

    /// Returns what a converter stands for; schemas that it brings are interned.
    ///
    /// # Errors
    /// Says what is wrong with such a schema.
    pub fn of(converter: &Converter, schemas: &mut SchemaTable) -> Result<Self, String> {
        Ok(match converter {
            Converter::Json(json) => Content::Json(JsonSettings::new(json, schemas)?),
            Converter::Text(Charset::Utf8) => Content::Text,
            Converter::Text(charset) => Content::Coded(Arc::new(EncodedText::new(*charset, schemas)?)),
            Converter::ByteArray => Content::Opaque,
            Converter::Registry(_) => return Err("a registry is needed".to_owned()),
            Converter::Primitive(primitive) => Content::Coded(Arc::new(PrimitiveCodec::new(*primitive, schemas)?)),
        })
    }

    /// Returns the converter whose schemas are in a registry, where it is one.
    pub fn registered(&self) -> Option<&RegistryCodec> {
        match self {
            Content::Coded(codec) => codec.registered(),
            _ => None,
        }
    }

    /// Tells whether all bytes can be read.
    pub(super) fn reads_all(&self) -> bool {
        match self {
            Content::Json(_) => false,
            Content::Text | Content::Opaque => true,
            Content::Coded(codec) => codec.reads_all(),
        }
    }

    /// Tells whether rows come with schemas.
    pub(super) fn brings_schemas(&self) -> bool {
        match self {
            Content::Json(json) => json.has_envelope(),
            Content::Coded(_) => true,
            Content::Text | Content::Opaque => false,
        }
    }

    /// Returns the schema that all which comes in has, nulls included; 0 where bytes say theirs, or there is none.
    pub(super) fn constant_schema(&self, schemas: &mut SchemaTable) -> u32 {
        // Texts this short are always taken, unless a task has met too many schemas.
        let interned = |text: &[u8], schemas: &mut SchemaTable| schemas.intern(text).unwrap_or_default();
        match self {
            Content::Json(_) => 0,
            Content::Text => interned(OPTIONAL_STRING, schemas),
            Content::Opaque => interned(OPTIONAL_BYTES, schemas),
            Content::Coded(codec) => codec.constant_schema(),
        }
    }

    /// Tells whether what a row holds as JSON is what goes to Kafka.
    pub(super) fn is_plain_json(&self) -> bool {
        matches!(self, Content::Json(json) if !json.has_envelope())
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Content::Json(one), Content::Json(other)) => one == other,
            (Content::Text, Content::Text) | (Content::Opaque, Content::Opaque) => true,
            (Content::Coded(one), Content::Coded(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Json(json) => f.debug_tuple("Json").field(json).finish(),
            Content::Text => f.write_str("Text"),
            Content::Opaque => f.write_str("Opaque"),
            Content::Coded(codec) => f.debug_tuple("Coded").field(codec).finish(),
        }
    }
}
