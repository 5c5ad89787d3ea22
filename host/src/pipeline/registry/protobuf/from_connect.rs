//! The .proto file of a Connect schema, as Confluent's `ProtobufData` makes it. Whether the names are valid, the
//! compiler says.

use std::collections::HashSet;

use super::print::{Enumeration, Field, Message, ProtoFile};
use super::{ProtobufOptions, known, names};
use crate::pipeline::registry::connect::{self, Kind, Schema};

/// How deep structs may nest: protox takes no deeper messages.
const DEPTH: usize = 30;

/// Returns the file of a struct's schema, whose one message is the struct.
///
/// # Errors
/// Says why there is none.
pub(super) fn from_connect(
    (schema, fields): (&Schema, &[(String, Schema)]),
    options: &ProtobufOptions,
) -> Result<ProtoFile, String> {
    let mut making = Making { options, unnamed: 0, imports: Vec::new(), depth: 0 };
    let full = making.name_or_default(schema.name.as_deref());
    let parts: Vec<_> = full.split('.').map(|part| making.scrubbed(part)).collect();
    let (name, package) = parts.split_last().ok_or("a schema's name is empty")?;
    let message = making.message(name, fields)?;
    let package = (!package.is_empty()).then(|| package.join("."));
    Ok(ProtoFile { package, imports: making.imports, message })
}

struct Making<'a> {
    options: &'a ProtobufOptions,
    /// How many schemas without a name were met.
    unnamed: usize,
    imports: Vec<&'static str>,
    depth: usize,
}

/// A message as it is made.
#[derive(Default)]
struct Building {
    message: Message,
    /// The messages that need no definition any more.
    defined: HashSet<String>,
}

