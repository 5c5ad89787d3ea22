//! Memory of batches that are done with, for batches to come: fresh memory costs page faults, which would be
//! a tenth of what a batch costs. Everything but room is made anew, so that nothing of a batch can outlive it.

use std::sync::Arc;

use super::Batch;
use super::headers::Headers;

/// Room beyond this is given back: most batches are far smaller, and a task must not keep what it once needed.
const MOST_BYTES: usize = 4 << 20;

impl Batch {
    /// Makes an empty batch like this one in the same memory.
    pub fn recycle(self) -> Batch {
        Batch {
            keys: Box::new(self.keys.recycle()),
            values: Box::new(self.values.recycle()),
            headers: Box::new(Headers::recycle(*self.headers)),
            records: emptied(self.records),
            rows: self.rows.recycle(),
            ..Batch::with_schemas(self.contents, self.schemas)
        }
    }
}

/// Returns the room of a vector.
pub(super) fn emptied<T>(mut items: Vec<T>) -> Vec<T> {
    if items.capacity().saturating_mul(size_of::<T>()) > MOST_BYTES {
        return Vec::new();
    }
    items.clear();
    items
}

/// Returns the room of a vector that nobody else holds.
pub(super) fn emptied_shared<T>(mut items: Arc<Vec<T>>) -> Arc<Vec<T>> {
    match Arc::get_mut(&mut items) {
        Some(only) => *only = emptied(std::mem::take(only)),
        None => items = Arc::default(),
    }
    items
}
