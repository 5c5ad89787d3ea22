//! The committed offsets of a consumer group, from outside of it: lists, alters and deletes them. Kafka lets
//! nobody change them while the group has members.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset as Position, TopicPartitionList};

use super::admin::Admin;
use super::client_config::ClientSettings;
use super::consumer::lists::{to_list, to_partitions};
use super::context::LogContext;
use super::error::{KafkaSetupError, sort};
use crate::pipeline::edges::EdgeError;
use crate::record::{CommitOffset, TopicPartition};

mod delete;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Why a group's offsets were not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupOffsetsError {
    /// The group has members.
    #[error("the consumer group has members")]
    NotEmpty,
    /// Kafka refused, or did not answer.
    #[error(transparent)]
    Edge(#[from] EdgeError),
}

/// The offsets of one group.
pub struct GroupOffsets {
    group: String,
    admin: Admin,
    consumer: Arc<BaseConsumer<LogContext>>,
}

impl GroupOffsets {
    /// Makes the clients: `settings` are those of a member, which names the group.
    ///
    /// # Errors
    /// Says which key can't be used.
    pub fn new(settings: &ClientSettings, admin: Admin) -> Result<Self, KafkaSetupError> {
        let client = format!("{}-offsets", settings.client_id());
        let group = settings.get("group.id").unwrap_or_default().to_owned();
        let mut config = settings.to_rdkafka();
        config.set("client.id", &client).remove("group.instance.id");
        let consumer = Arc::new(config.create_with_context(LogContext { client })?);
        Ok(Self { group, admin, consumer })
    }

    /// Returns what is committed, of all topics there are.
    ///
    /// # Errors
    /// Says why Kafka did not answer.
    pub async fn list(&self) -> Result<BTreeMap<TopicPartition, CommitOffset>, EdgeError> {
        let doing = format!("asking for the offsets of group {}", self.group);
        let committed = self.blocking(move |consumer| {
            let metadata = consumer.fetch_metadata(None, TIMEOUT)?;
            let mut all = TopicPartitionList::new();
            for topic in metadata.topics() {
                for partition in topic.partitions() {
                    all.add_partition(topic.name(), partition.id());
                }
            }
            consumer.committed_offsets(all, TIMEOUT)
        });
        let committed = committed.await?.map_err(|error| sort(&doing, &error))?;
        let found = committed.elements().into_iter().filter_map(|element| match element.offset() {
            Position::Offset(offset) => {
                Some((TopicPartition::new(element.topic(), element.partition()), CommitOffset(offset)))
            }
            _ => None,
        });
        Ok(found.collect())
    }

    /// Commits offsets.
    ///
    /// # Errors
    /// Says why nothing was changed.
    pub async fn alter(&self, offsets: Vec<(TopicPartition, CommitOffset)>) -> Result<(), GroupOffsetsError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let doing = format!("changing the offsets of group {}", self.group);
        let list = to_list(&offsets);
        let altered = self.blocking(move |consumer| consumer.commit(&list, CommitMode::Sync)).await?;
        altered.map_err(|error| refused(&doing, &error))
    }

    /// Deletes the offsets of some partitions: who reads them next begins where `auto.offset.reset` says.
    ///
    /// # Errors
    /// Says why; offsets of some partitions may have been deleted.
    pub async fn reset(&self, partitions: &[TopicPartition]) -> Result<(), GroupOffsetsError> {
        if partitions.is_empty() {
            return Ok(());
        }
        let doing = format!("resetting the offsets of group {}", self.group);
        let (group, list) = (self.group.clone(), to_partitions(partitions));
        let deleted = self.blocking(move |consumer| delete::group_offsets(consumer.client(), &group, &list)).await?;
        match deleted {
            // There is nothing to delete.
            Err(KafkaError::AdminOp(RDKafkaErrorCode::GroupIdNotFound)) => Ok(()),
            deleted => deleted.map_err(|error| refused(&doing, &error)),
        }
    }

    /// Deletes the group with all of its offsets.
    ///
    /// # Errors
    /// Says why it is as it was.
    pub async fn delete(&self) -> Result<(), GroupOffsetsError> {
        match self.admin.delete_group(&self.group).await {
            Err(KafkaError::AdminOp(RDKafkaErrorCode::GroupIdNotFound)) => Ok(()),
            deleted => deleted.map_err(|error| refused(&format!("deleting group {}", self.group), &error)),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&BaseConsumer<LogContext>) -> T + Send + 'static,
    ) -> Result<T, EdgeError> {
        let consumer = Arc::clone(&self.consumer);
        // The last clone may be dropped in there, and dropping a client waits for its threads.
        let asked = tokio::task::spawn_blocking(move || ask(&consumer));
        asked.await.map_err(|error| EdgeError::Fatal(format!("asking Kafka: {error}")))
    }
}

impl Drop for GroupOffsets {
    fn drop(&mut self) {
        let consumer = Arc::clone(&self.consumer);
        std::thread::spawn(move || drop(consumer));
    }
}

fn refused(doing: &str, error: &KafkaError) -> GroupOffsetsError {
    let code = match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    };
    match code {
        // To commit from outside of a group that has members is to be none of them.
        Some(RDKafkaErrorCode::NonEmptyGroup | RDKafkaErrorCode::UnknownMemberId) => GroupOffsetsError::NotEmpty,
        // Another member reads just this topic.
        Some(RDKafkaErrorCode::GroupSubscribedToTopic) => GroupOffsetsError::NotEmpty,
        _ => GroupOffsetsError::Edge(sort(doing, error)),
    }
}
