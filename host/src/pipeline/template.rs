//! How a task makes batches.

use std::sync::{Arc, Mutex};

use super::batch::{Batch, Contents, SchemaTable};

/// What all batches of a task have in common.
#[derive(Debug, Clone, Default)]
pub struct BatchTemplate {
    /// How keys and values are to be understood.
    pub contents: Contents,
    /// The schemas of the task's rows: ids hold for as long as the task.
    pub schemas: Arc<Mutex<SchemaTable>>,
}

impl BatchTemplate {
    /// Makes an empty batch.
    pub fn batch(&self) -> Batch {
        Batch::with_schemas(self.contents, Arc::clone(&self.schemas))
    }
}
