//! The offsets of source connectors in a compacted topic, `offset.storage.topic`, in Kafka Connect's own form
//! (`KafkaOffsetBackingStore`): either can go on where the other stopped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::table::{Stored, Table};
use crate::kafka::admin::Admin;
use crate::kafka::producer::KafkaProducer;
use crate::kafka::topic_log::{LogSpec, TopicLog};
use crate::pipeline::edges::{EdgeError, OffsetStore, Outgoing, Produce, SourcePosition};

/// The offsets in a topic.
pub struct OffsetTopic {
    log: TopicLog,
    producer: KafkaProducer,
    table: Arc<Mutex<Table>>,
}

impl OffsetTopic {
    /// Reads the topic, which is created where it is missing.
    ///
    /// # Errors
    /// Says why the topic can't be used.
    pub async fn start(admin: &Admin, spec: LogSpec, producer: KafkaProducer) -> Result<Self, EdgeError> {
        let table = Arc::new(Mutex::new(Table::default()));
        let followed = Arc::clone(&table);
        let follow = Box::new(move |record: crate::kafka::topic_log::LogRecord| {
            if let Some(key) = record.key {
                lock(&followed).follow(&key, record.value);
            }
        });
        let log = TopicLog::start(admin, spec, follow).await?;
        Ok(Self { log, producer, table })
    }

    fn outgoing(&self, (key, value): Stored) -> Outgoing {
        let topic = self.log.topic().to_owned();
        Outgoing { topic, partition: None, timestamp: None, key: Some(key), value, headers: Vec::new() }
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl OffsetStore for OffsetTopic {
    async fn read(&self, connector: &str, partitions: &[String]) -> Result<Vec<Option<String>>, EdgeError> {
        // Another worker may have run this task until just now.
        self.log.read_to_end().await?;
        let table = lock(&self.table);
        Ok(partitions.iter().map(|partition| table.offset(connector, partition)).collect())
    }

    async fn store(&self, connector: &str, positions: &[SourcePosition]) -> Result<(), EdgeError> {
        let stored: Result<Vec<Stored>, EdgeError> = {
            let table = lock(&self.table);
            positions.iter().map(|position| table.stored(connector, position)).collect()
        };
        let records = stored?.into_iter().map(|stored| self.outgoing(stored)).collect();
        for written in self.producer.produce(records).await {
            written?;
        }
        Ok(())
    }

    async fn of_connector(&self, connector: &str) -> Result<Vec<SourcePosition>, EdgeError> {
        self.log.read_to_end().await?;
        Ok(lock(&self.table).of_connector(connector))
    }
}
