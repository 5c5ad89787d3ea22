//! Values in the form `cbor` of whole keys and values, as the WIT interface `records` tells it.

use std::convert::Infallible;

use minicbor::data::{Int, Tag, Type as Item};
use minicbor::decode::{Decoder, Error};
use minicbor::encode::{self, Encoder};
use num_bigint::{BigInt, Sign};

use super::decimal::Decimal;
use super::schema::{Field, Kind, Logical, Schema};
use super::value::Value;
use super::value_json::{at_scale_of, misfit, null, number_of};
use super::{DAY, within};

/// Seconds since 1970.
const SECONDS: u64 = 1;
/// An integer beyond 64 bits.
const POSITIVE: u64 = 2;
/// -1 - n, beyond 64 bits.
const NEGATIVE: u64 = 3;
/// `[exponent, mantissa]`.
const DECIMAL: u64 = 4;
/// Days since 1970 (RFC 8943).
const DAYS: u64 = 100;

/// Reads a value, as its schema says.
///
/// # Errors
/// Says what is wrong, and where.
pub(crate) fn decode(schema: &Schema, cbor: &[u8]) -> Result<Value, String> {
    let mut decoder = Decoder::new(cbor);
    let value = value(&mut decoder, schema)?;
    match cbor.len() - decoder.position() {
        0 => Ok(value),
        left => Err(format!("there are {left} bytes behind the value")),
    }
}

fn value(decoder: &mut Decoder<'_>, schema: &Schema) -> Result<Value, String> {
    if decoder.datatype().map_err(no_cbor)? == Item::Null {
        decoder.null().map_err(no_cbor)?;
        return null(schema);
    }
    if let Some(logical) = schema.logical() {
        return logical_value(decoder, logical);
    }
    let scalar = match &schema.kind {
        Kind::Int8 => decoder.i8().map(Value::Int8),
        Kind::Int16 => decoder.i16().map(Value::Int16),
        Kind::Int32 => decoder.i32().map(Value::Int32),
        Kind::Int64 => decoder.i64().map(Value::Int64),
        Kind::Float32 => float(decoder).map(|number| Value::Float32(number as f32)),
        Kind::Float64 => float(decoder).map(Value::Float64),
        Kind::Boolean => decoder.bool().map(Value::Boolean),
        Kind::String => decoder.str().map(|text| Value::String(text.to_owned())),
        Kind::Bytes => decoder.bytes().map(|bytes| Value::Bytes(bytes.to_vec())),
        Kind::Array(elements) => return array(decoder, elements),
        Kind::Map(keys, values) => return map(decoder, (keys, values)),
        Kind::Struct(fields) => return structure(decoder, fields),
    };
    scalar.map_err(no_cbor)
}

fn logical_value(decoder: &mut Decoder<'_>, logical: Logical) -> Result<Value, String> {
    match logical {
        Logical::Time => decoder.i64().map(Value::Moment).map_err(no_cbor),
        Logical::Date => {
            expect_tag(decoder, DAYS)?;
            decoder.i32().map(|days| Value::Moment(i64::from(days) * DAY)).map_err(no_cbor)
        }
        Logical::Timestamp => {
            expect_tag(decoder, SECONDS)?;
            timestamp(decoder).map(Value::Moment)
        }
        Logical::Decimal { scale } => {
            expect_tag(decoder, DECIMAL)?;
            let decimal = decimal(decoder)?;
            if decimal.scale == scale {
                return Ok(Value::Decimal(decimal));
            }
            let scaled = decimal.at_scale(scale).map(Value::Decimal);
            scaled.ok_or_else(|| format!("the schema's Decimal can't hold it at scale {scale}"))
        }
    }
}

fn float(decoder: &mut Decoder<'_>) -> Result<f64, Error> {
    match decoder.datatype()? {
        Item::F32 => decoder.f32().map(f64::from),
        Item::F64 => decoder.f64(),
        _ => decoder.i64().map(|number| number as f64),
    }
}

fn timestamp(decoder: &mut Decoder<'_>) -> Result<i64, String> {
    if matches!(decoder.datatype().map_err(no_cbor)?, Item::F32 | Item::F64) {
        let seconds = float(decoder).map_err(no_cbor)?;
        return Ok((seconds * 1_000.0).round() as i64);
    }
    let seconds = decoder.i64().map_err(no_cbor)?;
    seconds.checked_mul(1_000).ok_or_else(|| "a Timestamp is beyond 64 bits".to_owned())
}

