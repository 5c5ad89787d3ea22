//! Rows without a schema, changed value by value.

use airlock_sdk::data::Value;
use airlock_sdk::{BytesColumn, Cell, Error, Fields, Form};

use crate::json;
use crate::part::{self, Nulls};
use crate::typed::Rows;

/// The rows of a part that have no schema.
pub(crate) struct PlainRows<'a> {
    rows: &'a Rows<'a>,
    values: Fields<'a>,
}

type Rejected = Vec<(u32, String)>;

impl<'a> PlainRows<'a> {
    /// Returns those of `rows`, whose part is `values`.
    pub(crate) fn of(rows: &'a Rows<'a>, values: Fields<'a>) -> Self {
        PlainRows { rows, values }
    }

    /// Puts JSON, which `change` appends, in place of whole values; nulls stay. A reason that it returns rejects the
    /// row.
    pub(crate) fn change_whole(&self, change: impl Fn(Value, &mut Vec<u8>) -> Result<(), String>) -> Result<(), Error> {
        if !self.rows.has_plain() {
            return Ok(());
        }
        let (column, rejected) = self.changed(&self.values.read_whole(Form::Json)?, Cell::Other, change);
        self.values.write_whole(Form::Json, column)?;
        self.reject(&rejected)
    }

    /// Puts JSON in place of fields; a field that is null stays so, and one that isn't there is added as null. Values
    /// that are no objects are rejected, but null passes.
    pub(crate) fn change_fields<T>(
        &self,
        fields: &[(&str, T)],
        purpose: &str,
        change: impl Fn(Value, &T, &mut Vec<u8>) -> Result<(), String>,
    ) -> Result<(), Error> {
        if !self.rows.has_plain() {
            return Ok(());
        }
        let mut edit = part::edit_objects(Nulls::Pass, purpose);
        let mut rejected = Vec::new();
        for (field, how) in fields {
            let texts = self.values.read_json(*field)?;
            let (column, refused) = self.changed(&texts, Cell::Null, |value, json| change(value, how, json));
            rejected.extend(refused);
            edit = edit.put(*field, column);
        }
        self.rows.edit_plain(self.values, &edit)?;
        rejected.sort_by_key(|(row, _)| *row);
        rejected.dedup_by_key(|(row, _)| *row);
        self.reject(&rejected)
    }

    fn changed(
        &self,
        texts: &BytesColumn,
        null: Cell<&[u8]>,
        change: impl Fn(Value, &mut Vec<u8>) -> Result<(), String>,
    ) -> (BytesColumn, Rejected) {
        let mut changed = BytesColumn::with_capacity(texts.len(), texts.byte_size());
        let (mut rejected, mut json) = (Vec::new(), Vec::new());
        for ((row, cell), is_wanted) in (0..).zip(texts.iter()).zip(self.rows.are_plain()) {
            match cell {
                Cell::Value(b"null") | Cell::Null | Cell::Absent if is_wanted => changed.push(null),
                Cell::Value(text) if is_wanted => {
                    json.clear();
                    match json::read(text).and_then(|value| change(value, &mut json)) {
                        Ok(()) if json == text => changed.push(Cell::<&[u8]>::Other),
                        Ok(()) => changed.push(Cell::Value(&json)),
                        Err(reason) => {
                            rejected.push((row, reason));
                            changed.push(Cell::<&[u8]>::Other);
                        }
                    }
                }
                _ => changed.push(Cell::<&[u8]>::Other),
            }
        }
        (changed, rejected)
    }

    fn reject(&self, rejected: &[(u32, String)]) -> Result<(), Error> {
        rejected.iter().try_for_each(|(row, reason)| Ok(self.rows.batch.reject(&[*row], reason)?))
    }
}
