//! The traits of connectors: sources and sinks, and who divides their work into tasks.

use super::config::Config;
use super::describe::Description;
use crate::batch::{Batch, TopicPartition, TopicPartitionOffset};
use crate::error::{ConfigProblem, Error};

/// Divides a connector's work into tasks. It moves no records (Kafka's `Connector`). Most are served by
/// [`OneTask`] or [`SameTasks`].
pub trait Connector: Sized {
    /// Starts the connector.
    ///
    /// # Errors
    /// What is wrong with the configuration, or with the system that it names.
    fn start(config: &Config) -> Result<Self, Error>;

    /// Returns one configuration per task, at most `max_tasks`. Called after `start`, and again after each
    /// [`request_task_reconfiguration`](crate::reconfiguration::request_task_reconfiguration).
    ///
    /// # Errors
    /// Why the work can't be divided.
    fn task_configs(&mut self, max_tasks: u32) -> Result<Vec<Config>, Error>;

    /// Takes a changed configuration without a restart. The default asks for the restart.
    ///
    /// # Errors
    /// [`Error::Retriable`]: not possible, restart me.
    fn reconfigure(&mut self, config: &Config) -> Result<(), Error> {
        let _ = config;
        Err(Error::retriable("a changed configuration needs a restart"))
    }

    /// Stops the connector; nothing is called afterwards.
    fn stop(&mut self) {}
}

/// A connector whose work can't be divided: one task, with the connector's own configuration.
#[derive(Debug)]
pub struct OneTask(Config);

impl Connector for OneTask {
    fn start(config: &Config) -> Result<Self, Error> {
        Ok(OneTask(config.clone()))
    }

    fn task_configs(&mut self, _max_tasks: u32) -> Result<Vec<Config>, Error> {
        Ok(vec![self.0.clone()])
    }
}

/// A connector whose tasks are all alike, as with most sinks: as many as are allowed, each with the
/// connector's own configuration.
#[derive(Debug)]
pub struct SameTasks(Config);

impl Connector for SameTasks {
    fn start(config: &Config) -> Result<Self, Error> {
        Ok(SameTasks(config.clone()))
    }

    fn task_configs(&mut self, max_tasks: u32) -> Result<Vec<Config>, Error> {
        Ok(vec![self.0.clone(); max_tasks as usize])
    }
}

/// Limits of one [`Source::poll`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollLimits {
    /// How long to wait for rows at most, in milliseconds.
    pub max_wait_ms: u32,
    /// How many rows to append at most. 0 for a tick: the task is paused or waits for Kafka; append
    /// nothing, keep connections alive.
    pub max_rows: u32,
    /// About how many bytes to append at most.
    pub max_bytes: u32,
}

/// A source partition, and its offset; JSON objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePosition {
    /// The source partition.
    pub partition: String,
    /// The offset in it; none deletes it.
    pub offset: Option<String>,
}

/// Where a row of an earlier poll went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The row, as the poll appended it.
    pub row: u32,
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset; -1 where the record was discarded or dead-lettered.
    pub offset: i64,
}

/// Whether exactly-once delivery is possible with a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExactlyOnce {
    /// It is: offsets tell exactly where to go on.
    Supported,
    /// It isn't.
    Unsupported,
}

/// A source: reads from a system and fills batches. A value of this type is one running task (Kafka's
/// `SourceTask`).
pub trait Source: Sized {
    /// Who divides the work into tasks: [`OneTask`], [`SameTasks`], or a type of your own.
    type Connector: Connector;

    /// Describes the plugin. Called before anything else, and often.
    fn describe() -> Description;

    /// Checks what the description can't express. Single keys have been checked before.
    fn validate(config: &Config) -> Vec<ConfigProblem> {
        let _ = config;
        Vec::new()
    }

    /// Starts a task.
    ///
    /// # Errors
    /// Why it can't start.
    fn start(config: &Config) -> Result<Self, Error>;