fn decimal(decoder: &mut Decoder<'_>) -> Result<Decimal, String> {
    decoder.array().map_err(no_cbor)?;
    let exponent = decoder.i32().map_err(no_cbor)?;
    let scale = exponent.checked_neg().unwrap_or(i32::MAX);
    if decoder.datatype().map_err(no_cbor)? != Item::Tag {
        let unscaled = decoder.int().map(i128::from).map_err(no_cbor)?;
        return Ok(Decimal::new(unscaled, scale));
    }
    let tag = decoder.tag().map_err(no_cbor)?.as_u64();
    let magnitude = BigInt::from_bytes_be(Sign::Plus, decoder.bytes().map_err(no_cbor)?);
    match tag {
        POSITIVE => Ok(Decimal::new(magnitude, scale)),
        NEGATIVE => Ok(Decimal::new(-magnitude - 1_u8, scale)),
        _ => Err(format!("expected an integer, found tag {tag}")),
    }
}

fn expect_tag(decoder: &mut Decoder<'_>, tag: u64) -> Result<(), String> {
    match decoder.tag().map_err(no_cbor)?.as_u64() {
        found if found == tag => Ok(()),
        found => Err(format!("expected tag {tag}, found tag {found}")),
    }
}

fn array(decoder: &mut Decoder<'_>, elements: &Schema) -> Result<Value, String> {
    let mut list = Vec::new();
    for index in 0..length(decoder.array())? {
        list.push(value(decoder, elements).map_err(|problem| within(&format!("[{index}]"), problem))?);
    }
    Ok(Value::Array(list))
}

fn map(decoder: &mut Decoder<'_>, (keys, values): (&Schema, &Schema)) -> Result<Value, String> {
    let mut entries = Vec::new();
    for _ in 0..length(decoder.map())? {
        let key = value(decoder, keys).map_err(|problem| within("a map's key", problem))?;
        entries.push((key, value(decoder, values).map_err(|problem| within("a map's value", problem))?));
    }
    Ok(Value::Map(entries))
}

/// Reads a struct. The host writes all fields, in order; others may come otherwise.
fn structure(decoder: &mut Decoder<'_>, fields: &[Field]) -> Result<Value, String> {
    let count = length(decoder.map())?;
    let mut found: Vec<Option<Value>> = vec![None; fields.len()];
    for position in 0..count as usize {
        let name = decoder.str().map_err(no_cbor)?;
        let here = fields.get(position).is_some_and(|field| field.name == name).then_some(position);
        let index = here.or_else(|| fields.iter().position(|field| field.name == name));
        let field = index.and_then(|index| fields.get(index).zip(found.get_mut(index)));
        let (field, place) = field.ok_or_else(|| format!("the schema has no field {name}"))?;
        *place = Some(value(decoder, &field.schema).map_err(|problem| within(name, problem))?);
    }
    let values = fields.iter().zip(found).map(|(field, value)| match value {
        Some(value) => Ok(value),
        None => null(&field.schema).map_err(|problem| within(&field.name, problem)),
    });
    Ok(Value::Struct(values.collect::<Result<_, _>>()?))
}

fn length(length: Result<Option<u64>, Error>) -> Result<u64, String> {
    length.map_err(no_cbor)?.ok_or_else(|| "lengths must be told".to_owned())
}

#[cold]
fn no_cbor(error: Error) -> String {
    format!("it is not what its schema says: {error}")
}

