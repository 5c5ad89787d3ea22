//! What edits mean, on trees and one row at a time: slow and plain.

use super::generate::{Node, Tree, quoted};
use super::*;

/// What is left of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    Kept(Tree),
    Rejected,
}

/// The change of an operation for one row.
enum RowChange<'a> {
    Leave,
    Remove,
    Put(String),
    Replace(String),
    Rename(&'a str),
    ByKind(&'a [(ValueKind, KindOutcome)]),
    Retain(&'a [String]),
}

enum Choice {
    Keep,
    Put(String),
    Remove,
    Reject,
}

struct Rejected;

/// Edits the row at `position`.
pub(super) fn edit_row(document: &Tree, position: usize, operations: &[EditOperation]) -> Row {
    let mut document = document.clone();
    for operation in operations {
        let change = row_change(&operation.change, position);
        if let ([], RowChange::ByKind(_)) = (&*operation.path, &change) {
            match choose(&change, Some(&document)) {
                Choice::Reject => return Row::Rejected,
                _ => continue,
            }
        }
        let is_null = document == Tree::Leaf("null".to_owned());
        if is_null || matches!(change, RowChange::Leave) {
            continue;
        }
        let path: Vec<&str> = operation.path.iter().map(String::as_str).collect();
        if edit_tree(&mut document, &path, &change).is_err() {
            return Row::Rejected;
        }
    }
    Row::Kept(document)
}

fn row_change(change: &FieldChange, position: usize) -> RowChange<'_> {
    match change {
        FieldChange::Put(value) => value_of(value, position).map_or_else(|none| none, RowChange::Put),
        FieldChange::Replace(value) => value_of(value, position).map_or_else(|none| none, RowChange::Replace),
        FieldChange::Remove => RowChange::Remove,
        FieldChange::Rename(to) => RowChange::Rename(to),
        FieldChange::ByKind(outcomes) => RowChange::ByKind(outcomes),
        FieldChange::Retain(names) => RowChange::Retain(names),
    }
}

fn value_of<'a>(value: &FieldValue, position: usize) -> Result<String, RowChange<'a>> {
    let column = match value {
        FieldValue::Constant(text) => return Ok(String::from_utf8(text.clone()).unwrap()),
        FieldValue::Column(column) => column,
    };
    let state = |states: &[i8]| states.get(position).map_or(0, |state| i32::from(*state));
    let value = match column {
        FieldColumn::Json(column) => rows_of(column)[position].clone(),
        FieldColumn::Text(column) => rows_of(column)[position].clone().map(|text| quoted(&text)),
        FieldColumn::Integer(column) => present(state(&column.states)).map(|()| column.values[position].to_string()),
        FieldColumn::Number(column) => {
            present(state(&column.states)).map(|()| format!("{:?}", column.values[position]))
        }
    };
    value.or_else(|sentinel| match sentinel {
        NULL => Ok("null".to_owned()),
        ABSENT => Err(RowChange::Remove),
        _ => Err(RowChange::Leave),
    })
}

fn present(state: i32) -> Result<(), i32> {
    if state == 0 { Ok(()) } else { Err(state) }
}

/// Parses text that a change writes.
fn tree_of(text: &str) -> Tree {
    struct Members(Vec<(String, Box<serde_json::value::RawValue>)>);
    impl<'de> serde::Deserialize<'de> for Members {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Members;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                    let mut members = Vec::new();
                    while let Some(member) = map.next_entry()? {
                        members.push(member);
                    }
                    Ok(Members(members))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    match serde_json::from_str::<Members>(text) {
        Ok(Members(members)) => {
            Tree::Object(members.into_iter().map(|(name, value)| Node::new(&name, tree_of(value.get()))).collect())
        }
        Err(_) => Tree::Leaf(text.to_owned()),
    }
}

pub(super) fn kind_of(tree: &Tree) -> ValueKind {
    let Tree::Leaf(text) = tree else { return ValueKind::Object };
    match &text[..1] {
        "n" => ValueKind::Null,
        "t" | "f" => ValueKind::Boolean,
        "\"" => ValueKind::Text,
        "[" => ValueKind::Array,
        _ if text.contains(['.', 'e', 'E']) => ValueKind::Fraction,
        _ => ValueKind::Integer,
    }
}

fn choose(change: &RowChange<'_>, field: Option<&Tree>) -> Choice {
    let kind = field.map_or(ValueKind::Absent, kind_of);
    match change {
        RowChange::Leave | RowChange::Rename(_) | RowChange::Retain(_) => Choice::Keep,
        RowChange::Remove => Choice::Remove,
        RowChange::Put(text) => Choice::Put(text.clone()),
        RowChange::Replace(text) => field.map_or(Choice::Keep, |_| Choice::Put(text.clone())),
        RowChange::ByKind(outcomes) => match outcomes.iter().find(|(of, _)| *of == kind) {
            None | Some((_, KindOutcome::Keep)) => Choice::Keep,
            Some((_, KindOutcome::Put(text))) => Choice::Put(String::from_utf8(text.clone()).unwrap()),
            Some((_, KindOutcome::Remove)) => Choice::Remove,
            Some((_, KindOutcome::Reject(_))) => Choice::Reject,
        },
    }
}

fn edit_tree(tree: &mut Tree, path: &[&str], change: &RowChange<'_>) -> Result<(), Rejected> {
    let Tree::Object(nodes) = tree else { return Err(Rejected) };
    let (Some((name, below)), false) = (path.split_first(), is_retained(nodes, path, change)) else { return Ok(()) };
    let name = *name;
    let Some(last) = nodes.iter().rposition(|node| node.name == name) else {
        return add(nodes, (name, below), change);
    };
    if !below.is_empty() || matches!(change, RowChange::Retain(_)) {
        let mut gone = Vec::new();
        for (index, node) in nodes.iter_mut().enumerate().filter(|(_, node)| node.name == name) {
            let is_leaf = matches!(node.value, Tree::Leaf(_));
            let no_object = !matches!(node.value, Tree::Object(_));
            let edited = match choose(change, None) {
                // Nothing is there to be changed, and nothing would be added.
                Choice::Keep | Choice::Remove if no_object => Ok(()),
                _ => edit_tree(&mut node.value, below, change),
            };
            match edited {
                Err(Rejected) if index == last => return Err(Rejected),
                // One that a later one hides: a scalar stays, an object that would be rejected goes.
                Err(Rejected) if !is_leaf => gone.push(index),
                _ => {}
            }
        }
        let mut index = 0..;
        nodes.retain(|_| !gone.contains(&index.next().unwrap()));
        return Ok(());
    }
    edit_field(nodes, (name, last), change)
}

/// Retains what is to be retained of an object, if the path ends here.
fn is_retained(nodes: &mut Vec<Node>, path: &[&str], change: &RowChange<'_>) -> bool {
    let RowChange::Retain(names) = change else { return false };
    if path.is_empty() {
        nodes.retain(|node| names.contains(&node.name));
    }
    path.is_empty()
}

fn add(nodes: &mut Vec<Node>, (name, below): (&str, &[&str]), change: &RowChange<'_>) -> Result<(), Rejected> {
    match choose(change, None) {
        Choice::Reject => Err(Rejected),
        Choice::Keep | Choice::Remove => Ok(()),
        Choice::Put(text) => {
            let wrap = |value: Tree, name: &&str| Tree::Object(vec![Node::new(name, value)]);
            nodes.push(Node::new(name, below.iter().rev().fold(tree_of(&text), wrap)));
            Ok(())
        }
    }
}

fn edit_field(nodes: &mut Vec<Node>, (name, last): (&str, usize), change: &RowChange<'_>) -> Result<(), Rejected> {
    if let RowChange::Rename(to) = change {
        if *to != name {
            nodes.retain(|node| node.name != *to);
            nodes.iter_mut().filter(|node| node.name == name).for_each(|node| {
                *node = Node::new(to, node.value.clone());
            });
        }
        return Ok(());
    }
    match choose(change, Some(&nodes[last].value)) {
        Choice::Reject => return Err(Rejected),
        Choice::Remove => nodes.retain(|node| node.name != name),
        Choice::Put(text) => {
            let named = nodes.iter_mut().filter(|node| node.name == name);
            named.for_each(|node| node.value = tree_of(&text));
        }
        Choice::Keep => {
            let kept = nodes[last].clone();
            let mut index = 0..;
            nodes.retain(|node| {
                let hidden = index.next().unwrap() != last && node.name == kept.name;
                !hidden || matches!(choose(change, Some(&node.value)), Choice::Keep)
            });
        }
    }
    Ok(())
}

/// The text of the field at `path`.
pub(super) fn field<'a>(tree: &'a Tree, path: &[String]) -> Option<&'a Tree> {
    let Some((name, below)) = path.split_first() else { return Some(tree) };
    let Tree::Object(nodes) = tree else { return None };
    field(&nodes.iter().rfind(|node| node.name == *name)?.value, below)
}
