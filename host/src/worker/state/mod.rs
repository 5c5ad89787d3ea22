//! What a worker remembers of its connectors: configurations, target states, task configurations. In memory
//! for a worker by itself; a distributed worker keeps them in a topic, and follows what is written there.

use std::collections::BTreeMap;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::config::Properties;
use crate::pipeline::edges::EdgeError;

mod config_record;
mod config_topic;
mod status_record;
mod status_topic;

pub use config_topic::ConfigTopic;
pub use status_record::{StatusKey, StoredStatus};
pub use status_topic::StatusTopic;

/// What a connector should be doing (Kafka's `TargetState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoredTarget {
    /// Its tasks run.
    #[default]
    Started,
    /// Its tasks wait.
    Paused,
    /// It has no tasks.
    Stopped,
}

/// What is stored of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredConnector {
    /// Its configuration, as written.
    pub properties: Properties,
    /// How often its configuration was written.
    pub revision: u64,
    /// What it should be doing.
    pub target: StoredTarget,
    /// The configurations of its tasks.
    pub tasks: Vec<Properties>,
}

/// A change of what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigChange {
    /// A connector has this configuration.
    Connector(String, Properties),
    /// A connector is deleted, with all that belongs to it.
    Removed(String),
    /// A connector should be doing this.
    Target(String, StoredTarget),
    /// A connector's tasks have these configurations.
    Tasks(String, Vec<Properties>),
}

impl ConfigChange {
    /// Returns the connector that it is about.
    pub fn connector(&self) -> &str {
        match self {
            ConfigChange::Connector(name, _)
            | ConfigChange::Removed(name)
            | ConfigChange::Target(name, _)
            | ConfigChange::Tasks(name, _) => name,
        }
    }
}

/// What is stored of all connectors: what all changes so far come to.
#[derive(Debug, Default)]
pub struct ConfigState {
    connectors: BTreeMap<String, StoredConnector>,
    /// Target states that came before their connector.
    early_targets: BTreeMap<String, StoredTarget>,
    /// Task configurations that came before their connector: compaction may leave them in front of it.
    early_tasks: BTreeMap<String, Vec<Properties>>,
}

impl ConfigState {
    /// Takes a change.
    pub fn apply(&mut self, change: ConfigChange) {
        match change {
            ConfigChange::Connector(name, properties) => {
                let connector = match self.connectors.remove(&name) {
                    Some(known) => known,
                    None => StoredConnector {
                        target: self.early_targets.remove(&name).unwrap_or_default(),
                        tasks: self.early_tasks.remove(&name).unwrap_or_default(),
                        ..StoredConnector::default()
                    },
                };
                let revision = connector.revision + 1;
                self.connectors.insert(name, StoredConnector { properties, revision, ..connector });
            }
            ConfigChange::Removed(name) => {
                self.connectors.remove(&name);
                self.early_targets.remove(&name);
                self.early_tasks.remove(&name);
            }
            ConfigChange::Target(name, target) => match self.connectors.get_mut(&name) {
                Some(connector) => connector.target = target,
                None => drop(self.early_targets.insert(name, target)),
            },
            ConfigChange::Tasks(name, tasks) => match self.connectors.get_mut(&name) {
                Some(connector) => connector.tasks = tasks,
                None => drop(self.early_tasks.insert(name, tasks)),
            },
        }
    }

    /// Returns what is stored of a connector.
    pub fn get(&self, name: &str) -> Option<&StoredConnector> {
        self.connectors.get(name)
    }

    /// Returns the names of all connectors.
    pub fn names(&self) -> Vec<String> {
        self.connectors.keys().cloned().collect()
    }
}

/// What who follows a store is told, in the order written.
#[derive(Debug)]
pub enum ConfigUpdate {
    /// Something was changed, by this worker or another.
    Changed(ConfigChange),
    /// Everything that came before is to be in effect when this is answered.
    Reached(oneshot::Sender<()>),
}

/// Where changes are written so that they outlive the worker.
#[async_trait]
pub trait ConfigStore: Send + Sync {
    /// Writes changes, all in order. Everybody who follows the store has been sent them when this returns.
    ///
    /// # Errors
    /// After an error some may have been written, and are followed as all others.
    async fn write(&self, changes: Vec<ConfigChange>) -> Result<(), EdgeError>;

    /// Returns once who follows the store has dealt with everything that was in it when this was called.
    ///
    /// # Errors
    /// Says why it can't be read.
    async fn catch_up(&self) -> Result<(), EdgeError>;
}

/// Where the changes of a store arrive.
pub type ConfigUpdates = mpsc::UnboundedReceiver<ConfigUpdate>;

#[cfg(test)]
mod tests;
