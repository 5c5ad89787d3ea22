//! Values in the JSON form of Kafka's `JsonConverter`: what its schemas' defaults and its payloads are. As strict as
//! the host: an integer out of range or text for a number is an error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigInt;
use serde_json::Value as Json;

use super::decimal::Decimal;
use super::schema::{Field, Kind, Logical, Schema};
use super::value::Value;
use super::{DAY, within};

/// Reads a value, as its schema says.
pub(crate) fn parse(schema: &Schema, json: &Json) -> Result<Value, String> {
    if json.is_null() {
        return null(schema);
    }
    if let Some(logical) = schema.logical() {
        return parse_logical(logical, json);
    }
    Ok(match &schema.kind {
        Kind::Int8 => Value::Int8(integer(json)?),
        Kind::Int16 => Value::Int16(integer(json)?),
        Kind::Int32 => Value::Int32(integer(json)?),
        Kind::Int64 => Value::Int64(integer(json)?),
        Kind::Float32 => Value::Float32(float(json)? as f32),
        Kind::Float64 => Value::Float64(float(json)?),
        Kind::Boolean => Value::Boolean(json.as_bool().ok_or_else(|| unexpected("a boolean", json))?),
        Kind::String => Value::String(json.as_str().ok_or_else(|| unexpected("a string", json))?.to_owned()),
        Kind::Bytes => Value::Bytes(bytes(json)?),
        Kind::Array(elements) => {
            let elements = array(json)?.iter().enumerate().map(|(index, element)| {
                parse(elements, element).map_err(|problem| within(&format!("[{index}]"), problem))
            });
            Value::Array(elements.collect::<Result<_, _>>()?)
        }
        Kind::Map(keys, values) => Value::Map(parse_map((keys, values), json)?),
        Kind::Struct(fields) => Value::Struct(parse_struct(fields, json)?),
    })
}

/// Returns null, or why there can't be one: a default makes up for it, whoever asks for it.
pub(super) fn null(schema: &Schema) -> Result<Value, String> {
    match schema.optional || schema.default.is_some() {
        true => Ok(Value::Null),
        false => Err("there is no value for a required field".to_owned()),
    }
}

fn parse_logical(logical: Logical, json: &Json) -> Result<Value, String> {
    let unscaled = |json: &Json| match bytes(json)? {
        bytes if bytes.is_empty() => Err("a Decimal has no bytes".to_owned()),
        bytes => Ok(BigInt::from_signed_bytes_be(&bytes)),
    };
    Ok(match logical {
        Logical::Decimal { scale } if json.is_string() => Value::Decimal(Decimal::new(unscaled(json)?, scale)),
        // `decimal.format` NUMERIC.
        Logical::Decimal { scale } => {
            let number: Decimal = json.to_string().parse().map_err(|_| unexpected("a Decimal", json))?;
            let number = number.at_scale(scale);
            Value::Decimal(number.ok_or_else(|| format!("a Decimal has more than {scale} places"))?)
        }
        Logical::Date => Value::Moment(i64::from(integer::<i32>(json)?) * DAY),
        Logical::Time => {
            let time = Some(i64::from(integer::<i32>(json)?)).filter(|time| (0..=DAY).contains(time));
            Value::Moment(time.ok_or_else(|| unexpected("the milliseconds of a day", json))?)
        }
        Logical::Timestamp => Value::Moment(integer(json)?),
    })
}

fn parse_map((keys, values): (&Schema, &Schema), json: &Json) -> Result<Vec<(Value, Value)>, String> {
    let key = |key: &Json| parse(keys, key).map_err(|problem| within("a map's key", problem));
    let value = |value: &Json| parse(values, value).map_err(|problem| within("a map's value", problem));
    if keys.kind == Kind::String {
        let entries = json.as_object().ok_or_else(|| unexpected("an object", json))?;
        return entries.iter().map(|(name, entry)| Ok((Value::String(name.clone()), value(entry)?))).collect();
    }
    let pairs = array(json)?.iter().map(|pair| match pair.as_array().map(Vec::as_slice) {
        Some([first, second]) => Ok((key(first)?, value(second)?)),
        _ => Err("each entry of a map must be an array of a key and a value".to_owned()),
    });
    let mut entries: Vec<(Value, Value)> = Vec::new();
    for pair in pairs {
        let pair = pair?;
        // Of a repeated key the last counts.
        entries.retain(|(known, _)| *known != pair.0);
        entries.push(pair);
    }
    Ok(entries)
}

