//! What happens to rejected rows: logged, sent to the dead letter topic where there is one, and then left out
//! or the end of the task, as `errors.tolerance` says.

use std::collections::BTreeMap;
use std::ops::Range;

use super::batch::{Batch, Rejected, Rejection};
use super::dead_letter::{DeadLetters, Failing};
use super::edges::EdgeError;
use super::failure::{Stop, TaskError};
use super::metrics::TaskMetrics;
use super::tolerance::ErrorPolicy;
use crate::record::{ComponentRef, Stage};

/// Kafka's class for what fails without a class of its own: a trap, a sink's late report.
pub(super) const CONNECT_EXCEPTION: &str = "org.apache.kafka.connect.errors.ConnectException";

/// How many records an error names at most.
const NAMED: usize = 10;

/// The class names of a task's plugins, for the headers of dead letters and for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginNames {
    /// The converter of keys.
    pub key_converter: String,
    /// The converter of values.
    pub value_converter: String,
    /// The converter of headers.
    pub header_converter: String,
    /// The transforms of the chain: alias and class.
    pub steps: Vec<(String, String)>,
    /// The connector's own class.
    pub connector: String,
    /// The components that hold these classes; converters are in none.
    pub components: BTreeMap<String, ComponentRef>,
}

impl PluginNames {
    /// Returns the class in which a rejection arose.
    pub(super) fn class(&self, stage: Stage, step: Option<u32>) -> &str {
        match (stage, self.step(step)) {
            (Stage::KeyConverter, _) => &self.key_converter,
            (Stage::ValueConverter, _) => &self.value_converter,
            (Stage::HeaderConverter, _) => &self.header_converter,
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

    /// Returns the alias of a step of the chain.
    pub(super) fn alias(&self, step: Option<u32>) -> Option<&str> {
        self.step(step).map(|(alias, _)| alias.as_str())
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
        batch: &mut Batch,
        policy: &mut ErrorPolicy,
        metrics: &TaskMetrics,
    ) -> Result<(), Stop> {
        if policy.tolerates() || batch.rejected().next().is_none() {
            return Ok(());
        }
        self.report(batch, policy, metrics).await
    }

    /// Reports the rejected rows of a batch that were not reported before, and returns once all dead letters
    /// are acknowledged. Fails where they aren't tolerated.
    pub(super) async fn report(
        &self,
        batch: &mut Batch,
        policy: &mut ErrorPolicy,
        metrics: &TaskMetrics,
    ) -> Result<(), Stop> {
        let rejected: Vec<Rejected<'_>> = batch.unreported().collect();
        if rejected.is_empty() {
            return Ok(());
        }
        rejected.iter().for_each(|row| policy.log(&self.task, row));
        if let Some(dead_letters) = &self.dead_letters {
            let failing = rejected.iter().map(|row| self.failing(batch, row)).collect();
            dead_letters.send(failing, policy, metrics).await?;
        }
        if !policy.tolerates() {
            return Err(self.intolerable(&rejected, batch));
        }
        metrics.records_skipped.add(rejected.len() as u64);
        batch.set_reported();
        Ok(())
    }

    /// Reports the records of a source that Kafka refuses for good, each by the row that the poll appended, and
    /// returns once all dead letters are acknowledged.
    pub(super) async fn report_refused(
        &self,
        (batch, refused): (&Batch, &[(u32, EdgeError)]),
        policy: &mut ErrorPolicy,
        metrics: &TaskMetrics,
    ) -> Result<(), Stop> {
        let rejection = |error: &EdgeError| Rejection {
            stage: Stage::KafkaProduce,
            step: None,
            reason: error.to_string(),
            exception: CONNECT_EXCEPTION,
        };
        // What became of a record may be several rows, but it is one record that fails.
        let refused: BTreeMap<u32, Rejection> =
            refused.iter().map(|(origin, error)| (*origin, rejection(error))).collect();
        let rows = refused.iter().filter_map(|(origin, rejection)| {
            let record = batch.original(*origin)?;
            Some(Rejected { row: *origin, origin: *origin, rejection, record })
        });
        let rows: Vec<Rejected<'_>> = rows.collect();
        rows.iter().for_each(|row| policy.log(&self.task, row));
        let Some(dead_letters) = &self.dead_letters else { return Ok(()) };
        dead_letters.send(rows.iter().map(|row| self.failing(batch, row)).collect(), policy, metrics).await
    }

    fn failing<'a>(&'a self, batch: &Batch, row: &'a Rejected<'a>) -> Failing<'a> {
        let rejection = row.rejection;
        Failing {
            record: &row.record,
            source: batch.source_position(row.origin),
            rejection,
            class: self.names.class(rejection.stage, rejection.step),
            names: &self.names,
            place: self.names.place(rejection.stage, rejection.step),
        }
    }

    fn intolerable(&self, rows: &[Rejected<'_>], batch: &Batch) -> Stop {
        let Some(Rejected { origin, rejection, .. }) = rows.first() else { return Stop::Shutdown };
        let place = self.names.place(rejection.stage, rejection.step);
        let mut origins: Vec<u32> = rows.iter().map(|row| row.origin).filter(|other| other != origin).collect();
        origins.sort_unstable();
        origins.dedup();
        let named: Vec<String> = origins.iter().take(NAMED).map(|origin| name(batch, *origin)).collect();
        let others = match origins.len().saturating_sub(NAMED) {
            _ if origins.is_empty() => String::new(),
            0 => format!("; failed too: {}", named.join(", ")),
            more => format!("; failed too: {} and {more} more", named.join(", ")),
        };
        let (record, reason) = (name(batch, *origin), rejection.reason.clone());
        TaskError::Intolerable { record, stage: rejection.stage, place, reason, others }.into()
    }
}

/// Names the records of a batch that these live rows came from, for people; none: all records.
pub(super) fn span(batch: &Batch, section: Option<Range<u32>>) -> String {
    let all = || 0..u32::try_from(batch.origins().len()).unwrap_or(u32::MAX);
    let origins: Vec<u32> = match section {
        None => all().collect(),
        Some(section) => {
            let live = batch.live_origins();
            live.skip(section.start as usize).take(section.len()).collect()
        }
    };
    match (origins.first(), origins.last()) {
        (Some(first), Some(last)) if first == last => name(batch, *first),
        (Some(first), Some(last)) => format!("{} to {}", name(batch, *first), name(batch, *last)),
        _ => "no record".to_owned(),
    }
}

/// Names a record of a batch, for people: `topic-partition@offset`, or its position in a source.
fn name(batch: &Batch, origin: u32) -> String {
    match (batch.source_position(origin), batch.original(origin)) {
        (Some(position), _) => {
            format!("source record {} {}", position.partition, position.offset.unwrap_or_default())
        }
        (None, Some(record)) => format!("{}-{}@{}", record.topic, record.partition, record.offset),
        (None, None) => "no record".to_owned(),
    }
}
