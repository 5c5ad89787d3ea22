//! Reports how a connector and its tasks are to the topic of statuses, where there is one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::entry::Shown;
use crate::worker::state::{StatusKey, StatusTopic, StoredStatus};
use crate::worker::task_state::Condition;

/// Reports the statuses of one connector.
pub(super) struct Reporter {
    topic: Arc<StatusTopic>,
    connector: String,
    worker_id: String,
    version: Option<String>,
    generation: i32,
    /// What was reported last; none where all that is known is that the topic has a status.
    reported: Mutex<BTreeMap<StatusKey, Option<StoredStatus>>>,
}

impl Reporter {
    /// Makes a reporter of a connector.
    pub(super) fn new(topic: Arc<StatusTopic>, connector: &str, worker_id: &str, version: Option<String>) -> Self {
        let left = topic.tasks_of(connector).into_iter();
        let reported = left.map(|task| (StatusKey::Task(connector.to_owned(), task), None)).collect();
        Self {
            generation: topic.generation(),
            topic,
            connector: connector.to_owned(),
            worker_id: worker_id.to_owned(),
            version,
            reported: Mutex::new(reported),
        }
    }

    /// Reports what has changed.
    pub(super) fn report(&self, shown: &Shown) {
        let tasks = shown
            .tasks
            .iter()
            .map(|(task, shown)| (StatusKey::Task(self.connector.clone(), *task), Some(self.status(&shown.condition))));
        let connector = (StatusKey::Connector(self.connector.clone()), Some(self.status(&shown.connector)));
        self.replace([connector].into_iter().chain(tasks).collect());
    }

    /// Deletes all statuses.
    pub(super) fn forget(&self) {
        self.replace(BTreeMap::new());
    }

    fn replace(&self, now: BTreeMap<StatusKey, Option<StoredStatus>>) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        for key in reported.keys().filter(|key| !now.contains_key(key)) {
            self.topic.put(key.clone(), None);
        }
        for (key, status) in now.iter().filter(|(key, status)| reported.get(key) != Some(status)) {
            self.topic.put(key.clone(), status.clone());
        }
        *reported = now;
    }

    fn status(&self, condition: &Condition) -> StoredStatus {
        StoredStatus {
            state: condition.state,
            trace: condition.trace.clone(),
            worker_id: self.worker_id.clone(),
            generation: self.generation,
            version: self.version.clone(),
        }
    }
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reporter").field("connector", &self.connector).finish_non_exhaustive()
    }
}
