//! A batch of records, owned by the host: guests pull the columns they read and push those they change.
//! Knows JSON text, but neither Kafka clients nor the sandbox.

mod columns;
mod rows;
mod schema_table;
mod stub;

use std::sync::{Arc, Mutex};

pub use columns::{
    ABSENT, BatchError, BytesColumn, EditOperation, FieldChange, FieldColumn, FieldForm, FieldValue, Form,
    HeaderColumn, IntegerColumn, KindOutcome, NULL, NumberColumn, OTHER, SourceRows, TopicColumn, ValueKind,
};
pub use rows::{
    Access, Call, Content, Contents, Counts, DATA_EXCEPTION, Fate, HeaderRef, NewRow, Origin, OriginalRecord, Rejected,
    Rejection,
};
pub use schema_table::SchemaTable;

/// A batch of records.
#[derive(Debug, Default)]
pub struct Batch {
    contents: Contents,
    schemas: Arc<Mutex<SchemaTable>>,
}
