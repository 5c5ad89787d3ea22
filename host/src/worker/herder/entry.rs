//! What is known of one connector: what it should be (written by the herder, read by its runner) and what it
//! is (written by the runner, read by everybody). Starts and stops nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::revival::Revival;
use super::status::Reporter;
use crate::config::Properties;
use crate::config::connector::ConnectorConfig;
use crate::config::restart::RestartConfig;
use crate::worker::Failure;
use crate::worker::task_state::{Condition, State};

/// What should be done with a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// It and its tasks run.
    Running,
    /// Its tasks wait; it has none if it never ran.
    Paused,
    /// It has no tasks.
    Stopped,
    /// It is deleted, or the worker ends.
    Removed,
    /// Not run here any more, but not deleted.
    Released,
}

/// Which start of a connector: another one is due when either number grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StartKey {
    /// Grows with each new configuration.
    pub(super) generation: u64,
    /// Grows with each restart of the connector that is asked for.
    pub(super) restarts: u64,
}

/// What a connector should be. The runner compares it with what is, so that only the newest wish counts.
#[derive(Debug, Clone)]
pub(super) struct Desired {
    /// Grows with each change of any kind.
    pub(super) revision: u64,
    /// The configuration.
    pub(super) config: Arc<ConnectorConfig>,
    /// Which of the configurations that were stored it is.
    pub(super) stored_revision: u64,
    /// What should be done.
    pub(super) target: Target,
    /// Which start of the connector.
    pub(super) start: StartKey,
    /// How often a restart of each task was asked for.
    pub(super) task_restarts: BTreeMap<u32, u64>,
}

/// What is shown of a connector.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// The connector itself.
    pub(super) connector: Condition,
    /// Its tasks, by number.
    pub(super) tasks: BTreeMap<u32, ShownTask>,
    /// Its failures in a row.
    pub(super) revival: Revival,
}

/// What is shown of a task.
#[derive(Debug, Clone, Default)]
pub(super) struct ShownTask {
    /// Its configuration.
    pub(super) config: Properties,
    /// How it is.
    pub(super) condition: Condition,
    /// The generation of the connector's configuration.
    pub(super) generation: u64,
    /// Its failures in a row.
    pub(super) revival: Revival,
}

/// A connector that the herder knows.
#[derive(Debug)]
pub(super) struct Entry {
    desired: watch::Sender<Desired>,
    settled: watch::Sender<u64>,
    gone: CancellationToken,
    shown: Mutex<Shown>,
    /// The task configurations that were stored when the connector was found.
    stored_tasks: Vec<Properties>,
    /// Where statuses are told, for others than this worker.
    reporter: Option<Reporter>,
}

impl Entry {
    /// Makes an entry whose runner has not started.
    pub(super) fn new(config: Arc<ConnectorConfig>, target: Target, reporter: Option<Reporter>) -> Self {
        let start = StartKey::default();
        let task_restarts = BTreeMap::new();
        let desired = Desired { revision: 1, config, stored_revision: 1, target, start, task_restarts };
        Self {
            desired: watch::Sender::new(desired),
            settled: watch::Sender::new(0),
            gone: CancellationToken::new(),
            shown: Mutex::default(),
            stored_tasks: Vec::new(),
            reporter,
        }
    }

    /// Notes what was stored.
    pub(super) fn set_stored(&mut self, revision: u64, tasks: &[Properties]) {
        self.desired.send_modify(|desired| desired.stored_revision = revision);
        self.stored_tasks = tasks.to_vec();
    }

    /// Returns the task configurations that were stored when the connector was found.
    pub(super) fn stored_tasks(&self) -> &[Properties] {
        &self.stored_tasks
    }

    /// Returns which of the configurations that were stored should run.
    pub(super) fn stored_revision(&self) -> u64 {
        self.desired.borrow().stored_revision
    }

    /// Returns the revision of the newest change.
    pub(super) fn revision(&self) -> u64 {
        self.desired.borrow().revision
    }

    /// Returns whether the connector is neither deleted nor released.
    pub(super) fn is_known(&self) -> bool {
        !matches!(self.target(), Target::Removed | Target::Released)
    }

