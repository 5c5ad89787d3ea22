//! Memory of batches that are done with, for batches to come: fresh memory costs page faults, which would be
//! a tenth of what a batch costs. Of what was in a batch only the names of fields and their order may be left,
//! as a guess of what the next one has; nothing of that can be read.

use std::sync::Arc;

use super::Batch;

/// Room beyond this is given back: most batches are far smaller, and a task must not keep what it once needed.
const MOST_BYTES: usize = 4 << 20;

impl Batch {
    /// Makes an empty batch like this one in the same memory.
    pub fn recycle(self) -> Batch {
        let Batch { contents, schemas, mut keys, mut values, mut headers, mut topics, mut records, .. } = self;
        keys.reset();
        values.reset();
        headers.reset();
        topics.reset();
        empty(&mut records);
        let rows = self.rows.recycle();
        Batch { contents, schemas, keys, values, headers, topics, records, rows, ..Batch::default() }
    }
}

/// Empties a vector, and keeps its room.
pub(super) fn empty<T>(items: &mut Vec<T>) {
    if items.capacity().saturating_mul(size_of::<T>()) > MOST_BYTES {
        *items = Vec::new();
    }
    items.clear();
}

/// Returns the room of a vector that nobody else holds.
pub(super) fn emptied_shared<T>(mut items: Arc<Vec<T>>) -> Arc<Vec<T>> {
    match Arc::get_mut(&mut items) {
        Some(only) => empty(only),
        None => items = Arc::default(),
    }
    items
}
