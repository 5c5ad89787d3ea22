//! The offsets of a connector, as REST lists and changes them (KIP-875). The texts are Kafka Connect's: its users'
//! tools look for them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::launch::{WasmLaunch, source_offsets};
use crate::config::connector::{ConnectorConfig, Direction};
use crate::kafka::admin::Admin;
use crate::kafka::client_config;
use crate::kafka::group_offsets::{GroupOffsets, GroupOffsetsError};
use crate::pipeline::edges::{EdgeError, SourcePosition};
use crate::plugin::connector::ConnectorGuest;
use crate::plugin::guests::Surroundings;
use crate::record::{CommitOffset, TaskId, TopicPartition};

mod sink_body;

use sink_body::parse;

/// An offset in a partition, of Kafka or of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorOffset {
    /// The partition.
    #[serde(default)]
    pub partition: Option<Map<String, Value>>,
    /// The offset; none resets it.
    #[serde(default)]
    pub offset: Option<Map<String, Value>>,
}

/// What somebody wants done with a stopped connector's offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OffsetsChange {
    /// These are to be stored.
    Alter(Vec<ConnectorOffset>),
    /// None is to be left.
    Reset,
}

impl OffsetsChange {
    fn done(&self) -> &'static str {
        match self {
            OffsetsChange::Alter(_) => "altered",
            OffsetsChange::Reset => "reset",
        }
    }

    fn verb(&self) -> &'static str {
        match self {
            OffsetsChange::Alter(_) => "alter",
            OffsetsChange::Reset => "reset",
        }
    }
}

/// Why offsets were not listed or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OffsetsError {
    /// What is asked for is wrong.
    #[error("{0}")]
    Invalid(String),
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
}

impl From<EdgeError> for OffsetsError {
    fn from(error: EdgeError) -> Self {
        OffsetsError::Failed(error.to_string())
    }
}

fn failed(error: impl std::fmt::Display) -> OffsetsError {
    OffsetsError::Failed(error.to_string())
}

impl WasmLaunch {
    /// Returns what is stored of a connector.
    pub(super) async fn list_offsets(&self, config: &ConnectorConfig) -> Result<Vec<ConnectorOffset>, OffsetsError> {
        match config.direction {
            Direction::Source => {
                let stored = self.offsets.of_connector(&config.id.render()).await?;
                stored.iter().map(of_source).collect()
            }
            Direction::Sink => Ok(self.group(config)?.list().await?.into_iter().map(of_sink).collect()),
        }
    }

    /// Changes what is stored of a connector whose tasks have all stopped. Returns what to tell.
    pub(super) async fn change_offsets(
        &self,
        config: &ConnectorConfig,
        change: OffsetsChange,
    ) -> Result<String, OffsetsError> {
        let is_all = match config.direction {
            Direction::Source => self.change_source(config, &change).await?,
            Direction::Sink => self.change_sink(config, &change).await?,
        };
        let done = change.done();
        Ok(match is_all {
            true => format!("The offsets for this connector have been {done} successfully"),
            false => format!(
                "The Connect framework-managed offsets for this connector have been {done} successfully. However, if \
                 this connector manages offsets externally, they will need to be manually {done} in the system that \
                 the connector uses."
            ),
        })
    }

    async fn change_source(&self, config: &ConnectorConfig, change: &OffsetsChange) -> Result<bool, OffsetsError> {
        let connector = config.id.render();
        let positions = match change {
            OffsetsChange::Alter(offsets) => offsets.iter().map(to_source).collect::<Result<Vec<_>, _>>()?,
            OffsetsChange::Reset => {
                let stored = self.offsets.of_connector(&connector).await?;
                stored.into_iter().map(|position| SourcePosition { offset: None, ..position }).collect()
            }
        };
        let is_all = self.asked_connector(config)?.alter_source_offsets(&positions).await.map_err(failed)?;
        self.offsets.store(&connector, &positions).await?;
        Ok(is_all)
    }

