//! From the JSON text of payloads to Protobuf's binary form, fields by number, as Java's runtime writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigInt;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::Kind;
use serde_json::Value;

use super::write_plan::{FieldWriter, MessageWriter, Shape, Target, To, Writer};
use super::{calendar, decimal};

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;
/// The first and the last millisecond that a timestamp can be: of the years 1 and 9999.
const MILLISECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// Appends a struct, or the one value of a message such as `StringValue`.
///
/// # Errors
/// Says why it doesn't fit; then `out` may hold a part of it.
pub(super) fn write(writer: &MessageWriter, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    if let [FieldWriter { name, to: To::Field(target), .. }] = &writer.fields[..]
        && name.is_empty()
    {
        return field(target, value, out);
    }
    let object = value.as_object().ok_or_else(|| expected("an object", value))?;
    let mut parts = Vec::new();
    for member in &writer.fields {
        let inside = |problem| format!("{}: {problem}", member.name);
        member_parts(member, object.get(&member.name), &mut parts).map_err(inside)?;
    }
    // Unions are found among the others.
    parts.sort_by_key(|(number, _)| *number);
    parts.iter().for_each(|(_, part)| out.extend_from_slice(part));
    Ok(())
}

fn member_parts(member: &FieldWriter, value: Option<&Value>, parts: &mut Vec<(u32, Vec<u8>)>) -> Result<(), String> {
    let some = value.filter(|value| !value.is_null()).or(member.default.as_ref());
    let Some(value) = some.filter(|value| !value.is_null()) else { return Ok(()) };
    match &member.to {
        To::Field(target) => {
            let mut part = Vec::new();
            field(target, value, &mut part)?;
            parts.push((target.number, part));
            Ok(())
        }
        To::Nowhere(problem) => Err(problem.clone()),
        To::Union(members) => {
            let object = value.as_object().ok_or_else(|| expected("an object", value))?;
            let value = |member: &FieldWriter| {
                let own = object.get(&member.name).filter(|value| !value.is_null());
                own.or(member.default.as_ref()).cloned()
            };
            let found = members.iter().find_map(|member| Some((member, value(member)?)));
            let (member, value) = found.ok_or("no member of the union is there")?;
            member_parts(member, Some(&value), parts).map_err(|problem| format!("{}: {problem}", member.name))
        }
    }
}

fn field(target: &Target, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match &target.shape {
        Shape::One => {
            let mut bare = Vec::new();
            append(&target.writer, value, &mut bare)?;
            // A default's value: a zero, or a length of zero.
            if target.presence || bare.iter().any(|byte| *byte != 0) {
                encode_key(target.number, wire_type(&target.writer), out);
                out.extend_from_slice(&bare);
            }
        }
        Shape::List { packed } => {
            let list = value.as_array().ok_or_else(|| expected("an array", value))?;
            let mut values = Vec::new();
            for item in list {
                if !packed {
                    encode_key(target.number, wire_type(&target.writer), &mut values);
                }
                append(&target.writer, item, &mut values)?;
            }
            match *packed && !values.is_empty() {
                true => {
                    encode_key(target.number, WireType::LengthDelimited, out);
                    with_length(&values, out);
                }
                false => out.extend_from_slice(&values),
            }
        }
        Shape::Map(pair) => map(target.number, pair, (value, out))?,
    }
    Ok(())
}

fn map(number: u32, pair: &(Target, Target), (value, out): (&Value, &mut Vec<u8>)) -> Result<(), String> {
    let mut entry = |key: &Value, value: &Value| {
        let mut bytes = Vec::new();
        for (target, value) in [(&pair.0, key), (&pair.1, value)] {
            if !value.is_null() {
                field(target, value, &mut bytes)?;
            }
        }
        encode_key(number, WireType::LengthDelimited, out);
        with_length(&bytes, out);
        Ok::<(), String>(())
    };
    match value {
        Value::Object(entries) => entries.iter().try_for_each(|(key, value)| entry(&Value::from(key.as_str()), value)),
        Value::Array(list) => list.iter().try_for_each(|item| match item.as_array().map(Vec::as_slice) {
            Some([key, value]) => entry(key, value),
            _ => Err(expected("an array of a key and a value", item)),
        }),
        other => Err(expected("a map", other)),
    }
}

fn wire_type(writer: &Writer) -> WireType {
    match writer {
        Writer::Boolean | Writer::Symbols(_) | Writer::Number(_) => WireType::Varint,
        Writer::Integer { kind: Kind::Fixed32 | Kind::Sfixed32, .. } | Writer::Float => WireType::ThirtyTwoBit,
        Writer::Integer { kind: Kind::Fixed64 | Kind::Sfixed64, .. } | Writer::Double => WireType::SixtyFourBit,
        Writer::Integer { .. } => WireType::Varint,
        _ => WireType::LengthDelimited,
    }
}

