//! Where a worker keeps what must outlive it: a file, or three topics. The keys are Kafka's
//! (`StandaloneConfig`, `DistributedConfig`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Mode;
use crate::config::definition::{ConfigKey, ConfigType, Values};
use crate::config::{Problem, Properties, under};

/// Where configurations, source offsets and statuses are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// Offsets in this file, `offset.storage.file.filename`; the rest in memory.
    File(PathBuf),
    /// All in topics, shared by the workers of a group.
    Topics(Box<TopicStorage>),
}

/// The topics of a distributed worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicStorage {
    /// Which cluster of workers this is, `group.id`.
    pub group_id: String,
    /// `config.storage.topic`; it has one partition.
    pub config: InternalTopic,
    /// `offset.storage.topic`.
    pub offset: InternalTopic,
    /// `status.storage.topic`.
    pub status: InternalTopic,
}

/// A topic of the worker's own, and how it is created where it is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalTopic {
    /// Its name.
    pub topic: String,
    /// How many partitions; none leaves it to the broker.
    pub partitions: Option<i32>,
    /// How many brokers keep it; none leaves it to the broker.
    pub replication_factor: Option<i32>,
    /// Further settings of the topic.
    pub settings: BTreeMap<String, String>,
}

/// The keys and their types; one without a default is required.
const KEYS: [(&str, ConfigType, Option<&str>); 9] = {
    use ConfigType::{Int, Short, Text};
    [
        ("group.id", Text, None),
        ("config.storage.topic", Text, None),
        ("config.storage.replication.factor", Short, Some("3")),
        ("offset.storage.topic", Text, None),
        ("offset.storage.partitions", Int, Some("25")),
        ("offset.storage.replication.factor", Short, Some("3")),
        ("status.storage.topic", Text, None),
        ("status.storage.partitions", Int, Some("5")),
        ("status.storage.replication.factor", Short, Some("3")),
    ]
};

/// What the keys of one topic begin with.
const PREFIXES: [&str; 3] = ["config.storage.", "offset.storage.", "status.storage."];

/// Whether a key is a distributed worker's; those that begin as a topic's keys do are settings of that topic.
pub(super) fn is_key(key: &str) -> bool {
    key == "group.id" || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// Returns the definitions of the keys that a mode reads.
pub(super) fn keys(mode: Mode) -> Vec<ConfigKey> {
    let file = || ConfigKey {
        name: "offset.storage.file.filename".to_owned(),
        value_type: ConfigType::Text,
        required: mode == Mode::Standalone,
        ..ConfigKey::default()
    };
    if mode != Mode::Distributed {
        return vec![file()];
    }
    let keys = KEYS.iter().map(|(name, value_type, default)| ConfigKey {
        name: (*name).to_owned(),
        value_type: *value_type,
        default_value: default.map(str::to_owned),
        required: default.is_none(),
        minimum: default.map(|_| -1),
        ..ConfigKey::default()
    });
    keys.collect()
}

/// Returns where a worker keeps things. `values` are checked already, and what is missing was told.
pub(super) fn parse(properties: &Properties, values: &Values, mode: Mode) -> Result<Storage, Vec<Problem>> {
    if mode != Mode::Distributed {
        return Ok(Storage::File(PathBuf::from(values.text("offset.storage.file.filename").unwrap_or_default())));
    }
    let mut problems = Vec::new();
    for (key, ..) in KEYS.iter().filter(|(.., default)| default.is_some()) {
        if values.get(key).is_some() && values.integer(key) == 0 {
            let why = "It must be at least 1, or -1 for the broker's default";
            problems.push(Problem::invalid(key, "0", why));
        }
    }
    let topic = |prefix: &str| internal_topic(prefix, properties, values);
    let storage = TopicStorage {
        group_id: values.text("group.id").unwrap_or_default().to_owned(),
        config: InternalTopic { partitions: Some(1), ..topic("config.storage.") },
        offset: topic("offset.storage."),
        status: topic("status.storage."),
    };
    let names = [&storage.config.topic, &storage.offset.topic, &storage.status.topic];
    for (index, (name, prefix)) in names.into_iter().zip(PREFIXES).enumerate() {
        if name.is_empty() || names.iter().take(index).any(|other| *other == name) {
            let why =
                "Each of config.storage.topic, offset.storage.topic and status.storage.topic names a topic of its own";
            problems.push(Problem::invalid(&format!("{prefix}topic"), name, why));
        }
    }
    if problems.is_empty() { Ok(Storage::Topics(Box::new(storage))) } else { Err(problems) }
}

fn internal_topic(prefix: &str, properties: &Properties, values: &Values) -> InternalTopic {
    let number = |key: &str| {
        let number = values.integer(&format!("{prefix}{key}"));
        i32::try_from(number).ok().filter(|number| *number > 0)
    };
    let own = ["topic", "partitions", "replication.factor", "file.filename", "cleanup.policy"];
    let settings = under(properties, prefix).into_iter().filter(|(key, _)| !own.contains(&key.as_str()));
    InternalTopic {
        topic: values.text(&format!("{prefix}topic")).unwrap_or_default().to_owned(),
        partitions: number("partitions"),
        replication_factor: number("replication.factor"),
        settings: settings.collect(),
    }
}
