//! What comes out of a batch: records for Kafka, rejected rows with what they were, and the count of it all.

use std::collections::BTreeSet;

use super::headers::HeaderRange;
use super::rows::{Counts, DATA_EXCEPTION, HeaderRef, Origin, OriginalRecord, Rejected, Rejection};
use super::table::{Mark, Record};
use super::{Batch, Contents, lock};
use crate::pipeline::edges::Outgoing;
use crate::record::{Part, Stage};

impl Batch {
    /// Rejects live rows on the host's behalf, outside of calls. Positions out of range are ignored.
    pub fn reject_live(&mut self, positions: &[u32], rejection: Rejection) {
        let number = self.rows.add_rejection(rejection);
        let live = self.rows.live.clone();
        for row in positions.iter().filter_map(|position| live.get(*position as usize)) {
            self.rows.reject_as(*row, number);
        }
        self.rows.refresh();
    }

    /// Converts the live rows to Kafka's bytes; a row that can't be is rejected.
    pub fn encode(&mut self) {
        self.decode();
        let schemas = self.schemas.clone();
        let schemas = lock(&schemas);
        let live = self.rows.live.clone();
        let topics = if self.needs_topics() { self.live_topics().map(str::to_owned).collect() } else { Vec::new() };
        let keys = self.keys.encode(&live, (&schemas, &topics));
        let values = self.values.encode(&live, (&schemas, &topics));
        // The first rejection of a row counts.
        for (stage, failed) in [(Stage::KeyConverter, keys), (Stage::ValueConverter, values)] {
            for (row, reason) in failed {
                self.rows.reject(row, Rejection { stage, step: None, reason, exception: DATA_EXCEPTION });
            }
        }
        self.rows.refresh();
    }

    fn needs_topics(&self) -> bool {
        let Contents { key, value } = &self.contents;
        key.registered().or(value.registered()).is_some()
    }

    fn live_topics(&self) -> impl Iterator<Item = &str> {
        self.rows.live.iter().map(|row| self.topics.name(self.topic(*row)))
    }

    /// Returns the topics and bytes of records that were pushed and not decoded yet.
    pub fn undecoded(&self, part: Part) -> impl Iterator<Item = (&str, &[u8])> {
        let pending = self.rows.records()..self.records.len();
        pending.filter_map(move |origin| {
            let record = self.records.get(origin)?;
            Some((self.topics.name(record.topic), self.part(part).original(origin as u32)?))
        })
    }

    /// Returns the topics and schemas, 0 for none, of live rows whose keys or values are to be converted.
    pub fn unencoded(&self, part: Part) -> impl Iterator<Item = (&str, u32)> {
        let rows = self.rows.live.iter().zip(self.live_topics());
        rows.filter_map(move |(row, topic)| Some((topic, self.part(part).to_be_made(*row)?)))
    }

    /// Returns the encoded keys or values of the live rows in order, after [`Batch::encode`].
    #[inline]
    pub fn encoded(&self, part: Part) -> impl Iterator<Item = Option<&[u8]>> {
        self.rows.live.iter().map(move |row| self.part(part).encoded(*row))
    }

    /// Returns the live rows in order, after [`Batch::encode`], each with the consumed row it came from.
    pub fn outgoing(&self) -> impl Iterator<Item = (u32, Outgoing)> {
        self.rows.live.iter().map(|row| {
            let topic = self.topics.name(self.topic(*row)).to_owned();
            let (partition, timestamp) = (self.partition(*row), self.timestamp(*row));
            let headers = self.headers.of(self.header_range(*row));
            let outgoing = Outgoing {
                topic,
                partition: (partition >= 0).then_some(partition),
                timestamp: (timestamp >= 0).then_some(timestamp),
                key: self.keys.encoded(*row).map(<[u8]>::to_vec),
                value: self.values.encoded(*row).map(<[u8]>::to_vec),
                headers: headers.map(|(key, value)| (key.to_owned(), value.map(<[u8]>::to_vec))).collect(),
            };
            (self.rows.origin(*row), outgoing)
        })
    }

    /// Returns the rejected rows, with the records that they came from.
    pub fn rejected(&self) -> impl Iterator<Item = Rejected<'_>> {
        (0..).zip(self.rows.marks()).filter_map(|(row, mark)| {
            let rejection = self.rows.rejection(*mark)?;
            let origin = self.rows.origin(row);
            Some(Rejected { row, origin, rejection, record: self.original(origin)? })
        })
    }

    /// Returns the first rejected row of each record that was not reported yet: what became of a record may be several
    /// rows, but it is one record that fails.
    pub fn unreported(&self) -> impl Iterator<Item = Rejected<'_>> {
        let mut seen = BTreeSet::new();
        self.rejected()
            .filter(move |rejected| !self.reported.contains(&rejected.origin) && seen.insert(rejected.origin))
    }

    /// All records of which a row is rejected now have been reported.
    pub fn set_reported(&mut self) {
        self.reported = self.rejected().map(|rejected| rejected.origin).collect();
    }

    /// Returns the consumed row that each live row came from, in order. Copies of a row follow each other.
    pub fn live_origins(&self) -> impl Iterator<Item = u32> {
        self.rows.live.iter().map(|row| self.rows.origin(*row))
    }

    /// Returns a record as it came.
    pub fn original(&self, origin: u32) -> Option<OriginalRecord<'_>> {
        let Record { topic, partition, offset, timestamp, headers } = *self.records.get(origin as usize)?;
        Some(OriginalRecord {
            topic: self.topics.name(topic),
            partition,
            offset,
            timestamp,
            key: self.keys.original(origin),
            value: self.values.original(origin),
            headers: self.header_list(headers),
        })
    }

    fn header_list(&self, range: HeaderRange) -> Vec<HeaderRef<'_>> {
        self.headers.of(range).collect()
    }

    /// Returns what became of each consumed record, in the order of consumption.
    pub fn origins(&self) -> Vec<Origin<'_>> {
        let origin = |record: &Record| Origin {
            topic: self.topics.name(record.topic),
            partition: record.partition,
            offset: record.offset,
            live: 0,
            rejected: 0,
        };
        let mut origins: Vec<Origin<'_>> = self.records.iter().map(origin).collect();
        for (row, mark) in (0..).zip(self.rows.marks()) {
            let Some(origin) = origins.get_mut(self.rows.origin(row) as usize) else { continue };
            match mark {
                Mark::Keep => origin.live += 1,
                Mark::Reject(_) => origin.rejected += 1,
                Mark::Discard => {}
            }
        }
        origins
    }

    /// Returns where all rows went (Invariant 3).
    pub fn counts(&self) -> Counts {
        let (rows, records) = (self.rows.len() as u64, self.records.len() as u64);
        let mut counts = Counts { consumed: records, expanded: rows.saturating_sub(records), ..Counts::default() };
        for mark in self.rows.marks() {
            match mark {
                Mark::Keep => counts.kept += 1,
                Mark::Discard => counts.discarded += 1,
                Mark::Reject(_) => counts.rejected += 1,
            }
        }
        counts
    }
}
