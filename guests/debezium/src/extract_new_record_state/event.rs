//! What becomes of one row: the row that a change event holds, with fields and headers more.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Field, Outcome, Schema, Value};
use connect_lib::header_list::{HeaderValue, Maker};
use connect_lib::header_text;
use connect_lib::typed;

use super::deletes::{Delete, Deletes, Tombstones};
use super::drop_fields::{DropFields, List};
use super::references::{self, Reference};
use crate::envelope::{self, AFTER, BEFORE, OPERATION, Record};
use crate::memo::Memo;

const DELETED: &str = "__deleted";

/// What becomes of a row besides its value.
#[derive(Default)]
pub(super) struct Change {
    pub(super) discarded: bool,
    pub(super) topic: Option<String>,
    pub(super) headers: Vec<Added>,
    /// The fields that are taken out of the key.
    pub(super) dropped_from_key: Option<Vec<String>>,
}

/// A header that is added.
pub(super) struct Added {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) schema: Rc<Schema>,
    /// Whether it is a field of the event, whose schema Debezium copies.
    is_field: bool,
}

impl Added {
    /// Returns what the header converter is given.
    ///
    /// # Errors
    /// It is a map, or a struct, whose copied schema has no fields.
    pub(super) fn made(&self, maker: Maker) -> Result<HeaderValue, String> {
        // The text doesn't tell the schema.
        if maker.is_simple() || !self.is_field {
            return maker.value(&self.value, &self.schema);
        }
        let schema = references::copied(&self.schema)
            .map_err(|reason| format!("the field of the header {}: {reason}", self.name))?;
        maker.value(&self.value, &Rc::new(schema))
    }
}

/// What is done with change events.
pub(super) struct Unwrap {
    pub(super) deletes: Deletes,
    pub(super) fields: Vec<Reference>,
    pub(super) headers: Vec<Reference>,
    pub(super) route: Option<String>,
    /// Whether nulls of rows become their defaults where it is added whether they are deleted.
    pub(super) replaces_null: bool,
    pub(super) schemas: Schemas,
}

/// The schemas that were made before.
pub(super) struct Schemas {
    with_deleted: Derived,
    /// By the row's schema and the operation, as in Debezium.
    with_fields: Memo<(Rc<Schema>, Option<String>), Rc<Schema>>,
}

impl Default for Schemas {
    fn default() -> Self {
        Schemas { with_deleted: Derived::default(), with_fields: Memo::of(64) }
    }
}

/// Fields to be dropped, and the list of the row's header.
pub(super) type Dropped<'a> = Option<(&'a mut DropFields, Option<&'a List>)>;

impl Unwrap {
    /// Does a tombstone.
    pub(super) fn tombstone(&self, change: &mut Change) {
        change.discarded = self.deletes.tombstones == Tombstones::Drop;
        let operations = self.headers.iter().filter(|reference| reference.is_operation());
        let schema = Rc::new(Schema::string());
        let deleted = |name: &str| Added {
            name: name.to_owned(),
            value: Value::from("d"),
            schema: Rc::clone(&schema),
            is_field: false,
        };
        change.headers = operations.map(|reference| deleted(&reference.name)).collect();
    }

    /// Does a row with a schema. The reason why it is rejected is an error.
    pub(super) fn apply(
        &mut self,
        datum: &Datum,
        change: &mut Change,
        dropped: Dropped<'_>,
    ) -> Result<Outcome, String> {
        if datum.value.is_null() {
            self.tombstone(change);
            return Ok(Outcome::Keep);
        }
        if !envelope::is_envelope(&datum.schema) {
            return Ok(Outcome::Keep);
        }
        let event = Record::of(datum, "field extraction")?;
        change.headers = self.added_headers(event)?;
        let (after, value) = event.extract(AFTER)?;
        if !value.is_null() {
            let row = Datum::new(Rc::clone(&after.schema), value.clone());
            return self.changed(event, row, (change, dropped));
        }
        let (before, value) = event.extract(BEFORE)?;
        if value.is_null() {
            // All of a table was deleted.
            change.discarded = true;
            return Ok(Outcome::Keep);
        }
        let before = Datum::new(Rc::clone(&before.schema), value.clone());
        self.deleted(event, (before, after), (change, dropped))
    }

    fn added_headers(&self, event: Record<'_>) -> Result<Vec<Added>, String> {
        let mut added = Vec::new();
        for reference in &self.headers {
            if let Some((field, value)) = reference.find(event)? {
                let (name, schema) = (reference.name.clone(), Rc::clone(&field.schema));
                added.push(Added { name, value: value.clone(), schema, is_field: true });
            }
        }
        Ok(added)
    }

