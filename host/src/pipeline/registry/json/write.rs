//! From payloads to the JSON of the wire, as a Connect schema says.

use serde_json::Value;

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
        return match &schema.default {
            Some(default) if !options.ignore_default => write(schema, default, options, out),
            _ if schema.optional => {
                out.extend_from_slice(b"null");
                Ok(true)
            }
            _ => Ok(false),
        };
    }
    if schema.is(DECIMAL) && options.numeric_decimals {
        out.extend_from_slice(decimal(schema, value)?.as_bytes());
        return Ok(true);
    }
    match (&schema.kind, value) {
        (Kind::Array(items), Value::Array(values)) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                comma(index, out);
                element((items, value), options, out)?;
            }
            out.push(b']');
        }
        (Kind::Map(inside), value) => map((&inside.0, &inside.1), value, options, out)?,
        (Kind::Struct(fields), Value::Object(values)) if is_union(schema) => {
            let some = fields.iter().find_map(|(name, field)| {
                let value = values.get(name).filter(|value| !value.is_null());
                let default = field.default.as_ref().filter(|_| !options.ignore_default);
                value.or(default).map(|value| (field, value))
            });
            return match some {
                Some((field, value)) => write(field, value, options, out),
                None => write(schema, &Value::Null, options, out),
            };
        }
        (Kind::Struct(fields), Value::Object(values)) => {
            out.push(b'{');
            let mut written = 0;
            for (name, field) in fields {
                let start = out.len();
                comma(written, out);
                show(&Value::from(name.as_str()), out);
                out.push(b':');
                let value = values.get(name).unwrap_or(&Value::Null);
                if !write(field, value, options, out).map_err(|problem| format!("{name}: {problem}"))? {
                    return Err(format!("Invalid value: null used for required field: \"{name}\""));
                }
                if out.len() > start {
                    written += 1;
                }
            }
            out.push(b'}');
        }
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
    Ok(true)
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
    let text = |key: &String| Value::from(key.as_str());
    let entries: Vec<(Value, &Value)> = match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (text(key), value)).collect(),
        Value::Array(pairs) => {
            let pair = |pair: &'_ Value| match pair.as_array().map(Vec::as_slice) {
                Some([key, _]) => Ok(key.clone()),
                _ => Err("an entry of a map must be a key and a value".to_owned()),
            };
            let mut entries = Vec::with_capacity(pairs.len());
            for entry in pairs {
                entries.push((pair(entry)?, entry.get(1).unwrap_or(&Value::Null)));
            }
            entries
        }
        other => return Err(format!("Invalid type for Map: {other}").chars().take(300).collect()),
    };
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
