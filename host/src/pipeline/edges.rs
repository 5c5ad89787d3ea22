//! The edges of the pipeline: what `kafka`, `plugin` and the simulation implement, and the pipeline
//! drives. Nothing here knows rdkafka or wasmtime.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::batch::{Batch, Section};
use crate::config::Problem;
use crate::record::{CommitOffset, Offset, TopicPartition};

/// What a consumer hands to its task.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one a poll, mostly with records")]
pub enum Polled {
    /// Records, in order within each partition.
    Records(Batch),
    /// These partitions are now this task's.
    Assigned(Vec<TopicPartition>),
    /// These partitions go to another member once `done` is answered: settle and commit them first.
    Revoked {
        /// The partitions that go.
        partitions: Vec<TopicPartition>,
        /// Answered when nothing more will be committed for them.
        done: oneshot::Sender<()>,
    },
    /// These partitions were taken away: commit nothing for them.
    Lost(Vec<TopicPartition>),
}

/// An error at an edge, sorted by reaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError {
    /// The same may succeed later.
    #[error("{0}")]
    Retriable(String),
    /// It can't go on.
    #[error("{0}")]
    Fatal(String),
}

/// A sink task's consumer.
#[async_trait]
pub trait Consume: Send {
    /// Waits for what comes next. The call tells that the records returned before are settled: the bytes
    /// they took of the task's budget are free again.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing that was not returned is lost.
    async fn next(&mut self) -> Result<Polled, EdgeError>;

    /// Waits for partitions to be taken away, `Revoked` or `Lost`, while records are still in hand. Records
    /// fetched and not yet returned are dropped then, and those of partitions that stay are fetched again.
    ///
    /// # Cancel safety
    /// Cancel safe, as `next`.
    async fn taken(&mut self) -> Result<Polled, EdgeError>;

    /// Stops fetching these partitions; heartbeats go on. Records of theirs that were fetched and not yet
    /// returned come after `resume`.
    async fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), EdgeError>;

    /// Fetches these partitions again.
    async fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), EdgeError>;

    /// Continues at these positions. Records fetched before and not yet returned are dropped; partitions
    /// that aren't this task's are ignored.
    async fn seek(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError>;

    /// Commits positions, and returns when the group coordinator has them.
    async fn commit(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError>;

    /// Reads one record again, whatever the consumer's position; none where the topic no longer has it.
    async fn refetch(&mut self, partition: &TopicPartition, offset: Offset) -> Result<Option<Batch>, EdgeError>;

    /// Leaves the group.
    async fn close(&mut self);
}

/// A record on its way to Kafka.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The topic to write to.
    pub topic: String,
    /// The partition; none lets Java's default partitioner choose (murmur2 of the key).
    pub partition: Option<i32>,
    /// Milliseconds since 1970; none: now.
    pub timestamp: Option<i64>,
    /// The key's bytes.
    pub key: Option<Vec<u8>>,
    /// The value's bytes; none is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order; a value may be null.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Where a record was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The partition it went to.
    pub partition: i32,
    /// Its offset there.
    pub offset: Offset,
}

/// A producer, for source records and for dead letters.
#[async_trait]
pub trait Produce: Send + Sync {
    /// Writes records in order and waits until each is acknowledged by all in-sync replicas, or failed.
    /// The answer has one entry per record.
    async fn produce(&self, records: Vec<Outgoing>) -> Vec<Result<Written, EdgeError>>;
}

fn told(problems: &[Problem]) -> String {
    let words: Vec<_> = problems.iter().map(|problem| format!("{}: {}", problem.key, problem.message)).collect();
    words.join("; ")
}

/// Why a guest's call failed. The batch is as it was before the call.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The guest's configuration can't work.
    #[error("{}", told(.0))]
    InvalidConfig(Vec<Problem>),
    /// The guest asked for a retry.
    #[error("{0}")]
    Retriable(String),
    /// The call took too long by the clock on the wall. The instance is gone; no row is to blame.
    #[error("{0}")]
    TimedOut(String),
    /// The guest can't go on.
    #[error("{0}")]
    Fatal(String),
    /// The guest trapped or used up its CPU time; the instance is gone. Rows may be at fault.
    #[error("{0}")]
    Trapped(String),
}

/// A run of consecutive transform steps of one component in one task: one instance, one call per batch.
/// Where the instance trapped, the next call makes a fresh one (Invariant 5).
#[async_trait]
pub trait Transform: Send {
    /// Runs the steps over a section of the batch: they see no other rows. The batch comes back in either
    /// case; after an error it is as it was. A trap blames the rows, and comes from the steps or their
    /// predicates only: an instance that traps before it sees rows is a fatal error.
    async fn apply(&mut self, batch: Batch, section: Section) -> (Batch, Result<(), CallError>);

    /// Names the steps, for errors: alias, class and component. With a step's index in the whole chain only
    /// that one, where it is one of them.
    fn describe(&self, step: Option<u32>) -> String;

    /// Returns the CPU time of all calls so far.
    fn cpu_used(&self) -> Duration;
}

/// What a sink's call asked of its context, in the order asked (Kafka's `SinkTaskContext`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkRequest {
    /// Continue at these positions.
    Seek(Vec<(TopicPartition, CommitOffset)>),
    /// Stop fetching from these partitions.
    Pause(Vec<TopicPartition>),
    /// Fetch from these partitions again.
    Resume(Vec<TopicPartition>),
    /// Wait this long before the retry.
    Timeout(Duration),
    /// Commit as soon as possible.
    Commit,
    /// Reject a record of an earlier batch.
    Report {
        /// The partition it was read from.
        partition: TopicPartition,
        /// Its offset there.
        offset: Offset,
        /// Why, for people.
        reason: String,
    },
}

