//! From the keys of Java's Kafka clients, as workers and connectors write them, to librdkafka's. `keys` is
//! the table. A key that can't be honoured is an error that names it; one that has no meaning here is logged.

use std::collections::BTreeMap;

use rdkafka::ClientConfig;

use super::error::KafkaSetupError;
use crate::config::connector::{ConnectorConfig, Topics};
use crate::config::worker::WorkerConfig;
use crate::config::{Problem, Properties};
use crate::record::TaskId;

mod jaas;
mod keys;
mod special;
mod stores;
mod validation;
mod worker;

use keys::{Kind, Rule};
pub use validation::problems;
pub use worker::{worker_admin, worker_reader, worker_writer};

/// The keys of one client, as librdkafka knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSettings {
    native: BTreeMap<String, String>,
    max_poll_records: usize,
    notes: Vec<String>,
}

impl ClientSettings {
    /// Returns the value of one of librdkafka's keys.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.native.get(key).map(String::as_str)
    }

    /// Fits a consumer to the cluster in this process: when a member leaves a group there, the others wait
    /// for as long as its session would have lasted.
    pub fn in_process(mut self) -> Self {
        for (key, value) in [("session.timeout.ms", "3000"), ("heartbeat.interval.ms", "500")] {
            self.native.insert(key.to_owned(), value.to_owned());
        }
        self
    }

    /// Returns `client.id`.
    pub fn client_id(&self) -> &str {
        self.get("client.id").unwrap_or("airlock")
    }

    /// Returns how many records a batch may have, `max.poll.records`. Default: 500.
    pub fn max_poll_records(&self) -> usize {
        self.max_poll_records
    }

    /// Returns what the user should know: keys that are accepted and have no effect.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Says once, when a client starts, what the user should know.
    pub(super) fn log_notes(&self) {
        for note in &self.notes {
            tracing::warn!(client = self.client_id(), "{note}");
        }
    }

    pub(super) fn to_rdkafka(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (key, value) in &self.native {
            config.set(key, value);
        }
        config
    }
}

impl std::fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values hold passwords.
        f.debug_struct("ClientSettings").field("client_id", &self.client_id()).finish_non_exhaustive()
    }
}

/// Returns the settings of a sink task's consumer: a member of the group `connect-<name>`, which commits
/// nothing by itself.
///
/// # Errors
/// Names a key that can't be honoured.
pub fn sink_consumer(
    worker: &WorkerConfig,
    connector: &ConnectorConfig,
    task: &TaskId,
) -> Result<ClientSettings, KafkaSetupError> {
    let mut layers = Layers::new(Kind::Consumer, worker);
    layers.ours("client.id", &format!("connector-consumer-{task}"));
    layers.ours("group.id", &connector.id.consumer_group());
    layers.ours("auto.offset.reset", "earliest");
    layers.ours("isolation.level", "read_uncommitted");
    layers.ours("allow.auto.create.topics", "true");
    layers.ours("partition.assignment.strategy", "range");
    layers.worker(&worker.clients.consumer);
    layers.add("consumer.override.", &connector.clients.consumer);
    let mut settings = layers.translate()?;
    for (key, value) in CONSUMER_NATIVE {
        settings.native.insert(key.to_owned(), value.to_owned());
    }
    if matches!(connector.topics, Some(Topics::List(_))) {
        let refresh = "topic.metadata.refresh.interval.ms";
        settings.native.entry(refresh.to_owned()).or_insert_with(|| MISSING_TOPIC_MS.to_owned());
    }
    Ok(settings)
}

/// How soon a topic is found that is created after the sink that reads it. librdkafka asks for topics that are
/// missing no sooner than for all others, every five minutes; Java's client asks for them again and again.
const MISSING_TOPIC_MS: &str = "2000";

/// What no key of Java's says. The task's own budget bounds what it holds; librdkafka's queue before it is
/// kept short, and asked to fill up again soon: its default, a second, would bound the throughput.
const CONSUMER_NATIVE: [(&str, &str); 7] = [
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "false"),
    ("group.protocol", "classic"),
    ("queued.max.messages.kbytes", "16384"),
    ("queued.min.messages", "100000"),
    ("fetch.queue.backoff.ms", "20"),
];

/// Returns the settings of a source task's producer.
///
/// # Errors
/// Names a key that can't be honoured.
pub fn source_producer(
    worker: &WorkerConfig,
    connector: &ConnectorConfig,
    task: &TaskId,
) -> Result<ClientSettings, KafkaSetupError> {
    producer(worker, connector, format!("connector-producer-{task}"))
}

/// Returns the settings of a sink task's producer of dead letters.
///
/// # Errors
/// Names a key that can't be honoured.
pub fn dead_letter_producer(
    worker: &WorkerConfig,
    connector: &ConnectorConfig,
    task: &TaskId,
) -> Result<ClientSettings, KafkaSetupError> {
    producer(worker, connector, format!("connector-dlq-producer-{task}"))
}

fn producer(
    worker: &WorkerConfig,
    connector: &ConnectorConfig,
    client_id: String,
) -> Result<ClientSettings, KafkaSetupError> {
    let mut layers = Layers::new(Kind::Producer, worker);
    layers.ours("client.id", &client_id);
    layers.ours("acks", "all");
    layers.ours("enable.idempotence", "false");
    layers.ours("max.in.flight.requests.per.connection", "1");
    layers.ours("delivery.timeout.ms", "2147483647");
    layers.ours("linger.ms", "0");
    layers.worker(&worker.clients.producer);
    layers.add("producer.override.", &connector.clients.producer);
    let mut settings = layers.translate()?;
    // Java's partitioner: keys must stay in their partitions when a cluster moves from Connect and back.
    settings.native.entry("partitioner".to_owned()).or_insert_with(|| "murmur2_random".to_owned());
    Ok(settings)
}

