//! What the herder shows of its connectors, in Connect's shapes. Changes nothing.

use super::entry::Entry;
use super::revival::Revival;
use super::{Herder, HerderError};
use crate::config::Properties;
use crate::record::{ConnectorId, TaskId};
use crate::worker::task_state::{
    Condition, ConnectorInfo, ConnectorStatus, ConnectorTaskId, InstanceStatus, TaskInfo, TaskStatus,
};

impl Herder {
    /// Returns the names of all connectors, in order.
    pub fn names(&self) -> Vec<String> {
        let connectors = self.connectors();
        let known = connectors.iter().filter(|(_, entry)| entry.is_known());
        known.map(|(name, _)| name.clone()).collect()
    }

    /// Returns a connector's configuration and tasks.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub fn info(&self, name: &str) -> Result<ConnectorInfo, HerderError> {
        Ok(info(name, self.entry(name)?.as_ref()))
    }

    /// Returns a connector's configuration, as written.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub fn config(&self, name: &str) -> Result<Properties, HerderError> {
        Ok(self.entry(name)?.config().properties.clone())
    }

    /// Returns the states of a connector and its tasks.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub fn status(&self, name: &str) -> Result<ConnectorStatus, HerderError> {
        Ok(self.status_of(name, self.entry(name)?.as_ref()))
    }

    /// Returns the state of a task.
    ///
    /// # Errors
    /// Returns an error where there is no such connector or task.
    pub fn task_status(&self, name: &str, task: u32) -> Result<TaskStatus, HerderError> {
        let status = self.status(name)?.tasks.into_iter().find(|status| status.id == task);
        status.ok_or_else(|| HerderError::TaskNotFound(TaskId { connector: ConnectorId::new(name), task }))
    }

    /// Returns a connector's tasks and their configurations.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub fn tasks(&self, name: &str) -> Result<Vec<TaskInfo>, HerderError> {
        let entry = self.entry(name)?;
        let shown = entry.shown();
        let tasks = shown.tasks.iter().map(|(task, shown)| TaskInfo {
            id: ConnectorTaskId { connector: name.to_owned(), task: *task },
            config: shown.config.clone(),
        });
        Ok(tasks.collect())
    }

    pub(super) fn status_of(&self, name: &str, entry: &Entry) -> ConnectorStatus {
        let config = entry.config();
        let version = self.launch.find(&config.class).map(|plugin| plugin.version);
        let instance = |condition: &Condition, revival: &Revival| InstanceStatus {
            restart: revival.shown(),
            state: condition.state,
            worker_id: self.settings.worker_id.clone(),
            version: version.clone(),
            trace: condition.trace.clone(),
        };
        let shown = entry.shown();
        let tasks = shown
            .tasks
            .iter()
            .map(|(id, task)| TaskStatus { id: *id, status: instance(&task.condition, &task.revival) });
        ConnectorStatus {
            name: name.to_owned(),
            connector: instance(&shown.connector, &shown.revival),
            tasks: tasks.collect(),
            connector_type: config.direction.into(),
        }
    }
}

/// Returns a connector's configuration and tasks.
pub(super) fn info(name: &str, entry: &Entry) -> ConnectorInfo {
    let config = entry.config();
    let tasks =
        entry.shown().tasks.keys().map(|task| ConnectorTaskId { connector: name.to_owned(), task: *task }).collect();
    ConnectorInfo {
        name: name.to_owned(),
        config: config.properties.clone(),
        tasks,
        connector_type: config.direction.into(),
    }
}
