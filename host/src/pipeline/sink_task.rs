//! A sink task: poll → decode → transform → put → report → commit. What comes besides records (rebalances,
//! ticks, pauses) is dealt with in `SinkTask::next_batch`; retries live inside the steps. Knows neither
//! Kafka's client nor the sandbox.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::batch::Batch;
use super::chain::{Chain, Hand};
use super::control::{TargetState, TaskControl, TaskEvent, Told};
use super::dead_letter::DeadLetters;
use super::edges::{Consume, EdgeError, Polled, Sink, Transform};
use super::failure::{Stop, TaskError, at};
use super::isolation::IsolationBudget;
use super::metrics::TaskMetrics;
use super::offsets::SinkOffsets;
use super::registry::Preparation;
use super::rejections::{PluginNames, Rejections};
use super::template::BatchTemplate;
use super::tolerance::{ErrorPolicy, Traps};
use crate::config::connector::ErrorsConfig;
use crate::record::{Stage, TaskId};

mod commit;
mod guest;
mod isolation;
mod put;
mod rebalance;
mod requests;

/// What a sink task is made of.
pub struct SinkParts {
    /// Where records come from.
    pub consumer: Box<dyn Consume>,
    /// The runs of the chain, in order.
    pub transforms: Vec<Box<dyn Transform>>,
    /// The guest that takes them.
    pub sink: Box<dyn Sink>,
    /// Where rejected records go, if anywhere.
    pub dead_letters: Option<DeadLetters>,
    /// What is counted.
    pub metrics: Arc<TaskMetrics>,
}

/// The settings of a task.
#[derive(Debug, Clone)]
pub struct TaskSettings {
    /// Which task.
    pub id: TaskId,
    /// The `errors.*` keys.
    pub errors: ErrorsConfig,
    /// How often settled offsets are committed or stored, `offset.flush.interval.ms`.
    pub commit_interval: Duration,
    /// How long that may take, `offset.flush.timeout.ms`.
    pub commit_timeout: Duration,
    /// How often an idle guest is called, `airlock.tick.ms`.
    pub tick: Duration,
    /// The most rows that a source is asked for at once.
    pub batch_max_rows: u32,
    /// About the most bytes that a source is asked for at once, `airlock.batch.max.bytes`.
    pub batch_max_bytes: u32,
    /// What the search for the rows that a guest traps on may use.
    pub isolation: IsolationBudget,
    /// The names of the plugins, for dead letters and errors.
    pub names: PluginNames,
    /// How batches are made.
    pub template: BatchTemplate,
}

/// A running sink task.
pub struct SinkTask {
    settings: TaskSettings,
    control: TaskControl,
    policy: ErrorPolicy,
    consumer: Box<dyn Consume>,
    chain: Chain,
    sink: Box<dyn Sink>,
    rejections: Rejections,
    metrics: Arc<TaskMetrics>,
    offsets: SinkOffsets,
    traps: Traps,
    /// What is suspected after a trap.
    suspicion: Option<isolation::Suspicion>,
    requests: requests::Requests,
    state: TargetState,
    /// How often the consumer was sent elsewhere: a batch polled before that is not to be put after it.
    moves: u64,
    next_tick: Instant,
    next_commit: Instant,
}

impl SinkTask {
    /// Makes a task. Nothing is called before [`SinkTask::run`].
    pub fn new(settings: TaskSettings, parts: SinkParts, control: TaskControl) -> Self {
        let policy = ErrorPolicy::new(settings.errors.clone(), control.shutdown.clone());
        Self::with_policy(settings, parts, control, policy)
    }

    /// Makes a task whose random waits are given.
    #[allow(clippy::too_many_arguments, reason = "a constructor of four parts")]
    pub fn with_policy(settings: TaskSettings, parts: SinkParts, control: TaskControl, policy: ErrorPolicy) -> Self {
        let task = settings.id.to_string();
        Self {
            rejections: Rejections { task, names: settings.names.clone(), dead_letters: parts.dead_letters },
            next_tick: Instant::now() + settings.tick,
            next_commit: Instant::now() + settings.commit_interval,
            settings,
            control,
            policy,
            consumer: parts.consumer,
            chain: Chain::new(parts.transforms),
            sink: parts.sink,
            metrics: parts.metrics,
            offsets: SinkOffsets::default(),
            traps: Traps::default(),
            suspicion: None,
            requests: requests::Requests::default(),
            state: TargetState::Running,
            moves: 0,
        }
    }