/// Returns the settings of the admin client of a connector's task.
///
/// # Errors
/// Names a key that can't be honoured.
pub fn connector_admin(
    worker: &WorkerConfig,
    connector: &ConnectorConfig,
    task: &TaskId,
) -> Result<ClientSettings, KafkaSetupError> {
    let mut layers = Layers::new(Kind::Admin, worker);
    layers.ours("client.id", &format!("connector-adminclient-{task}"));
    layers.worker(&worker.clients.admin);
    layers.add("admin.override.", &connector.clients.admin);
    layers.translate()
}

/// A value and the key under which the user wrote it.
#[derive(Debug, Clone)]
struct Written {
    value: String,
    key: String,
}

/// Java keys from all who may set them; the later win.
struct Layers {
    kind: Kind,
    keys: BTreeMap<String, Written>,
    security: Properties,
}

impl Layers {
    fn new(kind: Kind, worker: &WorkerConfig) -> Self {
        let mut layers = Self { kind, keys: BTreeMap::new(), security: worker.properties.clone() };
        layers.ours("bootstrap.servers", &worker.bootstrap_servers);
        layers
    }

    fn ours(&mut self, key: &str, value: &str) {
        self.keys.insert(key.to_owned(), Written { value: value.to_owned(), key: key.to_owned() });
    }

    /// Adds the worker's keys of this kind. Unless they name other brokers or another protocol, the worker's
    /// own security holds for them too (Connect would leave it out, and could not connect).
    fn worker(&mut self, prefixed: &Properties) {
        if !prefixed.contains_key("bootstrap.servers") && !prefixed.contains_key("security.protocol") {
            let security = std::mem::take(&mut self.security);
            self.inherit(&security);
        }
        let prefix = self.kind.prefix();
        self.add(prefix, prefixed);
    }

    fn inherit(&mut self, worker: &Properties) {
        let inherited = ["security.", "sasl.", "ssl.", "client.dns.lookup"];
        for (key, value) in worker {
            if inherited.iter().any(|prefix| key.starts_with(prefix)) {
                self.ours(key, value);
            }
        }
    }

    fn add(&mut self, prefix: &str, properties: &Properties) {
        // `producer.override.` lies under `producer.`, where a worker has no such keys.
        for (key, value) in properties.iter().filter(|(key, _)| !key.starts_with("override.")) {
            let written = Written { value: value.trim().to_owned(), key: format!("{prefix}{key}") };
            self.keys.insert(key.clone(), written);
        }
    }

    fn translate(&self) -> Result<ClientSettings, KafkaSetupError> {
        let mut translation = Translation::default();
        for (key, written) in &self.keys {
            translation.key(self.kind, key, written).map_err(|reason| refuse(key, written, &reason))?;
        }
        stores::translate(&self.keys, &mut translation).map_err(KafkaSetupError::Key)?;
        translation.settle_sizes();
        translation.settle_compression();
        let Translation { native, max_poll_records, notes, .. } = translation;
        Ok(ClientSettings { native, max_poll_records: max_poll_records.unwrap_or(500), notes })
    }
}

fn refuse(key: &str, written: &Written, reason: &str) -> KafkaSetupError {
    let secret = ["password", "jaas", "secret", "keystore.key"].iter().any(|word| key.contains(word));
    let value = if secret { "[hidden]" } else { &written.value };
    KafkaSetupError::Key(Problem::invalid(&written.key, value, reason))
}

/// librdkafka's keys, as they are found.
#[derive(Default)]
struct Translation {
    native: BTreeMap<String, String>,
    max_poll_records: Option<usize>,
    /// `compression.<type>.level`, by the type.
    compression_levels: BTreeMap<&'static str, String>,
    notes: Vec<String>,
}

impl Translation {
    fn set(&mut self, key: &str, value: &str) {
        self.native.insert(key.to_owned(), value.to_owned());
    }

    fn key(&mut self, kind: Kind, key: &str, written: &Written) -> Result<(), String> {
        match keys::rule(kind, key) {
            Some(Rule::Same) => self.set(key, &written.value),
            Some(Rule::Renamed(native)) => self.set(native, &written.value),
            Some(Rule::Special(translate)) => translate(self, written)?,
            Some(Rule::Store) => {}
            Some(Rule::NoEffect(why)) => self.notes.push(format!("{} has no effect: {why}", written.key)),
            Some(Rule::Refused(fix)) if !written.value.is_empty() => return Err((*fix).to_owned()),
            Some(Rule::Refused(_)) => {}
            None => self.notes.push(format!("{} is not a key of Kafka's {}", written.key, kind.client())),
        }
        Ok(())
    }

    /// Java has a level for each type of compression, librdkafka one.
    fn settle_compression(&mut self) {
        let level = self.native.get("compression.type").and_then(|chosen| self.compression_levels.get(chosen.as_str()));
        if let Some(level) = level.cloned() {
            self.set("compression.level", &level);
        }
    }

    /// librdkafka wants its limits in order where Java takes them as they come.
    fn settle_sizes(&mut self) {
        let number =
            |native: &BTreeMap<String, String>, key| native.get(key).and_then(|text: &String| text.parse().ok());
        let fetch: Option<u64> = number(&self.native, "fetch.max.bytes");
        if let Some(fetch) = fetch {
            self.set("message.max.bytes", &fetch.clamp(1000, 1_000_000).to_string());
            self.set("receive.message.max.bytes", &(fetch + 1_000_000).clamp(100_000_000, 2_147_483_647).to_string());
        }
    }
}

#[cfg(test)]
mod tests;
