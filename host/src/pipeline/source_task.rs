//! A source task: poll → transform → encode → produce → acknowledge → store offsets. One batch at a time;
//! while it waits for Kafka, or is paused, the guest is ticked. Knows neither Kafka's client nor the sandbox.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use super::batch::Batch;
use super::chain::Chain;
use super::control::{TargetState, TaskControl, TaskEvent};
use super::dead_letter::DeadLetters;
use super::edges::{CallError, OffsetStore, PollLimits, Produce, Source, Transform};
use super::failure::{Stop, TaskError};
use super::metrics::TaskMetrics;
use super::offsets::SourceOffsets;
use super::registry::Preparation;
use super::rejections::Rejections;
use super::sink_task::TaskSettings;
use super::tolerance::{Again, Attempts, ErrorPolicy, Traps};
use crate::record::Stage;

mod guest;
mod produce;
mod store;

/// What a source task is made of.
pub struct SourceParts {
    /// The guest that records come from.
    pub source: Box<dyn Source>,
    /// The runs of the chain, in order.
    pub transforms: Vec<Box<dyn Transform>>,
    /// Where records go.
    pub producer: Arc<dyn Produce>,
    /// Where offsets are kept.
    pub offsets: Arc<dyn OffsetStore>,
    /// Where rejected records go; none where they are only left out. Kafka Connect has dead letters for sinks alone.
    pub dead_letters: Option<DeadLetters>,
    /// What is counted.
    pub metrics: Arc<TaskMetrics>,
}

/// A source that answers an empty poll faster than this is not asked again at once.
const HASTY: Duration = Duration::from_millis(20);
/// How long it is left alone then.
const REST: Duration = Duration::from_millis(100);

/// A running source task.
pub struct SourceTask {
    settings: TaskSettings,
    control: TaskControl,
    policy: ErrorPolicy,
    source: Box<dyn Source>,
    chain: Chain,
    producer: Arc<dyn Produce>,
    store: Arc<dyn OffsetStore>,
    rejections: Rejections,
    metrics: Arc<TaskMetrics>,
    offsets: SourceOffsets,
    traps: Traps,
    next_store: Instant,
    /// When the guest is called though there is nothing to poll for.
    next_tick: Instant,
    /// The instance was lost while records were on their way.
    lost: Option<CallError>,
}

impl SourceTask {
    /// Makes a task. Nothing is called before [`SourceTask::run`].
    pub fn new(settings: TaskSettings, parts: SourceParts, control: TaskControl) -> Self {
        let policy = ErrorPolicy::new(settings.errors.clone(), control.shutdown.clone());
        Self::with_policy(settings, parts, control, policy)
    }

    /// Makes a task whose random waits are given.
    pub fn with_policy(settings: TaskSettings, parts: SourceParts, control: TaskControl, policy: ErrorPolicy) -> Self {
        let task = settings.id.to_string();
        Self {
            rejections: Rejections { task, names: settings.names.clone(), dead_letters: parts.dead_letters },
            next_store: Instant::now() + settings.commit_interval,
            next_tick: Instant::now() + settings.tick,
            settings,
            control,
            policy,
            source: parts.source,
            chain: Chain::new(parts.transforms),
            producer: parts.producer,
            store: parts.offsets,
            metrics: parts.metrics,
            offsets: SourceOffsets::default(),
            traps: Traps::default(),
            lost: None,
        }
    }

