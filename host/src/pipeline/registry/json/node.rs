//! JSON Schema as the loader of Java's converter (Everit's library) sees it: each schema is of one kind; keywords of
//! several kinds beside each other are an `allOf` of those. References are looked up, not followed.

use serde_json::{Map, Value};

use super::exact::Defaults;
use crate::pipeline::registry::format::{Definition, Referenced};

const OBJECT: [&str; 8] = [
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "dependencies",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
];
const ARRAY: [&str; 6] = ["items", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"];
const NUMBER: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const TEXT: [&str; 4] = ["minLength", "maxLength", "pattern", "format"];

/// A schema, and the object that it stands in; a member that came of keywords beside others has none of its own.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) own: Option<&'a Map<String, Value>>,
}

/// Of which kind it is.
#[derive(Debug, Clone)]
pub(super) enum Kind<'a> {
    Boolean,
    Integer,
    Number,
    Text,
    Null,
    Const(&'a Value),
    Enum(&'a [Value]),
    /// Of `oneOf` or `anyOf`.
    Any(Vec<Node<'a>>),
    All(Vec<Node<'a>>),
    Array(Option<&'a Value>),
    Object(&'a Map<String, Value>),
    Reference(&'a str),
    /// What Connect has no type for; how it is called.
    Other(&'static str),
}

impl<'a> Node<'a> {
    /// Sees a schema.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn load(json: &'a Value) -> Result<Node<'a>, String> {
        let own = match json {
            Value::Object(own) => own,
            Value::Bool(_) => return Ok(Node { kind: Kind::Other("true or false"), own: None }),
            other => return Err(format!("a JSON Schema can't be {other}").chars().take(300).collect()),
        };
        if let Some(reference) = own.get("$ref") {
            let reference = reference.as_str().ok_or("a $ref must be text")?;
            return Ok(Node { kind: Kind::Reference(reference), own: Some(own) });
        }
        let mut kinds = kinds(own)?;
        let kind = match kinds.len() {
            0 => Kind::Other("anything"),
            1 => kinds.remove(0),
            _ => Kind::All(sorted(kinds.into_iter().map(|kind| Node { kind, own: None }).collect())),
        };
        Ok(Node { kind, own: Some(own) })
    }

    /// Returns what a keyword says.
    pub(super) fn keyword(&self, name: &str) -> Option<&'a Value> {
        self.own?.get(name)
    }

    /// Returns a keyword's text.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.keyword(name)?.as_str()
    }
}

fn kinds(own: &Map<String, Value>) -> Result<Vec<Kind<'_>>, String> {
    let mut kinds = Vec::new();
    if let Some(symbols) = own.get("enum") {
        kinds.push(Kind::Enum(symbols.as_array().ok_or("an enum must be an array")?));
    }
    for keyword in ["oneOf", "anyOf", "allOf"] {
        let Some(members) = own.get(keyword) else { continue };
        let members = members.as_array().ok_or_else(|| format!("{keyword} must be an array"))?;
        let members = sorted(members.iter().map(Node::load).collect::<Result<_, _>>()?);
        kinds.push(if keyword == "allOf" { Kind::All(members) } else { Kind::Any(members) });
    }
    if own.contains_key("not") {
        kinds.push(Kind::Other("not"));
    }
    if let Some(value) = own.get("const") {
        kinds.push(Kind::Const(value));
    }
    let types = types(own, &mut kinds)?;
    kinds.extend(implied(own, &types));
    Ok(kinds)
}

/// Adds the kinds that `type` names, and returns the names.
fn types<'a>(own: &'a Map<String, Value>, kinds: &mut Vec<Kind<'a>>) -> Result<Vec<&'a str>, String> {
    match own.get("type") {
        None => Ok(Vec::new()),
        Some(Value::String(name)) => {
            kinds.push(typed(name, own)?);
            Ok(vec![name])
        }
        Some(Value::Array(all)) => {
            let names = all.iter().map(|name| name.as_str().ok_or("a type must be text"));
            let names = names.collect::<Result<Vec<_>, _>>()?;
            let member = |name: &&str| Ok::<_, String>(Node { kind: typed(name, own)?, own: None });
            kinds.push(Kind::Any(names.iter().map(member).collect::<Result<_, _>>()?));
            Ok(names)
        }
        Some(other) => Err(format!("unknown type: {other}").chars().take(300).collect()),
    }
}

/// Returns the kinds of keywords that no type accounts for.
fn implied<'a>(own: &'a Map<String, Value>, types: &[&str]) -> Vec<Kind<'a>> {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| own.contains_key(*keyword));
    let none = |names: &[&str]| !names.iter().any(|name| types.contains(name));
    let implied = [
        (has(&ARRAY) && none(&["array"])).then(|| Kind::Array(own.get("items"))),
        (has(&OBJECT) && none(&["object"])).then_some(Kind::Object(own)),
        (has(&NUMBER) && none(&["integer", "number"])).then_some(Kind::Number),
        (has(&TEXT) && none(&["string"])).then_some(Kind::Text),
        has(&["if", "then", "else"]).then_some(Kind::Other("if")),
    ];
    implied.into_iter().flatten().collect()
}

fn typed<'a>(name: &str, own: &'a Map<String, Value>) -> Result<Kind<'a>, String> {
    Ok(match name {
        "string" => Kind::Text,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "null" => Kind::Null,
        "array" => Kind::Array(own.get("items").filter(|items| !items.is_array())),
        "object" => Kind::Object(own),
        other => return Err(format!("unknown type: [{other}]").chars().take(300).collect()),
    })
}

