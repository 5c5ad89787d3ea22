//! From what is stored to what runs: every change is written first, and takes effect when it is read. A worker by
//! itself remembers in memory; a distributed one writes to a topic and follows it, whoever wrote.

use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError};

use tracing::{error, info};

use super::entry::{Entry, Target};
use super::runner::Runner;
use super::status::Reporter;
use super::{Herder, HerderError};
use crate::config::connector::{ConnectorConfig, Direction};
use crate::config::{Problem, Properties};
use crate::worker::PluginKind;
use crate::worker::state::{
    ConfigChange, ConfigState, ConfigStore, ConfigUpdate, ConfigUpdates, StatusTopic, StoredConnector, StoredTarget,
};

/// Where a distributed worker's herder remembers things.
#[derive(Clone)]
pub struct Stores {
    /// Configurations.
    pub config: Arc<dyn ConfigStore>,
    /// Statuses.
    pub status: Arc<StatusTopic>,
}

impl Herder {
    /// Writes changes, and returns when they are in effect: what they want has been told to the runners.
    ///
    /// # Errors
    /// Says why they could not be written; some may have been, and take effect then.
    pub(super) async fn commit(&self, changes: Vec<ConfigChange>) -> Result<(), HerderError> {
        let Some(stores) = &self.stores else {
            for change in changes {
                let name = change.connector().to_owned();
                self.state().apply(change);
                self.reconcile(&name);
            }
            return Ok(());
        };
        stores.config.write(changes).await.map_err(HerderError::NotStored)?;
        self.catch_up().await
    }

    /// Returns once everything that is stored is in effect.
    ///
    /// # Errors
    /// Says why it can't be read.
    pub async fn catch_up(&self) -> Result<(), HerderError> {
        match &self.stores {
            Some(stores) => stores.config.catch_up().await.map_err(HerderError::NotStored),
            None => Ok(()),
        }
    }

    /// Follows what is written to the store until the worker ends. What is there already is one change: only what
    /// it comes to is started.
    pub async fn follow(self, mut updates: ConfigUpdates) {
        while let Some(first) = updates.recv().await {
            let mut changed = BTreeSet::new();
            let mut reached = Vec::new();
            let mut next = Some(first);
            while let Some(update) = next {
                match update {
                    ConfigUpdate::Changed(change) => {
                        changed.insert(change.connector().to_owned());
                        self.state().apply(change);
                    }
                    ConfigUpdate::Reached(reply) => reached.push(reply),
                }
                next = updates.try_recv().ok();
            }
            changed.iter().for_each(|name| self.reconcile(name));
            for reply in reached {
                // Whoever waited may be gone.
                let _ = reply.send(());
            }
        }
    }

    /// Returns what is stored.
    pub(super) fn state(&self) -> MutexGuard<'_, ConfigState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the stored configurations of a connector's tasks.
    pub(super) fn stored_tasks(&self, name: &str) -> Vec<Properties> {
        self.state().get(name).map(|stored| stored.tasks.clone()).unwrap_or_default()
    }

    /// Makes what a connector should be equal to what is stored of it.
    fn reconcile(&self, name: &str) {
        let stored = self.state().get(name).cloned();
        match (stored, self.entry(name).ok()) {
            (None, None) => {}
            (None, Some(entry)) => drop(entry.change(|desired| desired.target = Target::Removed)),
            (Some(stored), None) => self.add(name, &stored),
            (Some(stored), Some(entry)) => {
                let target = Target::from(stored.target);
                let is_new = entry.stored_revision() != stored.revision;
                let config = is_new.then(|| Arc::new(self.parse(name, &stored.properties)));
                if config.is_none() && entry.target() == target {
                    return;
                }
                entry.change(|desired| {
                    desired.target = target;
                    if let Some(config) = config {
                        desired.config = config;
                        desired.stored_revision = stored.revision;
                        desired.start.generation += 1;
                    }
                });
            }
        }
    }

    /// Reads a connector's configuration again where it can't be used: a plugin that it names may be there by now.
    pub(super) fn reread_faulty(&self, entry: &Entry) {
        let known = entry.config();
        if known.faults.is_empty() {
            return;
        }
        let config = Arc::new(self.parse(&known.id.name, &known.properties));
        entry.change(|desired| {
            desired.config = config;
            desired.start.generation += 1;
        });
    }

    /// What is stored was valid when it was written, but perhaps for another worker.
    fn parse(&self, name: &str, properties: &Properties) -> ConnectorConfig {
        let class = properties.get("connector.class").map_or("", |class| class.trim());
        let (direction, problems) = match self.launch.find(class).filter(|plugin| plugin.kind.is_connector()) {
            Some(plugin) if plugin.kind == PluginKind::Source => (Direction::Source, None),
            Some(_) => (Direction::Sink, None),
            None => {
                let message = format!(
                    "no plugin of this worker is named {class}. Upload its component with PUT \
                     /components/<name>/versions/<version>, then restart the connector"
                );
                (Direction::Sink, Some(Problem::new("connector.class", message)))
            }
        };
        let problems = match problems {
            Some(problem) => vec![problem],
            None => match ConnectorConfig::parse(properties, direction) {
                Ok(config) if &*config.id.name == name => return config,
                Ok(_) => vec![Problem::new("name", format!("it must be {name}, under which it is stored"))],
                Err(problems) => problems,
            },
        };
        error!(connector = name, ?problems, "a stored configuration can't be used");
        ConnectorConfig::unusable(name, properties, problems)
    }

    /// Adds a connector and starts its runner, once another of that name that is being deleted is gone.
    fn add(&self, name: &str, stored: &StoredConnector) {
        let config = Arc::new(self.parse(name, &stored.properties));
        let mut connectors = self.connectors();
        if self.is_closed.load(std::sync::atomic::Ordering::SeqCst) {
            return;
        }
        let reporter = self.stores.as_ref().map(|stores| {
            let version = self.launch.find(&config.class).map(|plugin| plugin.version);
            Reporter::new(stores.status.clone(), name, &self.settings.worker_id, version)
        });
        let mut entry = Entry::new(config, Target::from(stored.target), reporter);
        entry.set_stored(stored.revision, &stored.tasks);
        let entry = Arc::new(entry);
        let leaving = connectors.insert(name.to_owned(), entry.clone());
        drop(connectors);
        info!(connector = name, target = ?stored.target, "a connector is known");
        tokio::spawn(self.clone().run(name.to_owned(), entry, leaving));
    }

    /// Runs a connector until it is removed, then forgets it.
    async fn run(self, name: String, entry: Arc<Entry>, leaving: Option<Arc<Entry>>) {
        if let Some(leaving) = leaving {
            leaving.gone().await;
        }
        Runner::new(self.clone(), entry.clone()).run().await;
        let mut connectors = self.connectors();
        if connectors.get(&name).is_some_and(|known| Arc::ptr_eq(known, &entry)) {
            connectors.remove(&name);
        }
        drop(connectors);
        entry.set_gone();
    }
}

impl From<StoredTarget> for Target {
    fn from(stored: StoredTarget) -> Self {
        match stored {
            StoredTarget::Started => Target::Running,
            StoredTarget::Paused => Target::Paused,
            StoredTarget::Stopped => Target::Stopped,
        }
    }
}
