//! The thread of a consumer: polls librdkafka, fills batches, and carries out rebalances and commands. The
//! only code that polls.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rdkafka::Message;
use rdkafka::consumer::Consumer;
use rdkafka::message::{BorrowedMessage, Headers};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error, warn};

use super::rebalances::Rebalance;
use super::shared::Shared;
use super::{Client, ConsumerSpec, Event};
use crate::kafka::error::{KafkaSetupError, ends_consumer, is_of_connection};
use crate::pipeline::batch::{Batch, HeaderRef, NewRow};
use crate::pipeline::edges::{EdgeError, Polled};
use crate::pipeline::template::BatchTemplate;
use crate::record::{CommitOffset, TopicPartition};

mod pauses;
mod rebalance;
mod seeks;

use pauses::Pauses;
use seeks::Seeks;

/// What the task's side asks of the thread.
pub(super) enum Command {
    /// Look for work.
    Wake,
    /// Send what there is and hold still.
    Hold,
    /// Go on at these positions, with these partitions paused.
    Continue {
        seek: Vec<(TopicPartition, CommitOffset)>,
        pause: Vec<TopicPartition>,
        reply: oneshot::Sender<Result<(), EdgeError>>,
    },
    /// Fetch these partitions again.
    Resume(Vec<TopicPartition>),
    /// Leave the group and end. Whoever waits hears of it.
    Close(Option<oneshot::Sender<()>>),
}

/// How long the thread sleeps at most; librdkafka wants to be polled now and then.
const NAP: Duration = Duration::from_millis(500);

/// The thread's state.
pub(super) struct Poller {
    client: Arc<Client>,
    inbox: Receiver<Command>,
    events: mpsc::UnboundedSender<Event>,
    shared: Arc<Shared>,
    template: BatchTemplate,
    max_rows: usize,
    max_bytes: usize,
    batch: Batch,
    held: bool,
    seeks: Seeks,
    pauses: Pauses,
    /// Partitions that go once the task has answered.
    revoking: Option<(rdkafka::TopicPartitionList, oneshot::Receiver<()>)>,
    rebalances: Vec<Rebalance>,
    closed: Option<Option<oneshot::Sender<()>>>,
}

