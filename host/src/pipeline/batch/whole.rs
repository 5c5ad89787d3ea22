//! What guests do with whole keys and values, their kinds and their schemas.

use super::columns::{BatchError, BytesColumn, Form, ValueKind};
use super::payloads::invalid;
use super::rows::Access;
use super::{Batch, lock};
use crate::record::Part;

impl Batch {
    /// Returns the rows whose value is a tombstone.
    pub fn tombstones(&self) -> Vec<u32> {
        let numbered = (0..).zip(self.view().iter());
        numbered.filter(|(_, row)| self.values.is_tombstone(**row)).map(|(position, _)| position).collect()
    }

    /// Returns the kind of each whole key or value.
    pub fn kinds(&self, part: Part) -> Vec<ValueKind> {
        self.view().iter().map(|row| self.part(part).kind(*row)).collect()
    }

    /// Returns all keys or values.
    ///
    /// # Errors
    /// Refuses forms that the part's content does not have.
    pub fn read(&mut self, part: Part, form: Form) -> Result<BytesColumn, BatchError> {
        let view = self.view().clone();
        let schemas = self.schemas.clone();
        self.part_mut(part).read(&view, form, &lock(&schemas))
    }

    /// Replaces keys or values.
    ///
    /// # Errors
    /// Refuses a wrong length and bytes that are not of the form; then nothing is changed.
    pub fn write(&mut self, part: Part, form: Form, column: BytesColumn) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        let schemas = self.schemas.clone();
        let payloads = self.part_mut(part);
        payloads.begin_write();
        let written = payloads.write(&view, (form, column), &mut lock(&schemas));
        payloads.end_write(&written);
        written?;
        self.wrote();
        Ok(())
    }

    /// Tells whether any row has a schema.
    pub fn has_schemas(&self, part: Part) -> bool {
        self.part(part).has_schemas(self.view())
    }

    /// Returns the schema id of each row; 0 for none.
    pub fn schemas(&self, part: Part) -> Vec<u32> {
        self.part(part).schemas(self.view())
    }

    /// Sets the schema ids; 0 for none.
    ///
    /// # Errors
    /// Refuses a wrong length and unknown ids.
    pub fn set_schemas(&mut self, part: Part, ids: Vec<u32>) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        if ids.len() != view.len() {
            return Err(invalid(format!("there are {} schema ids for {} rows", ids.len(), view.len())));
        }
        self.check_schemas(&ids)?;
        let payloads = self.part_mut(part);
        payloads.begin_write();
        for (row, id) in view.iter().zip(ids) {
            payloads.set_schema(*row, id);
        }
        payloads.end_write(&Ok(()));
        self.wrote();
        Ok(())
    }

    /// Refuses schema ids that were never given out.
    pub(super) fn check_schemas(&self, ids: &[u32]) -> Result<(), BatchError> {
        let schemas = lock(&self.schemas);
        match ids.iter().find(|id| **id != 0 && !schemas.has(**id)) {
            Some(unknown) => Err(invalid(format!("there is no schema {unknown}; ids come from `schemas.intern`"))),
            None => Ok(()),
        }
    }
}
