//! One row of a test, and what became of it.

use serde_json::Value;

use super::cbor;
use crate::batch::{Cell, Form, SourceRows};
use crate::error::BatchError;

/// A row of a test: a record of topic `test`, partition 0, without key, timestamp and headers, until told
/// otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub(super) topic: String,
    pub(super) original_topic: String,
    pub(super) partition: i32,
    pub(super) original_partition: i32,
    pub(super) offset: Option<i64>,
    pub(super) timestamp: i64,
    pub(super) key: Payload,
    pub(super) value: Payload,
    pub(super) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(super) source: Option<(String, String)>,
}

/// A key or value with its schema; no JSON is a tombstone.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Payload {
    pub(super) json: Option<Value>,
    pub(super) schema: u32,
}

impl Row {
    /// Returns a row whose value is this JSON text.
    ///
    /// # Panics
    /// The text is no JSON.
    pub fn json(value: &str) -> Self {
        Row { value: Payload { json: Some(parse(value)), schema: 0 }, ..Self::tombstone() }
    }

    /// Returns a row without a value.
    pub fn tombstone() -> Self {
        Row {
            topic: "test".to_owned(),
            original_topic: "test".to_owned(),
            partition: 0,
            original_partition: 0,
            offset: None,
            timestamp: -1,
            key: Payload::default(),
            value: Payload::default(),
            headers: Vec::new(),
            source: None,
        }
    }

    /// Sets the key to this JSON text.
    ///
    /// # Panics
    /// The text is no JSON.
    pub fn key(mut self, key: &str) -> Self {
        self.key.json = Some(parse(key));
        self
    }

    /// Sets the topic.
    pub fn topic(mut self, topic: &str) -> Self {
        topic.clone_into(&mut self.topic);
        topic.clone_into(&mut self.original_topic);
        self
    }

    /// Sets the partition; -1 for a source's row that has none.
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = partition;
        self.original_partition = partition;
        self
    }

    /// Sets the offset; -1 for a source's row. Without it, the row's number.
    pub fn offset(mut self, offset: i64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Sets the timestamp, in milliseconds since 1970.
    pub fn timestamp(mut self, timestamp: i64) -> Self {
        self.timestamp = timestamp;
        self
    }

    /// Adds a header.
    pub fn header(mut self, key: &str, value: Option<&[u8]>) -> Self {
        self.headers.push((key.to_owned(), value.map(<[u8]>::to_vec)));
        self
    }

    /// Sets the ids of the key's and the value's schema, from [`schemas::intern`](crate::schemas::intern).
    pub fn schemas(mut self, key: u32, value: u32) -> Self {
        self.key.schema = key;
        self.value.schema = value;
        self
    }
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Kept,
    /// It was taken out on purpose.
    Discarded,
    /// It becomes a dead letter, for this reason.
    Rejected(String),
}

#[allow(clippy::panic, reason = "a test's own row is wrong")]
fn parse(json: &str) -> Value {
    match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => panic!("{json} is no JSON: {error}"),
    }
}

/// Returns the rows that a source appends.
pub(super) fn appended(rows: &SourceRows) -> Result<Vec<Row>, BatchError> {
    let keys = payloads(rows.keys.iter(), &rows.key_schemas, rows.form)?;
    let values = payloads(rows.values.iter(), &rows.value_schemas, rows.form)?;
    let offsets = rows.source_offsets.iter().map(|cell| text(cell.value().unwrap_or_default()));
    let positions = rows.source_partitions.iter().map(str::to_owned).zip(offsets);
    let header_values = rows.headers.values.iter().map(|cell| cell.value().map(<[u8]>::to_vec));
    let mut headers = rows.headers.keys.iter().cloned().zip(header_values);
    let kafka = rows.topics.iter().zip(rows.partitions.iter().zip(&rows.timestamps));
    let parts = keys.into_iter().zip(values).zip(positions).zip(kafka).zip(&rows.headers.counts);
    let appended = parts.map(|((((key, value), source), (topic, (partition, timestamp))), header_count)| Row {
        key,
        value,
        source: Some(source),
        headers: headers.by_ref().take(*header_count as usize).collect(),
        ..Row::tombstone().topic(topic).partition(*partition).timestamp(*timestamp).offset(-1)
    });
    Ok(appended.collect())
}

fn payloads<'a>(
    cells: impl Iterator<Item = Cell<&'a [u8]>>,
    schemas: &[u32],
    form: Form,
) -> Result<Vec<Payload>, BatchError> {
    let payloads = cells.zip(schemas).map(|(cell, &schema)| {
        let json = cell.value().map(|bytes| parsed(bytes, form, schema)).transpose();
        json.map(|json| Payload { json, schema }).map_err(BatchError::InvalidArgument)
    });
    payloads.collect()
}

/// Reads what a plugin wrote for a row with this schema.
pub(super) fn parsed(bytes: &[u8], form: Form, schema: u32) -> Result<Value, String> {
    match form {
        Form::Cbor => cbor::from_cbor(bytes, schema),
        Form::Raw | Form::Json => {
            serde_json::from_slice(bytes).map_err(|error| format!("{} is no JSON: {error}", text(bytes)))
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