    async fn change_sink(&self, config: &ConnectorConfig, change: &OffsetsChange) -> Result<bool, OffsetsError> {
        let group = self.group(config)?;
        let offsets: Vec<(TopicPartition, Option<CommitOffset>)> = match change {
            OffsetsChange::Alter(offsets) => parse(offsets).map_err(OffsetsError::Invalid)?,
            OffsetsChange::Reset => group.list().await?.into_keys().map(|partition| (partition, None)).collect(),
        };
        let is_all = self.asked_connector(config)?.alter_sink_offsets(&offsets).await.map_err(failed)?;
        let refused = |error| refused(config, change, error);
        if *change == OffsetsChange::Reset {
            group.delete().await.map_err(refused)?;
            return Ok(is_all);
        }
        let reset: Vec<_> =
            offsets.iter().filter(|(_, to)| to.is_none()).map(|(partition, _)| partition.clone()).collect();
        group.reset(&reset).await.map_err(refused)?;
        let altered = offsets.into_iter().filter_map(|(partition, to)| Some((partition, to?)));
        group.alter(altered.collect()).await.map_err(refused)?;
        Ok(is_all)
    }

    fn group(&self, config: &ConnectorConfig) -> Result<GroupOffsets, OffsetsError> {
        let task = TaskId { connector: config.id.clone(), task: 0 };
        let member = client_config::sink_consumer(&self.worker, config, &task).map_err(failed)?;
        let admin = client_config::connector_admin(&self.worker, config, &task).map_err(failed)?;
        let admin = match &self.dev {
            None => Admin::start(&admin),
            Some(cluster) => Admin::of_dev(&admin, cluster.clone()),
        };
        GroupOffsets::new(&member, admin.map_err(failed)?).map_err(failed)
    }

    /// Makes the guest that is asked whether it agrees.
    fn asked_connector(&self, config: &ConnectorConfig) -> Result<ConnectorGuest, OffsetsError> {
        let offsets = source_offsets(config, &self.offsets);
        let around = Surroundings { offsets, ..self.surroundings(&config.id) };
        self.catalog.connector_guest(&config.class, &config.properties, &around).map_err(failed)
    }
}

fn refused(config: &ConnectorConfig, change: &OffsetsChange, error: GroupOffsetsError) -> OffsetsError {
    let (connector, verb) = (&config.id, change.verb());
    match error {
        GroupOffsetsError::NotEmpty => OffsetsError::Failed(format!(
            "Failed to {verb} consumer group offsets for connector {connector} either because its tasks haven't \
             stopped completely yet or the connector was resumed before the request to {verb} its offsets could be \
             successfully completed. If the connector is in a stopped state, this operation can be safely retried. \
             If it doesn't eventually succeed, another member has joined the group {}",
            config.id.consumer_group()
        )),
        GroupOffsetsError::Edge(error) => error.into(),
    }
}

fn of_sink((partition, offset): (TopicPartition, CommitOffset)) -> ConnectorOffset {
    let object = |value: Value| value.as_object().cloned();
    ConnectorOffset {
        partition: object(json!({ "kafka_topic": &*partition.topic, "kafka_partition": partition.partition })),
        offset: object(json!({ "kafka_offset": offset.0 })),
    }
}

fn of_source(position: &SourcePosition) -> Result<ConnectorOffset, OffsetsError> {
    let parse = |text: &str| serde_json::from_str(text).map_err(|error| failed(format!("{text}: {error}")));
    let partition = Some(parse(&position.partition)?);
    Ok(ConnectorOffset { partition, offset: position.offset.as_deref().map(parse).transpose()? })
}

fn to_source(offset: &ConnectorOffset) -> Result<SourcePosition, OffsetsError> {
    let missing =
        || OffsetsError::Invalid("The partition for a source connector offset cannot be null or missing".into());
    let text = |object: &Map<String, Value>| Value::Object(object.clone()).to_string();
    let partition = text(offset.partition.as_ref().ok_or_else(missing)?);
    Ok(SourcePosition { partition, offset: offset.offset.as_ref().map(text) })
}
