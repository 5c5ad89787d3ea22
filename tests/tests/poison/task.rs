//! A sink task with real guests: its consumer reads from memory, its dead letter topic is a list.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use airlock::config::Properties;
use airlock::config::connector::{ErrorsConfig, Tolerance};
use airlock::pipeline::batch::{Batch, Content, Contents, NewRow};
use airlock::pipeline::control::{TargetState, TaskControl};
use airlock::pipeline::dead_letter::{ContextHeaders, DeadLetters};
use airlock::pipeline::edges::{Consume, EdgeError, Outgoing, Polled, Produce, Transform, Written};
use airlock::pipeline::isolation::IsolationBudget;
use airlock::pipeline::metrics::TaskMetrics;
use airlock::pipeline::sink_task::{SinkParts, SinkTask, TaskSettings};
use airlock::pipeline::template::BatchTemplate;
use airlock::pipeline::{PluginNames, TaskError};
use airlock::plugin::capability::{FilePolicy, GrantPolicy};
use airlock::plugin::guests::Surroundings;
use airlock::record::{CommitOffset, ConnectorId, Offset, TaskId, TopicPartition};
use airlock_tests::sandbox::Sandbox;
use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

const CONTENTS: Contents = Contents { key: Content::Text, value: Content::JSON };

/// What a task is to do.
pub(crate) struct Job {
    /// Where the components are.
    pub(crate) sandbox: Sandbox,
    /// Its `transforms.*` and `predicates.*` keys.
    pub(crate) chain: Value,
    /// The sink's keys besides its files.
    pub(crate) sink: Vec<(&'static str, &'static str)>,
    /// The records' values, and how many are polled at once.
    pub(crate) values: Vec<String>,
    pub(crate) at_once: usize,
    pub(crate) tolerance: Tolerance,
    pub(crate) isolation: IsolationBudget,
    /// Stop after this long, though not all is committed.
    pub(crate) within: Duration,
}

/// What it did.
pub(crate) struct Outcome {
    pub(crate) result: Result<(), TaskError>,
    /// Offsets of the dead letters and why they are, in order.
    pub(crate) letters: Vec<(i64, String)>,
    /// What the sink wrote, in order; what came again is left out.
    pub(crate) written: Vec<String>,
    pub(crate) committed: i64,
    /// The file that the sink wrote, as it is.
    pub(crate) text: String,
    pub(crate) metrics: Arc<TaskMetrics>,
}

impl Job {
    /// Numbered records, of which some get another value.
    pub(crate) fn new(sandbox: Sandbox, records: usize, odd: &[(usize, &str)]) -> Self {
        let value = |number: usize| match odd.iter().find(|(odd, _)| *odd == number) {
            Some((_, poison)) => format!("{{\"n\":{number},\"poison\":\"{poison}\"}}"),
            None => format!("{{\"n\":{number}}}"),
        };
        Self {
            sandbox,
            chain: json!({}),
            sink: Vec::new(),
            values: (0..records).map(value).collect(),
            at_once: 500,
            tolerance: Tolerance::All,
            isolation: IsolationBudget { calls: 200, cpu: Duration::from_secs(300) },
            within: Duration::from_secs(120),
        }
    }

    /// Runs the task until everything is committed, it fails, or the time is up.
    pub(crate) async fn run(self) -> Outcome {
        let task = TaskId { connector: ConnectorId::new("poison"), task: 0 };
        let folder = self.sandbox.folder().to_owned();
        let around = Surroundings {
            scope: task.to_string(),
            task: Some(task.clone()),
            policy: GrantPolicy { files: FilePolicy::new(vec![folder.clone()]), ..GrantPolicy::default() },
            ..Surroundings::default()
        };
        let mut guests = self.sandbox.chain_in(&self.chain, &around).unwrap();
        let names = names(&self.chain);
        let mut transforms: Vec<Box<dyn Transform>> = Vec::new();
        for mut guest in guests.drain(..) {
            guest.start().await.unwrap();
            transforms.push(Box::new(guest));
        }
        let sink = self.sandbox.catalog.sink_guest("fragile.Sink", &self.sink_config(&folder), &around).unwrap();
        let (shutdown, letters) = (CancellationToken::new(), Letters::default());
        let log = Log::new(self.values, self.at_once, shutdown.clone());
        let (committed, metrics) = (Arc::clone(&log.committed), Arc::new(TaskMetrics::default()));
        let producer: Arc<dyn Produce> = Arc::new(letters.clone());
        let parts = SinkParts {
            consumer: Box::new(log),
            transforms,
            sink: Box::new(sink),
            dead_letters: Some(DeadLetters::new(producer, "dead", task.clone(), ContextHeaders::Added)),
            metrics: Arc::clone(&metrics),
        };
        let settings = settings((task, names), self.tolerance, self.isolation, &around);
        let (_target, target) = watch::channel(TargetState::Running);
        let (events, _heard) = mpsc::channel(10);
        let control = TaskControl { target, events, shutdown: shutdown.clone() };
        let running = SinkTask::new(settings, parts, control).run();
        let stop = async {
            tokio::time::sleep(self.within).await;
            shutdown.cancel();
            std::future::pending().await
        };
        let result = tokio::select! {
            result = running => result,
            () = stop => unreachable!(),
        };
        let letters = letters.0.lock().unwrap().iter().map(letter).collect();
        let committed = *committed.lock().unwrap();
        let text = std::fs::read_to_string(folder.join("out")).unwrap_or_default();
        Outcome { result, letters, written: written(&text), committed, text, metrics }
    }

