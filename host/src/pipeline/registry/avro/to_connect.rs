//! From Avro's schemas to Connect's, by the rules of Confluent's `AvroData.toConnectSchema`, together with how
//! values are read. Recursive types are refused by the parser: Connect's JSON form can't express them.

use std::sync::Arc;

use serde_json::Value;

use super::AvroOptions;
use super::default::{self, Origin};
use super::names;
use super::naming::scrub_name;
use super::read::{Member, Reader};
use super::schema::{Field, Kind, Node, split_name};
use crate::pipeline::registry::connect::{self, Schema};

/// How many types a schema may have once named types are put in wherever they are named.
const MOST_TYPES: usize = 10_000;

/// Returns the Connect schema of an Avro schema, none for `Anything`, and how values become payloads. `version` is
/// the schema's in the registry.
///
/// # Errors
/// Says why Connect has no such schema.
pub(crate) fn to_connect(
    node: &Node,
    version: Option<i64>,
    options: &AvroOptions,
) -> Result<(Option<Schema>, Reader), String> {
    if node.kind == Kind::Anything {
        return Ok((None, Reader::Anything));
    }
    let mut conversion = Conversion { options, types: 0, unions: 0 };
    let (schema, reader) = conversion.convert(node, &Place { version, ..Place::default() })?;
    // A top-level value of bytes has no length before it.
    let reader = if node.kind == Kind::Bytes { Reader::Rest(Box::new(reader)) } else { reader };
    Ok((Some(schema), reader))
}

/// What the place of a type adds to it.
#[derive(Default)]
struct Place<'a> {
    optional: bool,
    default: Option<&'a Value>,
    doc: Option<&'a str>,
    version: Option<i64>,
}

struct Conversion<'a> {
    options: &'a AvroOptions,
    types: usize,
    unions: usize,
}

