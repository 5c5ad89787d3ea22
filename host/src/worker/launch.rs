//! Joins wasm and Kafka: makes connectors and tasks out of the catalogue's guests and Kafka's clients. The
//! herder decides what runs; this makes it run.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use prometheus_client::registry::Registry;
use tokio::sync::mpsc;

use super::connector_offsets::{ConnectorOffset, OffsetsChange, OffsetsError};
use super::metrics::{GuestMetrics, TaskMetricsList};
use super::own_registry;
use super::plugins::{component_error, component_info, converters, plugin_info};
use super::{
    ComponentError, ComponentInfo, ConnectorEvent, Failure, Launch, PluginInfo, RunningConnector, Stored, TaskSpec,
};
use crate::config::connector::{ConnectorConfig, Direction, StepConfig};
use crate::config::worker::WorkerConfig;
use crate::config::{Problem, Properties};
use crate::kafka::admin::Admin;
use crate::kafka::client_config;
use crate::kafka::mock::DevCluster;
use crate::pipeline::edges::{CallError, OffsetStore};
use crate::plugin::capability::{FilePolicy, GrantPolicy, NetworkPolicy};
use crate::plugin::catalog::Catalog;
use crate::plugin::connector::ConnectorGuest;
use crate::plugin::guests::{GuestError, Surroundings};
use crate::record::ConnectorId;

/// How long to wait before Kafka is asked for its id again.
const CLUSTER_ID_RETRY: Duration = Duration::from_secs(10);

/// Runs connectors and tasks on real plugins and a real Kafka.
pub struct WasmLaunch {
    pub(super) catalog: Arc<Catalog>,
    pub(super) worker: Arc<WorkerConfig>,
    pub(super) offsets: Arc<dyn OffsetStore>,
    /// The Kafka in this process, in development mode.
    pub(super) dev: Option<DevCluster>,
    /// What its tasks count.
    pub(super) task_metrics: Arc<TaskMetricsList>,
    pub(super) policy: GrantPolicy,
    /// The Kafka cluster's id, once it is known.
    cluster_id: OnceLock<String>,
}

/// What a launch is made of.
pub struct LaunchParts {
    /// The components.
    pub catalog: Arc<Catalog>,
    /// The worker's configuration.
    pub worker: Arc<WorkerConfig>,
    /// Where source offsets are kept.
    pub offsets: Arc<dyn OffsetStore>,
    /// The Kafka in this process, in development mode.
    pub dev: Option<DevCluster>,
}

impl WasmLaunch {
    /// Joins the parts.
    ///
    /// # Errors
    /// Names the entry of `airlock.grant.endpoints` that can't be read.
    pub fn new(parts: LaunchParts) -> Result<Self, Problem> {
        let airlock = &parts.worker.airlock;
        let endpoints = airlock.grant_endpoints.iter().map(String::as_str);
        let network = NetworkPolicy::parse(endpoints).map_err(|text| Problem::new("airlock.grant.endpoints", text))?;
        let policy = GrantPolicy { files: FilePolicy::new(airlock.grant_directories.clone()), network };
        let LaunchParts { catalog, worker, offsets, dev } = parts;
        Ok(Self { catalog, worker, offsets, dev, task_metrics: Arc::default(), policy, cluster_id: OnceLock::new() })
    }

    /// Asks Kafka for the cluster's id, which REST tells, until Kafka answers.
    pub async fn find_cluster_id(&self) {
        loop {
            match self.ask_cluster_id().await {
                Ok(id) => return drop(self.cluster_id.set(id)),
                Err(error) => {
                    let servers = &self.worker.bootstrap_servers;
                    tracing::warn!(servers, %error, "can't reach Kafka at bootstrap.servers, trying again");
                }
            }
            tokio::time::sleep(CLUSTER_ID_RETRY).await;
        }
    }

