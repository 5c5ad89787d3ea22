//! The WIT package: it parses, and every item of it is documented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;

use wit_parser::{Docs, Resolve, TypeDefKind, WorldItem};

fn package() -> (Resolve, wit_parser::PackageId) {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let (package, _) = resolve.push_dir(folder).unwrap();
    (resolve, package)
}

fn check(silent: &mut Vec<String>, name: String, docs: &Docs) {
    if docs.contents.as_ref().is_none_or(|words| words.trim().is_empty()) {
        silent.push(name);
    }
}

#[test]
fn every_interface_world_type_and_function_is_documented() {
    let (resolve, package) = package();
    let mut silent = Vec::new();
    for (name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        check(&mut silent, name.clone(), &interface.docs);
        for (function, item) in &interface.functions {
            check(&mut silent, format!("{name}.{function}"), &item.docs);
        }
        for (type_name, id) in &interface.types {
            let item = &resolve.types[*id];
            if !matches!(item.kind, TypeDefKind::Type(_)) {
                check(&mut silent, format!("{name}.{type_name}"), &item.docs);
            }
        }
    }
    for (name, id) in &resolve.packages[package].worlds {
        check(&mut silent, format!("world {name}"), &resolve.worlds[*id].docs);
    }
    assert!(silent.is_empty(), "without a word: {silent:#?}");
}

#[test]
fn no_item_has_a_name_that_a_bound_language_can_not_say() {
    let banned = ["drop", "new", "from", "map", "types", "type", "import", "async", "await", "class", "default"];
    let (resolve, package) = package();
    let mut found = Vec::new();
    for (name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        let functions = interface.functions.values().map(|function| function.item_name().to_owned());
        let names = functions.chain(interface.types.keys().cloned()).chain([name.clone()]);
        found.extend(names.filter(|name| banned.contains(&name.as_str())).map(|item| format!("{name}.{item}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn each_world_exports_what_its_plugins_need() {
    let (resolve, package) = package();
    let exports = |world: &str| -> Vec<String> {
        let world = &resolve.worlds[resolve.packages[package].worlds[world]];
        let interfaces = world.exports.values().filter_map(|item| match item {
            WorldItem::Interface { id, .. } => resolve.interfaces[*id].name.clone(),
            _ => None,
        });
        interfaces.collect()
    };
    assert_eq!(exports("transforms"), ["plugin", "transform", "predicate"]);
    assert_eq!(exports("sources"), ["plugin", "connector", "source"]);
    assert_eq!(exports("sinks"), ["plugin", "connector", "sink"]);
}

/// What is published of 0.1.0. Never edit it: a component that somebody built relies on it.
const PUBLISHED: &str = include_str!("airlock-connect-0.1.0.wit");

fn printed() -> String {
    let (resolve, package) = package();
    let mut printer = wit_component::WitPrinter::default();
    printer.emit_docs(false);
    printer.print(&resolve, package, &[]).unwrap();
    printer.output.to_string()
}

/// The items of a block, by their first line: interfaces and worlds of a package, functions and types of an
/// interface, methods of a resource.
fn items(text: &str) -> BTreeMap<String, String> {
    let mut items = BTreeMap::new();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    while let Some(first) = lines.next() {
        let indent = first.len() - first.trim_start().len();
        let mut item = String::new();
        if first.ends_with('{') {
            for line in lines.by_ref().take_while(|line| line.len() - line.trim_start().len() > indent) {
                item.push_str(line);
                item.push('\n');
            }
        }
        items.insert(first.trim().to_owned(), item);
    }
    items
}

/// Says what is new in a block.
fn additions(name: &str, (old, new): (&str, &str)) -> Vec<String> {
    let (old, new) = (items(old), items(new));
    new.keys().filter(|item| !old.contains_key(*item)).map(|item| format!("{name}: new: {item}")).collect()
}

/// Says what of a block is gone or another thing.
fn losses(name: &str, (old, new): (&str, &str)) -> Vec<String> {
    let (old, new) = (items(old), items(new));
    let mut found = Vec::new();
    for (item, text) in &old {
        match new.get(item) {
            None => found.push(format!("{name}: gone: {item}")),
            Some(now) if item.starts_with("resource ") => {
                found.extend(losses(&format!("{name}.{item}"), (text, now)));
            }
            Some(now) if now != text => found.push(format!("{name}: changed: {item}")),
            Some(_) => {}
        }
    }
    found
}

/// Imports may grow, since older components don't call what is new. Exports may not: older components don't
/// have it. No type ever changes.
fn breaches(new: &str) -> Vec<String> {
    let (old, new) = (items(PUBLISHED), items(new));
    let exported = ["plugin", "transform", "predicate", "connector", "source", "sink"];
    let mut found = Vec::new();
    for (name, text) in old.iter().filter(|(name, _)| name.starts_with("interface ")) {
        match new.get(name) {
            None => found.push(format!("gone: {name}")),
            Some(now) => {
                found.extend(losses(name, (text, now)));
                if exported.iter().any(|exported| *name == format!("interface {exported} {{")) {
                    found.extend(additions(name, (text, now)));
                }
            }
        }
    }
    found
}

#[test]
fn what_is_published_is_kept() {
    let found = breaches(&printed());
    assert!(found.is_empty(), "components that exist would break; make it a new version instead: {found:#?}");
}

#[test]
fn a_breach_of_what_is_published_is_found() {
    let changed = |old: &str, new: &str| {
        assert!(PUBLISHED.contains(old), "{old}");
        breaches(&PUBLISHED.replacen(old, new, 1))
    };
    let method = "row-count: func() -> u32;";
    assert_eq!(changed(method, &format!("{method}\n    byte-size: func() -> u64;")), Vec::<String>::new());
    assert_eq!(changed(method, "row-count: func() -> u64;").len(), 1);
    let export = "apply: func(batch: borrow<batch>) -> result<_, error>;";
    assert_eq!(changed(export, &format!("{export}\n  again: func();")).len(), 1);
    assert_eq!(changed("    retriable(string),\n", "").len(), 1);
    assert_eq!(changed("    retriable(string),\n", "    retriable(string),\n    later(string),\n").len(), 1);
}
