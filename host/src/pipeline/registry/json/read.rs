//! From the JSON of the wire to payloads, as a Connect schema says. Numbers are read digit by digit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::numbers::Decimal;
use super::{is_object, is_union};
use crate::pipeline::registry::connect::{DATE, DECIMAL, Kind, SCALE, Schema, TIME, TIMESTAMP};

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// An object's members; the last one of a name counts.
type Members<'a> = IndexMap<String, &'a RawValue>;

/// Appends a value as a payload's JSON text.
///
/// # Errors
/// Says why it doesn't fit the schema; then `out` may hold a part of it.
pub(super) fn read(schema: &Schema, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let raw: &RawValue = parse(std::str::from_utf8(bytes).map_err(|_| "the value is no UTF-8")?)?;
    append(schema, Some(raw), out)
}

/// Returns a value as a payload; none for null.
///
/// # Errors
/// Says why it doesn't fit the schema.
pub(super) fn value(schema: &Schema, json: &str) -> Result<Option<Value>, String> {
    let mut payload = Vec::new();
    read(schema, json.as_bytes(), &mut payload)?;
    let payload: Value = serde_json::from_slice(&payload).map_err(|error| error.to_string())?;
    Ok(Some(payload).filter(|payload| !payload.is_null()))
}

fn append(schema: &Schema, raw: Option<&RawValue>, out: &mut Vec<u8>) -> Result<(), String> {
    match raw.filter(|raw| raw.get() != "null") {
        Some(raw) => present(schema, raw, out),
        None => absent(schema, raw, out),
    }
}

/// Appends a null, or the default in its place.
fn absent(schema: &Schema, raw: Option<&RawValue>, out: &mut Vec<u8>) -> Result<(), String> {
    if let Some(default) = &schema.default {
        show(default, out);
        return Ok(());
    }
    if raw.is_some() && !schema.optional {
        return Err("Invalid null value for required field".to_owned());
    }
    // What isn't there at all is null, even where it is required.
    out.extend_from_slice(b"null");
    Ok(())
}

fn present(schema: &Schema, raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    if let Some(name) = schema.name.as_deref()
        && matches!(name, DECIMAL | DATE | TIME | TIMESTAMP)
    {
        return logical(schema, name, raw.get(), out);
    }
    match &schema.kind {
        Kind::Int8 => integer(raw, i8::MIN.into(), i8::MAX.into(), out),
        Kind::Int16 => integer(raw, i16::MIN.into(), i16::MAX.into(), out),
        Kind::Int32 => integer(raw, i32::MIN.into(), i32::MAX.into(), out),
        Kind::Int64 => integer(raw, i64::MIN, i64::MAX, out),
        Kind::Float32 | Kind::Float64 => float(&schema.kind, raw, out),
        Kind::Boolean if matches!(raw.get(), "true" | "false") => plain(raw, out),
        Kind::Text if is_text(raw) => plain(raw, out),
        Kind::Bytes if is_text(raw) => bytes(raw, out),
        Kind::Boolean | Kind::Text | Kind::Bytes => Err(unfit(raw)),
        Kind::Array(items) => list(items, raw, out),
        Kind::Map(inside) if is_object(&inside.0) => object_map(&inside.1, raw, out),
        Kind::Map(inside) => entries((&inside.0, &inside.1), raw, out),
        Kind::Struct(fields) if is_union(schema) => union(fields, raw, out),
        Kind::Struct(fields) => structure(fields, raw, out),
    }
}

fn bytes(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    let text: String = parse(raw.get())?;
    let bytes = STANDARD.decode(&text).map_err(|_| "Invalid bytes field: it is no base 64".to_owned())?;
    show(&Value::from(STANDARD.encode(bytes)), out);
    Ok(())
}

fn structure(fields: &[(String, Schema)], raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    let values = members(raw).ok_or_else(|| unfit(raw))?;
    out.push(b'{');
    for (index, (name, field)) in fields.iter().enumerate() {
        key(index, name, out);
        append(field, values.get(name).copied(), out).map_err(|problem| format!("{name}: {problem}"))?;
    }
    out.push(b'}');
    Ok(())
}

fn logical(schema: &Schema, name: &str, raw: &str, out: &mut Vec<u8>) -> Result<(), String> {
    let is_number = raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if name == DECIMAL {
        let scale = schema.parameters.get(SCALE).and_then(|scale| scale.parse().ok());
        let scale = scale.ok_or("Invalid Decimal schema: scale parameter not found.")?;
        let decimal = match is_number {
            true => Decimal::parse(raw)?,
            false if raw.starts_with('"') => Decimal::of_base64(&parse::<String>(raw)?, scale)?,
            false => return Err("Invalid type for Decimal: it must be a number or bytes in base 64".to_owned()),
        };
        show(&Value::from(decimal.base64(scale)?), out);
        return Ok(());
    }
    let number: Option<i64> = raw.parse().ok().filter(|number| match name {
        DATE => i32::try_from(*number).is_ok(),
        TIME => (0..DAY).contains(number),
        _ => true,
    });
    let number = number.ok_or_else(|| format!("Invalid value for {name}: {}", shortened(raw)))?;
    show(&Value::from(number), out);
    Ok(())
}

fn integer(raw: &RawValue, least: i64, most: i64, out: &mut Vec<u8>) -> Result<(), String> {
    let number = if is_number(raw) { Decimal::parse(raw.get())?.integer() } else { None };
    let number = number.filter(|number| (least..=most).contains(number)).ok_or_else(|| unfit(raw))?;
    show(&Value::from(number), out);
    Ok(())
}

