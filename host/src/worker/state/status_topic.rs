//! Statuses in a compacted topic, `status.storage.topic`. Nobody waits for them to be written: what is newest of
//! each is written as soon as Kafka takes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tracing::warn;

use super::status_record::{StatusKey, StoredStatus};
use crate::kafka::admin::Admin;
use crate::kafka::producer::KafkaProducer;
use crate::kafka::topic_log::{LogRecord, LogSpec, OnRecord, TopicLog};
use crate::pipeline::edges::{EdgeError, Outgoing, Produce};

/// How long to wait before what could not be written is tried again.
const RETRY: Duration = Duration::from_millis(300);

type Statuses = BTreeMap<StatusKey, StoredStatus>;

/// The topic of statuses.
pub struct StatusTopic {
    log: TopicLog,
    producer: KafkaProducer,
    /// What the topic says.
    known: Arc<Mutex<Statuses>>,
    /// What is to be written; none deletes.
    pending: Mutex<BTreeMap<StatusKey, Option<StoredStatus>>>,
    changed: Notify,
    written: Notify,
}

impl StatusTopic {
    /// Reads the topic, which is created where it is missing, and follows it.
    ///
    /// # Errors
    /// Says why the topic can't be used.
    pub async fn start(admin: &Admin, spec: LogSpec, producer: KafkaProducer) -> Result<Self, EdgeError> {
        let known = Arc::default();
        let log = TopicLog::start(admin, spec, following(&known)).await?;
        let (pending, changed, written) = Default::default();
        Ok(Self { log, producer, known, pending, changed, written })
    }

    /// Lets a status be written; none deletes it.
    pub fn put(&self, key: StatusKey, status: Option<StoredStatus>) {
        lock(&self.pending).insert(key, status);
        self.changed.notify_one();
    }

    /// Returns the statuses that were written of a connector's tasks.
    pub fn tasks_of(&self, connector: &str) -> Vec<u32> {
        let known = lock(&self.known);
        let tasks = known.keys().filter_map(|key| match key {
            StatusKey::Task(name, task) if name == connector => Some(*task),
            _ => None,
        });
        tasks.collect()
    }

    /// Returns the highest generation that a status has.
    pub fn generation(&self) -> i32 {
        lock(&self.known).values().map(|status| status.generation).max().unwrap_or_default()
    }

    /// Writes what is put, until it is dropped.
    pub async fn write(&self) {
        loop {
            self.changed.notified().await;
            while let Err(error) = self.write_pending().await {
                warn!(topic = self.log.topic(), %error, "statuses are not written yet");
                tokio::time::sleep(RETRY).await;
            }
            self.written.notify_waiters();
        }
    }

    /// Waits until everything that was put is written.
    pub async fn flushed(&self) {
        loop {
            let written = self.written.notified();
            if lock(&self.pending).is_empty() {
                return;
            }
            written.await;
        }
    }

    async fn write_pending(&self) -> Result<(), EdgeError> {
        let pending = lock(&self.pending).clone();
        let records = pending.iter().map(|(key, status)| self.outgoing(key, status.as_ref())).collect();
        for written in self.producer.produce(records).await {
            written?;
        }
        // What was put meanwhile stays.
        lock(&self.pending).retain(|key, status| pending.get(key) != Some(status));
        Ok(())
    }

    fn outgoing(&self, key: &StatusKey, status: Option<&StoredStatus>) -> Outgoing {
        Outgoing {
            topic: self.log.topic().to_owned(),
            partition: None,
            timestamp: None,
            key: Some(key.render().into_bytes()),
            value: status.and_then(|status| serde_json::to_vec(status).ok()),
            headers: Vec::new(),
        }
    }
}

fn following(known: &Arc<Mutex<Statuses>>) -> OnRecord {
    let known = Arc::clone(known);
    Box::new(move |LogRecord { key, value }| {
        let Some(key) = key.as_deref().and_then(StatusKey::parse) else { return };
        match value.as_deref().map(serde_json::from_slice) {
            None => drop(lock(&known).remove(&key)),
            Some(Ok(status)) => drop(lock(&known).insert(key, status)),
            Some(Err(error)) => warn!(?key, %error, "a status can't be read, and is passed over"),
        }
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
