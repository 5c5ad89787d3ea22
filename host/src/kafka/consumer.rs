//! A sink task's consumer. A thread of its own (`poller`) polls librdkafka and sends what comes over a
//! channel; the task's side, here, never polls. The bytes between poll and settlement are bounded by the
//! task's budget: the thread stops polling when it is used up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc as blocking;

use async_trait::async_trait;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::sync::{mpsc, oneshot};

use super::client_config::ClientSettings;
use super::error::{KafkaSetupError, sort};
use super::mock::DevCluster;
use crate::config::connector::Topics;
use crate::pipeline::batch::Batch;
use crate::pipeline::edges::{Consume, EdgeError, Polled};
use crate::pipeline::template::BatchTemplate;
use crate::record::{CommitOffset, Offset, TopicPartition};

mod dev;
pub(super) mod lists;
mod pattern;
mod poller;
mod rebalances;
mod refetch;
mod shared;

use dev::DevReader;
use lists::to_list;
use poller::{Command, Poller};
use rebalances::Rebalances;
use shared::Shared;

type Client = BaseConsumer<Rebalances>;

/// What a sink task consumes, and how much at once.
#[derive(Debug, Clone)]
pub struct ConsumerSpec {
    /// The topics.
    pub topics: Topics,
    /// How batches are made.
    pub template: BatchTemplate,
    /// The most bytes of a batch; a larger record travels alone (`airlock.batch.max.bytes`).
    pub batch_max_bytes: usize,
    /// The most bytes between poll and settlement (`airlock.task.buffer.bytes`).
    pub buffer_bytes: usize,
    /// The cluster, if it is the one in this process: it wants to know who reads.
    pub dev: Option<DevCluster>,
}

/// What the thread sends.
#[expect(clippy::large_enum_variant, reason = "as for `Polled`")]
enum Event {
    Polled(Polled),
    /// It holds still: no records come before the next [`Command::Continue`].
    Held,
    Failed(EdgeError),
}

/// A consumer in the group `connect-<name>`.
pub struct KafkaConsumer {
    settings: ClientSettings,
    template: BatchTemplate,
    client: Option<Arc<Client>>,
    commands: blocking::Sender<Command>,
    events: mpsc::UnboundedReceiver<Event>,
    shared: Arc<Shared>,
    /// Taken from the channel and not yet returned.
    pending: VecDeque<Polled>,
    /// The bytes of the records returned last.
    returned_bytes: usize,
    rewind: Rewind,
    dev: Option<DevReader>,
}

/// A change of positions under way. It is kept here so that a cancelled call can be finished by the next.
#[derive(Default)]
struct Rewind {
    /// Where to go on. What was asked for wins over the first record that was dropped.
    targets: BTreeMap<TopicPartition, CommitOffset>,
    pause: Vec<TopicPartition>,
    stage: RewindStage,
}

#[derive(Default)]
enum RewindStage {
    /// Nothing was sent to the thread yet.
    #[default]
    Idle,
    /// The thread was told to hold still.
    Holding,
    /// It holds still; everything fetched before was dropped.
    Held,
    /// It was told where to go on.
    Continuing(oneshot::Receiver<Result<(), EdgeError>>),
}