impl Conversion<'_> {
    fn convert(&mut self, node: &Node, place: &Place<'_>) -> Result<(Schema, Reader), String> {
        self.types += 1;
        if self.types > MOST_TYPES {
            return Err(format!("the Avro schema has more than {MOST_TYPES} types"));
        }
        let (mut schema, reader) = match &node.kind {
            Kind::Boolean => (Schema::new(connect::Kind::Boolean), Reader::Boolean),
            Kind::Float => (Schema::new(connect::Kind::Float32), Reader::Float),
            Kind::Double => (Schema::new(connect::Kind::Float64), Reader::Double),
            Kind::Text => (Schema::new(connect::Kind::Text), Reader::Text),
            Kind::Int => int(node)?,
            Kind::Long => match is_logical(node, "timestamp-millis") {
                true => (Schema::logical(connect::Kind::Int64, connect::TIMESTAMP), Reader::Long),
                false => (Schema::new(connect::Kind::Int64), Reader::Long),
            },
            Kind::Bytes => bytes(node, None)?,
            Kind::Fixed { size, .. } => bytes(node, Some(*size))?,
            Kind::Array(items) => self.array(items)?,
            Kind::Map(values) => {
                let (values, reader) = self.convert(values, &Place::default())?;
                let keys = Schema::new(connect::Kind::Text);
                (Schema::new(connect::Kind::Map(Box::new((keys, values)))), Reader::Map(Box::new(reader)))
            }
            Kind::Record { fields, .. } => self.record(node, fields)?,
            Kind::Enum { name, symbols, default } => {
                (self.enumeration(node, (name, default.as_deref()), symbols), Reader::symbols(symbols))
            }
            Kind::Union(members) => match self.simple_union(members, place)? {
                Some(simple) => return Ok(simple),
                None => self.union(members)?,
            },
            Kind::Null => return Err("Standalone null schemas are not supported by this converter".to_owned()),
            Kind::Anything => return Err("values without a schema inside of one with a schema".to_owned()),
        };
        self.describe(&mut schema, node, place)?;
        name(&mut schema, node)?;
        schema.optional |= place.optional;
        Ok((schema, reader))
    }

    fn array(&mut self, items: &Arc<Node>) -> Result<(Schema, Reader), String> {
        if !is_map_entry(items) {
            let (items, reader) = self.convert(items, &Place::default())?;
            return Ok((Schema::new(connect::Kind::Array(Box::new(items))), Reader::Array(Box::new(reader))));
        }
        let Kind::Record { fields, .. } = &items.kind else { return Err("a map's entry is no record".to_owned()) };
        let (key_first, key, value) = match &fields[..] {
            [key, value] if key.name == "key" && value.name == "value" => (true, key, value),
            [value, key] if key.name == "key" && value.name == "value" => (false, key, value),
            _ => {
                return Err("Found map encoded as array of key-value pairs, but array elements do not match the \
                            expected format."
                    .to_owned());
            }
        };
        let (keys, key) = self.convert(&key.node, &Place::default())?;
        let (values, value) = self.convert(&value.node, &Place::default())?;
        let text_keys = keys.kind == connect::Kind::Text;
        let reader = Reader::Pairs { pair: Box::new((key, value)), key_first, text_keys };
        Ok((Schema::new(connect::Kind::Map(Box::new((keys, values)))), reader))
    }

    fn record(&mut self, node: &Node, fields: &[Field]) -> Result<(Schema, Reader), String> {
        let mut schema = Schema::new(connect::Kind::Struct(Vec::new()));
        let docs = !self.options.discard_doc && self.options.meta_data;
        if let Some(doc) = node.doc.as_ref().filter(|_| docs) {
            schema.set(names::RECORD_DOC, doc);
        }
        let (mut list, mut readers) = (Vec::new(), Vec::new());
        for field in fields {
            if let Some(doc) = field.doc.as_ref().filter(|_| docs) {
                schema.set(format!("{}{}", names::FIELD_DOC, field.name), doc);
            }
            let default = field.default.as_ref().filter(|default| default::is_there(default, &field.node));
            let place = Place { default, doc: field.doc.as_deref(), ..Place::default() };
            let (mut inside, reader) =
                self.convert(&field.node, &place).map_err(|problem| format!("{}: {problem}", field.name))?;
            let own = field.props.get("connect.parameters").and_then(Value::as_object);
            for (key, value) in own.into_iter().flatten().filter(|_| self.options.meta_data) {
                inside.set(key, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
            readers.push((Reader::key(&field.name), reader));
            list.push((field.name.clone(), inside));
        }
        schema.kind = connect::Kind::Struct(list);
        Ok((schema, Reader::Record(readers)))
    }

    fn enumeration(&self, node: &Node, (name, default): (&str, Option<&str>), symbols: &[String]) -> Schema {
        let mut schema = Schema::new(connect::Kind::Text);
        let AvroOptions { meta_data, discard_doc, generalized, .. } = *self.options;
        let simple = split_name(name).1;
        if let Some(doc) = node.doc.as_ref().filter(|_| meta_data) {
            let key = format!("{}{simple}", names::ENUM_DOC);
            schema.set(if discard_doc { "connect.enum.doc" } else { &key }, doc);
        }
        if let Some(default) = default.filter(|_| meta_data && !discard_doc) {
            schema.set(format!("{}{simple}", names::ENUM_DEFAULT), default);
        }
        let parameter = if generalized { names::GENERAL_ENUM } else { names::ENUM };
        schema.set(parameter, name);
        for (index, symbol) in symbols.iter().enumerate() {
            let value = if generalized { index.to_string() } else { symbol.clone() };
            schema.set(format!("{parameter}.{symbol}"), value);
        }
        schema
    }

    /// A union that only says that there may be no value, or nothing.
    fn simple_union(&mut self, members: &[Arc<Node>], place: &Place<'_>) -> Result<Option<(Schema, Reader)>, String> {
        let doc = place.doc;
        match members {
            [one] if self.options.flatten => {
                let (schema, reader) = self.convert(one, &Place { doc, ..Place::default() })?;
                Ok(Some((schema, Reader::Union(vec![Member::Plain(reader)]))))
            }
            [one, other] if is_null(one) != is_null(other) => {
                let some = if is_null(one) { other } else { one };
                let (schema, reader) = self.convert(some, &Place { doc, optional: true, ..Place::default() })?;
                let some = Member::Plain(reader);
                let members = if is_null(one) { vec![Member::Null, some] } else { vec![some, Member::Null] };
                Ok(Some((schema, Reader::Union(members))))
            }
            _ => Ok(None),
        }
    }

    fn union(&mut self, members: &[Arc<Node>]) -> Result<(Schema, Reader), String> {
        let mut name = names::UNION.to_owned();
        let mut schema = Schema::new(connect::Kind::Struct(Vec::new()));
        if self.options.generalized {
            name = format!("connect_union_{}", self.unions);
            self.unions += 1;
            schema.set(names::GENERAL_UNION, &name);
        }
        schema.name = Some(name);
        let (mut list, mut readers) = (Vec::<(String, Schema)>::new(), Vec::new());
        for (index, member) in members.iter().enumerate() {
            if member.kind == Kind::Null {
                schema.optional = true;
                readers.push(None);
                continue;
            }
            let field = member_name(member, index, self.options);
            if list.iter().any(|(known, _)| *known == field) {
                return Err("Multiple union schemas map to the Connect union field name".to_owned());
            }
            let (inside, reader) = self.convert(member, &Place { optional: true, ..Place::default() })?;
            list.push((field, inside));
            readers.push(Some(reader));
        }
        let keys: Vec<_> = list.iter().map(|(name, _)| Reader::key(name)).collect();
        let mut field = 0..;
        let members = readers.into_iter().map(|reader| match reader {
            None => Member::Null,
            Some(reader) => Member::named(&keys, field.next().unwrap_or(0), reader),
        });
        let reader = Reader::Union(members.collect());
        schema.kind = connect::Kind::Struct(list);
        Ok((schema, reader))
    }

    /// Adds what properties say.
    fn describe(&self, schema: &mut Schema, node: &Node, place: &Place<'_>) -> Result<(), String> {
        let AvroOptions { meta_data, discard_doc, .. } = *self.options;
        let own = node.prop("connect.doc");
        if discard_doc {
            schema.doc = place.doc.or(node.doc.as_deref()).or(own).map(str::to_owned);
            if let Some(doc) = node.doc.as_ref().filter(|_| meta_data) {
                schema.set("connect.record.doc", doc);
            }
        } else if meta_data {
            schema.doc = own.map(str::to_owned);
        }
        self.version(schema, node, place)?;
        if let Some(parameters) = node.props.get("connect.parameters").filter(|_| meta_data) {
            let object = parameters.as_object().ok_or("Expected JSON object for schema parameters")?;
            for (key, value) in object {
                schema.set(key, value.as_str().ok_or("Expected schema parameter values to be strings")?);
            }
        }
        for (key, value) in node.props.iter().filter(|(key, _)| key.starts_with("avro")) {
            schema.set(key, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        let of_connect = node.props.get("connect.default").filter(|default| !default.is_null());
        if place.default.is_some() && !discard_doc && meta_data && of_connect.is_none() {
            schema.set(names::FIELD_DEFAULT, "true");
        }
        // A default that doesn't fit is ignored, as Confluent does.
        let origin = if place.default.is_some() { Origin::Field } else { Origin::Property };
        let default = place.default.or(of_connect).filter(|default| !default.is_null());
        schema.default = default.and_then(|default| default::to_payload(default, (node, origin), schema));
        Ok(())
    }

    fn version(&self, schema: &mut Schema, node: &Node, place: &Place<'_>) -> Result<(), String> {
        let version = match node.props.get("connect.version") {
            Some(version) => Some(version.as_i64().ok_or("Invalid Connect version found")?),
            None => place.version,
        };
        let Some(version) = version.filter(|version| *version >= 0) else { return Ok(()) };
        match schema.version {
            Some(own) if own != version => Err(format!(
                "Mismatched versions: version already added to SchemaBuilder ({own}) differs from version in source \
                 schema ({version})"
            )),
            _ => {
                schema.version = Some(version);
                Ok(())
            }
        }
    }
}

/// Gives a schema its name.
fn name(schema: &mut Schema, node: &Node) -> Result<(), String> {
    let name = match (node.props.get("connect.name"), &node.kind) {
        (Some(Value::String(name)), _) => Some(name.as_str()),
        (Some(other), _) => return Err(format!("Invalid schema name: {other}")),
        (None, Kind::Fixed { .. }) if schema.is(connect::DECIMAL) => None,
        (None, _) => node.full_name(),
    };
    let Some(name) = name.filter(|name| !name.starts_with(names::DEFAULT)) else { return Ok(()) };
    match &schema.name {
        Some(own) if own != name => Err(format!(
            "Mismatched names: name already added to SchemaBuilder ({own}) differs from name in source schema ({name})"
        )),
        _ => {
            schema.name = Some(name.to_owned());
            Ok(())
        }
    }
}

fn int(node: &Node) -> Result<(Schema, Reader), String> {
    if node.prop("logicalType").is_some() {
        return Ok(match (is_logical(node, "date"), is_logical(node, "time-millis")) {
            (true, _) => (Schema::logical(connect::Kind::Int32, connect::DATE), Reader::Int),
            (_, true) => (Schema::logical(connect::Kind::Int32, connect::TIME), Reader::Time),
            _ => (Schema::new(connect::Kind::Int32), Reader::Int),
        });
    }
    match node.prop("connect.type") {
        None => Ok((Schema::new(connect::Kind::Int32), Reader::Int)),
        Some("int8") => Ok((Schema::new(connect::Kind::Int8), Reader::Int8)),
        Some("int16") => Ok((Schema::new(connect::Kind::Int16), Reader::Int16)),
        Some(_) => Err("Connect type annotation for Avro int field is null".to_owned()),
    }
}

fn bytes(node: &Node, fixed: Option<usize>) -> Result<(Schema, Reader), String> {
    let mut schema = Schema::new(connect::Kind::Bytes);
    let is_decimal = is_logical(node, "decimal");
    if is_decimal {
        schema = Schema::logical(connect::Kind::Bytes, connect::DECIMAL);
        let scale = node.props.get("scale").and_then(Value::as_i64).unwrap_or(0);
        schema.set(connect::SCALE, scale.to_string());
        if let Some(precision) = node.props.get("precision").filter(|precision| !precision.is_null()) {
            let precision = precision.as_i64().ok_or("precision property must be a JSON Integer.")?;
            if precision != 64 {
                schema.set(names::PRECISION, precision.to_string());
            }
        }
    }
    if let Some(size) = fixed {
        schema.set(names::FIXED_SIZE, size.to_string());
    }
    Ok((schema, if is_decimal { Reader::Decimal(fixed) } else { Reader::Bytes(fixed) }))
}

fn is_logical(node: &Node, name: &str) -> bool {
    node.prop("logicalType").is_some_and(|own| own.eq_ignore_ascii_case(name))
}

pub(super) fn is_null(node: &Node) -> bool {
    node.kind == Kind::Null && node.props.is_empty()
}

/// Tells whether a record is an entry of a map whose keys are no text.
pub(super) fn is_map_entry(node: &Node) -> bool {
    let Kind::Record { name, .. } = &node.kind else { return false };
    split_name(name) == (names::NAMESPACE, names::MAP_ENTRY)
        || node.prop("connect.internal.type") == Some(names::MAP_ENTRY)
}

/// Returns the name of the struct's field that stands for a member of a union.
pub(super) fn member_name(node: &Node, index: usize, options: &AvroOptions) -> String {
    if options.generalized {
        return format!("{}{index}", names::UNION_FIELD);
    }
    match node.full_name() {
        Some(name) if options.enhanced => name.to_owned(),
        Some(name) => scrub_name(split_name(name).1, options),
        None => node.kind.type_name().to_owned(),
    }
}
