//! Schemas of values that hold a payload and fields of the table.

use std::rc::Rc;

use airlock_sdk::data::{Field, Schema};
use connect_lib::typed;

use super::additional::{Additional, Place};
use crate::envelope::Record;
use crate::memo::Memo;

/// The field that has the payload.
pub(super) const PAYLOAD: &str = "payload";

/// The schemas that were made before: by the payload's, or by the version where rows have one, as in Debezium.
pub(super) struct Schemas {
    by_payload: Memo<Rc<Schema>, Rc<Schema>>,
    by_version: Memo<Option<i64>, Rc<Schema>>,
}

/// How many are remembered of each.
const MOST: usize = 1_000;

impl Default for Schemas {
    fn default() -> Self {
        Schemas { by_payload: Memo::of(MOST), by_version: Memo::of(MOST) }
    }
}

/// What a value's schema is made of.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) row: Record<'a>,
    pub(super) payload: &'a Rc<Schema>,
    pub(super) topic: Option<&'a str>,
    pub(super) additional: &'a [Additional],
}

impl Schemas {
    /// Returns the schema for a payload.
    pub(super) fn of_payload(&mut self, parts: Parts<'_>) -> Result<Rc<Schema>, String> {
        self.by_payload.get(Rc::clone(parts.payload), |_| parts.schema(None))
    }

    /// Returns the schema of a version.
    pub(super) fn of_version(&mut self, parts: Parts<'_>, version: Option<i64>) -> Result<Rc<Schema>, String> {
        self.by_version.get(version, |_| parts.schema(version))
    }
}

impl Parts<'_> {
    fn schema(self, version: Option<i64>) -> Result<Rc<Schema>, String> {
        let mut fields = vec![Field::new(PAYLOAD, Rc::clone(self.payload))];
        for added in self.additional.iter().filter(|added| added.place == Place::Envelope) {
            let (field, _) = self.row.find(&added.field).ok_or_else(|| missing(&added.field))?;
            fields.push(Field::new(added.alias.as_str(), Rc::clone(&field.schema)));
        }
        let version = version.and_then(|version| i32::try_from(version).ok());
        let schema = Schema { version, ..Schema::new(typed::structure(fields)?) };
        Ok(Rc::new(schema.named(self.name())))
    }

    /// The topic goes before the last part of the name.
    fn name(self) -> String {
        let topic = self.topic.unwrap_or("null");
        match self.row.schema.name.as_deref().map(|name| (name, name.rsplit_once('.'))) {
            None => topic.to_owned(),
            Some((_, Some((before, last)))) => format!("{before}.{topic}.{last}"),
            Some((name, None)) => format!("{topic}.{name}"),
        }
    }
}

/// Says that a row lacks a field.
pub(super) fn missing(field: &str) -> String {
    format!("{field} is not a valid field name")
}
