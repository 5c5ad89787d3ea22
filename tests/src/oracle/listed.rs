//! The differences that docs/compatibility.md lists, with their reasons: those are not compared.

use std::collections::BTreeSet;

use super::case::{Case, Failure, Outcome, Question};
use super::notation::{Datum, Record, Value};

/// Tells whether Airlock refuses a configuration for a reason that is listed: patterns that it can't match exactly as
/// Java does, and replacements that fail at each match in Java.
pub fn is_refusal(failure: &Failure) -> bool {
    let words = failure.message.as_deref().unwrap_or_default();
    words.contains("can't be used here") || words.contains("key: \"replacement\"")
}

/// Tells whether what becomes of a record differs for a reason that is listed.
pub fn is_outcome(case: &Case, record: &Record, found: &Outcome) -> bool {
    let Question::Transform(transform) = &case.question else { return false };
    if transform.class.contains("ReplaceField") {
        let renames = transform.config.get("renames").map(String::as_str).unwrap_or_default();
        return share(renames) || collide(renames, &record.key.value) || collide(renames, &record.value.value);
    }
    // A float that no number stands for.
    let Outcome::Error(failure) = found else { return false };
    let words = failure.message.as_deref().unwrap_or_default();
    transform.class.contains("MaskField") && words.starts_with("Unable to convert")
}

/// Tells whether two names become one: where a schema is replaced, Kafka asks which of them a field had, and again the
/// order of a `HashMap` says.
fn share(renames: &str) -> bool {
    let targets: Vec<&str> = renames.split(',').filter_map(|mapping| mapping.split(':').nth(1)).collect();
    targets.iter().collect::<BTreeSet<_>>().len() < targets.len()
}

/// Tells whether two fields get one name: which of them stays is up to the order of Java's `HashMap`.
fn collide(renames: &str, value: &Value) -> bool {
    let Some(Datum::Map(entries)) = value else { return false };
    let mapping = |name: &str| {
        let mappings = renames.split(',').filter_map(|mapping| mapping.trim().split_once(':'));
        mappings.rev().find(|(old, _)| *old == name).map(|(_, new)| new.to_owned())
    };
    let names = entries.iter().filter_map(|(key, _)| match key {
        Some(Datum::String(name)) => Some(mapping(name).unwrap_or_else(|| name.clone())),
        _ => None,
    });
    let names: Vec<String> = names.collect();
    names.iter().collect::<BTreeSet<_>>().len() < names.len()
}