fn parse_struct(fields: &[Field], json: &Json) -> Result<Vec<Value>, String> {
    let members = json.as_object().ok_or_else(|| unexpected("an object", json))?;
    let value = |field: &Field| {
        let parsed = parse(&field.schema, members.get(&field.name).unwrap_or(&Json::Null));
        parsed.map_err(|problem| within(&field.name, problem))
    };
    fields.iter().map(value).collect()
}

fn integer<T: TryFrom<i64>>(json: &Json) -> Result<T, String> {
    let integer = json.as_i64().and_then(|integer| T::try_from(integer).ok());
    integer.ok_or_else(|| unexpected(&format!("an integer of {} bits", size_of::<T>() * 8), json))
}

fn float(json: &Json) -> Result<f64, String> {
    match json {
        Json::Number(number) => number.as_f64().ok_or_else(|| unexpected("a number in range", json)),
        Json::String(text) if text == "NaN" => Ok(f64::NAN),
        Json::String(text) if text == "Infinity" => Ok(f64::INFINITY),
        Json::String(text) if text == "-Infinity" => Ok(f64::NEG_INFINITY),
        _ => Err(unexpected("a number", json)),
    }
}

fn bytes(json: &Json) -> Result<Vec<u8>, String> {
    let text = json.as_str().ok_or_else(|| unexpected("bytes in base 64", json))?;
    STANDARD.decode(text).map_err(|error| format!("it is not base 64: {error}"))
}

fn array(json: &Json) -> Result<&Vec<Json>, String> {
    json.as_array().ok_or_else(|| unexpected("an array", json))
}

fn unexpected(expected: &str, json: &Json) -> String {
    let found: String = json.to_string().chars().take(60).collect();
    format!("expected {expected}, found {found}")
}

/// Appends a value, as its schema says.
pub(crate) fn append(schema: &Schema, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    if let Some(number) = number_of(schema, value)? {
        out.extend_from_slice(number.to_string().as_bytes());
        return Ok(());
    }
    match (&schema.kind, value) {
        (_, Value::Null) => {
            null(schema)?;
            out.extend_from_slice(b"null");
        }
        (Kind::Bytes, Value::Decimal(decimal)) => {
            append_bytes(&at_scale_of(schema, decimal)?.unscaled.to_signed_bytes_be(), out);
        }
        (Kind::Array(elements), Value::Array(list)) => {
            append_list(list, (b'[', b']'), out, |(index, element), out| {
                append(elements, element, out).map_err(|problem| within(&format!("[{index}]"), problem))
            })?;
        }
        (Kind::Map(keys, values), Value::Map(entries)) => append_map((keys, values), entries, out)?,
        (Kind::Struct(fields), Value::Struct(list)) if fields.len() == list.len() => {
            let fields: Vec<(&Field, &Value)> = fields.iter().zip(list).collect();
            append_list(&fields, (b'{', b'}'), out, |(_, (field, value)), out| {
                append_string(&field.name, out);
                out.push(b':');
                append(&field.schema, value, out).map_err(|problem| within(&field.name, problem))
            })?;
        }
        (Kind::Float32, Value::Float32(_))
        | (Kind::Float64, Value::Float64(_))
        | (Kind::Boolean, Value::Boolean(_))
        | (Kind::String, Value::String(_)) => append_plain(value, out)?,
        (Kind::Bytes, Value::Bytes(_)) if schema.logical().is_none() => append_plain(value, out)?,
        _ => return Err(misfit(schema, value)),
    }
    Ok(())
}

/// Returns the integer that stands for an integer or moment.
pub(super) fn number_of(schema: &Schema, value: &Value) -> Result<Option<i64>, String> {
    Ok(Some(match (schema.logical(), &schema.kind, value) {
        (Some(Logical::Timestamp), _, Value::Moment(moment)) => *moment,
        (Some(Logical::Time), _, Value::Moment(moment)) if (0..=DAY).contains(moment) => *moment,
        (Some(Logical::Time), _, Value::Moment(moment)) => {
            return Err(format!("expected a Time, which has no days, found the milliseconds {moment}"));
        }
        (Some(Logical::Date), _, Value::Moment(moment)) => match i32::try_from(moment.div_euclid(DAY)) {
            Ok(days) if moment % DAY == 0 => days.into(),
            _ => return Err(format!("expected a Date, which is the start of a day, found the milliseconds {moment}")),
        },
        (None, Kind::Int8, Value::Int8(number)) => (*number).into(),
        (None, Kind::Int16, Value::Int16(number)) => (*number).into(),
        (None, Kind::Int32, Value::Int32(number)) => (*number).into(),
        (None, Kind::Int64, Value::Int64(number)) => *number,
        _ => return Ok(None),
    }))
}

