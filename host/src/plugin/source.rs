//! A source task's guest.

use async_trait::async_trait;

use super::bindings::exports::airlock::connect::source as wit;
use super::guest::{Guest, Recipe, call_with_batch};
use super::transform::Configured;
use crate::pipeline::batch::{Access, Batch, Call};
use crate::pipeline::edges::{Acknowledgement, CallError, PollLimits, Source, SourcePosition};

/// A source, as the pipeline drives it.
pub struct SourceGuest {
    guest: Guest,
    plugin: Configured,
}

impl SourceGuest {
    pub(crate) fn new(recipe: Recipe, plugin: Configured) -> Self {
        Self { guest: Guest::new(recipe), plugin }
    }
}

#[async_trait]
impl Source for SourceGuest {
    async fn start(&mut self) -> Result<(), CallError> {
        let Configured { class, config } = self.plugin.clone();
        let instance = self.guest.renew().await?;
        instance
            .call("source.start", |store, exports| {
                Box::pin(async move { exports.source()?.call_start(store, &class, &config).await })
            })
            .await
    }

    async fn poll(&mut self, out: Batch, limits: PollLimits) -> (Batch, Result<(), CallError>) {
        let instance = match self.guest.started() {
            Ok(instance) => instance,
            Err(error) => return (out, Err(error)),
        };
        let max_wait_ms = u32::try_from(limits.max_wait.as_millis()).unwrap_or(u32::MAX);
        let call = Call { access: Access::Poll, ..Call::default() };
        call_with_batch(instance, "source.poll", (out, call), |store, exports, batch| {
            Box::pin(async move {
                exports.source()?.call_poll(store, batch, max_wait_ms, limits.max_rows, limits.max_bytes).await
            })
        })
        .await
    }

    async fn commit_records(&mut self, acknowledged: &[Acknowledgement]) -> Result<(), CallError> {
        let acknowledged: Vec<_> = acknowledged.iter().map(acknowledgement).collect();
        self.guest
            .started()?
            .call("source.commit-records", |store, exports| {
                Box::pin(async move { exports.source()?.call_commit_records(store, &acknowledged).await })
            })
            .await
    }

    async fn update_offsets(&mut self, pending: Vec<SourcePosition>) -> Result<Vec<SourcePosition>, CallError> {
        let pending: Vec<_> = pending.iter().map(position_out).collect();
        let answer = self
            .guest
            .started()?
            .call("source.update-offsets", |store, exports| {
                Box::pin(async move { exports.source()?.call_update_offsets(store, &pending).await })
            })
            .await?;
        Ok(answer.into_iter().map(position_in).collect())
    }

    async fn commit(&mut self, stored: &[SourcePosition]) -> Result<(), CallError> {
        let stored: Vec<_> = stored.iter().map(position_out).collect();
        self.guest
            .started()?
            .call("source.commit", |store, exports| {
                Box::pin(async move { exports.source()?.call_commit(store, &stored).await })
            })
            .await
    }

    async fn stop(&mut self) {
        if let Some(instance) = self.guest.alive() {
            let stopped = instance
                .call("source.stop", |store, exports| {
                    Box::pin(async move { Ok(Ok(exports.source()?.call_stop(store).await?)) })
                })
                .await;
            if let Err(error) = stopped {
                tracing::warn!(%error, "a source did not stop cleanly");
            }
        }
        self.guest.end();
    }
}

fn acknowledgement(acknowledged: &Acknowledgement) -> wit::Acknowledgement {
    let written = acknowledged.written.as_ref();
    wit::Acknowledgement {
        row: acknowledged.row,
        topic: acknowledged.topic.clone(),
        partition: written.map_or(-1, |written| written.partition),
        offset: written.map_or(-1, |written| written.offset.0),
    }
}

pub(super) fn position_out(position: &SourcePosition) -> wit::SourcePosition {
    wit::SourcePosition { partition: position.partition.clone(), offset: position.offset.clone() }
}

fn position_in(position: wit::SourcePosition) -> SourcePosition {
    SourcePosition { partition: position.partition, offset: position.offset }
}
