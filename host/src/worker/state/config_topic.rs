//! Configurations in a compacted topic of one partition, `config.storage.topic`. Knows no connector; the herder
//! follows what is written.

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use super::config_record::{self, Reading};
use super::{ConfigChange, ConfigStore, ConfigUpdate, ConfigUpdates};
use crate::kafka::admin::Admin;
use crate::kafka::producer::KafkaProducer;
use crate::kafka::topic_log::{LogRecord, LogSpec, OnRecord, TopicLog};
use crate::pipeline::edges::{EdgeError, Outgoing, Produce};

/// The topic of configurations.
pub struct ConfigTopic {
    log: TopicLog,
    producer: KafkaProducer,
    updates: mpsc::UnboundedSender<ConfigUpdate>,
}

impl ConfigTopic {
    /// Reads the topic, which is created where it is missing, and follows it. All that was in it before is in
    /// the updates when this returns.
    ///
    /// # Errors
    /// Says why the topic can't be used.
    pub async fn start(
        admin: &Admin,
        spec: LogSpec,
        producer: KafkaProducer,
    ) -> Result<(Self, ConfigUpdates), EdgeError> {
        let (updates, received) = mpsc::unbounded_channel();
        let log = TopicLog::start(admin, spec, following(updates.clone())).await?;
        Ok((Self { log, producer, updates }, received))
    }
}

fn following(updates: mpsc::UnboundedSender<ConfigUpdate>) -> OnRecord {
    let mut reading = Reading::default();
    Box::new(move |LogRecord { key, value }| {
        let Some(key) = key.and_then(|key| String::from_utf8(key).ok()) else { return };
        match reading.read(&key, value.as_deref()) {
            // Where nobody follows, the worker ends.
            Ok(Some(change)) => drop(updates.send(ConfigUpdate::Changed(change))),
            Ok(None) => {}
            Err(error) => warn!(key, error, "a record of config.storage.topic can't be read, and is passed over"),
        }
    })
}

#[async_trait]
impl ConfigStore for ConfigTopic {
    async fn write(&self, changes: Vec<ConfigChange>) -> Result<(), EdgeError> {
        let pairs = changes.iter().flat_map(config_record::write);
        let records = pairs.map(|(key, value)| Outgoing {
            topic: self.log.topic().to_owned(),
            partition: Some(0),
            timestamp: None,
            key: Some(key.into_bytes()),
            value: value.map(String::into_bytes),
            headers: Vec::new(),
        });
        for written in self.producer.produce(records.collect()).await {
            written?;
        }
        Ok(())
    }

    async fn catch_up(&self) -> Result<(), EdgeError> {
        self.log.read_to_end().await?;
        let (reply, reached) = oneshot::channel();
        let gone = || EdgeError::Fatal("the worker is shutting down".to_owned());
        self.updates.send(ConfigUpdate::Reached(reply)).map_err(|_| gone())?;
        reached.await.map_err(|_| gone())
    }
}