fn float(kind: &Kind, raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    // Java writes those that are no numbers as text.
    if matches!(raw.get(), "\"NaN\"" | "\"Infinity\"" | "\"-Infinity\"") {
        return plain(raw, out);
    }
    let number: f64 = raw.get().parse().ok().filter(|_| is_number(raw)).ok_or_else(|| unfit(raw))?;
    let (finite, text) = match kind {
        Kind::Float32 => ((number as f32).is_finite(), format!("{:?}", number as f32)),
        _ => (number.is_finite(), format!("{number:?}")),
    };
    if !finite {
        return Err(unfit(raw));
    }
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// Reads a map that is an object.
fn object_map(values: &Schema, raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    let entries = members(raw).ok_or("Maps with string fields should be encoded as JSON objects")?;
    out.push(b'{');
    for (index, (name, value)) in entries.iter().enumerate() {
        key(index, name, out);
        append(values, Some(value), out).map_err(|problem| format!("{name}: {problem}"))?;
    }
    out.push(b'}');
    Ok(())
}

/// Reads a map that is an array of entries. As in JsonConverter, its payload is an object where keys are text.
fn entries((keys, values): (&Schema, &Schema), raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    let shape = "Maps with non-string fields should be encoded as JSON array of objects with a key and a value";
    let entries: Vec<&RawValue> = if starts(raw, b'[') { parse(raw.get())? } else { return Err(shape.to_owned()) };
    let as_object = matches!(keys.kind, Kind::Text);
    out.push(if as_object { b'{' } else { b'[' });
    for (index, entry) in entries.into_iter().enumerate() {
        let parts = members(entry).filter(|parts| parts.len() == 2).ok_or(shape)?;
        comma(index, out);
        if !as_object {
            out.push(b'[');
        }
        let start = out.len();
        append(keys, parts.get("key").copied(), out)?;
        if as_object && out.get(start..) == Some(b"null") {
            return Err("a map has a null for a key".to_owned());
        }
        out.push(if as_object { b':' } else { b',' });
        append(values, parts.get("value").copied(), out)?;
        if !as_object {
            out.push(b']');
        }
    }
    out.push(if as_object { b'}' } else { b']' });
    Ok(())
}

/// Reads the member whose type a value has; of structs the one most of whose fields are there.
fn union(fields: &[(String, Schema)], raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    let simple = fields.iter().position(|(_, field)| is_instance(field, raw));
    let matching = || {
        let matched = fields.iter().map(|(_, field)| matching_fields(field, raw)).enumerate();
        // The first of those that match best.
        matched.filter(|(_, count)| *count > 0).rev().max_by_key(|(_, count)| *count).map(|(index, _)| index)
    };
    let chosen = simple.or_else(matching).ok_or("Did not find matching oneof field for data")?;
    out.push(b'{');
    for (index, (name, field)) in fields.iter().enumerate() {
        key(index, name, out);
        match index == chosen {
            true => append(field, Some(raw), out)?,
            false => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
    Ok(())
}

fn is_instance(schema: &Schema, raw: &RawValue) -> bool {
    let has_point = raw.get().contains(['.', 'e', 'E']);
    match schema.kind {
        Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => is_number(raw) && !has_point,
        Kind::Float32 | Kind::Float64 => is_number(raw),
        Kind::Boolean => matches!(raw.get(), "true" | "false"),
        Kind::Text => is_text(raw),
        Kind::Bytes => is_number(raw) && has_point,
        Kind::Array(_) => starts(raw, b'['),
        Kind::Map(_) => starts(raw, b'[') || starts(raw, b'{'),
        Kind::Struct(_) => false,
    }
}

fn matching_fields(schema: &Schema, raw: &RawValue) -> usize {
    let (Kind::Struct(fields), Some(values)) = (&schema.kind, members(raw)) else { return 0 };
    let found = fields.iter().filter_map(|(name, field)| Some((field, values.get(name)?)));
    found.map(|(field, value)| 1 + matching_fields(field, value)).sum()
}

fn list(items: &Schema, raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    let values: Vec<&RawValue> = if starts(raw, b'[') { parse(raw.get())? } else { return Err(unfit(raw)) };
    out.push(b'[');
    for (index, value) in values.into_iter().enumerate() {
        comma(index, out);
        append(items, Some(value), out)?;
    }
    out.push(b']');
    Ok(())
}

fn comma(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

fn key(index: usize, name: &str, out: &mut Vec<u8>) {
    comma(index, out);
    show(&Value::from(name), out);
    out.push(b':');
}

fn members(raw: &RawValue) -> Option<Members<'_>> {
    if starts(raw, b'{') { parse(raw.get()).ok() } else { None }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("the value is no JSON: {error}"))
}

fn plain(raw: &RawValue, out: &mut Vec<u8>) -> Result<(), String> {
    out.extend_from_slice(raw.get().as_bytes());
    Ok(())
}

fn starts(raw: &RawValue, first: u8) -> bool {
    raw.get().as_bytes().first() == Some(&first)
}

fn is_text(raw: &RawValue) -> bool {
    starts(raw, b'"')
}

fn is_number(raw: &RawValue) -> bool {
    raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

fn unfit(raw: &RawValue) -> String {
    format!("{} doesn't fit the schema", shortened(raw.get()))
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

fn show(value: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}