/// A sink task's guest.
#[async_trait]
pub trait Sink: Send {
    /// Starts a fresh instance. Called before anything else, and again after a trap.
    async fn start(&mut self) -> Result<(), CallError>;
    /// Tells which partitions were assigned.
    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), CallError>;
    /// Delivers a section of a batch, or none of it. The batch comes back in either case.
    async fn put(&mut self, batch: Batch, section: Section) -> (Batch, Result<(), CallError>);
    /// Flushes, then asks which of these positions may be committed.
    async fn pre_commit(
        &mut self,
        offsets: &[(TopicPartition, CommitOffset)],
    ) -> Result<Vec<(TopicPartition, CommitOffset)>, CallError>;
    /// Tells which partitions are gone.
    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), CallError>;
    /// Stops the guest; its instance is gone afterwards.
    async fn stop(&mut self);
    /// Returns what the calls since the last time asked of the context.
    fn take_requests(&mut self) -> Vec<SinkRequest>;
    /// Returns the CPU time of all calls so far.
    fn cpu_used(&self) -> Duration;
}

/// Limits of one poll of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollLimits {
    /// How long the guest may wait for rows.
    pub max_wait: Duration,
    /// How many rows it may append; 0 for a tick.
    pub max_rows: u32,
    /// About how many bytes it may append.
    pub max_bytes: u32,
}

/// A source partition and its offset, JSON texts; an offset of none deletes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePosition {
    /// The source partition.
    pub partition: String,
    /// The offset in it.
    pub offset: Option<String>,
}

/// Where a polled row went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The row, as the poll appended it.
    pub row: u32,
    /// The topic it was written to.
    pub topic: String,
    /// Where in it; none where the row was discarded or dead-lettered.
    pub written: Option<Written>,
}

/// A source task's guest.
#[async_trait]
pub trait Source: Send {
    /// Starts a fresh instance. Called before anything else, and again after a trap.
    async fn start(&mut self) -> Result<(), CallError>;
    /// Appends rows to `out`. The batch comes back in either case; after an error without new rows.
    async fn poll(&mut self, out: Batch, limits: PollLimits) -> (Batch, Result<(), CallError>);
    /// Tells where rows of the last batch went.
    async fn commit_records(&mut self, acknowledged: &[Acknowledgement]) -> Result<(), CallError>;
    /// Lets the guest change the offsets that are about to be stored.
    async fn update_offsets(&mut self, pending: Vec<SourcePosition>) -> Result<Vec<SourcePosition>, CallError>;
    /// Tells which offsets are stored.
    async fn commit(&mut self, stored: &[SourcePosition]) -> Result<(), CallError>;
    /// Stops the guest; its instance is gone afterwards.
    async fn stop(&mut self);
}

/// Where the offsets of source connectors are kept. Partitions are compared as JSON values.
#[async_trait]
pub trait OffsetStore: Send + Sync {
    /// Returns the stored offset of each partition of a connector, in the order asked.
    async fn read(&self, connector: &str, partitions: &[String]) -> Result<Vec<Option<String>>, EdgeError>;
    /// Stores positions durably; returns when they are.
    async fn store(&self, connector: &str, positions: &[SourcePosition]) -> Result<(), EdgeError>;
    /// Returns everything that is stored of a connector.
    async fn of_connector(&self, connector: &str) -> Result<Vec<SourcePosition>, EdgeError>;
}

/// A schema, as a registry has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredSchema {
    /// Its id.
    pub id: u32,
    /// What it is written in, such as `AVRO`.
    pub schema_type: String,
    /// Its text.
    pub text: String,
    /// The schemas that it names.
    pub references: Vec<Reference>,
}

/// How a schema names another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name that stands in its text: a type's, a URI, or that of an imported file.
    pub name: String,
    /// The subject of the other one.
    pub subject: String,
    /// Its version in there.
    pub version: i64,
}

/// A schema that a registry is asked for by its text.
#[derive(Debug, Clone, Copy)]
pub struct SchemaText<'a> {
    /// The subject that it is, or shall be, in.
    pub subject: &'a str,
    /// What it is written in, such as `AVRO`.
    pub schema_type: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Why a registry didn't answer as asked, sorted by reaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The same may succeed later.
    #[error("{0}")]
    Retriable(String),
    /// It has no such schema, or doesn't take one: rows are to blame.
    #[error("{0}")]
    Rejected(String),
    /// It doesn't let this worker ask.
    #[error("{0}")]
    Refused(String),
}

/// A schema registry.
#[async_trait]
pub trait SchemaRegistry: std::fmt::Debug + Send + Sync {
    /// Returns the schema of an id.
    async fn by_id(&self, id: u32) -> Result<RegisteredSchema, RegistryError>;
    /// Returns the version that a schema has in a subject; none where it isn't the subject's.
    async fn version(&self, id: u32, subject: &str) -> Result<Option<i64>, RegistryError>;
    /// Returns a version of a subject; none is the newest.
    async fn of_subject(&self, subject: &str, version: Option<i64>) -> Result<RegisteredSchema, RegistryError>;
    /// Registers a schema unless its subject has it; returns its id.
    async fn register(&self, schema: SchemaText<'_>) -> Result<u32, RegistryError>;
    /// Returns the id of a schema that its subject has.
    async fn look_up(&self, schema: SchemaText<'_>) -> Result<u32, RegistryError>;
}
