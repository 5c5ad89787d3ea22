//! The herder of a standalone worker: keeps running connectors and tasks equal to what REST asked for.
//! Connectors live in memory, as in Kafka Connect's standalone mode. The herder only writes down what should
//! be; each connector has a runner that makes it so, and no call here waits long for a plugin.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, RwLock};

use super::{ComponentError, Launch};
use crate::config::connector::ConnectorConfig;
use crate::config::infos::ConfigInfos;
use crate::config::properties::{ConfigBody, ConnectorRequest, InitialState};
use crate::config::worker::WorkerConfig;
use crate::record::TaskId;
use entry::{Entry, Target};
use runner::Runner;

mod components;
mod enrich;
mod entry;
mod restart;
mod runner;
mod show;
mod task_set;
#[cfg(test)]
mod tests;
mod validation;

pub use restart::RestartRequest;
pub use validation::DefaultConverters;

use super::task_state::ConnectorInfo;

/// How long an answer waits for what it asked for. After that it tells how far things are.
const SETTLE_WAIT: Duration = Duration::from_secs(3);

/// Why the herder refuses. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HerderError {
    /// There is no such connector.
    #[error("Connector {0} not found")]
    NotFound(String),
    /// There is no such task.
    #[error("Task {0} not found")]
    TaskNotFound(TaskId),
    /// There is one of this name.
    #[error("Connector {0} already exists")]
    AlreadyExists(String),
    /// The configuration or request can't be used.
    #[error("{0}")]
    Invalid(String),
    /// The worker ends.
    #[error("the worker is shutting down. Try again when it is back")]
    ShuttingDown,
    /// A component can't be stored or removed.
    #[error(transparent)]
    Component(#[from] ComponentError),
}

/// What the herder knows of its worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HerderSettings {
    /// The worker's id, `host:port`.
    pub worker_id: String,
    /// How long all tasks together may take to stop.
    pub graceful_shutdown_timeout: Duration,
    /// The worker's converters.
    pub converters: DefaultConverters,
}

impl HerderSettings {
    /// Takes what the herder needs from the worker's configuration.
    pub fn new(config: &WorkerConfig, worker_id: String) -> Self {
        let converters = DefaultConverters {
            key: config.key_converter.clone(),
            value: config.value_converter.clone(),
            header: config.header_converter.clone(),
        };
        Self { worker_id, graceful_shutdown_timeout: config.graceful_shutdown_timeout, converters }
    }
}

/// What a `PUT` of a configuration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// The connector is new.
    Created(ConnectorInfo),
    /// The connector has a new configuration.
    Updated(ConnectorInfo),
}

/// The herder. Clones are the same herder.
#[derive(Clone)]
pub struct Herder {
    launch: Arc<dyn Launch>,
    settings: Arc<HerderSettings>,
    connectors: Arc<Mutex<BTreeMap<String, Arc<Entry>>>>,
    /// Changes of one connector's configuration come one after the other.
    turns: Arc<Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>>,
    /// Held for writing while a component is removed, for reading while a connector begins to use one. Never
    /// held while a plugin is asked something.
    components: Arc<RwLock<()>>,
    is_ready: Arc<AtomicBool>,
    is_closed: Arc<AtomicBool>,
}

impl Herder {
    /// Makes a herder without connectors. Its calls need a tokio runtime.
    pub fn new(launch: Arc<dyn Launch>, settings: HerderSettings) -> Self {
        Self {
            launch,
            settings: Arc::new(settings),
            connectors: Arc::default(),
            turns: Arc::default(),
            components: Arc::default(),
            is_ready: Arc::default(),
            is_closed: Arc::default(),
        }
    }

    /// Returns what runs behind this herder.
    pub fn launch(&self) -> &dyn Launch {
        self.launch.as_ref()
    }

    /// Tells that the worker's own start is done, so that it is healthy from now on.
    pub fn set_ready(&self) {
        self.is_ready.store(true, Ordering::Relaxed);
    }

    /// Whether the worker's own start is done.
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    /// Validates a configuration, and returns what is known and wrong of each key.
    ///
    /// # Errors
    /// Returns an error where `connector.class` is missing or unknown.
    pub async fn validate(&self, body: &ConfigBody) -> Result<ConfigInfos, HerderError> {
        let validation = validation::validate(self.launch.as_ref(), &self.settings.converters, body).await?;
        Ok(validation.infos)
    }

    /// Creates a connector.
    ///
    /// # Errors
    /// Returns an error for an invalid configuration, and where there is a connector of this name.
    pub async fn create(&self, request: ConnectorRequest) -> Result<ConnectorInfo, HerderError> {
        let target = match request.initial_state {
            InitialState::Running => Target::Running,
            InitialState::Paused => Target::Paused,
            InitialState::Stopped => Target::Stopped,
        };
        let turn = self.turn(&request.name).await;
        let config = self.accept(&request.config).await?;
        if self.entry(&request.name).is_ok() {
            return Err(HerderError::AlreadyExists(request.name));
        }
        let entry = self.add(config, target).await?;
        drop(turn);
        self.settled(&request.name, &entry, 1).await
    }

