//! Runs one connector: makes what is equal to what should be, again and again. Each connector has a runner, a
//! tokio task of its own, so a plugin that hangs holds up nobody else; and each wait for a plugin ends when
//! what should be has changed so that its answer is of no use.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{info, warn};

use super::Herder;
use super::entry::{Desired, Entry, StartKey, Target};
use super::task_set::{Plan, TaskSet};
use crate::config::Properties;
use crate::config::connector::ConnectorConfig;
use crate::worker::state::ConfigChange;
use crate::worker::task_state::State;
use crate::worker::{ConnectorEvent, Failure, Launch, RunningConnector, TargetState};

/// The first wait before task configurations are asked for again after a failure; it doubles each time.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// The longest such wait.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// The connector's own instance.
enum Instance {
    /// None: not started yet, paused or stopped.
    Absent,
    /// It runs.
    Running {
        start: StartKey,
        connector: Box<dyn RunningConnector>,
        /// None once the connector has closed its end.
        events: Option<mpsc::Receiver<ConnectorEvent>>,
    },
    /// It failed, and stays so until it is restarted.
    Failed { start: StartKey },
}

impl Instance {
    fn start(&self) -> Option<StartKey> {
        match self {
            Instance::Absent => None,
            Instance::Running { start, .. } | Instance::Failed { start } => Some(*start),
        }
    }
}

/// When to ask for task configurations.
#[derive(Debug, Default)]
struct Asking {
    is_due: bool,
    retry_at: Option<Instant>,
    next_wait: Option<Duration>,
}

/// Runs one connector.
pub(super) struct Runner {
    herder: Herder,
    launch: Arc<dyn Launch>,
    entry: Arc<Entry>,
    desired: watch::Receiver<Desired>,
    graceful: Duration,
    instance: Instance,
    asking: Asking,
    /// When the connector, which has failed, is started again.
    restart_at: Option<Instant>,
    plan: Option<Plan>,
    tasks: TaskSet,
}

impl Runner {
    /// Makes the runner of `entry`.
    pub(super) fn new(herder: Herder, entry: Arc<Entry>) -> Self {
        let (launch, graceful) = (herder.launch.clone(), herder.settings.graceful_shutdown_timeout);
        let stored = Some(entry.stored_tasks()).filter(|tasks| !tasks.is_empty());
        // Tasks that ran before this worker don't wait for their connector.
        let plan = stored.map(|tasks| Plan { generation: 0, connector: entry.config(), configs: tasks.to_vec() });
        Self {
            tasks: TaskSet::new(launch.clone(), entry.clone(), &herder.settings),
            desired: entry.subscribe(),
            instance: Instance::Absent,
            asking: Asking::default(),
            restart_at: None,
            plan,
            herder,
            launch,
            entry,
            graceful,
        }
    }

    /// Runs until the connector is removed and everything of it has stopped.
    pub(super) async fn run(mut self) {
        loop {
            let desired = self.desired.borrow_and_update().clone();
            match desired.target {
                Target::Running => self.keep_running(&desired).await,
                Target::Paused => self.pause(&desired).await,
                Target::Stopped => self.stop().await,
                Target::Removed | Target::Released => break self.end(desired.target).await,
            }
            self.entry.settle(desired.revision);
            self.wait().await;
        }
    }

    async fn end(&mut self, target: Target) {
        self.stop_running().await;
        match target {
            Target::Released => self.entry.show_released(),
            _ => self.entry.forget(),
        }
    }

    async fn keep_running(&mut self, desired: &Desired) {
        // Before the connector itself, whose start may hang: tasks of this very configuration don't need it.
        if let Some(plan) = self.plan.as_ref().filter(|plan| plan.generation == desired.start.generation) {
            self.tasks.apply(plan, &desired.task_restarts, TargetState::Running).await;
        }
        if self.instance.start() != Some(desired.start) {
            self.stop_instance().await;
            self.start_instance(desired).await;
        }
        if self.asking.is_due {
            self.refresh_plan(desired).await;
        }
    }

