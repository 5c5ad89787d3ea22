//! What `add.fields` and `add.headers` name: fields of the change event, and what they are called then.

use airlock_sdk::data::{Field, Kind, Schema, Value};
use airlock_sdk::{Config, Error};
use connect_lib::header_text::trim;

use crate::envelope::{self, Record};
use crate::words;

/// A field of a change event.
pub(super) struct Reference {
    /// The struct that has it; none for the event itself.
    parent: Option<String>,
    field: String,
    /// What it is called then.
    pub(super) name: String,
}

impl Reference {
    /// Returns what a key lists.
    ///
    /// # Errors
    /// An entry isn't a name, or two with a colon between.
    pub(super) fn list(config: &Config, key: &str, prefix: &str) -> Result<Vec<Self>, Error> {
        let text = config.text(key)?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let prefix = config.text(prefix)?;
        let parse = |entry: &str| {
            let entry = trim(entry);
            Self::parse(prefix, entry)
                .ok_or_else(|| Error::invalid(key, format!("has {entry:?}: write field, or field:new-name")))
        };
        words::split(text, ',').into_iter().map(parse).collect()
    }

    fn parse(prefix: &str, entry: &str) -> Option<Self> {
        let names = words::split(entry, ':');
        let path = words::split(names.first()?, '.');
        let (parent, field, own) = match path.as_slice() {
            [] => return None,
            [field] => (struct_of(field), *field, (*field).to_owned()),
            [parent, field, ..] => (Some(*parent), *field, format!("{parent}_{field}")),
        };
        let name = match names.as_slice() {
            [_] => own,
            [_, renamed] => (*renamed).to_owned(),
            _ => return None,
        };
        let parent = parent.map(str::to_owned);
        Some(Reference { parent, field: field.to_owned(), name: format!("{prefix}{name}") })
    }

    /// Tells whether it is the operation, which tombstones have too.
    pub(super) fn is_operation(&self) -> bool {
        self.field == envelope::OPERATION
    }

    /// Finds the field in its struct, or else in the event; none where neither has it.
    ///
    /// # Errors
    /// The event has no such struct.
    pub(super) fn find<'a>(&self, event: Record<'a>) -> Result<Option<(&'a Field, &'a Value)>, String> {
        let Some(parent) = &self.parent else { return Ok(event.find(&self.field)) };
        // Debezium's reason is a null pointer.
        let (parent, value) = event.find(parent).ok_or_else(|| format!("the event has no field {parent}"))?;
        let Kind::Struct(fields) = &parent.schema.kind else {
            return Err("Cannot look up fields on non-struct type".to_owned());
        };
        let found = fields.iter().zip(0..).find(|(field, _)| field.name == self.field);
        let found = found.map(|(field, at)| (field, value.at(at).unwrap_or(&Value::Null)));
        let elsewhere = || {
            let (field, found) = event.find(&self.field)?;
            Some((field, if value.is_null() { &Value::Null } else { found }))
        };
        Ok(found.or_else(elsewhere))
    }
}

/// Returns the struct that has a field which is named alone.
fn struct_of(field: &str) -> Option<&'static str> {
    match field {
        "id" | "data_collection_order" | "total_order" => Some("transaction"),
        envelope::OPERATION | envelope::TIMESTAMP | "ts_us" | "ts_ns" => None,
        "updateDescription" => Some("updateDescription"),
        _ => Some("source"),
    }
}

/// Returns the schema that a field gets: optional, without a default, and of a struct without its fields as in Debezium.
///
/// # Errors
/// It is a map, of which Debezium's would lack keys and values.
pub(super) fn copied(schema: &Schema) -> Result<Schema, String> {
    let kind = match &schema.kind {
        Kind::Struct(_) => Kind::Struct(Vec::new()),
        Kind::Map(..) => return Err("a map can't be added: take it out of add.fields or add.headers".to_owned()),
        other => other.clone(),
    };
    Ok(schema.copy_basics(kind).optional())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(entry: &str) -> Option<(Option<String>, String, String)> {
        Reference::parse("__", entry).map(|found| (found.parent, found.field, found.name))
    }

    #[test]
    fn entries_are_read_as_debezium_does() {
        let some = |parent: Option<&str>, field: &str, name: &str| {
            Some((parent.map(str::to_owned), field.to_owned(), name.to_owned()))
        };
        assert_eq!(parsed("op"), some(None, "op", "__op"));
        assert_eq!(parsed("lsn"), some(Some("source"), "lsn", "__lsn"));
        assert_eq!(parsed("total_order"), some(Some("transaction"), "total_order", "__total_order"));
        assert_eq!(parsed("source.ts_ms"), some(Some("source"), "ts_ms", "__source_ts_ms"));
        assert_eq!(parsed("source.ts_ms:AT"), some(Some("source"), "ts_ms", "__AT"));
        assert_eq!(parsed("a.b.c"), some(Some("a"), "b", "__a_b"));
        assert_eq!(parsed("op:"), some(None, "op", "__op"));
        assert_eq!(parsed(""), some(Some("source"), "", "__"));
        assert!([":", ".", "a:b:c"].iter().all(|entry| parsed(entry).is_none()));
    }
}
