//! A compacted topic that a worker reads as a whole and then follows: what Kafka Connect keeps its
//! configurations, offsets and statuses in (Kafka's `KafkaBasedLog`). Joins no group, and commits nothing.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset as Position, TopicPartitionList};
use tokio::sync::oneshot;
use tracing::{debug, error, warn};

use super::admin::{Admin, TopicSettings};
use super::client_config::ClientSettings;
use super::context::LogContext;
use super::error::{KafkaSetupError, ends_consumer, is_of_connection, sort};
use crate::pipeline::edges::EdgeError;

mod ends;

use ends::Ends;

/// How long one question to Kafka may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How soon the thread sees that it is asked something.
const NAP: Duration = Duration::from_millis(20);
/// How long reading to the end may take.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

const COMPACT: &str = "compact";

/// A record of the topic, in the order of its partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; none deletes the key.
    pub value: Option<Vec<u8>>,
}

/// Called with each record, on the log's own thread: it must not block.
pub type OnRecord = Box<dyn FnMut(LogRecord) + Send>;

/// Which topic, and how it is made where there is none.
pub struct LogSpec {
    /// The topic.
    pub topic: String,
    /// The worker's key that names it, for errors.
    pub key: &'static str,
    /// Whether it has exactly one partition, so that all its records are in one order.
    pub is_one_sequence: bool,
    /// How to create it. Its `cleanup.policy` is `compact`, whatever is said here.
    pub settings: TopicSettings,
    /// The client that reads.
    pub client: ClientSettings,
}

/// A topic that is being followed, until this is dropped.
pub struct TopicLog {
    topic: String,
    asks: Sender<oneshot::Sender<Result<(), EdgeError>>>,
}

impl TopicLog {
    /// Creates the topic unless it is there, and begins to read it. It is read to its end when this returns.
    ///
    /// # Errors
    /// Says why the topic can't be made or read, or that records of it may be deleted otherwise than by
    /// compaction (Kafka's `TopicAdmin.verifyTopicCleanupPolicyOnlyCompact`).
    pub async fn start(admin: &Admin, spec: LogSpec, on_record: OnRecord) -> Result<Self, EdgeError> {
        ensure(admin, &spec).await?;
        let LogSpec { topic, client, .. } = spec;
        let consumer = consumer(&client).map_err(|error| EdgeError::Fatal(error.to_string()))?;
        let (asks, asked) = channel();
        let reader = Reader { topic: topic.clone(), consumer, on_record, ends: Ends::default(), waiting: Vec::new() };
        std::thread::Builder::new()
            .name(format!("log {topic}"))
            .spawn(move || reader.run(&asked))
            .map_err(|error| EdgeError::Fatal(format!("starting the thread that reads {topic}: {error}")))?;
        let log = Self { topic, asks };
        log.read_to_end().await?;
        Ok(log)
    }

    /// Returns the topic's name.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Returns once everything that was in the topic when this was called has been handed on.
    ///
    /// # Errors
    /// Returns an error where Kafka doesn't answer for a minute, or the topic can't be read any more.
    pub async fn read_to_end(&self) -> Result<(), EdgeError> {
        let (reply, done) = oneshot::channel();
        let gone = || EdgeError::Fatal(format!("topic {} is not read any more; the log says why", self.topic));
        self.asks.send(reply).map_err(|_| gone())?;
        match tokio::time::timeout(READ_TIMEOUT, done).await {
            Ok(answer) => answer.map_err(|_| gone())?,
            Err(_) => {
                let seconds = READ_TIMEOUT.as_secs();
                Err(EdgeError::Retriable(format!("topic {} was not read to its end in {seconds} s", self.topic)))
            }
        }
    }
}

/// Creates the topic unless it is there, and checks it.
async fn ensure(admin: &Admin, spec: &LogSpec) -> Result<(), EdgeError> {
    let LogSpec { topic, key, .. } = spec;
    let mut settings = spec.settings.clone();
    settings.config.insert("cleanup.policy".to_owned(), COMPACT.to_owned());
    let outcome = admin.ensure_topic(topic, &settings).await;
    outcome.map_err(|error| match error {
        EdgeError::Retriable(text) => EdgeError::Retriable(format!("{key}: {text}")),
        EdgeError::Fatal(text) => EdgeError::Fatal(format!("{key}: {text}")),
    })?;
    let partitions = admin.partitions(topic).await?;
    if spec.is_one_sequence && partitions != 1 {
        return Err(EdgeError::Fatal(format!(
            "{key}: topic {topic} has {partitions} partitions and must have exactly one, so that all of its records \
             are in one order. Name another topic"
        )));
    }
    match admin.topic_config(topic, "cleanup.policy").await? {
        Some(policy) if policy.trim() != COMPACT => Err(EdgeError::Fatal(format!(
            "{key}: topic {topic} has cleanup.policy={policy} and must have cleanup.policy={COMPACT}: Kafka would \
             delete what this worker still needs. Change the topic, or name another one"
        ))),
        Some(_) => Ok(()),
        None => {
            warn!(topic, "not allowed to see whether the topic is compacted. It must have cleanup.policy={COMPACT}");
            Ok(())
        }
    }
}

