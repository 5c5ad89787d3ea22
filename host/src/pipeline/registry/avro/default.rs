//! Default values: from an Avro schema's JSON to the form of Connect's payloads, and back.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::AvroOptions;
use super::from_connect::{is_union, scrub_name};
use super::schema::{Kind, Node};
use super::write::minimal;
use crate::pipeline::registry::connect::{self, Schema};

/// Where a default comes from. Inside of both, Java takes a value of a union for one of its first member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A field of a record.
    Field,
    /// The property `connect.default`.
    Property,
}

/// Returns a default as a payload; none where it doesn't fit.
pub(super) fn to_payload(default: &Value, (node, origin): (&Node, Origin), schema: &Schema) -> Option<Value> {
    match &node.kind {
        Kind::Null => default.is_null().then_some(Value::Null),
        Kind::Boolean => default.as_bool().map(Value::from),
        Kind::Int => default.as_i64().and_then(|number| i32::try_from(number).ok()).map(Value::from),
        Kind::Long => default.as_i64().map(Value::from),
        Kind::Float | Kind::Double => default.as_f64().map(Value::from),
        Kind::Text | Kind::Enum { .. } => default.as_str().map(Value::from),
        Kind::Bytes | Kind::Fixed { .. } => {
            let bytes = latin_1(default.as_str()?)?;
            if schema.is(connect::DECIMAL) && bytes.is_empty() {
                return None;
            }
            let bytes = if schema.is(connect::DECIMAL) { minimal(&bytes).to_vec() } else { bytes };
            Some(STANDARD.encode(bytes).into())
        }
        Kind::Array(items) => array(default.as_array()?, (items, origin), schema),
        Kind::Map(values) => {
            let connect::Kind::Map(inside) = &schema.kind else { return None };
            let entry =
                |(key, value): (&String, &Value)| Some((key.clone(), element(value, (values, origin), &inside.1)?));
            default.as_object()?.iter().map(entry).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        Kind::Record { fields, .. } => {
            let (connect::Kind::Struct(list), object) = (&schema.kind, default.as_object()?) else { return None };
            let field = |(field, (name, inside)): (&super::schema::Field, &(String, Schema))| {
                let value = object.get(name).or(inside.default.as_ref().and(field.default.as_ref()));
                Some((name.clone(), element(value.unwrap_or(&Value::Null), (&field.node, origin), inside)?))
            };
            fields.iter().zip(list).map(field).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        Kind::Union(members) => union(default, (members, origin), schema),
        Kind::Anything => None,
    }
}

fn element(value: &Value, node: (&Node, Origin), schema: &Schema) -> Option<Value> {
    match value {
        Value::Null => schema.optional.then_some(Value::Null),
        value => to_payload(value, node, schema),
    }
}

fn array(items: &[Value], node: (&Node, Origin), schema: &Schema) -> Option<Value> {
    let inside = match &schema.kind {
        connect::Kind::Array(inside) => inside,
        // A map whose keys are no text: Java takes a default of it only where it is empty.
        connect::Kind::Map(inside) if items.is_empty() && node.1 == Origin::Field => {
            let as_object = inside.0.kind == connect::Kind::Text && !inside.0.optional;
            return Some(if as_object { Value::Object(Map::new()) } else { Value::Array(Vec::new()) });
        }
        _ => return None,
    };
    items.iter().map(|item| element(item, node, inside)).collect()
}

/// A default of a union is one of its first member.
fn union(default: &Value, (members, origin): (&[Arc<Node>], Origin), schema: &Schema) -> Option<Value> {
    let first = members.first()?;
    if first.kind == Kind::Null {
        // Java makes nothing of a value where it looks for null, or can't go on.
        let scalar = origin == Origin::Property || !(default.is_array() || default.is_object());
        return (scalar && schema.optional).then_some(Value::Null);
    }
    let connect::Kind::Struct(fields) = &schema.kind else {
        return to_payload(default, (first, origin), schema).filter(|_| origin == Origin::Field);
    };
    if !is_union(schema) {
        return to_payload(default, (first, origin), schema).filter(|_| origin == Origin::Field);
    }
    let value = to_payload(default, (first, origin), &fields.first()?.1)?;
    let others = fields.iter().skip(1).map(|(name, _)| (name.clone(), Value::Null));
    let one = fields.first().map(|(name, _)| (name.clone(), value));
    Some(Value::Object(one.into_iter().chain(others).collect()))
}

/// Each letter stands for a byte.
fn latin_1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
}

/// Returns a payload as an Avro schema has it.
pub(super) fn from_payload(value: &Value, schema: &Schema, options: &AvroOptions) -> Option<Value> {
    Some(match (&schema.kind, value) {
        (_, Value::Null) => Value::Null,
        (connect::Kind::Bytes, Value::String(text)) => {
            let bytes = STANDARD.decode(text).ok()?;
            bytes.into_iter().map(char::from).collect::<String>().into()
        }
        (connect::Kind::Float32 | connect::Kind::Float64, number) => number.as_f64()?.into(),
        (connect::Kind::Array(items), Value::Array(list)) => {
            list.iter().map(|item| from_payload(item, items, options)).collect::<Option<_>>()?
        }
        (connect::Kind::Map(inside), Value::Object(entries)) if inside.0.kind == connect::Kind::Text => {
            let entry = |(key, value): (&String, &Value)| Some((key.clone(), from_payload(value, &inside.1, options)?));
            Value::Object(entries.iter().map(entry).collect::<Option<_>>()?)
        }
        (connect::Kind::Map(inside), Value::Array(pairs)) => {
            let pair = |pair: &Value| {
                let (key, value) = (pair.get(0)?, pair.get(1)?);
                let pair = [from_payload(key, &inside.0, options)?, from_payload(value, &inside.1, options)?];
                Some(Value::from(pair.to_vec()))
            };
            pairs.iter().map(pair).collect::<Option<_>>()?
        }
        (connect::Kind::Struct(fields), Value::Object(object)) => {
            let mut found = Map::new();
            for (name, inside) in fields {
                let value = object.get(name).filter(|value| !value.is_null()).or(inside.default.as_ref());
                let value = from_payload(value.unwrap_or(&Value::Null), inside, options)?;
                // Of a union the first member alone counts.
                if is_union(schema) {
                    return Some(value);
                }
                found.insert(scrub_name(name, options), value);
            }
            Value::Object(found)
        }
        (connect::Kind::Map(_) | connect::Kind::Array(_) | connect::Kind::Struct(_), _) => return None,
        (_, scalar) => scalar.clone(),
    })
}

/// Tells whether Avro takes this default for a field of this type.
pub(super) fn is_valid(default: &Value, node: &Node) -> bool {
    match &node.kind {
        Kind::Null => default.is_null(),
        Kind::Boolean => default.is_boolean(),
        Kind::Int => default.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Kind::Long => default.is_i64(),
        Kind::Float | Kind::Double => default.is_number(),
        Kind::Bytes | Kind::Text | Kind::Fixed { .. } => default.is_string(),
        Kind::Enum { symbols, .. } => default.as_str().is_some_and(|text| symbols.iter().any(|symbol| symbol == text)),
        Kind::Array(items) => default.as_array().is_some_and(|list| list.iter().all(|item| is_valid(item, items))),
        Kind::Map(values) => default.as_object().is_some_and(|map| map.values().all(|value| is_valid(value, values))),
        Kind::Union(members) => members.iter().any(|member| is_valid(default, member)),
        Kind::Record { fields, .. } => default.as_object().is_some_and(|object| {
            let of = |field: &super::schema::Field| {
                object.get(&field.name).or(field.default.as_ref()).is_some_and(|value| is_valid(value, &field.node))
            };
            fields.iter().all(of)
        }),
        Kind::Anything => default.is_object(),
    }
}
