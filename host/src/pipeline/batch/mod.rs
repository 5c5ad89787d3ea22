//! A batch of records, owned by the host: guests pull the columns they read and push those they change.
//! What came in is kept as it is until the batch is gone; edits lie over it and are spliced once, at the end.
//! Knows JSON text, but neither Kafka clients nor the sandbox.
//!
//! Everything that guests see is defined by the WIT interface `records`; the methods have its names. Rows
//! have three kinds of numbers: a *position* counts the rows that the current step sees, a *row* is its place
//! in storage, and an *origin* is the consumed record that a row came from. Rows never move in storage:
//! `expand` adds some behind, and the list of live rows says in which order they go on.

mod columns;
mod content;
mod rows;
mod schema_table;

mod added;
mod call;
mod edit;
mod outcome;
mod routing;
mod source;
mod whole;

mod cbor;
mod codec;
mod headers;
mod json;
mod payloads;
mod recycle;
mod table;
mod topics;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use codec::java_utf8;
pub use codec::{Codec, Payload};
pub use columns::{
    ABSENT, BatchError, BytesColumn, EditOperation, FieldChange, FieldColumn, FieldForm, FieldValue, Form,
    HeaderColumn, IntegerColumn, KindOutcome, NULL, NumberColumn, OTHER, SourceRows, TopicColumn, ValueKind,
};
pub use content::{Content, Contents, Envelope, JsonSettings};
pub use rows::{
    Access, Call, Counts, DATA_EXCEPTION, Fate, HeaderRef, NewRow, Origin, OriginalRecord, Rejected, Rejection, Section,
};
pub use schema_table::SchemaTable;

use crate::record::{Part, Stage};
use call::OpenCall;
use headers::Headers;
use payloads::Payloads;
use source::SourcePositions;
use table::{Record, Rows};
use topics::Topics;

/// A batch of records.
#[derive(Default)]
pub struct Batch {
    contents: Contents,
    schemas: Arc<Mutex<SchemaTable>>,
    // Boxed, as a batch is moved from hand to hand.
    keys: Box<Payloads>,
    values: Box<Payloads>,
    headers: Box<Headers>,
    topics: Box<Topics>,
    /// The records as they came, by origin.
    records: Vec<Record>,
    /// Records that were pushed and did not fit.
    overflowed: Vec<usize>,
    positions: Box<SourcePositions>,
    rows: Rows,
    call: Option<Box<OpenCall>>,
    step: u32,
    /// The records of which a rejected row was reported.
    reported: BTreeSet<u32>,
}

impl Batch {
    /// Makes an empty batch whose bytes are to be understood as `contents` says.
    pub fn new(contents: Contents) -> Batch {
        Batch::with_schemas(contents, Arc::default())
    }

    /// Makes an empty batch that interns the schemas of its rows in `schemas`.
    pub fn with_schemas(contents: Contents, schemas: Arc<Mutex<SchemaTable>>) -> Batch {
        let (keys, values) = (Payloads::new(contents.key.clone()), Payloads::new(contents.value.clone()));
        Batch { contents, schemas, keys: Box::new(keys), values: Box::new(values), ..Batch::default() }
    }

    /// Makes header values what this content says; none: what `SimpleHeaderConverter` does.
    pub fn with_headers(mut self, content: Option<Content>) -> Batch {
        self.headers.set_content(content);
        self
    }

    /// Returns the table that schema ids of this batch point into.
    pub fn schema_table(&self) -> &Arc<Mutex<SchemaTable>> {
        &self.schemas
    }

    /// Returns the JSON text of a schema.
    pub fn schema_text(&self, id: u32) -> Option<Arc<[u8]>> {
        lock(&self.schemas).get(id)
    }

    /// Returns how the bytes of the parts are understood.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// Adds a consumed record. Its bytes are copied once, and kept until the batch is gone. Keys, values and
    /// headers may have 4 GiB each: a record beyond is kept without its bytes, and rejected.
    #[inline]
    pub fn push(&mut self, row: NewRow<'_>) {
        let NewRow { partition, offset, timestamp, .. } = row;
        let topic = self.topics.intern(row.topic);
        let headers = self.headers.add(row.headers);
        let (key, value) = (self.keys.push(row.key), self.values.push(row.value));
        if headers.is_none() || !key || !value {
            self.overflowed.push(self.records.len());
        }
        self.records.push(Record { topic, partition, offset, timestamp, headers: headers.unwrap_or_default() });
    }

    /// Decodes the keys and values pushed since the last time; malformed rows are rejected.
    pub fn decode(&mut self) {
        let (first_record, first_row) = (self.rows.records(), self.rows.len());
        if first_record >= self.records.len() {
            return;
        }
        self.rows.add_records(self.records.len());
        let mut schemas = lock(&self.schemas);
        let keys = self.keys.decode(first_record, &mut schemas);
        let values = self.values.decode(first_record, &mut schemas);
        let headers =
            self.headers.unreadable(self.records.iter().skip(first_record).map(|record| record.headers), &mut schemas);
        drop(schemas);
        // The first rejection of a row counts.
        for record in std::mem::take(&mut self.overflowed) {
            let reason = "the batch has more than 4 GiB; lower max.poll.records".to_owned();
            self.reject_undecoded(first_row + record - first_record, (Stage::KafkaConsume, reason));
        }
        for (stage, failed) in
            [(Stage::KeyConverter, keys), (Stage::ValueConverter, values), (Stage::HeaderConverter, headers)]
        {
            for (index, reason) in failed {
                self.reject_undecoded(first_row + index, (stage, reason));
            }
        }
        self.rows.refresh();
    }

    fn reject_undecoded(&mut self, row: usize, (stage, reason): (Stage, String)) {
        self.rows.reject(row as u32, Rejection { stage, step: None, reason, exception: DATA_EXCEPTION });
    }

    /// Returns how many bytes of keys, values and headers came into the batch or were written since.
    pub fn byte_size(&self) -> usize {
        self.keys.byte_size() + self.values.byte_size() + self.headers.byte_size()
    }

    /// Returns how many rows there are, whatever became of them.
    pub fn total_rows(&self) -> usize {
        self.rows.len() + self.pending()
    }

    /// Returns how many rows go on. Those that a call has discarded count until it is committed.
    pub fn live_rows(&self) -> usize {
        self.rows.live.len() + self.pending()
    }

    /// Returns how many rows were pushed and not decoded yet. Only rows without copies can follow them.
    fn pending(&self) -> usize {
        self.records.len().saturating_sub(self.rows.records())
    }

    #[inline]
    fn part(&self, part: Part) -> &Payloads {
        match part {
            Part::Key => &self.keys,
            Part::Value => &self.values,
        }
    }

    #[inline]
    fn part_mut(&mut self, part: Part) -> &mut Payloads {
        match part {
            Part::Key => &mut self.keys,
            Part::Value => &mut self.values,
        }
    }

    /// Returns the rows that the current step sees, in order; outside of calls the live ones.
    fn view(&self) -> &Arc<Vec<u32>> {
        self.call.as_ref().map_or(&self.rows.live, |call| &call.view)
    }
}

/// Locks the table of schemas; a thread that died with it in hand can't have left it half-changed.
fn lock(schemas: &Mutex<SchemaTable>) -> MutexGuard<'_, SchemaTable> {
    schemas.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secret: only numbers are shown.
        let counts = self.counts();
        f.debug_struct("Batch").field("contents", &self.contents).field("counts", &counts).finish_non_exhaustive()
    }
}
