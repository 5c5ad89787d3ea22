//! The states of connectors and tasks, and the shapes in which Kafka Connect shows them. Decides nothing; see
//! [`super::herder`].

use serde::{Deserialize, Serialize};

use crate::config::Properties;
use crate::config::connector::Direction;

/// The state of a connector or task, under Connect's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// It has not started yet, or has stopped.
    #[default]
    Unassigned,
    /// It runs.
    Running,
    /// It waits until it is resumed.
    Paused,
    /// The connector has no tasks until it is resumed. Never the state of a task.
    Stopped,
    /// It has failed; the trace says why.
    Failed,
    /// Somebody asked for a restart that is not done yet.
    Restarting,
}

/// A state and, after a failure, its trace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// The state.
    pub state: State,
    /// Why it failed.
    pub trace: Option<String>,
}

impl From<State> for Condition {
    fn from(state: State) -> Self {
        Self { state, trace: None }
    }
}

impl From<super::Failure> for Condition {
    fn from(failure: super::Failure) -> Self {
        Self { state: State::Failed, trace: Some(failure.trace) }
    }
}

/// Which way a connector moves records, as `type` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectorType {
    /// Into Kafka.
    Source,
    /// Out of Kafka.
    Sink,
}

impl From<Direction> for ConnectorType {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Source => ConnectorType::Source,
            Direction::Sink => ConnectorType::Sink,
        }
    }
}

/// The body of `GET /connectors/{name}`, Connect's `ConnectorInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectorInfo {
    /// Its name.
    pub name: String,
    /// Its configuration, as written.
    pub config: Properties,
    /// Its tasks.
    pub tasks: Vec<ConnectorTaskId>,
    /// Which way it moves records.
    #[serde(rename = "type")]
    pub connector_type: ConnectorType,
}

/// A task as Connect names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectorTaskId {
    /// The connector's name.
    pub connector: String,
    /// The task's number.
    pub task: u32,
}

/// A task and its configuration, Connect's `TaskInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskInfo {
    /// The task.
    pub id: ConnectorTaskId,
    /// Its configuration.
    pub config: Properties,
}

/// The body of `GET /connectors/{name}/status`, Connect's `ConnectorStateInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectorStatus {
    /// The connector's name.
    pub name: String,
    /// The connector itself.
    pub connector: InstanceStatus,
    /// Its tasks, by number.
    pub tasks: Vec<TaskStatus>,
    /// Which way it moves records.
    #[serde(rename = "type")]
    pub connector_type: ConnectorType,
}

/// What is shown of a connector or task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstanceStatus {
    /// Its state.
    pub state: State,
    /// The worker it runs on, `host:port`.
    pub worker_id: String,
    /// Its plugin's version; none once the plugin is gone.
    pub version: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Its failures and what is done about them; none where it has not failed lately. Not Kafka Connect's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartStatus>,
}

/// What is shown of automatic restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RestartStatus {
    /// How many times in a row it has failed.
    pub failures: u32,
    /// When it is restarted, in ms since 1970; none where it runs, or is not restarted any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<u64>,
}

/// The body of `GET /connectors/{name}/tasks/{task}/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskStatus {
    /// The task's number.
    pub id: u32,
    /// Its state.
    #[serde(flatten)]
    pub status: InstanceStatus,
}
