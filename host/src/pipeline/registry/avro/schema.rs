//! Avro schemas as a tree, from and to their JSON. Does not read values. The properties of all types are kept, as
//! Confluent keeps Connect's types in them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

/// How deep types may nest. Connect's JSON form nests twice as deep.
const DEPTH: usize = 48;
/// What holds values without a schema.
pub(crate) const ANYTHING: &str = "io.confluent.connect.avro.Anything";

/// A type of Avro.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) doc: Option<String>,
    /// What the specification doesn't define, and logical types.
    pub(crate) props: Map<String, Value>,
    depth: usize,
}

/// The types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Array(Arc<Node>),
    Map(Arc<Node>),
    Union(Vec<Arc<Node>>),
    Record {
        name: String,
        fields: Vec<Field>,
    },
    Enum {
        name: String,
        symbols: Vec<String>,
        default: Option<String>,
    },
    Fixed {
        name: String,
        size: usize,
    },
    /// Confluent's record of values without a schema; it is recursive, and always the same.
    Anything,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) doc: Option<String>,
    pub(crate) default: Option<Value>,
    pub(crate) node: Arc<Node>,
    pub(crate) props: Map<String, Value>,
}

/// Named types that were defined before.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// None: the definition is not at its end.
    types: HashMap<String, Option<Arc<Node>>>,
}

impl Node {
    /// Makes a type without properties.
    pub(crate) fn new(kind: Kind) -> Node {
        let depth = 1 + kind.inside().map(|node| node.depth).max().unwrap_or(0);
        Node { kind, doc: None, props: Map::new(), depth }
    }

    /// Parses a schema. Names it defines are added to `names`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn parse(text: &str, names: &mut Names) -> Result<Arc<Node>, String> {
        let json: Value = match serde_json::from_str(text) {
            Ok(json) => json,
            // As Java's parser has it, a bare word is a type.
            Err(_) if text.chars().all(|letter| letter.is_ascii_alphanumeric()) => Value::from(text),
            Err(error) => return Err(format!("the Avro schema is no JSON: {error}")),
        };
        names.read(&json, "")
    }

    /// Returns a named type's full name.
    pub(crate) fn full_name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Record { name, .. } | Kind::Enum { name, .. } | Kind::Fixed { name, .. } => Some(name),
            Kind::Anything => Some(ANYTHING),
            _ => None,
        }
    }

    /// Tells whether values of both have the same form. What stands in a type's second definition besides, such as its
    /// docs, is left out, as Java's Avro does.
    pub(crate) fn is_same_form(&self, other: &Node) -> bool {
        const MEANING: [&str; 4] = ["logicalType", "precision", "scale", "connect.type"];
        let all = |own: &[Arc<Node>], others: &[Arc<Node>]| {
            own.len() == others.len() && own.iter().zip(others).all(|(own, other)| own.is_same_form(other))
        };
        let kinds = match (&self.kind, &other.kind) {
            (Kind::Array(own), Kind::Array(other)) | (Kind::Map(own), Kind::Map(other)) => own.is_same_form(other),
            (Kind::Union(own), Kind::Union(others)) => all(own, others),
            (Kind::Record { name, fields }, Kind::Record { name: other, fields: others }) => {
                let same =
                    |(own, other): (&Field, &Field)| own.name == other.name && own.node.is_same_form(&other.node);
                name == other && fields.len() == others.len() && fields.iter().zip(others).all(same)
            }
            (Kind::Enum { name, symbols, .. }, Kind::Enum { name: other, symbols: others, .. }) => {
                name == other && symbols == others
            }
            (own, other) => own == other,
        };
        kinds && MEANING.iter().all(|key| self.props.get(*key) == other.props.get(*key))
    }

    /// Returns a property that is text.
    pub(crate) fn prop(&self, key: &str) -> Option<&str> {
        self.props.get(key).and_then(Value::as_str)
    }
}

