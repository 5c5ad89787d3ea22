//! From payloads to Avro's binary form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::anything;
use super::plan::{FieldWriter, Writer};

/// Appends a payload in Avro's binary form.
///
/// # Errors
/// Says why it doesn't fit the schema; then `out` may hold a part of it.
pub(crate) fn write(writer: &Writer, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    let Writer::Rest(inside) = writer else { return append(writer, value, out) };
    match **inside {
        Writer::Decimal(_) => out.extend_from_slice(minimal(&base64(value)?)),
        _ => out.extend_from_slice(&base64(value)?),
    }
    Ok(())
}

pub(super) fn append(writer: &Writer, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match (writer, value) {
        (Writer::Optional { null: Some(null), .. } | Writer::Union { null: Some(null), .. }, Value::Null) => {
            append_long(*null as i64, out);
        }
        (Writer::Anything, value) => anything::append(value, out)?,
        (_, Value::Null) => return Err("Found null value for non-optional schema".to_owned()),
        (Writer::Optional { some, writer, .. }, value) => {
            append_long(*some as i64, out);
            append(writer, value, out)?;
        }
        (Writer::Boolean, Value::Bool(truth)) => out.push((*truth).into()),
        (Writer::Integer { least, most }, value) => {
            let integer = value.as_i64().filter(|integer| (*least..=*most).contains(integer));
            append_long(integer.ok_or_else(|| expected(&format!("an integer from {least} to {most}"), value))?, out);
        }
        (Writer::Float, value) => out.extend_from_slice(&(number(value)? as f32).to_le_bytes()),
        (Writer::Double, value) => out.extend_from_slice(&number(value)?.to_le_bytes()),
        (Writer::Text, Value::String(text)) => append_bytes(text.as_bytes(), out),
        (Writer::Symbols(symbols), Value::String(text)) => {
            let index = symbols.get(text).ok_or_else(|| format!("the Avro enum has no symbol {text}"))?;
            append_long(*index as i64, out);
        }
        (Writer::Bytes(None), value) => append_bytes(&base64(value)?, out),
        (Writer::Bytes(Some(size)), value) => {
            let bytes = base64(value)?;
            if bytes.len() != *size {
                return Err(format!("a fixed has {size} bytes, the value {}", bytes.len()));
            }
            out.extend_from_slice(&bytes);
        }
        (Writer::Decimal(size), value) => decimal(*size, &base64(value)?, out)?,
        (Writer::Array(items), Value::Array(list)) => {
            append_items(list, out, |item, out| append(items, item, out))?;
        }
        (Writer::Map(values), Value::Object(entries)) => {
            let entries: Vec<_> = entries.iter().collect();
            append_items(&entries, out, |(key, value), out| {
                append_bytes(key.as_bytes(), out);
                append(values, value, out).map_err(|problem| format!("{key}: {problem}"))
            })?;
        }
        (Writer::Map(_), Value::Array(list)) => append_items(list, out, |pair, out| text_pair(writer, pair, out))?,
        (Writer::Pairs(pair), Value::Array(list)) => append_items(list, out, |item, out| match item.as_array() {
            Some(item) => match &item[..] {
                [key, value] => append(&pair.0, key, out).and_then(|()| append(&pair.1, value, out)),
                _ => Err(expected("an array of a key and a value", &Value::Null)),
            },
            None => Err(expected("an array of a key and a value", item)),
        })?,
        (Writer::Pairs(pair), Value::Object(entries)) => {
            let entries: Vec<_> = entries.iter().collect();
            append_items(&entries, out, |(key, value), out| {
                append(&pair.0, &Value::from(key.as_str()), out)?;
                append(&pair.1, value, out)
            })?;
        }
        (Writer::Record(fields), Value::Object(object)) => {
            for field in fields {
                append_field(field, object, out)?;
            }
        }
        (Writer::Union { null, members }, Value::Object(object)) => {
            let some =
                members.iter().find_map(|member| Some((member, object.get(&member.0).filter(|v| !v.is_null())?)));
            match (some, null) {
                (Some(((name, index, writer), value)), _) => {
                    append_long(*index as i64, out);
                    append(writer, value, out).map_err(|problem| format!("{name}: {problem}"))?;
                }
                (None, Some(null)) => append_long(*null as i64, out),
                (None, None) => return Err("no member of the union is there".to_owned()),
            }
        }
        (Writer::Boolean, value) => return Err(expected("a boolean", value)),
        (Writer::Text | Writer::Symbols(_), value) => return Err(expected("a string", value)),
        (Writer::Array(_) | Writer::Pairs(_), value) => return Err(expected("an array", value)),
        (_, value) => return Err(expected("an object", value)),
    }
    Ok(())
}

fn append_field(field: &FieldWriter, object: &serde_json::Map<String, Value>, out: &mut Vec<u8>) -> Result<(), String> {
    match field {
        FieldWriter::Constant(bytes) => out.extend_from_slice(bytes),
        FieldWriter::Field { name, default, writer } => {
            let value = object.get(name).filter(|value| !value.is_null()).or(default.as_ref());
            append(writer, value.unwrap_or(&Value::Null), out).map_err(|problem| format!("{name}: {problem}"))?;
        }
    }
    Ok(())
}

fn text_pair(writer: &Writer, pair: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    let (Writer::Map(values), Some(key), Some(value)) = (writer, pair.get(0).and_then(Value::as_str), pair.get(1))
    else {
        return Err(expected("an array of a text and a value", pair));
    };
    append_bytes(key.as_bytes(), out);
    append(values, value, out)
}

fn expected(what: &str, found: &Value) -> String {
    let found: String = found.to_string().chars().take(60).collect();
    format!("expected {what}, found {found}")
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

fn base64(value: &Value) -> Result<Vec<u8>, String> {
    let text = value.as_str().ok_or_else(|| expected("bytes in base 64", value))?;
    STANDARD.decode(text).map_err(|error| format!("it is not base 64: {error}"))
}

/// Appends a Decimal's unscaled number; one of fixed size is filled up with its sign.
fn decimal(size: Option<usize>, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let bytes = minimal(bytes);
    let Some(size) = size else {
        append_bytes(bytes, out);
        return Ok(());
    };
    let missing = size.checked_sub(bytes.len());
    let missing = missing.ok_or_else(|| format!("a Decimal has {} bytes, the fixed {size}", bytes.len()))?;
    let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    out.extend(std::iter::repeat_n(sign, missing));
    out.extend_from_slice(bytes);
    Ok(())
}

/// Returns a number in two's complement without leading bytes that only repeat its sign.
pub(super) fn minimal(mut bytes: &[u8]) -> &[u8] {
    while let [first, second, ..] = bytes
        && matches!((first, second & 0x80), (0, 0) | (0xff, 0x80))
    {
        bytes = bytes.get(1..).unwrap_or_default();
    }
    bytes
}

/// Appends a number as Avro does.
pub(super) fn append_long(number: i64, out: &mut Vec<u8>) {
    let mut rest = (number << 1 ^ number >> 63) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

pub(super) fn append_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    append_long(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

/// Appends the items of an array or map: one block, and one without any.
pub(super) fn append_items<T>(
    items: &[T],
    out: &mut Vec<u8>,
    mut append: impl FnMut(&T, &mut Vec<u8>) -> Result<(), String>,
) -> Result<(), String> {
    if !items.is_empty() {
        append_long(items.len() as i64, out);
        items.iter().try_for_each(|item| append(item, out))?;
    }
    out.push(0);
    Ok(())
}
