//! The running tasks of one connector: starts, stops and watches them. What they should be is the runner's.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::HerderSettings;
use super::entry::{Entry, ShownTask};
use super::revival::Revival;
use crate::config::Properties;
use crate::config::connector::ConnectorConfig;
use crate::config::restart::RestartConfig;
use crate::record::TaskId;
use crate::worker::task_state::{Condition, State};
use crate::worker::{Failure, Launch, TargetState, TaskEvent, TaskSpec};

/// How long a task may take to vanish after it was cancelled. Only one that blocks its thread needs longer;
/// it is left behind.
const CANCELLED_TASK_WAIT: Duration = Duration::from_secs(1);

/// The tasks that a connector's configuration leads to.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The configuration's generation.
    pub(super) generation: u64,
    /// The connector's configuration.
    pub(super) connector: Arc<ConnectorConfig>,
    /// One configuration per task.
    pub(super) configs: Vec<Properties>,
}

/// What tells one run of a task from the next.
#[derive(Debug, PartialEq, Eq)]
struct RunKey {
    task: u32,
    generation: u64,
    config: Properties,
    restarts: u64,
}

#[derive(Debug)]
struct RunningTask {
    key: RunKey,
    target: watch::Sender<TargetState>,
    shutdown: CancellationToken,
    handle: JoinHandle<()>,
}

/// The running tasks of one connector.
pub(super) struct TaskSet {
    launch: Arc<dyn Launch>,
    entry: Arc<Entry>,
    graceful: Duration,
    restart: RestartConfig,
    running: BTreeMap<u32, RunningTask>,
}

impl TaskSet {
    /// Makes an empty set.
    pub(super) fn new(launch: Arc<dyn Launch>, entry: Arc<Entry>, settings: &HerderSettings) -> Self {
        let (graceful, restart) = (settings.graceful_shutdown_timeout, settings.restart);
        Self { launch, entry, graceful, restart, running: BTreeMap::new() }
    }

    /// Makes the running tasks equal to the plan: stops those that have another configuration or were asked to
    /// restart, starts what is missing, and leaves the others alone.
    pub(super) async fn apply(&mut self, plan: &Plan, restarts: &BTreeMap<u32, u64>, target: TargetState) {
        let wanted: BTreeMap<u32, RunKey> = (0..)
            .zip(&plan.configs)
            .map(|(task, config)| {
                let restarts = restarts.get(&task).copied().unwrap_or(0);
                (task, RunKey { task, generation: plan.generation, config: config.clone(), restarts })
            })
            .collect();
        let stale = self.running.iter().filter(|(task, run)| wanted.get(task) != Some(&run.key));
        self.stop(stale.map(|(task, _)| *task).collect()).await;
        self.entry.show_all(|shown| shown.tasks.retain(|task, _| wanted.contains_key(task)));
        for (task, key) in wanted {
            match self.running.get(&task) {
                Some(run) => drop(run.target.send_replace(target)),
                None => self.start(&plan.connector, key, target),
            }
        }
    }

    /// Stops all tasks.
    pub(super) async fn stop_all(&mut self) {
        self.stop(self.running.keys().copied().collect()).await;
    }

    /// Stops these tasks: together they have the graceful timeout, then they are cancelled.
    async fn stop(&mut self, tasks: Vec<u32>) {
        let deadline = Instant::now() + self.graceful;
        let mut stopping: Vec<_> =
            tasks.into_iter().filter_map(|task| Some((task, self.running.remove(&task)?))).collect();
        stopping.iter().for_each(|(_, run)| run.shutdown.cancel());
        for (task, run) in &mut stopping {
            if timeout_at(deadline, &mut run.handle).await.is_ok() {
                continue;
            }
            let connector = &self.entry.config().id;
            warn!(%connector, task, timeout = ?self.graceful, "task did not stop in time and is cancelled");
            run.handle.abort();
            let _left_behind = timeout(CANCELLED_TASK_WAIT, &mut run.handle).await;
        }
    }

    fn start(&mut self, connector: &Arc<ConnectorConfig>, key: RunKey, target: TargetState) {
        let task = key.task;
        let (target, watched) = watch::channel(target);
        let (sender, events) = mpsc::channel(8);
        let shutdown = CancellationToken::new();
        let spec = TaskSpec {
            id: TaskId { connector: connector.id.clone(), task },
            connector: connector.clone(),
            config: key.config.clone(),
            target: watched,
            events: sender,
            shutdown: shutdown.clone(),
        };
        let before = self.entry.shown().tasks.get(&task).cloned().unwrap_or_default();
        let condition = match before.condition.state {
            State::Restarting => State::Restarting.into(),
            _ => Condition::default(),
        };
        // Another configuration may mend what failed.
        let revival = if before.generation == key.generation { before.revival } else { Revival::default() };
        let shown_task = ShownTask { config: key.config.clone(), condition, generation: key.generation, revival };
        self.entry.show_all(|shown| shown.tasks.insert(task, shown_task));
        let restart = self.restart.with(connector.restart);
        let handle = tokio::spawn(watch_task((self.launch.clone(), restart), self.entry.clone(), spec, events));
        self.running.insert(task, RunningTask { key, target, shutdown, handle });
    }
}

/// Runs a task to its end and shows how it is.
async fn watch_task(
    (launch, restart): (Arc<dyn Launch>, RestartConfig),
    entry: Arc<Entry>,
    spec: TaskSpec,
    mut events: mpsc::Receiver<TaskEvent>,
) {
    let (id, shutdown) = (spec.id.clone(), spec.shutdown.clone());
    let mut run = Box::pin(AssertUnwindSafe(launch.run_task(spec)).catch_unwind());
    let ended = loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => entry.show_task(id.task, match event {
                TaskEvent::Running => State::Running,
                TaskEvent::Paused => State::Paused,
            }),
            ended = &mut run => break ended,
        }
    };
    let failure = match ended {
        Ok(Ok(())) if shutdown.is_cancelled() => {
            info!(task = %id, "task stopped");
            return entry.show_task(id.task, State::Unassigned);
        }
        Ok(Ok(())) => Failure::new("the task ended although nobody stopped it. Restart it, and report this"),
        Ok(Err(failure)) => failure,
        Err(_) => Failure::new("the task panicked; the worker's log has the place. Restart it, and report this"),
    };
    warn!(task = %id, error = %failure, "task failed");
    let Some(wait) = entry.show_failed_task(id.task, failure, &restart) else { return };
    info!(task = %id, ?wait, "the task will be restarted");
    tokio::select! {
        biased;
        () = shutdown.cancelled() => {}
        () = sleep(wait) => {
            entry.show_task(id.task, State::Restarting);
            entry.change(|desired| *desired.task_restarts.entry(id.task).or_default() += 1);
        }
    }
}
