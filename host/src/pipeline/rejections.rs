//! What happens to rejected rows: logged, sent to the dead letter topic where there is one, and then left out
//! or the end of the task, as `errors.tolerance` says.

use super::batch::{Batch, Rejected};
use super::dead_letter::{DeadLetters, Failing};
use super::failure::{Stop, TaskError};
use super::metrics::TaskMetrics;
use super::tolerance::ErrorPolicy;
use crate::record::Stage;

/// The class names of a task's plugins, for the headers of dead letters and for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginNames {
    /// The converter of keys.
    pub key_converter: String,
    /// The converter of values.
    pub value_converter: String,
    /// The transforms of the chain: alias and class.
    pub steps: Vec<(String, String)>,
    /// The connector's own class.
    pub connector: String,
}

impl PluginNames {
    /// Returns the class in which a rejection arose.
    pub(super) fn class(&self, stage: Stage, step: Option<u32>) -> &str {
        match (stage, self.step(step)) {
            (Stage::KeyConverter, _) => &self.key_converter,
            (Stage::ValueConverter, _) => &self.value_converter,
            (Stage::HeaderConverter, _) => "org.apache.kafka.connect.storage.SimpleHeaderConverter",
            (Stage::Transformation, Some((_, class))) => class,
            _ => &self.connector,
        }
    }

    /// Returns where a rejection arose, for people.
    pub(super) fn place(&self, stage: Stage, step: Option<u32>) -> String {
        match (stage, self.step(step)) {
            (Stage::Transformation, Some((alias, class))) => format!("step {alias} ({class})"),
            _ => self.class(stage, step).to_owned(),
        }
    }

    fn step(&self, step: Option<u32>) -> Option<&(String, String)> {
        self.steps.get(usize::try_from(step?).ok()?)
    }
}

/// Where rejected rows go.
pub(super) struct Rejections {
    pub(super) task: String,
    pub(super) names: PluginNames,
    pub(super) dead_letters: Option<DeadLetters>,
}

impl Rejections {
    /// Fails for a batch with rejected rows that aren't tolerated, after having reported them.
    pub(super) async fn check(
        &self,
        batch: &Batch,
        policy: &mut ErrorPolicy,
        metrics: &TaskMetrics,
    ) -> Result<(), Stop> {
        if policy.tolerates() || batch.rejected().next().is_none() {
            return Ok(());
        }
        self.report(batch, policy, metrics).await
    }

    /// Reports all rejected rows of a batch, and returns once all dead letters are acknowledged. Fails where
    /// they aren't tolerated.
    pub(super) async fn report(
        &self,
        batch: &Batch,
        policy: &mut ErrorPolicy,
        metrics: &TaskMetrics,
    ) -> Result<(), Stop> {
        let rejected: Vec<Rejected<'_>> = batch.rejected().collect();
        let Some(first) = rejected.first() else { return Ok(()) };
        rejected.iter().for_each(|row| policy.log(&self.task, row));
        if let Some(dead_letters) = &self.dead_letters {
            let failing = rejected.iter().map(|row| self.failing(row)).collect();
            dead_letters.send(failing, policy, metrics).await?;
        }
        if !policy.tolerates() {
            return Err(self.intolerable(first, batch).into());
        }
        metrics.records_skipped.add(rejected.len() as u64);
        Ok(())
    }

    fn failing<'a>(&'a self, row: &'a Rejected<'a>) -> Failing<'a> {
        let rejection = row.rejection;
        Failing {
            record: &row.record,
            rejection,
            class: self.names.class(rejection.stage, rejection.step),
            place: self.names.place(rejection.stage, rejection.step),
        }
    }

    fn intolerable(&self, row: &Rejected<'_>, batch: &Batch) -> TaskError {
        let (record, rejection) = (&row.record, row.rejection);
        let record = match batch.source_position(row.origin) {
            Some(position) => format!("source record {} {}", position.partition, position.offset.unwrap_or_default()),
            None => format!("{}-{}@{}", record.topic, record.partition, record.offset),
        };
        let place = self.names.place(rejection.stage, rejection.step);
        TaskError::Intolerable { record, stage: rejection.stage, place, reason: rejection.reason.clone() }
    }
}

/// Names the records of a batch, for people.
pub(super) fn span(batch: &Batch) -> String {
    let origins = batch.origins();
    match (origins.first(), origins.last()) {
        (Some(first), Some(last)) if first.offset >= 0 => format!(
            "{}-{}@{} to {}-{}@{}",
            first.topic, first.partition, first.offset, last.topic, last.partition, last.offset
        ),
        _ => format!("a batch of {} records", origins.len()),
    }
}
