//! Schemas that must hold all at once: `allOf`, and keywords of several kinds beside each other.

use indexmap::IndexMap;
use serde_json::Value;

use super::node::{Kind, Node, properties};
use super::to_connect::{Making, Optional};
use crate::pipeline::registry::connect::{Kind as Connect, Schema};

/// How many references are followed on the way to properties.
const DEPTH: usize = 48;

/// The properties of all members: where each is, and whether it is required.
type Properties<'a> = IndexMap<&'a str, (&'a Value, usize, bool)>;

impl<'a> Making<'a> {
    /// Converts to a struct of all properties; where there is none, to the member that says most.
    pub(super) fn all_of(
        &mut self,
        members: &[Node<'a>],
        at: usize,
        (version, optional): (Option<i64>, Optional),
    ) -> Result<Schema, String> {
        let mut all = Properties::new();
        for member in members {
            self.collect((member, at), &mut all, 0)?;
        }
        if !all.is_empty() {
            let mut fields = Vec::with_capacity(all.len());
            for (name, (json, at, required)) in all {
                let field = self.schema(&Node::load(json)?, at, (None, self.presence(required)));
                fields.push((name.to_owned(), field.map_err(|problem| format!("{name}: {problem}"))?));
            }
            return Ok(Schema { optional: optional == Optional::Yes, ..Schema::new(Connect::Struct(fields)) });
        }
        match telling(members) {
            Some(chosen) => self.schema(chosen, at, (version, optional)),
            None => {
                Err("Unsupported criterion allOf: its members are no objects, texts or numbers together".to_owned())
            }
        }
    }

    fn collect(&self, (node, at): (&Node<'a>, usize), all: &mut Properties<'a>, depth: usize) -> Result<(), String> {
        if depth > DEPTH {
            return Err(format!("allOf refers to itself, or nests deeper than {DEPTH}"));
        }
        match &node.kind {
            Kind::All(members) => members.iter().try_for_each(|member| self.collect((member, at), all, depth + 1)),
            Kind::Object(own) => {
                let required = own.get("required").and_then(Value::as_array);
                let required =
                    |name: &str| required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)));
                for (name, json) in properties(own)? {
                    all.insert(name, (json, at, required(name)));
                }
                Ok(())
            }
            Kind::Reference(reference) => {
                let (json, at) = self.find(at, reference)?;
                self.collect((&Node::load(json)?, at), all, depth + 1)
            }
            _ => Ok(()),
        }
    }
}

/// Returns the member that says most of values that are no structs.
fn telling<'n, 'a>(members: &'n [Node<'a>]) -> Option<&'n Node<'a>> {
    let last = |wanted: fn(&Kind<'_>) -> bool| members.iter().rev().find(|member| wanted(&member.kind));
    let combined = last(|kind| matches!(kind, Kind::Any(_) | Kind::All(_)));
    let constant = last(|kind| matches!(kind, Kind::Const(_)));
    let symbols = last(|kind| matches!(kind, Kind::Enum(_)));
    let number = last(|kind| matches!(kind, Kind::Integer | Kind::Number));
    let text = last(|kind| matches!(kind, Kind::Text));
    match (combined, constant, symbols) {
        (Some(combined), ..) => Some(combined),
        (None, Some(_), _) => text.or(number),
        (None, None, Some(symbols)) => text.map(|_| symbols).or(number),
        (None, None, None) if text.is_some() => number.or(text),
        (None, None, None) => last(|kind| matches!(kind, Kind::Reference(_))),
    }
}
