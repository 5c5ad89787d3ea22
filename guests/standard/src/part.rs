//! `$Key` and `$Value`, and what Kafka says of a key or value that a transform can't work on.

use airlock_sdk::{Batch, BatchError, Part, ValueKind};

/// Returns which part of a record the user's class name stands for.
pub(crate) fn of_class(class_name: &str) -> Part {
    if class_name.ends_with("$Key") { Part::Key } else { Part::Value }
}

/// Whether a transform lets null keys and values pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    Pass,
    Reject,
}

/// Rejects rows whose key or value is no object, in Kafka's words. Returns the kinds.
pub(crate) fn require_objects(
    batch: &Batch<'_>,
    part: Part,
    nulls: Nulls,
    purpose: &str,
) -> Result<Vec<ValueKind>, BatchError> {
    let kinds = batch.part(part).kinds();
    for (kind, class_name) in CLASSES {
        let is_null = matches!(kind, ValueKind::Absent | ValueKind::Null);
        if (is_null && nulls == Nulls::Pass) || !kinds.contains(&kind) {
            continue;
        }
        let reason = format!("Only Map objects supported in absence of schema for [{purpose}], found: {class_name}");
        batch.reject(&rows_where(&kinds, |other| *other == kind), &reason)?;
    }
    Ok(kinds)
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

/// Returns the positions of the items that are `wanted`.
pub(crate) fn rows_where<T>(items: &[T], wanted: impl Fn(&T) -> bool) -> Vec<u32> {
    (0..).zip(items).filter(|(_, item)| wanted(item)).map(|(row, _)| row).collect()
}