impl KafkaConsumer {
    /// Joins the group and starts the thread.
    ///
    /// # Errors
    /// Says which key or which topics can't be used.
    pub fn start(settings: ClientSettings, spec: ConsumerSpec) -> Result<Self, KafkaSetupError> {
        settings.log_notes();
        let (commands, inbox) = blocking::channel();
        let (sender, events) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::new(spec.buffer_bytes));
        let context = Rebalances::new(settings.client_id());
        let mut client: Client = settings.to_rdkafka().create_with_context(context)?;
        let (waker, wake) = (Arc::clone(&shared), commands.clone());
        client.set_nonempty_callback(move || waker.wake(&wake));
        let group = settings.get("group.id").unwrap_or_default().to_owned();
        let dev = spec.dev.clone().map(|cluster| DevReader::new(cluster, group));
        let topics = subscription(&spec.topics)?;
        client.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
        let client = Arc::new(client);
        let poller = Poller::new(Arc::clone(&client), inbox, sender, Arc::clone(&shared));
        poller.spawn(&spec, settings.max_poll_records())?;
        Ok(Self {
            settings,
            template: spec.template,
            client: Some(client),
            commands,
            events,
            shared,
            pending: VecDeque::new(),
            returned_bytes: 0,
            rewind: Rewind::default(),
            dev,
        })
    }

    fn send(&self, command: Command) -> Result<(), EdgeError> {
        self.commands.send(command).map_err(|_| closed())
    }

    async fn receive(&mut self) -> Result<Polled, EdgeError> {
        loop {
            match self.events.recv().await.ok_or_else(closed)? {
                Event::Polled(polled) => {
                    if matches!(polled, Polled::Records(_)) {
                        self.shared.taken(&self.commands);
                    }
                    return Ok(polled);
                }
                Event::Failed(error) => return Err(error),
                Event::Held => {
                    if matches!(self.rewind.stage, RewindStage::Holding) {
                        self.rewind.stage = RewindStage::Held;
                        self.drop_pending_records();
                        self.finish_held()?;
                    }
                }
            }
        }
    }

    /// Finishes a change of positions: holds the thread, drops what was fetched, and goes on elsewhere.
    async fn finish_rewind(&mut self) -> Result<(), EdgeError> {
        loop {
            match &mut self.rewind.stage {
                RewindStage::Idle if self.rewind.targets.is_empty() && self.rewind.pause.is_empty() => return Ok(()),
                RewindStage::Idle => {
                    self.send(Command::Hold)?;
                    self.rewind.stage = RewindStage::Holding;
                }
                RewindStage::Holding => match self.events.recv().await.ok_or_else(closed)? {
                    Event::Held => self.rewind.stage = RewindStage::Held,
                    Event::Failed(error) => return Err(error),
                    Event::Polled(polled) => {
                        if matches!(polled, Polled::Records(_)) {
                            self.shared.taken(&self.commands);
                        }
                        self.pending.push_back(polled);
                    }
                },
                RewindStage::Held => {
                    self.drop_pending_records();
                    self.finish_held()?;
                }
                RewindStage::Continuing(reply) => {
                    let answer = reply.await.map_err(|_| closed())?;
                    self.rewind = Rewind::default();
                    return answer;
                }
            }
        }
    }

    fn finish_held(&mut self) -> Result<(), EdgeError> {
        let (reply, answer) = oneshot::channel();
        let seek = self.rewind.targets.iter().map(|(partition, offset)| (partition.clone(), *offset)).collect();
        self.send(Command::Continue { seek, pause: self.rewind.pause.clone(), reply })?;
        self.rewind.stage = RewindStage::Continuing(answer);
        Ok(())
    }

    fn drop_pending_records(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for polled in pending {
            match polled {
                Polled::Records(batch) => self.drop_records(&batch),
                other => self.pending.push_back(other),
            }
        }
    }

    /// Drops records that the task has not seen; they are fetched again from the first of each partition.
    fn drop_records(&mut self, batch: &Batch) {
        self.shared.release(batch.byte_size(), &self.commands);
        for origin in batch.origins() {
            let partition = TopicPartition::new(origin.topic, origin.partition);
            self.rewind.targets.entry(partition).or_insert(CommitOffset(origin.offset));
        }
    }

    /// Brings partitions that go before everything that was fetched.
    fn take_away(&mut self, polled: Polled) -> Polled {
        self.shared.taking_is_over();
        self.drop_pending_records();
        if let Polled::Revoked { partitions, .. } | Polled::Lost(partitions) = &polled {
            self.dev.iter_mut().for_each(|reader| reader.left(partitions));
            self.rewind.targets.retain(|partition, _| !partitions.contains(partition));
            self.rewind.pause.retain(|partition| !partitions.contains(partition));
            for assigned in &mut self.pending {
                if let Polled::Assigned(assigned) = assigned {
                    assigned.retain(|partition| !partitions.contains(partition));
                }
            }
        }
        polled
    }

    fn give(&mut self, polled: Polled) -> Polled {
        match &polled {
            Polled::Records(batch) => self.returned_bytes = batch.byte_size(),
            Polled::Assigned(partitions) => self.dev.iter_mut().for_each(|reader| reader.joined(partitions)),
            Polled::Revoked { .. } | Polled::Lost(_) => {}
        }
        polled
    }
}

