//! The herder: keeps running connectors and tasks equal to what is stored, and stores what REST asks for: in
//! memory, as in Kafka Connect's standalone mode, or in topics. It only writes down what should be; each connector
//! has a runner that makes it so, and no call here waits long for a plugin.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, RwLock};
use tokio::time::timeout;
use tracing::warn;

use super::connector_offsets::OffsetsError;
use super::state::{ConfigChange, ConfigState, StoredTarget};
use super::{ComponentError, Launch};
use crate::config::connector::ConnectorConfig;
use crate::config::infos::ConfigInfos;
use crate::config::properties::{ConfigBody, ConnectorRequest, InitialState};
use crate::config::restart::RestartConfig;
use crate::config::worker::WorkerConfig;
use crate::record::TaskId;
use entry::{Entry, Target};

mod components;
mod enrich;
mod entry;
mod offsets;
mod restart;
mod revival;
mod runner;
mod show;
mod status;
mod stored;
mod task_set;
#[cfg(test)]
mod tests;
mod validation;

pub use restart::RestartRequest;
pub use stored::Stores;
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
    /// Offsets can't be listed or changed.
    #[error(transparent)]
    Offsets(#[from] OffsetsError),
    /// Kafka did not take it, or did not answer. It may be in effect nevertheless, now or later.
    #[error("the change may not have been stored in config.storage.topic: {0}")]
    NotStored(crate::pipeline::edges::EdgeError),
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
    /// How what has failed is restarted, where a connector says nothing else.
    pub restart: RestartConfig,
}

impl HerderSettings {
    /// Takes what the herder needs from the worker's configuration.
    pub fn new(config: &WorkerConfig, worker_id: String) -> Self {
        let converters = DefaultConverters {
            key: config.key_converter.clone(),
            value: config.value_converter.clone(),
            header: config.header_converter.clone(),
        };
        let restart = config.airlock.restart;
        Self { worker_id, graceful_shutdown_timeout: config.graceful_shutdown_timeout, converters, restart }
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
    /// What is stored; connectors are made equal to it.
    state: Arc<Mutex<ConfigState>>,
    /// Where it is stored, if not only here.
    stores: Option<Stores>,
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
            state: Arc::default(),
            stores: None,
            turns: Arc::default(),
            components: Arc::default(),
            is_ready: Arc::default(),
            is_closed: Arc::default(),
        }
    }

    /// Lets what is stored be kept in topics. Changes take effect once [`Herder::follow`] runs.
    #[must_use]
    pub fn with_stores(self, stores: Stores) -> Self {
        Self { stores: Some(stores), ..self }
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
            InitialState::Running => StoredTarget::Started,
            InitialState::Paused => StoredTarget::Paused,
            InitialState::Stopped => StoredTarget::Stopped,
        };
        let name = request.name.as_str();
        let turn = self.turn(name).await;
        let config = self.accept(&request.config).await?;
        if self.entry(name).is_ok() {
            return Err(HerderError::AlreadyExists(request.name));
        }
        let initial = (target != StoredTarget::Started).then(|| ConfigChange::Target(name.to_owned(), target));
        self.store_config(config, initial).await?;
        drop(turn);
        self.settled(name).await
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
        let is_new = self.entry(name).is_err();
        self.store_config(config, None).await?;
        drop(turn);
        let info = self.settled(name).await?;
        Ok(if is_new { Put::Created(info) } else { Put::Updated(info) })
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
        self.store_config(config, None).await?;
        drop(turn);
        self.settled(name).await
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
        self.commit(vec![ConfigChange::Removed(name.to_owned())]).await?;
        entry.gone().await;
        Ok(())
    }

    /// Lets a connector's tasks wait. Returns once that is stored.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub async fn pause(&self, name: &str) -> Result<(), HerderError> {
        self.set_target(name, StoredTarget::Paused).await.map(drop)
    }

    /// Lets a connector that is paused or stopped run. Returns once that is stored.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub async fn resume(&self, name: &str) -> Result<(), HerderError> {
        self.set_target(name, StoredTarget::Started).await.map(drop)
    }

    /// Stops a connector's tasks and forgets them.
    ///
    /// # Errors
    /// Returns an error where there is no such connector.
    pub async fn stop(&self, name: &str) -> Result<(), HerderError> {
        let entry = self.set_target(name, StoredTarget::Stopped).await?;
        entry.settled(entry.revision(), SETTLE_WAIT.max(self.settings.graceful_shutdown_timeout)).await;
        Ok(())
    }

    async fn set_target(&self, name: &str, target: StoredTarget) -> Result<Arc<Entry>, HerderError> {
        let _turn = self.turn(name).await;
        let entry = self.entry(name)?;
        self.commit(vec![ConfigChange::Target(name.to_owned(), target)]).await?;
        Ok(entry)
    }

    /// Stops everything. All tasks together have the graceful timeout, then they are cancelled. No connector
    /// can be created afterwards.
    pub async fn shutdown(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        let entries: Vec<Arc<Entry>> = self.connectors().values().cloned().collect();
        for entry in &entries {
            entry.change(|desired| desired.target = Target::Released);
        }
        for entry in entries {
            entry.gone().await;
        }
        if let Some(stores) = &self.stores
            && timeout(SETTLE_WAIT, stores.status.flushed()).await.is_err()
        {
            warn!("the last statuses were not written to status.storage.topic");
        }
    }

    fn connectors(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Entry>>> {
        self.connectors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, name: &str) -> Result<Arc<Entry>, HerderError> {
        let found = self.connectors().get(name).filter(|entry| entry.is_known()).cloned();
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

    /// Stores a configuration that was accepted. The components that it uses can't be removed meanwhile.
    async fn store_config(&self, config: ConnectorConfig, target: Option<ConfigChange>) -> Result<(), HerderError> {
        let _held = self.hold_components(&config).await?;
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(HerderError::ShuttingDown);
        }
        let name = config.id.name.to_string();
        let change = ConfigChange::Connector(name, config.properties);
        self.commit(target.into_iter().chain([change]).collect()).await
    }

    /// Waits a while until a change is done, and returns how the connector is.
    async fn settled(&self, name: &str) -> Result<ConnectorInfo, HerderError> {
        let entry = self.entry(name)?;
        entry.settled(entry.revision(), SETTLE_WAIT).await;
        Ok(show::info(name, &entry))
    }
}
