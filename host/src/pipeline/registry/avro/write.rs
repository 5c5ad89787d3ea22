//! From payloads to Avro's binary form. A plan is made once for a pair of schemas, Connect's and Avro's; fields are
//! found by name.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::AvroOptions;
use super::anything;
use super::default;
use super::from_connect::{is_union, scrub_name};
use super::schema::{Field, Kind, Node};
use super::to_connect::{is_map_entry, member_name, to_connect};
use crate::pipeline::registry::connect::{self, Schema};

/// How values of a schema are written.
#[derive(Debug)]
pub(crate) enum Writer {
    Boolean,
    Integer {
        least: i64,
        most: i64,
    },
    Float,
    Double,
    Text,
    Symbols(HashMap<String, usize>),
    Bytes(Option<usize>),
    Decimal(Option<usize>),
    Array(Box<Writer>),
    Map(Box<Writer>),
    Pairs(Box<(Writer, Writer)>),
    Record(Vec<FieldWriter>),
    /// A value, or null where there is such a member.
    Optional {
        null: Option<usize>,
        some: usize,
        writer: Box<Writer>,
    },
    /// A struct whose fields are the members, by name.
    Union {
        null: Option<usize>,
        members: Vec<(String, usize, Writer)>,
    },
    /// Bytes without a length.
    Rest(Box<Writer>),
    Anything,
}

/// How a field of a record is written.
#[derive(Debug)]
pub(crate) enum FieldWriter {
    /// The struct's field of this name; what stands for null.
    Field { name: String, default: Option<Value>, writer: Writer },
    /// A value that is always the same: the data has no such field.
    Constant(Vec<u8>),
}

impl Writer {
    /// Plans how values of a Connect schema, or without one, are written as an Avro schema says.
    ///
    /// # Errors
    /// Says why they can't be.
    pub(crate) fn plan(schema: Option<&Schema>, node: &Node, options: &AvroOptions) -> Result<Writer, String> {
        match (schema, &node.kind) {
            (None, Kind::Anything) => Ok(Writer::Anything),
            (None, _) => Err(format!("values without a schema can't be written as the Avro type {}", shown(node))),
            (Some(schema), Kind::Bytes) => Ok(Writer::Rest(Box::new(plan(schema, node, options)?))),
            (Some(schema), _) => plan(schema, node, options),
        }
    }
}

fn plan(schema: &Schema, node: &Node, options: &AvroOptions) -> Result<Writer, String> {
    use connect::Kind as Connect;
    Ok(match (&schema.kind, &node.kind) {
        (_, Kind::Union(members)) => union(schema, members, options)?,
        (Connect::Boolean, Kind::Boolean) => Writer::Boolean,
        (Connect::Int8, Kind::Int | Kind::Long) => integer(i8::MIN, i8::MAX),
        (Connect::Int16, Kind::Int | Kind::Long) => integer(i16::MIN, i16::MAX),
        (Connect::Int32, Kind::Int | Kind::Long) => integer(i32::MIN, i32::MAX),
        (Connect::Int64, Kind::Long) => integer(i64::MIN, i64::MAX),
        (Connect::Float32, Kind::Float) => Writer::Float,
        (Connect::Float32 | Connect::Float64, Kind::Double) => Writer::Double,
        (Connect::Text, Kind::Text) => Writer::Text,
        (Connect::Text, Kind::Enum { symbols, .. }) => {
            Writer::Symbols(symbols.iter().cloned().enumerate().map(|(index, symbol)| (symbol, index)).collect())
        }
        (Connect::Bytes, Kind::Bytes) if schema.is(connect::DECIMAL) => Writer::Decimal(None),
        (Connect::Bytes, Kind::Fixed { size, .. }) if schema.is(connect::DECIMAL) => Writer::Decimal(Some(*size)),
        (Connect::Bytes, Kind::Bytes) => Writer::Bytes(None),
        (Connect::Bytes, Kind::Fixed { size, .. }) => Writer::Bytes(Some(*size)),
        (Connect::Array(items), Kind::Array(node)) => Writer::Array(Box::new(plan(items, node, options)?)),
        (Connect::Map(inside), Kind::Map(values)) if inside.0.kind == Connect::Text => {
            Writer::Map(Box::new(plan(&inside.1, values, options)?))
        }
        (Connect::Map(inside), Kind::Array(entry)) if is_map_entry(entry) => match &entry.kind {
            Kind::Record { fields, .. } => pairs((&inside.0, &inside.1), fields, options)?,
            _ => return Err(misfit(schema, node)),
        },
        (Connect::Struct(list), Kind::Record { fields, .. }) => record(list, fields, options)?,
        _ => return Err(misfit(schema, node)),
    })
}

