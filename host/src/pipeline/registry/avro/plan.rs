//! How values are written: a plan, made once for a pair of schemas, Connect's and Avro's. Fields are found by name.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::AvroOptions;
use super::default;
use super::from_connect::is_union;
use super::naming::scrub_name;
use super::schema::{Field, Kind, Node};
use super::to_connect::{is_map_entry, member_name, to_connect};
use super::write::append;
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

fn union(schema: &Schema, members: &[Arc<Node>], options: &AvroOptions) -> Result<Writer, String> {
    let null = members.iter().position(|member| member.kind == Kind::Null);
    if let (connect::Kind::Struct(fields), true) = (&schema.kind, is_union(schema)) {
        let found = pick(fields, members, options)?.into_iter().zip(fields);
        let found =
            found.map(|((index, member), (name, inside))| Ok((name.clone(), index, plan(inside, member, options)?)));
        return Ok(Writer::Union { null, members: found.collect::<Result<_, String>>()? });
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

/// Finds the members of a union that a struct's fields stand for: by name, or else by their order, for the names
/// count nulls and say what a type was before it was converted.
fn pick<'a>(
    fields: &[(String, Schema)],
    members: &'a [Arc<Node>],
    options: &AvroOptions,
) -> Result<Vec<(usize, &'a Arc<Node>)>, String> {
    let members: Vec<_> = members.iter().enumerate().filter(|(_, member)| member.kind != Kind::Null).collect();
    let named = |name: &str| {
        let member = members.iter().find(|(index, member)| member_name(member, *index, options) == name);
        member.copied().ok_or_else(|| format!("the Avro union has no member {name}"))
    };
    match fields.iter().map(|(name, _)| named(name)).collect() {
        Err(_) if fields.len() == members.len() => Ok(members),
        found => found,
    }
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
