//! Values without a schema, which Confluent writes as a record with a field for each kind of value. All fields are
//! optional, and at most one is there.

use serde_json::Value;

use super::input::Input;
use super::write::{self, append_long};

/// The fields of scalars, in order; then come `array` and `map`.
pub(super) const SCALARS: [&str; 7] = ["boolean", "bytes", "double", "float", "int", "long", "string"];
/// How deep values may nest.
const DEPTH: usize = 200;
const FIELDS: usize = SCALARS.len() + 2;

/// Reads one value: the first field that is there, in Confluent's order, counts.
///
/// # Errors
/// Says why the bytes don't fit.
pub(super) fn read(input: &mut Input<'_>, depth: usize) -> Result<(), String> {
    if depth > DEPTH {
        return Err(format!("it nests deeper than {DEPTH}"));
    }
    let start = input.out.len();
    for field in 0..FIELDS {
        match input.long()? {
            0 => continue,
            1 => {}
            other => return Err(format!("a union has no member {other}")),
        }
        let here = input.out.len();
        one(input, field, depth)?;
        if here > start {
            input.out.truncate(here);
        }
    }
    if input.out.len() == start {
        input.out.extend_from_slice(b"null");
    }
    Ok(())
}

fn one(input: &mut Input<'_>, field: usize, depth: usize) -> Result<(), String> {
    match field {
        0 => input.boolean(),
        1 => input.bytes(),
        2 => input.double(),
        3 => input.float(),
        4 => input.int().map(|int| input.show(int)),
        5 => input.long().map(|long| input.show(long)),
        6 => input.text(),
        7 => input.array(|input| read(input, depth + 1)),
        _ => input.map(|input| {
            read(input, depth + 1)?;
            let behind = input.out.len();
            read(input, depth + 1).map(|()| behind)
        }),
    }
}

/// Appends a value.
///
/// # Errors
/// Refuses integers beyond 64 bits.
pub(super) fn append(value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    let (field, null) = match value {
        Value::Null => (FIELDS, true),
        Value::Bool(_) => (0, false),
        Value::Number(number) if number.is_f64() => (2, false),
        Value::Number(_) => (5, false),
        Value::String(_) => (6, false),
        Value::Array(_) => (7, false),
        Value::Object(_) => (8, false),
    };
    out.extend(std::iter::repeat_n(0, field.min(FIELDS)));
    if null {
        return Ok(());
    }
    append_long(1, out);
    match value {
        Value::Null => {}
        Value::Bool(truth) => out.push((*truth).into()),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(double) => out.extend_from_slice(&double.to_le_bytes()),
            None => append_long(number.as_i64().ok_or("an integer is beyond 64 bits")?, out),
        },
        Value::String(text) => write::append_bytes(text.as_bytes(), out),
        Value::Array(items) => {
            write::append_items(items, out, append)?;
        }
        Value::Object(entries) => {
            let entries: Vec<_> = entries.iter().collect();
            write::append_items(&entries, out, |(key, value), out| {
                append(&Value::from(key.as_str()), out)?;
                append(value, out)
            })?;
        }
    }
    out.extend(std::iter::repeat_n(0, FIELDS - field - 1));
    Ok(())
}
