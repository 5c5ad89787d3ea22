//! Receives librdkafka's rebalances. While the consumer lives they are only noted: the thread carries them
//! out between two polls, because the task has to be asked first, and a callback that waits for a task that
//! waits for the poll around it would never end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, TopicPartitionList};
use tracing::error;

use crate::kafka::context::{log_error, log_line};

/// A rebalance that waits to be carried out.
pub(super) enum Rebalance {
    Assign(TopicPartitionList),
    Revoke(TopicPartitionList),
}

/// The consumer's context.
pub(super) struct Rebalances {
    client: String,
    closing: AtomicBool,
    /// An event other than a record was served: there may be more behind it.
    served: AtomicBool,
    noted: Mutex<Vec<Rebalance>>,
}

impl Rebalances {
    pub(super) fn new(client: &str) -> Self {
        Self {
            client: client.to_owned(),
            closing: AtomicBool::new(false),
            served: AtomicBool::new(false),
            noted: Mutex::default(),
        }
    }

    /// From now on partitions go without asking: the task has committed what it could.
    pub(super) fn close(&self) {
        self.closing.store(true, SeqCst);
    }

    /// Returns whether a poll served an event since the last time. rdkafka answers such a poll with none, as
    /// if nothing were left; whoever sleeps then is not woken for what is.
    pub(super) fn has_served(&self) -> bool {
        self.served.swap(false, SeqCst)
    }

    /// Takes the rebalances noted since the last time.
    pub(super) fn take(&self) -> Vec<Rebalance> {
        match self.noted.lock() {
            Ok(mut noted) => std::mem::take(&mut *noted),
            Err(poisoned) => std::mem::take(&mut *poisoned.into_inner()),
        }
    }
}

/// Makes the partitions this member's.
pub(super) fn assign(consumer: &BaseConsumer<Rebalances>, partitions: &TopicPartitionList) -> Result<(), KafkaError> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_assign(partitions),
        _ => consumer.assign(partitions),
    }
}

/// Gives the partitions away.
pub(super) fn unassign(consumer: &BaseConsumer<Rebalances>, partitions: &TopicPartitionList) -> Result<(), KafkaError> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
        _ => consumer.unassign(),
    }
}

impl ClientContext for Rebalances {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.served.store(true, SeqCst);
        log_line(&self.client, level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        log_error(&self.client, &error, reason);
    }
}

impl ConsumerContext for Rebalances {
    fn commit_callback(&self, _: KafkaResult<()>, _: &TopicPartitionList) {
        self.served.store(true, SeqCst);
    }

    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let assigns = code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(SeqCst) {
            let outcome = if assigns { Ok(()) } else { unassign(consumer, partitions) };
            if let Err(error) = outcome {
                error!(client = self.client, %error, "giving partitions away");
            }
            return;
        }
        self.served.store(true, SeqCst);
        let rebalance = match assigns {
            true => Rebalance::Assign(partitions.clone()),
            false => Rebalance::Revoke(partitions.clone()),
        };
        match self.noted.lock() {
            Ok(mut noted) => noted.push(rebalance),
            Err(poisoned) => poisoned.into_inner().push(rebalance),
        }
    }
}
