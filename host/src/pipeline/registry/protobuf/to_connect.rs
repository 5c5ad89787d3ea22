//! The Connect schema of a message, as Confluent's `ProtobufData` makes it, and how its values are read.

use std::collections::{HashMap, HashSet};

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor, Syntax};

use super::plan::{Entry, From, Member, Reader, Slot};
use super::{ProtobufOptions, json, meta, names};
use crate::pipeline::registry::connect::{self, Schema};

/// How deep messages may nest. Connect's JSON form nests more than twice as deep.
const DEPTH: usize = 40;
/// How many types a schema may have: each use of a message counts, since Connect's schemas have no references.
const MOST_TYPES: usize = 20_000;

/// Returns the schema of a message and how it is read.
///
/// # Errors
/// Says why Connect has no such schema.
pub(super) fn to_connect(message: &MessageDescriptor, options: &ProtobufOptions) -> Result<(Schema, Reader), String> {
    let mut making = Making { options, tags: HashMap::new(), open: Vec::new(), types: 0 };
    making.message(message)
}

struct Making<'a> {
    options: &'a ProtobufOptions,
    /// The messages that were met, and the tag that the first use of each left at its schema: Confluent uses one
    /// schema for all, which a repeated field's items show.
    tags: HashMap<String, Option<u32>>,
    /// Those whose fields are being read.
    open: Vec<String>,
    types: usize,
}