    /// Appends rows to `out`, and returns within the time that `limits` allows; with none where there are
    /// none yet. Rows appended before an error are discarded.
    ///
    /// # Errors
    /// Why there can be no rows now, or ever.
    fn poll(&mut self, out: &Batch<'_>, limits: PollLimits) -> Result<(), Error>;

    /// Tells where the rows of the last batch went: Kafka acknowledged all of them.
    ///
    /// # Errors
    /// Why the task can't go on.
    fn commit_records(&mut self, acknowledged: &[Acknowledgement]) -> Result<(), Error> {
        let _ = acknowledged;
        Ok(())
    }

    /// Tells that offsets up to and including these are stored, so that the system may forget.
    ///
    /// # Errors
    /// Why the task can't go on.
    fn commit(&mut self, stored: &[SourcePosition]) -> Result<(), Error> {
        let _ = stored;
        Ok(())
    }

    /// Lets the task change the offsets that are about to be stored (KIP-910).
    ///
    /// # Errors
    /// Why the task can't go on.
    fn update_offsets(&mut self, pending: Vec<SourcePosition>) -> Result<Vec<SourcePosition>, Error> {
        Ok(pending)
    }

    /// Stops the task; nothing is called afterwards.
    fn stop(&mut self) {}

    /// Checks offsets that a user wants stored. False: they were not checked, or are kept elsewhere too.
    ///
    /// # Errors
    /// What is wrong with them.
    fn alter_offsets(config: &Config, positions: &[SourcePosition]) -> Result<bool, Error> {
        let _ = (config, positions);
        Ok(false)
    }

    /// Tells whether records can be delivered exactly once with this configuration (KIP-618).
    fn exactly_once_support(config: &Config) -> ExactlyOnce {
        let _ = config;
        ExactlyOnce::Unsupported
    }

    /// Tells whether the task defines its own transactions with this configuration (KIP-618).
    fn can_define_transaction_boundaries(config: &Config) -> bool {
        let _ = config;
        false
    }
}

/// A sink: delivers batches to a system. A value of this type is one running task (Kafka's `SinkTask`).
pub trait Sink: Sized {
    /// Who divides the work into tasks: [`SameTasks`] for most sinks.
    type Connector: Connector;

    /// Describes the plugin. Called before anything else, and often.
    fn describe() -> Description;

    /// Checks what the description can't express. Single keys have been checked before.
    fn validate(config: &Config) -> Vec<ConfigProblem> {
        let _ = config;
        Vec::new()
    }

    /// Starts a task.
    ///
    /// # Errors
    /// Why it can't start.
    fn start(config: &Config) -> Result<Self, Error>;

    /// Takes a batch; empty when there is nothing to deliver, so that connections can be kept alive. A
    /// sink may buffer: what is not written yet it holds back in [`Sink::pre_commit`]. Rows that can never
    /// be delivered are rejected with [`Batch::reject`], or later with
    /// [`sink_context::report`](crate::sink_context::report).
    ///
    /// # Errors
    /// [`Error::Retriable`]: the same rows come again.
    fn put(&mut self, batch: &Batch<'_>) -> Result<(), Error>;

    /// Tells that these partitions are now this task's, before their first record.
    ///
    /// # Errors
    /// Why the task can't take them.
    fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), Error> {
        let _ = partitions;
        Ok(())
    }

    /// Writes everything that was put. Called before each [`Sink::pre_commit`].
    ///
    /// # Errors
    /// Why it can't be written.
    fn flush(&mut self, offsets: &[TopicPartitionOffset]) -> Result<(), Error> {
        let _ = offsets;
        Ok(())
    }

    /// Returns the offsets that may be committed now: those given, lower ones, or none of a partition.
    ///
    /// # Errors
    /// Why nothing can be committed.
    fn pre_commit(&mut self, offsets: Vec<TopicPartitionOffset>) -> Result<Vec<TopicPartitionOffset>, Error> {
        Ok(offsets)
    }

    /// Tells that these partitions are no longer this task's.
    ///
    /// # Errors
    /// Why the task can't go on.
    fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), Error> {
        let _ = partitions;
        Ok(())
    }

    /// Stops the task; nothing is called afterwards.
    fn stop(&mut self) {}

    /// Checks consumer offsets that a user wants; -1 resets. False: offsets are kept elsewhere too.
    ///
    /// # Errors
    /// What is wrong with them.
    fn alter_offsets(config: &Config, offsets: &[TopicPartitionOffset]) -> Result<bool, Error> {
        let _ = (config, offsets);
        Ok(false)
    }
}
