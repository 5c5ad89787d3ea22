//! Opens the three topics of a distributed worker.

use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::herder::Stores;
use super::offsets::OffsetTopic;
use super::state::{ConfigTopic, ConfigUpdates, StatusTopic};
use crate::config::worker::{InternalTopic, TopicStorage, WorkerConfig};
use crate::kafka::KafkaSetupError;
use crate::kafka::admin::{Admin, TopicSettings};
use crate::kafka::client_config::{worker_admin, worker_reader, worker_writer};
use crate::kafka::producer::KafkaProducer;
use crate::kafka::topic_log::LogSpec;
use crate::pipeline::edges::EdgeError;

/// How long to wait before a Kafka that can't be reached is asked again.
const RETRY: Duration = Duration::from_secs(5);

/// The topics of a distributed worker, read to their ends.
pub struct Topics {
    /// Source offsets.
    pub offsets: Arc<OffsetTopic>,
    /// Configurations and statuses.
    pub stores: Stores,
    /// What is written to the configurations, from the first on.
    pub updates: ConfigUpdates,
}

impl Topics {
    /// Opens the topics, and creates those that are missing. Waits for a Kafka that can't be reached.
    ///
    /// # Errors
    /// Says why a topic can't be used.
    pub async fn open(worker: &WorkerConfig, storage: &TopicStorage) -> Result<Self, EdgeError> {
        loop {
            match Self::try_open(worker, storage).await {
                Err(EdgeError::Retriable(error)) => {
                    let servers = &worker.bootstrap_servers;
                    warn!(servers, error, "the worker's topics can't be read, trying again");
                }
                done => return done,
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn try_open(worker: &WorkerConfig, storage: &TopicStorage) -> Result<Self, EdgeError> {
        let admin = Admin::start(&worker_admin(worker).map_err(unusable)?).map_err(unusable)?;
        let spec = |topic: &InternalTopic, key, name| {
            let InternalTopic { topic, partitions, replication_factor, settings } = topic.clone();
            let settings = TopicSettings { partitions, replication_factor, config: settings };
            let is_one_sequence = key == "config.storage.topic";
            let client = worker_reader(worker, name).map_err(unusable)?;
            Ok(LogSpec { topic, key, is_one_sequence, settings, client })
        };
        let writer = |name| {
            let client = worker_writer(worker, name).map_err(unusable)?;
            KafkaProducer::start(&client, None).map_err(unusable)
        };
        let offset = spec(&storage.offset, "offset.storage.topic", "offsets")?;
        let offsets = OffsetTopic::start(&admin, offset, writer("offsets")?).await?;
        let status = spec(&storage.status, "status.storage.topic", "statuses")?;
        let status = Arc::new(StatusTopic::start(&admin, status, writer("statuses")?).await?);
        let config = spec(&storage.config, "config.storage.topic", "configs")?;
        let (config, updates) = ConfigTopic::start(&admin, config, writer("configs")?).await?;
        let writing = Arc::clone(&status);
        tokio::spawn(async move { writing.write().await });
        Ok(Self { offsets: Arc::new(offsets), stores: Stores { config: Arc::new(config), status }, updates })
    }
}

fn unusable(error: KafkaSetupError) -> EdgeError {
    EdgeError::Fatal(error.to_string())
}
