//! Committing what is settled and what the sink does not hold back.

use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use super::SinkTask;
use crate::pipeline::edges::{CallError, EdgeError};
use crate::pipeline::failure::Stop;
use crate::pipeline::offsets::PositionList;
use crate::record::TopicPartition;

/// How a flush before a close ended.
#[derive(Debug)]
pub(super) enum Flushed {
    /// There was nothing to flush, or it was.
    Done,
    /// The sink may have lost what it had buffered.
    Failed,
    /// The instance is gone.
    Gone(CallError),
}

impl SinkTask {
    /// Commits if it is time, or the sink asked for it.
    pub(super) async fn commit_if_due(&mut self) -> Result<(), Stop> {
        // What is committed can't be lost with the next instance.
        if self.suspicion.is_some() || self.requests.take_commit() || Instant::now() >= self.next_commit {
            self.commit().await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Stop> {
        self.next_commit = Instant::now() + self.settings.commit_interval;
        let settled = self.offsets.committable();
        if settled.is_empty() {
            return Ok(());
        }
        let answered = self.sink.pre_commit(&settled).await;
        self.requests.note(self.sink.take_requests());
        match answered {
            Ok(answered) => {
                // Rows reported now are dead-lettered before their offsets are committed.
                self.obey_reports().await?;
                self.store(answered).await;
                self.end_suspicion()?;
                self.obey_requests().await
            }
            Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => self.restart_sink(error).await,
            Err(error @ CallError::Retriable(_)) => self.flush_failed(&error).await,
            Err(error) => Err(self.failed(error)),
        }
    }

    /// As Kafka Connect does: the sink gets again what it could not flush.
    pub(super) async fn flush_failed(&mut self, error: &CallError) -> Result<(), Stop> {
        warn!(task = %self.settings.id, %error, "the sink could not flush, going back to what is committed");
        self.metrics.commit_failures.add(1);
        self.rewind_uncommitted().await?;
        self.obey_requests().await
    }

    /// Commits for partitions that go, or for all at the end (none). What fails is repeated by whoever reads
    /// them next.
    pub(super) async fn commit_before_close(&mut self, partitions: Option<&[TopicPartition]>) -> Flushed {
        let mut settled = self.offsets.committable();
        settled.retain(|(partition, _)| partitions.is_none_or(|going| going.contains(partition)));
        if settled.is_empty() {
            return Flushed::Done;
        }
        let answered = self.sink.pre_commit(&settled).await;
        self.requests.note(self.sink.take_requests());
        let reported = self.obey_reports().await;
        let flushed = match (answered, reported) {
            (Ok(answered), Ok(())) => {
                self.store(answered).await;
                return Flushed::Done;
            }
            (Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))), _) => Flushed::Gone(error),
            (Err(error), _) => {
                warn!(task = %self.settings.id, %error, "the sink could not flush before partitions were closed");
                Flushed::Failed
            }
            (_, Err(stop)) => {
                warn!(task = %self.settings.id, ?stop, "a row was not reported before partitions were closed");
                Flushed::Failed
            }
        };
        self.metrics.commit_failures.add(1);
        flushed
    }

    /// Commits positions. A failure is no failure of the task: they are committed the next time.
    async fn store(&mut self, answered: PositionList) {
        let (new, refused) = self.offsets.accept(answered);
        if !refused.is_empty() {
            warn!(task = %self.settings.id, ?refused, "the sink answered positions that it was not asked about");
        }
        if new.is_empty() {
            return;
        }
        // Invariant 1: these were settled, and the sink lets them go.
        let committed = match timeout(self.settings.commit_timeout, self.consumer.commit(&new)).await {
            Ok(committed) => committed,
            Err(_) => Err(EdgeError::Retriable("no answer within offset.flush.timeout.ms".to_owned())),
        };
        match committed {
            Ok(()) => {
                debug!(task = %self.settings.id, ?new, "committed");
                self.metrics.commits.add(1);
                self.offsets.committed(&new);
            }
            Err(error) => {
                self.metrics.commit_failures.add(1);
                warn!(task = %self.settings.id, %error, "offsets were not committed, they will be the next time");
            }
        }
    }
}