    fn sink_config(&self, folder: &Path) -> Properties {
        let mut config: Properties =
            self.sink.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        for (key, file) in [("file", "out"), ("down", "down")] {
            config.insert(key.to_owned(), folder.join(file).to_string_lossy().into_owned());
        }
        config
    }
}

fn names(chain: &Value) -> PluginNames {
    let aliases = chain["transforms"].as_str().unwrap_or_default().split(',').filter(|alias| !alias.is_empty());
    let class = |alias: &str| chain[format!("transforms.{alias}.type")].as_str().unwrap().to_owned();
    PluginNames {
        steps: aliases.map(|alias| (alias.to_owned(), class(alias))).collect(),
        connector: "fragile.Sink".to_owned(),
        ..PluginNames::default()
    }
}

fn settings(
    (id, names): (TaskId, PluginNames),
    tolerance: Tolerance,
    isolation: IsolationBudget,
    around: &Surroundings,
) -> TaskSettings {
    TaskSettings {
        id,
        errors: ErrorsConfig {
            retry_timeout: Some(Duration::from_secs(1)),
            retry_delay_max: Duration::from_millis(300),
            tolerance,
            log_enable: false,
            log_include_messages: false,
        },
        commit_interval: Duration::from_millis(300),
        commit_timeout: Duration::from_secs(5),
        tick: Duration::from_millis(100),
        batch_max_rows: 500,
        batch_max_bytes: 1 << 20,
        isolation,
        names,
        template: BatchTemplate { contents: CONTENTS, schemas: around.schemas.clone(), ..BatchTemplate::default() },
    }
}

fn letter(record: &Outgoing) -> (i64, String) {
    let header = |name: &str| {
        let found = record.headers.iter().find(|(key, _)| key == &format!("__connect.errors.{name}"));
        String::from_utf8(found.unwrap().1.clone().unwrap()).unwrap()
    };
    let told = [header("stage"), header("class.name"), header("exception.message")].join(" ");
    (header("offset").parse().unwrap(), told)
}

fn written(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if !lines.iter().any(|earlier| earlier == line) {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Partition 0 of a topic.
struct Log {
    values: Vec<String>,
    at_once: usize,
    assigned: bool,
    position: usize,
    committed: Arc<Mutex<i64>>,
    /// Cancelled once everything is committed.
    done: CancellationToken,
}

impl Log {
    fn new(values: Vec<String>, at_once: usize, done: CancellationToken) -> Self {
        Self { values, at_once, assigned: false, position: 0, committed: Arc::default(), done }
    }

    fn batch(&self, offsets: std::ops::Range<usize>) -> Batch {
        let mut batch = Batch::new(CONTENTS);
        for offset in offsets {
            let value = Some(self.values[offset].as_bytes());
            let offset = offset as i64;
            batch.push(NewRow { topic: "t", partition: 0, offset, timestamp: 0, key: None, value, headers: &[] });
        }
        batch
    }
}

#[async_trait]
impl Consume for Log {
    async fn next(&mut self) -> Result<Polled, EdgeError> {
        if !std::mem::replace(&mut self.assigned, true) {
            return Ok(Polled::Assigned(vec![TopicPartition::new("t", 0)]));
        }
        let (first, end) = (self.position, self.values.len().min(self.position + self.at_once));
        if first == end {
            std::future::pending::<()>().await;
        }
        self.position = end;
        Ok(Polled::Records(self.batch(first..end)))
    }

    async fn taken(&mut self) -> Result<Polled, EdgeError> {
        std::future::pending().await
    }

    async fn pause(&mut self, _: &[TopicPartition]) -> Result<(), EdgeError> {
        Ok(())
    }

    async fn resume(&mut self, _: &[TopicPartition]) -> Result<(), EdgeError> {
        Ok(())
    }

    async fn seek(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError> {
        for (_, offset) in offsets {
            self.position = usize::try_from(offset.0).unwrap();
        }
        Ok(())
    }

    async fn commit(&mut self, offsets: &[(TopicPartition, CommitOffset)]) -> Result<(), EdgeError> {
        for (_, offset) in offsets {
            *self.committed.lock().unwrap() = offset.0;
            if offset.0 == self.values.len() as i64 {
                self.done.cancel();
            }
        }
        Ok(())
    }

    async fn refetch(&mut self, _: &TopicPartition, offset: Offset) -> Result<Option<Batch>, EdgeError> {
        let at = usize::try_from(offset.0).unwrap();
        Ok(Some(self.batch(at..at + 1)))
    }

    async fn close(&mut self) {}
}

/// The dead letter topic.
#[derive(Clone, Default)]
struct Letters(Arc<Mutex<Vec<Outgoing>>>);

#[async_trait]
impl Produce for Letters {
    async fn produce(&self, records: Vec<Outgoing>) -> Vec<Result<Written, EdgeError>> {
        let mut sent = self.0.lock().unwrap();
        let answers = records.iter().map(|_| Ok(Written { partition: 0, offset: Offset(0) })).collect();
        sent.extend(records);
        answers
    }
}
