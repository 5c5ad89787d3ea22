//! Empties keys or values for the next batch, and keeps their memory.

use super::super::recycle::empty;
use super::Payloads;

impl Payloads {
    /// Empties it, and keeps its memory.
    pub(in super::super) fn reset(&mut self) {
        // Every field is named, so that none can be forgotten.
        #[rustfmt::skip]
        let Payloads {
            content: _, constant: _, arena, originals, documents, slots, shapes, layouts, plans, columns, cells, schemas, saved,
            first_write, touched, last_envelope, scratch, encoded, out,
        } = self;
        arena.reset();
        empty(originals);
        empty(documents);
        empty(slots);
        shapes.reset(layouts);
        plans.clear();
        columns.clear();
        empty(cells);
        empty(schemas);
        saved.clear();
        (*first_write, *touched, *last_envelope) = (false, false, None);
        empty(scratch);
        empty(encoded);
        empty(out);
    }
}