fn integer(least: impl Into<i64>, most: impl Into<i64>) -> Writer {
    Writer::Integer { least: least.into(), most: most.into() }
}

fn misfit(schema: &Schema, node: &Node) -> String {
    let json = schema.to_json();
    let (kind, name) = (json.get("type").and_then(Value::as_str).unwrap_or_default(), schema.name.as_deref());
    format!("the data's schema says {}, the Avro schema {}", name.unwrap_or(kind), shown(node))
}

fn shown(node: &Node) -> &str {
    node.full_name().unwrap_or(node.kind.type_name())
}

fn union(schema: &Schema, members: &[std::sync::Arc<Node>], options: &AvroOptions) -> Result<Writer, String> {
    let null = members.iter().position(|member| member.kind == Kind::Null);
    if let (connect::Kind::Struct(fields), true) = (&schema.kind, is_union(schema)) {
        let mut found = Vec::with_capacity(fields.len());
        for (name, inside) in fields {
            let named =
                |(index, member): &(usize, &std::sync::Arc<Node>)| member_name(member, *index, options) == *name;
            let member = members.iter().enumerate().filter(|(_, member)| member.kind != Kind::Null).find(named);
            let (index, member) = member.ok_or_else(|| format!("the Avro union has no member {name}"))?;
            found.push((name.clone(), index, plan(inside, member, options)?));
        }
        return Ok(Writer::Union { null, members: found });
    }
    let mut problem = misfit(schema, &Node::new(Kind::Null));
    for (some, member) in members.iter().enumerate().filter(|(_, member)| member.kind != Kind::Null) {
        match plan(schema, member, options) {
            Ok(writer) => return Ok(Writer::Optional { null, some, writer: Box::new(writer) }),
            Err(found) => problem = found,
        }
    }
    Err(problem)
}

fn pairs((keys, values): (&Schema, &Schema), fields: &[Field], options: &AvroOptions) -> Result<Writer, String> {
    match fields {
        [key, value] if key.name == "key" && value.name == "value" => {
            Ok(Writer::Pairs(Box::new((plan(keys, &key.node, options)?, plan(values, &value.node, options)?))))
        }
        _ => Err("an Avro map's entry must have the fields key and value".to_owned()),
    }
}

fn record(list: &[(String, Schema)], fields: &[Field], options: &AvroOptions) -> Result<Writer, String> {
    let by_name: HashMap<String, &(String, Schema)> =
        list.iter().map(|field| (scrub_name(&field.0, options), field)).collect();
    let field = |field: &Field| {
        let inside = |problem| format!("{}: {problem}", field.name);
        let Some((name, schema)) = by_name.get(&field.name) else {
            return constant(field, options).map(FieldWriter::Constant).map_err(inside);
        };
        let writer = plan(schema, &field.node, options).map_err(inside)?;
        let default = schema.default.clone().filter(|_| !options.ignore_default);
        Ok(FieldWriter::Field { name: name.clone(), default, writer })
    };
    fields.iter().map(field).collect::<Result<_, _>>().map(Writer::Record)
}

/// Returns the bytes of a field that the data doesn't have.
fn constant(field: &Field, options: &AvroOptions) -> Result<Vec<u8>, String> {
    let none = || "the Avro schema's field is not in the data's schema, and has no default".to_owned();
    let default = field.default.as_ref().ok_or_else(none)?;
    let (schema, _) = to_connect(&field.node, None, options)?;
    let schema = schema.ok_or_else(none)?;
    let payload = match default {
        Value::Null => Value::Null,
        default => default::to_payload(default, (&field.node, default::Origin::Field), &schema).ok_or_else(none)?,
    };
    let mut out = Vec::new();
    append(&plan(&schema, &field.node, options)?, &payload, &mut out)?;
    Ok(out)
}

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

fn append(writer: &Writer, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
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
