//! The Kafka cluster in this process that `airlock dev` and tests use: librdkafka's mock cluster, on a
//! thread of its own. It keeps nothing when the process ends, and only the newest few megabytes of each
//! partition while it runs.

use std::sync::mpsc;

use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::types::RDKafkaErrorCode;
use tokio::sync::oneshot;

pub(super) mod retention;

use retention::Retention;

use super::admin::TopicOutcome;
use super::error::KafkaSetupError;
use crate::pipeline::edges::EdgeError;

/// A handle to the cluster. It runs until the last handle is dropped.
#[derive(Debug, Clone)]
pub struct DevCluster {
    bootstrap_servers: String,
    requests: mpsc::Sender<Request>,
    retention: Retention,
}

#[derive(Debug)]
struct Request {
    topic: String,
    partitions: i32,
    reply: oneshot::Sender<Result<TopicOutcome, String>>,
}

impl DevCluster {
    /// Starts a cluster of one broker.
    ///
    /// # Errors
    /// Says why it could not start.
    pub fn start() -> Result<Self, KafkaSetupError> {
        let (requests, inbox) = mpsc::channel::<Request>();
        let (started, start) = mpsc::channel();
        let thread = std::thread::Builder::new().name("airlock-dev-kafka".to_owned());
        let spawned = thread.spawn(move || {
            // It is neither `Send` nor `Sync`, so it lives and dies here.
            let cluster = match MockCluster::new(1) {
                Ok(cluster) => cluster,
                Err(error) => return drop(started.send(Err(error))),
            };
            let _ = started.send(Ok(cluster.bootstrap_servers()));
            for request in inbox {
                let created = create(cluster.create_topic(&request.topic, request.partitions, 1));
                let _ = request.reply.send(created);
            }
        });
        let failed = |error: String| KafkaSetupError::Client(format!("the cluster in this process: {error}"));
        spawned.map_err(|error| failed(error.to_string()))?;
        let bootstrap_servers = start.recv().map_err(|error| failed(error.to_string()))??;
        Ok(Self { bootstrap_servers, requests, retention: Retention::default() })
    }

    /// Returns where it listens, for `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// Returns the account of what it still has.
    pub(in crate::kafka) fn retention(&self) -> &Retention {
        &self.retention
    }

    /// Creates a topic where it is absent.
    ///
    /// # Errors
    /// Says why it is absent and can't be created.
    pub async fn create_topic(&self, topic: &str, partitions: i32) -> Result<TopicOutcome, EdgeError> {
        let failed = |error: String| EdgeError::Fatal(format!("creating topic {topic}: {error}"));
        let (reply, answer) = oneshot::channel();
        let request = Request { topic: topic.to_owned(), partitions, reply };
        self.requests.send(request).map_err(|error| failed(error.to_string()))?;
        answer.await.map_err(|error| failed(error.to_string()))?.map_err(failed)
    }
}

fn create(created: Result<(), KafkaError>) -> Result<TopicOutcome, String> {
    match created {
        Ok(()) => Ok(TopicOutcome::Created),
        Err(KafkaError::MockCluster(RDKafkaErrorCode::TopicAlreadyExists)) => Ok(TopicOutcome::Existed),
        Err(error) => Err(error.to_string()),
    }
}
