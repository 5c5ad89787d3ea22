//! Topics: creates and lists them, and names the cluster. On real Kafka through the admin API; the mock
//! cluster of `airlock dev` has none over the wire, and is asked directly.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use tracing::info;

use super::client_config::ClientSettings;
use super::context::LogContext;
use super::error::{KafkaSetupError, sort};
use super::mock::DevCluster;
use crate::pipeline::edges::EdgeError;

const TIMEOUT: Duration = Duration::from_secs(30);

/// How a topic is to be created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicSettings {
    /// How many partitions; none: the broker's default.
    pub partitions: Option<i32>,
    /// How many replicas; none: the broker's default.
    pub replication_factor: Option<i32>,
    /// Other settings, such as `cleanup.policy`.
    pub config: BTreeMap<String, String>,
}

/// What creating a topic did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicOutcome {
    /// It is new.
    Created,
    /// It was there, and is left as it is.
    Existed,
}

/// An admin client.
#[derive(Clone)]
pub struct Admin(Arc<Cluster>);

enum Cluster {
    Kafka(AdminClient<LogContext>),
    Dev(DevCluster, AdminClient<LogContext>),
}

impl Admin {
    /// Makes an admin client of a Kafka cluster.
    ///
    /// # Errors
    /// Says which key can't be used.
    pub fn start(settings: &ClientSettings) -> Result<Self, KafkaSetupError> {
        Ok(Self(Arc::new(Cluster::Kafka(client(settings)?))))
    }

    /// Makes an admin client of the cluster in this process.
    ///
    /// # Errors
    /// Says which key can't be used.
    pub fn of_dev(settings: &ClientSettings, cluster: DevCluster) -> Result<Self, KafkaSetupError> {
        Ok(Self(Arc::new(Cluster::Dev(cluster, client(settings)?))))
    }

    /// Returns the cluster in this process, if it is that one's.
    pub(super) fn dev(&self) -> Option<&DevCluster> {
        match &*self.0 {
            Cluster::Kafka(_) => None,
            Cluster::Dev(cluster, _) => Some(cluster),
        }
    }

    /// Creates a topic where it is absent.
    ///
    /// # Errors
    /// Says why it is absent and can't be created.
    pub async fn ensure_topic(&self, name: &str, settings: &TopicSettings) -> Result<TopicOutcome, EdgeError> {
        let outcome = match &*self.0 {
            Cluster::Dev(cluster, _) => cluster.create_topic(name, settings.partitions.unwrap_or(1)).await?,
            Cluster::Kafka(client) => {
                if self.topic_exists(name).await? {
                    return Ok(TopicOutcome::Existed);
                }
                create(client, name, settings).await?
            }
        };
        if outcome == TopicOutcome::Created {
            info!(topic = name, ?settings, "created a topic");
        }
        Ok(outcome)
    }