/// Appends a value, as its schema says. All that the host would refuse is an error here.
///
/// # Errors
/// Says what is wrong, and where; then `out` may hold a part of it.
pub(crate) fn encode(schema: &Schema, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    if let Some(number) = number_of(schema, value)? {
        return append_number(schema.logical(), number, out);
    }
    match (&schema.kind, value) {
        (_, Value::Null) => {
            null(schema)?;
            put(out, |encoder| encoder.null().map(drop));
        }
        (Kind::Bytes, Value::Decimal(decimal)) => append_decimal(&at_scale_of(schema, decimal)?, out),
        (Kind::Float32, Value::Float32(number)) => put(out, |encoder| encoder.f32(*number).map(drop)),
        (Kind::Float64, Value::Float64(number)) => put(out, |encoder| encoder.f64(*number).map(drop)),
        (Kind::Boolean, Value::Boolean(truth)) => put(out, |encoder| encoder.bool(*truth).map(drop)),
        (Kind::String, Value::String(text)) => put(out, |encoder| encoder.str(text).map(drop)),
        (Kind::Bytes, Value::Bytes(bytes)) if schema.logical().is_none() => {
            put(out, |encoder| encoder.bytes(bytes).map(drop));
        }
        (Kind::Array(elements), Value::Array(list)) => append_array(elements, list, out)?,
        (Kind::Map(keys, values), Value::Map(entries)) => append_map((keys, values), entries, out)?,
        (Kind::Struct(fields), Value::Struct(values)) if fields.len() == values.len() => {
            append_struct(fields, values, out)?;
        }
        _ => return Err(misfit(schema, value)),
    }
    Ok(())
}

fn append_number(logical: Option<Logical>, number: i64, out: &mut Vec<u8>) -> Result<(), String> {
    match logical {
        Some(Logical::Date) => put(out, |encoder| encoder.tag(Tag::new(DAYS))?.i64(number).map(drop)),
        Some(Logical::Timestamp) if number % 1_000 == 0 => {
            put(out, |encoder| encoder.tag(Tag::new(SECONDS))?.i64(number / 1_000).map(drop));
        }
        Some(Logical::Timestamp) => {
            let seconds = number as f64 / 1_000.0;
            if (seconds * 1_000.0).round() as i128 != i128::from(number) {
                return Err("a double can't tell the milliseconds of this timestamp".to_owned());
            }
            put(out, |encoder| encoder.tag(Tag::new(SECONDS))?.f64(seconds).map(drop));
        }
        _ => put(out, |encoder| encoder.i64(number).map(drop)),
    }
    Ok(())
}

fn append_decimal(decimal: &Decimal, out: &mut Vec<u8>) {
    let exponent = decimal.scale.checked_neg().unwrap_or(i32::MAX);
    put(out, |encoder| encoder.tag(Tag::new(DECIMAL))?.array(2)?.i32(exponent).map(drop));
    let small = i128::try_from(&decimal.unscaled).ok().and_then(|unscaled| Int::try_from(unscaled).ok());
    if let Some(small) = small {
        return put(out, |encoder| encoder.int(small).map(drop));
    }
    let (tag, magnitude) = match decimal.unscaled.sign() {
        Sign::Minus => (NEGATIVE, -&decimal.unscaled - 1_u8),
        _ => (POSITIVE, decimal.unscaled.clone()),
    };
    put(out, |encoder| encoder.tag(Tag::new(tag))?.bytes(&magnitude.to_bytes_be().1).map(drop));
}

fn append_array(elements: &Schema, list: &[Value], out: &mut Vec<u8>) -> Result<(), String> {
    put(out, |encoder| encoder.array(list.len() as u64).map(drop));
    for (index, element) in list.iter().enumerate() {
        encode(elements, element, out).map_err(|problem| within(&format!("[{index}]"), problem))?;
    }
    Ok(())
}

fn append_map((keys, values): (&Schema, &Schema), entries: &[(Value, Value)], out: &mut Vec<u8>) -> Result<(), String> {
    put(out, |encoder| encoder.map(entries.len() as u64).map(drop));
    for (key, value) in entries {
        // Such a map is a JSON object, whose keys are never null.
        if key.is_null() && keys.kind == Kind::String {
            return Err(within("a map's key", misfit(keys, key)));
        }
        encode(keys, key, out).map_err(|problem| within("a map's key", problem))?;
        encode(values, value, out).map_err(|problem| within("a map's value", problem))?;
    }
    Ok(())
}

fn append_struct(fields: &[Field], values: &[Value], out: &mut Vec<u8>) -> Result<(), String> {
    put(out, |encoder| encoder.map(fields.len() as u64).map(drop));
    for (field, value) in fields.iter().zip(values) {
        put(out, |encoder| encoder.str(&field.name).map(drop));
        encode(&field.schema, value, out).map_err(|problem| within(&field.name, problem))?;
    }
    Ok(())
}

fn put(out: &mut Vec<u8>, write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), encode::Error<Infallible>>) {
    // Writing to a vector can't fail.
    write(&mut Encoder::new(out)).unwrap_or_default();
}
