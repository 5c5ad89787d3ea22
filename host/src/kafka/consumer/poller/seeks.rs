//! Where the consumer goes on.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::oneshot;

use super::Client;
use crate::kafka::consumer::lists::{from_list, to_list};
use crate::pipeline::edges::EdgeError;
use crate::record::{CommitOffset, TopicPartition};

/// How long librdkafka may take for one seek.
const SEEK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a seek is tried for partitions that aren't being fetched yet.
const SEEK_PATIENCE: Duration = Duration::from_secs(60);
const RETRY: Duration = Duration::from_millis(10);

/// The seek under way, if any.
#[derive(Default)]
pub(super) struct Seeks {
    seeking: Option<Seeking>,
}

struct Seeking {
    targets: Vec<(TopicPartition, CommitOffset)>,
    reply: oneshot::Sender<Result<(), EdgeError>>,
    since: Instant,
}

impl Seeks {
    /// These partitions are gone.
    pub(super) fn forget(&mut self, partitions: &[TopicPartition]) {
        if let Some(seeking) = &mut self.seeking {
            seeking.targets.retain(|(partition, _)| !partitions.contains(partition));
        }
    }

    /// Goes to these positions, as soon as librdkafka fetches the partitions.
    pub(super) fn go_to(
        &mut self,
        targets: Vec<(TopicPartition, CommitOffset)>,
        reply: oneshot::Sender<Result<(), EdgeError>>,
    ) {
        self.seeking = Some(Seeking { targets, reply, since: Instant::now() });
    }

    /// Returns whether records of this partition are from before a seek.
    pub(super) fn is_sought(&self, topic: &str, number: i32) -> bool {
        let is = |partition: &TopicPartition| partition.partition == number && *partition.topic == *topic;
        self.seeking.as_ref().is_some_and(|seeking| seeking.targets.iter().any(|(partition, _)| is(partition)))
    }

    /// Seeks. Returns how long to wait before the next try where partitions are left.
    pub(super) fn seek(&mut self, client: &Client) -> Option<Duration> {
        let mut seeking = self.seeking.take()?;
        let assigned = client.assignment().map(|list| from_list(&list)).unwrap_or_default();
        seeking.targets.retain(|(partition, _)| assigned.contains(partition));
        if seeking.targets.is_empty() {
            let _ = seeking.reply.send(Ok(()));
            return None;
        }
        let outcome = client.seek_partitions(to_list(&seeking.targets), SEEK_TIMEOUT);
        match outcome.map(|list| left(&list)) {
            Ok(left) => seeking.targets = left,
            Err(error) => {
                let _ = seeking.reply.send(Err(EdgeError::Retriable(format!("seeking: {error}"))));
                return None;
            }
        }
        if seeking.targets.is_empty() {
            let _ = seeking.reply.send(Ok(()));
            return None;
        }
        if seeking.since.elapsed() > SEEK_PATIENCE {
            let _ = seeking.reply.send(Err(EdgeError::Retriable("seeking: partitions aren't fetched yet".to_owned())));
            return None;
        }
        self.seeking = Some(seeking);
        Some(RETRY)
    }
}

/// Returns what could not be sought: partitions that were assigned a moment ago aren't fetched yet.
fn left(list: &TopicPartitionList) -> Vec<(TopicPartition, CommitOffset)> {
    let elements = list.elements();
    let unready = elements.iter().filter(|element| {
        let code = element.error().err().and_then(|error| error.rdkafka_error_code());
        code.is_some_and(|code| code != RDKafkaErrorCode::NoError)
    });
    unready
        .filter_map(|element| match element.offset() {
            Offset::Offset(offset) => {
                Some((TopicPartition::new(element.topic(), element.partition()), CommitOffset(offset)))
            }
            _ => None,
        })
        .collect()
}
