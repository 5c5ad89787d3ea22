//! The rows of a test: what a test asks of them, and how `calls` changes them.

use std::cell::{Ref, RefCell};

use serde_json::Value;

use super::row::{Fate, Row};
use crate::batch::Batch;
use crate::error::BatchError;

/// The rows of a test, before and after a plugin has seen them. Rows are numbered as they were given; rows that
/// a plugin adds follow.
#[derive(Debug, Default)]
pub struct Rows {
    pub(super) state: RefCell<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) rows: Vec<(Row, Fate)>,
    /// The rows that the current step sees.
    pub(super) seen: Vec<usize>,
}

impl Rows {
    /// Returns these rows.
    pub fn new(rows: impl IntoIterator<Item = Row>) -> Self {
        let rows: Vec<_> = rows.into_iter().map(|row| (row, Fate::Kept)).collect();
        let seen = (0..rows.len()).collect();
        Rows { state: RefCell::new(State { rows, seen }) }
    }

    /// Returns rows with these values, JSON texts.
    ///
    /// # Panics
    /// A text is no JSON.
    pub fn of_values<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(values.into_iter().map(Row::json))
    }

    /// Returns the batch to call a plugin with.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(self)
    }

    /// Narrows what the next calls see to these of the rows that are left, as a step's predicate does.
    pub fn narrow(&self, rows: &[u32]) {
        self.see(Some(rows));
    }

    /// Returns how many rows there are, with those that were added.
    pub fn len(&self) -> usize {
        self.state.borrow().rows.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what became of a row.
    ///
    /// # Panics
    /// There is no such row; so do the other questions about a row.
    pub fn fate(&self, row: usize) -> Fate {
        self.at(row).1.clone()
    }

    /// Returns why a row was rejected.
    pub fn rejected(&self, row: usize) -> Option<String> {
        match self.fate(row) {
            Fate::Rejected(reason) => Some(reason),
            Fate::Kept | Fate::Discarded => None,
        }
    }

    /// Returns a row's value as JSON text; `null` for a tombstone.
    pub fn value(&self, row: usize) -> String {
        self.at(row).0.value.json.clone().unwrap_or(Value::Null).to_string()
    }

    /// Returns a row's key as JSON text; `null` where there is none.
    pub fn key(&self, row: usize) -> String {
        self.at(row).0.key.json.clone().unwrap_or(Value::Null).to_string()
    }

    /// Returns the ids of the schemas of a row's key and value.
    pub fn schemas(&self, row: usize) -> (u32, u32) {
        let row = self.at(row);
        (row.0.key.schema, row.0.value.schema)
    }

    /// Returns a row's topic.
    pub fn topic(&self, row: usize) -> String {
        self.at(row).0.topic.clone()
    }

    /// Returns a row's timestamp; -1 for none.
    pub fn timestamp(&self, row: usize) -> i64 {
        self.at(row).0.timestamp
    }

    /// Returns a row's headers.
    pub fn headers(&self, row: usize) -> Vec<(String, Option<Vec<u8>>)> {
        self.at(row).0.headers.clone()
    }

    /// Returns the source partition and the source offset of a row that a source appended.
    pub fn source_position(&self, row: usize) -> Option<(String, String)> {
        self.at(row).0.source.clone()
    }

    #[allow(clippy::indexing_slicing, reason = "a test asks for a row that isn't there")]
    fn at(&self, row: usize) -> Ref<'_, (Row, Fate)> {
        Ref::map(self.state.borrow(), |state| &state.rows[row])
    }

    /// Asks each row that the step sees.
    pub(super) fn ask<T>(&self, mut question: impl FnMut(&Row) -> T) -> Vec<T> {
        let state = self.state.borrow();
        state.seen.iter().filter_map(|&index| state.rows.get(index)).map(|(row, _)| question(row)).collect()
    }

    /// Changes each row that the step sees, telling its position. The error is the reason to reject the row.
    pub(super) fn change(&self, mut change: impl FnMut(usize, &mut Row) -> Result<(), String>) {
        let state = &mut *self.state.borrow_mut();
        for (position, &index) in state.seen.iter().enumerate() {
            if let Some((row, fate)) = state.rows.get_mut(index)
                && let Err(reason) = change(position, row)
                && *fate == Fate::Kept
            {
                *fate = Fate::Rejected(reason);
            }
        }
    }

    pub(super) fn set_all<T>(&self, values: &[T], mut set: impl FnMut(&mut Row, &T)) -> Result<(), BatchError> {
        let rows = self.state.borrow().seen.len();
        if values.len() != rows {
            let reason = format!("the column has {} rows, the batch {rows}", values.len());
            return Err(BatchError::InvalidArgument(reason));
        }
        self.change(|position, row| {
            values.get(position).into_iter().for_each(|value| set(row, value));
            Ok(())
        });
        Ok(())
    }

    pub(super) fn set_fate(&self, rows: &[u32], fate: &Fate) -> Result<(), BatchError> {
        let state = &mut *self.state.borrow_mut();
        for &position in rows {
            let index = state.seen.get(position as usize).copied();
            let Some((_, row_fate)) = index.and_then(|index| state.rows.get_mut(index)) else {
                return Err(no_row(position));
            };
            // As in the host the first rejection counts.
            if !matches!(row_fate, Fate::Rejected(_)) {
                row_fate.clone_from(fate);
            }
        }
        Ok(())
    }

    pub(super) fn see(&self, rows: Option<&[u32]>) {
        let state = &mut *self.state.borrow_mut();
        let kept = state.rows.iter().enumerate().filter(|(_, (_, fate))| *fate == Fate::Kept);
        let kept: Vec<usize> = kept.map(|(index, _)| index).collect();
        state.seen = match rows {
            None => kept,
            Some(rows) => rows.iter().filter_map(|&row| kept.get(row as usize).copied()).collect(),
        };
    }

    pub(super) fn add(&self, rows: Vec<Row>) {
        let state = &mut *self.state.borrow_mut();
        state.seen.extend(state.rows.len()..state.rows.len() + rows.len());
        state.rows.extend(rows.into_iter().map(|row| (row, Fate::Kept)));
    }
}

pub(super) fn no_row(row: u32) -> BatchError {
    BatchError::InvalidArgument(format!("there is no row {row}"))
}
