//! What goes into a batch, what comes out, and what became of each row. Holds no columns itself.

use std::ops::Range;

use crate::record::Stage;

/// A header of a consumed record: its key, and its value or null.
pub type HeaderRef<'a> = (&'a str, Option<&'a [u8]>);

/// A consumed record, on its way into a batch.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    /// The topic that it was read from.
    pub topic: &'a str,
    /// The partition of that topic.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Milliseconds since 1970; -1 for none.
    pub timestamp: i64,
    /// The key's bytes.
    pub key: Option<&'a [u8]>,
    /// The value's bytes; none is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers in order.
    pub headers: &'a [HeaderRef<'a>],
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Keep,
    /// It was taken out on purpose and counts as delivered.
    Discard,
    /// It becomes a dead letter, or fails the task.
    Reject(Rejection),
}

/// Why a row was rejected, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The stage, as the dead letter's header names it.
    pub stage: Stage,
    /// The step's index in the whole chain; none outside of the chain.
    pub step: Option<u32>,
    /// Why, for people.
    pub reason: String,
    /// The Java class for the dead letter's `__connect.errors.exception.class.name`.
    pub exception: &'static str,
}

/// The Java class of most rejections.
pub const DATA_EXCEPTION: &str = "org.apache.kafka.connect.errors.DataException";

/// What a call may do with the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Access {
    /// Everything but `append`.
    #[default]
    Transform,
    /// Reads only.
    Predicate,
    /// Reads and rejects.
    Put,
    /// `append` only.
    Poll,
}

/// A run of positions among the live rows; none: all of them. No step of a call sees any other row.
pub type Section = Option<Range<u32>>;

/// One call of a guest.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The index in the whole chain of the call's step 0.
    pub first_step: u32,
    /// How many steps it has; none: any number.
    pub steps: Option<u32>,
    /// The live rows that the call is about.
    pub section: Section,
    /// The rows that step 0 sees, as ascending positions in the section; none: all.
    pub rows: Option<Vec<u32>>,
    /// What the call may do.
    pub access: Access,
}

/// A rejected row with the record that it came from, as consumed.
#[derive(Debug, Clone)]
pub struct Rejected<'a> {
    /// The row, by its place in the batch: unlike `origin` it is never shared, nor does it change.
    pub row: u32,
    /// The consumed row that it came from, by position from 0. Copies that `expand` made share one.
    pub origin: u32,
    /// Why.
    pub rejection: &'a Rejection,
    /// The record as it was consumed (or as a source appended it).
    pub record: OriginalRecord<'a>,
}

/// A record as it came into the batch.
#[derive(Debug, Clone)]
pub struct OriginalRecord<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its partition; -1 where a source row has none.
    pub partition: i32,
    /// Its offset; -1 in a source.
    pub offset: i64,
    /// Milliseconds since 1970; -1 for none.
    pub timestamp: i64,
    /// The key's bytes.
    pub key: Option<&'a [u8]>,
    /// The value's bytes.
    pub value: Option<&'a [u8]>,
    /// The headers in order.
    pub headers: Vec<HeaderRef<'a>>,
}

/// What became of a consumed record: settled once nothing of it is live and its rejected rows were reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The topic that it was read from.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// How many of its rows are live.
    pub live: u32,
    /// How many of its rows were rejected.
    pub rejected: u32,
}

/// Where all rows went. `consumed + expanded == kept + discarded + rejected` (Invariant 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows pushed or appended.
    pub consumed: u64,
    /// Rows that `expand` added beyond the first copy of each row.
    pub expanded: u64,
    /// Rows that go on.
    pub kept: u64,
    /// Rows discarded on purpose.
    pub discarded: u64,
    /// Rows rejected.
    pub rejected: u64,
}
