//! Keys and values as CBOR (RFC 8949), between JSON text and guests. With a schema, values have its types as
//! Kafka's `JsonConverter` reads and writes them; see docs/adr/0008-cbor-form.md for what becomes what. Knows
//! JSON text and schemas, but neither rows nor batches.

mod check;
mod decimal;
mod fault;
mod from_json;
mod into_json;
mod read_typed;
mod reader;
mod repeated;
mod schema_text;
mod types;
mod write_typed;

pub(super) use check::{Decimals, Fit, Rules, fit};
pub(super) use fault::Fault;
pub(super) use schema_text::append_schema;
pub(super) use types::{Nulls, Type};

use minicbor::data::Type as Item;

use from_json::FromJson;
use into_json::IntoJson;
use reader::Reader;

/// Appends a valid JSON value as CBOR, with a schema and what nulls stand for, or without. `most` is how long `out` may
/// get.
///
/// # Errors
/// Says why it can't be expressed; then `out` may hold a part of it.
pub(super) fn append_cbor(
    json: &[u8],
    schema: Option<(&Type, Nulls)>,
    out: &mut Vec<u8>,
    most: usize,
) -> Result<(), Fault> {
    match schema {
        Some((schema, nulls)) => FromJson::new(json, out, (most, nulls)).typed(0, schema).map(drop),
        None => FromJson::new(json, out, (most, Nulls::Stored)).untyped(0).map(drop),
    }
}

/// Appends one item of CBOR as JSON text. `most` is how long `out` may get.
///
/// # Errors
/// Says what is wrong with it, and where; then `out` may hold a part of it.
pub(super) fn append_json(
    cbor: &[u8],
    schema: Option<(&Type, Decimals)>,
    out: &mut Vec<u8>,
    most: usize,
) -> Result<(), Fault> {
    let decimals = schema.map_or(Decimals::Base64, |(_, decimals)| decimals);
    let mut into = IntoJson::new(cbor, out, (most, decimals));
    match schema {
        Some((schema, _)) => into.typed(schema)?,
        None => into.untyped(0)?,
    }
    into.reader.end()
}

/// Appends a valid JSON value as `JsonConverter` writes it that has read it: with defaults for nulls, and without what
/// is no field. `most` is how much may be appended.
///
/// # Errors
/// Says why it isn't what its schema says, and where; then `out` may hold a part of it.
pub(super) fn append_rewritten(
    json: &[u8],
    (schema, rules): (&Type, Rules),
    out: &mut Vec<u8>,
    most: usize,
) -> Result<(), Fault> {
    let mut cbor = Vec::with_capacity(json.len());
    append_cbor(json, Some((schema, rules.nulls)), &mut cbor, most)?;
    let decimals = rules.decimals.unwrap_or(Decimals::Base64);
    let most = out.len().saturating_add(most);
    append_json(&cbor, Some((schema, decimals)), out, most)
}

/// Returns a valid JSON value with defaults for its nulls; none where no default stands for any. `most` is how long it
/// may get.
///
/// # Errors
/// Says why it isn't what its schema says, and where.
pub(super) fn with_defaults(
    json: &[u8],
    (schema, rules): (&Type, Rules),
    most: usize,
) -> Result<Option<Vec<u8>>, Fault> {
    let mut cbor = Vec::with_capacity(json.len());
    append_cbor(json, Some((schema, rules.nulls)), &mut cbor, most)?;
    let mut stored = Vec::with_capacity(cbor.len());
    append_cbor(json, Some((schema, Nulls::Stored)), &mut stored, most)?;
    if rules.nulls != Nulls::Default || stored == cbor {
        return Ok(None);
    }
    let mut text = Vec::new();
    append_json(&cbor, Some((schema, Decimals::Base64)), &mut text, most).map(|()| Some(text))
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

/// Tells whether an item is text, or null.
pub(super) fn is_text(cbor: &[u8]) -> bool {
    let item = Reader::new(cbor).item();
    matches!(item, Ok(Item::String | Item::StringIndef | Item::Null))
}

/// Tells whether an item is a byte string, or null.
pub(super) fn is_bytes(cbor: &[u8]) -> bool {
    matches!(Reader::new(cbor).item(), Ok(Item::Bytes | Item::BytesIndef | Item::Null))
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
