//! `airlock:connect/records`: the batch, as guests see it. Counts calls and bytes; what an operation does
//! is in `pipeline::batch`.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::super::bindings::airlock::connect::plugin_info;
use super::super::bindings::airlock::connect::records::{
    BatchError, BytesColumn, EditOperation, FieldColumn, FieldForm, Form, HeaderColumn, Host, HostBatch, Part,
    SourceRows, TopicColumn, ValueKind,
};
use super::super::state::State;
use super::super::words;
use super::border;
use crate::pipeline::batch::{self, Batch};

/// What a batch method answers: a trap, the guest's mistake, or a result.
type Answer<R> = Result<std::result::Result<R, BatchError>>;

type Rows = Vec<u32>;

impl Host for State {}

impl plugin_info::Host for State {}

impl State {
    /// Runs one operation that only the guest can get wrong.
    fn operate<R>(
        &mut self,
        batch: &Resource<Batch>,
        run: impl FnOnce(&mut Batch) -> std::result::Result<R, batch::BatchError>,
    ) -> Answer<R> {
        Ok(run(self.batch(batch)?).map_err(border::error_out))
    }
}

impl HostBatch for State {
    fn row_count(&mut self, batch: Resource<Batch>) -> Result<u32> {
        Ok(self.batch(&batch)?.row_count())
    }

    fn enter_step(&mut self, batch: Resource<Batch>, index: u32, rows: Option<Rows>) -> Answer<()> {
        let entered = self.operate(&batch, |batch| batch.enter_step(index, rows))?;
        if entered.is_ok() {
            // What was used so far is the step's before.
            self.charge(self.meter.used());
            self.step = index as usize;
        }
        Ok(entered)
    }

    fn topics(&mut self, batch: Resource<Batch>) -> Result<TopicColumn> {
        Ok(border::topics_out(self.batch(&batch)?.topics()))
    }

    fn original_topics(&mut self, batch: Resource<Batch>) -> Result<TopicColumn> {
        Ok(border::topics_out(self.batch(&batch)?.original_topics()))
    }

    fn set_topics(&mut self, batch: Resource<Batch>, topics: TopicColumn) -> Answer<()> {
        self.operate(&batch, |batch| batch.set_topics(border::topics_in(topics)))
    }

    fn partitions(&mut self, batch: Resource<Batch>) -> Result<Vec<i32>> {
        Ok(self.batch(&batch)?.partitions())
    }

    fn original_partitions(&mut self, batch: Resource<Batch>) -> Result<Vec<i32>> {
        Ok(self.batch(&batch)?.original_partitions())
    }

    fn set_partitions(&mut self, batch: Resource<Batch>, partitions: Vec<i32>) -> Answer<()> {
        self.operate(&batch, |batch| batch.set_partitions(partitions))
    }

    fn offsets(&mut self, batch: Resource<Batch>) -> Result<Vec<i64>> {
        Ok(self.batch(&batch)?.offsets())
    }

    fn timestamps(&mut self, batch: Resource<Batch>) -> Result<Vec<i64>> {
        Ok(self.batch(&batch)?.timestamps())
    }

    fn set_timestamps(&mut self, batch: Resource<Batch>, timestamps: Vec<i64>) -> Answer<()> {
        self.operate(&batch, |batch| batch.set_timestamps(timestamps))
    }

    fn tombstones(&mut self, batch: Resource<Batch>) -> Result<Rows> {
        Ok(self.batch(&batch)?.tombstones())
    }

    fn kinds(&mut self, batch: Resource<Batch>, part: Part) -> Result<Vec<ValueKind>> {
        let kinds = self.batch(&batch)?.kinds(border::part(part));
        Ok(kinds.into_iter().map(border::kind_out).collect())
    }

    fn read(&mut self, batch: Resource<Batch>, part: Part, form: Form) -> Answer<BytesColumn> {
        let read = self.operate(&batch, |batch| batch.read(border::part(part), border::form(form)))?;
        self.count_bytes(read.as_ref().map_or(0, |column| column.data.len()));
        Ok(read.map(border::bytes_out))
    }

    fn write(&mut self, batch: Resource<Batch>, part: Part, form: Form, column: BytesColumn) -> Answer<()> {
        self.count_bytes(column.data.len());
        self.operate(&batch, |batch| batch.write(border::part(part), border::form(form), border::bytes_in(column)))
    }

    fn has_schemas(&mut self, batch: Resource<Batch>, part: Part) -> Result<bool> {
        Ok(self.batch(&batch)?.has_schemas(border::part(part)))
    }

    fn schemas(&mut self, batch: Resource<Batch>, part: Part) -> Result<Vec<u32>> {
        Ok(self.batch(&batch)?.schemas(border::part(part)))
    }