    /// Returns how many partitions a topic has, once the brokers know them.
    ///
    /// # Errors
    /// Says why the cluster did not answer, or that it doesn't tell of the topic.
    pub async fn partitions(&self, name: &str) -> Result<usize, EdgeError> {
        let deadline = tokio::time::Instant::now() + TIMEOUT;
        loop {
            // A topic that was created just now is not known to every broker.
            let topics = self.metadata(None).await?;
            let found = topics.iter().find(|(topic, partitions)| topic == name && *partitions > 0);
            match found {
                Some((_, partitions)) => return Ok(*partitions),
                None if tokio::time::Instant::now() >= deadline => {
                    return Err(EdgeError::Retriable(format!("the brokers don't tell of topic {name}")));
                }
                None => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Returns the value of one of a topic's settings; none where this client may not see it.
    ///
    /// # Errors
    /// Says why the cluster did not answer.
    pub async fn topic_config(&self, name: &str, key: &str) -> Result<Option<String>, EdgeError> {
        let (Cluster::Kafka(client) | Cluster::Dev(_, client)) = &*self.0;
        let doing = format!("asking for the settings of topic {name}");
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
        let answers = client.describe_configs([&ResourceSpecifier::Topic(name)], &options).await;
        let answer = answers.map_err(|error| sort(&doing, &error))?.into_iter().next();
        match answer {
            Some(Ok(resource)) => Ok(resource.get(key).and_then(|entry| entry.value.clone())),
            Some(Err(RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed)) => {
                Ok(None)
            }
            Some(Err(code)) => Err(sort(&doing, &KafkaError::AdminOp(code))),
            None => Err(EdgeError::Retriable(format!("{doing}: no answer"))),
        }
    }

    /// Deletes a consumer group that has no members.
    pub(super) async fn delete_group(&self, group: &str) -> Result<(), KafkaError> {
        let (Cluster::Kafka(client) | Cluster::Dev(_, client)) = &*self.0;
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT)).operation_timeout(Some(TIMEOUT));
        let answers = client.delete_groups(&[group], &options).await?;
        match answers.into_iter().next() {
            Some(Err((_, code))) => Err(KafkaError::AdminOp(code)),
            _ => Ok(()),
        }
    }

    /// Returns the names of all topics that this client may see.
    ///
    /// # Errors
    /// Says why the cluster did not answer.
    pub async fn topics(&self) -> Result<Vec<String>, EdgeError> {
        self.metadata(None).await.map(|topics| topics.into_iter().map(|(name, _)| name).collect())
    }

    /// Returns the cluster's id; none where it has none.
    ///
    /// # Errors
    /// Says why the cluster did not answer.
    pub async fn cluster_id(&self) -> Result<Option<String>, EdgeError> {
        self.blocking(|client| Ok(client.inner().fetch_cluster_id(TIMEOUT))).await
    }

    async fn topic_exists(&self, name: &str) -> Result<bool, EdgeError> {
        // All topics are asked for: to ask for one creates it where the broker creates topics by itself.
        let topics = self.metadata(None).await?;
        Ok(topics.iter().any(|(topic, partitions)| topic == name && *partitions > 0))
    }

    async fn metadata(&self, topic: Option<String>) -> Result<Vec<(String, usize)>, EdgeError> {
        self.blocking(move |client| {
            let metadata = client.inner().fetch_metadata(topic.as_deref(), TIMEOUT);
            let metadata = metadata.map_err(|error| sort("asking for the topics", &error))?;
            Ok(metadata.topics().iter().map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect())
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&AdminClient<LogContext>) -> Result<T, EdgeError> + Send + 'static,
    ) -> Result<T, EdgeError> {
        let cluster = Arc::clone(&self.0);
        let asked = tokio::task::spawn_blocking(move || match &*cluster {
            Cluster::Kafka(client) | Cluster::Dev(_, client) => ask(client),
        });
        asked.await.map_err(|error| EdgeError::Fatal(format!("asking the cluster: {error}")))?
    }
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Admin")
    }
}

fn client(settings: &ClientSettings) -> Result<AdminClient<LogContext>, KafkaSetupError> {
    settings.log_notes();
    let context = LogContext { client: settings.client_id().to_owned() };
    Ok(settings.to_rdkafka().create_with_context(context)?)
}

async fn create(
    client: &AdminClient<LogContext>,
    name: &str,
    settings: &TopicSettings,
) -> Result<TopicOutcome, EdgeError> {
    let replication = TopicReplication::Fixed(settings.replication_factor.unwrap_or(-1));
    let mut topic = NewTopic::new(name, settings.partitions.unwrap_or(-1), replication);
    for (key, value) in &settings.config {
        topic = topic.set(key, value);
    }
    let options = AdminOptions::new().request_timeout(Some(TIMEOUT)).operation_timeout(Some(TIMEOUT));
    let answers = client.create_topics([&topic], &options).await;
    let answers = answers.map_err(|error| sort(&format!("creating topic {name}"), &error))?;
    match answers.into_iter().next() {
        Some(Ok(_)) => Ok(TopicOutcome::Created),
        Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(TopicOutcome::Existed),
        Some(Err((_, code))) => Err(EdgeError::Fatal(refusal(name, settings, code))),
        None => Err(EdgeError::Fatal(format!("creating topic {name}: no answer"))),
    }
}

fn refusal(name: &str, settings: &TopicSettings, code: RDKafkaErrorCode) -> String {
    match code {
        RDKafkaErrorCode::InvalidReplicationFactor => format!(
            "creating topic {name}: the cluster has fewer brokers than the replication factor of {}. Lower it, or \
             create the topic yourself",
            settings.replication_factor.unwrap_or(-1)
        ),
        RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed => {
            format!("creating topic {name}: not allowed. Allow it, or create the topic yourself")
        }
        code => format!("creating topic {name}: {code}"),
    }
}

/// How a task's producer creates topics.
#[derive(Debug, Clone)]
pub struct TopicCreation {
    /// Who creates them.
    pub admin: Admin,
    /// How.
    pub settings: TopicSettings,
}

impl TopicCreation {
    /// Creates a topic where it is absent.
    ///
    /// # Errors
    /// Says why it is absent and can't be created.
    pub async fn ensure(&self, topic: &str) -> Result<(), EdgeError> {
        self.admin.ensure_topic(topic, &self.settings).await.map(|_| ())
    }
}
