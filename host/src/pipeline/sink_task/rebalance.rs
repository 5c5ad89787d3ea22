//! Partitions that come and go.

use tracing::{info, warn};

use super::SinkTask;
use super::commit::Flushed;
use crate::pipeline::control::TargetState;
use crate::pipeline::edges::{CallError, Polled};
use crate::pipeline::failure::{Stop, at};
use crate::record::{Stage, TopicPartition};

impl SinkTask {
    /// Deals with partitions that come or go.
    pub(super) async fn rebalance(&mut self, event: Polled) -> Result<(), Stop> {
        self.metrics.rebalances.add(1);
        match event {
            Polled::Records(_) => Ok(()),
            Polled::Assigned(partitions) => self.assigned(partitions).await,
            Polled::Revoked { partitions, done } => {
                let revoked = self.revoked(&partitions).await;
                // Whoever waits for the answer may be gone; so is the consumer then.
                let _ = done.send(());
                revoked
            }
            Polled::Lost(partitions) => {
                let partitions = self.own(&partitions);
                warn!(task = %self.settings.id, ?partitions, "partitions were lost");
                self.close(&partitions).await
            }
        }
    }

    async fn assigned(&mut self, partitions: Vec<TopicPartition>) -> Result<(), Stop> {
        if partitions.is_empty() {
            return Ok(());
        }
        info!(task = %self.settings.id, ?partitions, "partitions were assigned");
        self.offsets.assigned(&partitions);
        if self.state == TargetState::Paused {
            self.consumer.pause(&partitions).await.map_err(at(Stage::KafkaConsume))?;
        }
        self.open(&partitions).await
    }

    async fn revoked(&mut self, partitions: &[TopicPartition]) -> Result<(), Stop> {
        let partitions = self.own(partitions);
        if partitions.is_empty() {
            return Ok(());
        }
        info!(task = %self.settings.id, ?partitions, "partitions were revoked");
        match self.commit_before_close(Some(&partitions)).await {
            Flushed::Done => self.close(&partitions).await,
            Flushed::Failed => {
                self.close(&partitions).await?;
                // Kafka Connect leaves it at that; but what stays may have been in the same buffer.
                self.rewind_uncommitted().await
            }
            Flushed::Gone(error) => {
                self.forget(&partitions);
                self.restart_sink(error).await
            }
        }
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), Stop> {
        if partitions.is_empty() {
            return Ok(());
        }
        let closed = self.sink.close(partitions).await;
        self.requests.note(self.sink.take_requests());
        self.forget(partitions);
        match closed {
            Ok(()) => Ok(()),
            Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => self.restart_sink(error).await,
            Err(error @ CallError::Retriable(_)) => {
                warn!(task = %self.settings.id, %error, "the sink did not close its partitions");
                Ok(())
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    fn forget(&mut self, partitions: &[TopicPartition]) {
        self.offsets.forget(partitions);
        self.requests.close(partitions);
    }

    /// Partitions that came and went before the task heard of them are none of its own.
    fn own(&self, partitions: &[TopicPartition]) -> Vec<TopicPartition> {
        partitions.iter().filter(|partition| self.offsets.has(partition)).cloned().collect()
    }
}