impl Making<'_> {
    fn message(&mut self, message: &MessageDescriptor) -> Result<(Schema, Reader), String> {
        if self.options.raw_wrapper
            && let Some(found) = unwrapped(message)
        {
            return Ok(found);
        }
        let name = message.full_name();
        if self.open.iter().any(|open| open == name) {
            return Err(format!("the Protobuf message {name} is recursive, which Connect's schemas can't express"));
        }
        if self.open.len() >= DEPTH {
            return Err(format!("Protobuf messages nest deeper than {DEPTH}"));
        }
        self.open.push(name.to_owned());
        let (mut fields, mut slots) = (Vec::new(), Vec::new());
        for (index, oneof) in message.oneofs().enumerate().filter(|(_, oneof)| !oneof.is_synthetic()) {
            self.oneof((index, &oneof), &mut fields, &mut slots)?;
        }
        for field in declared(message).filter(|field| real_oneof(field).is_none()) {
            let (schema, reader) = self.field(&field, Place::Field)?;
            let source = From::Field(self.member(field.clone(), reader));
            slots.push(Slot { key: json::key(field.name()), source });
            fields.push((field.name().to_owned(), schema));
        }
        self.open.pop();
        let mut seen = HashSet::new();
        if let Some((twice, _)) = fields.iter().find(|(name, _)| !seen.insert(name.clone())) {
            return Err(format!("the Protobuf message {name} has two fields that Connect calls {twice}"));
        }
        self.tags.entry(name.to_owned()).or_insert(None);
        let named = if self.options.enhanced { name } else { message.name() };
        let schema = Schema { name: Some(named.to_owned()), ..Schema::new(connect::Kind::Struct(fields)) };
        Ok((schema, Reader::Struct(slots)))
    }

    fn oneof(
        &mut self,
        (index, oneof): (usize, &OneofDescriptor),
        fields: &mut Vec<(String, Schema)>,
        slots: &mut Vec<Slot>,
    ) -> Result<(), String> {
        let (mut inside, mut members) = (Vec::new(), Vec::new());
        let own = |field: &FieldDescriptor| field.containing_oneof().as_ref() == Some(oneof);
        for field in declared(oneof.parent_message()).filter(own) {
            let (schema, reader) = self.field(&field, Place::Oneof)?;
            inside.push((field.name().to_owned(), schema));
            members.push((json::key(field.name()), Member { field, reader, always: false }));
        }
        if self.options.flatten {
            fields.extend(inside);
            slots.extend(members.into_iter().map(|(key, member)| Slot { key, source: From::Field(member) }));
            return Ok(());
        }
        let name = match self.options.union_index {
            true => format!("{}_{index}", oneof.name()),
            false => oneof.name().to_owned(),
        };
        let mut schema = Schema { optional: true, ..Schema::new(connect::Kind::Struct(inside)) };
        if self.options.generalized {
            schema.name = Some(oneof.name().to_owned());
            schema.set(names::GENERAL_UNION, oneof.name());
        } else {
            let own = if self.options.enhanced { oneof.full_name() } else { oneof.name() };
            schema.name = Some(format!("{}.{own}", names::UNION));
        }
        slots.push(Slot { key: json::key(&name), source: From::Union(members) });
        fields.push((name, schema));
        Ok(())
    }

    fn member(&self, field: FieldDescriptor, reader: Reader) -> Member {
        let primitive = !matches!(field.kind(), Kind::Message(_)) || is_repeated(&field);
        let optional = is_proto3_optional(&field) || (self.options.optional_proto2 && has_optional_keyword(&field));
        Member { always: (primitive && !optional) || self.options.struct_for_nulls, field, reader }
    }

    fn field(&mut self, field: &FieldDescriptor, place: Place) -> Result<(Schema, Reader), String> {
        self.types += 1;
        if self.types > MOST_TYPES {
            return Err(format!("the Protobuf schema has more than {MOST_TYPES} fields once messages are spelled out"));
        }
        if field.is_group() {
            return Err(format!("{}: Protobuf's groups have no Connect schema", field.full_name()));
        }
        let (mut schema, mut reader) = self.single(field)?;
        if is_repeated(field) && !matches!(schema.kind, connect::Kind::Map(_)) {
            schema.optional = true;
            schema = Schema { optional: true, ..Schema::new(connect::Kind::Array(Box::new(schema))) };
            reader = Reader::Array(Box::new(reader));
        }
        match place {
            Place::Oneof => {
                schema.optional = true;
                if self.options.wrapper && matches!(field.kind(), Kind::Message(inside) if unwrapped(&inside).is_some())
                {
                    schema.set(names::WRAPPER, "true");
                }
            }
            Place::Field if self.options.optional => schema.optional |= has_optional_keyword(field),
            Place::Field => schema.optional |= !self.options.wrapper,
        }
        schema.set(names::TAG, field.number().to_string());
        Ok((schema, reader))
    }

    fn single(&mut self, field: &FieldDescriptor) -> Result<(Schema, Reader), String> {
        use connect::Kind as To;
        let typed = |kind, reader, name: Option<&str>| {
            let mut schema = Schema::new(kind);
            if let Some(name) = name {
                schema.set(names::TYPE, name);
            }
            Ok((schema, reader))
        };
        match field.kind() {
            kind @ (Kind::Int32 | Kind::Sint32 | Kind::Sfixed32) => {
                match meta::params(field).get(names::CONNECT_TYPE).map(String::as_str) {
                    Some("int8") => typed(To::Int8, Reader::Int8, None),
                    Some("int16") => typed(To::Int16, Reader::Int16, None),
                    _ => typed(To::Int32, Reader::Int32, (kind != Kind::Int32).then(|| kind_name(&kind))),
                }
            }
            Kind::Int64 => typed(To::Int64, Reader::Int64, None),
            kind @ (Kind::Uint32 | Kind::Fixed32 | Kind::Uint64 | Kind::Sint64 | Kind::Fixed64 | Kind::Sfixed64) => {
                typed(To::Int64, Reader::Int64, Some(kind_name(&kind)))
            }
            Kind::Float => typed(To::Float32, Reader::Float, None),
            Kind::Double => typed(To::Float64, Reader::Double, None),
            Kind::Bool => typed(To::Boolean, Reader::Boolean, None),
            Kind::String => typed(To::Text, Reader::Text, None),
            Kind::Bytes => typed(To::Bytes, Reader::Bytes, None),
            Kind::Enum(symbols) => Ok(self.enumeration(symbols)),
            Kind::Message(inside) => {
                let (schema, reader) = self.inner(field, &inside)?;
                Ok((Schema { optional: true, ..schema }, reader))
            }
        }
    }

    fn enumeration(&self, symbols: prost_reflect::EnumDescriptor) -> (Schema, Reader) {
        let kind = if self.options.int_enums { connect::Kind::Int32 } else { connect::Kind::Text };
        let name = if self.options.enhanced { symbols.full_name() } else { symbols.name() };
        let parameter = if self.options.generalized { names::GENERAL_ENUM } else { names::ENUM };
        let mut schema = Schema { name: Some(name.to_owned()), optional: true, ..Schema::new(kind) };
        schema.set(parameter, symbols.name());
        for symbol in &symbols.enum_descriptor_proto().value {
            schema.set(format!("{parameter}.{}", symbol.name()), symbol.number().to_string());
        }
        (schema, if self.options.int_enums { Reader::Number } else { Reader::Symbol(symbols) })
    }

    fn inner(&mut self, field: &FieldDescriptor, inside: &MessageDescriptor) -> Result<(Schema, Reader), String> {
        use connect::{DATE, Kind as To, TIME, TIMESTAMP};
        match inside.full_name() {
            names::DECIMAL_MESSAGE => Ok(decimal(field)),
            names::DATE_MESSAGE => Ok((Schema::logical(To::Int32, DATE), Reader::Date)),
            names::TIME_MESSAGE => Ok((Schema::logical(To::Int32, TIME), Reader::Time)),
            names::TIMESTAMP_MESSAGE => Ok((Schema::logical(To::Int64, TIMESTAMP), Reader::Timestamp)),
            names::VARIANT_MESSAGE => Ok(self.variant(inside)),
            _ => match unwrapped(inside).filter(|_| self.options.wrapper) {
                Some(found) => Ok(found),
                None => self.structure(field, inside),
            },
        }
    }

    fn variant(&self, inside: &MessageDescriptor) -> (Schema, Reader) {
        let (mut fields, mut slots) = (Vec::new(), Vec::new());
        for field in inside.fields() {
            fields.push((field.name().to_owned(), Schema::new(connect::Kind::Bytes)));
            let source = From::Field(Member { field: field.clone(), reader: Reader::Bytes, always: true });
            slots.push(Slot { key: json::key(field.name()), source });
        }
        let name = Some(names::VARIANT.to_owned());
        (Schema { name, ..Schema::new(connect::Kind::Struct(fields)) }, Reader::Struct(slots))
    }

    fn structure(&mut self, field: &FieldDescriptor, inside: &MessageDescriptor) -> Result<(Schema, Reader), String> {
        if let Some((key_field, value_field)) = entry_fields(field, inside) {
            let (key_schema, key) = self.field(&key_field, Place::Field)?;
            let (value_schema, value) = self.field(&value_field, Place::Field)?;
            let as_object = key_schema.kind == connect::Kind::Text;
            let name = names::map_field(if self.options.enhanced { inside.full_name() } else { inside.name() });
            let kind = connect::Kind::Map(Box::new((key_schema, value_schema)));
            let entry = Entry { key_field, value_field, key, value, as_object };
            return Ok((Schema { name: Some(name), ..Schema::new(kind) }, Reader::Map(Box::new(entry))));
        }
        let known = self.tags.get(inside.full_name()).copied();
        let (mut schema, reader) = self.message(inside)?;
        match known {
            Some(Some(tag)) => schema.set(names::TAG, tag.to_string()),
            Some(None) => {}
            None if !is_repeated(field) && matches!(schema.kind, connect::Kind::Struct(_)) => {
                self.tags.insert(inside.full_name().to_owned(), Some(field.number()));
            }
            None => {}
        }
        Ok((schema, reader))
    }
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Field,
    Oneof,
}