impl Kind {
    /// Makes a union.
    ///
    /// # Errors
    /// Refuses two members of one type, or of one name.
    pub(crate) fn union(members: Vec<Arc<Node>>) -> Result<Kind, String> {
        let mut seen = HashSet::new();
        match members.iter().find(|member| !seen.insert(member.full_name().unwrap_or(member.kind.type_name()))) {
            Some(twice) => {
                let name = twice.full_name().unwrap_or(twice.kind.type_name());
                Err(format!("Duplicate in union: an Avro union has {name} twice"))
            }
            None => Ok(Kind::Union(members)),
        }
    }

    fn inside(&self) -> impl Iterator<Item = &Arc<Node>> {
        let (one, many, fields) = match self {
            Kind::Array(node) | Kind::Map(node) => (Some(node), &[][..], &[][..]),
            Kind::Union(nodes) => (None, &nodes[..], &[][..]),
            Kind::Record { fields, .. } => (None, &[][..], &fields[..]),
            _ => (None, &[][..], &[][..]),
        };
        one.into_iter().chain(many).chain(fields.iter().map(|field| &field.node))
    }

    /// Returns the type's own name in JSON.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Int => "int",
            Kind::Long => "long",
            Kind::Float => "float",
            Kind::Double => "double",
            Kind::Bytes => "bytes",
            Kind::Text => "string",
            Kind::Array(_) => "array",
            Kind::Map(_) => "map",
            Kind::Union(_) => "union",
            Kind::Record { .. } | Kind::Anything => "record",
            Kind::Enum { .. } => "enum",
            Kind::Fixed { .. } => "fixed",
        }
    }
}

/// Returns the namespace of a full name, and what is behind it.
pub(crate) fn split_name(full: &str) -> (&str, &str) {
    full.rsplit_once('.').unwrap_or(("", full))
}

impl Names {
    fn read(&mut self, json: &Value, space: &str) -> Result<Arc<Node>, String> {
        let node = match json {
            Value::String(name) => return self.named(name, space),
            Value::Array(members) => {
                let members = members.iter().map(|member| self.read(member, space)).collect::<Result<Vec<_>, _>>()?;
                if members.iter().any(|member| matches!(member.kind, Kind::Union(_))) {
                    return Err("Nested union: an Avro union is directly in a union".to_owned());
                }
                Node::new(Kind::union(members)?)
            }
            Value::Object(object) => match object.get("type") {
                Some(Value::String(name)) => self.object(object, name, space)?,
                // {"type": {"type": …}}: the properties outside are of no account.
                Some(inside @ (Value::Object(_) | Value::Array(_))) => return self.read(inside, space),
                _ => return Err("an Avro schema has no `type`".to_owned()),
            },
            other => return Err(format!("an Avro schema can't be {other}")),
        };
        if node.depth > DEPTH {
            return Err(format!("an Avro schema nests deeper than {DEPTH} types"));
        }
        let node = Arc::new(node);
        if let Some(name) = node.full_name() {
            self.types.insert(name.to_owned(), Some(Arc::clone(&node)));
        }
        Ok(node)
    }

    fn named(&mut self, name: &str, space: &str) -> Result<Arc<Node>, String> {
        if let Some(kind) = primitive(name) {
            return Ok(Arc::new(Node::new(kind)));
        }
        let full = if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") };
        let known = self.types.get(&full).or_else(|| self.types.get(name));
        match known {
            Some(Some(node)) => Ok(Arc::clone(node)),
            Some(None) => Err(format!("the Avro type {full} is recursive, which Connect's schemas can't express")),
            None => Err(format!("the Avro type {full} is not defined")),
        }
    }

    fn object(&mut self, object: &Map<String, Value>, name: &str, space: &str) -> Result<Node, String> {
        let inside = |key: &str| object.get(key).ok_or_else(|| format!("an Avro {name} has no `{key}`"));
        let (kind, known): (Kind, &[&str]) = match name {
            "array" => (Kind::Array(self.read(inside("items")?, space)?), &["items"]),
            "map" => (Kind::Map(self.read(inside("values")?, space)?), &["values"]),
            "record" | "error" => (self.record(object, space)?, &["name", "namespace", "doc", "fields", "aliases"]),
            "enum" => {
                (self.enumeration(object, space)?, &["name", "namespace", "doc", "symbols", "default", "aliases"])
            }
            "fixed" => {
                let size = inside("size")?.as_u64().and_then(|size| usize::try_from(size).ok());
                let size =
                    size.filter(|size| *size <= 16 << 20).ok_or("the `size` of an Avro fixed is out of range")?;
                (
                    Kind::Fixed { name: self.define(object, space)?, size },
                    &["name", "namespace", "doc", "size", "aliases"],
                )
            }
            other => match primitive(other) {
                Some(kind) => (kind, &[]),
                None => return Ok((*self.named(other, space)?).clone()),
            },
        };
        let mut node = Node::new(kind);
        if node.full_name().is_some() {
            node.doc = object.get("doc").and_then(Value::as_str).map(str::to_owned);
        }
        node.props = others(object, known);
        Ok(node)
    }

