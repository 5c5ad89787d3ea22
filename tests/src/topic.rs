//! Reads and writes Kafka's topics, whole.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

const WITHIN: Duration = Duration::from_secs(30);

/// A record of a topic.
#[derive(Debug, Clone)]
pub struct Consumed {
    /// Where it is.
    pub partition: i32,
    /// The key as text; none where it is null.
    pub key: Option<String>,
    /// The value as text; none for a tombstone.
    pub value: Option<String>,
    /// The value as it is.
    pub bytes: Option<Vec<u8>>,
    /// The headers as text, in order.
    pub headers: Vec<(String, String)>,
}

impl Consumed {
    /// Returns the first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads all that is in a topic now, partition by partition.
///
/// # Errors
/// When it can't be read.
pub fn read(servers: &str, topic: &str) -> Result<Vec<Consumed>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("group.id", "reader").set("enable.auto.commit", "false");
    config.set("enable.partition.eof", "true");
    let consumer: BaseConsumer = config.create()?;
    let count = partitions(servers, topic)?;
    let mut assignment = TopicPartitionList::new();
    for partition in 0..count {
        assignment.add_partition_offset(topic, i32::try_from(partition)?, Offset::Beginning)?;
    }
    consumer.assign(&assignment)?;
    let (mut records, mut ended) = (Vec::new(), 0);
    while ended < count {
        match consumer.poll(WITHIN).context("the topic can't be read")? {
            Ok(record) => records.push(consumed(&record)),
            Err(KafkaError::PartitionEOF(_)) => ended += 1,
            Err(error) => return Err(error.into()),
        }
    }
    records.sort_by_key(|record| record.partition);
    Ok(records)
}

/// Returns how many partitions a topic has; 0 where there is none.
///
/// # Errors
/// When Kafka doesn't answer.
pub fn partitions(servers: &str, topic: &str) -> Result<usize> {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", servers).create()?;
    let metadata = consumer.fetch_metadata(None, WITHIN)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    Ok(found.map_or(0, |found| found.partitions().len()))
}

/// Creates a topic.
///
/// # Errors
/// When it can't be created.
pub fn create(servers: &str, topic: &str, partitions: i32) -> Result<()> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new().set("bootstrap.servers", servers).create()?;
    let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    let options = AdminOptions::new().operation_timeout(Some(WITHIN));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let created = runtime.block_on(admin.create_topics([&new], &options))?;
    created.into_iter().try_for_each(|one| one.map(drop).map_err(|(name, code)| anyhow!("{name}: {code}")))
}

/// Writes keys and values into partition 0 of a topic, in order, and waits until they are there.
///
/// # Errors
/// When they can't be written.
pub fn write(servers: &str, topic: &str, records: &[(Option<&str>, Option<&str>)]) -> Result<()> {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", servers).create()?;
    for (key, value) in records {
        let mut record = BaseRecord::<str, str>::to(topic).partition(0);
        record.key = *key;
        record.payload = *value;
        producer.send(record).map_err(|(error, _)| error)?;
    }
    Ok(producer.flush(WITHIN)?)
}

/// Writes values that are any bytes into partition 0 of a topic, in order, and waits until they are there.
///
/// # Errors
/// When they can't be written.
pub fn write_bytes(servers: &str, topic: &str, values: &[Vec<u8>]) -> Result<()> {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", servers).create()?;
    for value in values {
        let record = BaseRecord::<[u8], [u8]>::to(topic).partition(0).payload(value);
        producer.send(record).map_err(|(error, _)| error)?;
    }
    Ok(producer.flush(WITHIN)?)
}

/// Writes values without keys, as [`fn@write`] does.
///
/// # Errors
/// When they can't be written.
pub fn write_values(servers: &str, topic: &str, values: &[&str]) -> Result<()> {
    let records: Vec<_> = values.iter().map(|value| (None, Some(*value))).collect();
    write(servers, topic, &records)
}

fn consumed(record: &impl Message) -> Consumed {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = record.headers().into_iter().flat_map(Headers::iter);
    Consumed {
        partition: record.partition(),
        key: record.key().map(text),
        value: record.payload().map(text),
        bytes: record.payload().map(<[u8]>::to_vec),
        headers: headers.map(|header| (header.key.to_owned(), text(header.value.unwrap_or_default()))).collect(),
    }
}
