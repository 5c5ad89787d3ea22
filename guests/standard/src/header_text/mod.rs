//! Values as texts in headers: what Kafka Connect's default header converter, `SimpleHeaderConverter`, makes of
//! them (`org.apache.kafka.connect.data.Values`). In Airlock a header is the bytes that Kafka has, so these are what
//! a transform puts there.
//!
//! Times are of the zone UTC; Kafka's are of the JVM's zone.

mod decimal;
mod digits;
mod json;
mod map_order;
mod merge;
mod parse;
mod print;
mod temporal;
mod tokens;

#[cfg(test)]
mod tests;

pub(crate) use tokens::trim;

use airlock_sdk::data::{Schema, Value};

/// Returns the text of a value with a schema; none for null, which is a header without a value.
pub(crate) fn of_value(value: &Value, schema: &Schema) -> Option<String> {
    (!value.is_null()).then(|| print::hashed(value, Some(schema)))
}

/// Returns the text of JSON without a schema, as `JsonConverter` and `SimpleHeaderConverter` make it; none for null.
pub(crate) fn of_json(json: &[u8]) -> Option<String> {
    let value = json::parse(json);
    (!value.is_null()).then(|| print::hashed(&value, None))
}

/// Returns what comes of a text in a configuration once its type is found out: `1.50` is the number 1.5, and
/// `null` is none. A text of no type stays as it is.
///
/// # Errors
/// Lists and maps are nested too deeply.
pub(crate) fn of_literal(literal: &str) -> Result<Option<String>, String> {
    Ok(parse::value(literal)?.map(|value| print::linked(&value)))
}