impl Making<'_> {
    fn message(&mut self, name: &str, fields: &[(String, Schema)]) -> Result<Message, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("structs nest deeper than {DEPTH}"));
        }
        let mut building = Building::default();
        building.message.name = name.to_owned();
        // A struct of the same name is taken for this one.
        building.defined.insert(name.to_owned());
        let mut next = 1;
        for (field, schema) in fields {
            let tag = match tag(schema)? {
                Some(tag) => tag,
                None => {
                    next += 1;
                    next - 1
                }
            };
            let inside = |problem: String| format!("{field}: {problem}");
            let made = self.field(&mut building, schema, (&self.scrubbed(field), tag)).map_err(inside)?;
            building.message.fields.extend(made);
        }
        self.depth -= 1;
        Ok(building.message)
    }

    /// Makes a field; none where it is a union, whose members become fields of the message.
    fn field(
        &mut self,
        building: &mut Building,
        schema: &Schema,
        (name, tag): (&str, i64),
    ) -> Result<Option<Field>, String> {
        let label = match &schema.kind {
            Kind::Array(_) | Kind::Map(_) => Some("repeated"),
            _ => (self.options.optional && schema.optional).then_some("optional"),
        };
        let schema = if let Kind::Array(items) = &schema.kind { items } else { schema };
        if let Some(members) = union_members(schema) {
            if label == Some("repeated") {
                return Err("an array of unions can't be written in Protobuf".to_owned());
            }
            self.union(building, schema, members)?;
            return Ok(None);
        }
        let (kind, params) = self.data_type(schema, (name, Place::Field))?;
        self.define(building, schema, &kind)?;
        Ok(Some(Field { label, kind, name: name.to_owned(), tag, params }))
    }

    fn union(&mut self, building: &mut Building, schema: &Schema, members: &[(String, Schema)]) -> Result<(), String> {
        // Counted, as it is in Java, though the name isn't used.
        self.name_or_default(schema.name.as_deref());
        let general = schema.parameters.get(names::GENERAL_UNION).filter(|_| self.options.generalized);
        let own = || schema.name.as_deref()?.strip_prefix(names::UNION)?.strip_prefix('.').map(names::unqualified);
        let name = match (general, own()) {
            (Some(name), _) => name.clone(),
            (None, Some(name)) if !self.options.generalized => self.scrubbed(name),
            _ => return Err("the union's schema does not tell its name (see generalized.sum.type.support)".to_owned()),
        };
        building.message.oneofs.push((name, Vec::new()));
        let place = building.message.oneofs.len() - 1;
        for (field, member) in members {
            if matches!(member.kind, Kind::Array(_) | Kind::Map(_)) || union_members(member).is_some() {
                return Err(format!("{field}: a union of Protobuf can't have arrays, maps or unions as members"));
            }
            let name = self.scrubbed(field);
            let (kind, params) = self.data_type(member, (&name, Place::Oneof))?;
            self.define(building, member, &kind)?;
            let made = Field { label: None, kind, name, tag: tag(member)?.unwrap_or(0), params };
            if let Some((_, fields)) = building.message.oneofs.get_mut(place) {
                fields.push(made);
            }
        }
        Ok(())
    }

    /// Defines what a field's type names.
    fn define(&mut self, building: &mut Building, schema: &Schema, kind: &str) -> Result<(), String> {
        match &schema.kind {
            // A Variant's fields are those of its own message.
            Kind::Struct(_) if schema.is(names::VARIANT) => self.import(known::VARIANT),
            Kind::Struct(fields) => {
                if building.defined.insert(kind.to_owned()) {
                    let message = self.message(kind, fields)?;
                    building.message.messages.push(message);
                }
            }
            Kind::Map(inside) => {
                let entry = self.entry(kind, (&inside.0, &inside.1))?;
                building.message.messages.push(entry);
            }
            _ if is_enum(schema) => self.enumeration(building, schema)?,
            _ => self.imports_of(kind),
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, (keys, values): (&Schema, &Schema)) -> Result<Message, String> {
        self.depth += 1;
        let mut building = Building::default();
        building.message.name = name.to_owned();
        building.defined.insert(name.to_owned());
        for (schema, named) in [(keys, ("key", 1)), (values, ("value", 2))] {
            let field = self.field(&mut building, schema, named)?;
            let field = field.ok_or("a map of unions can't be written in Protobuf")?;
            let label = field.label.filter(|label| *label == "repeated");
            building.message.fields.push(Field { label, ..field });
        }
        self.depth -= 1;
        Ok(building.message)
    }

    fn enumeration(&mut self, building: &mut Building, schema: &Schema) -> Result<(), String> {
        let name = self.unqualified(schema.name.as_deref());
        if building.message.enums.iter().any(|known| known.name == name) {
            return Ok(());
        }
        let parameter = if self.options.generalized { names::GENERAL_ENUM } else { names::ENUM };
        let symbol = |(key, number): (&String, &String)| {
            let symbol = key.strip_prefix(parameter)?.strip_prefix('.')?;
            let wrong = || format!("the parameter {key} is no number: {number}");
            Some(number.parse().map_err(|_| wrong()).map(|number: i32| (symbol.to_owned(), number)))
        };
        let symbols = schema.parameters.iter().filter_map(symbol).collect::<Result<_, _>>()?;
        building.message.enums.push(Enumeration { name, symbols });
        Ok(())
    }

    fn imports_of(&mut self, kind: &str) {
        match kind {
            names::DECIMAL_MESSAGE => self.import(known::DECIMAL),
            names::DATE_MESSAGE => self.import(known::DATE),
            names::TIME_MESSAGE => self.import(known::TIME),
            names::TIMESTAMP_MESSAGE => self.import(known::TIMESTAMP),
            wrapper if wrapper.starts_with("google.protobuf.") => self.import(known::WRAPPERS),
            _ => {}
        }
    }

    fn import(&mut self, file: &'static str) {
        if !self.imports.contains(&file) {
            self.imports.push(file);
        }
    }

    /// Returns a field's type, and what its option tells of it.
    fn data_type(&mut self, schema: &Schema, (field, place): (&str, Place)) -> Result<(String, Params), String> {
        let plain = |kind: &str| Ok((kind.to_owned(), Vec::new()));
        match schema.name.as_deref() {
            Some(connect::DECIMAL) => return Ok((names::DECIMAL_MESSAGE.to_owned(), decimal_params(schema))),
            Some(connect::DATE) => return plain(names::DATE_MESSAGE),
            Some(connect::TIME) => return plain(names::TIME_MESSAGE),
            Some(connect::TIMESTAMP) => return plain(names::TIMESTAMP_MESSAGE),
            Some(names::VARIANT) => return plain(names::VARIANT_MESSAGE),
            _ => {}
        }
        let narrow = |name: &str| vec![(names::CONNECT_TYPE, name.to_owned())];
        let of_enum = |parameter: &str| schema.parameters.get(parameter).cloned();
        let general = || of_enum(names::GENERAL_ENUM).or_else(|| of_enum(names::ENUM));
        let own = schema.parameters.get(names::TYPE).map(String::as_str);
        let (kind, wrapper) = match &schema.kind {
            Kind::Int8 | Kind::Int16 => {
                let name = if schema.kind == Kind::Int8 { "int8" } else { "int16" };
                return Ok((self.scalar(schema, place, ("int32", "Int32Value")), narrow(name)));
            }
            Kind::Int32 => match of_enum(names::ENUM) {
                Some(name) => return plain(&name),
                None => (own.unwrap_or("int32"), "Int32Value"),
            },
            Kind::Int64 => match own.unwrap_or("int64") {
                kind @ ("uint32" | "fixed32") => (kind, "UInt32Value"),
                kind @ ("uint64" | "fixed64") => (kind, "UInt64Value"),
                kind => (kind, "Int64Value"),
            },
            Kind::Float32 => ("float", "FloatValue"),
            Kind::Float64 => ("double", "DoubleValue"),
            Kind::Boolean => ("bool", "BoolValue"),
            Kind::Text => match general() {
                Some(name) => return plain(&name),
                None => ("string", "StringValue"),
            },
            Kind::Bytes => ("bytes", "BytesValue"),
            Kind::Array(_) => return Err("an array in an array can't be written in Protobuf".to_owned()),
            Kind::Map(_) => return Ok((names::map_entry(&self.unqualified(schema.name.as_deref())), Vec::new())),
            Kind::Struct(_) => {
                let name = self.unqualified(schema.name.as_deref());
                // A message can't be called as its field.
                return Ok((if name == field { name + "Message" } else { name }, Vec::new()));
            }
        };
        Ok((self.scalar(schema, place, (kind, wrapper)), Vec::new()))
    }

    fn scalar(&self, schema: &Schema, place: Place, (kind, wrapper): (&str, &str)) -> String {
        match is_wrapped(schema, place, self.options) {
            true => format!("google.protobuf.{wrapper}"),
            false => kind.to_owned(),
        }
    }

    fn unqualified(&mut self, name: Option<&str>) -> String {
        let full = self.name_or_default(name);
        self.scrubbed(names::unqualified(&full))
    }

    fn name_or_default(&mut self, name: Option<&str>) -> String {
        match name.filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => {
                self.unnamed += 1;
                format!("{}{}", names::DEFAULT, self.unnamed)
            }
        }
    }

    fn scrubbed(&self, name: &str) -> String {
        if self.options.scrub { names::scrubbed(name) } else { name.to_owned() }
    }
}