    /// Runs until shutdown (ok) or failure, and ends cleanly in either case: what is settled is committed.
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
        self.end().await;
        match outcome {
            Ok(()) | Err(Stop::Shutdown) => Ok(()),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    async fn move_records(&mut self) -> Result<(), Stop> {
        while let Some(polled) = self.next_batch().await? {
            let Some(decoded) = self.decode(polled).await? else { continue };
            let Some(mut transformed) = self.transform(decoded).await? else { continue };
            self.rejections.check(&mut transformed, &mut self.policy, &self.metrics).await?;
            let Some(mut batch) = self.deliver(transformed).await? else { continue };
            self.rejections.report(&mut batch, &mut self.policy, &self.metrics).await?;
            self.offsets.settled(&batch); // Invariant 1: after delivery and report.
            self.metrics.count(&batch.counts());
            self.settings.template.recycle(batch);
            self.obey_requests().await?;
            self.commit_if_due().await?;
        }
        Ok(())
    }

    /// Decodes the records, once their schemas are there. None: the batch was given up.
    async fn decode(&mut self, mut batch: Batch) -> Result<Option<Batch>, Stop> {
        if Preparation::Decode.run(&batch, self).await? == Hand::GivenUp {
            return Ok(None);
        }
        batch.decode();
        Ok(Some(batch))
    }

    /// Runs the chain. None: the batch was given up.
    async fn transform(&mut self, batch: Batch) -> Result<Option<Batch>, Stop> {
        // The chain calls the task while it waits.
        let mut chain = std::mem::take(&mut self.chain);
        let transformed = chain.apply(batch, self).await;
        self.chain = chain;
        transformed
    }

    async fn start(&mut self) -> Result<(), Stop> {
        self.start_sink().await?;
        match self.control.target() {
            TargetState::Running => self.control.tell(TaskEvent::Running),
            TargetState::Paused => self.follow_target().await?,
        }
        Ok(())
    }

    /// Waits for records, and deals with everything else meanwhile. None: the task is to stop.
    async fn next_batch(&mut self) -> Result<Option<Batch>, Stop> {
        loop {
            let polled = tokio::select! {
                biased;
                told = self.control.told() => match told {
                    Told::Stop => return Ok(None),
                    Told::Target => {
                        self.follow_target().await?;
                        continue;
                    }
                },
                () = sleep_until(self.next_tick) => {
                    self.tick().await?;
                    continue;
                }
                () = sleep_until(self.next_commit) => {
                    self.commit_if_due().await?;
                    continue;
                }
                polled = self.consumer.next() => polled,
            };
            match polled {
                Ok(Polled::Records(batch)) => {
                    self.offsets.polled(&batch);
                    self.metrics.records_polled.add(batch.total_rows() as u64);
                    return Ok(Some(batch));
                }
                Ok(event) => self.rebalance(event).await?,
                Err(error @ EdgeError::Fatal(_)) => return Err(at(Stage::KafkaConsume)(error)),
                Err(error @ EdgeError::Retriable(_)) => warn!(task = %self.settings.id, %error, "polling again"),
            }
        }
    }

    /// Pauses or goes on, as the target state says.
    async fn follow_target(&mut self) -> Result<(), Stop> {
        let target = self.control.target();
        if target == self.state {
            return Ok(());
        }
        self.state = target;
        info!(task = %self.settings.id, ?target, "the task follows its target state");
        let partitions = self.offsets.partitions();
        match target {
            TargetState::Paused => {
                self.consumer.pause(&partitions).await.map_err(at(Stage::KafkaConsume))?;
                self.rewind_unsettled().await?;
                self.control.tell(TaskEvent::Paused);
            }
            TargetState::Running => {
                let wanted: Vec<_> = partitions.into_iter().filter(|one| !self.requests.is_paused(one)).collect();
                self.consumer.resume(&wanted).await.map_err(at(Stage::KafkaConsume))?;
                self.control.tell(TaskEvent::Running);
            }
        }
        Ok(())
    }

    /// Commits, closes and stops, whatever happened before. Nothing here fails the task any more.
    async fn end(&mut self) {
        self.commit_before_close(None).await;
        let partitions = self.offsets.partitions();
        if !partitions.is_empty()
            && let Err(error) = self.sink.close(&partitions).await
        {
            debug!(task = %self.settings.id, %error, "the sink did not close its partitions");
        }
        self.sink.stop().await;
        self.consumer.close().await;
    }
}

#[cfg(test)]
mod tests;
