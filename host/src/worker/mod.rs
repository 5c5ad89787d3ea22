//! The worker: keeps running tasks equal to the stored configurations. [`herder`] decides, [`Launch`] does:
//! it is the seam behind which wasm and Kafka are joined, and which tests replace.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub mod connector_offsets;
pub mod launch;
pub mod metrics;
pub mod offsets;
mod own_registry;
mod plugins;
pub mod state;
mod tasks;
pub mod topics;

use self::connector_offsets::{ConnectorOffset, OffsetsChange, OffsetsError};
use crate::config::connector::ConnectorConfig;
use crate::config::definition::ConfigDefinition;
use crate::config::{Problem, Properties};
pub use crate::pipeline::control::{TargetState, TaskEvent};
use crate::record::{ComponentRef, TaskId};

pub mod herder;
pub mod task_state;

#[cfg(test)]
pub(crate) mod fake;

/// What a plugin is, under the words of Connect's `GET /connector-plugins`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PluginKind {
    /// A sink connector.
    Sink,
    /// A source connector.
    Source,
    /// A transform.
    Transformation,
    /// A predicate.
    Predicate,
    /// A converter of keys and values; the host's own.
    Converter,
    /// A converter of headers; the host's own.
    HeaderConverter,
}

impl PluginKind {
    /// Whether it is a source or a sink.
    pub fn is_connector(self) -> bool {
        matches!(self, PluginKind::Sink | PluginKind::Source)
    }
}

/// A plugin that can be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginInfo {
    /// Its own class name, the first of the component's description.
    pub class: String,
    /// The other full names under which it answers.
    pub aliases: Vec<String>,
    /// What it is.
    pub kind: PluginKind,
    /// Its version, for people.
    pub version: String,
    /// What it does, in a line.
    pub documentation: String,
    /// The keys that it reads; Connect's own are not among them.
    pub definition: Arc<ConfigDefinition>,
    /// The powers it asks for, by their WIT names, such as `filesystem`.
    pub capabilities: Vec<String>,
    /// The component that holds it; none for the host's own converters.
    pub component: Option<ComponentRef>,
}

/// A component that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentInfo {
    /// Its name, version and digest.
    pub component: ComponentRef,
    /// Its size in bytes.
    pub size: u64,
    /// The plugins inside.
    pub plugins: Vec<PluginInfo>,
}

/// What storing a component did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// It is new.
    Created(ComponentInfo),
    /// The same bytes were stored under this name and version before.
    Unchanged(ComponentInfo),
}

/// Why a component can't be stored or removed. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComponentError {
    /// The bytes can't be used: not a component, a foreign world, a description that contradicts itself.
    #[error("{0}")]
    Refused(String),
    /// Another digest has this name and version, a class name has another owner, or the component may not
    /// be removed.
    #[error("{0}")]
    Conflict(String),
    /// Nothing is stored under this name and version.
    #[error("component {name} {version} not found")]
    NotFound {
        /// The name asked for.
        name: String,
        /// The version asked for.
        version: String,
    },
    /// The worker could not do it.
    #[error("{0}")]
    Internal(String),
}

/// Why a connector or task failed: the text that its status shows as `trace`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{trace}")]
pub struct Failure {
    /// For people: what happened, where, and what to do.
    pub trace: String,
}

impl Failure {
    /// Makes a failure with this trace.
    pub fn new(trace: impl Into<String>) -> Self {
        Self { trace: trace.into() }
    }
}

/// What a running connector tells its herder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectorEvent {
    /// Ask for task configurations again.
    RequestTaskReconfiguration,
    /// It can't go on. Its tasks are left alone.
    Failed(Failure),
}

/// A task to run.
#[derive(Debug)]
pub struct TaskSpec {
    /// Which task.
    pub id: TaskId,
    /// Its connector's configuration.
    pub connector: Arc<ConnectorConfig>,
    /// Its own configuration, as the connector's `task-configs` gave it.
    pub config: Properties,
    /// What it should be doing, now and whenever this changes. A task may start paused.
    pub target: watch::Receiver<TargetState>,
    /// Where it says what it does. A send that fails means that nobody listens any more: ignore it.
    pub events: mpsc::Sender<TaskEvent>,
    /// Cancelled when it is to stop: finish the batch, commit, close, and return.
    pub shutdown: CancellationToken,
}

/// A connector that has started. Dropping it ends it at once.
#[async_trait]
pub trait RunningConnector: Send {
    /// Returns one configuration per task, at most `max`.
    ///
    /// # Cancel safety
    /// Not cancel safe: the connector is dropped after a call that was cancelled.
    async fn task_configs(&mut self, max: u32) -> Result<Vec<Properties>, Failure>;

    /// Stops it. Called at most once, and nothing after it.
    async fn stop(&mut self);
}

/// What the herder needs from the rest of the worker: plugins, and running them. `worker::launch` joins wasm
/// and Kafka behind it; tests have a fake.
#[async_trait]
pub trait Launch: Send + Sync {
    /// Returns all plugins, the host's converters included, in any order.
    fn plugins(&self) -> Vec<PluginInfo>;

    /// Finds a plugin by one of its full names, by a simple name (what stands behind the last dot), or, for a
    /// connector, by a simple name without the suffix `Connector`. None where two plugins answer.
    fn find(&self, class: &str) -> Option<PluginInfo>;

    /// Checks what definitions can't express: asks the connector's and the chain's plugins, and the
    /// operator's policy for the grants they would need. Called only for a configuration whose single keys
    /// are right. Keys of a transform come back with their prefix.
    async fn validate(&self, config: &ConnectorConfig) -> Vec<Problem>;

    /// Starts a connector. May take as long as the plugin's limits allow: the herder never waits for it in
    /// its loop, and drops the future when the connector is deleted meanwhile.
    async fn start_connector(
        &self,
        config: Arc<ConnectorConfig>,
        events: mpsc::Sender<ConnectorEvent>,
    ) -> Result<Box<dyn RunningConnector>, Failure>;

    /// Runs a task until its `shutdown` is cancelled (ok) or it fails. The herder drops the future when the
    /// graceful timeout is over; what was not committed by then is repeated by the next run (Invariant 7).
    async fn run_task(&self, task: TaskSpec) -> Result<(), Failure>;

    /// Returns what is stored of a connector's progress.
    async fn offsets(&self, config: Arc<ConnectorConfig>) -> Result<Vec<ConnectorOffset>, OffsetsError>;

    /// Changes what is stored of the progress of a connector of which nothing runs, after its plugin agreed. Returns
    /// what to tell who asked.
    async fn change_offsets(&self, config: Arc<ConnectorConfig>, change: OffsetsChange)
    -> Result<String, OffsetsError>;

    /// Stores a component, or nothing of it.
    async fn put_component(&self, name: &str, version: &str, bytes: bytes::Bytes) -> Result<Stored, ComponentError>;

    /// Returns all stored components, the built-in one included.
    fn components(&self) -> Vec<ComponentInfo>;

    /// Returns one stored component.
    fn component(&self, name: &str, version: &str) -> Option<ComponentInfo>;

    /// Removes a component that no connector uses; that check is the herder's.
    async fn delete_component(&self, name: &str, version: &str) -> Result<(), ComponentError>;

    /// Returns the Kafka cluster's id, empty where it is not known.
    fn kafka_cluster_id(&self) -> String;
}
