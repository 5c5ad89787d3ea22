//! A view by row on top of the columns: get, set and remove fields of one record at a time. Columns are pulled
//! when they are first read, and changed ones are pushed once, at the end.

use std::cell::RefCell;
use std::ops::Range;

use serde_json::Value;

use super::{Batch, BytesColumn, Cell, Edit, Part, Path};
use crate::error::Error;

/// One record of [`Batch::for_each`].
pub struct Record<'a> {
    view: &'a View<'a>,
    row: usize,
}

impl Record<'_> {
    /// Returns the record's position in the batch.
    pub fn row(&self) -> usize {
        self.row
    }

    /// Returns a field, as this call has left it; none where it is absent.
    ///
    /// # Errors
    /// The host can't see into these bytes.
    pub fn get(&self, path: impl Into<Path>) -> Result<Option<Value>, Error> {
        let path = path.into();
        let fields = &mut *self.view.fields.borrow_mut();
        let field = find_or_add(fields, path);
        if let Some(change) = field.changes.get(self.row).and_then(Option::as_ref) {
            return Ok(change.clone());
        }
        if field.pulled.is_none() {
            field.pulled = Some(Pulled::pull(self.view.batch, self.view.part, &field.path)?);
        }
        field.pulled.as_ref().map_or(Ok(None), |pulled| pulled.parse(self.row))
    }

    /// Writes a field, adding it where it is absent. A record whose key or value is null stays as it is.
    pub fn set(&mut self, path: impl Into<Path>, value: impl Into<Value>) {
        self.change(path.into(), Some(value.into()));
    }

    /// Takes a field away.
    pub fn remove(&mut self, path: impl Into<Path>) {
        self.change(path.into(), None);
    }

    /// Takes the record out of the stream on purpose: it counts as delivered.
    pub fn discard(&mut self) {
        self.view.discarded.borrow_mut().push(self.row as u32);
    }

    /// Rejects the record: it becomes a dead letter, or fails the task, as `errors.tolerance` says.
    pub fn reject(&mut self, reason: impl Into<String>) {
        self.view.rejected.borrow_mut().push((self.row as u32, reason.into()));
    }

    fn change(&mut self, path: Path, change: Option<Value>) {
        let fields = &mut *self.view.fields.borrow_mut();
        let field = find_or_add(fields, path);
        if field.changes.len() <= self.row {
            field.changes.resize(self.row + 1, None);
        }
        if let Some(slot) = field.changes.get_mut(self.row) {
            *slot = Some(change);
        }
    }
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("row", &self.row).finish_non_exhaustive()
    }
}

pub(super) fn for_each(
    batch: Batch<'_>,
    part: Part,
    mut visit: impl FnMut(&mut Record<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let rows = batch.rows();
    let view =
        View { batch, part, fields: RefCell::default(), discarded: RefCell::default(), rejected: RefCell::default() };
    for row in 0..rows {
        visit(&mut Record { view: &view, row })?;
    }
    view.push(rows)
}

/// What the records of one `for_each` share.
struct View<'a> {
    batch: Batch<'a>,
    part: Part,
    fields: RefCell<Vec<Field>>,
    discarded: RefCell<Vec<u32>>,
    rejected: RefCell<Vec<(u32, String)>>,
}

impl View<'_> {
    /// Pushes changed columns, then the fates: a rejected row keeps its changes for nobody to see.
    fn push(self, rows: usize) -> Result<(), Error> {
        let changed = self.fields.into_inner().into_iter().filter(|field| !field.changes.is_empty());
        let edit = changed.fold(Edit::new(), |edit, field| {
            let column = field.column(rows);
            edit.put(&field.path, column)
        });
        self.batch.part(self.part).edit(edit)?;
        let mut rejected = self.rejected.into_inner();
        rejected.dedup_by_key(|(row, _)| *row);
        for (row, reason) in &rejected {
            self.batch.reject(&[*row], reason)?;
        }
        let mut discarded = self.discarded.into_inner();
        discarded.dedup();
        discarded.retain(|row| !rejected.iter().any(|(rejected, _)| rejected == row));
        Ok(self.batch.discard(&discarded)?)
    }
}

/// One field of all records.
struct Field {
    path: Path,
    pulled: Option<Pulled>,
    /// By row; `Some(None)` removes the field.
    changes: Vec<Option<Option<Value>>>,
}

