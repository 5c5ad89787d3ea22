//! The batch: records in columns, owned by the host. A plugin pulls only the columns that it reads and pushes
//! only those that it changes. [`Record`] is a view by row on top of it.

mod cell;
mod column;
mod edit;
mod fields;
mod record;
mod rows;

pub use cell::Cell;
pub use column::{BytesColumn, FieldColumn, FloatColumn, IntColumn, TextColumn};
pub use edit::{Edit, KindOutcome, Path, ValueKind};
pub use fields::Fields;
pub use record::Record;
pub use rows::{Headers, SourceRow, SourceRows, TopicPartition, TopicPartitionOffset, Topics};

pub(crate) use edit::{Change, FieldValue};

use crate::error::{BatchError, Error};

/// One of the two payloads of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

/// A form of whole keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The bytes as Kafka has them.
    Raw,
    /// JSON text. Of a value with a schema: its payload.
    Json,
    /// CBOR, one item a row: typed values with standard tags, as a row's schema says. What is which item is told by
    /// the WIT interface `records`. [`data`](crate::data) reads and writes it as values.
    ///
    /// To change types, make the schema with [`schemas::intern`](crate::schemas::intern), give it to the rows with
    /// [`Fields::set_schemas`], and then write the values.
    Cbor,
}

/// The form of a column of fields; [`Fields`] has a method for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FieldForm {
    Json,
    Text,
    Int,
    Float,
}

