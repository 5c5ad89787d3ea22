//! What rows have besides their key and value, and the rows that a source appends.

use super::Form;
use super::cell::Cell;
use super::column::BytesColumn;

/// The topics of rows: row i has the name `names[rows[i]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topics {
    /// The distinct names.
    pub names: Vec<String>,
    /// For each row, which of the names.
    pub rows: Vec<u32>,
}

impl Topics {
    /// Returns the topic of each row.
    ///
    /// ```
    /// use airlock_sdk::Topics;
    /// let topics = Topics { names: vec!["orders".into(), "clicks".into()], rows: vec![1, 0, 1] };
    /// assert_eq!(topics.iter().collect::<Vec<_>>(), ["clicks", "orders", "clicks"]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|&name| self.names.get(name as usize).map_or("", String::as_str))
    }
}

/// The headers of rows: row i has the next `counts[i]` headers of `keys` and `values`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// How many headers each row has.
    pub counts: Vec<u32>,
    /// The names of all headers, row by row.
    pub keys: Vec<String>,
    /// The values of all headers, as Kafka has them. A value may be null.
    pub values: BytesColumn,
}

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: String,
    /// The partition's number, from 0.
    pub partition: i32,
}

/// A position in a partition of a topic: the next offset to be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartitionOffset {
    /// The topic.
    pub topic: String,
    /// The partition's number, from 0.
    pub partition: i32,
    /// The next offset to be read.
    pub offset: i64,
}

/// A row that a source appends.
#[derive(Debug, Clone, Copy)]
pub struct SourceRow<'a> {
    /// The topic to write to.
    pub topic: &'a str,
    /// The Kafka partition; none lets the partitioner choose.
    pub partition: Option<i32>,
    /// Milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// The key, in the form of the rows.
    pub key: Option<&'a [u8]>,
    /// The value, in the form of the rows. None is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The id of the key's schema, from [`schemas::intern`](crate::schemas::intern); 0 for none.
    pub key_schema: u32,
    /// The id of the value's schema; 0 for none.
    pub value_schema: u32,
    /// What is read from, such as a file or a table: a JSON object, the same text for the same thing.
    pub source_partition: &'a str,
    /// How far it is read after this row: a JSON object.
    pub source_offset: &'a str,
}

impl<'a> SourceRow<'a> {
    /// Returns a row without key, value, schema, timestamp and Kafka partition.
    pub fn new(topic: &'a str, source_partition: &'a str, source_offset: &'a str) -> Self {
        SourceRow {
            topic,
            partition: None,
            timestamp: None,
            key: None,
            value: None,
            key_schema: 0,
            value_schema: 0,
            source_partition,
            source_offset,
        }
    }
}

/// Rows that a source appends in one go: [`Batch::append`](crate::Batch::append).
///
/// ```
/// use airlock_sdk::{Form, SourceRow, SourceRows};
/// let mut rows = SourceRows::new(Form::Json);
/// rows.push(SourceRow {
///     value: Some(br#"{"reading":21.5}"#),
///     timestamp: Some(1_700_000_000_000),
///     ..SourceRow::new("readings", r#"{"sensor":"a"}"#, r#"{"sequence":17}"#)
/// });
/// rows.push_header("unit", Some(b"celsius"));
/// assert_eq!(rows.len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct SourceRows {
    pub(crate) form: Form,
    pub(crate) topics: Topics,
    pub(crate) partitions: Vec<i32>,
    pub(crate) timestamps: Vec<i64>,
    pub(crate) keys: BytesColumn,
    pub(crate) values: BytesColumn,
    pub(crate) key_schemas: Vec<u32>,
    pub(crate) value_schemas: Vec<u32>,
    pub(crate) headers: Headers,
    pub(crate) source_partitions: Topics,
    pub(crate) source_offsets: BytesColumn,
}

impl SourceRows {
    /// Returns no rows, whose keys and values will be of this form.
    pub fn new(form: Form) -> Self {
        SourceRows {
            form,
            topics: Topics::default(),
            partitions: Vec::new(),
            timestamps: Vec::new(),
            keys: BytesColumn::default(),
            values: BytesColumn::default(),
            key_schemas: Vec::new(),
            value_schemas: Vec::new(),
            headers: Headers::default(),
            source_partitions: Topics::default(),
            source_offsets: BytesColumn::default(),
        }
    }

    /// Adds a row.
    pub fn push(&mut self, row: SourceRow<'_>) {
        self.topics.push(row.topic);
        self.partitions.push(row.partition.unwrap_or(-1));
        self.timestamps.push(row.timestamp.unwrap_or(-1));
        self.keys.push(row.key.map_or(Cell::Null, Cell::Value));
        self.values.push(row.value.map_or(Cell::Null, Cell::Value));
        self.key_schemas.push(row.key_schema);
        self.value_schemas.push(row.value_schema);
        self.headers.counts.push(0);
        self.source_partitions.push(row.source_partition);
        self.source_offsets.push(Cell::Value(row.source_offset));
    }

    /// Adds a header to the row that was added last.
    pub fn push_header(&mut self, key: &str, value: Option<&[u8]>) {
        if let Some(count) = self.headers.counts.last_mut() {
            *count += 1;
            self.headers.keys.push(key.to_owned());
            self.headers.values.push(value.map_or(Cell::Null, Cell::Value));
        }
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns about how many bytes the rows have, for keeping within a poll's limit.
    pub fn byte_size(&self) -> usize {
        self.keys.data.len() + self.values.data.len() + self.headers.values.data.len()
    }
}

impl Topics {
    /// Adds a row, looking for its name among the last few first: rows of one batch repeat few names.
    pub(crate) fn push(&mut self, name: &str) {
        let known = self.names.iter().rposition(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.rows.push(index as u32);
    }
}
