//! What guests do to rows by fields, and to their fates. Checks come first: an operation that is refused has
//! changed nothing.

use std::sync::Arc;

use super::Batch;
use super::call::choose;
use super::columns::{BatchError, EditOperation, FieldChange, FieldColumn, FieldForm, FieldValue, ValueKind};
use super::payloads::{Operation, Refusal, Target, invalid};
use super::rows::{Access, DATA_EXCEPTION, Rejection};
use super::table::Mark;
use crate::record::{Part, Stage};

/// How many operations one edit may have.
const OPERATION_LIMIT: usize = 1_000;

/// The rows that an edit is about.
struct Seen<'a> {
    /// Their numbers in the batch.
    chosen: Arc<Vec<u32>>,
    /// Their numbers as the guest sees them; none where they are all.
    positions: Option<&'a [u32]>,
    /// How many rows the guest sees: as many as columns have entries.
    view: usize,
}

impl Batch {
    /// Returns one field of every row.
    ///
    /// # Errors
    /// Refuses an empty path, and one of more than 100 names.
    pub fn read_field(&self, part: Part, path: &[String], form: FieldForm) -> Result<FieldColumn, BatchError> {
        self.part(part).read_field(self.view(), path, form)
    }

    /// Returns the kind of one field of every row.
    ///
    /// # Errors
    /// As [`Batch::read_field`].
    pub fn field_kinds(&self, part: Part, path: &[String]) -> Result<Vec<ValueKind>, BatchError> {
        self.part(part).field_kinds(self.view(), path)
    }

    /// Writes one field: shorthand for an edit that puts a column.
    ///
    /// # Errors
    /// As [`Batch::edit`].
    pub fn write_field(&mut self, part: Part, path: Vec<String>, column: FieldColumn) -> Result<(), BatchError> {
        let change = FieldChange::Put(FieldValue::Column(column));
        self.edit(part, vec![EditOperation { path, change }])
    }

    /// Removes one field: shorthand for an edit.
    ///
    /// # Errors
    /// As [`Batch::edit`].
    pub fn remove_field(&mut self, part: Part, path: Vec<String>) -> Result<(), BatchError> {
        self.edit(part, vec![EditOperation { path, change: FieldChange::Remove }])
    }

    /// Changes fields of the rows that the current step sees, in order. Rows whose key or value has no fields
    /// are rejected, except nulls.
    ///
    /// # Errors
    /// Refuses text that is no JSON, columns of a wrong length, empty paths, and more than a batch can hold;
    /// then nothing is changed.
    pub fn edit(&mut self, part: Part, operations: Vec<EditOperation>) -> Result<(), BatchError> {
        self.edit_rows(part, operations, None)
    }

    /// Changes fields of some of the rows that the current step sees, or of all; as [`Batch::edit`].
    ///
    /// # Errors
    /// As [`Batch::edit`]; and refuses rows that are out of range or not ascending.
    pub fn edit_rows(
        &mut self,
        part: Part,
        operations: Vec<EditOperation>,
        rows: Option<&[u32]>,
    ) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        let seen = Seen { chosen: choose(&view, rows)?, view: view.len(), positions: rows };
        if operations.len() > OPERATION_LIMIT {
            let count = operations.len();
            return Err(invalid(format!("an edit has {count} operations; at most {OPERATION_LIMIT} are possible")));
        }
        let before = self.rows.clone();
        self.part_mut(part).begin_write();
        let edited = self.edit_all(part, operations, &seen);
        self.part_mut(part).end_write(&edited);
        if edited.is_err() {
            self.rows = before;
        } else {
            self.wrote();
        }
        edited
    }

    fn edit_all(&mut self, part: Part, operations: Vec<EditOperation>, seen: &Seen<'_>) -> Result<(), BatchError> {
        let check = |asked| self.part_mut(part).check(asked, seen.view);
        let operations: Vec<Operation> = operations.into_iter().map(check).collect::<Result<_, _>>()?;
        let mut targets = self.targets(seen);
        for operation in &operations {
            let refused = self.part_mut(part).apply(operation, &targets)?;
            if !refused.is_empty() {
                self.refuse(refused, &operation.reasons)?;
                targets = self.targets(seen);
            }
        }
        Ok(())
    }

    /// Returns the rows that an edit is about and that were not yet discarded or rejected.
    fn targets(&self, seen: &Seen<'_>) -> Vec<Target> {
        let keeps = |target: &Target| self.rows.mark(target.row) == Mark::Keep;
        let target = |(position, row): (u32, &u32)| Target { position, row: *row };
        match seen.positions {
            None => (0..).zip(&*seen.chosen).map(target).filter(keeps).collect(),
            Some(positions) => positions.iter().copied().zip(&*seen.chosen).map(target).filter(keeps).collect(),
        }
    }

    /// Rejects the rows that an operation could not be made to.
    fn refuse(&mut self, refused: Vec<(u32, Refusal)>, reasons: &[String]) -> Result<(), BatchError> {
        // Rows mostly share a reason: each is stored once per operation.
        let mut stored: Vec<(Refusal, u32)> = Vec::new();
        for (row, refusal) in refused {
            let known = stored.iter().find(|(known, _)| *known == refusal).map(|(_, number)| *number);
            let number = match known {
                Some(number) => number,
                None => {
                    let reason = match &refusal {
                        Refusal::NoObject(text) => text.clone(),
                        Refusal::Reason(number) => reasons.get(*number as usize).cloned().unwrap_or_default(),
                    };
                    let number = self.store_rejection(reason)?;
                    stored.push((refusal, number));
                    number
                }
            };
            self.rows.reject_as(row, number);
        }
        Ok(())
    }

    /// Takes rows out of the stream on purpose. One that was rejected stays so.
    ///
    /// # Errors
    /// Refuses rows that are out of range or not ascending.
    pub fn discard(&mut self, rows: &[u32]) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        for row in choose(&view, Some(rows))?.iter() {
            self.rows.discard(*row);
        }
        self.wrote();
        Ok(())
    }

    /// Rejects rows. Of several reasons the first counts.
    ///
    /// # Errors
    /// Refuses rows that are out of range or not ascending.
    pub fn reject(&mut self, rows: &[u32], reason: String) -> Result<(), BatchError> {
        let view = if self.is_put() { Arc::clone(self.view()) } else { self.writable(Access::Transform)? };
        self.reject_rows(&choose(&view, Some(rows))?, reason)?;
        self.wrote();
        Ok(())
    }

    /// Rejects rows by their numbers in the batch.
    pub(super) fn reject_rows(&mut self, rows: &[u32], reason: String) -> Result<(), BatchError> {
        let number = self.store_rejection(reason)?;
        for row in rows {
            self.rows.reject_as(*row, number);
        }
        Ok(())
    }

    /// Stores a rejection by the current step.
    fn store_rejection(&mut self, reason: String) -> Result<u32, BatchError> {
        self.rows.charge_reason(&reason)?;
        let (stage, step) =
            if self.is_put() { (Stage::TaskPut, None) } else { (Stage::Transformation, Some(self.step)) };
        Ok(self.rows.add_rejection(Rejection { stage, step, reason, exception: DATA_EXCEPTION }))
    }
}
