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

/// Writes a number, boolean or text; numbers that JSON doesn't have in quotes.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Int8(number) => number.to_string(),
        Value::Int16(number) => number.to_string(),
        Value::Int32(number) => number.to_string(),
        Value::Int64(number) => number.to_string(),
        Value::Float32(number) => fraction(java_number::of_float(*number)),
        Value::Float64(number) => fraction(java_number::of_double(*number)),
        Value::Boolean(truth) => truth.to_string(),
        Value::String(text) => serde_json::Value::from(text.as_str()).to_string(),
        _ => "null".to_owned(),
    }
}

fn fraction(text: String) -> String {
    // `NaN` and `Infinity` end with a letter.
    if text.ends_with(|last: char| last.is_ascii_digit()) { text } else { format!("\"{text}\"") }
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
