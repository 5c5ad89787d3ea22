//! Default values: from an Avro schema's JSON to the form of Connect's payloads, and back.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::AvroOptions;
use super::from_connect::{has_text_keys, is_enum, is_union};
use super::names;
use super::naming::scrub_name;
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

/// Tells whether Java's Avro takes the default of a field for one at all: what is of another kind than the field is
/// as if it weren't there.
pub(super) fn is_there(default: &Value, node: &Node) -> bool {
    match (default, &node.kind) {
        (_, Kind::Union(members)) => members.first().is_some_and(|first| is_there(default, first)),
        (Value::Null | Value::Bool(_), _) => true,
        (Value::Number(number), kind) => match kind {
            Kind::Int => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Kind::Long => number.is_i64(),
            Kind::Float | Kind::Double => true,
            _ => false,
        },
        (Value::String(_), kind) => {
            matches!(kind, Kind::Text | Kind::Enum { .. } | Kind::Bytes | Kind::Fixed { .. })
        }
        (Value::Array(items), kind) => items.is_empty() || matches!(kind, Kind::Array(_)),
        (Value::Object(object), Kind::Record { fields, .. }) => {
            object.keys().all(|key| fields.iter().any(|field| field.name == *key))
        }
        (Value::Object(_), _) => true,
    }
}

/// Returns a default as a payload; none where it doesn't fit.
pub(super) fn to_payload(default: &Value, (node, origin): (&Node, Origin), schema: &Schema) -> Option<Value> {
    match &node.kind {
        Kind::Null => default.is_null().then_some(Value::Null),
        Kind::Boolean => default.as_bool().map(Value::from),
        Kind::Int => {
            let number = default.as_i64().and_then(|number| i32::try_from(number).ok())?;
            Some(match schema.kind {
                // As Java casts.
                connect::Kind::Int8 => Value::from(number as i8),
                connect::Kind::Int16 => Value::from(number as i16),
                _ => number.into(),
            })
        }
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
            return match (inside.0.kind == connect::Kind::Text, inside.0.optional) {
                (true, true) => Some(Value::Object(Map::new())),
                // Java takes it for a map of Avro's, which it isn't.
                (true, false) => None,
                (false, _) => Some(Value::Array(Vec::new())),
            };
        }
        _ => return None,
    };
    items.iter().map(|item| element(item, node, inside)).collect()
}

/// A default of a union is one of its first member.
fn union(default: &Value, (members, origin): (&[Arc<Node>], Origin), schema: &Schema) -> Option<Value> {
    let first = members.first()?;
    if let (Kind::Null, Origin::Field, Value::Bool(_)) = (&first.kind, origin, default) {
        return truth(default, schema);
    }
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
    let index = if origin == Origin::Field { place(first, fields, default)? } else { 0 };
    let value = match index {
        0 => to_payload(default, (first, origin), &fields.first()?.1)?,
        _ => default.clone(),
    };
    let value = |field: usize| if field == index { value.clone() } else { Value::Null };
    Some(Value::Object(fields.iter().enumerate().map(|(field, (name, _))| (name.clone(), value(field))).collect()))
}

/// Java takes true and false for what they are even where it looks for null.
fn truth(default: &Value, schema: &Schema) -> Option<Value> {
    let boolean = |schema: &Schema| schema.kind == connect::Kind::Boolean;
    match &schema.kind {
        connect::Kind::Boolean => Some(default.clone()),
        connect::Kind::Struct(fields) if fields.iter().any(|(_, inside)| boolean(inside)) => {
            let value = |inside: &Schema| if boolean(inside) { default.clone() } else { Value::Null };
            Some(Value::Object(fields.iter().map(|(name, inside)| (name.clone(), value(inside))).collect()))
        }
        _ => None,
    }
}

/// Returns which member of a union a field's default becomes, if any: Java looks at the value's class, for which an
/// enum's symbol is text, and a record a map.
fn place(first: &Node, fields: &[(String, Schema)], default: &Value) -> Option<usize> {
    let (name, own) = fields.first()?;
    // Java names this member after the Decimal, unless members are numbered.
    let lost = own.is(connect::DECIMAL) && !name.starts_with(names::UNION_FIELD);
    let at = |fits: fn(&Schema) -> bool| fields.iter().position(|(_, field)| fits(field));
    match (&first.kind, &own.kind) {
        (Kind::Enum { .. }, _) => at(|field| field.kind == connect::Kind::Text && !is_enum(field)),
        (Kind::Record { .. }, _) => default.as_object().filter(|object| object.is_empty()).and_then(|_| {
            at(|field| matches!(&field.kind, connect::Kind::Map(inside) if inside.0.kind == connect::Kind::Text))
        }),
        (Kind::Fixed { size, .. }, _) => (!lost && latin_1(default.as_str()?)?.len() == *size).then_some(0),
        (_, connect::Kind::Int8 | connect::Kind::Int16) | (Kind::Array(_), connect::Kind::Map(_)) => None,
        _ => Some(0),
    }
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
            let bytes = if schema.is(connect::DECIMAL) { minimal(&bytes) } else { &bytes };
            bytes.iter().copied().map(char::from).collect::<String>().into()
        }
        (connect::Kind::Float32 | connect::Kind::Float64, number) => number.as_f64()?.into(),
        (connect::Kind::Array(items), Value::Array(list)) => {
            list.iter().map(|item| from_payload(item, items, options)).collect::<Option<_>>()?
        }
        (connect::Kind::Map(inside), Value::Object(entries)) if !has_text_keys(&inside.0, options) => {
            let pair = |(key, value): (&String, &Value)| {
                Some(Value::from(vec![Value::from(key.as_str()), from_payload(value, &inside.1, options)?]))
            };
            entries.iter().map(pair).collect::<Option<_>>()?
        }
        (connect::Kind::Map(inside), Value::Object(entries)) => {
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