impl Poller {
    pub(super) fn new(
        client: Arc<Client>,
        inbox: Receiver<Command>,
        events: mpsc::UnboundedSender<Event>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            client,
            inbox,
            events,
            shared,
            template: BatchTemplate::default(),
            max_rows: 0,
            max_bytes: 0,
            batch: Batch::default(),
            held: false,
            seeks: Seeks::default(),
            pauses: Pauses::default(),
            revoking: None,
            rebalances: Vec::new(),
            closed: None,
        }
    }

    /// Starts the thread.
    pub(super) fn spawn(mut self, spec: &ConsumerSpec, max_rows: usize) -> Result<(), KafkaSetupError> {
        self.template = spec.template.clone();
        self.batch = self.template.batch();
        self.max_rows = max_rows.max(1);
        self.max_bytes = spec.batch_max_bytes;
        let thread = std::thread::Builder::new().name("airlock-consumer".to_owned());
        match thread.spawn(move || self.run()) {
            Ok(_) => Ok(()),
            Err(error) => Err(KafkaSetupError::Client(format!("no thread for a consumer: {error}"))),
        }
    }

    fn run(mut self) {
        while self.closed.is_none() {
            self.step();
        }
        let Poller { client, events, closed, .. } = self;
        client.context().close();
        // Leaves the group, unless a commit that takes its time still holds the client.
        drop(client);
        drop(events);
        if let Some(Some(reply)) = closed {
            let _ = reply.send(());
        }
    }

    fn step(&mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            self.obey(command);
        }
        if self.revoking.is_some() {
            return self.finish_revoke();
        }
        if !self.rebalances.is_empty() {
            return self.rebalance();
        }
        if self.held {
            return self.sleep(NAP);
        }
        if let Some(nap) = self.seeks.seek(&self.client) {
            return self.poll_while_seeking(nap);
        }
        if self.shared.is_full() {
            return self.wait_for_room();
        }
        self.pauses.room(&self.client);
        self.fill();
    }

    /// Polls until there is nothing more or the batch is full.
    fn fill(&mut self) {
        while self.batch.total_rows() < self.max_rows {
            match self.client.poll(Duration::ZERO) {
                Some(Ok(record)) => {
                    // A record that would make the batch too large comes in the next one.
                    let size = record.payload_len() + record.key_len();
                    if self.batch.total_rows() > 0 && self.batch.byte_size() + size > self.max_bytes {
                        send_batch(&mut self.batch, &self.template, &self.shared, &self.events);
                    }
                    if let Err(error) = push(&mut self.batch, &record) {
                        self.fail(error)
                    }
                    if self.batch.byte_size() >= self.max_bytes {
                        break;
                    }
                }
                Some(Err(error)) => return self.met(&error),
                None => return self.rest(),
            }
        }
        self.send();
    }

    /// There is nothing to poll. What there is goes out at once when the task waits for it; otherwise it
    /// grows until the task comes back, so that the guest is called less often.
    fn rest(&mut self) {
        if self.has_served() {
            return;
        }
        if self.batch.total_rows() > 0 && self.shared.is_drained() {
            return self.send();
        }
        self.shared.fall_asleep();
        // What came after the last look would wake nobody.
        match self.client.poll(Duration::ZERO) {
            Some(Ok(record)) => {
                let pushed = push(&mut self.batch, &record);
                if let Err(error) = pushed {
                    drop(record);
                    self.fail(error);
                }
            }
            Some(Err(error)) => self.met(&error),
            None => {
                let waits = self.batch.total_rows() > 0 && self.shared.is_drained();
                if !waits && !self.has_served() {
                    self.sleep(NAP);
                }
            }
        }
        self.shared.stay_awake();
    }

    /// Returns whether a poll that brought no record did something else. Rebalances are noted.
    fn has_served(&mut self) -> bool {
        self.rebalances.extend(self.client.context().take());
        self.client.context().has_served() || !self.rebalances.is_empty()
    }

    fn sleep(&mut self, at_most: Duration) {
        match self.inbox.recv_timeout(at_most) {
            Ok(command) => self.obey(command),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.closed = Some(None),
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Wake => {}
            Command::Hold => {
                self.send();
                self.held = true;
                let _ = self.events.send(Event::Held);
            }
            Command::Continue { seek, pause, reply } => {
                self.held = false;
                self.pauses.pause(&self.client, pause);
                self.seeks.go_to(seek, reply);
                self.seeks.seek(&self.client);
            }
            Command::Resume(partitions) => self.pauses.resume(&self.client, &partitions),
            Command::Close(reply) => self.closed = Some(reply),
        }
    }

    fn send(&mut self) {
        send_batch(&mut self.batch, &self.template, &self.shared, &self.events);
    }

    /// Waits until the task has settled something. If that takes long, partitions are paused, so that
    /// librdkafka can be polled and rebalances go on.
    fn wait_for_room(&mut self) {
        if self.pauses.no_room(&self.client) {
            return self.poll_while_seeking(NAP);
        }
        self.shared.fall_asleep();
        if self.shared.is_full() {
            self.sleep(NAP);
        }
        self.shared.stay_awake();
    }

    /// Polls for events. Records may still come, of partitions that are neither sought nor paused.
    fn poll_while_seeking(&mut self, nap: Duration) {
        match self.client.poll(Duration::ZERO) {
            Some(Ok(record)) if self.seeks.is_sought(record.topic(), record.partition()) => {}
            Some(Ok(record)) => {
                if let Err(error) = push(&mut self.batch, &record) {
                    self.fail(error)
                }
            }
            Some(Err(error)) => self.met(&error),
            None => {
                if !self.has_served() {
                    self.shared.fall_asleep();
                    self.sleep(nap);
                    self.shared.stay_awake();
                }
            }
        }
    }

    /// librdkafka goes on by itself after most errors.
    fn met(&mut self, error: &rdkafka::error::KafkaError) {
        match ends_consumer(error) {
            true => self.fail(EdgeError::Fatal(format!("consuming: {error}"))),
            false if is_of_connection(error) => debug!(%error, "consuming, librdkafka goes on"),
            false => warn!(%error, "consuming, librdkafka goes on"),
        }
    }

    fn fail(&mut self, error: EdgeError) {
        error!(%error, "the consumer can't go on");
        let _ = self.events.send(Event::Failed(error));
        self.held = true;
    }
}

fn send_batch(batch: &mut Batch, template: &BatchTemplate, shared: &Shared, events: &mpsc::UnboundedSender<Event>) {
    if batch.total_rows() > 0 {
        let full = std::mem::replace(batch, template.batch());
        shared.sent(full.byte_size());
        let _ = events.send(Event::Polled(Polled::Records(full)));
    }
}

/// Copies a record into the batch.
pub(super) fn push(batch: &mut Batch, record: &BorrowedMessage<'_>) -> Result<(), EdgeError> {
    let headers = headers_of(record)?;
    batch.push(NewRow {
        topic: record.topic(),
        partition: record.partition(),
        offset: record.offset(),
        timestamp: record.timestamp().to_millis().unwrap_or(-1),
        key: record.key(),
        value: record.payload(),
        headers: &headers,
    });
    Ok(())
}

fn headers_of<'a>(record: &'a BorrowedMessage<'_>) -> Result<Vec<HeaderRef<'a>>, EdgeError> {
    let Some(headers) = record.headers() else { return Ok(Vec::new()) };
    // The binding panics at a name that is no UTF-8.
    let read = catch_unwind(AssertUnwindSafe(|| headers.iter().map(|header| (header.key, header.value)).collect()));
    read.map_err(|_| {
        let (topic, partition, offset) = (record.topic(), record.partition(), record.offset());
        EdgeError::Fatal(format!("{topic}-{partition}@{offset} has a header whose name is no UTF-8"))
    })
}
