//! A sink task's guest.

use std::time::Duration;

use async_trait::async_trait;

use super::guest::{Guest, Recipe, call_with_batch};
use super::imports::border;
use super::transform::Configured;
use crate::pipeline::batch::{Access, Batch, Call, Section};
use crate::pipeline::edges::{CallError, Sink, SinkRequest};
use crate::record::{CommitOffset, TopicPartition};

/// A sink, as the pipeline drives it.
pub struct SinkGuest {
    guest: Guest,
    plugin: Configured,
    /// What the calls of an instance that is gone asked for.
    requests: Vec<SinkRequest>,
}

impl SinkGuest {
    pub(crate) fn new(recipe: Recipe, plugin: Configured) -> Self {
        Self { guest: Guest::new(recipe), plugin, requests: Vec::new() }
    }
}

#[async_trait]
impl Sink for SinkGuest {
    async fn start(&mut self) -> Result<(), CallError> {
        self.requests = self.take_requests();
        let Configured { class, config } = self.plugin.clone();
        let instance = self.guest.renew().await?;
        instance
            .call("sink.start", |store, exports| {
                Box::pin(async move { exports.sink()?.call_start(store, &class, &config).await })
            })
            .await
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), CallError> {
        let partitions: Vec<_> = partitions.iter().map(border::partition_out).collect();
        self.guest
            .started()?
            .call("sink.open", |store, exports| {
                Box::pin(async move { exports.sink()?.call_open(store, &partitions).await })
            })
            .await
    }

    async fn put(&mut self, batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        let instance = match self.guest.started() {
            Ok(instance) => instance,
            Err(error) => return (batch, Err(error)),
        };
        let call = Call { access: Access::Put, section, ..Call::default() };
        call_with_batch(instance, "sink.put", (batch, call), |store, exports, batch| {
            Box::pin(async move { exports.sink()?.call_put(store, batch).await })
        })
        .await
    }

    async fn pre_commit(
        &mut self,
        offsets: &[(TopicPartition, CommitOffset)],
    ) -> Result<Vec<(TopicPartition, CommitOffset)>, CallError> {
        let offsets: Vec<_> = offsets.iter().map(border::commit_offset_out).collect();
        let instance = self.guest.started()?;
        let flushed = offsets.clone();
        instance
            .call("sink.flush", |store, exports| {
                Box::pin(async move { exports.sink()?.call_flush(store, &flushed).await })
            })
            .await?;
        let answer = instance
            .call("sink.pre-commit", |store, exports| {
                Box::pin(async move { exports.sink()?.call_pre_commit(store, &offsets).await })
            })
            .await?;
        Ok(answer.into_iter().map(border::commit_offset).collect())
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), CallError> {
        let partitions: Vec<_> = partitions.iter().map(border::partition_out).collect();
        self.guest
            .started()?
            .call("sink.close", |store, exports| {
                Box::pin(async move { exports.sink()?.call_close(store, &partitions).await })
            })
            .await
    }

    async fn stop(&mut self) {
        self.requests = self.take_requests();
        if let Some(instance) = self.guest.alive() {
            let stopped = instance
                .call("sink.stop", |store, exports| {
                    Box::pin(async move { Ok(Ok(exports.sink()?.call_stop(store).await?)) })
                })
                .await;
            if let Err(error) = stopped {
                tracing::warn!(%error, "a sink did not stop cleanly");
            }
        }
        self.guest.end();
    }

    fn take_requests(&mut self) -> Vec<SinkRequest> {
        let mut requests = std::mem::take(&mut self.requests);
        if let Some(instance) = self.guest.alive() {
            requests.append(&mut instance.state().sink_requests);
        }
        requests
    }

    fn cpu_used(&self) -> Duration {
        self.guest.cpu_used()
    }
}
