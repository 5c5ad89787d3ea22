//! A producer: sends records in order, and reports each one's acknowledgement. Does not retry what
//! librdkafka gave up; that is the task's decision.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientContext, Message};
use tokio::sync::{Mutex, oneshot};

use super::admin::TopicCreation;
use super::client_config::ClientSettings;
use super::context::{log_error, log_line};
use super::error::{KafkaSetupError, sort};
use super::mock::retention;
use crate::pipeline::edges::{EdgeError, Outgoing, Produce, Written};
use crate::record::{Offset, TopicPartition};

type Delivery = oneshot::Sender<Result<Written, KafkaError>>;

/// How long to wait for room in librdkafka's queue.
const QUEUE_FULL_NAP: Duration = Duration::from_millis(10);
/// How much is sent to the cluster in this process before looking for room again.
const PART: usize = 1 << 20;

struct Deliveries {
    client: String,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        log_line(&self.client, level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        log_error(&self.client, &error, reason);
    }
}

impl ProducerContext<NoCustomPartitioner> for Deliveries {
    type DeliveryOpaque = Box<Delivery>;

    fn delivery(&self, result: &DeliveryResult<'_>, delivery: Box<Delivery>) {
        let outcome = match result {
            Ok(record) => Ok(Written { partition: record.partition(), offset: Offset(record.offset()) }),
            Err((error, _)) => Err(error.clone()),
        };
        // Whoever waited may be gone.
        let _ = delivery.send(outcome);
    }
}

/// A producer of one task.
pub struct KafkaProducer {
    /// There until it is closed or dropped.
    client: Option<ThreadedProducer<Deliveries>>,
    creation: Option<TopicCreation>,
    known_topics: Mutex<HashSet<String>>,
}

impl KafkaProducer {
    /// Makes a producer. With `creation`, topics that are missing are created before their first record;
    /// without, that is the broker's `auto.create.topics.enable`.
    ///
    /// # Errors
    /// Says which key can't be used.
    pub fn start(settings: &ClientSettings, creation: Option<TopicCreation>) -> Result<Self, KafkaSetupError> {
        settings.log_notes();
        let context = Deliveries { client: settings.client_id().to_owned() };
        let client = settings.to_rdkafka().create_with_context(context)?;
        Ok(Self { client: Some(client), creation, known_topics: Mutex::default() })
    }

    /// Waits until everything sent is acknowledged or failed, at most this long. Dropping a producer without
    /// this gives up what is not acknowledged yet.
    pub async fn close(mut self, at_most: Duration) {
        let Some(client) = self.client.take() else { return };
        let flushed = tokio::task::spawn_blocking(move || client.flush(at_most));
        if let Ok(Err(error)) = flushed.await {
            tracing::warn!(%error, "records were not acknowledged before the producer closed");
        }
    }

    async fn ensure_topics(&self, records: &[Outgoing]) -> Result<(), EdgeError> {
        let Some(creation) = &self.creation else { return Ok(()) };
        let mut known = self.known_topics.lock().await;
        for record in records {
            if !known.contains(&record.topic) {
                creation.ensure(&record.topic).await?;
                known.insert(record.topic.clone());
            }
        }
        Ok(())
    }

    /// Hands a record to librdkafka, waiting for room in its queue.
    async fn send(&self, record: Outgoing) -> Result<oneshot::Receiver<Result<Written, KafkaError>>, KafkaError> {
        let (delivery, outcome) = oneshot::channel();
        let mut delivery = Box::new(delivery);
        let Some(client) = &self.client else { return Err(KafkaError::Canceled) };
        loop {
            match client.send(to_native(&record, delivery)) {
                Ok(()) => return Ok(outcome),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    delivery = back.delivery_opaque;
                    tokio::time::sleep(QUEUE_FULL_NAP).await;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }
}

impl Drop for KafkaProducer {
    fn drop(&mut self) {
        // Dropping the client waits for its threads, and a runtime's thread must not.
        if let Some(client) = self.client.take() {
            std::thread::spawn(move || drop(client));
        }
    }
}

#[async_trait]
impl Produce for KafkaProducer {
    async fn produce(&self, records: Vec<Outgoing>) -> Vec<Result<Written, EdgeError>> {
        if let Err(error) = self.ensure_topics(&records).await {
            return records.iter().map(|_| Err(error.clone())).collect();
        }
        let Some(cluster) = self.creation.as_ref().and_then(|creation| creation.admin.dev()) else {
            return self.send_all(records).await;
        };
        let mut answers = Vec::with_capacity(records.len());
        for part in parts(records) {
            let sizes: Vec<usize> = part.iter().map(retention::size).collect();
            let topic: Arc<str> = part.first().map_or("", |record| &record.topic).into();
            let written = match cluster.retention().room(&part).await {
                Ok(()) => self.send_all(part).await,
                Err(error) => part.iter().map(|_| Err(error.clone())).collect(),
            };
            for (written, size) in written.iter().zip(sizes) {
                if let Ok(written) = written {
                    let partition = TopicPartition::new(Arc::clone(&topic), written.partition);
                    cluster.retention().written(&partition, written.offset, size);
                }
            }
            answers.extend(written);
        }
        answers
    }
}

/// Cuts records into parts of one topic and about a megabyte.
fn parts(records: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let mut parts: Vec<Vec<Outgoing>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        bytes += retention::size(&record);
        match parts.last_mut() {
            Some(last) if bytes < PART && last.last().is_some_and(|last| last.topic == record.topic) => {
                last.push(record)
            }
            _ => {
                bytes = retention::size(&record);
                parts.push(vec![record]);
            }
        }
    }
    parts
}

impl KafkaProducer {
    async fn send_all(&self, records: Vec<Outgoing>) -> Vec<Result<Written, EdgeError>> {
        let mut sent = Vec::with_capacity(records.len());
        for record in records {
            let topic: Arc<str> = Arc::from(record.topic.as_str());
            sent.push((topic, self.send(record).await));
        }
        let mut written = Vec::with_capacity(sent.len());
        for (topic, outcome) in sent {
            let outcome = match outcome {
                Ok(delivery) => delivery.await.unwrap_or(Err(KafkaError::Canceled)),
                Err(error) => Err(error),
            };
            written.push(outcome.map_err(|error| sort(&format!("writing to topic {topic}"), &error)));
        }
        written
    }
}

/// Borrows a record for librdkafka, which copies it.
fn to_native<'a>(record: &'a Outgoing, delivery: Box<Delivery>) -> BaseRecord<'a, [u8], [u8], Box<Delivery>> {
    let mut native = BaseRecord::with_opaque_to(&record.topic, delivery);
    native.key = record.key.as_deref();
    native.payload = record.value.as_deref();
    native.partition = record.partition;
    // librdkafka takes 0 for "now"; a millisecond after 1970 is nearer to 1970.
    native.timestamp = record.timestamp.map(|timestamp| if timestamp == 0 { 1 } else { timestamp });
    if !record.headers.is_empty() {
        native.headers = Some(record.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: value.as_deref() })
        }));
    }
    native
}

#[cfg(test)]
mod tests;
