//! Restarts that somebody asks for. Which parts are meant is decided here, at once, from how they are now; the
//! runner does the rest.

use super::entry::Target;
use super::revival::Revival;
use super::{Herder, HerderError};
use crate::record::{ConnectorId, TaskId};
use crate::worker::task_state::{ConnectorStatus, State};

/// Which parts of a connector to restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestartRequest {
    /// Whether tasks are meant, too.
    pub include_tasks: bool,
    /// Whether only what has failed is meant.
    pub only_failed: bool,
}

impl Herder {
    /// Restarts a connector and, if asked to, its tasks. Returns at once, with the parts that are meant shown
    /// as RESTARTING. What is stopped stays stopped.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub fn restart(&self, name: &str, request: RestartRequest) -> Result<ConnectorStatus, HerderError> {
        let entry = self.entry(name)?;
        let is_meant = |state: State| !request.only_failed || state == State::Failed;
        let runs = entry.target() == Target::Running;
        let mut tasks = Vec::new();
        let restarts_connector = entry.show_all(|shown| {
            let restarts_connector = runs && is_meant(shown.connector.state);
            if restarts_connector {
                shown.connector.state = State::Restarting;
                shown.revival = Revival::default();
            }
            for (task, shown) in &mut shown.tasks {
                if request.include_tasks && is_meant(shown.condition.state) {
                    shown.condition.state = State::Restarting;
                    shown.revival = Revival::default();
                    tasks.push(*task);
                }
            }
            restarts_connector
        });
        let status = self.status_of(name, &entry);
        if restarts_connector {
            self.reread_faulty(&entry);
        }
        entry.change(|desired| {
            desired.start.restarts += u64::from(restarts_connector);
            for task in tasks {
                *desired.task_restarts.entry(task).or_default() += 1;
            }
        });
        Ok(status)
    }

    /// Restarts a task. Returns at once.
    ///
    /// # Errors
    /// Returns an error where there is no such connector or task.
    pub fn restart_task(&self, name: &str, task: u32) -> Result<(), HerderError> {
        let entry = self.entry(name)?;
        let known = entry.show_all(|shown| {
            let known = shown.tasks.get_mut(&task)?;
            known.condition.state = State::Restarting;
            known.revival = Revival::default();
            Some(())
        });
        if known.is_none() {
            return Err(HerderError::TaskNotFound(TaskId { connector: ConnectorId::new(name), task }));
        }
        entry.change(|desired| *desired.task_restarts.entry(task).or_default() += 1);
        Ok(())
    }
}