    /// Gives a connector another configuration, or creates it.
    ///
    /// # Errors
    /// Returns an error for an invalid configuration, and where it names another connector.
    pub async fn put_config(&self, name: &str, mut body: ConfigBody) -> Result<Put, HerderError> {
        let inner = body.properties.entry("name".to_owned()).or_insert_with(|| name.to_owned());
        if inner.trim() != name {
            let message =
                format!("Connector name configuration ({inner}) doesn't match connector name in the URL ({name})");
            return Err(HerderError::Invalid(message));
        }
        let turn = self.turn(name).await;
        let config = self.accept(&body).await?;
        let Ok(entry) = self.entry(name) else {
            let entry = self.add(config, Target::Running).await?;
            drop(turn);
            return self.settled(name, &entry, 1).await.map(Put::Created);
        };
        let revision = self.replace_config(&entry, config).await?;
        drop(turn);
        self.settled(name, &entry, revision).await.map(Put::Updated)
    }

    /// Changes single keys of a connector's configuration; a null removes its key.
    ///
    /// # Errors
    /// Returns an error where there is no such connector, and for a configuration that would be invalid.
    pub async fn patch_config(&self, name: &str, patch: ConfigBody) -> Result<ConnectorInfo, HerderError> {
        let turn = self.turn(name).await;
        let entry = self.entry(name)?;
        let mut properties = entry.config().properties.clone();
        properties.extend(patch.properties);
        properties.retain(|key, _| !patch.nulls.contains(key));
        if properties.get("name").is_none_or(|inner| inner.trim() != name) {
            return Err(HerderError::Invalid("name: a connector can't be renamed. Leave it out".to_owned()));
        }
        let config = self.accept(&ConfigBody { properties, nulls: Vec::new() }).await?;
        let revision = self.replace_config(&entry, config).await?;
        drop(turn);
        self.settled(name, &entry, revision).await
    }

    /// Deletes a connector. Returns when its tasks have stopped.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    ///
    /// # Cancel safety
    /// The connector is deleted even if nobody waits.
    pub async fn delete(&self, name: &str) -> Result<(), HerderError> {
        let _turn = self.turn(name).await;
        let entry = self.entry(name)?;
        entry.change(|desired| desired.target = Target::Removed);
        entry.gone().await;
        Ok(())
    }

    /// Lets a connector's tasks wait. Returns at once.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub fn pause(&self, name: &str) -> Result<(), HerderError> {
        self.entry(name)?.change(|desired| desired.target = Target::Paused);
        Ok(())
    }

    /// Lets a connector that is paused or stopped run. Returns at once.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub fn resume(&self, name: &str) -> Result<(), HerderError> {
        self.entry(name)?.change(|desired| desired.target = Target::Running);
        Ok(())
    }

    /// Stops a connector's tasks and forgets them.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub async fn stop(&self, name: &str) -> Result<(), HerderError> {
        let entry = self.entry(name)?;
        let revision = entry.change(|desired| desired.target = Target::Stopped);
        entry.settled(revision, SETTLE_WAIT.max(self.settings.graceful_shutdown_timeout)).await;
        Ok(())
    }

    /// Stops everything. All tasks together have the graceful timeout, then they are cancelled. No connector
    /// can be created afterwards.
    pub async fn shutdown(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        let entries: Vec<Arc<Entry>> = self.connectors().values().cloned().collect();
        for entry in &entries {
            entry.change(|desired| desired.target = Target::Removed);
        }
        for entry in entries {
            entry.gone().await;
        }
    }

    fn connectors(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Entry>>> {
        self.connectors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, name: &str) -> Result<Arc<Entry>, HerderError> {
        let found = self.connectors().get(name).filter(|entry| entry.target() != Target::Removed).cloned();
        found.ok_or_else(|| HerderError::NotFound(name.to_owned()))
    }

    /// Waits until no other change of this connector's configuration is under way.
    async fn turn(&self, name: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(name.to_owned()).or_default().clone()
        };
        turn.lock_owned().await
    }

    async fn accept(&self, body: &ConfigBody) -> Result<ConnectorConfig, HerderError> {
        validation::validate(self.launch.as_ref(), &self.settings.converters, body).await?.accepted()
    }

    /// Adds a connector and starts its runner, once another of that name that is being deleted is gone.
    async fn add(&self, config: ConnectorConfig, target: Target) -> Result<Arc<Entry>, HerderError> {
        let name = config.id.name.to_string();
        let leaving = self.connectors().get(&name).cloned();
        if let Some(leaving) = leaving {
            leaving.gone().await;
        }
        let _held = self.hold_components(&config).await?;
        let entry = Arc::new(Entry::new(Arc::new(config), target));
        let mut connectors = self.connectors();
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(HerderError::ShuttingDown);
        }
        connectors.insert(name.clone(), entry.clone());
        drop(connectors);
        tokio::spawn(self.clone().run(name, entry.clone()));
        Ok(entry)
    }

    /// Runs a connector until it is removed, then forgets it.
    async fn run(self, name: String, entry: Arc<Entry>) {
        Runner::new(self.launch.clone(), entry.clone(), self.settings.graceful_shutdown_timeout).run().await;
        self.connectors().remove(&name);
        entry.set_gone();
    }

    async fn replace_config(&self, entry: &Entry, config: ConnectorConfig) -> Result<u64, HerderError> {
        let _held = self.hold_components(&config).await?;
        Ok(entry.change(|desired| {
            desired.config = Arc::new(config);
            desired.start.generation += 1;
        }))
    }

    /// Waits a while until a change is done, and returns how the connector is.
    async fn settled(&self, name: &str, entry: &Entry, revision: u64) -> Result<ConnectorInfo, HerderError> {
        entry.settled(revision, SETTLE_WAIT).await;
        Ok(show::info(name, entry))
    }
}