/// Returns what a message such as `StringValue` is by itself.
pub(super) fn unwrapped(message: &MessageDescriptor) -> Option<(Schema, Reader)> {
    use connect::Kind as To;
    let (kind, reader) = match message.full_name().strip_prefix("google.protobuf.")? {
        "DoubleValue" => (To::Float64, Reader::Double),
        "FloatValue" => (To::Float32, Reader::Float),
        "Int64Value" | "UInt64Value" | "UInt32Value" => (To::Int64, Reader::Int64),
        "Int32Value" => (To::Int32, Reader::Int32),
        "BoolValue" => (To::Boolean, Reader::Boolean),
        "StringValue" => (To::Text, Reader::Text),
        "BytesValue" => (To::Bytes, Reader::Bytes),
        _ => return None,
    };
    let field = message.get_field_by_name("value")?;
    Some((Schema::new(kind), Reader::Wrapped { field, inside: Box::new(reader) }))
}

fn decimal(field: &FieldDescriptor) -> (Schema, Reader) {
    let params = meta::params(field);
    let number = |name: &str| params.get(name).and_then(|text| text.parse::<i32>().ok());
    let scale = number("scale").unwrap_or(0);
    let mut schema = Schema::logical(connect::Kind::Bytes, connect::DECIMAL);
    schema.set(connect::SCALE, scale.to_string());
    if let Some(precision) = number("precision") {
        schema.set(names::PRECISION, precision.to_string());
    }
    (schema, Reader::Decimal(scale))
}

