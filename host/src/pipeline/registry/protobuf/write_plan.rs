//! How values of a Connect schema are written as a message says: fields are found by name.

use std::collections::HashMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use super::from_connect::union_members;
use super::to_connect::{is_repeated, unwrapped};
use super::{ProtobufOptions, names};
use crate::pipeline::registry::connect::{self, Schema};

/// How one value is written.
#[derive(Debug)]
pub(super) enum Writer {
    Boolean,
    /// An integer of this type, from the least to the most that both schemas have.
    Integer {
        kind: Kind,
        least: i128,
        most: i128,
    },
    Float,
    Double,
    Text,
    Bytes,
    /// The numbers of symbols.
    Symbols(HashMap<String, i32>),
    /// The number of an enum's symbol.
    Number(EnumDescriptor),
    /// The Decimal's scale.
    Decimal(i32),
    Date,
    Time,
    Timestamp,
    Message(MessageWriter),
}

/// How a message is written.
#[derive(Debug, Default)]
pub(super) struct MessageWriter {
    /// By number, but for unions.
    pub(super) fields: Vec<FieldWriter>,
}

/// How a struct's field is written.
#[derive(Debug)]
pub(super) struct FieldWriter {
    pub(super) name: String,
    /// What stands for null.
    pub(super) default: Option<Value>,
    pub(super) to: To,
}

/// Where a struct's field goes.
#[derive(Debug)]
pub(super) enum To {
    Field(Target),
    /// The first member that isn't null.
    Union(Vec<FieldWriter>),
    /// Only nulls fit, for this reason.
    Nowhere(String),
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) number: u32,
    pub(super) shape: Shape,
    pub(super) writer: Writer,
    /// Whether a default's value is written too.
    pub(super) presence: bool,
}

/// How many values a field has.
#[derive(Debug)]
pub(super) enum Shape {
    One,
    List {
        packed: bool,
    },
    /// The key's writer is here, the value's in the message.
    Map(Box<(Target, Target)>),
}

/// Plans how a struct is written.
///
/// # Errors
/// Says what doesn't fit.
pub(super) fn message(
    fields: &[(String, Schema)],
    message: &MessageDescriptor,
    options: &ProtobufOptions,
) -> Result<MessageWriter, String> {
    let mut made = Vec::new();
    for (name, schema) in fields {
        made.push(field((name, schema), message, options)?);
    }
    made.sort_by_key(|field| match &field.to {
        To::Field(target) => target.number,
        To::Union(_) | To::Nowhere(_) => 0,
    });
    Ok(MessageWriter { fields: made })
}

fn field(
    (name, schema): (&String, &Schema),
    message: &MessageDescriptor,
    options: &ProtobufOptions,
) -> Result<FieldWriter, String> {
    let default = schema.default.clone().filter(|_| !options.ignore_default);
    let to = match union_members(schema) {
        Some(members) => {
            let inside = |(name, schema): &(String, Schema)| field((name, schema), message, options);
            To::Union(members.iter().map(inside).collect::<Result<_, _>>()?)
        }
        None => {
            let own = if options.scrub { names::scrubbed(name) } else { name.clone() };
            let found = message.get_field_by_name(&own);
            let found = found.ok_or_else(|| format!("the message {} has no field {own}", message.full_name()));
            found.and_then(|found| target(schema, &found, options)).map_or_else(To::Nowhere, To::Field)
        }
    };
    Ok(FieldWriter { name: name.clone(), default, to })
}

/// Plans how a field is written.
pub(super) fn target(schema: &Schema, field: &FieldDescriptor, options: &ProtobufOptions) -> Result<Target, String> {
    let (shape, writer) = match (&schema.kind, is_repeated(field)) {
        (connect::Kind::Array(items), true) if !field.is_map() => {
            (Shape::List { packed: field.is_packed() }, plan(items, field, options)?)
        }
        (connect::Kind::Map(inside), true) => {
            let Kind::Message(entry) = field.kind() else { return Err(misfit(schema, field)) };
            let of = |schema: &Schema, name: &str| {
                let field = entry.get_field_by_name(name);
                target(schema, &field.ok_or_else(|| format!("the map's entry has no field {name}"))?, options)
            };
            let pair = (of(&inside.0, "key")?, of(&inside.1, "value")?);
            (Shape::Map(Box::new(pair)), Writer::Message(MessageWriter::default()))
        }
        (connect::Kind::Array(_) | connect::Kind::Map(_), _) | (_, true) => return Err(misfit(schema, field)),
        (_, false) => (Shape::One, plan(schema, field, options)?),
    };
    Ok(Target { number: field.number(), shape, writer, presence: field.supports_presence() })
}