    async fn ask_cluster_id(&self) -> Result<String, Failure> {
        let client = client_config::worker_admin(&self.worker).map_err(failure)?;
        let admin = Admin::start(&client).map_err(failure)?;
        Ok(admin.cluster_id().await.map_err(failure)?.unwrap_or_default())
    }

    /// Registers all that this worker measures.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(GuestMetrics(self.catalog.accounts().clone())));
        registry.register_collector(Box::new(self.task_metrics.clone()));
    }

    pub(super) fn surroundings(&self, connector: &ConnectorId) -> Surroundings {
        Surroundings { scope: connector.render(), policy: self.policy.clone(), ..Surroundings::default() }
    }

    /// Starts each step's guest by itself, so that what it refuses can be told by its keys.
    async fn validate_chain(&self, config: &ConnectorConfig) -> Vec<Problem> {
        let mut problems = Vec::new();
        for step in &config.chain {
            match self.catalog.chain_guests(std::slice::from_ref(step), &self.surroundings(&config.id)) {
                Err(error) => problems.push(step_problem(step, &error)),
                Ok(mut guests) => {
                    for guest in &mut guests {
                        let started = guest.start().await;
                        problems.extend(started.err().into_iter().flat_map(|error| self.told(step, error)));
                    }
                }
            }
        }
        problems
    }

    fn told(&self, step: &StepConfig, error: CallError) -> Vec<Problem> {
        let CallError::InvalidConfig(problems) = error else {
            return vec![Problem::new(format!("transforms.{}.type", step.alias), error.to_string())];
        };
        let transform = self.catalog.find(&step.class);
        let of_transform = |key: &str| {
            transform.as_ref().is_none_or(|(_, plugin)| plugin.definition.keys().iter().any(|known| known.name == key))
        };
        let prefixed = problems.into_iter().map(|Problem { key, message }| match &step.predicate {
            Some(predicate) if !of_transform(&key) => {
                Problem::new(format!("predicates.{}.{key}", predicate.alias), message)
            }
            _ => Problem::new(format!("transforms.{}.{key}", step.alias), message),
        });
        prefixed.collect()
    }

    async fn validate_connector(&self, config: &ConnectorConfig) -> Vec<Problem> {
        let around = self.surroundings(&config.id);
        let mut guest = match self.catalog.connector_guest(&config.class, &config.properties, &around) {
            Ok(guest) => guest,
            Err(GuestError::Grant(problem)) => return vec![Problem::new(&problem.key, problem.problem.to_string())],
            Err(error) => return vec![Problem::new("connector.class", error.to_string())],
        };
        match guest.validate().await {
            Ok(problems) => problems.into_iter().map(|(key, message)| Problem::new(key, message)).collect(),
            Err(CallError::InvalidConfig(problems)) => problems,
            Err(error) => vec![Problem::new("connector.class", error.to_string())],
        }
    }
}

fn step_problem(step: &StepConfig, error: &GuestError) -> Problem {
    match error {
        GuestError::Grant(problem) => {
            Problem::new(format!("transforms.{}.{}", step.alias, problem.key), problem.problem.to_string())
        }
        GuestError::Unknown { .. } => Problem::new(format!("transforms.{}.type", step.alias), error.to_string()),
    }
}

#[async_trait]
impl Launch for WasmLaunch {
    fn plugins(&self) -> Vec<PluginInfo> {
        let components = self.catalog.entries();
        let of_components =
            components.iter().flat_map(|entry| entry.plugins.iter().map(|plugin| plugin_info(plugin, entry)));
        of_components.chain(converters()).collect()
    }

    fn find(&self, class: &str) -> Option<PluginInfo> {
        let (entry, plugin) = self.catalog.find(class)?;
        Some(plugin_info(&plugin, &entry))
    }

