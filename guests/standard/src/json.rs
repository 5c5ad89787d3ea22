//! Single values without a schema: JSON as Kafka's `JsonConverter` reads it, and as it writes it.

use airlock_sdk::data::{BigInt, Value};
use airlock_sdk::serde_json;

use crate::java_number;

/// Reads JSON: integers are 64 bits wide, of longer ones the low bits count, and other numbers are doubles. What is
/// in arrays and objects is left out.
///
/// # Errors
/// The text holds half a surrogate pair alone.
pub(crate) fn read(text: &[u8]) -> Result<Value, String> {
    Ok(match text.first() {
        Some(b'"') => {
            let string = serde_json::from_slice(text);
            Value::String(string.map_err(|error| format!("a text can't be read: {error}"))?)
        }
        Some(b'[') => Value::Array(Vec::new()),
        Some(b'{') => Value::Map(Vec::new()),
        Some(b't') => Value::Boolean(true),
        Some(b'f') => Value::Boolean(false),
        Some(b'n') | None => Value::Null,
        Some(_) => number(text),
    })
}

fn number(text: &[u8]) -> Value {
    let is_fraction = text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    let text = std::str::from_utf8(text).unwrap_or_default();
    if is_fraction {
        // They come by way of a `BigDecimal`, whose zero has no sign.
        return Value::Float64(text.parse().map_or(f64::NAN, |number: f64| number + 0.0));
    }
    let wide = || BigInt::parse_bytes(text.as_bytes(), 10).map_or(0, |number| java_number::low_bits(&number));
    Value::Int64(text.parse().unwrap_or_else(|_| wide()))
}

/// Returns a number, boolean or text as JSON; numbers that JSON doesn't have in quotes.
pub(crate) fn text(value: &Value) -> String {
    let mut text = Vec::new();
    write(value, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends what [`text`] returns.
pub(crate) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Int8(number) => integer((*number).into(), out),
        Value::Int16(number) => integer((*number).into(), out),
        Value::Int32(number) => integer((*number).into(), out),
        Value::Int64(number) => integer(*number, out),
        Value::Float32(number) => fraction(&java_number::of_float(*number), out),
        Value::Float64(number) => fraction(&java_number::of_double(*number), out),
        Value::Boolean(true) => out.extend_from_slice(b"true"),
        Value::Boolean(false) => out.extend_from_slice(b"false"),
        Value::String(text) => string(text, out),
        _ => out.extend_from_slice(b"null"),
    }
}

/// Appends an integer.
pub(crate) fn integer(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn string(text: &str, out: &mut Vec<u8>) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    } else {
        quoted(text, out);
    }
}

fn fraction(text: &str, out: &mut Vec<u8>) {
    // `NaN` and `Infinity` end with a letter.
    if text.ends_with(|last: char| last.is_ascii_digit()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        quoted(text, out);
    }
}

fn quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_kafka_does() {
        let number = |text: &str| read(text.as_bytes()).map(|value| self::text(&value));
        for (text, wanted) in [
            ("18446744073709551617", "1"),
            ("-99999999999999999999", "-7766279631452241919"),
            ("1e400", "\"Infinity\""),
            ("-0.0", "0.0"),
            ("1.10", "1.1"),
            ("1e-50", "1.0E-50"),
            ("12345678.9", "1.23456789E7"),
        ] {
            assert_eq!(number(text), Ok(wanted.to_owned()), "{text}");
        }
    }
}
