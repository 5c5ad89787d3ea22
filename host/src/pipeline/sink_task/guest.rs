//! Starting the sink's guest, ticking it, and starting it again after a trap.

use tokio::time::Instant;
use tracing::warn;

use super::SinkTask;
use crate::pipeline::edges::{CallError, Sink};
use crate::pipeline::failure::{Stop, TaskError, at};
use crate::pipeline::tolerance::{Again, ErrorPolicy};
use crate::record::{CommitOffset, Stage, TopicPartition};

/// How a call of the guest ended that may be made again.
pub(super) enum Called {
    /// It succeeded.
    Done,
    /// The instance is gone.
    Gone(CallError),
}

impl SinkTask {
    /// Starts the guest for the first time.
    pub(super) async fn start_sink(&mut self) -> Result<(), Stop> {
        loop {
            match start(self.sink.as_mut(), &mut self.policy).await.map_err(|stop| self.named(stop))? {
                Called::Done => return Ok(()),
                Called::Gone(error) => {
                    let error = self.startup_loss(error)?;
                    self.note_loss(&error)?;
                }
            }
        }
    }

    /// Tells the guest which partitions came.
    pub(super) async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), Stop> {
        match open(self.sink.as_mut(), partitions, &mut self.policy).await.map_err(|stop| self.named(stop))? {
            Called::Done => self.obey_requests().await,
            Called::Gone(error) => self.restart_sink(error).await,
        }
    }

    /// Starts a fresh instance in the place of one that is gone. It may have buffered: everything that is not
    /// committed comes again.
    pub(super) async fn restart_sink(&mut self, error: CallError) -> Result<(), Stop> {
        self.suspect(&error)?;
        self.renew_sink(error).await?;
        self.rewind_uncommitted().await?;
        self.unpause_forgotten().await?;
        self.obey_requests().await
    }

    /// Starts a fresh instance where nothing that the one before had taken can be lost.
    pub(super) async fn renew_sink(&mut self, mut error: CallError) -> Result<(), Stop> {
        loop {
            self.note_loss(&error)?;
            self.requests.forget();
            self.sink.take_requests();
            let partitions = self.offsets.partitions();
            let started = start(self.sink.as_mut(), &mut self.policy).await;
            match started.map_err(|stop| self.named(stop))? {
                Called::Gone(again) => error = self.startup_loss(again)?,
                Called::Done if partitions.is_empty() => return Ok(()),
                Called::Done => {
                    let opened = open(self.sink.as_mut(), &partitions, &mut self.policy).await;
                    match opened.map_err(|stop| self.named(stop))? {
                        Called::Gone(again) => error = self.startup_loss(again)?,
                        Called::Done => return Ok(()),
                    }
                }
            }
        }
    }

    /// Goes back to what is committed.
    pub(super) async fn rewind_uncommitted(&mut self) -> Result<(), Stop> {
        let targets = self.offsets.rewind_targets();
        self.rewind(&targets).await
    }

    /// Goes back to the first record that is not settled: a batch was given up.
    pub(super) async fn rewind_unsettled(&mut self) -> Result<(), Stop> {
        let targets = self.offsets.unsettled_targets();
        self.rewind(&targets).await
    }

    async fn rewind(&mut self, targets: &[(TopicPartition, CommitOffset)]) -> Result<(), Stop> {
        if !targets.is_empty() {
            self.moves += 1;
            self.consumer.seek(targets).await.map_err(at(Stage::KafkaConsume))?;
            self.offsets.rewound(targets);
        }
        Ok(())
    }

    /// Calls the guest while it is idle.
    pub(super) async fn tick(&mut self) -> Result<(), Stop> {
        let batch = self.settings.template.batch();
        let (_, result) = self.sink.put(batch, None).await;
        self.next_tick = Instant::now() + self.settings.tick;
        match result {
            Ok(()) => self.obey_requests().await,
            Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => self.restart_sink(error).await,
            Err(error @ CallError::Retriable(_)) => {
                warn!(task = %self.settings.id, %error, "a tick failed, the next one comes");
                self.obey_requests().await
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    fn note_loss(&mut self, error: &CallError) -> Result<(), Stop> {
        self.metrics.restarts.add(1);
        if self.control.shutdown.is_cancelled() {
            return Err(Stop::Shutdown);
        }
        let guest = &self.settings.names.connector;
        warn!(task = %self.settings.id, guest, %error, "the sink is gone, starting it again");
        Ok(())
    }

    /// An instance was lost that had seen no rows yet.
    fn startup_loss(&mut self, error: CallError) -> Result<CallError, Stop> {
        if matches!(error, CallError::Trapped(_)) {
            self.count_unexplained(&error, self.in_hand())?;
        }
        Ok(error)
    }

    /// Names the first records that are not settled, for people.
    pub(super) fn in_hand(&self) -> String {
        describe(&self.offsets.unsettled_targets())
    }

    /// The third trap in ten minutes that no row is to blame for fails the task.
    pub(super) fn count_unexplained(&mut self, error: &CallError, records: String) -> Result<(), Stop> {
        let Some(times) = self.traps.too_many() else { return Ok(()) };
        let guest = self.settings.names.connector.clone();
        Err(TaskError::Traps { guest, times, records, error: error.clone() }.into())
    }

    /// Names the guest in an error of its own.
    pub(super) fn failed(&self, error: CallError) -> Stop {
        let guest = self.settings.names.connector.clone();
        TaskError::Guest { stage: Stage::TaskPut, guest, error }.into()
    }

    fn named(&self, stop: Stop) -> Stop {
        match stop {
            Stop::Failed(TaskError::Guest { stage, error, .. }) => {
                TaskError::Guest { stage, guest: self.settings.names.connector.clone(), error }.into()
            }
            other => other,
        }
    }
}

async fn start(sink: &mut dyn Sink, policy: &mut ErrorPolicy) -> Result<Called, Stop> {
    let mut attempts = policy.attempts();
    loop {
        match sorted(sink.start().await)? {
            Ok(called) => return Ok(called),
            Err(error) if policy.wait(&mut attempts).await? == Again::No => return Err(unnamed(error)),
            Err(_) => {}
        }
    }
}

async fn open(sink: &mut dyn Sink, partitions: &[TopicPartition], policy: &mut ErrorPolicy) -> Result<Called, Stop> {
    let mut attempts = policy.attempts();
    loop {
        match sorted(sink.open(partitions).await)? {
            Ok(called) => return Ok(called),
            Err(error) if policy.wait(&mut attempts).await? == Again::No => return Err(unnamed(error)),
            Err(_) => {}
        }
    }
}

/// Sorts the answer of a call: the inner error may be tried again.
fn sorted(answer: Result<(), CallError>) -> Result<Result<Called, CallError>, Stop> {
    match answer {
        Ok(()) => Ok(Ok(Called::Done)),
        Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => Ok(Ok(Called::Gone(error))),
        Err(error @ CallError::Retriable(_)) => Ok(Err(error)),
        Err(error) => Err(unnamed(error)),
    }
}

fn unnamed(error: CallError) -> Stop {
    TaskError::Guest { stage: Stage::TaskPut, guest: String::new(), error }.into()
}

fn describe(targets: &[(TopicPartition, CommitOffset)]) -> String {
    let named: Vec<String> = targets.iter().map(|(partition, offset)| format!("{partition}@{}", offset.0)).collect();
    if named.is_empty() { "no record".to_owned() } else { format!("{} and after", named.join(", ")) }
}
