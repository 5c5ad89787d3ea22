//! Waits for the records and accounts for each.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use airlock_tests::airlock::{Rest, wait_with};
use airlock_tests::standalone::whole_lines;
use airlock_tests::topic::Consumed;
use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{HEARTBEATS, MALFORMED, Stage, show};

/// The dead letter topic.
pub(crate) const DEAD_LETTERS: &str = "dead-letters";

const WITHIN: Duration = Duration::from_secs(60);
/// All records come out within a tenth of a second or two: looking seldom would tell nothing of their speed.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What came out.
pub(crate) struct Outcome {
    /// The lines of the sink's file.
    pub(crate) delivered: Vec<String>,
    /// Records that the chain discarded, as the worker counts them.
    pub(crate) discarded: usize,
    /// Records that became dead letters, as the worker counts them.
    pub(crate) dead: usize,
    /// How fast.
    pub(crate) pace: Pace,
}

/// How fast the records came out, as seen from outside.
pub(crate) struct Pace {
    /// From the sink's creation to the look that first saw records.
    pub(crate) waited: Duration,
    /// From that look to the one that saw the last.
    pub(crate) took: Duration,
    /// How many came out in between.
    pub(crate) records: usize,
}

impl Outcome {
    fn look(stage: &Stage, rest: &Rest) -> Result<Self> {
        let label = "connector=\"redacted\"";
        Ok(Self {
            delivered: whole_lines(&fs::read(stage.path("redacted.ndjson")).unwrap_or_default()),
            discarded: rest.metric("airlock_task_records_discarded_total", label)? as usize,
            dead: rest.metric("airlock_task_records_dead_lettered_total", label)? as usize,
            pace: Pace { waited: Duration::ZERO, took: Duration::ZERO, records: 0 },
        })
    }

    fn accounted(&self) -> usize {
        self.delivered.len() + self.discarded + self.dead
    }
}

/// Waits until as many records came out as went in, showing progress.
pub(crate) fn wait(stage: &Stage, rest: &Rest) -> Result<Outcome> {
    let progress = show::progress(stage.total());
    let begun = Instant::now();
    let mut first: Option<(Instant, usize)> = None;
    let mut outcome = Outcome::look(stage, rest)?;
    let all = wait_with(WITHIN, LOOK_EVERY, || {
        outcome = Outcome::look(stage, rest)?;
        let accounted = outcome.accounted();
        progress.set_position(accounted as u64);
        if accounted > 0 {
            let (since, before) = *first.get_or_insert((Instant::now(), accounted));
            outcome.pace = Pace { waited: since - begun, took: since.elapsed(), records: accounted - before };
        }
        Ok(accounted >= stage.total())
    });
    progress.finish_and_clear();
    all.with_context(|| {
        let status = rest.get("/connectors/redacted/status").map_or_else(|error| error.to_string(), |found| found.text);
        format!("only {} of {} records came out: {status}", outcome.accounted(), stage.total())
    })?;
    Ok(outcome)
}

/// Checks that each input record was delivered, discarded or dead-lettered, and changed as it should be.
pub(crate) fn all_accounted(stage: &Stage, outcome: &Outcome, letters: &[Consumed]) -> Result<()> {
    ensure!(outcome.discarded == HEARTBEATS, "{} records were discarded, not {HEARTBEATS}", outcome.discarded);
    ensure!(letters.len() == 1 && outcome.dead == 1, "there are {} dead letters, not 1", letters.len());
    for letter in letters {
        let value = letter.value.as_deref();
        ensure!(value == Some(MALFORMED), "the dead letter isn't the malformed record: {value:?}");
        let stage = letter.header("__connect.errors.stage");
        ensure!(stage == Some("VALUE_CONVERTER"), "the dead letter's stage is {stage:?}");
    }
    let mut delivered: HashMap<String, Value> = HashMap::new();
    for line in &outcome.delivered {
        let record: Value = serde_json::from_str(line).with_context(|| format!("the sink wrote no JSON: {line}"))?;
        delivered.insert(identity(&record, "scheduled"), record);
    }
    for line in stage.flights.iter().filter(|line| *line != MALFORMED) {
        let before: Value = serde_json::from_str(line)?;
        let after = delivered.get(&identity(&before, "time_hour")).with_context(|| format!("lost: {line}"))?;
        compare(&before, after).with_context(|| format!("{line} became {after}"))?;
    }
    Ok(())
}

/// What makes a flight unique.
fn identity(flight: &Value, time: &str) -> String {
    format!("{} {} {} {}", flight["carrier"], flight["flight"], flight["origin"], flight[time])
}

fn compare(before: &Value, after: &Value) -> Result<()> {
    let gone = ["year", "month", "day", "hour", "minute", "time_hour"];
    ensure!(gone.iter().all(|field| after.get(field).is_none()), "a field should be gone");
    ensure!(after["scheduled"] == before["time_hour"], "time_hour should be called scheduled");
    let tail = &after["tailnum"];
    ensure!(if before["tailnum"].is_null() { tail.is_null() } else { tail == "[redacted]" }, "tailnum isn't redacted");
    let untouched = ["dep_time", "dep_delay", "carrier", "flight", "origin", "dest", "distance"];
    ensure!(untouched.iter().all(|field| before[field] == after[field]), "a field changed that nobody touched");
    Ok(())
}
