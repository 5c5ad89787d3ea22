//! Makes a checked change to the fields of rows. Rows of one layout go to another together; only values that
//! differ by row are stored by row. What a change means is in the WIT interface `records`; fields of nested
//! objects are in `below`.

use super::super::columns::{BatchError, ValueKind};
use super::super::json;
use super::arena::Span;
use super::layouts::{Field, Move, NO_OBJECT, Source};
use super::operation::{Change, KINDS, Operation, Outcome, Refusal, Target, Values, kind_index};
use super::shapes::NONE;
use super::values::Written;
use super::{Cell, LEAVE, Payloads};

/// What an operation needs to know of a layout.
struct Known {
    /// The last field that has the first name of the path, and how many have.
    field: Option<Field>,
    occurrences: usize,
    /// The layouts that moves lead to, by variant.
    next: [u32; KINDS],
}

/// An operation while it goes over the rows.
pub(super) struct Pass<'a> {
    pub(super) operation: &'a Operation,
    pub(super) path: &'a [&'a [u8]],
    name: u32,
    /// The number of the new name, if it is a rename.
    renamed: u32,
    known: Vec<Known>,
    /// Which of `known` a layout has, by layout.
    places: Vec<u32>,
    /// The column for values that differ by row.
    column: u32,
    /// The constant with its parents, for rows that have none of them.
    pub(super) wrapped: Option<Span>,
    pub(super) refused: Vec<(u32, Refusal)>,
    /// Room for text that is made row by row.
    pub(super) text: Vec<u8>,
}

/// A row in a pass.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) target: Target,
    pub(super) cell: Cell,
    /// Which of the pass's layouts the row has.
    place: usize,
}

/// A move and the number under which the pass remembers where it leads from a layout.
pub(super) type Variant = (usize, Move);

impl Payloads {
    /// Makes a change to rows; returns those that must be rejected.
    ///
    /// # Errors
    /// Refuses what is beyond the limits of a batch; rows may have been changed by then.
    pub(in super::super) fn apply(
        &mut self,
        operation: &Operation,
        targets: &[Target],
    ) -> Result<Vec<(u32, Refusal)>, BatchError> {
        self.reclaim();
        if operation.path.is_empty() {
            return Ok(self.apply_to_whole(operation, targets));
        }
        let path: Vec<&[u8]> = operation.path.iter().map(|name| name.as_bytes()).collect();
        let mut pass = self.start_pass(operation, &path);
        let alike = pass.is_alike();
        // What became of the layout of the last row: the next one mostly has the same.
        let mut last = (NO_OBJECT, NO_OBJECT);
        for target in targets {
            let before = self.cell(target.row).layout;
            if before == last.0 && before < NO_OBJECT {
                self.set_layout(target.row, last.1);
                continue;
            }
            self.change_row(&mut pass, *target)?;
            if alike {
                last = (before, self.cell(target.row).layout);
            }
        }
        Ok(pass.refused)
    }