    fn set_schemas(&mut self, batch: Resource<Batch>, part: Part, ids: Vec<u32>) -> Answer<()> {
        self.operate(&batch, |batch| batch.set_schemas(border::part(part), ids))
    }

    fn headers(&mut self, batch: Resource<Batch>) -> Result<HeaderColumn> {
        let headers = self.batch(&batch)?.headers();
        self.count_bytes(headers.values.data.len());
        Ok(border::headers_out(headers))
    }

    fn set_headers(&mut self, batch: Resource<Batch>, headers: HeaderColumn) -> Answer<()> {
        self.count_bytes(headers.values.data.len());
        self.operate(&batch, |batch| batch.set_headers(border::headers_in(headers)))
    }

    fn has_simple_headers(&mut self, batch: Resource<Batch>) -> Result<bool> {
        Ok(self.batch(&batch)?.has_simple_headers())
    }

    fn add_headers(
        &mut self,
        batch: Resource<Batch>,
        form: Form,
        headers: HeaderColumn,
        schemas: Vec<u32>,
    ) -> Answer<()> {
        self.count_bytes(headers.values.data.len());
        self.operate(&batch, |batch| batch.add_headers(border::form(form), border::headers_in(headers), &schemas))
    }

    fn read_field(
        &mut self,
        batch: Resource<Batch>,
        part: Part,
        path: Vec<String>,
        form: FieldForm,
    ) -> Answer<FieldColumn> {
        let form = border::field_form(form);
        let read = self.operate(&batch, |batch| batch.read_field(border::part(part), &path, form))?;
        self.count_bytes(read.as_ref().map_or(0, column_bytes));
        Ok(read.map(border::field_out))
    }

    fn field_kinds(&mut self, batch: Resource<Batch>, part: Part, path: Vec<String>) -> Answer<Vec<ValueKind>> {
        let kinds = self.operate(&batch, |batch| batch.field_kinds(border::part(part), &path))?;
        Ok(kinds.map(|kinds| kinds.into_iter().map(border::kind_out).collect()))
    }

    fn write_field(
        &mut self,
        batch: Resource<Batch>,
        part: Part,
        path: Vec<String>,
        column: FieldColumn,
    ) -> Answer<()> {
        let column = border::field_in(column);
        self.count_bytes(column_bytes(&column));
        self.operate(&batch, |batch| batch.write_field(border::part(part), path, column))
    }

    fn remove_field(&mut self, batch: Resource<Batch>, part: Part, path: Vec<String>) -> Answer<()> {
        self.operate(&batch, |batch| batch.remove_field(border::part(part), path))
    }

    fn edit(
        &mut self,
        batch: Resource<Batch>,
        part: Part,
        operations: Vec<EditOperation>,
        rows: Option<Rows>,
    ) -> Answer<()> {
        let operations: Vec<_> = operations.into_iter().map(border::operation_in).collect();
        self.count_bytes(operations.iter().map(operation_bytes).sum());
        self.operate(&batch, |batch| batch.edit_rows(border::part(part), operations, rows.as_deref()))
    }

    fn discard(&mut self, batch: Resource<Batch>, rows: Rows) -> Answer<()> {
        self.operate(&batch, |batch| batch.discard(&rows))
    }

    fn reject(&mut self, batch: Resource<Batch>, rows: Rows, reason: String) -> Answer<()> {
        self.operate(&batch, |batch| batch.reject(&rows, words::cut(reason)))
    }

    fn expand(&mut self, batch: Resource<Batch>, origins: Rows) -> Answer<()> {
        self.operate(&batch, |batch| batch.expand(&origins))
    }

    fn append(&mut self, batch: Resource<Batch>, rows: SourceRows) -> Answer<()> {
        self.count_bytes(rows.keys.data.len() + rows.values.data.len());
        self.operate(&batch, |batch| batch.append(border::source_rows_in(rows)))
    }

    fn drop(&mut self, batch: Resource<Batch>) -> Result<()> {
        // Guests only ever borrow a batch, so that one they could drop is none of the host's.
        Err(wasmtime::format_err!("a guest can't own the batch {}", batch.rep()))
    }
}

fn column_bytes(column: &batch::FieldColumn) -> usize {
    match column {
        batch::FieldColumn::Json(column) | batch::FieldColumn::Text(column) => column.data.len(),
        batch::FieldColumn::Integer(column) => column.values.len() * size_of::<i64>(),
        batch::FieldColumn::Number(column) => column.values.len() * size_of::<f64>(),
    }
}

fn operation_bytes(operation: &batch::EditOperation) -> usize {
    match &operation.change {
        batch::FieldChange::Put(value) | batch::FieldChange::Replace(value) => match value {
            batch::FieldValue::Constant(text) => text.len(),
            batch::FieldValue::Column(column) => column_bytes(column),
        },
        _ => 0,
    }
}