/// The records of one call.
///
/// Row numbers are positions in the batch as the current step sees it: rows that an earlier step discarded or
/// rejected, and those that its predicate did not choose, aren't there. Every column has one entry per row.
/// Reads see what the same call wrote before. Nothing is applied unless the plugin's call returns ok.
///
/// ```
/// # use airlock_sdk::{testing, Cell, Edit};
/// # let rows = testing::Rows::of_values([r#"{"name":"ada"}"#, r#"{"name":"grace","admin":true}"#]);
/// # let batch = rows.batch();
/// let names = batch.value().read_text("name")?;
/// let upper = names.iter().map(|name| name.map(str::to_uppercase)).collect::<airlock_sdk::TextColumn>();
/// batch.value().edit(Edit::new().put("name", upper).remove("admin"))?;
/// # assert_eq!(rows.value(1), r#"{"name":"GRACE"}"#);
/// # Ok::<(), airlock_sdk::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    calls: &'a dyn BatchCalls,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(calls: &'a dyn BatchCalls) -> Self {
        Self { calls }
    }

    /// Returns how many rows the current step sees.
    pub fn rows(&self) -> usize {
        self.calls.row_count() as usize
    }

    /// Returns the keys, by field or whole.
    pub fn key(&self) -> Fields<'a> {
        self.part(Part::Key)
    }

    /// Returns the values, by field or whole.
    pub fn value(&self) -> Fields<'a> {
        self.part(Part::Value)
    }

    /// Returns keys or values, by field or whole.
    pub fn part(&self, part: Part) -> Fields<'a> {
        Fields::new(self.calls, part)
    }

    /// Calls `visit` with each record in turn, and at the end writes back what it changed.
    /// A field's column is pulled when the first record asks for it.
    ///
    /// Easier than columns, and slower: JSON is parsed and written for each value that is touched.
    ///
    /// ```
    /// # use airlock_sdk::{testing, Part};
    /// # let rows = testing::Rows::of_values([r#"{"price":5,"count":3}"#, r#"{"price":"?"}"#]);
    /// # let batch = rows.batch();
    /// batch.for_each(Part::Value, |record| {
    ///     match (record.get("price")?.and_then(|price| price.as_i64()), record.get("count")?) {
    ///         (Some(price), Some(count)) => record.set("total", price * count.as_i64().unwrap_or(1)),
    ///         _ => record.reject("price and count must be numbers"),
    ///     }
    ///     Ok(())
    /// })?;
    /// # assert_eq!(rows.value(0), r#"{"price":5,"count":3,"total":15}"#);
    /// # assert_eq!(rows.rejected(1).as_deref(), Some("price and count must be numbers"));
    /// # Ok::<(), airlock_sdk::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first error of `visit`, after which nothing is written back; or the host's refusal of the changes.
    pub fn for_each(&self, part: Part, visit: impl FnMut(&mut Record<'_>) -> Result<(), Error>) -> Result<(), Error> {
        record::for_each(*self, part, visit)
    }

    /// Starts the next of several steps, with all rows that are left or only those given.
    pub(crate) fn enter_step(&self, index: u32, rows: Option<&[u32]>) -> Result<(), BatchError> {
        self.calls.enter_step(index, rows)
    }

    /// Returns the topic of each row.
    pub fn topics(&self) -> Topics {
        self.calls.topics()
    }

    /// Returns the topic of each row as it was read from Kafka, before any transform.
    pub fn original_topics(&self) -> Topics {
        self.calls.original_topics()
    }

    /// Sends each row to another topic. Names must be legal for Kafka.
    ///
    /// # Errors
    /// A name is not legal, or there is not one topic per row.
    pub fn set_topics(&self, topics: Topics) -> Result<(), BatchError> {
        self.calls.set_topics(topics)
    }

    /// Returns the Kafka partition of each row; -1 where a source's row has none.
    pub fn partitions(&self) -> Vec<i32> {
        self.calls.partitions()
    }

    /// Returns the Kafka partition of each row as it was read, before any transform; -1 in a source.
    pub fn original_partitions(&self) -> Vec<i32> {
        self.calls.original_partitions()
    }

    /// Sets the Kafka partition of each row; -1 lets the partitioner choose.
    ///
    /// # Errors
    /// There is not one partition per row, or one is below -1.
    pub fn set_partitions(&self, partitions: &[i32]) -> Result<(), BatchError> {
        self.calls.set_partitions(partitions)
    }

    /// Returns the Kafka offset of each row; -1 in a source.
    pub fn offsets(&self) -> Vec<i64> {
        self.calls.offsets()
    }

    /// Returns the timestamp of each row, in milliseconds since 1970; -1 for none.
    pub fn timestamps(&self) -> Vec<i64> {
        self.calls.timestamps()
    }

    /// Sets the timestamp of each row, in milliseconds since 1970; -1 for none.
    ///
    /// # Errors
    /// There is not one timestamp per row.
    pub fn set_timestamps(&self, timestamps: &[i64]) -> Result<(), BatchError> {
        self.calls.set_timestamps(timestamps)
    }

    /// Returns the rows whose value is a tombstone: no bytes at all.
    pub fn tombstones(&self) -> Vec<u32> {
        self.calls.tombstones()
    }

    /// Returns the headers of all rows.
    pub fn headers(&self) -> Headers {
        self.calls.headers()
    }

    /// Replaces the headers of all rows.
    ///
    /// # Errors
    /// There is not one count per row, or the columns don't have as many headers as the counts say.
    pub fn set_headers(&self, headers: Headers) -> Result<(), BatchError> {
        self.calls.set_headers(headers)
    }

    /// Returns whether the header converter is SimpleHeaderConverter: header values are texts then, which a plugin makes and
    /// reads itself.
    pub fn has_simple_headers(&self) -> bool {
        self.calls.has_simple_headers()
    }

    /// Adds headers behind those that the rows have. The header converter makes bytes of the values, which are of the form
    /// and what `schemas` says: an id for each header, 0 for none; empty, none has a schema. A row is rejected that gets a
    /// value which the converter can't write. SimpleHeaderConverter takes [`Form::Raw`] only.
    ///
    /// # Errors
    /// The columns don't fit each other or the rows, or a value is not of the form.
    pub fn add_headers(&self, form: Form, headers: Headers, schemas: &[u32]) -> Result<(), BatchError> {
        self.calls.add_headers(form, headers, schemas)
    }

    /// Takes rows (ascending) out of the stream on purpose: they count as delivered.
    ///
    /// # Errors
    /// A row is out of range or not ascending, or this call may not discard.
    pub fn discard(&self, rows: &[u32]) -> Result<(), BatchError> {
        if rows.is_empty() { Ok(()) } else { self.calls.discard(rows) }
    }

    /// Rejects rows (ascending): each becomes a dead letter, or fails the task, as `errors.tolerance` says.
    ///
    /// # Errors
    /// A row is out of range or not ascending, or this call may not reject.
    pub fn reject(&self, rows: &[u32], reason: &str) -> Result<(), BatchError> {
        if rows.is_empty() { Ok(()) } else { self.calls.reject(rows, reason) }
    }

    /// Replaces the rows by copies: `origins` (ascending) names for each new row the row that it came from.
    /// A row that isn't named is discarded. At most once per step, before its first write.
    ///
    /// # Errors
    /// A row is out of range or not ascending, or the step has written or expanded before.
    pub fn expand(&self, origins: &[u32]) -> Result<(), BatchError> {
        self.calls.expand(origins)
    }

    /// Appends rows; only in [`Source::poll`](crate::Source::poll).
    ///
    /// # Errors
    /// A column has the wrong length, a text is no JSON, or this is not a poll.
    pub fn append(&self, rows: SourceRows) -> Result<(), BatchError> {
        if rows.is_empty() { Ok(()) } else { self.calls.append(rows) }
    }
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("rows", &self.rows()).finish()
    }
}