    async fn validate(&self, config: &ConnectorConfig) -> Vec<Problem> {
        let mut problems = self.worker.override_policy.check(&config.properties);
        if problems.is_empty() {
            problems = client_config::problems(&self.worker, config);
        }
        problems.append(&mut self.validate_connector(config).await);
        problems.append(&mut self.validate_chain(config).await);
        let converters = [("key.converter", &config.key_converter), ("value.converter", &config.value_converter)];
        for (key, own) in converters {
            let refused = own.as_ref().and_then(|own| own_registry::granted(&self.policy, key, own).err());
            problems.extend(refused.into_iter().flatten());
        }
        problems
    }

    async fn start_connector(
        &self,
        config: Arc<ConnectorConfig>,
        events: mpsc::Sender<ConnectorEvent>,
    ) -> Result<Box<dyn RunningConnector>, Failure> {
        let (reconfigure, mut asked) = mpsc::channel(1);
        tokio::spawn(async move {
            while asked.recv().await.is_some() {
                if events.send(ConnectorEvent::RequestTaskReconfiguration).await.is_err() {
                    return;
                }
            }
        });
        let around = Surroundings {
            offsets: source_offsets(&config, &self.offsets),
            reconfigure: Some(reconfigure),
            ..self.surroundings(&config.id)
        };
        let mut guest = self.catalog.connector_guest(&config.class, &config.properties, &around).map_err(failure)?;
        guest.start().await.map_err(failure)?;
        Ok(Box::new(StartedConnector(guest)))
    }

    async fn run_task(&self, task: TaskSpec) -> Result<(), Failure> {
        match task.connector.direction {
            Direction::Sink => self.run_sink(task).await,
            Direction::Source => self.run_source(task).await,
        }
    }

    async fn offsets(&self, config: Arc<ConnectorConfig>) -> Result<Vec<ConnectorOffset>, OffsetsError> {
        self.list_offsets(&config).await
    }

    async fn change_offsets(
        &self,
        config: Arc<ConnectorConfig>,
        change: OffsetsChange,
    ) -> Result<String, OffsetsError> {
        WasmLaunch::change_offsets(self, &config, change).await
    }

    async fn put_component(&self, name: &str, version: &str, bytes: Bytes) -> Result<Stored, ComponentError> {
        let (created, entry) = self.catalog.put(name, version, &bytes).await.map_err(component_error)?;
        let info = component_info(&entry);
        Ok(if created { Stored::Created(info) } else { Stored::Unchanged(info) })
    }

    fn components(&self) -> Vec<ComponentInfo> {
        self.catalog.entries().iter().map(|entry| component_info(entry)).collect()
    }

    fn component(&self, name: &str, version: &str) -> Option<ComponentInfo> {
        self.catalog.get(name, version).map(|entry| component_info(&entry))
    }

    async fn delete_component(&self, name: &str, version: &str) -> Result<(), ComponentError> {
        match self.catalog.remove(name, version).map_err(component_error)? {
            true => Ok(()),
            false => Err(ComponentError::NotFound { name: name.to_owned(), version: version.to_owned() }),
        }
    }

    fn kafka_cluster_id(&self) -> String {
        self.cluster_id.get().cloned().unwrap_or_default()
    }
}

/// The stored offsets that a source's guests may read.
pub(super) fn source_offsets(
    config: &ConnectorConfig,
    offsets: &Arc<dyn OffsetStore>,
) -> Option<(String, Arc<dyn OffsetStore>)> {
    (config.direction == Direction::Source).then(|| (config.id.render(), offsets.clone()))
}

pub(super) fn failure(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

struct StartedConnector(ConnectorGuest);

#[async_trait]
impl RunningConnector for StartedConnector {
    async fn task_configs(&mut self, max: u32) -> Result<Vec<Properties>, Failure> {
        let configs = self.0.task_configs(max).await.map_err(failure)?;
        Ok(configs.into_iter().map(|config| config.into_iter().collect()).collect())
    }

    async fn stop(&mut self) {
        self.0.stop().await;
    }
}
