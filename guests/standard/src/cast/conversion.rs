//! One value to another type, with Java's overflow and roundings.

use airlock_sdk::data::{Decimal, Kind, Logical, Schema, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{java_number, java_time};

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Casts a value; null stays null. `schema` is the value's own, if it has one.
///
/// # Errors
/// Says in Kafka's words why it can't be cast.
pub(super) fn convert(schema: Option<&Schema>, value: Value, target: &Kind) -> Result<Value, String> {
    if value.is_null() {
        return Ok(value);
    }
    if let Value::Array(_) | Value::Map(_) | Value::Struct(_) = value {
        return Err(unsupported(java_type(&value)));
    }
    if *target == Kind::String {
        return Ok(Value::String(text(value)));
    }
    let value = encoded(schema, value);
    match &value {
        Value::String(text) => {
            let parsed = parsed(text, target);
            parsed.ok_or_else(|| format!("Value ({text}) was out of range for requested data type"))
        }
        Value::Bytes(_) => Err("Unexpected type in Cast transformation: class [B".to_owned()),
        _ => Ok(number(&value, target)),
    }
}

/// Says that values of a type, in Java's words, can't be cast.
pub(super) fn unsupported(java_type: &str) -> String {
    let types = "[INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, BOOLEAN, STRING, BYTES]";
    format!("Cast transformation does not support casting from {java_type}; supported types are {types}")
}

fn java_type(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "ARRAY",
        Value::Map(_) => "MAP",
        _ => "STRUCT",
    }
}

/// Returns a moment as the number that stands for it.
fn encoded(schema: Option<&Schema>, value: Value) -> Value {
    match (schema.and_then(Schema::logical), value) {
        (Some(Logical::Date), Value::Moment(moment)) => Value::Int32((moment / DAY) as i32),
        (Some(Logical::Time), Value::Moment(moment)) => Value::Int32(moment as i32),
        (_, Value::Moment(moment)) => Value::Int64(moment),
        (_, value) => value,
    }
}

fn parsed(text: &str, target: &Kind) -> Option<Value> {
    Some(match target {
        Kind::Int8 => Value::Int8(java_number::integer(text)?),
        Kind::Int16 => Value::Int16(java_number::integer(text)?),
        Kind::Int32 => Value::Int32(java_number::integer(text)?),
        Kind::Int64 => Value::Int64(java_number::integer(text)?),
        Kind::Float32 => Value::Float32(java_number::float(text)?),
        Kind::Float64 => Value::Float64(java_number::double(text)?),
        Kind::Boolean => Value::Boolean(text.eq_ignore_ascii_case("true")),
        _ => Value::from(text),
    })
}

/// Casts a number or boolean. Integers keep their low bits; of a float or double the integer of 32 or 64 bits that
/// is nearest to it.
fn number(value: &Value, target: &Kind) -> Value {
    match target {
        Kind::Int8 => Value::Int8(int(value) as i8),
        Kind::Int16 => Value::Int16(int(value) as i16),
        Kind::Int32 => Value::Int32(int(value)),
        Kind::Int64 => Value::Int64(long(value)),
        Kind::Float32 => Value::Float32(float(value)),
        Kind::Float64 => Value::Float64(double(value)),
        Kind::Boolean => Value::Boolean(long(value) != 0),
        _ => Value::String(text(value.clone())),
    }
}

fn int(value: &Value) -> i32 {
    match value {
        Value::Float32(number) => *number as i32,
        Value::Float64(number) => *number as i32,
        _ => long(value) as i32,
    }
}

fn long(value: &Value) -> i64 {
    match value {
        Value::Int8(number) => (*number).into(),
        Value::Int16(number) => (*number).into(),
        Value::Int32(number) => (*number).into(),
        Value::Int64(number) => *number,
        Value::Float32(number) => *number as i64,
        Value::Float64(number) => *number as i64,
        Value::Boolean(truth) => (*truth).into(),
        // Of an integer too long to be written out, all low bits are zero.
        Value::Decimal(decimal) => decimal.to_integer().map_or(0, |integer| java_number::low_bits(&integer)),
        _ => 0,
    }
}

fn float(value: &Value) -> f32 {
    match value {
        Value::Float32(number) => *number,
        Value::Float64(number) => *number as f32,
        Value::Decimal(decimal) => exponential(decimal).parse().unwrap_or(f32::NAN),
        _ => long(value) as f32,
    }
}

fn double(value: &Value) -> f64 {
    match value {
        Value::Float32(number) => (*number).into(),
        Value::Float64(number) => *number,
        Value::Decimal(decimal) => exponential(decimal).parse().unwrap_or(f64::NAN),
        _ => long(value) as f64,
    }
}

fn exponential(decimal: &Decimal) -> String {
    format!("{}e{}", decimal.unscaled, -i64::from(decimal.scale))
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Boolean(truth) => truth.to_string(),
        Value::Float32(number) => java_number::of_float(number),
        Value::Float64(number) => java_number::of_double(number),
        Value::Decimal(decimal) => decimal.to_string(),
        Value::Bytes(bytes) => STANDARD.encode(bytes),
        Value::Moment(moment) => java_time::text(moment),
        _ => long(&value).to_string(),
    }
}
