//! The vocabulary of records: offsets, partitions, and the identities that everything is named by.
//! Knows no other module.

use std::fmt;
use std::sync::Arc;

/// A record's position in its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

impl Offset {
    /// Returns the position to commit once this record is settled: the next one to read.
    pub fn next(self) -> CommitOffset {
        CommitOffset(self.0 + 1)
    }
}

/// The next position to read in a partition, as committed to a consumer group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitOffset(pub i64);

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number, from 0.
    pub partition: i32,
}

impl TopicPartition {
    /// Names partition `partition` of `topic`.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// One of the two payloads of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

/// Where in the path of a record an error arose, under the names of Kafka's
/// `org.apache.kafka.connect.runtime.errors.Stage`, as dead letters carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// A source's poll.
    TaskPoll,
    /// A sink's put.
    TaskPut,
    /// A transform or its predicate.
    Transformation,
    /// Converting a key.
    KeyConverter,
    /// Converting a value.
    ValueConverter,
    /// Converting headers.
    HeaderConverter,
    /// Producing to Kafka.
    KafkaProduce,
    /// Consuming from Kafka.
    KafkaConsume,
}

impl Stage {
    /// Returns Kafka's name, such as `VALUE_CONVERTER`.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::TaskPoll => "TASK_POLL",
            Stage::TaskPut => "TASK_PUT",
            Stage::Transformation => "TRANSFORMATION",
            Stage::KeyConverter => "KEY_CONVERTER",
            Stage::ValueConverter => "VALUE_CONVERTER",
            Stage::HeaderConverter => "HEADER_CONVERTER",
            Stage::KafkaProduce => "KAFKA_PRODUCE",
            Stage::KafkaConsume => "KAFKA_CONSUME",
        }
    }
}

/// The name of a tenant. The default tenant renders bare, as Kafka Connect would.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tenant(Option<Arc<str>>);

/// A connector, by tenant and name. [`ConnectorId::render`] is the only way to text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectorId {
    /// Whose connector it is.
    pub tenant: Tenant,
    /// Its name within the tenant.
    pub name: Arc<str>,
}

impl ConnectorId {
    /// Names a connector of the default tenant.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { tenant: Tenant::default(), name: name.into() }
    }

    /// Returns the text that groups, transactional ids, topic keys and metric labels are made of: the bare
    /// name for the default tenant, `tenant/name` for others.
    pub fn render(&self) -> String {
        match &self.tenant.0 {
            None => self.name.to_string(),
            Some(tenant) => format!("{tenant}/{}", self.name),
        }
    }

    /// Returns the consumer group of this connector's sink tasks, `connect-<name>` (Kafka's
    /// `SinkUtils.consumerGroupId`).
    pub fn consumer_group(&self) -> String {
        format!("connect-{}", self.render())
    }
}

impl fmt::Display for ConnectorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

/// A task of a connector, by number from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The connector.
    pub connector: ConnectorId,
    /// The task's number.
    pub task: u32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.connector, self.task)
    }
}

/// The SHA-256 of a component's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A component, as a user names it, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentRef {
    /// The name it was stored under.
    pub name: Arc<str>,
    /// The version it was stored under.
    pub version: Arc<str>,
    /// Its bytes' digest.
    pub digest: Digest,
}

/// A value of type PASSWORD. Neither `Debug` nor `Display` prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `value` from being printed.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns the secret itself, for the one who must use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}
