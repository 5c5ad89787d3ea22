//! A connector's guest: checks configurations and divides work into tasks.

use super::bindings::airlock::connect::records::TopicPartitionOffset;
use super::bindings::exports::airlock::connect::source;
use super::guest::{Guest, Recipe};
use super::source::position_out;
use super::transform::Configured;
use crate::pipeline::edges::{CallError, SourcePosition};
use crate::record::{CommitOffset, TopicPartition};

/// A connector, as the worker drives it.
pub struct ConnectorGuest {
    guest: Guest,
    plugin: Configured,
}

/// Keys and values.
pub type Config = Vec<(String, String)>;

impl ConnectorGuest {
    pub(crate) fn new(recipe: Recipe, plugin: Configured) -> Self {
        Self { guest: Guest::new(recipe), plugin }
    }

    /// Asks for what is wrong with the configuration: keys and words.
    ///
    /// # Errors
    /// The guest can't be made, or trapped.
    pub async fn validate(&mut self) -> Result<Vec<(String, String)>, CallError> {
        let Configured { class, config } = self.plugin.clone();
        let problems = self
            .guest
            .renew()
            .await?
            .call("connector.validate", |store, exports| {
                Box::pin(async move { Ok(Ok(exports.connector()?.call_validate(store, &class, &config).await?)) })
            })
            .await?;
        Ok(problems.into_iter().map(|problem| (problem.key, problem.message)).collect())
    }

    /// Starts the connector on a fresh instance.
    ///
    /// # Errors
    /// The guest can't be made, refuses, or trapped.
    pub async fn start(&mut self) -> Result<(), CallError> {
        let Configured { class, config } = self.plugin.clone();
        let instance = self.guest.renew().await?;
        instance
            .call("connector.start", |store, exports| {
                Box::pin(async move { exports.connector()?.call_start(store, &class, &config).await })
            })
            .await
    }

    /// Asks for the configurations of at most `max` tasks.
    ///
    /// # Errors
    /// The guest isn't running, refuses, or trapped.
    pub async fn task_configs(&mut self, max: u32) -> Result<Vec<Config>, CallError> {
        self.guest
            .started()?
            .call("connector.task-configs", |store, exports| {
                Box::pin(async move { exports.connector()?.call_task_configs(store, max).await })
            })
            .await
    }

    /// Tells a source's plugin which positions a user wants stored, on a fresh instance. Answers no where it keeps
    /// offsets elsewhere too.
    ///
    /// # Errors
    /// The guest can't be made, refuses, or trapped.
    pub async fn alter_source_offsets(&mut self, positions: &[SourcePosition]) -> Result<bool, CallError> {
        let Configured { class, config } = self.plugin.clone();
        let positions: Vec<source::SourcePosition> = positions.iter().map(position_out).collect();
        let instance = self.guest.renew().await?;
        instance
            .call("source.alter-offsets", |store, exports| {
                Box::pin(async move { exports.source()?.call_alter_offsets(store, &class, &config, &positions).await })
            })
            .await
    }

    /// Tells a sink's plugin which offsets a user wants, on a fresh instance; none resets. Answers no where it keeps
    /// offsets elsewhere too.
    ///
    /// # Errors
    /// The guest can't be made, refuses, or trapped.
    pub async fn alter_sink_offsets(
        &mut self,
        offsets: &[(TopicPartition, Option<CommitOffset>)],
    ) -> Result<bool, CallError> {
        let Configured { class, config } = self.plugin.clone();
        let wanted = offsets.iter().map(|(partition, offset)| TopicPartitionOffset {
            topic: partition.topic.to_string(),
            partition: partition.partition,
            offset: offset.map_or(-1, |offset| offset.0),
        });
        let wanted: Vec<TopicPartitionOffset> = wanted.collect();
        let instance = self.guest.renew().await?;
        instance
            .call("sink.alter-offsets", |store, exports| {
                Box::pin(async move { exports.sink()?.call_alter_offsets(store, &class, &config, &wanted).await })
            })
            .await
    }

    /// Stops the connector; its instance is gone afterwards.
    pub async fn stop(&mut self) {
        if let Some(instance) = self.guest.alive() {
            let stopped = instance
                .call("connector.stop", |store, exports| {
                    Box::pin(async move { Ok(Ok(exports.connector()?.call_stop(store).await?)) })
                })
                .await;
            if let Err(error) = stopped {
                tracing::warn!(%error, "a connector did not stop cleanly");
            }
        }
        self.guest.end();
    }
}
