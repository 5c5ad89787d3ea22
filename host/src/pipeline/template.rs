//! How a task makes batches.

use std::sync::{Arc, Mutex, PoisonError};

use super::batch::{Batch, Content, Contents, SchemaTable};

/// How many batches' memory is kept: one fills while another is worked on.
const SPARE: usize = 2;

/// What all batches of a task have in common.
#[derive(Debug, Clone, Default)]
pub struct BatchTemplate {
    /// How keys and values are to be understood.
    pub contents: Contents,
    /// How header values are to be understood; none: as `SimpleHeaderConverter` does.
    pub headers: Option<Content>,
    /// The schemas of the task's rows: ids hold for as long as the task.
    pub schemas: Arc<Mutex<SchemaTable>>,
    /// Empty batches in memory that was used before.
    pub spare: Arc<Mutex<Vec<Batch>>>,
}

impl BatchTemplate {
    /// Makes an empty batch.
    pub fn batch(&self) -> Batch {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| {
            let batch = Batch::with_schemas(self.contents.clone(), Arc::clone(&self.schemas));
            batch.with_headers(self.headers.clone())
        })
    }

    /// Takes a batch that is done with, for its memory.
    pub fn recycle(&self, batch: Batch) {
        let empty = batch.recycle();
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE {
            spare.push(empty);
        }
    }
}