/// Appends a value without its field's number.
fn append(writer: &Writer, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match writer {
        Writer::Boolean => out.push(value.as_bool().ok_or_else(|| expected("a boolean", value))?.into()),
        Writer::Integer { kind, least, most } => {
            let number = value.as_i64().filter(|number| (*least..=*most).contains(&i128::from(*number)));
            let number = number.ok_or_else(|| expected(&format!("an integer from {least} to {most}"), value))?;
            integer(kind, number, out);
        }
        Writer::Float => out.extend_from_slice(&(number(value)? as f32).to_le_bytes()),
        Writer::Double => out.extend_from_slice(&number(value)?.to_le_bytes()),
        Writer::Text => with_length(text(value)?.as_bytes(), out),
        Writer::Bytes => with_length(&base64(value)?, out),
        Writer::Symbols(symbols) => {
            let number = symbols.get(text(value)?).ok_or_else(|| format!("the enum has no symbol {value}"))?;
            encode_varint(i64::from(*number) as u64, out);
        }
        Writer::Number(symbols) => {
            let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
            let number = number.filter(|number| symbols.get_value(*number).is_some());
            let number = number.ok_or_else(|| format!("the enum has no number {value}"))?;
            encode_varint(i64::from(number) as u64, out);
        }
        message => {
            let mut inside = Vec::new();
            match message {
                Writer::Decimal(scale) => decimal_message(*scale, &base64(value)?, &mut inside)?,
                Writer::Date => date(whole(value)?, &mut inside)?,
                Writer::Time => time(whole(value)?, &mut inside)?,
                Writer::Timestamp => timestamp(whole(value)?, &mut inside)?,
                Writer::Message(writer) => write(writer, value, &mut inside)?,
                _ => {}
            }
            with_length(&inside, out);
        }
    }
    Ok(())
}

fn integer(kind: &Kind, number: i64, out: &mut Vec<u8>) {
    match kind {
        Kind::Fixed32 | Kind::Sfixed32 => out.extend_from_slice(&(number as u32).to_le_bytes()),
        Kind::Fixed64 | Kind::Sfixed64 => out.extend_from_slice(&number.to_le_bytes()),
        Kind::Sint32 | Kind::Sint64 => encode_varint((number << 1 ^ number >> 63) as u64, out),
        _ => encode_varint(number as u64, out),
    }
}

fn with_length(bytes: &[u8], out: &mut Vec<u8>) {
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Appends integers that aren't 0 as the fields of these numbers.
fn integers(fields: &[(u32, i64)], out: &mut Vec<u8>) {
    for (number, value) in fields.iter().filter(|(_, value)| *value != 0) {
        encode_key(*number, WireType::Varint, out);
        encode_varint(*value as u64, out);
    }
}

fn decimal_message(scale: i32, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    if bytes.is_empty() {
        return Err("a Decimal has no bytes".to_owned());
    }
    let number = BigInt::from_signed_bytes_be(bytes);
    let precision = decimal::precision(&number)?;
    encode_key(1, WireType::LengthDelimited, out);
    with_length(&number.to_signed_bytes_be(), out);
    integers(&[(2, precision.into()), (3, scale.into())], out);
    Ok(())
}

fn date(day: i64, out: &mut Vec<u8>) -> Result<(), String> {
    let (year, month, day) = calendar::date(day)?;
    integers(&[(1, year.into()), (2, month.into()), (3, day.into())], out);
    Ok(())
}

fn time(millis: i64, out: &mut Vec<u8>) -> Result<(), String> {
    // The end of the day is its start, as in Java.
    if !(0..=DAY).contains(&millis) {
        return Err(format!("a time of day can't be {millis} ms"));
    }
    let (seconds, rest) = (millis % DAY / 1_000, millis % 1_000);
    integers(&[(1, seconds / 3_600), (2, seconds / 60 % 60), (3, seconds % 60), (4, rest * 1_000_000)], out);
    Ok(())
}

fn timestamp(millis: i64, out: &mut Vec<u8>) -> Result<(), String> {
    if !MILLISECONDS.contains(&millis) {
        return Err(format!("a timestamp can't be {millis} ms"));
    }
    integers(&[(1, millis.div_euclid(1_000)), (2, millis.rem_euclid(1_000) * 1_000_000)], out);
    Ok(())
}

fn whole(value: &Value) -> Result<i64, String> {
    value.as_i64().ok_or_else(|| expected("an integer", value))
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| expected("a string", value))
}

fn base64(value: &Value) -> Result<Vec<u8>, String> {
    STANDARD.decode(text(value)?).map_err(|error| format!("it is not base 64: {error}"))
}

/// Reads a number; those that JSON doesn't have are in quotes.
fn number(value: &Value) -> Result<f64, String> {
    match value.as_str() {
        Some("NaN") => Ok(f64::NAN),
        Some("Infinity") => Ok(f64::INFINITY),
        Some("-Infinity") => Ok(f64::NEG_INFINITY),
        _ => value.as_f64().ok_or_else(|| expected("a number", value)),
    }
}

fn expected(what: &str, found: &Value) -> String {
    let found: String = found.to_string().chars().take(60).collect();
    format!("expected {what}, found {found}")
}
