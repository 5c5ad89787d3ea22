//! Tells what is wrong with a connector's keys for its own clients before any task starts.

use rdkafka::error::KafkaError;

use super::{ClientSettings, connector_admin, dead_letter_producer, sink_consumer, source_producer};
use crate::config::connector::{ConnectorConfig, Direction};
use crate::config::worker::WorkerConfig;
use crate::config::{Problem, trim};
use crate::kafka::KafkaSetupError;
use crate::record::TaskId;

/// Returns what is wrong with the keys of a connector's own Kafka clients: at most one problem for each client.
pub fn problems(worker: &WorkerConfig, connector: &ConnectorConfig) -> Vec<Problem> {
    let task = TaskId { connector: connector.id.clone(), task: 0 };
    let producer = match connector.direction {
        Direction::Source => ("producer.override.", source_producer(worker, connector, &task)),
        Direction::Sink => ("producer.override.", dead_letter_producer(worker, connector, &task)),
    };
    let mut clients = vec![producer, ("admin.override.", connector_admin(worker, connector, &task))];
    if connector.direction == Direction::Sink {
        clients.push(("consumer.override.", sink_consumer(worker, connector, &task)));
    }
    let found = clients.into_iter().filter_map(|(prefix, settings)| match settings {
        Ok(settings) => refused(&settings, prefix, connector),
        Err(KafkaSetupError::Key(problem)) => Some(problem),
        Err(error) => Some(Problem::new("connector.class", error.to_string())),
    });
    found.collect()
}

/// Asks librdkafka.
fn refused(settings: &ClientSettings, prefix: &str, connector: &ConnectorConfig) -> Option<Problem> {
    match settings.to_rdkafka().create_native_config().err()? {
        KafkaError::ClientConfig(_, why, native, value) => {
            Some(Problem::invalid(&written(&native, &value, prefix, connector), &value, &why))
        }
        error => Some(Problem::new("connector.class", error.to_string())),
    }
}

/// Returns the key under which a value of librdkafka's was written: the same, or the one that has the value.
fn written(native: &str, value: &str, prefix: &str, connector: &ConnectorConfig) -> String {
    let same = format!("{prefix}{native}");
    if connector.properties.contains_key(&same) {
        return same;
    }
    let mut overrides = connector.properties.iter().filter(|(key, _)| key.starts_with(prefix));
    overrides.find(|(_, text)| trim(text) == value).map_or(same, |(key, _)| key.clone())
}
