//! Fakes for the unit tests of tasks: they do what a script says and write down what they are asked. The
//! simulation in `tests/simulation` has fakes of its own, which fail at random.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::batch::{Batch, Call, Content, Contents, Form, NewRow, Section};
use super::control::{TargetState, TaskControl, TaskEvent};
use super::edges::*;
use super::isolation::IsolationBudget;
use super::metrics::TaskMetrics;
use super::rejections::PluginNames;
use super::sink_task::TaskSettings;
use super::template::BatchTemplate;
use crate::config::connector::{ErrorsConfig, Tolerance};
use crate::record::{CommitOffset, ComponentRef, ConnectorId, Digest, Offset, Part, TaskId, TopicPartition};

mod sink;
mod source;

pub(super) use sink::FakeSink;
pub(super) use source::FakeSource;

/// What happened, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    pub(super) fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    /// Returns the lines that begin with `word`.
    pub(super) fn of(&self, word: &str) -> Vec<String> {
        self.0.lock().unwrap().iter().filter(|line| line.starts_with(word)).cloned().collect()
    }
}

/// Answers for calls to come; the last one stays. With none left, all is well.
#[derive(Debug, Clone)]
pub(super) struct Script<T>(Arc<Mutex<VecDeque<T>>>);

impl<T> Script<T> {
    pub(super) fn new(answers: impl IntoIterator<Item = T>) -> Self {
        Self(Arc::new(Mutex::new(answers.into_iter().collect())))
    }

    pub(super) fn next(&self) -> Option<T> {
        self.0.lock().unwrap().pop_front()
    }
}

impl<T> Default for Script<T> {
    fn default() -> Self {
        Self::new([])
    }
}

pub(super) fn partition(number: i32) -> TopicPartition {
    TopicPartition::new("t", number)
}

pub(super) fn template() -> BatchTemplate {
    BatchTemplate { contents: Contents { key: Content::Text, value: Content::JSON }, ..BatchTemplate::default() }
}

/// A batch of partition 0 with these values from this offset on.
pub(super) fn batch(first: i64, values: &[&str]) -> Batch {
    let mut batch = template().batch();
    for (offset, value) in (first..).zip(values) {
        batch.push(NewRow {
            topic: "t",
            partition: 0,
            offset,
            timestamp: 1000 + offset,
            key: Some(b"k"),
            value: Some(value.as_bytes()),
            headers: &[("h", Some(b"1")), ("n", None)],
        });
    }
    batch
}

pub(super) fn settings(tolerance: Tolerance) -> TaskSettings {
    TaskSettings {
        id: TaskId { connector: ConnectorId::new("c"), task: 3 },
        errors: ErrorsConfig {
            retry_timeout: Some(Duration::ZERO),
            retry_delay_max: Duration::from_secs(60),
            tolerance,
            log_enable: true,
            log_include_messages: true,
        },
        commit_interval: Duration::from_secs(10),
        commit_timeout: Duration::from_secs(5),
        tick: Duration::from_secs(1),
        batch_max_rows: 100,
        batch_max_bytes: 1 << 20,
        names: PluginNames {
            key_converter: "StringConverter".to_owned(),
            value_converter: "JsonConverter".to_owned(),
            header_converter: "SimpleHeaderConverter".to_owned(),
            steps: vec![("mask".to_owned(), "MaskField".to_owned())],
            connector: "FakeConnector".to_owned(),
            components: [("MaskField".to_owned(), masks())].into(),
        },
        template: template(),
        isolation: IsolationBudget { calls: 200, cpu: Duration::from_secs(300) },
    }
}

/// The component that holds `MaskField`.
fn masks() -> ComponentRef {
    ComponentRef { name: "masks".into(), version: "1.2.0".into(), digest: Digest([0xab; 32]) }
}

/// The herder's end.
pub(super) struct Herder {
    pub(super) target: watch::Sender<TargetState>,
    pub(super) shutdown: CancellationToken,
    pub(super) events: mpsc::Receiver<TaskEvent>,
}

pub(super) fn control() -> (TaskControl, Herder) {
    let (target, seen) = watch::channel(TargetState::Running);
    let (sender, events) = mpsc::channel(100);
    let shutdown = CancellationToken::new();
    let control = TaskControl { target: seen, events: sender, shutdown: shutdown.clone() };
    (control, Herder { target, shutdown, events })
}

pub(super) fn metrics() -> Arc<TaskMetrics> {
    Arc::new(TaskMetrics::default())
}

/// A consumer of scripted events; then it waits forever.
#[derive(Default)]
pub(super) struct FakeConsumer {
    pub(super) journal: Journal,
    pub(super) polled: VecDeque<Polled>,
    pub(super) taken: VecDeque<Polled>,
    pub(super) commits: Script<EdgeError>,
    /// After the scripted events: values of partition 0 from offset 0 on, read again after a seek.
    pub(super) log: Vec<&'static str>,
    /// How many of them come at once, and where to go on.
    pub(super) at_once: usize,
    pub(super) position: usize,
}

