//! Putting a batch to the sink, again and again where it asks for that.

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::SinkTask;
use crate::pipeline::batch::{Batch, Section};
use crate::pipeline::chain::{Caller, Hand};
use crate::pipeline::control::{TargetState, Told};
use crate::pipeline::edges::CallError;
use crate::pipeline::failure::{Stop, at};
use crate::pipeline::isolation::IsolationBudget;
use crate::pipeline::metrics::TaskMetrics;
use crate::pipeline::tolerance::{Attempts, ErrorPolicy};
use crate::record::Stage;

/// Whether the guest is idle while rows wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ticks {
    /// It is, and gets its ticks.
    Due,
    /// It works on the rows, and is called again with them.
    Off,
}

impl SinkTask {
    /// Delivers a batch. A sink that asks for it gets the same rows again, without limit; meanwhile the
    /// consumer's thread goes on polling, and partitions may be taken away. None: the batch was given up, its
    /// records come again or belong to another task.
    pub(super) async fn deliver(&mut self, batch: Batch) -> Result<Option<Batch>, Stop> {
        if batch.live_rows() == 0 {
            return Ok(Some(batch));
        }
        if self.suspicion.is_some() {
            return self.deliver_with_suspicion(batch).await;
        }
        self.deliver_at_once(batch).await
    }

    async fn deliver_at_once(&mut self, mut batch: Batch) -> Result<Option<Batch>, Stop> {
        let mut attempts = self.policy.endless_attempts();
        loop {
            let result;
            (batch, result) = self.put(batch, None).await;
            match result {
                Ok(()) => return Ok(Some(batch)),
                Err(error @ CallError::Retriable(_)) => {
                    if self.put_later(&error, &mut attempts).await? == Hand::GivenUp {
                        return Ok(None);
                    }
                }
                Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => {
                    // The rows of this batch come again with all others that aren't committed.
                    self.restart_sink(error).await?;
                    return Ok(None);
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Calls the sink once.
    pub(super) async fn put(&mut self, batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        let (started, rows) = (Instant::now(), section.as_ref().map_or(batch.live_rows(), ExactSizeIterator::len));
        let before = batch.live_rows();
        let (batch, result) = self.sink.put(batch, section).await;
        self.metrics.guest_time(started.elapsed());
        self.next_tick = Instant::now() + self.settings.tick;
        self.requests.note(self.sink.take_requests());
        if result.is_ok() {
            let rejected = before.saturating_sub(batch.live_rows());
            self.metrics.records_sent.add(rows.saturating_sub(rejected) as u64);
        }
        (batch, result)
    }

    /// Waits as long as a sink that can't now wants, or as is usual.
    pub(super) async fn put_later(&mut self, error: &CallError, attempts: &mut Attempts) -> Result<Hand, Stop> {
        warn!(task = %self.settings.id, %error, "the sink asks to put the same rows again");
        self.metrics.retries.add(1);
        let backoff = self.policy.delay(attempts).unwrap_or_default();
        let delay = self.requests.take_timeout().unwrap_or(backoff);
        self.wait_with_rows(Instant::now() + delay, Ticks::Off).await
    }

    /// Waits with rows in hand. They are given up where the wait has sent the consumer elsewhere: a flush that
    /// failed, a seek of the sink's, partitions that went, a pause.
    pub(super) async fn wait_with_rows(&mut self, until: Instant, ticks: Ticks) -> Result<Hand, Stop> {
        let moves = self.moves;
        self.obey_requests().await?;
        let mut waiting = true;
        while waiting && self.moves == moves {
            waiting = self.wait_in_retry(until, ticks).await?;
        }
        if self.moves == moves && self.state == TargetState::Running {
            return Ok(Hand::Kept);
        }
        self.rewind_unsettled().await?;
        Ok(Hand::GivenUp)
    }

    /// Waits for one thing. Answers no once the wait is over.
    async fn wait_in_retry(&mut self, until: Instant, ticks: Ticks) -> Result<bool, Stop> {
        tokio::select! {
            biased;
            told = self.control.told() => match told {
                Told::Stop => return Err(Stop::Shutdown),
                Told::Target => {
                    self.follow_target().await?;
                    return Ok(self.state == TargetState::Running);
                }
            },
            taken = self.consumer.taken() => {
                self.moves += 1;
                self.rebalance(taken.map_err(at(Stage::KafkaConsume))?).await?;
                return Ok(false);
            }
            () = sleep_until(self.next_tick), if ticks == Ticks::Due => self.tick().await?,
            () = sleep_until(self.next_commit) => self.commit_if_due().await?,
            () = sleep_until(until) => return Ok(false),
        }
        Ok(true)
    }
}

#[async_trait]
impl Caller for SinkTask {
    fn policy(&mut self) -> &mut ErrorPolicy {
        &mut self.policy
    }

    fn metrics(&self) -> &TaskMetrics {
        &self.metrics
    }

    fn budget(&self) -> IsolationBudget {
        self.settings.isolation
    }

    async fn meanwhile(&mut self, until: Instant) -> Result<Hand, Stop> {
        self.wait_with_rows(until, Ticks::Due).await
    }
}