/// Puts those first that are made of others, as Java's library does. It sorts the others by their hash codes, which
/// are nobody's.
fn sorted(mut members: Vec<Node<'_>>) -> Vec<Node<'_>> {
    members.sort_by_key(|member| !matches!(member.kind, Kind::Any(_) | Kind::All(_)));
    members
}

/// A schema's document, and those that it names.
#[derive(Debug)]
pub(super) struct Documents<'a> {
    root: Value,
    named: Vec<(String, Value)>,
    defaults: Defaults<'a>,
}

impl<'a> Documents<'a> {
    /// Parses them.
    ///
    /// # Errors
    /// Says which is no JSON.
    pub(super) fn new(definition: Definition<'a>) -> Result<Documents<'a>, String> {
        let parse = |text: &str| {
            serde_json::from_str::<Value>(text).map_err(|error| format!("the JSON Schema is no JSON: {error}"))
        };
        let named = |referenced: &Referenced| {
            let json = parse(&referenced.text).map_err(|error| format!("{}: {error}", referenced.name))?;
            Ok::<_, String>((referenced.name.clone(), json))
        };
        let named = definition.references.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        let mut documents = Documents { root: parse(definition.text)?, named, defaults: Defaults::default() };
        // A default is within an object, whose members stay where they are in memory.
        documents.defaults.add(&documents.root, definition.text);
        for ((_, json), referenced) in documents.named.iter().zip(definition.references) {
            documents.defaults.add(json, &referenced.text);
        }
        Ok(documents)
    }

    /// Returns how a default is written, with all digits.
    pub(super) fn default_text(&self, default: &Value) -> String {
        self.defaults.text(default)
    }

    /// Returns the schema itself.
    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// Finds what a schema in the document `at` (0 is the root) refers to: its document and its JSON.
    ///
    /// # Errors
    /// Says that there is no such thing. Nothing is fetched from elsewhere.
    pub(super) fn find(&self, at: usize, reference: &str) -> Result<(usize, &Value), String> {
        let unknown = || format!("the JSON Schema refers to {reference}, which it and its references don't have");
        let (document, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let at = if document.is_empty() { at } else { self.document(at, document).ok_or_else(unknown)? };
        let json = self.json(at).ok_or_else(unknown)?;
        let found = match pointer {
            "" => Some(json),
            pointer if pointer.starts_with('/') => {
                let pointer = percent_decoded(pointer);
                // What is in `definitions` is found in `$defs` too.
                json.pointer(&pointer)
                    .or_else(|| json.pointer(&format!("/definitions{}", pointer.strip_prefix("/$defs")?)))
            }
            _ => by_id(json, reference),
        };
        found.map(|found| (at, found)).ok_or_else(unknown)
    }

    fn json(&self, at: usize) -> Option<&Value> {
        match at.checked_sub(1) {
            None => Some(&self.root),
            Some(at) => self.named.get(at).map(|(_, json)| json),
        }
    }

    /// Returns the document of a name, as it stands there or relative to the id of the document `at`.
    fn document(&self, at: usize, name: &str) -> Option<usize> {
        let base = |at: usize| self.json(at)?.get("$id").or(self.json(at)?.get("id"))?.as_str();
        let resolved = |at: usize, name: &str| {
            let url = url::Url::parse(base(at)?).ok()?.join(name).ok()?;
            Some(url.to_string())
        };
        let wanted = resolved(at, name);
        let same = |known: &str| {
            let known_url = resolved(0, known);
            known == name || (wanted.is_some() && (wanted.as_deref() == Some(known) || wanted == known_url))
        };
        if base(at).is_some_and(|id| id.trim_end_matches('#') == name) {
            return Some(at);
        }
        let named = self.named.iter().position(|(known, _)| same(known)).map(|at| at + 1);
        named.or_else(|| (wanted.is_some() && wanted.as_deref() == base(0)).then_some(0))
    }
}

/// Finds the schema that has an id.
fn by_id<'a>(json: &'a Value, id: &str) -> Option<&'a Value> {
    let own = |key: &str| json.get(key).and_then(Value::as_str) == Some(id);
    if own("$id") || own("id") {
        return Some(json);
    }
    match json {
        Value::Object(inside) => inside.values().find_map(|inside| by_id(inside, id)),
        Value::Array(inside) => inside.iter().find_map(|inside| by_id(inside, id)),
        _ => None,
    }
}

fn percent_decoded(text: &str) -> String {
    let plain = text.replace('+', "%2B").replace('&', "%26");
    url::form_urlencoded::parse(format!("a={plain}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Returns an object's properties in the order in which Java's `HashMap` has them, which the loader keeps them in.
pub(super) fn properties(own: &Map<String, Value>) -> Result<Vec<(&str, &Value)>, String> {
    let Some(all) = own.get("properties") else { return Ok(Vec::new()) };
    let all = all.as_object().ok_or("properties must be an object")?;
    let buckets = (all.len() * 4 / 3 + 1).next_power_of_two() as u32;
    let bucket = |name: &str| {
        let hash = name.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
        (hash ^ hash >> 16) & (buckets - 1)
    };
    let mut sorted: Vec<_> = all.iter().map(|(name, json)| (name.as_str(), json)).collect();
    sorted.sort_by_key(|(name, _)| bucket(name));
    Ok(sorted)
}
