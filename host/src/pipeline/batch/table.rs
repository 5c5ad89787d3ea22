//! What is known of each row besides its key and value: where it came from, where it goes, and its fate.
//! Columns are shared with the state before a call until they are first written.

use std::sync::Arc;

use super::columns::BatchError;
use super::headers::HeaderRange;
use super::recycle::emptied_shared;
use super::rows::{Fate, Rejection};

/// How much text the reasons of a batch's rejections may have.
const REASON_LIMIT: usize = 16 << 20;

/// A record as it came, without its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) topic: u32,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) timestamp: i64,
    pub(super) headers: HeaderRange,
}

/// The fate of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Keep,
    Discard,
    /// With the rejection of this number.
    Reject(u32),
}

/// All rows. A clone is a snapshot that costs nothing until one of the two is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    /// For each row the record it came from.
    origins: Arc<Vec<u32>>,
    /// How many records have rows.
    records: usize,
    marks: Arc<Vec<Mark>>,
    rejections: Arc<Vec<Rejection>>,
    reason_bytes: usize,
    /// Whether a row was discarded or rejected since the last [`Rows::refresh`].
    stale: bool,
    /// The rows that go on, in order.
    pub(super) live: Arc<Vec<u32>>,
    /// The columns below are as the records have them until they are set.
    pub(super) topics: Option<Arc<Vec<u32>>>,
    pub(super) partitions: Option<Arc<Vec<i32>>>,
    pub(super) timestamps: Option<Arc<Vec<i64>>>,
    pub(super) headers: Option<Arc<Vec<HeaderRange>>>,
}

impl Rows {
    /// Makes an empty table in the same memory.
    pub(super) fn recycle(self) -> Rows {
        Rows {
            origins: emptied_shared(self.origins),
            marks: emptied_shared(self.marks),
            live: emptied_shared(self.live),
            ..Rows::default()
        }
    }

    /// Adds a row for each record up to `records`, behind all others.
    pub(super) fn add_records(&mut self, records: usize) {
        let (first, new) = (self.origins.len() as u32, self.records as u32..records as u32);
        Arc::make_mut(&mut self.live).extend(first..first + new.len() as u32);
        Arc::make_mut(&mut self.marks).extend(new.clone().map(|_| Mark::Keep));
        Arc::make_mut(&mut self.origins).extend(new);
        self.records = records;
    }

    /// Returns how many records have rows.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// Adds a copy of a row, which [`Rows::live`] does not have yet.
    pub(super) fn copy(&mut self, row: u32) {
        let origin = self.origin(row);
        Arc::make_mut(&mut self.origins).push(origin);
        Arc::make_mut(&mut self.marks).push(Mark::Keep);
        copy_in(&mut self.topics, row);
        copy_in(&mut self.partitions, row);
        copy_in(&mut self.timestamps, row);
        copy_in(&mut self.headers, row);
    }

    pub(super) fn len(&self) -> usize {
        self.origins.len()
    }

    #[inline]
    pub(super) fn origin(&self, row: u32) -> u32 {
        self.origins.get(row as usize).copied().unwrap_or(u32::MAX)
    }

    #[inline]
    pub(super) fn mark(&self, row: u32) -> Mark {
        self.marks.get(row as usize).copied().unwrap_or(Mark::Discard)
    }

    pub(super) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Returns why a row was rejected.
    pub(super) fn rejection(&self, mark: Mark) -> Option<&Rejection> {
        match mark {
            Mark::Reject(number) => self.rejections.get(number as usize),
            Mark::Keep | Mark::Discard => None,
        }
    }

    pub(super) fn fate(&self, row: u32) -> Fate {
        let mark = self.mark(row);
        match (mark, self.rejection(mark)) {
            (_, Some(rejection)) => Fate::Reject(rejection.clone()),
            (Mark::Keep, None) => Fate::Keep,
            (_, None) => Fate::Discard,
        }
    }

    /// Discards a row, unless it was rejected.
    pub(super) fn discard(&mut self, row: u32) {
        if let Some(mark @ Mark::Keep) = Arc::make_mut(&mut self.marks).get_mut(row as usize) {
            *mark = Mark::Discard;
            self.stale = true;
        }
    }

    /// Counts the reason of a rejection that a guest asks for.
    ///
    /// # Errors
    /// Refuses more text than anybody reads.
    pub(super) fn charge_reason(&mut self, reason: &str) -> Result<(), BatchError> {
        let bytes = self.reason_bytes + reason.len();
        if bytes > REASON_LIMIT {
            let limit = REASON_LIMIT >> 20;
            let text = format!("the reasons for rejecting rows have more than {limit} MiB in all; be brief");
            return Err(BatchError::InvalidArgument(text));
        }
        self.reason_bytes = bytes;
        Ok(())
    }

    /// Rejects a row; the first rejection counts.
    pub(super) fn reject(&mut self, row: u32, rejection: Rejection) {
        let number = self.add_rejection(rejection);
        self.reject_as(row, number);
    }

    /// Stores a rejection for several rows.
    pub(super) fn add_rejection(&mut self, rejection: Rejection) -> u32 {
        let rejections = Arc::make_mut(&mut self.rejections);
        rejections.push(rejection);
        rejections.len() as u32 - 1
    }

    /// Rejects a row for a stored reason; the first rejection counts.
    pub(super) fn reject_as(&mut self, row: u32, number: u32) {
        if let Some(mark @ (Mark::Keep | Mark::Discard)) = Arc::make_mut(&mut self.marks).get_mut(row as usize) {
            *mark = Mark::Reject(number);
            self.stale = true;
        }
    }

    /// Takes the rows out of [`Rows::live`] that were discarded or rejected.
    pub(super) fn refresh(&mut self) {
        if std::mem::take(&mut self.stale) {
            let keeps = |row: &u32| self.marks.get(*row as usize) == Some(&Mark::Keep);
            self.live = Arc::new(self.live.iter().copied().filter(keeps).collect());
        }
    }
}

fn copy_in<T: Copy>(column: &mut Option<Arc<Vec<T>>>, row: u32) {
    if let Some(column) = column
        && let Some(value) = column.get(row as usize).copied()
    {
        Arc::make_mut(column).push(value);
    }
}
