//! Keys or values of a batch: by field first, whole where a plugin needs all of them.

use std::borrow::Borrow;

use super::column::{BytesColumn, FieldColumn, FloatColumn, IntColumn, TextColumn};
use super::edit::{Edit, Path, ValueKind};
use super::{BatchCalls, FieldForm, Form, Part};
use crate::error::BatchError;

/// The keys or the values of a batch: [`Batch::key`](crate::Batch::key),
/// [`Batch::value`](crate::Batch::value).
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    calls: &'a dyn BatchCalls,
    part: Part,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(calls: &'a dyn BatchCalls, part: Part) -> Self {
        Self { calls, part }
    }

    /// Reads one field as text: a string's characters, without quotes and escapes. Other kinds read as
    /// [`Cell::Other`](crate::Cell::Other).
    ///
    /// # Errors
    /// The host can't see into these bytes.
    pub fn read_text(&self, path: impl Into<Path>) -> Result<TextColumn, BatchError> {
        match self.read_field(path, FieldForm::Text)? {
            FieldColumn::Text(column) => Ok(column),
            _ => Err(wrong_form()),
        }
    }

    /// Reads one field as JSON text of any kind.
    ///
    /// # Errors
    /// The host can't see into these bytes.
    pub fn read_json(&self, path: impl Into<Path>) -> Result<BytesColumn, BatchError> {
        match self.read_field(path, FieldForm::Json)? {
            FieldColumn::Json(column) => Ok(column),
            _ => Err(wrong_form()),
        }
    }

    /// Reads one field as integers. What is no integer of 64 bits reads as
    /// [`Cell::Other`](crate::Cell::Other).
    ///
    /// # Errors
    /// The host can't see into these bytes.
    pub fn read_int(&self, path: impl Into<Path>) -> Result<IntColumn, BatchError> {
        match self.read_field(path, FieldForm::Int)? {
            FieldColumn::Int(column) => Ok(column),
            _ => Err(wrong_form()),
        }
    }

    /// Reads one field as doubles, rounding. What is no number reads as [`Cell::Other`](crate::Cell::Other).
    ///
    /// # Errors
    /// The host can't see into these bytes.
    pub fn read_float(&self, path: impl Into<Path>) -> Result<FloatColumn, BatchError> {
        match self.read_field(path, FieldForm::Float)? {
            FieldColumn::Float(column) => Ok(column),
            _ => Err(wrong_form()),
        }
    }

    /// Returns the kind of one field of every row.
    ///
    /// # Errors
    /// The host can't see into these bytes.
    pub fn field_kinds(&self, path: impl Into<Path>) -> Result<Vec<ValueKind>, BatchError> {
        self.calls.field_kinds(self.part, &path.into())
    }

    /// Writes one field of every row, adding it where it is absent.
    ///
    /// # Errors
    /// The column has the wrong length or holds what is no JSON, or this call may not write.
    pub fn write(&self, path: impl Into<Path>, column: impl Into<FieldColumn>) -> Result<(), BatchError> {
        self.edit(Edit::new().put(path, column))
    }

    /// Takes one field away from every row.
    ///
    /// # Errors
    /// This call may not write.
    pub fn remove(&self, path: impl Into<Path>) -> Result<(), BatchError> {
        self.edit(Edit::new().remove(path))
    }

    /// Applies several changes in one call. An [`Edit`] that is the same for every batch is made once and lent.
    ///
    /// # Errors
    /// A column has the wrong length or holds what is no JSON, or this call may not write.
    pub fn edit(&self, edit: impl Borrow<Edit>) -> Result<(), BatchError> {
        let edit = edit.borrow();
        if edit.is_empty() { Ok(()) } else { self.calls.edit(self.part, edit, None) }
    }

    /// Applies several changes to these rows only, ascending. Columns have one cell for each row of the batch all
    /// the same.
    ///
    /// # Errors
    /// As [`Fields::edit`]; or the rows are out of range or not ascending.
    pub fn edit_rows(&self, rows: &[u32], edit: impl Borrow<Edit>) -> Result<(), BatchError> {
        let edit = edit.borrow();
        if edit.is_empty() || rows.is_empty() { Ok(()) } else { self.calls.edit(self.part, edit, Some(rows)) }
    }

    /// Returns the kind of each whole key or value: a value of no bytes is absent, a JSON null is null.
    pub fn kinds(&self) -> Vec<ValueKind> {
        self.calls.kinds(self.part)
    }

    /// Reads whole keys or values.
    ///
    /// # Errors
    /// The host can't turn these bytes into this form.
    pub fn read_whole(&self, form: Form) -> Result<BytesColumn, BatchError> {
        self.calls.read(self.part, form)
    }

    /// Replaces whole keys or values. A null makes a tombstone; [`Cell::Other`](crate::Cell::Other) leaves a
    /// row as it is. A row's schema stays unless it is set.
    ///
    /// # Errors
    /// The column has the wrong length or holds what isn't of this form, or this call may not write.
    pub fn write_whole(&self, form: Form, column: BytesColumn) -> Result<(), BatchError> {
        self.calls.write(self.part, form, column)
    }

    /// Returns whether any row has a schema: cheaper than to ask for all.
    pub fn has_schemas(&self) -> bool {
        self.calls.has_schemas(self.part)
    }

    /// Returns the id of each row's schema; 0 for none. [`schemas::json`](crate::schemas::json) tells what
    /// an id stands for.
    pub fn schemas(&self) -> Vec<u32> {
        self.calls.schemas(self.part)
    }

    /// Sets the id of each row's schema; 0 for none.
    ///
    /// # Errors
    /// There is not one id per row, or an id is unknown.
    pub fn set_schemas(&self, ids: &[u32]) -> Result<(), BatchError> {
        self.calls.set_schemas(self.part, ids)
    }

    /// Rejects rows, as [`Batch::reject`](crate::Batch::reject) does.
    pub(crate) fn reject(&self, rows: &[u32], reason: &str) -> Result<(), BatchError> {
        self.calls.reject(rows, reason)
    }

    fn read_field(&self, path: impl Into<Path>, form: FieldForm) -> Result<FieldColumn, BatchError> {
        self.calls.read_field(self.part, &path.into(), form)
    }
}

impl std::fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fields").field("part", &self.part).finish_non_exhaustive()
    }
}

fn wrong_form() -> BatchError {
    BatchError::InvalidArgument("the host answered in another form than it was asked for".to_owned())
}