    /// Runs until shutdown (ok) or failure, and ends cleanly in either case: what is acknowledged is stored.
    ///
    /// # Errors
    /// Says why the task failed.
    ///
    /// # Cancel safety
    /// A task that is dropped repeats records, and loses none (Invariant 7).
    pub async fn run(mut self) -> Result<(), TaskError> {
        let outcome = match self.start().await {
            Ok(()) => self.move_records().await,
            Err(stop) => Err(stop),
        };
        self.store_offsets().await;
        self.source.stop().await;
        match outcome {
            Ok(()) | Err(Stop::Shutdown) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    async fn move_records(&mut self) -> Result<(), Stop> {
        while let Some(polled) = self.next_batch().await? {
            // A source's batch is never given up.
            let Some(mut batch) = self.transform(polled).await? else { continue };
            // Nor does this wait give it up.
            Preparation::Encode.run(&batch, self).await?;
            batch.encode();
            self.rejections.report(&mut batch, &mut self.policy, &self.metrics).await?;
            let acknowledged = self.produce(&batch).await?; // Settles what is acknowledged.
            self.metrics.count(&batch.counts());
            self.settings.template.recycle(batch);
            self.commit_records(&acknowledged).await?;
            self.store_if_due().await?;
        }
        Ok(())
    }

    async fn transform(&mut self, batch: Batch) -> Result<Option<Batch>, Stop> {
        // The chain calls the task while it waits.
        let mut chain = std::mem::take(&mut self.chain);
        let transformed = chain.apply(batch, self).await;
        self.chain = chain;
        transformed
    }

    async fn start(&mut self) -> Result<(), Stop> {
        self.start_source().await?;
        match self.control.target() {
            TargetState::Running => self.control.tell(TaskEvent::Running),
            TargetState::Paused => self.pause().await?,
        }
        Ok(())
    }

    /// Polls until there are rows. None: the task is to stop.
    async fn next_batch(&mut self) -> Result<Option<Batch>, Stop> {
        let mut attempts = self.policy.endless_attempts();
        loop {
            if self.control.shutdown.is_cancelled() {
                return Ok(None);
            }
            if self.control.target() == TargetState::Paused {
                self.pause().await?;
                continue;
            }
            let started = Instant::now();
            if let Some(batch) = self.poll(&mut attempts).await? {
                return Ok(Some(batch));
            }
            self.store_if_due().await?;
            if started.elapsed() < HASTY {
                self.rest(started + REST).await;
            }
        }
    }

    /// Polls once. None: there are no rows yet.
    async fn poll(&mut self, attempts: &mut Attempts) -> Result<Option<Batch>, Stop> {
        let started = Instant::now();
        let limits = PollLimits {
            max_wait: self.settings.tick.min(self.next_store.saturating_duration_since(started)),
            max_rows: self.settings.batch_max_rows,
            max_bytes: self.settings.batch_max_bytes,
        };
        let (batch, result) = self.source.poll(self.settings.template.batch(), limits).await;
        self.metrics.guest_time(started.elapsed());
        self.next_tick = Instant::now() + self.settings.tick;
        match result {
            Ok(()) => {
                *attempts = self.policy.endless_attempts();
                let rows = batch.total_rows();
                self.metrics.records_polled.add(rows as u64);
                return Ok((rows > 0).then_some(batch));
            }
            Err(error @ CallError::Retriable(_)) => {
                warn!(task = %self.settings.id, %error, "the source has no records now, polling again");
                self.metrics.retries.add(1);
            }
            Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => self.restart_source(error).await?,
            Err(error) => return Err(self.failed(error)),
        }
        let _: Again = self.policy.wait(attempts).await?;
        Ok(None)
    }

    async fn rest(&mut self, until: Instant) {
        tokio::select! {
            biased;
            _ = self.control.told() => {}
            () = sleep_until(until) => {}
        }
    }

    /// Waits until the task is to go on or to stop, and ticks the guest meanwhile.
    async fn pause(&mut self) -> Result<(), Stop> {
        info!(task = %self.settings.id, "the task pauses");
        self.next_store = Instant::now();
        self.store_if_due().await?;
        self.control.tell(TaskEvent::Paused);
        while self.control.target() == TargetState::Paused && !self.control.shutdown.is_cancelled() {
            self.tick().await?;
            self.store_if_due().await?;
            self.rest(Instant::now() + self.settings.tick).await;
        }
        if !self.control.shutdown.is_cancelled() {
            self.control.tell(TaskEvent::Running);
        }
        Ok(())
    }

    fn failed(&self, error: CallError) -> Stop {
        TaskError::Guest { stage: Stage::TaskPoll, guest: self.settings.names.connector.clone(), error }.into()
    }
}

#[cfg(test)]
mod tests;