fn plan(schema: &Schema, field: &FieldDescriptor, options: &ProtobufOptions) -> Result<Writer, String> {
    use connect::Kind as From;
    let kind = field.kind();
    if let Kind::Message(inside) = &kind {
        return of_message(schema, field, (inside, options));
    }
    let logical =
        matches!(schema.name.as_deref(), Some(connect::DECIMAL | connect::DATE | connect::TIME | connect::TIMESTAMP));
    Ok(match (&schema.kind, kind) {
        _ if logical => return Err(misfit(schema, field)),
        (From::Boolean, Kind::Bool) => Writer::Boolean,
        (From::Float32, Kind::Float) => Writer::Float,
        (From::Float32 | From::Float64, Kind::Double) => Writer::Double,
        (From::Text, Kind::String) => Writer::Text,
        (From::Text, Kind::Enum(symbols)) => Writer::Symbols(symbol_numbers(schema, &symbols, options)),
        (From::Int8 | From::Int16 | From::Int32, Kind::Enum(symbols)) => Writer::Number(symbols),
        (From::Bytes, Kind::Bytes) => Writer::Bytes,
        (from, kind) => integer(from, kind).ok_or_else(|| misfit(schema, field))?,
    })
}

/// Plans an integer: Java writes the lowest bits of what is too large for an unsigned type of its own, and Connect
/// has no unsigned ones.
fn integer(from: &connect::Kind, kind: Kind) -> Option<Writer> {
    use connect::Kind as From;
    let (least, most): (i128, i128) = match from {
        From::Int8 => (i8::MIN.into(), i8::MAX.into()),
        From::Int16 => (i16::MIN.into(), i16::MAX.into()),
        From::Int32 => (i32::MIN.into(), i32::MAX.into()),
        From::Int64 => (i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    };
    let (own_least, own_most): (i128, i128) = match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => (i32::MIN.into(), i32::MAX.into()),
        Kind::Uint32 | Kind::Fixed32 => (0, u32::MAX.into()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
            (i64::MIN.into(), i64::MAX.into())
        }
        _ => return None,
    };
    Some(Writer::Integer { kind, least: least.max(own_least), most: most.min(own_most) })
}

fn of_message(
    schema: &Schema,
    field: &FieldDescriptor,
    (inside, options): (&MessageDescriptor, &ProtobufOptions),
) -> Result<Writer, String> {
    match (schema.name.as_deref(), inside.full_name()) {
        (Some(connect::DECIMAL), names::DECIMAL_MESSAGE) => {
            let scale = schema.parameters.get(connect::SCALE).map_or(Ok(0), |scale| scale.parse());
            return scale.map(Writer::Decimal).map_err(|_| "the Decimal's scale is no number".to_owned());
        }
        (Some(connect::DATE), names::DATE_MESSAGE) => return Ok(Writer::Date),
        (Some(connect::TIME), names::TIME_MESSAGE) => return Ok(Writer::Time),
        (Some(connect::TIMESTAMP), names::TIMESTAMP_MESSAGE) => return Ok(Writer::Timestamp),
        _ => {}
    }
    match &schema.kind {
        connect::Kind::Struct(fields) => message(fields, inside, options).map(Writer::Message),
        _ if unwrapped(inside).is_some() => wrapped(schema, inside, options).map(Writer::Message),
        _ => Err(misfit(schema, field)),
    }
}

/// Plans a primitive in a message such as `StringValue`, which has it in its field `value`. It is no struct: its
/// name is empty.
pub(super) fn wrapped(
    schema: &Schema,
    inside: &MessageDescriptor,
    options: &ProtobufOptions,
) -> Result<MessageWriter, String> {
    let value = inside.get_field_by_name("value").ok_or("a wrapper has no field `value`")?;
    let writer = plan(schema, &value, options)?;
    let target = Target { number: value.number(), shape: Shape::One, writer, presence: false };
    Ok(MessageWriter { fields: vec![FieldWriter { name: String::new(), default: None, to: To::Field(target) }] })
}

/// Returns the numbers of symbols: those of the Connect schema that the enum has too, and the enum's own.
fn symbol_numbers(schema: &Schema, symbols: &EnumDescriptor, options: &ProtobufOptions) -> HashMap<String, i32> {
    let parameter = if options.generalized { names::GENERAL_ENUM } else { names::ENUM };
    let own = symbols.values().map(|symbol| (symbol.name().to_owned(), symbol.number()));
    let of_schema = |(key, number): (&String, &String)| {
        let symbol = key.strip_prefix(parameter)?.strip_prefix('.')?;
        let number = number.parse().ok().filter(|number| symbols.get_value(*number).is_some())?;
        Some((symbol.to_owned(), number))
    };
    schema.parameters.iter().filter_map(of_schema).chain(own).collect()
}

fn misfit(schema: &Schema, field: &FieldDescriptor) -> String {
    let json = schema.to_json();
    let kind = json.get("type").and_then(Value::as_str).unwrap_or_default();
    let many = if is_repeated(field) { "repeated " } else { "" };
    format!("the data's schema says {}, the message {many}{:?}", schema.name.as_deref().unwrap_or(kind), field.kind())
}
