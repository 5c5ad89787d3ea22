//! The surface of a batch.

use std::sync::{Arc, Mutex};

use super::*;
use crate::pipeline::edges::{Outgoing, SourcePosition};
use crate::record::Part;

impl Batch {
    /// Makes an empty batch whose bytes are to be understood as `contents` says.
    pub fn new(contents: Contents) -> Batch {
        Batch::with_schemas(contents, Arc::default())
    }

    /// Makes an empty batch that interns the schemas of its rows in `schemas`.
    pub fn with_schemas(contents: Contents, schemas: Arc<Mutex<SchemaTable>>) -> Batch {
        Batch { contents, schemas }
    }

    /// Returns the table that schema ids of this batch point into.
    pub fn schema_table(&self) -> &Arc<Mutex<SchemaTable>> {
        &self.schemas
    }

    /// Returns how the bytes of the parts are understood.
    pub fn contents(&self) -> Contents {
        self.contents
    }

    /// Makes room for this many more rows of this many bytes in all.
    pub fn reserve(&mut self, _rows: usize, _bytes: usize) {}

    /// Adds a consumed record. Its bytes are copied once, and kept until the batch is gone.
    pub fn push(&mut self, _row: NewRow<'_>) {}

    /// Returns how many bytes of keys, values and headers came into the batch.
    pub fn byte_size(&self) -> usize {
        0
    }

    /// Returns how many rows there are, whatever became of them.
    pub fn total_rows(&self) -> usize {
        0
    }

    /// Returns how many rows go on.
    pub fn live_rows(&self) -> usize {
        0
    }

    /// Decodes the keys and values pushed since the last time; malformed rows are rejected.
    pub fn decode(&mut self) {}

    /// Starts a guest's call: all that follows is undone by [`Batch::abort_call`].
    ///
    /// # Errors
    /// Refuses rows that are out of range or not ascending.
    pub fn open_call(&mut self, _call: Call) -> Result<(), BatchError> {
        Ok(())
    }

    /// Makes what the call did permanent.
    pub fn commit_call(&mut self) {}

    /// Restores the batch as it was when the call was opened.
    pub fn abort_call(&mut self) {}

    /// Returns the step that runs or ran last, as an index in the whole chain; it stays after an abort.
    pub fn current_step(&self) -> u32 {
        0
    }

    /// Returns the rejected rows.
    pub fn rejected(&self) -> impl Iterator<Item = Rejected<'_>> {
        std::iter::empty()
    }

    /// Rejects live rows on the host's behalf. Positions out of range are ignored.
    pub fn reject_live(&mut self, _positions: &[u32], _rejection: Rejection) {}

    /// Converts the live rows to Kafka's bytes; a row that can't be is rejected.
    pub fn encode(&mut self) {}

    /// Returns the live rows in order, after [`Batch::encode`], each with the consumed row it came from.
    pub fn outgoing(&self) -> impl Iterator<Item = (u32, Outgoing)> {
        std::iter::empty()
    }

