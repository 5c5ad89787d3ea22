//! What the sink asked of its context: seeks, pauses, commits, reports of earlier rows.

use std::collections::BTreeSet;
use std::time::Duration;

use tracing::warn;

use super::SinkTask;
use crate::pipeline::batch::{Batch, Rejection};
use crate::pipeline::control::TargetState;
use crate::pipeline::edges::SinkRequest;
use crate::pipeline::failure::{Stop, at};
use crate::pipeline::offsets::PositionList;
use crate::pipeline::rejections::CONNECT_EXCEPTION;
use crate::record::{Offset, Stage, TopicPartition};

/// Requests that wait to be obeyed.
#[derive(Debug, Default)]
pub(super) struct Requests {
    seek: PositionList,
    changes: Vec<Change>,
    reports: Vec<(TopicPartition, Offset, String)>,
    commit: bool,
    timeout: Option<Duration>,
    /// What the sink wants paused.
    paused: BTreeSet<TopicPartition>,
}

#[derive(Debug)]
enum Change {
    Pause(Vec<TopicPartition>),
    Resume(Vec<TopicPartition>),
}

impl Requests {
    /// Remembers requests, in the order asked.
    pub(super) fn note(&mut self, requests: Vec<SinkRequest>) {
        for request in requests {
            match request {
                SinkRequest::Seek(offsets) => self.seek.extend(offsets),
                SinkRequest::Pause(partitions) => self.changes.push(Change::Pause(partitions)),
                SinkRequest::Resume(partitions) => self.changes.push(Change::Resume(partitions)),
                SinkRequest::Timeout(delay) => self.timeout = Some(delay),
                SinkRequest::Commit => self.commit = true,
                SinkRequest::Report { partition, offset, reason } => self.reports.push((partition, offset, reason)),
            }
        }
    }

    /// Returns whether the sink wants a partition paused.
    pub(super) fn is_paused(&self, partition: &TopicPartition) -> bool {
        self.paused.contains(partition)
    }

    /// Returns whether the sink asked for a commit.
    pub(super) fn take_commit(&mut self) -> bool {
        std::mem::take(&mut self.commit)
    }

    /// Returns the wait that the sink asked for.
    pub(super) fn take_timeout(&mut self) -> Option<Duration> {
        self.timeout.take()
    }

    /// These partitions are gone.
    pub(super) fn close(&mut self, partitions: &[TopicPartition]) {
        self.paused.retain(|partition| !partitions.contains(partition));
    }

    /// The instance that asked is gone, and what it reported comes again. Its pauses hold until they are
    /// undone.
    pub(super) fn forget(&mut self) {
        *self = Requests { paused: std::mem::take(&mut self.paused), ..Requests::default() };
    }
}

impl SinkTask {
    /// Obeys what the sink asked for since the last time.
    pub(super) async fn obey_requests(&mut self) -> Result<(), Stop> {
        self.requests.note(self.sink.take_requests());
        self.obey_reports().await?;
        for change in std::mem::take(&mut self.requests.changes) {
            match change {
                Change::Pause(partitions) => {
                    let partitions = self.assigned_of(partitions);
                    self.requests.paused.extend(partitions.iter().cloned());
                    self.consumer.pause(&partitions).await.map_err(at(Stage::KafkaConsume))?;
                }
                Change::Resume(partitions) => self.resume(partitions).await?,
            }
        }
        let mut seek = std::mem::take(&mut self.requests.seek);
        seek.retain(|(partition, _)| self.offsets.has(partition));
        if !seek.is_empty() {
            self.moves += 1;
            self.consumer.seek(&seek).await.map_err(at(Stage::KafkaConsume))?;
            self.offsets.sought(&seek);
        }
        Ok(())
    }

    /// Fetches again what an instance that is gone had paused.
    pub(super) async fn unpause_forgotten(&mut self) -> Result<(), Stop> {
        let paused = self.requests.paused.iter().cloned().collect();
        self.resume(paused).await
    }

    async fn resume(&mut self, partitions: Vec<TopicPartition>) -> Result<(), Stop> {
        let partitions = self.assigned_of(partitions);
        self.requests.close(&partitions);
        if self.state == TargetState::Running && !partitions.is_empty() {
            self.consumer.resume(&partitions).await.map_err(at(Stage::KafkaConsume))?;
        }
        Ok(())
    }

    fn assigned_of(&self, partitions: Vec<TopicPartition>) -> Vec<TopicPartition> {
        partitions.into_iter().filter(|partition| self.offsets.has(partition)).collect()
    }

    /// Rejects rows of earlier batches: their bytes are read again. A report that could not be carried out
    /// waits for the next time, and so does every commit.
    pub(super) async fn obey_reports(&mut self) -> Result<(), Stop> {
        while let Some((partition, offset, reason)) = self.requests.reports.first().cloned() {
            if self.offsets.has(&partition) {
                self.report(&partition, offset, reason).await?;
            } else {
                warn!(task = %self.settings.id, %partition, "the sink reported a record of another task's partition");
            }
            self.requests.reports.remove(0);
        }
        Ok(())
    }

    async fn report(&mut self, partition: &TopicPartition, offset: Offset, reason: String) -> Result<(), Stop> {
        let fetched = self.policy.unless_stopped(self.consumer.refetch(partition, offset)).await?;
        let Some(mut batch) = fetched.map_err(at(Stage::KafkaConsume))? else {
            warn!(task = %self.settings.id, %partition, offset = offset.0, reason, "a rejected record is gone from Kafka");
            return Ok(());
        };
        reject_all(&mut batch, reason);
        self.metrics.records_rejected.add(1);
        self.rejections.report(&mut batch, &mut self.policy, &self.metrics).await
    }
}

fn reject_all(batch: &mut Batch, reason: String) {
    // Rows exist once they are decoded. One that can't be was never delivered, but is a dead letter as well.
    batch.decode();
    let rows: Vec<u32> = (0..).take(batch.live_rows()).collect();
    batch.reject_live(&rows, Rejection { stage: Stage::TaskPut, step: None, reason, exception: CONNECT_EXCEPTION });
}
