//! What became of the fields of rows. A layout lists the fields of an object as they now are; rows whose
//! objects had the same keys and met the same changes share one. A change to a field of all rows is then a
//! new layout and a number per row. Does not hold values, except constants; see `arena`.

use std::collections::HashSet;

use super::arena::Span;
use super::shapes::NONE;

/// The layout of rows that edits leave alone: null, or a tombstone.
pub(super) const LEAVE: u32 = u32::MAX;
/// The layout of rows that have no fields although they have a value.
pub(super) const NO_OBJECT: u32 = u32::MAX - 1;

/// Where the value of a field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// From the row's text: its field of this number.
    Original(u32),
    /// From the arena, the same for all rows.
    Constant(Span),
    /// From the column of this number.
    Column(u32),
}

/// A field of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    /// The number of its name.
    pub(super) name: u32,
    /// The field of the row's text whose key stands there; [`NONE`]: the name is written anew.
    pub(super) key: u32,
    /// Its value.
    pub(super) source: Source,
}

/// A change of one field, the same for all rows of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// Gives it this value, adding it where there is none.
    Put(Source),
    /// Takes it away.
    Remove,
    /// Gives it the name of this number.
    Rename(u32),
}

/// All layouts of a part.
#[derive(Default)]
pub(super) struct Layouts {
    layouts: Vec<Layout>,
    /// How many fields the derived ones have in all, and had after the last [`Layouts::reclaim`].
    weight: usize,
    reclaimed: usize,
}

/// One layout.
#[derive(Default)]
struct Layout {
    fields: Vec<Field>,
    derived: bool,
}

impl Layouts {
    /// Adds the layout of untouched rows with these keys.
    pub(super) fn add_original(&mut self, names: &[u32]) -> u32 {
        let field = |(slot, name): (usize, &u32)| {
            let slot = slot as u32;
            Field { name: *name, key: slot, source: Source::Original(slot) }
        };
        let fields = names.iter().enumerate().map(field).collect();
        self.layouts.push(Layout { fields, derived: false });
        self.layouts.len() as u32 - 1
    }

    /// Returns the fields of a layout, in order.
    #[inline]
    pub(super) fn fields(&self, layout: u32) -> &[Field] {
        self.layouts.get(layout as usize).map(|layout| &*layout.fields).unwrap_or_default()
    }

    /// Returns how many layouts there are.
    pub(super) fn len(&self) -> usize {
        self.layouts.len()
    }

    /// Returns the layout that rows of `layout` have after a change to their field `name`.
    pub(super) fn derive(&mut self, layout: u32, name: u32, change: Move) -> u32 {
        let fields = self.fields(layout);
        let present = fields.iter().any(|field| field.name == name);
        let derived: Vec<Field> = match change {
            Move::Put(source) if !present => {
                let added = Field { name, key: NONE, source };
                fields.iter().copied().chain([added]).collect()
            }
            _ if !present => return layout,
            Move::Rename(to) if to == name => return layout,
            Move::Put(source) => {
                let replace = |field: &Field| if field.name == name { Field { source, ..*field } } else { *field };
                fields.iter().map(replace).collect()
            }
            Move::Remove => fields.iter().filter(|field| field.name != name).copied().collect(),
            Move::Rename(to) => {
                let rename = |field: &Field| Field { name: to, key: NONE, source: field.source };
                let kept = fields.iter().filter(|field| field.name != to);
                kept.map(|field| if field.name == name { rename(field) } else { *field }).collect()
            }
        };
        self.add_derived(derived)
    }

    /// Returns the layout that rows of `layout` have when only their fields of these names stay.
    pub(super) fn retain(&mut self, layout: u32, names: &HashSet<u32>) -> u32 {
        let fields = self.fields(layout);
        let kept: Vec<Field> = fields.iter().filter(|field| names.contains(&field.name)).copied().collect();
        if kept.len() == fields.len() { layout } else { self.add_derived(kept) }
    }

    fn add_derived(&mut self, fields: Vec<Field>) -> u32 {
        self.weight += fields.len();
        self.layouts.push(Layout { fields, derived: true });
        self.layouts.len() as u32 - 1
    }

    /// Keeps the layouts of untouched rows that were there before any was derived; returns how many.
    pub(super) fn reset(&mut self) -> usize {
        let kept = self.layouts.iter().position(|layout| layout.derived).unwrap_or(self.layouts.len());
        self.layouts.truncate(kept);
        (self.weight, self.reclaimed) = (0, 0);
        kept
    }

    /// Tells whether so many fields were derived that [`Layouts::reclaim`] may be worth its time.
    pub(super) fn is_heavy(&self) -> bool {
        self.weight > 100_000 + 2 * self.reclaimed
    }

    /// Frees the derived layouts that no row uses.
    pub(super) fn reclaim(&mut self, used: impl Iterator<Item = u32>) {
        let mut keep = vec![false; self.layouts.len()];
        for layout in used {
            if let Some(keep) = keep.get_mut(layout as usize) {
                *keep = true;
            }
        }
        self.weight = 0;
        for (layout, keep) in self.layouts.iter_mut().zip(keep) {
            if layout.derived && !keep {
                *layout = Layout { derived: true, ..Layout::default() };
            }
            self.weight += if layout.derived { layout.fields.len() } else { 0 };
        }
        self.reclaimed = self.weight;
    }
}