    /// Returns what became of each consumed record, in the order of consumption.
    pub fn origins(&self) -> Vec<Origin<'_>> {
        Vec::new()
    }

    /// Returns the source position of an appended row.
    pub fn source_position(&self, _origin: u32) -> Option<SourcePosition> {
        None
    }

    /// Returns where all rows went.
    pub fn counts(&self) -> Counts {
        Counts::default()
    }

    /// Returns what becomes of the row that the current step sees at `position`.
    pub fn fate(&self, _position: u32) -> Option<Fate> {
        None
    }

    /// Returns how many rows the current step sees.
    pub fn row_count(&self) -> u32 {
        0
    }

    /// Starts the next step of the call.
    ///
    /// # Errors
    /// Refuses an index that does not ascend, and rows out of range or not ascending.
    pub fn enter_step(&mut self, _index: u32, _rows: Option<Vec<u32>>) -> Result<(), BatchError> {
        Ok(())
    }

    /// Returns the topic of each row.
    pub fn topics(&self) -> TopicColumn {
        TopicColumn::default()
    }

    /// Returns the topic of each row as it was consumed.
    pub fn original_topics(&self) -> TopicColumn {
        TopicColumn::default()
    }

    /// Sends each row to another topic.
    ///
    /// # Errors
    /// Refuses a wrong length, and names that Kafka forbids.
    pub fn set_topics(&mut self, _topics: TopicColumn) -> Result<(), BatchError> {
        Ok(())
    }

    /// Returns the partition of each row; -1 where a source row has none.
    pub fn partitions(&self) -> Vec<i32> {
        Vec::new()
    }

    /// Returns the partition of each row as it was consumed.
    pub fn original_partitions(&self) -> Vec<i32> {
        Vec::new()
    }

    /// Sets the partition of each row; -1 lets the partitioner choose.
    ///
    /// # Errors
    /// Refuses a wrong length and numbers below -1.
    pub fn set_partitions(&mut self, _partitions: Vec<i32>) -> Result<(), BatchError> {
        Ok(())
    }

    /// Returns the offset of each row; -1 in a source.
    pub fn offsets(&self) -> Vec<i64> {
        Vec::new()
    }

    /// Returns the timestamp of each row; -1 for none.
    pub fn timestamps(&self) -> Vec<i64> {
        Vec::new()
    }

    /// Sets the timestamp of each row; -1 for none.
    ///
    /// # Errors
    /// Refuses a wrong length and numbers below -1.
    pub fn set_timestamps(&mut self, _timestamps: Vec<i64>) -> Result<(), BatchError> {
        Ok(())
    }

    /// Returns the rows whose value is a tombstone.
    pub fn tombstones(&self) -> Vec<u32> {
        Vec::new()
    }

    /// Returns the kind of each whole key or value.
    pub fn kinds(&self, _part: Part) -> Vec<ValueKind> {
        Vec::new()
    }

    /// Returns all keys or values.
    ///
    /// # Errors
    /// Refuses forms that the part's content does not have.
    pub fn read(&mut self, _part: Part, _form: Form) -> Result<BytesColumn, BatchError> {
        Ok(BytesColumn::default())
    }

    /// Replaces keys or values.
    ///
    /// # Errors
    /// Refuses a wrong length and text that is not of the form.
    pub fn write(&mut self, _part: Part, _form: Form, _column: BytesColumn) -> Result<(), BatchError> {
        Ok(())
    }

    /// Returns the schema id of each row; 0 for none.
    pub fn schemas(&self, _part: Part) -> Vec<u32> {
        Vec::new()
    }

    /// Sets the schema ids; 0 for none.
    ///
    /// # Errors
    /// Refuses a wrong length and unknown ids.
    pub fn set_schemas(&mut self, _part: Part, _ids: Vec<u32>) -> Result<(), BatchError> {
        Ok(())
    }

    /// Returns all headers.
    pub fn headers(&self) -> HeaderColumn {
        HeaderColumn::default()
    }

    /// Replaces all headers.
    ///
    /// # Errors
    /// Refuses columns that do not fit each other or the rows.
    pub fn set_headers(&mut self, _headers: HeaderColumn) -> Result<(), BatchError> {
        Ok(())
    }

    /// Returns one field of every row.
    ///
    /// # Errors
    /// Refuses an empty path.
    pub fn read_field(&self, _part: Part, _path: &[String], form: FieldForm) -> Result<FieldColumn, BatchError> {
        Ok(match form {
            FieldForm::Json => FieldColumn::Json(BytesColumn::default()),
            FieldForm::Text => FieldColumn::Text(BytesColumn::default()),
            FieldForm::Integer => FieldColumn::Integer(IntegerColumn::default()),
            FieldForm::Number => FieldColumn::Number(NumberColumn::default()),
        })
    }

    /// Returns the kind of one field of every row.
    ///
    /// # Errors
    /// Refuses an empty path.
    pub fn field_kinds(&self, _part: Part, _path: &[String]) -> Result<Vec<ValueKind>, BatchError> {
        Ok(Vec::new())
    }

    /// Writes one field: shorthand for an edit that puts a column.
    ///
    /// # Errors
    /// As [`Batch::edit`].
    pub fn write_field(&mut self, _part: Part, _path: Vec<String>, _column: FieldColumn) -> Result<(), BatchError> {
        Ok(())
    }

    /// Removes one field: shorthand for an edit.
    ///
    /// # Errors
    /// As [`Batch::edit`].
    pub fn remove_field(&mut self, _part: Part, _path: Vec<String>) -> Result<(), BatchError> {
        Ok(())
    }

    /// Changes fields of the rows that the current step sees, in order.
    ///
    /// # Errors
    /// Refuses text that is no JSON, columns of a wrong length, and empty paths; then nothing is changed.
    pub fn edit(&mut self, _part: Part, _operations: Vec<EditOperation>) -> Result<(), BatchError> {
        Ok(())
    }

    /// Takes rows out of the stream on purpose.
    ///
    /// # Errors
    /// Refuses rows that are out of range or not ascending.
    pub fn discard(&mut self, _rows: &[u32]) -> Result<(), BatchError> {
        Ok(())
    }

    /// Rejects rows.
    ///
    /// # Errors
    /// Refuses rows that are out of range or not ascending.
    pub fn reject(&mut self, _rows: &[u32], _reason: String) -> Result<(), BatchError> {
        Ok(())
    }

    /// Replaces the rows by copies of those that `origins` names.
    ///
    /// # Errors
    /// Refuses rows that are out of range or not ascending, and a second or late call in a step.
    pub fn expand(&mut self, _origins: &[u32]) -> Result<(), BatchError> {
        Ok(())
    }

    /// Appends rows of a source.
    ///
    /// # Errors
    /// Refuses columns that do not fit each other, and text that is not of the form.
    pub fn append(&mut self, _rows: SourceRows) -> Result<(), BatchError> {
        Ok(())
    }
}
