//! From JSON Schema to Connect's schemas.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::names::{self, ENUM, GENERAL_ENUM, GENERAL_UNION, ID, ONE_OF, UNION_PREFIX};
use super::node::{Documents, Kind, Node, properties};
use super::{JsonSchemaOptions, read};
use crate::pipeline::registry::connect::{Kind as Connect, Schema};

/// How deep types may nest. Connect's JSON form nests twice as deep.
const DEPTH: usize = 48;
/// How many types a schema may have, once references are followed.
const MOST: usize = 10_000;

/// Returns the Connect schema. `version` is that of the registry.
///
/// # Errors
/// Says why there is none.
pub(super) fn to_connect(
    documents: &Documents<'_>,
    version: Option<i64>,
    options: &JsonSchemaOptions,
) -> Result<Schema, String> {
    let mut making = Making::new(documents, options);
    let node = Node::load(documents.root())?;
    let mut schema = making.referred(&node, (documents.root(), 0), (version, Optional::AsItSays))?;
    making.name_repeated(&mut schema);
    Ok(schema)
}

/// Whether a schema is made optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Optional {
    AsItSays,
    Yes,
}

/// What may be referred to again, by the address of its JSON.
enum Known {
    /// It is within itself.
    Open,
    Made(Box<Schema>),
}

pub(super) struct Making<'a> {
    documents: &'a Documents<'a>,
    pub(super) options: &'a JsonSchemaOptions,
    known: HashMap<*const Value, Known>,
    /// The last id that a repeated struct got.
    ids: BTreeMap<usize, usize>,
    repeated: HashMap<*const Value, usize>,
    last_id: usize,
    unions: usize,
    left: usize,
    depth: usize,
}

impl<'a> Making<'a> {
    fn new(documents: &'a Documents<'a>, options: &'a JsonSchemaOptions) -> Self {
        Making {
            documents,
            options,
            known: HashMap::new(),
            ids: BTreeMap::new(),
            repeated: HashMap::new(),
            last_id: 0,
            unions: 0,
            left: MOST,
            depth: 0,
        }
    }

    /// Converts a schema of the document `at`.
    pub(super) fn schema(
        &mut self,
        node: &Node<'a>,
        at: usize,
        (version, optional): (Option<i64>, Optional),
    ) -> Result<Schema, String> {
        self.left = self.left.checked_sub(1).ok_or_else(|| format!("a JSON Schema has more than {MOST} types"))?;
        if self.depth >= DEPTH {
            return Err(format!("a JSON Schema nests deeper than {DEPTH} types"));
        }
        self.depth += 1;
        let made = self.made(node, at, (version, optional));
        self.depth -= 1;
        made
    }

    fn made(
        &mut self,
        node: &Node<'a>,
        at: usize,
        (version, optional): (Option<i64>, Optional),
    ) -> Result<Schema, String> {
        let mut schema = match &node.kind {
            Kind::Boolean => Schema::new(Connect::Boolean),
            Kind::Integer | Kind::Number => Schema::new(number(node)?),
            Kind::Text if node.text(names::TYPE) == Some("bytes") => Schema::new(Connect::Bytes),
            Kind::Text => Schema::new(Connect::Text),
            Kind::Const(value) => self.symbols(std::slice::from_ref(value)),
            Kind::Enum(values) => self.symbols(values),
            Kind::Any(members) | Kind::All(members) if members.len() == 1 && self.options.flatten => {
                let only = members.first().ok_or("a union has no members")?;
                return self.schema(only, at, (None, Optional::AsItSays));
            }
            Kind::All(members) => return self.all_of(members, at, (version, optional)),
            Kind::Any(members) => match self.union(members, at, version)? {
                Union::Nullable(schema) => return Ok(schema),
                Union::Struct(schema) => schema,
            },
            Kind::Array(items) => self.array(node, *items, at)?,
            Kind::Object(own) => self.object(node, own, at)?,
            Kind::Reference(reference) => return self.reference(reference, at, (version, optional)),
            Kind::Null => return Err("Unsupported schema type null: Connect has no such type".to_owned()),
            Kind::Other(what) => return Err(format!("Unsupported schema type: {what}, for which Connect has no type")),
        };
        self.describe(node, version, &mut schema)?;
        schema.optional |= optional == Optional::Yes;
        Ok(schema)
    }

