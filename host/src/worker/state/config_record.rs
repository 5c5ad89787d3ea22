//! The records of `config.storage.topic`, in Kafka Connect's own form (`KafkaConfigBackingStore`): keys are text,
//! values JSON.
//!
//! A connector's task configurations are written one by one and hold once `commit-<connector>` follows them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{ConfigChange, StoredTarget};
use crate::config::Properties;

const CONNECTOR: &str = "connector-";
const TASK: &str = "task-";
const COMMIT: &str = "commit-";
const TARGET: &str = "target-state-";

/// A key and a value; none deletes the key.
pub(super) type Pair = (String, Option<String>);

/// Returns the records of a change.
pub(super) fn write(change: &ConfigChange) -> Vec<Pair> {
    match change {
        ConfigChange::Connector(name, properties) => {
            vec![(format!("{CONNECTOR}{name}"), Some(json!({ "properties": properties }).to_string()))]
        }
        // Tasks that are left behind would be those of the next connector of this name.
        ConfigChange::Removed(name) => {
            let gone = [CONNECTOR, TARGET].map(|prefix| (format!("{prefix}{name}"), None));
            [commit(name, 0)].into_iter().chain(gone).collect()
        }
        ConfigChange::Target(name, target) => {
            let (state, old) = match target {
                StoredTarget::Started => ("STARTED", "STARTED"),
                StoredTarget::Paused => ("PAUSED", "PAUSED"),
                // What a worker older than KIP-875 does about it.
                StoredTarget::Stopped => ("STOPPED", "PAUSED"),
            };
            let value = json!({ "state": old, "state.v2": state });
            vec![(format!("{TARGET}{name}"), Some(value.to_string()))]
        }
        ConfigChange::Tasks(name, tasks) => {
            let configs = tasks.iter().enumerate().map(|(task, properties)| {
                (format!("{TASK}{name}-{task}"), Some(json!({ "properties": properties }).to_string()))
            });
            configs.chain([commit(name, tasks.len())]).collect()
        }
    }
}

fn commit(name: &str, tasks: usize) -> Pair {
    (format!("{COMMIT}{name}"), Some(json!({ "tasks": tasks }).to_string()))
}

/// Reads records, one after the other.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Task configurations by connector and task.
    tasks: BTreeMap<String, BTreeMap<usize, Properties>>,
}

impl Reading {
    /// Reads a record. Returns what it changes, if anything: session keys, restarts and the like are others'.
    ///
    /// # Errors
    /// Says why a record of a known kind can't be read.
    pub(super) fn read(&mut self, key: &str, value: Option<&[u8]>) -> Result<Option<ConfigChange>, String> {
        // `connector-`, `task-`, `commit-` and `target-state-` begin differently, whatever the name behind them.
        if let Some(name) = key.strip_prefix(CONNECTOR) {
            let Some(value) = value else {
                self.tasks.remove(name);
                return Ok(Some(ConfigChange::Removed(name.to_owned())));
            };
            return Ok(Some(ConfigChange::Connector(name.to_owned(), properties(value)?)));
        }
        if let Some(name) = key.strip_prefix(TARGET) {
            let target = value.map_or(Ok(StoredTarget::Started), target)?;
            return Ok(Some(ConfigChange::Target(name.to_owned(), target)));
        }
        if let Some(name) = key.strip_prefix(COMMIT) {
            return value.map(|value| self.commit(name, value)).transpose();
        }
        if let Some((name, task)) = key.strip_prefix(TASK).and_then(|rest| rest.rsplit_once('-')) {
            let (Ok(task), Some(value)) = (task.parse(), value) else { return Ok(None) };
            self.tasks.entry(name.to_owned()).or_default().insert(task, properties(value)?);
        }
        Ok(None)
    }

    fn commit(&mut self, name: &str, value: &[u8]) -> Result<ConfigChange, String> {
        #[derive(Deserialize)]
        struct Commit {
            tasks: usize,
        }
        let Commit { tasks } = parse(value)?;
        let known = self.tasks.entry(name.to_owned()).or_default();
        // More may be there, of a time when there were more tasks.
        let configs: Vec<Properties> = (0..).map_while(|task| known.get(&task).cloned()).take(tasks).collect();
        // Written by a worker that ended in between: none holds until all are written anew.
        let configs = if configs.len() == tasks { configs } else { Vec::new() };
        Ok(ConfigChange::Tasks(name.to_owned(), configs))
    }
}

fn properties(value: &[u8]) -> Result<Properties, String> {
    #[derive(Deserialize)]
    struct Written {
        properties: BTreeMap<String, Option<String>>,
    }
    let written: Written = parse(value)?;
    Ok(written.properties.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
}

fn target(value: &[u8]) -> Result<StoredTarget, String> {
    let written: Value = parse(value)?;
    let state = written.get("state.v2").or_else(|| written.get("state")).and_then(Value::as_str);
    match state {
        Some("STARTED") => Ok(StoredTarget::Started),
        Some("PAUSED") => Ok(StoredTarget::Paused),
        Some("STOPPED") => Ok(StoredTarget::Stopped),
        other => Err(format!("the state is {other:?}, and none of STARTED, PAUSED and STOPPED")),
    }
}

fn parse<'a, T: Deserialize<'a>>(value: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(value).map_err(|error| error.to_string())
}
