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

pub use tokens::trim;

use std::rc::Rc;

use airlock_sdk::data::{Schema, Value};

/// Returns the text of a value with a schema; none for null, which is a header without a value.
pub fn of_value(value: &Value, schema: &Schema) -> Option<String> {
    (!value.is_null()).then(|| print::hashed(value, Some(schema)))
}

/// Returns the text of a value without a schema, such as one of a header that was read; none for null.
pub fn of_plain(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| print::linked(value))
}

/// Returns the text of JSON without a schema, as `JsonConverter` and `SimpleHeaderConverter` make it; none for null.
pub fn of_json(json: &[u8]) -> Option<String> {
    let value = json::parse(json);
    (!value.is_null()).then(|| print::hashed(&value, None))
}

/// Returns what `SimpleHeaderConverter` reads from a header's text: the type is found out; none for null.
///
/// # Errors
/// Lists and maps are nested too deeply.
pub fn parse(text: &str) -> Result<Option<Value>, String> {
    parse::value(text)
}

/// A value, and its schema if it has one.
pub type MaybeTyped = (Value, Option<Rc<Schema>>);

/// Returns what [`parse`] does, and its schema; none of both for null. Lists and maps whose parts have no schema in
/// common have none.
///
/// # Errors
/// Lists and maps are nested too deeply.
pub fn parse_typed(text: &str) -> Result<Option<MaybeTyped>, String> {
    parse::typed(text)
}

/// Returns what comes of a text in a configuration once its type is found out: `1.50` is the number 1.5, and
/// `null` is none. A text of no type stays as it is.
///
/// # Errors
/// Lists and maps are nested too deeply.
pub fn of_literal(literal: &str) -> Result<Option<String>, String> {
    Ok(parse::value(literal)?.map(|value| print::linked(&value)))
}
