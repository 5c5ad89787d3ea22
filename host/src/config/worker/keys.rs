//! The worker's keys: types, defaults, and what to say about keys that are unknown, deprecated or not
//! supported.

use super::{Mode, override_policy, storage};
use crate::config::definition::{ConfigDefinition, ConfigKey, ConfigType};
use crate::config::{Properties, restart};

/// Keys with a type, a default and the smallest number allowed; see [`super::WorkerConfig`] for what they do.
const KEYS: [(&str, ConfigType, Option<&str>, Option<i64>); 29] = {
    use ConfigType::{Class, Int, List, Long, Text};
    [
        ("bootstrap.servers", List, Some("localhost:9092"), None),
        ("key.converter", Class, None, None),
        ("value.converter", Class, None, None),
        ("header.converter", Class, Some("org.apache.kafka.connect.storage.SimpleHeaderConverter"), None),
        ("offset.flush.interval.ms", Long, Some("60000"), Some(1)),
        ("offset.flush.timeout.ms", Long, Some("5000"), Some(1)),
        ("task.shutdown.graceful.timeout.ms", Long, Some("5000"), Some(0)),
        ("plugin.path", List, Some(""), None),
        (override_policy::POLICY, Text, Some("All"), None),
        (override_policy::ALLOWLIST, List, Some(""), None),
        ("listeners", List, None, None),
        ("rest.host.name", Text, None, None),
        ("rest.port", Int, None, Some(0)),
        ("rest.advertised.host.name", Text, None, None),
        ("rest.advertised.port", Int, None, Some(0)),
        ("rest.advertised.listener", Text, None, None),
        ("airlock.data.dir", Text, Some("airlock-data"), None),
        ("airlock.cache.dir", Text, None, None),
        ("airlock.grant.directories", List, Some(""), None),
        ("airlock.grant.endpoints", List, Some(""), None),
        ("airlock.call.cpu.ms", Long, Some("10000"), Some(1)),
        ("airlock.call.timeout.ms", Long, Some("60000"), Some(1)),
        ("airlock.isolation.calls", Int, Some("200"), Some(1)),
        ("airlock.isolation.cpu.ms", Long, Some("300000"), Some(1)),
        ("airlock.memory.max.bytes", Long, Some("268435456"), Some(1_048_576)),
        ("airlock.component.max.bytes", Long, Some("67108864"), Some(1)),
        ("airlock.batch.max.bytes", Long, Some("4194304"), Some(1)),
        ("airlock.task.buffer.bytes", Long, Some("33554432"), Some(1)),
        ("airlock.tick.ms", Long, Some("1000"), Some(1)),
    ]
};

/// Keys of Connect that this worker reads and does nothing with.
const UNSUPPORTED: [&str; 15] = [
    "access.control.",
    "admin.listeners",
    "client.dns.lookup",
    "config.providers",
    "connect.protocol",
    "exactly.once.source.support",
    "listeners.https.",
    "metric.reporters",
    "metrics.",
    "plugin.discovery",
    "response.http.headers.config",
    "rest.extension.classes",
    "scheduled.rebalance.max.delay.ms",
    "topic.creation.enable",
    "topic.tracking.",
];

/// Prefixes of keys that are handed to Kafka's clients or converters as they are.
const PASSED_ON: [&str; 12] = [
    "producer.",
    "consumer.",
    "admin.",
    "security.",
    "sasl.",
    "ssl.",
    "key.converter.",
    "value.converter.",
    "header.converter.",
    "reconnect.backoff.",
    "retry.backoff.",
    "request.timeout.ms",
];

/// Returns the worker's keys.
pub fn definition(mode: Mode) -> ConfigDefinition {
    let required = |name: &str| mode != Mode::Dev && matches!(name, "key.converter" | "value.converter");
    let keys = KEYS.iter().map(|(name, value_type, default, minimum)| ConfigKey {
        name: (*name).to_owned(),
        value_type: *value_type,
        default_value: default.map(str::to_owned),
        required: required(name),
        minimum: *minimum,
        ..ConfigKey::default()
    });
    ConfigDefinition::new(keys.chain(storage::keys(mode)).chain(restart::worker_keys()).collect())
}

/// Puts in what a mode sets for keys that are absent.
pub(super) fn with_mode_defaults(properties: &Properties, mode: Mode) -> Properties {
    let mut merged = properties.clone();
    if mode != Mode::Dev {
        return merged;
    }
    let directory = merged.get("airlock.data.dir").map_or("airlock-data", String::as_str);
    let offsets = format!("{directory}/connect.offsets");
    let mut set = |key: &str, value: &str| {
        merged.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    };
    if !properties.contains_key("value.converter") {
        set("value.converter.schemas.enable", "false");
    }
    set("key.converter", "org.apache.kafka.connect.storage.StringConverter");
    set("value.converter", "org.apache.kafka.connect.json.JsonConverter");
    set("offset.storage.file.filename", &offsets);
    merged
}

/// Returns a sentence for each key that is unknown, deprecated or not supported.
pub(super) fn warnings(properties: &Properties, mode: Mode) -> Vec<String> {
    properties.keys().filter_map(|key| warning(key, mode)).collect()
}

fn warning(key: &str, mode: Mode) -> Option<String> {
    match key {
        "rest.host.name" | "rest.port" => {
            return Some(format!("{key} is deprecated. Use listeners=http://host:port"));
        }
        "internal.key.converter" | "internal.value.converter" => {
            return Some(format!("{key} has had no effect since Kafka 3.0. Remove it"));
        }
        _ => {}
    }
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| key.starts_with(prefix));
    if starts(&UNSUPPORTED) {
        return Some(format!("{key} is not supported yet and has no effect"));
    }
    if mode == Mode::Distributed && key == "offset.storage.file.filename" {
        return Some(format!("{key} has no effect: this worker keeps offsets in offset.storage.topic. Remove it"));
    }
    if mode == Mode::Distributed && storage::is_key(key) || key == "offset.storage.file.filename" {
        return None;
    }
    if storage::is_key(key) {
        return Some(format!("{key} has no effect: it is a key of `airlock distributed`"));
    }
    let is_restart = restart::worker_keys().iter().any(|known| known.name == key);
    let known = KEYS.iter().any(|(name, ..)| *name == key) || starts(&PASSED_ON) || is_restart;
    (!known).then(|| format!("{key} is not a key of this worker and has no effect. Check its spelling"))
}