    /// Lets the runner see what should be.
    pub(super) fn subscribe(&self) -> watch::Receiver<Desired> {
        self.desired.subscribe()
    }

    /// Returns the configuration that should run.
    pub(super) fn config(&self) -> Arc<ConnectorConfig> {
        self.desired.borrow().config.clone()
    }

    /// Returns what should be done.
    pub(super) fn target(&self) -> Target {
        self.desired.borrow().target
    }

    /// Changes what should be, and returns the revision to wait for. A removal is final.
    pub(super) fn change(&self, change: impl FnOnce(&mut Desired)) -> u64 {
        self.desired.send_modify(|desired| {
            if !matches!(desired.target, Target::Removed | Target::Released) {
                change(desired);
                desired.revision += 1;
            }
        });
        self.desired.borrow().revision
    }

    /// Tells that everything up to `revision` was done, as far as it can be.
    pub(super) fn settle(&self, revision: u64) {
        self.settled.send_replace(revision);
    }

    /// Waits until `revision` was done, at most so long: a plugin that hangs must not hold its caller.
    pub(super) async fn settled(&self, revision: u64, at_most: Duration) {
        let mut settled = self.settled.subscribe();
        let done = timeout(at_most, settled.wait_for(|done| *done >= revision));
        tokio::select! {
            _ = done => {}
            () = self.gone() => {}
        }
    }

    /// Tells that nothing of this connector runs any more.
    pub(super) fn set_gone(&self) {
        self.gone.cancel();
    }

    /// Waits until nothing of this connector runs any more.
    pub(super) async fn gone(&self) {
        self.gone.cancelled().await;
    }

    /// Returns what is shown.
    pub(super) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is shown, and reports it.
    pub(super) fn show_all<T>(&self, change: impl FnOnce(&mut Shown) -> T) -> T {
        let mut shown = self.shown();
        let changed = change(&mut shown);
        if let Some(reporter) = &self.reporter {
            reporter.report(&shown);
        }
        changed
    }

    /// Shows how the connector is.
    pub(super) fn show(&self, condition: impl Into<Condition>) {
        self.show_all(|shown| {
            shown.connector = condition.into();
            if shown.connector.state == State::Running {
                shown.revival.running();
            }
        });
    }

    /// Shows that the connector has failed. Returns when it is to be restarted.
    pub(super) fn show_failed(&self, failure: Failure, config: &RestartConfig) -> Option<Duration> {
        self.show_all(|shown| {
            shown.connector = failure.into();
            shown.revival.failed(config)
        })
    }

    /// Shows that a task has failed. Returns when it is to be restarted.
    pub(super) fn show_failed_task(&self, task: u32, failure: Failure, config: &RestartConfig) -> Option<Duration> {
        self.show_all(|shown| {
            let shown = shown.tasks.get_mut(&task)?;
            shown.condition = failure.into();
            shown.revival.failed(config)
        })
    }

    /// Shows how a task is, if it is still one.
    pub(super) fn show_task(&self, task: u32, condition: impl Into<Condition>) {
        self.show_all(|shown| {
            if let Some(shown) = shown.tasks.get_mut(&task) {
                shown.condition = condition.into();
                if shown.condition.state == State::Running {
                    shown.revival.running();
                }
            }
        });
    }

    /// Shows that nothing runs here any more.
    pub(super) fn show_released(&self) {
        self.show_all(|shown| {
            shown.connector = State::Unassigned.into();
            shown.tasks.values_mut().for_each(|task| task.condition = State::Unassigned.into());
        });
    }

    /// Shows nothing any more: the connector is deleted.
    pub(super) fn forget(&self) {
        *self.shown() = Shown::default();
        if let Some(reporter) = &self.reporter {
            reporter.forget();
        }
    }

    /// Shows that the connector is about to start, unless a restart says so already.
    pub(super) fn show_starting(&self) {
        self.show_all(|shown| {
            if shown.connector.state != State::Restarting {
                shown.connector = State::Unassigned.into();
            }
        });
    }
}
