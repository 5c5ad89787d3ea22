//! Writes rows out as JSON text. A layout is turned into a plan once: literal bytes, and runs of the row's
//! own text, as long as they can be. Nothing that was not edited is looked at again.

use super::super::codec::java_utf8;
use super::super::json::append_quoted;
use super::layouts::{Field, Source};
use super::shapes::NONE;
use super::{Cell, Document, Notation, Payloads, Slot};

/// Stands for the start of the row's object, as the first field of a run.
const OBJECT: u32 = u32::MAX;

/// One piece of a row's text.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// Bytes of the plan, by positions.
    Literal(usize, usize),
    /// The row's own text from the key of one field to the end of another.
    Run(u32, u32),
    /// The row's own text from the key of one field to where the value of another starts.
    KeyRun(u32, u32),
    /// The value of the row's own field.
    Value(u32),
    /// The row's value in a column.
    Column(u32),
}

/// How to write the rows of a layout.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pieces: Vec<Piece>,
    text: Vec<u8>,
    /// How much of `text` is in pieces.
    cut: usize,
}

impl Plan {
    fn piece(&mut self, piece: Piece) {
        if self.cut < self.text.len() {
            self.pieces.push(Piece::Literal(self.cut, self.text.len()));
            self.cut = self.text.len();
        }
        self.pieces.push(piece);
    }

    /// Adds a field of the row's own as it is.
    fn run(&mut self, slot: u32) {
        let first = self.start_run(slot);
        self.piece(Piece::Run(first, slot));
    }

    /// Adds the key of a field of the row's own, as it is.
    fn key_run(&mut self, slot: u32) {
        let first = self.start_run(slot);
        self.piece(Piece::KeyRun(first, slot));
    }

    /// Returns where a run that goes to `slot` starts: with the run before, if the field is next to it.
    fn start_run(&mut self, slot: u32) -> u32 {
        match self.pieces.last() {
            Some(Piece::Run(first, last)) if self.cut == self.text.len() && last + 1 == slot => {
                let first = *first;
                self.pieces.pop();
                first
            }
            // The first field of all brings the bracket before it.
            None if slot == 0 && self.text == b"{" => {
                self.text.clear();
                OBJECT
            }
            _ => {
                self.comma();
                slot
            }
        }
    }

    fn comma(&mut self) {
        if !self.pieces.is_empty() || self.text.len() > 1 {
            self.text.push(b',');
        }
    }
}

impl Payloads {
    /// Makes the plan of a layout, unless it is there.
    pub(super) fn ensure_plan(&mut self, layout: u32) {
        let index = layout as usize;
        if self.plans.get(index).is_some_and(Option::is_some) {
            return;
        }
        if self.plans.len() <= index {
            self.plans.resize_with(index + 1, || None);
        }
        let plan = self.plan(self.layouts.fields(layout));
        if let Some(slot) = self.plans.get_mut(index) {
            *slot = Some(plan);
        }
    }

    fn plan(&self, fields: &[Field]) -> Plan {
        let mut plan = Plan::default();
        plan.text.push(b'{');
        for field in fields {
            if field.source == Source::Original(field.key) {
                plan.run(field.key);
                continue;
            }
            if field.key == NONE {
                plan.comma();
                append_quoted(&mut plan.text, self.shapes.names.text(field.name));
                plan.text.push(b':');
            } else {
                plan.key_run(field.key);
            }
            match field.source {
                Source::Original(slot) => plan.piece(Piece::Value(slot)),
                Source::Constant(span) => plan.text.extend_from_slice(self.arena.get(span)),
                Source::Column(column) => plan.piece(Piece::Column(column)),
            }
        }
        plan.text.push(b'}');
        plan.pieces.push(Piece::Literal(plan.cut, plan.text.len()));
        plan
    }

    /// Appends a row's JSON text; says whether there is one. A tombstone has none.
    pub(super) fn append_json(&mut self, row: u32, out: &mut Vec<u8>) -> bool {
        let cell = self.cell(row);
        let Some(document) = self.document(cell) else { return false };
        if document.layout != cell.layout {
            self.ensure_plan(cell.layout);
            self.append_planned(row, (cell, document), out);
            return true;
        }
        let bytes = self.arena.get(document.span);
        match document.notation {
            Notation::Json => out.extend_from_slice(bytes),
            Notation::Text => append_quoted(out, java_utf8(bytes).as_bytes()),
            Notation::Bytes => return false,
        }
        true
    }

    fn append_planned(&self, row: u32, (cell, document): (Cell, Document), out: &mut Vec<u8>) {
        let Some(plan) = self.plans.get(cell.layout as usize).and_then(Option::as_ref) else { return };
        let slots = self.slots.get(document.slots as usize..).unwrap_or_default();
        let (own, base) = self.arena.around(document.span);
        let at = |slot: u32| slots.get(slot as usize).copied().unwrap_or(Slot { key: 0, value: 0, end: 0 });
        let cut = |start: u32, end: u32| {
            own.get((start as usize).wrapping_sub(base)..(end as usize).wrapping_sub(base)).unwrap_or_default()
        };
        let start = |first: u32| if first == OBJECT { document.span.start } else { at(first).key };
        for piece in &plan.pieces {
            out.extend_from_slice(match *piece {
                Piece::Literal(start, end) => plan.text.get(start..end).unwrap_or_default(),
                Piece::Run(first, last) => cut(start(first), at(last).end),
                Piece::KeyRun(first, last) => cut(start(first), at(last).value),
                Piece::Value(slot) => cut(at(slot).value, at(slot).end),
                Piece::Column(column) => self.arena.get(self.column_value(column, row)),
            });
        }
    }
}
