//! A rejected record becomes a dead letter: the bytes that were consumed, or what a source's poll appended, with `__connect.errors.*` headers
//! that say what happened, and `__airlock.errors.*` ones that say in which component. Does not create the topic; see `kafka::admin`.

use std::sync::Arc;

use tracing::warn;

use super::batch::{OriginalRecord, Rejection};
use super::edges::{EdgeError, Outgoing, Produce, SourcePosition};
use super::failure::{Stop, TaskError};
use super::metrics::TaskMetrics;
use super::rejections::PluginNames;
use super::tolerance::{Again, ErrorPolicy};
use crate::record::{Stage, TaskId};

/// A task's dead letters.
pub struct DeadLetters {
    producer: Arc<dyn Produce>,
    topic: String,
    task: TaskId,
    headers: ContextHeaders,
}

/// Whether dead letters say what happened, `errors.deadletterqueue.context.headers.enable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextHeaders {
    /// They do.
    Added,
    /// They are the consumed records as they are.
    None,
}

/// A record that failed, and where.
pub(super) struct Failing<'a> {
    pub(super) record: &'a OriginalRecord<'a>,
    pub(super) rejection: &'a Rejection,
    /// Where in its source the record came from.
    pub(super) source: Option<SourcePosition>,
    /// The class of the plugin or converter.
    pub(super) class: &'a str,
    /// What is known of the task's plugins.
    pub(super) names: &'a PluginNames,
    /// The class, for people.
    pub(super) place: String,
}

impl DeadLetters {
    /// Sends dead letters of `task` to `topic`.
    pub fn new(producer: Arc<dyn Produce>, topic: &str, task: TaskId, headers: ContextHeaders) -> Self {
        Self { producer, topic: topic.to_owned(), task, headers }
    }

    /// Sends dead letters and waits until all are acknowledged: only then are their records settled
    /// (Invariant 1).
    pub(super) async fn send(
        &self,
        failing: Vec<Failing<'_>>,
        policy: &mut ErrorPolicy,
        metrics: &TaskMetrics,
    ) -> Result<(), Stop> {
        let mut left: Vec<Outgoing> = failing.iter().map(|one| self.dead_letter(one)).collect();
        let mut attempts = policy.endless_attempts();
        loop {
            let answers = policy.unless_stopped(self.producer.produce(left.clone())).await?;
            let count = left.len();
            let failed: Vec<(Outgoing, EdgeError)> =
                left.into_iter().zip(answers).filter_map(|(record, answer)| Some((record, answer.err()?))).collect();
            metrics.dead_letters.add((count - failed.len()) as u64);
            let Some((_, error)) =
                failed.iter().find(|(_, error)| matches!(error, EdgeError::Fatal(_))).or(failed.first())
            else {
                return Ok(());
            };
            if matches!(error, EdgeError::Fatal(_)) {
                let error = EdgeError::Fatal(format!("the dead letter topic {} can't be written: {error}", self.topic));
                return Err(TaskError::Edge { stage: Stage::KafkaProduce, error }.into());
            }
            warn!(task = %self.task, topic = self.topic, %error, "dead letters were not acknowledged, trying again");
            metrics.retries.add(1);
            left = failed.into_iter().map(|(record, _)| record).collect();
            let _: Again = policy.wait(&mut attempts).await?;
        }
    }

    fn dead_letter(&self, failing: &Failing<'_>) -> Outgoing {
        let record = failing.record;
        let owned = |bytes: &[u8]| bytes.to_vec();
        let mut headers: Vec<(String, Option<Vec<u8>>)> =
            record.headers.iter().map(|(key, value)| ((*key).to_owned(), value.map(owned))).collect();
        if self.headers == ContextHeaders::Added {
            headers.extend(self.context(failing));
            headers.extend(further(failing));
        }
        Outgoing {
            topic: self.topic.clone(),
            partition: None,
            timestamp: Some(record.timestamp).filter(|timestamp| *timestamp >= 0),
            key: record.key.map(owned),
            value: record.value.map(owned),
            headers,
        }
    }

    /// Kafka's headers, in Kafka's order. A record that goes round twice has them twice, as there.
    fn context(&self, failing: &Failing<'_>) -> Vec<(String, Option<Vec<u8>>)> {
        let (record, rejection) = (failing.record, failing.rejection);
        let values = [
            ("topic", record.topic.to_owned()),
            ("partition", record.partition.to_string()),
            ("offset", record.offset.to_string()),
            ("connector.name", self.task.connector.name.to_string()),
            ("task.id", self.task.task.to_string()),
            ("stage", rejection.stage.as_str().to_owned()),
            ("class.name", failing.class.to_owned()),
            ("exception.class.name", rejection.exception.to_owned()),
            ("exception.message", rejection.reason.clone()),
            ("exception.stacktrace", stack_trace(failing)),
        ];
        values.map(|(name, text)| (format!("__connect.errors.{name}"), Some(text.into_bytes()))).to_vec()
    }
}

/// What Kafka has no headers for: the step, which component holds the plugin, and where in a source it was.
fn further(failing: &Failing<'_>) -> Vec<(String, Option<Vec<u8>>)> {
    let Failing { rejection, names, class, .. } = failing;
    let step = names.alias(rejection.step).map(str::to_owned);
    let index = step.as_ref().and(rejection.step).map(|index| index.to_string());
    let component = names.components.get(*class);
    let values = [
        ("step", step),
        ("step.index", index),
        ("component.name", component.map(|component| component.name.to_string())),
        ("component.version", component.map(|component| component.version.to_string())),
        ("component.digest", component.map(|component| component.digest.to_string())),
        ("source.partition", failing.source.as_ref().map(|source| source.partition.clone())),
        ("source.offset", failing.source.as_ref().and_then(|source| source.offset.clone())),
    ];
    let known = values.into_iter().filter_map(|(name, text)| Some((name, text?)));
    known.map(|(name, text)| (format!("__airlock.errors.{name}"), Some(text.into_bytes()))).collect()
}

/// The nearest thing to a Java stack trace: its first line, and the place.
fn stack_trace(failing: &Failing<'_>) -> String {
    let rejection = failing.rejection;
    format!("{}: {}\n\tat {}({})\n", rejection.exception, rejection.reason, failing.place, rejection.stage.as_str())
}

#[cfg(test)]
mod tests;
