//! The records of `status.storage.topic`, in Kafka Connect's own form (`KafkaStatusBackingStore`).

use serde::{Deserialize, Serialize};

use crate::worker::task_state::State;

/// Whose status it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusKey {
    /// A connector's.
    Connector(String),
    /// A task's.
    Task(String, u32),
}

/// A status, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredStatus {
    /// The state.
    pub state: State,
    /// Why it failed.
    #[serde(default)]
    pub trace: Option<String>,
    /// The worker that wrote it.
    pub worker_id: String,
    /// The generation of the group of workers then. Kafka Connect's workers don't replace a status of a higher
    /// generation than their own.
    #[serde(default)]
    pub generation: i32,
    /// The plugin's version (KIP-891).
    #[serde(default)]
    pub version: Option<String>,
}

const CONNECTOR: &str = "status-connector-";
const TASK: &str = "status-task-";

impl StatusKey {
    /// Returns the key as text.
    pub(super) fn render(&self) -> String {
        match self {
            StatusKey::Connector(name) => format!("{CONNECTOR}{name}"),
            StatusKey::Task(name, task) => format!("{TASK}{name}-{task}"),
        }
    }

    /// Reads a key; none where it is of another kind.
    pub(super) fn parse(key: &[u8]) -> Option<Self> {
        let key = std::str::from_utf8(key).ok()?;
        if let Some(name) = key.strip_prefix(CONNECTOR) {
            return Some(StatusKey::Connector(name.to_owned()));
        }
        let (name, task) = key.strip_prefix(TASK)?.rsplit_once('-')?;
        Some(StatusKey::Task(name.to_owned(), task.parse().ok()?))
    }
}
