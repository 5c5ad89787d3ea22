//! The WIT package: it parses, and every item of it is documented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

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
