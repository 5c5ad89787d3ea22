//! Kafka's converters of booleans and of one type of numbers.

use std::str::from_utf8;

use super::super::json::{Lone, append_unquoted};
use super::super::schema_table::SchemaTable;
use super::{Codec, Payload};
use crate::config::converter::Primitive;

/// A converter of booleans, or of one type of numbers.
#[derive(Debug)]
pub(in super::super) struct PrimitiveCodec {
    primitive: Primitive,
    /// The schema of all that is read: optional.
    schema: u32,
}

impl PrimitiveCodec {
    pub(in super::super) fn new(primitive: Primitive, schemas: &mut SchemaTable) -> Result<Self, String> {
        let schema = format!("{{\"type\":\"{}\",\"optional\":true}}", type_name(primitive));
        Ok(Self { primitive, schema: schemas.intern(schema.as_bytes())? })
    }

    fn read(&self, bytes: &[u8], json: &mut Vec<u8>) -> Option<()> {
        let text = match self.primitive {
            Primitive::Boolean => match bytes {
                [0] => "false".to_owned(),
                [1] => "true".to_owned(),
                _ => return None,
            },
            Primitive::Short => i16::from_be_bytes(bytes.try_into().ok()?).to_string(),
            Primitive::Integer => i32::from_be_bytes(bytes.try_into().ok()?).to_string(),
            Primitive::Long => i64::from_be_bytes(bytes.try_into().ok()?).to_string(),
            Primitive::Float => {
                let number = f32::from_be_bytes(bytes.try_into().ok()?);
                not_finite(f64::from(number)).map_or_else(|| format!("{number:?}"), str::to_owned)
            }
            Primitive::Double => {
                let number = f64::from_be_bytes(bytes.try_into().ok()?);
                not_finite(number).map_or_else(|| format!("{number:?}"), str::to_owned)
            }
        };
        json.extend_from_slice(text.as_bytes());
        Some(())
    }

    /// Says why bytes can't be read, in Java's words.
    fn malformed(&self, bytes: &[u8]) -> String {
        let (name, size) = (class(self.primitive), size(self.primitive));
        // Java's converter tells neither the type of doubles nor of floats.
        let reader = match self.primitive {
            Primitive::Float | Primitive::Double => "Deserializer".to_owned(),
            Primitive::Boolean => "BooleanDeserializer".to_owned(),
            other => format!("{}Deserializer", class(other)),
        };
        let failed = format!("Failed to deserialize {}: ", name.to_ascii_lowercase());
        match bytes {
            [byte] if self.primitive == Primitive::Boolean => {
                format!("{failed}Unexpected byte received by {reader}: {}", *byte as i8)
            }
            _ => format!("{failed}Size of data received by {reader} is not {size}, but {}", bytes.len()),
        }
    }

    fn write(&self, json: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
        let text = from_utf8(json).ok()?;
        match self.primitive {
            Primitive::Boolean => bytes.push(match text {
                "true" => 1,
                "false" => 0,
                _ => return None,
            }),
            Primitive::Short => bytes.extend(text.parse::<i16>().ok()?.to_be_bytes()),
            Primitive::Integer => bytes.extend(text.parse::<i32>().ok()?.to_be_bytes()),
            Primitive::Long => bytes.extend(text.parse::<i64>().ok()?.to_be_bytes()),
            Primitive::Float => {
                let number: f32 = number_text(json)?.parse().ok()?;
                (number.is_finite() || json.first() == Some(&b'"')).then(|| bytes.extend(number.to_be_bytes()))?;
            }
            Primitive::Double => {
                let number: f64 = number_text(json)?.parse().ok()?;
                (number.is_finite() || json.first() == Some(&b'"')).then(|| bytes.extend(number.to_be_bytes()))?;
            }
        }
        Some(())
    }
}

impl Codec for PrimitiveCodec {
    fn decode(&self, bytes: &[u8], _schemas: &mut SchemaTable, json: &mut Vec<u8>) -> Result<u32, String> {
        self.read(bytes, json).map(|()| self.schema).ok_or_else(|| self.malformed(bytes))
    }

    fn constant_schema(&self) -> u32 {
        self.schema
    }

    fn encode(&self, payload: Payload<'_>, schemas: &SchemaTable, bytes: &mut Vec<u8>) -> Result<(), String> {
        let wanted = type_name(self.primitive);
        let found = schemas.type_name(payload.schema);
        if let Some(found) = found.filter(|found| *found != wanted) {
            return Err(match self.primitive {
                Primitive::Boolean => {
                    format!("Invalid schema type for BooleanConverter: {}", found.to_ascii_uppercase())
                }
                other => format!("Failed to serialize to {}: the schema says {found}", class(other).to_lowercase()),
            });
        }
        self.write(payload.json, bytes).ok_or_else(|| {
            let mut shown = Vec::new();
            append_unquoted(
                &mut shown,
                payload.json.get(..payload.json.len().min(60)).unwrap_or_default(),
                Lone::Replace,
            );
            let shown = String::from_utf8_lossy(&shown).into_owned();
            match self.primitive {
                Primitive::Boolean => format!("BooleanConverter is not compatible with {shown}"),
                other => format!("Failed to serialize to {} (was {shown})", class(other).to_lowercase()),
            }
        })
    }
}

/// Returns the text of a number, with those that JSON doesn't have in words.
fn number_text(json: &[u8]) -> Option<&str> {
    Some(match json {
        b"\"NaN\"" => "NaN",
        b"\"Infinity\"" => "inf",
        b"\"-Infinity\"" => "-inf",
        number if matches!(number.first(), Some(b'-' | b'0'..=b'9')) => from_utf8(number).ok()?,
        _ => return None,
    })
}

fn not_finite(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_finite() => None,
        _ if number.is_nan() => Some("\"NaN\""),
        _ if number > 0.0 => Some("\"Infinity\""),
        _ => Some("\"-Infinity\""),
    }
}

fn type_name(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Boolean => "boolean",
        Primitive::Short => "int16",
        Primitive::Integer => "int32",
        Primitive::Long => "int64",
        Primitive::Float => "float",
        Primitive::Double => "double",
    }
}

fn class(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Boolean => "Boolean",
        Primitive::Short => "Short",
        Primitive::Integer => "Integer",
        Primitive::Long => "Long",
        Primitive::Float => "Float",
        Primitive::Double => "Double",
    }
}

fn size(primitive: Primitive) -> usize {
    match primitive {
        Primitive::Boolean => 1,
        Primitive::Short => 2,
        Primitive::Integer | Primitive::Float => 4,
        Primitive::Long | Primitive::Double => 8,
    }
}