    async fn pause(&mut self, desired: &Desired) {
        if !matches!(self.instance, Instance::Failed { .. }) {
            self.stop_instance().await;
            self.entry.show(State::Paused);
        }
        if let Some(plan) = &self.plan {
            self.tasks.apply(plan, &desired.task_restarts, TargetState::Paused).await;
        }
    }

    async fn stop(&mut self) {
        self.stop_running().await;
        self.entry.show_all(|shown| {
            shown.connector = State::Stopped.into();
            shown.tasks.clear();
        });
        let name = &*self.entry.config().id.name;
        if !self.herder.stored_tasks(name).is_empty()
            && let Err(error) = self.herder.commit(vec![ConfigChange::Tasks(name.to_owned(), Vec::new())]).await
        {
            warn!(connector = name, %error, "a stopped connector's task configurations are still stored");
        }
    }

    /// Stops whatever runs.
    async fn stop_running(&mut self) {
        self.plan = None;
        self.restart_at = None;
        let instance = std::mem::replace(&mut self.instance, Instance::Absent);
        tokio::join!(stop_instance(instance, self.graceful), self.tasks.stop_all());
        self.asking = Asking::default();
    }

    async fn start_instance(&mut self, desired: &Desired) {
        self.entry.show_starting();
        self.restart_at = None;
        if let Some(failure) = unusable(&desired.config) {
            return self.fail(desired.start, failure);
        }
        let (sender, events) = mpsc::channel(8);
        let launch = self.launch.clone();
        let starting = launch.start_connector(desired.config.clone(), sender);
        match unless_superseded(&self.desired, desired.start, starting).await {
            None => info!(connector = %desired.config.id, "start given up: something else is wanted by now"),
            Some(Ok(connector)) => {
                self.instance = Instance::Running { start: desired.start, connector, events: Some(events) };
                self.asking = Asking { is_due: true, ..Asking::default() };
                self.entry.show(State::Running);
            }
            Some(Err(failure)) => self.fail(desired.start, failure),
        }
    }

    /// Asks the connector for task configurations, and runs those tasks.
    async fn refresh_plan(&mut self, desired: &Desired) {
        let Instance::Running { start, connector, .. } = &mut self.instance else { return };
        let (start, max) = (*start, desired.config.tasks_max);
        let answer = unless_superseded(&self.desired, start, connector.task_configs(max)).await;
        match answer {
            None => self.instance = Instance::Absent, // Its call was cancelled midway: it can't be used again.
            Some(Err(failure)) => self.ask_again_later(failure, desired),
            Some(Ok(configs)) => match check_count(&configs, desired) {
                Err(failure) => self.fail(start, failure),
                Ok(()) => self.take_plan(configs, desired).await,
            },
        }
    }

    /// Runs tasks of these configurations, once they are stored.
    async fn take_plan(&mut self, configs: Vec<Properties>, desired: &Desired) {
        let name = &*desired.config.id.name;
        if self.herder.stored_tasks(name) != configs {
            let change = ConfigChange::Tasks(name.to_owned(), configs.clone());
            let herder = self.herder.clone();
            match unless_superseded(&self.desired, desired.start, herder.commit(vec![change])).await {
                None => return,
                Some(Err(error)) => return self.ask_again_later(Failure::new(error.to_string()), desired),
                Some(Ok(())) => {}
            }
        }
        self.asking = Asking::default();
        self.entry.show(State::Running);
        let (generation, connector) = (desired.start.generation, desired.config.clone());
        let plan = self.plan.insert(Plan { generation, connector, configs });
        self.tasks.apply(plan, &desired.task_restarts, TargetState::Running).await;
    }

