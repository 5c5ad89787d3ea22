//! Payloads that are JSON in a text, made structs of a schema that is found out.

use std::rc::Rc;

use airlock_sdk::data::{Field, Kind, Schema, Value};
use airlock_sdk::serde_json;
use connect_lib::{json_members, typed};
use serde::de::IgnoredAny;

use super::message::Payload;
use crate::names::{Adjustment, Named};

/// What becomes of nulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    Ignore,
    OptionalBytes,
}

/// How payloads are expanded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expansion {
    pub(super) nulls: Nulls,
    pub(super) adjustment: Adjustment,
}

/// How deep arrays and objects may be in each other, as the stack is small.
const DEEPEST: usize = 200;

/// JSON, in the types that Jackson tells apart.
enum Node {
    Null,
    Boolean(bool),
    Text(String),
    Int(i32),
    Long(i64),
    /// An integer beyond 64 bits.
    Wide,
    Double(f64),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Expansion {
    /// Returns the value that a text holds. The schema of one that doesn't fit it comes with the text, as in Debezium.
    ///
    /// # Errors
    /// The text is no JSON object or array, or has no schema: then it stays as it is.
    pub(super) fn expand(&self, name: &str, text: &str) -> Result<Payload, String> {
        if !text.starts_with(['{', '[']) {
            return Err("it begins with neither a brace nor a bracket".to_owned());
        }
        let node = parse(text)?;
        let schema = self.schema(Some(name), &node)?;
        let value = match (&node, &schema) {
            (Node::Object(_), Some(schema)) => value(&node, schema).ok(),
            _ => None,
        };
        Ok(Payload { schema, value: value.unwrap_or_else(|| Value::from(text)) })
    }

    fn schema(&self, name: Option<&str>, node: &Node) -> Result<Option<Rc<Schema>>, String> {
        let schema = match node {
            Node::Text(_) => Schema::string(),
            Node::Boolean(_) => Schema::boolean(),
            Node::Int(_) => Schema::int32(),
            Node::Long(_) => Schema::int64(),
            Node::Wide | Node::Double(_) => Schema::float64(),
            Node::Array(elements) if elements.is_empty() => return Ok(None),
            Node::Array(elements) => Schema::array(self.element_schema(name, elements)?),
            Node::Object(members) => self.struct_schema(name, members)?,
            Node::Null if self.nulls == Nulls::OptionalBytes => Schema::bytes(),
            Node::Null => return Ok(None),
        };
        Ok(Some(Rc::new(schema.optional())))
    }

    fn struct_schema(&self, name: Option<&str>, members: &[(String, Node)]) -> Result<Schema, String> {
        let mut fields: Vec<Field> = Vec::new();
        for (member, node) in members {
            let field = self.adjustment.adjust(member, Named::Field);
            let inner = match name {
                Some(name) if !name.trim().is_empty() => format!("{name}.{field}"),
                _ => field.clone(),
            };
            if let Some(schema) = self.schema(Some(&inner), node)?
                && fields.iter().all(|known| known.name != field)
            {
                fields.push(Field::new(field, schema));
            }
        }
        Ok(Schema { name: name.map(str::to_owned), ..Schema::new(typed::structure(fields)?) })
    }

    fn element_schema(&self, name: Option<&str>, elements: &[Node]) -> Result<Rc<Schema>, String> {
        let sample = sample(elements)?;
        if !matches!(sample, Node::Object(_)) {
            return self.schema(None, sample)?.ok_or_else(|| "an array has elements of no known type".to_owned());
        }
        let mut distinct: Vec<Rc<Schema>> = Vec::new();
        for element in elements.iter().filter(|element| matches!(element, Node::Object(_))) {
            let schema = self.schema(name, element)?;
            distinct.extend(schema.filter(|schema| !distinct.contains(schema)));
        }
        let mut distinct = distinct.into_iter();
        let first = distinct.next().ok_or("an array has no objects")?;
        Ok(distinct.fold(first, |merged, next| merge(&merged, &next)))
    }
}

/// Returns the first element that isn't null, once all are of its type.
fn sample(elements: &[Node]) -> Result<&Node, String> {
    let mut present = elements.iter().filter(|element| !matches!(element, Node::Null));
    let Some(first) = present.next() else { return Ok(&Node::Null) };
    let kind = |node: &Node| match node {
        Node::Wide => std::mem::discriminant(&Node::Double(0.0)),
        other => std::mem::discriminant(other),
    };
    match present.all(|element| kind(element) == kind(first)) {
        true => Ok(first),
        false => Err("an array has elements of several types".to_owned()),
    }
}

/// Adds the fields of another struct; what is known to be bytes only because of nulls gets the other type.
fn merge(left: &Schema, right: &Schema) -> Rc<Schema> {
    let mut fields = left.fields().unwrap_or_default().to_vec();
    for field in right.fields().unwrap_or_default() {
        match fields.iter_mut().find(|known| known.name == field.name) {
            None => fields.push(field.clone()),
            Some(known) if known.schema.kind == Kind::Bytes => *known = field.clone(),
            Some(_) => {}
        }
    }
    Rc::new(left.copy_basics(Kind::Struct(fields)))
}

fn value(node: &Node, schema: &Schema) -> Result<Value, String> {
    Ok(match (node, &schema.kind) {
        (Node::Null, _) if schema.optional => Value::Null,
        (Node::Boolean(truth), Kind::Boolean) => Value::Boolean(*truth),
        (Node::Text(text), Kind::String) => Value::from(text.as_str()),
        (Node::Int(number), Kind::Int32) => Value::Int32(*number),
        (Node::Long(number), Kind::Int64) => Value::Int64(*number),
        (Node::Double(number), Kind::Float64) => Value::Float64(*number),
        (Node::Array(elements), Kind::Array(schema)) => {
            Value::Array(elements.iter().map(|element| value(element, schema)).collect::<Result<_, _>>()?)
        }
        (Node::Object(members), Kind::Struct(fields)) => {
            let field = |field: &Field| match members.iter().find(|(name, _)| *name == field.name) {
                Some((_, node)) => value(node, &field.schema),
                None => Ok(Value::Null),
            };
            Value::Struct(fields.iter().map(field).collect::<Result<_, _>>()?)
        }
        _ => return Err("it is not what its schema says".to_owned()),
    })
}

/// Parses the first value of a text, as Jackson does; what is behind it is of no account.
fn parse(text: &str) -> Result<Node, String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => {}
        Some(Err(error)) => return Err(error.to_string()),
        None => return Err("it is empty".to_owned()),
    }
    node(text.get(..values.byte_offset()).unwrap_or_default(), 0)
        .ok_or_else(|| format!("it has texts that are none, or arrays and objects more than {DEEPEST} deep"))
}

fn node(json: &str, depth: usize) -> Option<Node> {
    if depth > DEEPEST {
        return None;
    }
    Some(match json.as_bytes().first()? {
        b'{' => {
            let members = json_members::of(json)?.into_iter();
            let member = |member: json_members::Member<'_>| Some((member.name, node(member.value, depth + 1)?));
            Node::Object(members.map(member).collect::<Option<_>>()?)
        }
        b'[' => {
            let elements = json_members::elements(json)?.into_iter();
            Node::Array(elements.map(|element| node(element, depth + 1)).collect::<Option<_>>()?)
        }
        b'"' => Node::Text(serde_json::from_str(json).ok()?),
        b't' => Node::Boolean(true),
        b'f' => Node::Boolean(false),
        b'n' => Node::Null,
        _ if json.contains(['.', 'e', 'E']) => Node::Double(json.parse().ok()?),
        _ => match json.parse::<i64>() {
            Ok(number) => i32::try_from(number).map_or(Node::Long(number), Node::Int),
            Err(_) => Node::Wide,
        },
    })
}