/// What a batch is made of: the host's resource in a component, an array of rows in unit tests.
/// The methods are those of WIT's `batch`.
pub(crate) trait BatchCalls {
    fn row_count(&self) -> u32;
    fn enter_step(&self, index: u32, rows: Option<&[u32]>) -> Result<(), BatchError>;
    fn topics(&self) -> Topics;
    fn original_topics(&self) -> Topics;
    fn set_topics(&self, topics: Topics) -> Result<(), BatchError>;
    fn partitions(&self) -> Vec<i32>;
    fn original_partitions(&self) -> Vec<i32>;
    fn set_partitions(&self, partitions: &[i32]) -> Result<(), BatchError>;
    fn offsets(&self) -> Vec<i64>;
    fn timestamps(&self) -> Vec<i64>;
    fn set_timestamps(&self, timestamps: &[i64]) -> Result<(), BatchError>;
    fn tombstones(&self) -> Vec<u32>;
    fn kinds(&self, part: Part) -> Vec<ValueKind>;
    fn read(&self, part: Part, form: Form) -> Result<BytesColumn, BatchError>;
    fn write(&self, part: Part, form: Form, column: BytesColumn) -> Result<(), BatchError>;
    fn has_schemas(&self, part: Part) -> bool;
    fn schemas(&self, part: Part) -> Vec<u32>;
    fn set_schemas(&self, part: Part, ids: &[u32]) -> Result<(), BatchError>;
    fn headers(&self) -> Headers;
    fn set_headers(&self, headers: Headers) -> Result<(), BatchError>;
    fn has_simple_headers(&self) -> bool;
    fn add_headers(&self, form: Form, headers: Headers, schemas: &[u32]) -> Result<(), BatchError>;
    fn read_field(&self, part: Part, path: &Path, form: FieldForm) -> Result<FieldColumn, BatchError>;
    fn field_kinds(&self, part: Part, path: &Path) -> Result<Vec<ValueKind>, BatchError>;
    fn edit(&self, part: Part, edit: &Edit, rows: Option<&[u32]>) -> Result<(), BatchError>;
    fn discard(&self, rows: &[u32]) -> Result<(), BatchError>;
    fn reject(&self, rows: &[u32], reason: &str) -> Result<(), BatchError>;
    fn expand(&self, origins: &[u32]) -> Result<(), BatchError>;
    fn append(&self, rows: SourceRows) -> Result<(), BatchError>;
}