    fn changed(
        &mut self,
        event: Record<'_>,
        row: Datum,
        (change, dropped): (&mut Change, Dropped<'_>),
    ) -> Result<Outcome, String> {
        let row = if self.deletes.delete == Delete::Rewrite { self.with_deleted(row, "false")? } else { row };
        if let Some(route) = &self.route {
            let row = Record::of(&row, "Read record to set topic routing for CREATE / UPDATE")?;
            change.topic = topic(row.text(route)?);
        }
        let row = self.with_fields(event, &row)?;
        Ok(Outcome::Put(drop_fields(row, change, dropped)?))
    }

    fn deleted(
        &mut self,
        event: Record<'_>,
        (before, after): (Datum, &Field),
        (change, dropped): (&mut Change, Dropped<'_>),
    ) -> Result<Outcome, String> {
        let row = match self.deletes.delete {
            Delete::Drop => {
                change.discarded = true;
                return Ok(Outcome::Keep);
            }
            Delete::Null | Delete::Tombstone => None,
            Delete::Rewrite => Some(self.with_deleted(before.clone(), "true")?),
        };
        if let Some(route) = &self.route {
            let before = Record::of(&before, "Read record to set topic routing for DELETE")?;
            change.topic = topic(before.text(route)?);
        }
        if let Some(row) = row {
            let row = drop_fields(row, change, dropped)?;
            return Ok(Outcome::Put(self.with_fields(event, &row)?));
        }
        let is_tombstone = self.deletes.delete == Delete::Tombstone;
        if let Some((dropped, list)) = dropped {
            dropped.drop_from_null(change, list, (!is_tombstone).then_some(&*after.schema))?;
        }
        let null = Datum::new(Rc::clone(&after.schema), Value::Null);
        Ok(if is_tombstone { Outcome::PutPlain(Value::Null) } else { Outcome::Put(null) })
    }

    /// Adds whether the row is deleted, unless it is no struct.
    fn with_deleted(&mut self, row: Datum, deleted: &str) -> Result<Datum, String> {
        let Datum { schema, value: Value::Struct(mut values) } = row else { return Ok(row) };
        if self.replaces_null {
            replace_nulls(&schema, &mut values);
        }
        let schema = self.schemas.with_deleted.get(&schema, |schema| {
            let mut fields = schema.fields().unwrap_or_default().to_vec();
            fields.push(Field::new(DELETED, Schema::string().optional()));
            typed::with_fields(schema, fields)
        })?;
        values.push(Value::from(deleted));
        Ok(Datum { schema, value: Value::Struct(values) })
    }

    /// Adds fields of the event; the schema is made anew even where there are none.
    fn with_fields(&mut self, event: Record<'_>, row: &Datum) -> Result<Datum, String> {
        let record = Record::of(row, "source field insertion")?;
        let operation = event.text(OPERATION)?.map(str::to_owned);
        let references = &self.fields;
        let make = |_: &_| longer(record, references, event);
        let schema = self.schemas.with_fields.get((Rc::clone(&row.schema), operation), make)?;
        let fields = schema.fields().unwrap_or_default();
        let mut values = record.values.to_vec();
        values.resize(fields.len(), Value::Null);
        for reference in references {
            let Some((from, value)) = reference.find(event)? else { continue };
            let at = fields.iter().position(|field| field.name == reference.name);
            let (field, place) = at
                .and_then(|at| Some((fields.get(at)?, values.get_mut(at)?)))
                .ok_or_else(|| format!("{} is not a valid field name", reference.name))?;
            if matches!(value, Value::Struct(_)) && *from.schema != *field.schema {
                return Err(format!("Struct schemas do not match for {}", field.name));
            }
            *place = value.clone();
        }
        Ok(Datum { schema, value: Value::Struct(values) })
    }
}

/// Puts defaults in place of nulls, as `Struct.get` does.
pub(super) fn replace_nulls(schema: &Schema, values: &mut [Value]) {
    for (field, value) in schema.fields().unwrap_or_default().iter().zip(values) {
        if let (Value::Null, Some(default)) = (&value, &field.schema.default) {
            *value = default.clone();
        }
    }
}

fn longer(row: Record<'_>, references: &[Reference], event: Record<'_>) -> Result<Rc<Schema>, String> {
    let mut fields = row.fields.to_vec();
    for reference in references {
        if let Some((field, _)) = reference.find(event)? {
            fields.push(Field::new(reference.name.as_str(), references::copied(&field.schema)?));
        }
    }
    typed::with_fields(row.schema, fields)
}

fn drop_fields(row: Datum, change: &mut Change, dropped: Dropped<'_>) -> Result<Datum, String> {
    match dropped {
        Some((dropped, list)) => dropped.drop(row, change, list),
        None => Ok(row),
    }
}

/// Returns the topic that a field says; none for a blank one.
fn topic(text: Option<&str>) -> Option<String> {
    text.filter(|text| !header_text::trim(text).is_empty()).map(str::to_owned)
}
