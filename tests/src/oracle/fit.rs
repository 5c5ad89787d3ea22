//! Whether a value is what its schema says, as a plugin of Airlock has to keep to it. Java's converters look at some of
//! that only.

use super::notation::{Datum, Schema, Type, Typed, Value};

const LOGICAL: &str = "org.apache.kafka.connect.data.";
const DAY_MS: i64 = 86_400_000;

/// Tells whether a value is one of its schema; without a schema, what a plugin can write without one: keys of maps are text.
pub(super) fn is_of(typed: &Typed) -> bool {
    match &typed.schema {
        Some(schema) => has_fitting_defaults(schema) && fits(schema, &typed.value),
        None => is_plain(&typed.value),
    }
}

/// Tells whether the defaults of a schema, and of those in it, are values of theirs.
fn has_fitting_defaults(schema: &Schema) -> bool {
    let inner = schema.fields().iter().map(|field| &field.schema);
    let inner = inner.chain(schema.keys.as_deref()).chain(schema.values.as_deref());
    let default = schema.default.as_ref().is_none_or(|default| fits(schema, &Some(default.clone())));
    default && inner.into_iter().all(has_fitting_defaults)
}

fn fits(schema: &Schema, value: &Value) -> bool {
    let Some(value) = value else { return schema.optional || schema.default.is_some() };
    let logical = schema.name.as_deref().and_then(|name| name.strip_prefix(LOGICAL));
    match (schema.kind, logical, value) {
        (Type::Bytes, Some("Decimal"), value) => {
            matches!(value, Datum::Decimal(decimal) if is_scale(schema, decimal.scale))
        }
        (Type::Int32, Some("Date"), value) => matches!(value, Datum::Date(time) if time % DAY_MS == 0),
        (Type::Int32, Some("Time"), value) => matches!(value, Datum::Date(time) if (0..=DAY_MS).contains(time)),
        (Type::Int64, Some("Timestamp"), value) => matches!(value, Datum::Date(_)),
        (Type::Int8, _, Datum::Int8(_))
        | (Type::Int16, _, Datum::Int16(_))
        | (Type::Int32, _, Datum::Int32(_))
        | (Type::Int64, _, Datum::Int64(_))
        | (Type::Float32, _, Datum::Float32(_))
        | (Type::Float64, _, Datum::Float64(_))
        | (Type::Boolean, _, Datum::Boolean(_))
        | (Type::String, _, Datum::String(_))
        | (Type::Bytes, _, Datum::Bytes(_)) => true,
        (Type::Array, _, Datum::List(items)) => {
            schema.values.as_deref().is_some_and(|schema| items.iter().all(|item| fits(schema, item)))
        }
        (Type::Map, _, Datum::Map(entries)) => match (&schema.keys, &schema.values) {
            (Some(keys), Some(values)) => entries.iter().all(|(key, value)| fits(keys, key) && fits(values, value)),
            _ => false,
        },
        (Type::Struct, _, Datum::Struct(record)) => {
            let field = |name: &str| record.fields.get(name).unwrap_or(&None);
            schema.fields().iter().all(|inner| fits(&inner.schema, field(&inner.name)))
        }
        _ => false,
    }
}

fn is_scale(schema: &Schema, scale: i32) -> bool {
    let wanted = schema.parameters.as_ref().and_then(|parameters| parameters.get("scale")?.parse().ok());
    wanted == Some(scale)
}

fn is_plain(value: &Value) -> bool {
    match value {
        None => true,
        Some(Datum::List(items)) => items.iter().all(is_plain),
        Some(Datum::Map(entries)) => {
            entries.iter().all(|(key, value)| matches!(key, Some(Datum::String(_))) && is_plain(value))
        }
        Some(Datum::Struct(_) | Datum::Decimal(_) | Datum::Date(_) | Datum::Utf16(_) | Datum::Other(_)) => false,
        Some(_) => true,
    }
}