    fn ask_again_later(&mut self, failure: Failure, desired: &Desired) {
        let wait = self.asking.next_wait.unwrap_or(RETRY_FIRST);
        warn!(connector = %desired.config.id, error = %failure, ?wait, "no task configurations, will ask again");
        let retry_at = Some(Instant::now() + wait);
        self.asking = Asking { is_due: false, retry_at, next_wait: Some((wait * 2).min(RETRY_MAX)) };
        self.entry.show(failure);
    }

    fn fail(&mut self, start: StartKey, failure: Failure) {
        warn!(connector = %self.entry.config().id, error = %failure, "connector failed");
        self.instance = Instance::Failed { start };
        self.asking = Asking::default();
        let config = self.herder.settings.restart.with(self.entry.config().restart);
        let wait = self.entry.show_failed(failure, &config);
        self.restart_at = wait.map(|wait| Instant::now() + wait);
    }

    async fn stop_instance(&mut self) {
        let instance = std::mem::replace(&mut self.instance, Instance::Absent);
        self.asking = Asking::default();
        stop_instance(instance, self.graceful).await;
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) {
        let events = match &mut self.instance {
            Instance::Running { events, .. } => events.as_mut(),
            _ => None,
        };
        let (retry_at, restart_at) = (self.asking.retry_at, self.restart_at);
        let event = tokio::select! {
            biased;
            _ = self.desired.changed() => return,
            () = at(restart_at) => {
                self.restart_at = None;
                self.entry.show(State::Restarting);
                self.herder.reread_faulty(&self.entry);
                self.entry.change(|desired| desired.start.restarts += 1);
                return;
            }
            event = next_event(events) => event,
            () = at(retry_at) => Some(ConnectorEvent::RequestTaskReconfiguration),
        };
        match (event, &mut self.instance) {
            (Some(ConnectorEvent::RequestTaskReconfiguration), _) => {
                self.asking.is_due = true;
                self.asking.retry_at = None;
            }
            (Some(ConnectorEvent::Failed(failure)), Instance::Running { start, .. }) => {
                let start = *start;
                self.fail(start, failure);
            }
            (None, Instance::Running { events, .. }) => *events = None,
            _ => {}
        }
    }
}

/// Awaits `work`, or returns none once the connector should not run any more, or should be another one.
async fn unless_superseded<T>(
    desired: &watch::Receiver<Desired>,
    start: StartKey,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut desired = desired.clone();
    let superseded = desired.wait_for(|desired| desired.target != Target::Running || desired.start != start);
    tokio::select! {
        biased;
        done = work => Some(done),
        _ = superseded => None,
    }
}

async fn stop_instance(instance: Instance, graceful: Duration) {
    let Instance::Running { mut connector, .. } = instance else { return };
    if timeout(graceful, connector.stop()).await.is_err() {
        warn!(timeout = ?graceful, "connector did not stop in time and is dropped");
    }
}

fn check_count(configs: &[Properties], desired: &Desired) -> Result<(), Failure> {
    let (count, max, connector) = (configs.len(), desired.config.tasks_max, &desired.config.id);
    if u32::try_from(count).is_ok_and(|count| count <= max) {
        return Ok(());
    }
    if !desired.config.tasks_max_enforce {
        warn!(%connector, count, max, "connector asks for more tasks than tasks.max");
        return Ok(());
    }
    Err(Failure::new(format!(
        "connector {connector} asks for {count} tasks, more than tasks.max = {max}. \
         Report this to its author; or raise tasks.max, or set tasks.max.enforce = false"
    )))
}

/// Says why a configuration that was stored can't be used by this worker.
fn unusable(config: &ConnectorConfig) -> Option<Failure> {
    if config.faults.is_empty() {
        return None;
    }
    let faults: Vec<String> = config.faults.iter().map(|fault| format!("{}: {}", fault.key, fault.message)).collect();
    Some(Failure::new(format!("the stored configuration can't be used: {}", faults.join("; "))))
}

async fn next_event(events: Option<&mut mpsc::Receiver<ConnectorEvent>>) -> Option<ConnectorEvent> {
    match events {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
