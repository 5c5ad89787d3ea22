//! Keys and values as CBOR (RFC 8949), between JSON text and guests. With a schema, values have its types as
//! Kafka's `JsonConverter` reads and writes them; see docs/adr/0008-cbor-form.md for what becomes what. Knows
//! JSON text and schemas, but neither rows nor batches.

mod decimal;
mod fault;
mod from_json;
mod into_json;
mod read_typed;
mod reader;
mod repeated;
mod types;
mod write_typed;

pub(super) use fault::Fault;
pub(super) use types::Type;

use from_json::FromJson;
use into_json::IntoJson;
use reader::Reader;

/// Appends a valid JSON value as CBOR. `most` is how long `out` may get.
///
/// # Errors
/// Says why it can't be expressed; then `out` may hold a part of it.
pub(super) fn append_cbor(json: &[u8], schema: Option<&Type>, out: &mut Vec<u8>, most: usize) -> Result<(), Fault> {
    let mut from = FromJson::new(json, out, most);
    match schema {
        Some(schema) => from.typed(0, schema).map(drop),
        None => from.untyped(0).map(drop),
    }
}

/// Appends one item of CBOR as JSON text. `most` is how long `out` may get.
///
/// # Errors
/// Says what is wrong with it, and where; then `out` may hold a part of it.
pub(super) fn append_json(cbor: &[u8], schema: Option<&Type>, out: &mut Vec<u8>, most: usize) -> Result<(), Fault> {
    let mut into = IntoJson::new(cbor, out, most);
    match schema {
        Some(schema) => into.typed(schema)?,
        None => into.untyped(0)?,
    }
    into.reader.end()
}

/// Appends characters as CBOR text.
pub(super) fn append_text(text: &str, out: &mut Vec<u8>) {
    from_json::encode(out, |encoder| encoder.str(text).map(drop));
}

/// Appends bytes as a CBOR byte string.
pub(super) fn append_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    from_json::encode(out, |encoder| encoder.bytes(bytes).map(drop));
}

/// What a whole item is where the host looks no further.
pub(super) enum Plain {
    /// Null: there is no value.
    Null,
    /// These bytes.
    Value(Vec<u8>),
}

/// Reads one item that must be text.
///
/// # Errors
/// Says what it is instead.
pub(super) fn read_text(cbor: &[u8]) -> Result<Plain, Fault> {
    let mut reader = Reader::new(cbor);
    let plain = if reader.take_null()? { Plain::Null } else { Plain::Value(reader.text()?.into_owned().into_bytes()) };
    reader.end().map(|()| plain)
}

/// Reads one item that must be a byte string.
///
/// # Errors
/// Says what it is instead.
pub(super) fn read_bytes(cbor: &[u8]) -> Result<Plain, Fault> {
    let mut reader = Reader::new(cbor);
    let plain = if reader.take_null()? { Plain::Null } else { Plain::Value(reader.bytes()?.into_owned()) };
    reader.end().map(|()| plain)
}
