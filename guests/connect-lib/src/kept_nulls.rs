//! Nulls of optional fields with a default, where `replace.null.with.default` is false. Typed values never have
//! one, since the default stands for it: so such nulls are found by their kind first, and written last.

use std::collections::{BTreeMap, BTreeSet};

use airlock_sdk::data::{Datum, Outcome, Schema, Value};
use airlock_sdk::{BytesColumn, Cell, Edit, Error, Fields, Form, Path, ValueKind};

/// The nulls of a batch that stay null; none where nulls are replaced.
#[derive(Debug, Default)]
pub struct KeptNulls {
    active: bool,
    found: Vec<(Path, Vec<bool>)>,
    /// Rows of which a field of this name becomes null.
    fields: BTreeMap<String, BTreeSet<u32>>,
    /// Rows that become null.
    whole: BTreeSet<u32>,
}

impl KeptNulls {
    /// Finds the rows in which fields are null, or missing in a struct that is there, which is the same.
    pub fn find(fields: Fields<'_>, paths: impl IntoIterator<Item = Path>) -> Result<Self, Error> {
        let mut kept = KeptNulls { active: true, ..KeptNulls::default() };
        for path in paths {
            let kinds = fields.field_kinds(&path)?;
            let parents = match path.names().split_last() {
                Some((_, parents)) if !parents.is_empty() => fields.field_kinds(parents)?,
                _ => fields.kinds(),
            };
            let is_null = |(kind, parent)| match kind {
                ValueKind::Null => true,
                kind => kind == ValueKind::Absent && parent == ValueKind::Object,
            };
            kept.found.push((path, kinds.into_iter().zip(parents).map(is_null).collect()));
        }
        Ok(kept)
    }

    /// Puts nulls back into a value that has defaults in their place.
    pub fn restore(&self, row: u32, datum: &mut Datum) {
        for (path, rows) in &self.found {
            if rows.get(row as usize) == Some(&true) {
                restore_at(&datum.schema, &mut datum.value, path.names());
            }
        }
    }

    /// Notes the nulls of what a row becomes.
    pub fn note(&mut self, row: u32, outcome: &Outcome) {
        let Outcome::Put(Datum { schema, value }) = outcome else { return };
        if !self.active {
            return;
        }
        if value.is_null() && stays_null(schema) {
            self.whole.insert(row);
        }
        let Value::Struct(values) = value else { return };
        for (field, value) in schema.fields().unwrap_or_default().iter().zip(values) {
            if value.is_null() && stays_null(&field.schema) {
                self.fields.entry(field.name.clone()).or_default().insert(row);
            }
        }
    }

    /// Writes the nulls that were noted.
    pub fn write(self, fields: Fields<'_>) -> Result<(), Error> {
        if self.whole.is_empty() && self.fields.is_empty() {
            return Ok(());
        }
        let rows = fields.schemas().len() as u32;
        let column = |chosen: &BTreeSet<u32>| -> BytesColumn {
            (0..rows).map(|row| if chosen.contains(&row) { Cell::Value("null") } else { Cell::Other }).collect()
        };
        if !self.whole.is_empty() {
            fields.write_whole(Form::Json, column(&self.whole))?;
        }
        let edit = self.fields.iter().fold(Edit::new(), |edit, (name, chosen)| edit.put(name, column(chosen)));
        let edited: BTreeSet<u32> = self.fields.into_values().flatten().collect();
        Ok(fields.edit_rows(&edited.into_iter().collect::<Vec<_>>(), edit)?)
    }
}

fn stays_null(schema: &Schema) -> bool {
    schema.optional && schema.default.is_some()
}

fn restore_at(schema: &Schema, value: &mut Value, path: &[String]) {
    let Some((name, inner)) = path.split_first() else {
        if stays_null(schema) {
            *value = Value::Null;
        }
        return;
    };
    if let (Some((index, field)), Value::Struct(values)) = (schema.field_named(name), value)
        && let Some(value) = values.get_mut(index)
    {
        restore_at(&field.schema, value, inner);
    }
}
