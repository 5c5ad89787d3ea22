//! Appends the rows of a source's poll, and keeps where in the source they came from.

use super::columns::{BatchError, BytesColumn, NULL, SourceRows, ValueKind};
use super::headers::HeaderRange;
use super::json::{kind, members, trimmed_value};
use super::payloads::{checked_rows, invalid};
use super::routing::{check_numbers, check_topics, illegal};
use super::rows::Access;
use super::table::Record;
use super::topics::is_legal;
use super::{Batch, lock};
use crate::pipeline::edges::SourcePosition;

/// The source partitions and offsets of appended rows.
#[derive(Default)]
pub(super) struct SourcePositions {
    partitions: Vec<String>,
    rows: Vec<(u32, Option<String>)>,
}

impl SourcePositions {
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.partitions.len(), self.rows.len())
    }

    pub(super) fn restore(&mut self, (partitions, rows): (usize, usize)) {
        self.partitions.truncate(partitions);
        self.rows.truncate(rows);
    }
}

impl Batch {
    /// Appends rows of a source.
    ///
    /// # Errors
    /// Refuses columns that do not fit each other, and text that is not of the form; then nothing is appended.
    pub fn append(&mut self, mut rows: SourceRows) -> Result<(), BatchError> {
        let count = rows.topics.rows.len();
        self.writable(Access::Poll)?;
        self.check_append(&rows, count)?;
        let positions = checked_positions(&rows, count)?;
        let headers = match &rows.headers {
            Some(headers) => self.headers.store(headers, count)?,
            None => vec![HeaderRange::default(); count],
        };
        self.keys.begin_write();
        self.values.begin_write();
        let appended = self.append_payloads(&mut rows, count);
        self.keys.end_write(&appended);
        self.values.end_write(&appended);
        appended?;
        self.append_records(&rows, headers);
        let first = self.positions.partitions.len() as u32;
        self.positions.partitions.extend(rows.source_partitions);
        self.positions.rows.extend(positions.into_iter().map(|(partition, offset)| (first + partition, offset)));
        Ok(())
    }

    /// Checks all columns but keys, values and headers.
    fn check_append(&self, rows: &SourceRows, count: usize) -> Result<(), BatchError> {
        if u32::try_from(self.rows.len() + count).is_err() {
            return Err(invalid("a batch can't have that many rows".to_owned()));
        }
        check_topics(&rows.topics, count)?;
        if let Some(name) = rows.topics.names.iter().find(|name| !is_legal(name)) {
            return Err(invalid(illegal(name)));
        }
        if !rows.partitions.is_empty() {
            check_numbers("partition", (&rows.partitions, count), -1)?;
        }
        if !rows.timestamps.is_empty() {
            check_numbers("timestamp", (&rows.timestamps, count), -1)?;
        }
        for ids in [&rows.key_schemas, &rows.value_schemas] {
            if !ids.is_empty() && ids.len() != count {
                return Err(invalid(format!("there are {} schema ids for {count} rows", ids.len())));
            }
            self.check_schemas(ids)?;
        }
        Ok(())
    }

    fn append_payloads(&mut self, rows: &mut SourceRows, count: usize) -> Result<(), BatchError> {
        let schemas = self.schemas.clone();
        let mut schemas = lock(&schemas);
        // A row's record, its place in the lists and its source position take room too.
        self.values.charge(128 * count as u64)?;
        let (keys, values) = (std::mem::take(&mut rows.keys), std::mem::take(&mut rows.values));
        self.keys.append((count, &rows.key_schemas), (rows.form, keys), &mut schemas)?;
        self.values.append((count, &rows.value_schemas), (rows.form, values), &mut schemas)?;
        Ok(())
    }

    fn append_records(&mut self, rows: &SourceRows, headers: Vec<HeaderRange>) {
        let topics: Vec<u32> = rows.topics.names.iter().map(|name| self.topics.intern(name)).collect();
        for ((row, topic), headers) in rows.topics.rows.iter().enumerate().zip(headers) {
            let topic = topics.get(*topic as usize).copied().unwrap_or_default();
            let partition = rows.partitions.get(row).copied().unwrap_or(-1);
            let timestamp = rows.timestamps.get(row).copied().unwrap_or(-1);
            self.records.push(Record { topic, partition, offset: -1, timestamp, headers });
        }
        self.rows.add_records(self.records.len());
    }

    /// Returns the source position of an appended row.
    pub fn source_position(&self, origin: u32) -> Option<SourcePosition> {
        let (partition, offset) = self.positions.rows.get(origin as usize)?;
        let partition = self.positions.partitions.get(*partition as usize)?.clone();
        Some(SourcePosition { partition, offset: offset.clone() })
    }
}

/// Checks the source partitions and offsets; returns for each row which partition, and its offset.
fn checked_positions(rows: &SourceRows, count: usize) -> Result<Vec<(u32, Option<String>)>, BatchError> {
    let (partitions, known) = (&rows.source_partition_rows, rows.source_partitions.len());
    if partitions.len() != count {
        return Err(invalid(format!("there are {} source partitions for {count} rows", partitions.len())));
    }
    if let Some(outside) = partitions.iter().find(|index| **index as usize >= known) {
        return Err(invalid(format!("source partition {outside} is out of range; there are {known}")));
    }
    for partition in &rows.source_partitions {
        flat_object(partition.as_bytes()).map_err(|text| invalid(format!("a source partition {text}")))?;
    }
    let offsets = checked_offsets(&rows.source_offsets, count)?;
    Ok(partitions.iter().copied().zip(offsets).collect())
}

fn checked_offsets(column: &BytesColumn, count: usize) -> Result<Vec<Option<String>>, BatchError> {
    let mut offsets = Vec::with_capacity(count);
    for (row, offset) in checked_rows(column, count, NULL)?.enumerate() {
        let text = offset.ok().map(|offset| flat_object(offset).map(<[u8]>::to_vec)).transpose();
        let text = text.map_err(|text| invalid(format!("the source offset of row {row} {text}")))?;
        offsets.push(text.and_then(|text| String::from_utf8(text).ok()));
    }
    Ok(offsets)
}

/// Checks what Kafka asks of source partitions and offsets: an object of plain values.
fn flat_object(text: &[u8]) -> Result<&[u8], String> {
    let value = trimmed_value(text, 0).map_err(|problem| format!("is no JSON: {problem}"))?;
    if kind(value) != ValueKind::Object {
        return Err("must be a JSON object".to_owned());
    }
    let nested = |kind| matches!(kind, ValueKind::Object | ValueKind::Array);
    match members(value).find(|member| nested(kind(member.value_in(value)))) {
        Some(member) => Err(format!("has an object or array in {}", String::from_utf8_lossy(member.key_in(value)))),
        None => Ok(value),
    }
}
