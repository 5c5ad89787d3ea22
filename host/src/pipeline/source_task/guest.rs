//! Starting the source's guest, ticking it, telling it what became of its rows, and starting it again.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::SourceTask;
use crate::pipeline::chain::{Caller, Hand};
use crate::pipeline::edges::{Acknowledgement, CallError, PollLimits};
use crate::pipeline::failure::{Stop, TaskError};
use crate::pipeline::isolation::IsolationBudget;
use crate::pipeline::metrics::TaskMetrics;
use crate::pipeline::tolerance::{Again, ErrorPolicy};

impl SourceTask {
    /// Starts the guest.
    pub(super) async fn start_source(&mut self) -> Result<(), Stop> {
        let mut attempts = self.policy.attempts();
        loop {
            match self.source.start().await {
                Ok(()) => return Ok(()),
                Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => self.count_loss(error)?,
                Err(error @ CallError::Retriable(_)) => {
                    if self.policy.wait(&mut attempts).await? == Again::No {
                        return Err(self.failed(error));
                    }
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Starts a fresh instance in the place of one that is gone. It begins at the stored offsets, so those
    /// that may be stored are stored first.
    pub(super) async fn restart_source(&mut self, error: CallError) -> Result<(), Stop> {
        self.count_loss(error)?;
        self.store_pending().await;
        self.start_source().await
    }

    /// Lets the guest keep its connections alive, and asks for no rows.
    pub(super) async fn tick(&mut self) -> Result<(), Stop> {
        match self.tick_in_flight().await? {
            Some(error) => self.restart_source(error).await,
            None => Ok(()),
        }
    }

    /// The same while records are on their way: an instance that is lost is returned, to be started again
    /// when they have arrived.
    pub(super) async fn tick_in_flight(&mut self) -> Result<Option<CallError>, Stop> {
        let limits = PollLimits { max_wait: Duration::ZERO, max_rows: 0, max_bytes: 0 };
        match self.source.poll(self.settings.template.batch(), limits).await.1 {
            Ok(()) => Ok(None),
            Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => Ok(Some(error)),
            Err(error @ CallError::Retriable(_)) => {
                warn!(task = %self.settings.id, %error, "a tick failed, the next one comes");
                Ok(None)
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Tells the guest where the rows of the last batch went.
    pub(super) async fn commit_records(&mut self, acknowledged: &[Acknowledgement]) -> Result<(), Stop> {
        if let Some(error) = self.lost.take() {
            return self.restart_source(error).await;
        }
        let result = self.source.commit_records(acknowledged).await;
        self.after_call(result, "the source did not take note of acknowledged records").await
    }

    /// Deals with the answer of a call that tells the guest something: as in Kafka Connect, its failure is
    /// logged, unless the instance is gone.
    pub(super) async fn after_call(&mut self, result: Result<(), CallError>, failure: &str) -> Result<(), Stop> {
        match result {
            Ok(()) => Ok(()),
            Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => self.restart_source(error).await,
            Err(error) => {
                warn!(task = %self.settings.id, %error, "{failure}");
                Ok(())
            }
        }
    }

    /// The third loss of an instance by a trap in ten minutes fails the task.
    fn count_loss(&mut self, error: CallError) -> Result<(), Stop> {
        self.metrics.restarts.add(1);
        if self.control.shutdown.is_cancelled() {
            return Err(Stop::Shutdown);
        }
        let guest = self.settings.names.connector.clone();
        if matches!(error, CallError::Trapped(_))
            && let Some(times) = self.traps.too_many()
        {
            return Err(TaskError::Traps { guest, times, records: "a poll".to_owned(), error }.into());
        }
        warn!(task = %self.settings.id, guest, %error, "the source is gone, starting it again");
        Ok(())
    }
}

#[async_trait]
impl Caller for SourceTask {
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
        let shutdown = self.control.shutdown.clone();
        loop {
            // A tick is a call of the guest, which must not be cancelled: only the wait for it is.
            let next = if self.lost.is_none() { self.next_tick.min(until) } else { until };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Err(Stop::Shutdown),
                () = sleep_until(next) => {}
            }
            if self.lost.is_none() && self.next_tick <= Instant::now() {
                self.lost = self.tick_in_flight().await?;
                self.next_tick = Instant::now() + self.settings.tick;
            }
            if until <= Instant::now() {
                return Ok(Hand::Kept);
            }
        }
    }
}
