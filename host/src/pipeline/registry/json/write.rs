//! From payloads to the JSON of the wire, as a Connect schema says.

use serde_json::{Map, Value};

use super::numbers::Decimal;
use super::{JsonSchemaOptions, is_object, is_union};
use crate::pipeline::registry::connect::{DECIMAL, Kind, SCALE, Schema};

/// Appends a value; says no where there is none: a null for which nothing stands.
///
/// # Errors
/// Says why it doesn't fit the schema; then `out` may hold a part of it.
pub(super) fn write(
    schema: &Schema,
    value: &Value,
    options: &JsonSchemaOptions,
    out: &mut Vec<u8>,
) -> Result<bool, String> {
    if value.is_null() {
        return absent(schema, options, out);
    }
    if schema.is(DECIMAL) && options.numeric_decimals {
        out.extend_from_slice(decimal(schema, value)?.as_bytes());
        return Ok(true);
    }
    match (&schema.kind, value) {
        (Kind::Array(items), Value::Array(values)) => list(items, values, options, out)?,
        (Kind::Map(inside), value) => map((&inside.0, &inside.1), value, options, out)?,
        (Kind::Struct(fields), Value::Object(values)) if is_union(schema) => {
            return match member(fields, values, options) {
                Some((field, value)) => write(field, value, options, out),
                None => absent(schema, options, out),
            };
        }
        (Kind::Struct(fields), Value::Object(values)) => structure(fields, values, options, out)?,
        (kind, value) => simple(kind, value, out)?,
    }
    Ok(true)
}

/// Appends what stands for a null.
fn absent(schema: &Schema, options: &JsonSchemaOptions, out: &mut Vec<u8>) -> Result<bool, String> {
    match &schema.default {
        Some(default) if !options.ignore_default => write(schema, default, options, out),
        _ if schema.optional => {
            out.extend_from_slice(b"null");
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Returns the member of a union that has a value.
fn member<'a>(
    fields: &'a [(String, Schema)],
    values: &'a Map<String, Value>,
    options: &JsonSchemaOptions,
) -> Option<(&'a Schema, &'a Value)> {
    fields.iter().find_map(|(name, field)| {
        let value = values.get(name).filter(|value| !value.is_null());
        let default = field.default.as_ref().filter(|_| !options.ignore_default);
        value.or(default).map(|value| (field, value))
    })
}

fn list(items: &Schema, values: &[Value], options: &JsonSchemaOptions, out: &mut Vec<u8>) -> Result<(), String> {
    out.push(b'[');
    for (index, value) in values.iter().enumerate() {
        comma(index, out);
        element((items, value), options, out)?;
    }
    out.push(b']');
    Ok(())
}

fn structure(
    fields: &[(String, Schema)],
    values: &Map<String, Value>,
    options: &JsonSchemaOptions,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    out.push(b'{');
    for (index, (name, field)) in fields.iter().enumerate() {
        comma(index, out);
        show(&Value::from(name.as_str()), out);
        out.push(b':');
        let value = values.get(name).unwrap_or(&Value::Null);
        if !write(field, value, options, out).map_err(|problem| format!("{name}: {problem}"))? {
            return Err(format!("Invalid value: null used for required field: \"{name}\""));
        }
    }
    out.push(b'}');
    Ok(())
}

fn simple(kind: &Kind, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match (kind, value) {
        (Kind::Float32, Value::Number(number)) => {
            let number = number.as_f64().unwrap_or(f64::NAN) as f32;
            if !number.is_finite() {
                return Err("a number is beyond float32".to_owned());
            }
            out.extend_from_slice(format!("{number:?}").as_bytes());
        }
        (Kind::Float64, Value::Number(number)) => show(&Value::from(number.as_f64()), out),
        // Java writes those that are no numbers as text.
        (Kind::Float32 | Kind::Float64, Value::String(text)) if matches!(&**text, "NaN" | "Infinity" | "-Infinity") => {
            show(value, out);
        }
        (Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64, Value::Number(number)) if number.is_i64() => {
            show(value, out);
        }
        (Kind::Boolean, Value::Bool(_)) | (Kind::Text | Kind::Bytes, Value::String(_)) => show(value, out),
        (kind, value) => return Err(format!("Invalid type for {kind:?}: {value}").chars().take(300).collect()),
    }
    Ok(())
}

fn element((schema, value): (&Schema, &Value), options: &JsonSchemaOptions, out: &mut Vec<u8>) -> Result<(), String> {
    if !write(schema, value, options, out)? {
        out.extend_from_slice(b"null");
    }
    Ok(())
}

fn map(
    (keys, values): (&Schema, &Schema),
    value: &Value,
    options: &JsonSchemaOptions,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let entries = entries(value)?;
    let as_object = is_object(keys);
    out.push(if as_object { b'{' } else { b'[' });
    for (index, (key, value)) in entries.into_iter().enumerate() {
        comma(index, out);
        if !as_object {
            out.extend_from_slice(b"{\"key\":");
        }
        element((keys, &key), options, out)?;
        out.extend_from_slice(if as_object { b":" } else { b",\"value\":" });
        element((values, value), options, out)?;
        if !as_object {
            out.push(b'}');
        }
    }
    out.push(if as_object { b'}' } else { b']' });
    Ok(())
}

/// Returns a payload's map: an object, or an array of pairs.
fn entries(value: &Value) -> Result<Vec<(Value, &Value)>, String> {
    match value {
        Value::Object(entries) => Ok(entries.iter().map(|(key, value)| (Value::from(key.as_str()), value)).collect()),
        Value::Array(pairs) => {
            let mut entries = Vec::with_capacity(pairs.len());
            for pair in pairs {
                let Some([key, value]) = pair.as_array().map(Vec::as_slice) else {
                    return Err("an entry of a map must be a key and a value".to_owned());
                };
                entries.push((key.clone(), value));
            }
            Ok(entries)
        }
        other => Err(format!("Invalid type for Map: {other}").chars().take(300).collect()),
    }
}

fn decimal(schema: &Schema, value: &Value) -> Result<String, String> {
    let scale = schema.parameters.get(SCALE).and_then(|scale| scale.parse().ok());
    let scale = scale.ok_or("Invalid Decimal schema: scale parameter not found.")?;
    match value {
        Value::String(text) => Ok(Decimal::of_base64(text, scale)?.to_json()),
        other => Err(format!("Invalid type for Decimal: {other}").chars().take(300).collect()),
    }
}

fn comma(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

fn show(value: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}
