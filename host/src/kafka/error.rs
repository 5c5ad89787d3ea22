//! Sorts librdkafka's errors by reaction.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::config::Problem;
use crate::pipeline::edges::EdgeError;

/// Why a Kafka client could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KafkaSetupError {
    /// A key of the configuration can't be honoured.
    #[error("{}: {}", .0.key, .0.message)]
    Key(Problem),
    /// librdkafka refused the configuration as a whole.
    #[error("librdkafka refuses the configuration of this client: {0}")]
    Client(String),
}

impl From<KafkaError> for KafkaSetupError {
    fn from(error: KafkaError) -> Self {
        match error {
            KafkaError::ClientConfig(_, reason, key, _) => KafkaSetupError::Client(format!("{key}: {reason}")),
            KafkaError::ClientCreation(reason) => KafkaSetupError::Client(reason),
            other => KafkaSetupError::Client(other.to_string()),
        }
    }
}

/// Sorts an error of an operation named by `doing`, such as "committing offsets".
pub(super) fn sort(doing: &str, error: &KafkaError) -> EdgeError {
    let text = format!("{doing}: {error}");
    match error.rdkafka_error_code() {
        Some(code) if is_retriable(code) => EdgeError::Retriable(text),
        None if matches!(error, KafkaError::Canceled | KafkaError::Seek(_)) => EdgeError::Retriable(text),
        _ => EdgeError::Fatal(text),
    }
}

/// Whether the same operation may succeed later: Kafka's `RetriableException`s and librdkafka's local ones.
pub(super) fn is_retriable(code: Code) -> bool {
    matches!(
        code,
        Code::QueueFull
            | Code::MessageTimedOut
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Retry
            | Code::WaitingForCoordinator
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::RebalanceInProgress
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::ReplicaNotAvailable
            | Code::NetworkException
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::KafkaStorageError
            | Code::ThrottlingQuotaExceeded
            | Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::ConcurrentTransactions
            | Code::UnstableOffsetCommit
    )
}

/// Whether an error is that brokers can't be reached. librdkafka tells of it many times a second, and every half
/// minute in a log line of its own, which says more.
pub(super) fn is_of_connection(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(Code::BrokerTransportFailure | Code::AllBrokersDown | Code::Resolve))
}

/// Whether an error that a consumer met means that it can't go on. librdkafka goes on by itself after all
/// others; what it can't reach comes back, or times out.
pub(super) fn ends_consumer(error: &KafkaError) -> bool {
    match error {
        KafkaError::MessageConsumptionFatal(_) => true,
        KafkaError::MessageConsumption(code) => matches!(
            code,
            Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication
                | Code::AutoOffsetReset
                | Code::BadMessage
                | Code::BadCompression
                | Code::InvalidGroupId
                | Code::InconsistentGroupProtocol
                | Code::FencedInstanceId
        ),
        _ => false,
    }
}
