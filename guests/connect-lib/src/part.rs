//! `$Key` and `$Value`, and what Kafka says of a key or value that a transform can't work on.

use airlock_sdk::{Config, Edit, Error, KindOutcome, Part, Path, ValueKind};

/// Returns which part of a record the user's class name stands for.
pub fn of_class(class_name: &str) -> Part {
    if class_name.ends_with("$Key") { Part::Key } else { Part::Value }
}

/// Returns the names of a list, each once. Kafka warns of repeated names, and refuses empty ones.
///
/// # Errors
/// A name is empty.
pub fn names(config: &Config, key: &str) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    for name in config.list(key) {
        if name.is_empty() {
            let message = format!("Configuration '{key}' values must not be empty: take out the comma too many");
            return Err(Error::invalid(key, message));
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether a transform lets null keys and values pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// They pass.
    Pass,
    /// They are rejected.
    Reject,
}

/// Begins an edit that rejects keys or values that are no objects, in Kafka's words.
pub fn edit_objects(nulls: Nulls, purpose: &str) -> Edit {
    let refused = CLASSES.iter().filter(|(_, class_name)| *class_name != "null" || nulls == Nulls::Reject);
    let outcomes = refused.map(|(kind, class_name)| (*kind, KindOutcome::Reject(no_object(purpose, class_name))));
    Edit::new().by_kind(Path::WHOLE, outcomes)
}

/// Says, in Kafka's words, that a value without a schema is no object.
pub fn no_object(purpose: &str, class_name: &str) -> String {
    format!("Only Map objects supported in absence of schema for [{purpose}], found: {class_name}")
}

/// What Kafka's `JsonConverter` makes of the kinds of JSON that aren't objects.
const CLASSES: [(ValueKind, &str); 7] = [
    (ValueKind::Absent, "null"),
    (ValueKind::Null, "null"),
    (ValueKind::Boolean, "java.lang.Boolean"),
    (ValueKind::Integer, "java.lang.Long"),
    (ValueKind::Fraction, "java.lang.Double"),
    (ValueKind::Text, "java.lang.String"),
    (ValueKind::Array, "java.util.ArrayList"),
];

/// Returns the class of what Kafka's `JsonConverter` makes of JSON of this kind.
pub fn class_of(kind: ValueKind) -> &'static str {
    CLASSES.iter().find(|(known, _)| *known == kind).map_or("java.util.HashMap", |(_, class_name)| class_name)
}

/// Returns the positions of the items that are `wanted`.
pub fn rows_where<T>(items: &[T], wanted: impl Fn(&T) -> bool) -> Vec<u32> {
    (0..).zip(items).filter(|(_, item)| wanted(item)).map(|(row, _)| row).collect()
}
