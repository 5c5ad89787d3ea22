//! The form `cbor` of whole keys and values, between it and the JSON that the rows of a test are. With a schema it
//! is what the host makes of them; without one, numbers are integers of 64 bits and doubles, as `serde_json` has
//! them, and no decimals.

use std::convert::Infallible;

use minicbor::data::Type as Item;
use minicbor::decode::{Decoder, Error};
use minicbor::encode::{self, Encoder};
use serde_json::{Map, Number, Value};

use super::row::Payload;
use crate::batch::Cell;
use crate::data::{self, Schema};
use crate::schemas;

/// Returns a payload as CBOR. What isn't as its schema says can't be expressed.
pub(super) fn to_cbor(payload: &Payload) -> Cell<Vec<u8>> {
    let mut out = Vec::new();
    match (&payload.json, schema_of(payload.schema)) {
        (None, _) => Cell::Null,
        (Some(Value::Null), Ok(schema)) if schema.as_ref().is_none_or(|schema| schema.default.is_none()) => Cell::Null,
        (Some(json), Ok(None)) => match append(json, &mut Encoder::new(&mut out)) {
            Ok(()) => Cell::Value(out),
            Err(_) => Cell::Other,
        },
        (Some(json), Ok(Some(schema))) => {
            let encoded = data::from_json(&schema, json).and_then(|value| data::encode(&schema, &value, &mut out));
            if encoded.is_ok() { Cell::Value(out) } else { Cell::Other }
        }
        (Some(_), Err(_)) => Cell::Other,
    }
}

/// Reads what a plugin wrote as CBOR for a row with this schema.
pub(super) fn from_cbor(cbor: &[u8], schema: u32) -> Result<Value, String> {
    let Some(schema) = schema_of(schema)? else {
        let mut decoder = Decoder::new(cbor);
        let value = read(&mut decoder).map_err(|error| error.to_string())?;
        return if decoder.position() == cbor.len() { Ok(value) } else { Err("there is more than a value".to_owned()) };
    };
    let mut json = Vec::new();
    data::append_json(&schema, &data::decode(&schema, cbor)?, &mut json)?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

fn schema_of(id: u32) -> Result<Option<Schema>, String> {
    match id {
        0 => Ok(None),
        id => Schema::from_json(&schemas::json(id).ok_or_else(|| format!("there is no schema {id}"))?).map(Some),
    }
}

fn append(json: &Value, encoder: &mut Encoder<&mut Vec<u8>>) -> Result<(), encode::Error<Infallible>> {
    match json {
        Value::Null => encoder.null()?,
        Value::Bool(truth) => encoder.bool(*truth)?,
        Value::String(text) => encoder.str(text)?,
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => encoder.i64(integer)?,
            (None, Some(integer)) => encoder.u64(integer)?,
            (None, None) => encoder.f64(number.as_f64().unwrap_or(f64::NAN))?,
        },
        Value::Array(elements) => {
            encoder.array(elements.len() as u64)?;
            return elements.iter().try_for_each(|element| append(element, encoder));
        }
        Value::Object(members) => {
            encoder.map(members.len() as u64)?;
            return members.iter().try_for_each(|(name, member)| append(member, encoder.str(name)?));
        }
    };
    Ok(())
}

fn read(decoder: &mut Decoder<'_>) -> Result<Value, Error> {
    Ok(match decoder.datatype()? {
        Item::Null => decoder.null().map(|()| Value::Null)?,
        Item::Bool => decoder.bool()?.into(),
        Item::String => decoder.str()?.into(),
        Item::F32 => number(decoder.f32()?.into())?,
        Item::F64 => number(decoder.f64()?)?,
        Item::Array => {
            let elements = decoder.array()?.unwrap_or(0);
            (0..elements).map(|_| read(decoder)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Item::Map => {
            let members = decoder.map()?.unwrap_or(0);
            let members = (0..members).map(|_| Ok((decoder.str()?.to_owned(), read(decoder)?)));
            Value::Object(members.collect::<Result<Map<_, _>, Error>>()?)
        }
        Item::U64 => decoder.u64()?.into(),
        Item::Tag | Item::Bytes | Item::ArrayIndef | Item::MapIndef | Item::StringIndef | Item::BytesIndef => {
            return Err(Error::message("unit tests know only plain CBOR without a schema; test it in the sandbox"));
        }
        _ => decoder.i64()?.into(),
    })
}

fn number(number: f64) -> Result<Value, Error> {
    Number::from_f64(number).map(Value::Number).ok_or_else(|| Error::message("JSON has no such number"))
}
