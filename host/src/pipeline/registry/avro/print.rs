//! Writes Avro schemas as JSON, member by member as Java's Avro does, so that a registry takes them for the same.

use std::collections::HashMap;
use std::io;

use serde::Serialize as _;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value, json};

use super::schema::{Field, Kind, Node, split_name};

/// Returns a schema's JSON.
///
/// # Errors
/// Refuses two types of one name.
pub(crate) fn print(node: &Node) -> Result<String, String> {
    let json = Printer { seen: HashMap::new() }.node(node, "")?;
    let mut text = Vec::new();
    json.serialize(&mut Serializer::with_formatter(&mut text, JavaForm)).map_err(|error| error.to_string())?;
    String::from_utf8(text).map_err(|error| error.to_string())
}

/// Numbers and letters as Jackson writes them, which Java's Avro prints with.
struct JavaForm;

impl Formatter for JavaForm {
    fn write_f64<W: ?Sized + io::Write>(&mut self, out: &mut W, number: f64) -> io::Result<()> {
        if number == 0.0 || (1e-3..1e7).contains(&number.abs()) {
            return write!(out, "{number:?}");
        }
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        write!(out, "{digits}{}E{exponent}", if digits.contains('.') { "" } else { ".0" })
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(byte) => write!(out, "\\u{byte:04X}"),
            escape => CompactFormatter.write_char_escape(out, escape),
        }
    }
}

struct Printer<'a> {
    seen: HashMap<&'a str, &'a Node>,
}

impl<'a> Printer<'a> {
    fn node(&mut self, node: &'a Node, space: &str) -> Result<Value, String> {
        if let Some(name) = node.full_name() {
            match self.seen.insert(name, node) {
                Some(before) if before.is_same_form(node) => {
                    let (own, simple) = split_name(name);
                    return Ok(Value::from(if own == space { simple } else { name }));
                }
                Some(_) => return Err(format!("Can't redefine: {name}: two different schemas have this name")),
                None => {}
            }
        }
        let mut object = Map::new();
        object.insert("type".to_owned(), node.kind.type_name().into());
        match &node.kind {
            Kind::Anything => return anything(space),
            Kind::Union(members) => {
                return members.iter().map(|member| self.node(member, space)).collect();
            }
            Kind::Array(items) => drop(object.insert("items".to_owned(), self.node(items, space)?)),
            Kind::Map(values) => drop(object.insert("values".to_owned(), self.node(values, space)?)),
            Kind::Record { name, fields } => {
                open(&mut object, (node, name), space);
                let own = split_name(name).0;
                let fields = fields.iter().map(|field| self.field(field, own)).collect::<Result<Value, _>>()?;
                object.insert("fields".to_owned(), fields);
            }
            Kind::Enum { name, symbols, default } => {
                open(&mut object, (node, name), space);
                object.insert("symbols".to_owned(), json!(symbols));
                if let Some(default) = default {
                    object.insert("default".to_owned(), default.as_str().into());
                }
            }
            Kind::Fixed { name, size } => {
                open(&mut object, (node, name), space);
                object.insert("size".to_owned(), (*size).into());
            }
            _ if node.props.is_empty() => return Ok(node.kind.type_name().into()),
            _ => {}
        }
        object.extend(node.props.clone());
        Ok(Value::Object(object))
    }

    fn field(&mut self, field: &'a Field, space: &str) -> Result<Value, String> {
        let mut object = Map::new();
        object.insert("name".to_owned(), field.name.as_str().into());
        object.insert("type".to_owned(), self.node(&field.node, space)?);
        if let Some(doc) = &field.doc {
            object.insert("doc".to_owned(), doc.as_str().into());
        }
        if let Some(default) = &field.default {
            object.insert("default".to_owned(), default.clone());
        }
        object.extend(field.props.clone());
        Ok(Value::Object(object))
    }
}

fn open(object: &mut Map<String, Value>, (node, name): (&Node, &str), space: &str) {
    let (own, simple) = split_name(name);
    object.insert("name".to_owned(), simple.into());
    if own != space {
        object.insert("namespace".to_owned(), own.into());
    }
    if let Some(doc) = &node.doc {
        object.insert("doc".to_owned(), doc.as_str().into());
    }
}

/// Returns the schema of values without one.
fn anything(space: &str) -> Result<Value, String> {
    let field = |name: &str, of: Value| json!({"name": name, "type": ["null", of], "default": null});
    let entry = json!({"type": "record", "name": "MapEntry", "fields": [
        {"name": "key", "type": "Anything"},
        {"name": "value", "type": "Anything"},
    ]});
    let mut object = Map::new();
    object.insert("type".to_owned(), "record".into());
    object.insert("name".to_owned(), "Anything".into());
    if space != "io.confluent.connect.avro" {
        object.insert("namespace".to_owned(), "io.confluent.connect.avro".into());
    }
    let mut fields: Vec<Value> = super::anything::SCALARS.iter().map(|name| field(name, (*name).into())).collect();
    fields.push(field("array", json!({"type": "array", "items": "Anything"})));
    fields.push(field("map", json!({"type": "array", "items": entry})));
    object.insert("fields".to_owned(), fields.into());
    Ok(Value::Object(object))
}