/// Returns a decimal with the scale of its schema.
pub(super) fn at_scale_of(schema: &Schema, decimal: &Decimal) -> Result<Decimal, String> {
    let Some(Logical::Decimal { scale }) = schema.logical() else {
        return Err(misfit(schema, &Value::Decimal(decimal.clone())));
    };
    let scaled = decimal.at_scale(scale).filter(|scaled| scaled.unscaled.bits() < 8 * 416);
    scaled.ok_or_else(|| format!("the schema's Decimal can't hold it at scale {scale}"))
}

/// Says that a value is not what its schema says.
#[cold]
pub(super) fn misfit(schema: &Schema, value: &Value) -> String {
    match (&schema.kind, value) {
        (Kind::Struct(fields), Value::Struct(values)) => {
            format!("the schema has {} fields, the struct {}", fields.len(), values.len())
        }
        _ => format!("expected {}, found {}", Value::expected(schema), value.words()),
    }
}

fn append_map((keys, values): (&Schema, &Schema), entries: &[(Value, Value)], out: &mut Vec<u8>) -> Result<(), String> {
    let is_object = keys.kind == Kind::String;
    append_list(entries, if is_object { (b'{', b'}') } else { (b'[', b']') }, out, |(_, (key, value)), out| {
        if is_object {
            let Value::String(key) = key else { return Err(within("a map's key", misfit(keys, key))) };
            append_string(key, out);
            out.push(b':');
            return append(values, value, out).map_err(|problem| within("a map's value", problem));
        }
        out.push(b'[');
        append(keys, key, out).map_err(|problem| within("a map's key", problem))?;
        out.push(b',');
        append(values, value, out).map_err(|problem| within("a map's value", problem))?;
        out.push(b']');
        Ok(())
    })
}

/// Appends a value without a schema, as `JsonConverter` does where it knows none: structs, decimals and moments need
/// one.
pub(super) fn append_plain(value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Int8(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Int16(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Int32(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Int64(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Float32(number) => append_float(*number, (*number).into(), out),
        Value::Float64(number) => append_float(*number, *number, out),
        Value::Boolean(truth) => out.extend_from_slice(truth.to_string().as_bytes()),
        Value::String(text) => append_string(text, out),
        Value::Bytes(bytes) => append_bytes(bytes, out),
        Value::Array(list) => append_list(list, (b'[', b']'), out, |(_, element), out| append_plain(element, out))?,
        Value::Map(entries) => append_plain_map(entries, out)?,
        Value::Struct(_) | Value::Decimal(_) | Value::Moment(_) => {
            return Err(format!("{} needs a schema", value.words()));
        }
    }
    Ok(())
}

/// A map is an object where all its keys are text.
fn append_plain_map(entries: &[(Value, Value)], out: &mut Vec<u8>) -> Result<(), String> {
    let is_object = entries.iter().all(|(key, _)| matches!(key, Value::String(_)));
    append_list(entries, if is_object { (b'{', b'}') } else { (b'[', b']') }, out, |(_, (key, value)), out| {
        if !is_object {
            out.push(b'[');
        }
        append_plain(key, out)?;
        out.push(if is_object { b':' } else { b',' });
        append_plain(value, out)?;
        if !is_object {
            out.push(b']');
        }
        Ok(())
    })
}

fn append_list<T>(
    list: &[T],
    (open, close): (u8, u8),
    out: &mut Vec<u8>,
    mut each: impl FnMut((usize, &T), &mut Vec<u8>) -> Result<(), String>,
) -> Result<(), String> {
    out.push(open);
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each((index, item), out)?;
    }
    out.push(close);
    Ok(())
}

/// Appends a number as Java writes it (`Double.toString`), those that JSON doesn't have in quotes.
fn append_float<T: std::fmt::Debug + std::fmt::LowerExp>(number: T, double: f64, out: &mut Vec<u8>) {
    let magnitude = double.abs();
    let text = match double {
        _ if double.is_nan() => r#""NaN""#.to_owned(),
        f64::INFINITY => r#""Infinity""#.to_owned(),
        f64::NEG_INFINITY => r#""-Infinity""#.to_owned(),
        _ if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) => format!("{number:?}"),
        _ => {
            let text = format!("{number:e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let point = if mantissa.contains('.') { "" } else { ".0" };
            format!("{mantissa}{point}E{exponent}")
        }
    };
    out.extend_from_slice(text.as_bytes());
}

fn append_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
    out.push(b'"');
}

pub(super) fn append_string(text: &str, out: &mut Vec<u8>) {
    // Text can't fail to be written to a vector.
    serde_json::to_writer(out, text).unwrap_or_default();
}