/// Returns a map's key and value, which may also be a repeated message that looks like a map's entry.
fn entry_fields(field: &FieldDescriptor, inside: &MessageDescriptor) -> Option<(FieldDescriptor, FieldDescriptor)> {
    // In the text's order, as Java has them.
    let mut fields = inside.descriptor_proto().field.iter().map(prost_types::FieldDescriptorProto::name);
    let named = (fields.next(), fields.next(), fields.next()) == (Some("key"), Some("value"), None);
    if !is_repeated(field) || !named || !names::is_map_entry(inside.name()) {
        return None;
    }
    let (key, value) = (inside.get_field_by_name("key")?, inside.get_field_by_name("value")?);
    (!is_repeated(&key) && !is_repeated(&value)).then_some((key, value))
}

/// Returns a message's fields as they stand in its text; the library has them by number.
fn declared(message: &MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    let number = |field: &prost_types::FieldDescriptorProto| u32::try_from(field.number()).ok();
    message.descriptor_proto().field.iter().filter_map(move |field| message.get_field(number(field)?))
}

pub(super) fn is_repeated(field: &FieldDescriptor) -> bool {
    field.cardinality() == Cardinality::Repeated
}

fn real_oneof(field: &FieldDescriptor) -> Option<OneofDescriptor> {
    field.containing_oneof().filter(|oneof| !oneof.is_synthetic())
}

fn is_proto3_optional(field: &FieldDescriptor) -> bool {
    field.field_descriptor_proto().proto3_optional()
}

fn has_optional_keyword(field: &FieldDescriptor) -> bool {
    let proto2 = field.parent_file().syntax() == Syntax::Proto2;
    let optional = field.cardinality() == Cardinality::Optional && field.containing_oneof().is_none();
    is_proto3_optional(field) || (proto2 && optional)
}

/// Returns a scalar's name in .proto files.
fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Sint32 => "sint32",
        Kind::Sfixed32 => "sfixed32",
        Kind::Uint32 => "uint32",
        Kind::Fixed32 => "fixed32",
        Kind::Uint64 => "uint64",
        Kind::Sint64 => "sint64",
        Kind::Fixed64 => "fixed64",
        Kind::Sfixed64 => "sfixed64",
        _ => "",
    }
}
