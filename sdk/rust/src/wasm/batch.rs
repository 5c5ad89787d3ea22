//! The host's batch, as the SDK's [`BatchCalls`]. Columns move over without copying.

use super::bindings::imports::airlock::connect::records as wit;
use crate::batch::{
    BatchCalls, BytesColumn, Edit, FieldColumn, FieldForm, Form, Headers, Part, Path, SourceRows, Topics, ValueKind,
};
use crate::error::BatchError;

impl BatchCalls for wit::Batch {
    fn row_count(&self) -> u32 {
        self.row_count()
    }

    fn enter_step(&self, index: u32, rows: Option<&[u32]>) -> Result<(), BatchError> {
        Ok(self.enter_step(index, rows)?)
    }

    fn topics(&self) -> Topics {
        self.topics().into()
    }

    fn original_topics(&self) -> Topics {
        self.original_topics().into()
    }

    fn set_topics(&self, topics: Topics) -> Result<(), BatchError> {
        Ok(self.set_topics(&topics.into())?)
    }

    fn partitions(&self) -> Vec<i32> {
        self.partitions()
    }

    fn original_partitions(&self) -> Vec<i32> {
        self.original_partitions()
    }

    fn set_partitions(&self, partitions: &[i32]) -> Result<(), BatchError> {
        Ok(self.set_partitions(partitions)?)
    }

    fn offsets(&self) -> Vec<i64> {
        self.offsets()
    }

    fn timestamps(&self) -> Vec<i64> {
        self.timestamps()
    }

    fn set_timestamps(&self, timestamps: &[i64]) -> Result<(), BatchError> {
        Ok(self.set_timestamps(timestamps)?)
    }

    fn tombstones(&self) -> Vec<u32> {
        self.tombstones()
    }

    fn kinds(&self, part: Part) -> Vec<ValueKind> {
        kinds(self.kinds(part.into()))
    }

    fn read(&self, part: Part, form: Form) -> Result<BytesColumn, BatchError> {
        Ok(self.read(part.into(), form.into())?.into())
    }

    fn write(&self, part: Part, form: Form, column: BytesColumn) -> Result<(), BatchError> {
        Ok(self.write(part.into(), form.into(), &column.into())?)
    }

    fn has_schemas(&self, part: Part) -> bool {
        self.has_schemas(part.into())
    }

    fn schemas(&self, part: Part) -> Vec<u32> {
        self.schemas(part.into())
    }

    fn set_schemas(&self, part: Part, ids: &[u32]) -> Result<(), BatchError> {
        Ok(self.set_schemas(part.into(), ids)?)
    }

    fn headers(&self) -> Headers {
        let headers = self.headers();
        Headers { counts: headers.counts, keys: headers.keys, values: headers.values.into() }
    }

    fn set_headers(&self, headers: Headers) -> Result<(), BatchError> {
        Ok(self.set_headers(&headers.into())?)
    }

    fn has_simple_headers(&self) -> bool {
        self.has_simple_headers()
    }

    fn add_headers(&self, form: Form, headers: Headers, schemas: &[u32]) -> Result<(), BatchError> {
        Ok(self.add_headers(form.into(), &headers.into(), schemas)?)
    }

    fn read_field(&self, part: Part, path: &Path, form: FieldForm) -> Result<FieldColumn, BatchError> {
        self.read_field(part.into(), path.names(), form.into())?.try_into()
    }

    fn field_kinds(&self, part: Part, path: &Path) -> Result<Vec<ValueKind>, BatchError> {
        Ok(kinds(self.field_kinds(part.into(), path.names())?))
    }

    fn edit(&self, part: Part, edit: &Edit, rows: Option<&[u32]>) -> Result<(), BatchError> {
        Ok(self.edit(part.into(), &edit.operations, rows)?)
    }

    fn discard(&self, rows: &[u32]) -> Result<(), BatchError> {
        Ok(self.discard(rows)?)
    }

    fn reject(&self, rows: &[u32], reason: &str) -> Result<(), BatchError> {
        Ok(self.reject(rows, reason)?)
    }

    fn expand(&self, origins: &[u32]) -> Result<(), BatchError> {
        Ok(self.expand(origins)?)
    }

    fn append(&self, rows: SourceRows) -> Result<(), BatchError> {
        Ok(self.append(&rows.into())?)
    }
}

fn kinds(kinds: Vec<wit::ValueKind>) -> Vec<ValueKind> {
    kinds.into_iter().map(Into::into).collect()
}
