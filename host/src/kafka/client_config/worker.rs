//! The worker's own clients, from its keys without a prefix.

use super::keys::Kind;
use super::{ClientSettings, Layers};
use crate::config::worker::WorkerConfig;
use crate::kafka::KafkaSetupError;

/// Returns the settings of the worker's own admin client, from the worker's keys without a prefix.
///
/// # Errors
/// Names a key that can't be honoured.
pub fn worker_admin(worker: &WorkerConfig) -> Result<ClientSettings, KafkaSetupError> {
    let mut layers = Layers::new(Kind::Admin, worker);
    layers.ours("client.id", "airlock-admin");
    layers.inherit(&worker.properties);
    layers.translate()
}

/// Returns the settings of the client that reads one of the worker's own topics; `name` says which.
///
/// # Errors
/// Names a key that can't be honoured.
pub fn worker_reader(worker: &WorkerConfig, name: &str) -> Result<ClientSettings, KafkaSetupError> {
    let mut layers = Layers::new(Kind::Consumer, worker);
    layers.ours("client.id", &format!("{}-{name}", worker.group_id()));
    layers.ours("auto.offset.reset", "earliest");
    layers.ours("isolation.level", "read_committed");
    layers.ours("allow.auto.create.topics", "false");
    layers.inherit(&worker.properties);
    let mut settings = layers.translate()?;
    let native = [
        // No group is joined, and librdkafka wants one named.
        ("group.id", "airlock-reader"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("enable.partition.eof", "true"),
        ("fetch.wait.max.ms", "100"),
    ];
    settings.native.extend(native.map(|(key, value)| (key.to_owned(), value.to_owned())));
    Ok(settings)
}

/// Returns the settings of the client that writes one of the worker's own topics; `name` says which.
///
/// # Errors
/// Names a key that can't be honoured.
pub fn worker_writer(worker: &WorkerConfig, name: &str) -> Result<ClientSettings, KafkaSetupError> {
    let mut layers = Layers::new(Kind::Producer, worker);
    layers.ours("client.id", &format!("{}-{name}", worker.group_id()));
    layers.ours("acks", "all");
    layers.ours("enable.idempotence", "true");
    layers.ours("delivery.timeout.ms", "30000");
    layers.ours("request.timeout.ms", "15000");
    layers.ours("linger.ms", "0");
    layers.inherit(&worker.properties);
    let mut settings = layers.translate()?;
    // Java's partitioner: a key stays in its partition, whoever wrote it.
    settings.native.insert("partitioner".to_owned(), "murmur2_random".to_owned());
    Ok(settings)
}