#[async_trait]
impl Consume for KafkaConsumer {
    async fn next(&mut self) -> Result<Polled, EdgeError> {
        self.shared.release(std::mem::take(&mut self.returned_bytes), &self.commands);
        loop {
            if self.shared.is_taking() {
                return self.taken().await;
            }
            self.finish_rewind().await?;
            if let Some(polled) = self.pending.pop_front() {
                return Ok(self.give(polled));
            }
            match self.receive().await? {
                taken @ (Polled::Revoked { .. } | Polled::Lost(_)) => return Ok(self.take_away(taken)),
                polled => self.pending.push_back(polled),
            }
        }
    }

    async fn taken(&mut self) -> Result<Polled, EdgeError> {
        let goes = |polled: &Polled| matches!(polled, Polled::Revoked { .. } | Polled::Lost(_));
        if let Some(position) = self.pending.iter().position(goes)
            && let Some(polled) = self.pending.remove(position)
        {
            return Ok(self.take_away(polled));
        }
        loop {
            match self.receive().await? {
                taken @ (Polled::Revoked { .. } | Polled::Lost(_)) => return Ok(self.take_away(taken)),
                polled => self.pending.push_back(polled),
            }
        }
    }

    async fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), EdgeError> {
        self.rewind.pause.extend_from_slice(partitions);
        self.finish_rewind().await
    }

    async fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), EdgeError> {
        self.rewind.pause.retain(|partition| !partitions.contains(partition));
        self.send(Command::Resume(partitions.to_vec()))
    }

    async fn seek(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError> {
        self.finish_rewind().await?;
        self.rewind.targets.extend(offsets.iter().cloned());
        self.finish_rewind().await
    }

    async fn commit(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError> {
        let Some(client) = self.client.clone() else { return Err(closed()) };
        let list = to_list(offsets);
        let commit = tokio::task::spawn_blocking(move || client.commit(&list, CommitMode::Sync));
        match commit.await.map_err(|_| closed())? {
            // Nothing to commit is committed.
            Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {
                self.dev.iter().for_each(|reader| reader.committed(offsets));
                Ok(())
            }
            Err(error) => Err(sort("committing offsets", &error)),
        }
    }

    async fn refetch(&mut self, partition: &TopicPartition, offset: Offset) -> Result<Option<Batch>, EdgeError> {
        let (settings, template, partition) = (self.settings.clone(), self.template.clone(), partition.clone());
        let fetch = tokio::task::spawn_blocking(move || refetch::refetch(&settings, &template, &partition, offset));
        fetch.await.map_err(|_| closed())?
    }

    async fn close(&mut self) {
        // The thread's reference must be the last: the client is closed where it is dropped, and that blocks.
        self.client = None;
        let (reply, done) = oneshot::channel();
        if self.send(Command::Close(Some(reply))).is_ok() {
            let _ = done.await;
        }
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        self.client = None;
        let _ = self.commands.send(Command::Close(None));
    }
}

fn closed() -> EdgeError {
    EdgeError::Fatal("the consumer is closed".to_owned())
}

fn subscription(topics: &Topics) -> Result<Vec<String>, KafkaSetupError> {
    match topics {
        Topics::List(names) => Ok(names.clone()),
        Topics::Pattern(java) => Ok(vec![pattern::subscription(java).map_err(KafkaSetupError::Key)?]),
    }
}

#[cfg(test)]
mod tests;