impl Field {
    fn column(&self, rows: usize) -> BytesColumn {
        let changes = self.changes.iter().map(Option::as_ref).chain(std::iter::repeat(None));
        changes
            .take(rows)
            .map(|change| match change {
                None => Cell::Other,
                Some(None) => Cell::Absent,
                Some(Some(value)) => Cell::Value(value.to_string()),
            })
            .collect()
    }
}

#[allow(clippy::indexing_slicing, reason = "the index was just found or made")]
fn find_or_add(fields: &mut Vec<Field>, path: Path) -> &mut Field {
    let known = fields.iter().position(|field| field.path == path);
    let index = known.unwrap_or_else(|| {
        fields.push(Field { path, pulled: None, changes: Vec::new() });
        fields.len() - 1
    });
    &mut fields[index]
}

/// A column as it came from the host, with where each row's text is.
struct Pulled {
    column: BytesColumn,
    places: Vec<Cell<(usize, usize)>>,
}

impl Pulled {
    fn pull(batch: Batch<'_>, part: Part, path: &Path) -> Result<Self, Error> {
        let column = batch.part(part).read_json(path)?;
        let mut start = 0;
        let places = column.iter().map(|cell| {
            cell.map(|text| {
                let place = (start, start + text.len());
                start = place.1;
                place
            })
        });
        let places = places.collect();
        Ok(Self { column, places })
    }

    fn parse(&self, row: usize) -> Result<Option<Value>, Error> {
        match self.places.get(row) {
            Some(Cell::Value((start, end))) => {
                let text = self.column.data.get(Range { start: *start, end: *end }).unwrap_or_default();
                serde_json::from_slice(text).map(Some).map_err(Error::fatal)
            }
            Some(Cell::Null) => Ok(Some(Value::Null)),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Fate, Row, Rows};

    #[test]
    fn what_was_set_is_read_back_and_written_once() {
        let rows = Rows::of_values([r#"{"a":{"b":1}}"#, r#"{"a":null}"#, "{}"]);
        let visit = |record: &mut Record<'_>| {
            if record.get(["a", "b"])? == Some(json!(1)) {
                record.set(["a", "b"], json!([2]));
                assert_eq!(record.get(["a", "b"])?, Some(json!([2])));
                record.remove("missing");
                assert_eq!(record.get("missing")?, None);
            }
            Ok(())
        };
        rows.batch().for_each(Part::Value, visit).unwrap();
        assert_eq!([rows.value(0), rows.value(1), rows.value(2)], [r#"{"a":{"b":[2]}}"#, r#"{"a":null}"#, "{}"]);
    }

    #[test]
    fn fields_are_told_apart_from_nulls_and_removed() {
        let rows = Rows::of_values([r#"{"a":null,"b":1}"#, r#"{"b":1}"#]);
        let visit = |record: &mut Record<'_>| {
            assert_eq!(record.get("a")?, if record.row() == 0 { Some(Value::Null) } else { None });
            record.remove("b");
            Ok(())
        };
        rows.batch().for_each(Part::Value, visit).unwrap();
        assert_eq!([rows.value(0), rows.value(1)], [r#"{"a":null}"#, "{}"]);
    }

    #[test]
    fn fates_are_set_at_the_end_and_a_rejection_wins() {
        let rows = Rows::new([Row::json("1"), Row::tombstone(), Row::json("3")]);
        let visit = |record: &mut Record<'_>| {
            match record.row() {
                0 => record.discard(),
                1 => {
                    record.reject("no value");
                    record.reject("twice");
                    record.discard();
                }
                _ => {}
            }
            Ok(())
        };
        rows.batch().for_each(Part::Value, visit).unwrap();
        assert_eq!(
            [rows.fate(0), rows.fate(1), rows.fate(2)],
            [Fate::Discarded, Fate::Rejected("no value".into()), Fate::Kept]
        );
    }

    #[test]
    fn after_an_error_nothing_is_written() {
        let rows = Rows::of_values(["{}"]);
        let visit = |record: &mut Record<'_>| {
            record.set("a", 1);
            Err(Error::retriable("later"))
        };
        assert_eq!(rows.batch().for_each(Part::Value, visit), Err(Error::Retriable("later".into())));
        assert_eq!(rows.value(0), "{}");
    }
}