    fn start_pass<'a>(&mut self, operation: &'a Operation, path: &'a [&'a [u8]]) -> Pass<'a> {
        let renamed = match &operation.change {
            Change::Rename(to) => self.shapes.names.intern(to.as_bytes()),
            _ => NONE,
        };
        Pass {
            operation,
            name: self.shapes.names.intern(path.first().copied().unwrap_or_default()),
            path,
            renamed,
            known: Vec::new(),
            places: vec![NONE; self.layouts.len()],
            column: NONE,
            wrapped: None,
            refused: Vec::new(),
            text: Vec::new(),
        }
    }

    #[inline]
    fn change_row(&mut self, pass: &mut Pass<'_>, target: Target) -> Result<(), BatchError> {
        let cell = self.cell(target.row);
        if cell.layout == LEAVE || pass.leaves(target) {
            return Ok(());
        }
        if cell.layout == NO_OBJECT {
            pass.refused.push((target.row, Refusal::NoObject(self.no_object(target.row))));
            return Ok(());
        }
        let at = At { target, cell, place: self.place(pass, cell.layout) };
        let Some(Known { field, occurrences, .. }) = pass.known.get(at.place) else { return Ok(()) };
        let below = pass.is_below();
        // Where a key is repeated and each of its values must be looked at, the fast ways do not fit.
        if *occurrences > 1 && (below || matches!(pass.operation.change, Change::ByKind(_))) {
            return self.rewrite_row(pass, target);
        }
        match *field {
            Some(field) if below => self.change_below(pass, at, field),
            None if below => self.add_below(pass, at),
            field => {
                if let Some(variant) = self.choose(pass, at, field)? {
                    self.go(pass, at, variant);
                }
                Ok(())
            }
        }
    }

    /// Returns where in the pass's knowledge a layout is.
    #[inline]
    fn place(&mut self, pass: &mut Pass<'_>, layout: u32) -> usize {
        match pass.places.get(layout as usize) {
            Some(place) if *place != NONE => *place as usize,
            _ => self.learn(pass, layout),
        }
    }

    #[cold]
    fn learn(&mut self, pass: &mut Pass<'_>, layout: u32) -> usize {
        let fields = self.layouts.fields(layout);
        let field = fields.iter().rfind(|field| field.name == pass.name).copied();
        let occurrences = fields.iter().filter(|field| field.name == pass.name).count();
        pass.known.push(Known { field, occurrences, next: [NONE; KINDS] });
        if let Some(place) = pass.places.get_mut(layout as usize) {
            *place = pass.known.len() as u32 - 1;
        }
        pass.known.len() - 1
    }

    /// Chooses what happens to a row's field at the top level.
    #[inline]
    fn choose(&mut self, pass: &mut Pass<'_>, at: At, field: Option<Field>) -> Result<Option<Variant>, BatchError> {
        let (values, replaces) = match &pass.operation.change {
            Change::Put(values) => (values, false),
            Change::Replace(values) => (values, true),
            Change::Remove => return Ok(Some((0, Move::Remove))),
            Change::Rename(_) => return Ok(Some((0, Move::Rename(pass.renamed)))),
            Change::Retain(_) => return Ok(None),
            Change::ByKind(outcomes) => return Ok(self.choose_by_kind(pass, at, (field, outcomes))),
        };
        if replaces && field.is_none() {
            return Ok(None);
        }
        let source = match values {
            Values::Constant(text) => Source::Constant(*text),
            Values::Column(written) => match written.get(at.target.position as usize) {
                None | Some(Written::Leave) => return Ok(None),
                Some(Written::Remove) => return Ok(Some((1, Move::Remove))),
                Some(Written::Value(value)) => self.store(pass, at, *value)?,
            },
        };
        Ok(Some((0, Move::Put(source))))
    }

    #[inline]
    fn choose_by_kind(
        &self,
        pass: &mut Pass<'_>,
        at: At,
        (field, outcomes): (Option<Field>, &[Outcome; KINDS]),
    ) -> Option<Variant> {
        let kind = |field: Field| json::kind(self.value(at.target.row, at.cell, field.source));
        let index = kind_index(field.map_or(ValueKind::Absent, kind));
        match outcomes.get(index)? {
            Outcome::Keep => None,
            Outcome::Put(text) => Some((index, Move::Put(Source::Constant(*text)))),
            Outcome::Remove => Some((index, Move::Remove)),
            Outcome::Reject(reason) => {
                pass.refused.push((at.target.row, Refusal::Reason(*reason)));
                None
            }
        }
    }

    /// Stores a value that differs by row.
    pub(super) fn store(&mut self, pass: &mut Pass<'_>, at: At, value: Span) -> Result<Source, BatchError> {
        if pass.column == NONE {
            self.arena.charge((self.cells.len() * size_of::<Span>()) as u64)?;
            pass.column = self.columns.len() as u32;
            self.columns.push(vec![Span::default(); self.cells.len()]);
        }
        let column = self.columns.get_mut(pass.column as usize);
        if let Some(place) = column.and_then(|column| column.get_mut(at.target.row as usize)) {
            *place = value;
        }
        Ok(Source::Column(pass.column))
    }

    /// Gives a row the layout that a move leads to.
    #[inline]
    pub(super) fn go(&mut self, pass: &mut Pass<'_>, at: At, (variant, change): Variant) {
        let Some(next) = pass.known.get_mut(at.place).and_then(|known| known.next.get_mut(variant)) else { return };
        if *next == NONE {
            *next = self.layouts.derive(at.cell.layout, pass.name, change);
        }
        let next = *next;
        self.set_layout(at.target.row, next);
    }

    #[inline]
    pub(super) fn set_layout(&mut self, row: u32, layout: u32) {
        if let Some(cell) = self.cells.get_mut(row as usize) {
            cell.layout = layout;
        }
    }
}

impl Pass<'_> {
    /// Tells what to do with a field of this kind.
    pub(super) fn choice(&self, target: Target, kind: ValueKind) -> Outcome {
        let absent = kind == ValueKind::Absent;
        let values = match &self.operation.change {
            Change::ByKind(outcomes) => return outcomes.get(kind_index(kind)).copied().unwrap_or(Outcome::Keep),
            Change::Remove => return Outcome::Remove,
            Change::Rename(_) | Change::Retain(_) => return Outcome::Keep,
            Change::Replace(_) if absent => return Outcome::Keep,
            Change::Put(values) | Change::Replace(values) => values,
        };
        match values {
            Values::Constant(text) => Outcome::Put(*text),
            Values::Column(written) => match written.get(target.position as usize) {
                Some(Written::Value(value)) => Outcome::Put(*value),
                Some(Written::Remove) => Outcome::Remove,
                Some(Written::Leave) | None => Outcome::Keep,
            },
        }
    }

    /// Tells whether rows of the same layout all go to the same one.
    fn is_alike(&self) -> bool {
        let alike = match &self.operation.change {
            Change::Remove | Change::Rename(_) => true,
            Change::Put(values) | Change::Replace(values) => matches!(values, Values::Constant(_)),
            Change::ByKind(_) | Change::Retain(_) => false,
        };
        alike && !self.is_below()
    }

    /// Tells whether the change is to the text of a field of the top level.
    fn is_below(&self) -> bool {
        self.path.len() > 1 || matches!(self.operation.change, Change::Retain(_))
    }

    /// Tells whether a column leaves this row as it is.
    fn leaves(&self, target: Target) -> bool {
        match &self.operation.change {
            Change::Put(Values::Column(written)) | Change::Replace(Values::Column(written)) => {
                matches!(written.get(target.position as usize), None | Some(Written::Leave))
            }
            _ => false,
        }
    }
}
