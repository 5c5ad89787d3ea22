//! Makes a checked change to what lies below the fields of rows, and to rows that repeat a key: text is
//! rewritten, row by row. Fields of the top level are in `change`.

use super::super::columns::{BatchError, ValueKind};
use super::super::json::{self, Choice, Leaf, Rewritten};
use super::arena::Span;
use super::change::{At, Pass};
use super::fields::{class_of, refusal};
use super::layouts::{Field, Move, Source};
use super::operation::{Change, Outcome, Refusal, Target, Values};
use super::{Payloads, UNMADE};

impl Payloads {
    /// Changes what lies below a field of the top level.
    pub(super) fn change_below(&mut self, pass: &mut Pass<'_>, at: At, field: Field) -> Result<(), BatchError> {
        let parent = self.value(at.target.row, at.cell, field.source);
        let below = pass.path.get(1..).unwrap_or_default();
        if !self.rewrite(pass, at.target, (parent, below)) {
            return Ok(());
        }
        let value = self.arena.write(&pass.text)?;
        let source = self.store(pass, at, value)?;
        self.go(pass, at, (0, Move::Put(source)));
        Ok(())
    }

    /// Changes a row that lacks even the first name of a path.
    pub(super) fn add_below(&mut self, pass: &mut Pass<'_>, at: At) -> Result<(), BatchError> {
        let value = match pass.choice(at.target, ValueKind::Absent) {
            Outcome::Put(value) => value,
            Outcome::Keep | Outcome::Remove => return Ok(()),
            Outcome::Reject(reason) => {
                pass.refused.push((at.target.row, Refusal::Reason(reason)));
                return Ok(());
            }
        };
        let source = if matches!(pass.operation.change, Change::Put(Values::Column(_))) {
            let wrapped = self.wrap(pass, value)?;
            self.store(pass, at, wrapped)?
        } else {
            let wrapped = match pass.wrapped {
                Some(wrapped) => wrapped,
                None => self.wrap(pass, value)?,
            };
            pass.wrapped = Some(wrapped);
            Source::Constant(wrapped)
        };
        self.go(pass, at, (1, Move::Put(source)));
        Ok(())
    }

    fn wrap(&mut self, pass: &Pass<'_>, value: Span) -> Result<Span, BatchError> {
        let mut text = Vec::new();
        json::append_wrapped(pass.path.get(1..).unwrap_or_default(), self.arena.get(value), &mut text);
        self.arena.write(&text)
    }

    /// Changes a row by writing its whole text anew.
    pub(super) fn rewrite_row(&mut self, pass: &mut Pass<'_>, target: Target) -> Result<(), BatchError> {
        let mut whole = Vec::new();
        self.append_json(target.row, &mut whole);
        let path = pass.path;
        if !self.rewrite(pass, target, (&whole, path)) {
            return Ok(());
        }
        let span = self.arena.write(&pass.text)?;
        let raw = if self.content.is_plain_json() { span } else { UNMADE };
        let Ok(cell) = self.add_json(span, (raw, self.schema(target.row))) else { return Ok(()) };
        if let Some(place) = self.cells.get_mut(target.row as usize) {
            *place = cell;
        }
        Ok(())
    }

    /// Makes the pass's text of an object, with the change, if it makes a difference and can be made.
    fn rewrite(&self, pass: &mut Pass<'_>, target: Target, (object, path): (&[u8], &[&[u8]])) -> bool {
        let mut text = std::mem::take(&mut pass.text);
        text.clear();
        let choose = |kind: ValueKind| match pass.choice(target, kind) {
            Outcome::Keep => Choice::Keep,
            Outcome::Put(text) => Choice::Put(self.arena.get(text)),
            Outcome::Remove => Choice::Remove,
            Outcome::Reject(reason) => Choice::Reject(reason),
        };
        let leaf = match &pass.operation.change {
            Change::Rename(to) => Leaf::Rename(to.as_bytes()),
            Change::Retain(names) => Leaf::Retain(names),
            _ => Leaf::Choose(&choose),
        };
        let rewritten = json::rewrite(object, path, &leaf, &mut text);
        pass.text = text;
        let refused = match rewritten {
            Rewritten::Changed => return true,
            Rewritten::Unchanged => return false,
            Rewritten::Rejected(reason) => Refusal::Reason(reason),
            Rewritten::NoObject(kind) => Refusal::NoObject(refusal("Map", class_of(kind))),
        };
        pass.refused.push((target.row, refused));
        false
    }
}
