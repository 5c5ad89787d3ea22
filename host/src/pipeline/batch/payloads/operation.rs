//! Checks the changes that a guest asks for, before any is made: texts must be JSON, columns must fit. What
//! the changes then do is in `change`.

use std::collections::HashSet;

use super::super::columns::{BatchError, EditOperation, FieldChange, FieldValue, KindOutcome, ValueKind};
use super::super::json::{DEPTH_LIMIT, append_quoted, trimmed_value};
use super::Payloads;
use super::arena::Span;
use super::values::Written;

/// How many names a path may have.
pub(super) const PATH_LIMIT: usize = 100;

/// A row to be changed.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Target {
    /// Its number as the guest sees it.
    pub(in super::super) position: u32,
    /// Its number in the batch.
    pub(in super::super) row: u32,
}

/// Why an edit can't be made to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Refusal {
    /// What should hold the field is no object; the text says so.
    NoObject(String),
    /// The guest's reason of this number.
    Reason(u32),
}

/// A checked operation; its values are in the arena.
pub(in super::super) struct Operation {
    pub(super) path: Vec<String>,
    pub(super) change: Change,
    /// The guest's reasons for rejecting.
    pub(in super::super) reasons: Vec<String>,
}

pub(super) enum Change {
    Put(Values),
    Replace(Values),
    Remove,
    Rename(String),
    ByKind([Outcome; KINDS]),
    /// A guest may name many, and rows may have many fields.
    Retain(HashSet<Vec<u8>>),
}

pub(super) enum Values {
    Constant(Span),
    /// By the row's position.
    Column(Vec<Written>),
}

/// What a choice by kind does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Keep,
    Put(Span),
    Remove,
    /// With the reason of this number.
    Reject(u32),
}

/// How many kinds of values there are.
pub(super) const KINDS: usize = 8;

/// Returns the place of a kind in a table of all kinds.
#[inline]
pub(super) fn kind_index(kind: ValueKind) -> usize {
    kind as usize
}

/// Checks a path and returns its names.
pub(super) fn checked_path(path: &[String]) -> Result<(), BatchError> {
    match path.len() {
        0 => Err(invalid("a path needs at least one name".to_owned())),
        1..=PATH_LIMIT => Ok(()),
        length => Err(invalid(format!("a path has {length} names; at most {PATH_LIMIT} are possible"))),
    }
}

/// Says that a guest's argument is wrong.
pub(in super::super) fn invalid(text: String) -> BatchError {
    BatchError::InvalidArgument(text)
}

impl Payloads {
    /// Checks an operation on `rows` rows and stores its values.
    ///
    /// # Errors
    /// Says what is wrong with it; some of its values may have been stored.
    pub(in super::super) fn check(&mut self, asked: EditOperation, rows: usize) -> Result<Operation, BatchError> {
        match asked.path.is_empty() {
            true => check_whole(&asked.change)?,
            false => checked_path(&asked.path)?,
        }
        let depth = asked.path.len();
        // Each row that is written out may have its copy of the names.
        let names = asked.path.iter().map(String::len).sum::<usize>();
        self.arena.charge((names * rows) as u64)?;
        let mut reasons = Vec::new();
        let change = match asked.change {
            FieldChange::Put(value) => Change::Put(self.check_value(value, rows, depth)?),
            FieldChange::Replace(value) => Change::Replace(self.check_value(value, rows, depth)?),
            FieldChange::Remove => Change::Remove,
            FieldChange::Rename(name) => {
                self.arena.charge((name.len() * rows) as u64)?;
                Change::Rename(name)
            }
            FieldChange::Retain(names) => Change::Retain(names.into_iter().map(String::into_bytes).collect()),
            FieldChange::ByKind(outcomes) => {
                let mut table = [None; KINDS];
                for (kind, outcome) in outcomes {
                    let outcome = self.check_outcome(outcome, (rows, depth), &mut reasons)?;
                    if let Some(entry) = table.get_mut(kind_index(kind))
                        && entry.replace(outcome).is_some()
                    {
                        return Err(invalid(format!("kind {kind:?} has two outcomes in {}", shown(&asked.path))));
                    }
                }
                Change::ByKind(table.map(|outcome| outcome.unwrap_or(Outcome::Keep)))
            }
        };
        Ok(Operation { path: asked.path, change, reasons })
    }

    fn check_value(&mut self, value: FieldValue, rows: usize, depth: usize) -> Result<Values, BatchError> {
        Ok(match value {
            FieldValue::Constant(text) => Values::Constant(self.check_constant(&text, rows, depth)?),
            FieldValue::Column(column) => Values::Column(self.write_column(column, rows, depth)?),
        })
    }

    fn check_constant(&mut self, text: &[u8], rows: usize, depth: usize) -> Result<Span, BatchError> {
        let value = trimmed_value(text, depth.min(DEPTH_LIMIT));
        let value = value.map_err(|problem| invalid(format!("a constant is no JSON: {problem}")))?;
        // Each row that is written out has its copy.
        self.arena.charge((value.len() * rows) as u64)?;
        self.arena.write(value)
    }

    fn check_outcome(
        &mut self,
        outcome: KindOutcome,
        (rows, depth): (usize, usize),
        reasons: &mut Vec<String>,
    ) -> Result<Outcome, BatchError> {
        Ok(match outcome {
            KindOutcome::Keep => Outcome::Keep,
            KindOutcome::Put(text) => Outcome::Put(self.check_constant(&text, rows, depth)?),
            KindOutcome::Remove => Outcome::Remove,
            KindOutcome::Reject(reason) => {
                reasons.push(reason);
                Outcome::Reject(reasons.len() as u32 - 1)
            }
        })
    }
}

/// Checks what is asked of whole keys and values.
fn check_whole(change: &FieldChange) -> Result<(), BatchError> {
    let fits = match change {
        FieldChange::Retain(_) => true,
        FieldChange::ByKind(outcomes) => {
            outcomes.iter().all(|(_, outcome)| matches!(outcome, KindOutcome::Keep | KindOutcome::Reject(_)))
        }
        _ => false,
    };
    let refusal = "an empty path stands for the whole key or value: only retain, and by-kind that keeps and rejects, \
                   are possible there; a field needs at least one name, and `write` replaces the whole";
    if fits { Ok(()) } else { Err(invalid(refusal.to_owned())) }
}

/// Shows a path to people, as a JSON array.
fn shown(path: &[String]) -> String {
    let mut out = Vec::new();
    for name in path {
        out.push(if out.is_empty() { b'[' } else { b',' });
        append_quoted(&mut out, name.as_bytes());
    }
    out.push(b']');
    String::from_utf8_lossy(&out).into_owned()
}