#[async_trait]
impl Consume for FakeConsumer {
    async fn next(&mut self) -> Result<Polled, EdgeError> {
        match self.polled.pop_front() {
            Some(polled) => Ok(polled),
            None if self.position < self.log.len() => {
                let first = self.position;
                self.position = self.log.len().min(first + self.at_once);
                Ok(Polled::Records(batch(first as i64, &self.log[first..self.position])))
            }
            None => std::future::pending().await,
        }
    }

    async fn taken(&mut self) -> Result<Polled, EdgeError> {
        match self.taken.pop_front() {
            Some(polled) => Ok(polled),
            None => std::future::pending().await,
        }
    }

    async fn pause(&mut self, partitions: &[TopicPartition]) -> Result<(), EdgeError> {
        self.journal.write(format!("pause {partitions:?}"));
        Ok(())
    }

    async fn resume(&mut self, partitions: &[TopicPartition]) -> Result<(), EdgeError> {
        self.journal.write(format!("resume {partitions:?}"));
        Ok(())
    }

    async fn seek(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError> {
        self.journal.write(format!("seek {}", places(offsets)));
        self.position = offsets.iter().map(|(_, offset)| offset.0 as usize).next().unwrap_or(self.position);
        Ok(())
    }

    async fn commit(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError> {
        self.journal.write(format!("commit {}", places(offsets)));
        self.commits.next().map_or(Ok(()), Err)
    }

    async fn refetch(&mut self, _: &TopicPartition, offset: Offset) -> Result<Option<Batch>, EdgeError> {
        Ok(Some(batch(offset.0, &["1"])))
    }

    async fn close(&mut self) {
        self.journal.write("leave");
    }
}

fn places(offsets: &[(TopicPartition, CommitOffset)]) -> String {
    offsets.iter().map(|(partition, offset)| format!("{partition}@{}", offset.0)).collect::<Vec<_>>().join(" ")
}

/// A transform that rejects rows whose value is `"bad"` and traps on `"poison"`.
pub(super) struct Rejecting {
    /// How calls fail before that.
    pub(super) failures: Script<Option<CallError>>,
}

#[async_trait]
impl Transform for Rejecting {
    async fn apply(&mut self, mut batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        batch.open_call(Call { section, ..Call::default() }).unwrap();
        let values = batch.read(Part::Value, Form::Raw).unwrap();
        let mut data = values.data.as_slice();
        let mut take = |length: &i32| {
            let (value, rest) = data.split_at(*length as usize);
            data = rest;
            value
        };
        let values: Vec<&[u8]> = values.lengths.iter().map(&mut take).collect();
        let poison = values.contains(&b"\"poison\"".as_slice()).then(|| CallError::Trapped("it is poison".to_owned()));
        if let Some(error) = self.failures.next().flatten().or(poison) {
            batch.abort_call();
            return (batch, Err(error));
        }
        let bad = |(_, value): &(u32, &&[u8])| **value == b"\"bad\"";
        let rows: Vec<u32> = (0..).zip(&values).filter(bad).map(|(row, _)| row).collect();
        batch.reject(&rows, "it is bad".to_owned()).unwrap();
        batch.commit_call();
        (batch, Ok(()))
    }

    fn describe(&self, _: Option<u32>) -> String {
        "rejecting".to_owned()
    }

    fn cpu_used(&self) -> Duration {
        Duration::ZERO
    }
}

/// A producer that answers as scripted, one answer per record; it may take its time.
#[derive(Default)]
pub(super) struct FakeProducer {
    pub(super) journal: Journal,
    pub(super) answers: Script<Result<(), EdgeError>>,
    pub(super) sent: Mutex<Vec<Outgoing>>,
    pub(super) takes: Duration,
}

#[async_trait]
impl Produce for FakeProducer {
    async fn produce(&self, records: Vec<Outgoing>) -> Vec<Result<Written, EdgeError>> {
        self.journal.write(format!("produce {}", records.len()));
        tokio::time::sleep(self.takes).await;
        let mut answers = Vec::new();
        for record in records {
            let answer = self.answers.next().unwrap_or(Ok(()));
            let mut sent = self.sent.lock().unwrap();
            if answer.is_ok() {
                sent.push(record);
            }
            let offset = Offset(sent.len() as i64);
            answers.push(answer.map(|()| Written { partition: 0, offset }));
        }
        answers
    }
}

/// A store that fails as scripted.
#[derive(Default)]
pub(super) struct FakeOffsets {
    pub(super) journal: Journal,
    pub(super) failures: Script<EdgeError>,
}

#[async_trait]
impl OffsetStore for FakeOffsets {
    async fn read(&self, _: &str, partitions: &[String]) -> Result<Vec<Option<String>>, EdgeError> {
        Ok(vec![None; partitions.len()])
    }

    async fn store(&self, connector: &str, positions: &[SourcePosition]) -> Result<(), EdgeError> {
        let failure = self.failures.next();
        let verb = if failure.is_some() { "failed" } else { "stored" };
        for position in positions {
            self.journal.write(format!("{verb} {connector} {}", position.offset.as_deref().unwrap_or("-")));
        }
        failure.map_or(Ok(()), Err)
    }

    async fn of_connector(&self, _: &str) -> Result<Vec<SourcePosition>, EdgeError> {
        Ok(Vec::new())
    }
}