    /// Adds what the keywords of all kinds say.
    fn describe(&self, node: &Node<'a>, version: Option<i64>, schema: &mut Schema) -> Result<(), String> {
        schema.name = schema.name.take().or(node.text("title").map(str::to_owned));
        schema.version = node.keyword(names::VERSION).and_then(Value::as_i64).or(version);
        schema.doc = node.text("description").map(str::to_owned);
        let parameters = node.keyword(names::PARAMETERS).and_then(Value::as_object).into_iter().flatten();
        for (key, value) in parameters {
            let text =
                value.as_str().ok_or_else(|| format!("the parameter {key} of connect.parameters must be text"))?;
            schema.set(key, text);
        }
        if let Some(default) = node.keyword("default") {
            let text = self.documents.default_text(default);
            schema.default = read::value(schema, &text).map_err(|problem| format!("the default: {problem}"))?;
        }
        Ok(())
    }

    fn symbols(&self, values: &[Value]) -> Schema {
        let name = if self.options.generalized { GENERAL_ENUM } else { ENUM };
        let mut schema = Schema::new(Connect::Text);
        schema.set(name, "");
        for (index, value) in values.iter().enumerate() {
            let symbol = match value {
                Value::Null => names::NULL_SYMBOL.to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let value = if self.options.generalized { index.to_string() } else { symbol.clone() };
            schema.set(format!("{name}.{symbol}"), value);
        }
        schema
    }

    fn union(&mut self, members: &[Node<'a>], at: usize, version: Option<i64>) -> Result<Union, String> {
        let name = match self.options.generalized {
            true => format!("{UNION_PREFIX}{}", self.unions),
            false => ONE_OF.to_owned(),
        };
        self.unions += usize::from(self.options.generalized);
        let mut some = members.iter().filter(|member| !matches!(member.kind, Kind::Null));
        let nulls = members.len() - some.clone().count();
        if members.len() == 2 && nulls > 0 {
            let some = some.next().ok_or("a union has no member but null")?;
            return self.schema(some, at, (version, Optional::Yes)).map(Union::Nullable);
        }
        let mut fields = Vec::new();
        for (index, member) in some.enumerate() {
            let prefix = if self.options.generalized {
                "connect_union_field_"
            } else {
                "io.confluent.connect.json.OneOf.field."
            };
            fields.push((format!("{prefix}{index}"), self.schema(member, at, (None, Optional::Yes))?));
        }
        let mut schema =
            Schema { name: Some(name.clone()), optional: nulls > 0, ..Schema::new(Connect::Struct(fields)) };
        if self.options.generalized {
            schema.set(GENERAL_UNION, name);
        }
        Ok(Union::Struct(schema))
    }

    fn array(&mut self, node: &Node<'a>, items: Option<&'a Value>, at: usize) -> Result<Schema, String> {
        let items = items.filter(|items| !items.is_array()).ok_or("Array schema did not specify the items type")?;
        let items = Node::load(items)?;
        if let (Some("map"), Kind::Object(own)) = (node.text(names::TYPE), &items.kind) {
            let all = properties(own)?;
            let mut part = |name: &str| {
                let json = all.iter().find(|(known, _)| *known == name).map(|(_, json)| *json);
                let json = json.ok_or_else(|| format!("the entries of a map have no {name}"))?;
                self.schema(&Node::load(json)?, at, (None, Optional::AsItSays))
            };
            return Ok(Schema::new(Connect::Map(Box::new((part("key")?, part("value")?)))));
        }
        Ok(Schema::new(Connect::Array(Box::new(self.schema(&items, at, (None, Optional::AsItSays))?))))
    }

    fn object(&mut self, node: &Node<'a>, own: &'a Map<String, Value>, at: usize) -> Result<Schema, String> {
        if node.text(names::TYPE) == Some("map") {
            let values = own.get("additionalProperties").ok_or("a map has no additionalProperties")?;
            let values = self.schema(&Node::load(values)?, at, (None, Optional::AsItSays))?;
            return Ok(Schema::new(Connect::Map(Box::new((Schema::new(Connect::Text), values)))));
        }
        let required: Vec<&str> =
            own.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut sorted = BTreeMap::new();
        for (name, json) in properties(own)? {
            let index = json.get(names::INDEX).and_then(Value::as_i64);
            sorted.insert(index.unwrap_or(i64::try_from(sorted.len()).unwrap_or(i64::MAX)), (name, json));
        }
        let mut fields = Vec::with_capacity(sorted.len());
        for (name, json) in sorted.into_values() {
            let field = self.schema(&Node::load(json)?, at, (None, self.presence(required.contains(&name))));
            fields.push((name.to_owned(), field.map_err(|problem| format!("{name}: {problem}"))?));
        }
        Ok(Schema::new(Connect::Struct(fields)))
    }

    /// Returns whether a property's field is made optional.
    #[allow(clippy::fn_params_excessive_bools, reason = "what a schema says of a property")]
    pub(super) fn presence(&self, required: bool) -> Optional {
        if self.options.optional_for_nonrequired && !required { Optional::Yes } else { Optional::AsItSays }
    }

    /// Finds what a reference means.
    pub(super) fn find(&self, at: usize, reference: &str) -> Result<(&'a Value, usize), String> {
        self.documents.find(at, reference).map(|(at, json)| (json, at))
    }

    pub(super) fn reference(
        &mut self,
        reference: &str,
        at: usize,
        (version, optional): (Option<i64>, Optional),
    ) -> Result<Schema, String> {
        let (json, at) = self.find(at, reference)?;
        match self.known.get(&std::ptr::from_ref(json)) {
            Some(Known::Open) => Err(format!("{reference} is recursive, which Connect's schemas can't express here")),
            Some(Known::Made(made)) => {
                let mut schema = (**made).clone();
                schema.optional = optional == Optional::Yes;
                self.last_id += 1;
                let next = self.repeated.len();
                let number = *self.repeated.entry(std::ptr::from_ref(json)).or_insert(next);
                self.ids.insert(number, self.last_id);
                // Which id it is isn't known before the last reference.
                schema.set(ID, format!("{number}"));
                Ok(schema)
            }
            None => self.referred(&Node::load(json)?, (json, at), (version, optional)),
        }
    }

    /// Converts what can be referred to.
    fn referred(
        &mut self,
        node: &Node<'a>,
        (json, at): (&'a Value, usize),
        how: (Option<i64>, Optional),
    ) -> Result<Schema, String> {
        let place = std::ptr::from_ref(json);
        self.known.insert(place, Known::Open);
        let made = self.schema(node, at, how);
        self.known.remove(&place);
        if let (Ok(made), Kind::Object(_) | Kind::All(_)) = (&made, &node.kind)
            && matches!(made.kind, Connect::Struct(_))
        {
            self.known.insert(place, Known::Made(Box::new(made.clone())));
        }
        made
    }

    /// Gives each struct that is there more than once the id that it got last, as Java's converter does.
    fn name_repeated(&self, schema: &mut Schema) {
        if let Some(number) = schema.parameters.get_mut(ID)
            && let Some(id) = number.parse().ok().and_then(|number: usize| self.ids.get(&number))
        {
            *number = format!("#id{id}");
        }
        match &mut schema.kind {
            Connect::Array(items) => self.name_repeated(items),
            Connect::Map(inside) => {
                self.name_repeated(&mut inside.0);
                self.name_repeated(&mut inside.1);
            }
            Connect::Struct(fields) => fields.iter_mut().for_each(|(_, field)| self.name_repeated(field)),
            _ => {}
        }
    }
}

enum Union {
    /// A value or null: the value's schema.
    Nullable(Schema),
    Struct(Schema),
}

fn number(node: &Node<'_>) -> Result<Connect, String> {
    Ok(match node.text(names::TYPE) {
        None if matches!(node.kind, Kind::Integer) => Connect::Int64,
        None | Some("float64") => Connect::Float64,
        Some("int8") => Connect::Int8,
        Some("int16") => Connect::Int16,
        Some("int32") => Connect::Int32,
        Some("int64") => Connect::Int64,
        Some("float32") => Connect::Float32,
        Some("bytes") => Connect::Bytes,
        Some(other) => return Err(format!("Unsupported type {other}")),
    })
}
