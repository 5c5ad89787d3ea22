//! Why a task ends.

use super::edges::{CallError, EdgeError};
use crate::record::Stage;

/// Why a task failed: its text is the trace in the task's status.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TaskError {
    /// A record was rejected and is not tolerated. Kafka's words come first: people search for them.
    #[error(
        "Tolerance exceeded in error handler: {record} failed at {} in {place}: {reason}{others} (set \
         errors.tolerance=all to leave such records out)", stage.as_str()
    )]
    Intolerable {
        /// The record, `topic-partition@offset`, or a source's own position.
        record: String,
        /// Where it failed.
        stage: Stage,
        /// The step or plugin, for people.
        place: String,
        /// Why.
        reason: String,
        /// Other records of the batch that failed, for people; may be empty.
        others: String,
    },
    /// A guest can't go on.
    #[error("{} failed in {guest}: {error}", stage.as_str())]
    Guest {
        /// Where.
        stage: Stage,
        /// The guest, for people.
        guest: String,
        /// Why.
        error: CallError,
    },
    /// A guest trapped or ran out of CPU time too often, and no record was to blame.
    #[error("{guest} trapped {times} times in ten minutes and no record is to blame, last at {records}: {error}")]
    Traps {
        /// The guest, for people.
        guest: String,
        /// How often.
        times: usize,
        /// The records of the last batch, for people.
        records: String,
        /// The last trap.
        error: CallError,
    },
    /// The rows that a guest traps on were not found within the budget.
    #[error(
        "{guest} keeps trapping, and {calls} calls with {cpu_ms} ms of CPU time were not enough to find all records \
         that are to blame; the next ones are among {records} (mend the plugin, or raise airlock.isolation.calls and \
         airlock.isolation.cpu.ms): {error}"
    )]
    IsolationBudget {
        /// The guest, for people.
        guest: String,
        /// Calls made after the first trap.
        calls: u32,
        /// Their CPU time.
        cpu_ms: u128,
        /// The records that were next, for people.
        records: String,
        /// The last trap.
        error: CallError,
    },
    /// Kafka, or the store of offsets, can't go on.
    #[error("{} failed: {error}", stage.as_str())]
    Edge {
        /// Where.
        stage: Stage,
        /// Why.
        error: EdgeError,
    },
}

/// Why a task's loop ended.
#[derive(Debug)]
pub(super) enum Stop {
    /// It was asked to, in the middle of a wait.
    Shutdown,
    /// It can't go on.
    Failed(TaskError),
}

impl From<TaskError> for Stop {
    fn from(error: TaskError) -> Self {
        Stop::Failed(error)
    }
}

/// Names the stage of an edge's error.
pub(super) fn at(stage: Stage) -> impl Fn(EdgeError) -> Stop {
    move |error| Stop::Failed(TaskError::Edge { stage, error })
}