type Params = Vec<(&'static str, String)>;

/// Where a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Field,
    Oneof,
}

/// Tells whether a primitive is in a message such as `StringValue`: a union's member only if it came from one.
fn is_wrapped(schema: &Schema, place: Place, options: &ProtobufOptions) -> bool {
    let marked = schema.parameters.get(names::WRAPPER).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    options.wrapper && schema.optional && (place == Place::Field || marked)
}

/// Returns the members of a union.
pub(super) fn union_members(schema: &Schema) -> Option<&[(String, Schema)]> {
    let named = schema.name.as_deref().is_some_and(|name| name.starts_with(names::UNION));
    match &schema.kind {
        Kind::Struct(fields) if named || schema.parameters.contains_key(names::GENERAL_UNION) => Some(fields),
        _ => None,
    }
}

fn is_enum(schema: &Schema) -> bool {
    schema.parameters.contains_key(names::GENERAL_ENUM) || schema.parameters.contains_key(names::ENUM)
}

fn decimal_params(schema: &Schema) -> Params {
    let of = |(param, own): (&'static str, &str)| schema.parameters.get(own).map(|value| (param, value.clone()));
    [("precision", names::PRECISION), ("scale", connect::SCALE)].into_iter().filter_map(of).collect()
}

/// Returns the tag that a schema came with.
fn tag(schema: &Schema) -> Result<Option<i64>, String> {
    let parse = |text: &String| text.parse().map_err(|_| format!("the parameter {} is no number: {text}", names::TAG));
    schema.parameters.get(names::TAG).map(parse).transpose()
}