    /// Returns the full name of a type that is being defined.
    fn define(&mut self, object: &Map<String, Value>, space: &str) -> Result<String, String> {
        let name = object.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or("an Avro record, enum or fixed has no `name`")?;
        let space = object.get("namespace").and_then(Value::as_str).unwrap_or(space);
        let full = if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") };
        if self.types.insert(full.clone(), None).is_some() && full != ANYTHING {
            return Err(format!("Can't redefine: {full}"));
        }
        Ok(full)
    }

    fn record(&mut self, object: &Map<String, Value>, space: &str) -> Result<Kind, String> {
        let name = self.define(object, space)?;
        if name == ANYTHING {
            return Ok(Kind::Anything);
        }
        let list = object.get("fields").and_then(Value::as_array);
        let list = list.ok_or_else(|| format!("the Avro record {name} has no `fields`"))?;
        let mut fields: Vec<Field> = Vec::with_capacity(list.len());
        let mut seen = HashSet::new();
        for field in list {
            let object = field.as_object().ok_or("a field of an Avro record must be an object")?;
            let known = |key: &str| object.get(key).and_then(Value::as_str);
            let own = known("name").ok_or_else(|| format!("a field of the Avro record {name} has no `name`"))?;
            if !seen.insert(own) {
                return Err(format!("the Avro record {name} has two fields {own}"));
            }
            let node = object.get("type").ok_or_else(|| format!("the field {own} has no `type`"))?;
            let node = self.read(node, split_name(&name).0)?;
            fields.push(Field {
                name: own.to_owned(),
                doc: known("doc").map(str::to_owned),
                default: object.get("default").map(|default| number(default, &node)).transpose()?,
                node,
                props: others(object, &["name", "doc", "default", "order", "aliases"]),
            });
        }
        Ok(Kind::Record { name, fields })
    }

    fn enumeration(&mut self, object: &Map<String, Value>, space: &str) -> Result<Kind, String> {
        let name = self.define(object, space)?;
        let symbols = object.get("symbols").and_then(Value::as_array);
        let symbols = symbols.ok_or_else(|| format!("the Avro enum {name} has no `symbols`"))?;
        let text = |symbol: &Value| symbol.as_str().map(str::to_owned).ok_or("a symbol of an Avro enum must be text");
        let symbols = symbols.iter().map(text).collect::<Result<Vec<_>, _>>()?;
        Ok(Kind::Enum { name, symbols, default: object.get("default").and_then(Value::as_str).map(str::to_owned) })
    }
}

/// Returns a default; as in Java, one of a number with a fraction may be text.
fn number(default: &Value, node: &Node) -> Result<Value, String> {
    match (default, &node.kind) {
        (Value::String(text), Kind::Float | Kind::Double) => {
            let number = text.trim().parse::<f64>().map_err(|_| format!("a default of a number can't be {default}"))?;
            Ok(number.into())
        }
        _ => Ok(default.clone()),
    }
}

fn others(object: &Map<String, Value>, known: &[&str]) -> Map<String, Value> {
    let other = object.iter().filter(|(key, _)| *key != "type" && !known.contains(&key.as_str()));
    other.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn primitive(name: &str) -> Option<Kind> {
    Some(match name {
        "null" => Kind::Null,
        "boolean" => Kind::Boolean,
        "int" => Kind::Int,
        "long" => Kind::Long,
        "float" => Kind::Float,
        "double" => Kind::Double,
        "bytes" => Kind::Bytes,
        "string" => Kind::Text,
        _ => return None,
    })
}