fn consumer(settings: &ClientSettings) -> Result<BaseConsumer<LogContext>, KafkaSetupError> {
    settings.log_notes();
    let context = LogContext { client: settings.client_id().to_owned() };
    Ok(settings.to_rdkafka().create_with_context(context)?)
}

/// The thread's state.
struct Reader {
    topic: String,
    consumer: BaseConsumer<LogContext>,
    on_record: OnRecord,
    ends: Ends,
    waiting: Vec<oneshot::Sender<Result<(), EdgeError>>>,
}

impl Reader {
    fn run(mut self, asked: &Receiver<oneshot::Sender<Result<(), EdgeError>>>) {
        let ended = self.assign().and_then(|()| self.follow(asked));
        if let Err(error) = ended {
            error!(topic = self.topic, %error, "the topic is not read any more");
            self.answer(&Err(error));
        }
    }

    /// Follows the topic until nobody can ask any more.
    fn follow(&mut self, asked: &Receiver<oneshot::Sender<Result<(), EdgeError>>>) -> Result<(), EdgeError> {
        loop {
            // Who asks while others wait is served after them: the end is further on by then.
            if self.waiting.is_empty() {
                match self.take_asks(asked) {
                    Err(TryRecvError::Disconnected) => return Ok(()),
                    Err(TryRecvError::Empty) => {}
                    Ok(()) => {
                        if let Err(error) = self.find_ends() {
                            warn!(topic = self.topic, %error, "the end of the topic is not known");
                            self.answer(&Err(error));
                        }
                    }
                }
            }
            if !self.waiting.is_empty() && self.ends.are_reached() {
                self.answer(&Ok(()));
            }
            // What is polled holds on to the consumer.
            let polled = self.consumer.poll(NAP).map(|polled| polled.map(|record| taken(&record)));
            match polled {
                None => {}
                Some(Ok((partition, offset, record))) if self.ends.read(partition, offset) => (self.on_record)(record),
                Some(Ok(_)) => {}
                Some(Err(KafkaError::PartitionEOF(partition))) => self.ends.at_end(partition),
                Some(Err(error)) if ends_consumer(&error) => return Err(sort("reading", &error)),
                Some(Err(error)) if is_of_connection(&error) => debug!(topic = self.topic, %error, "reading on"),
                Some(Err(error)) => warn!(topic = self.topic, %error, "reading on"),
            }
        }
    }

    fn take_asks(&mut self, asked: &Receiver<oneshot::Sender<Result<(), EdgeError>>>) -> Result<(), TryRecvError> {
        self.waiting.push(asked.try_recv()?);
        self.waiting.extend(asked.try_iter());
        Ok(())
    }

    fn answer(&mut self, answer: &Result<(), EdgeError>) {
        for waiting in self.waiting.drain(..) {
            // Whoever asked may have gone.
            let _ = waiting.send(answer.clone());
        }
    }

    fn assign(&mut self) -> Result<(), EdgeError> {
        let doing = format!("reading {}", self.topic);
        let metadata =
            self.consumer.fetch_metadata(Some(&self.topic), TIMEOUT).map_err(|error| sort(&doing, &error))?;
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            let added = list.add_partition_offset(&self.topic, partition.id(), Position::Beginning);
            added.map_err(|error| sort(&doing, &error))?;
            self.ends.add(partition.id());
        }
        self.consumer.assign(&list).map_err(|error| sort(&doing, &error))
    }

    /// Asks where each partition ends now, and makes librdkafka tell of the end where records alone don't show
    /// it: behind the last one there may be markers of transactions.
    fn find_ends(&mut self) -> Result<(), EdgeError> {
        let doing = format!("asking for the end of {}", self.topic);
        for partition in self.ends.partitions() {
            let watermarks = self.consumer.fetch_watermarks(&self.topic, partition, TIMEOUT);
            let (_, end) = watermarks.map_err(|error| sort(&doing, &error))?;
            if let Some(next) = self.ends.look_for(partition, end) {
                // An end that was met before the question says nothing: after a seek it is met anew.
                let sought = self.consumer.seek(&self.topic, partition, Position::Offset(next), TIMEOUT);
                sought.map_err(|error| sort(&doing, &error))?;
            }
        }
        Ok(())
    }
}

fn taken(record: &BorrowedMessage<'_>) -> (i32, i64, LogRecord) {
    let (key, value) = (record.key().map(<[u8]>::to_vec), record.payload().map(<[u8]>::to_vec));
    (record.partition(), record.offset(), LogRecord { key, value })
}
