//! Waits for the records and accounts for each.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use airlock_tests::airlock::Rest;
use anyhow::{Context, Result, bail, ensure};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;

use super::{HEARTBEATS, MALFORMED, Stage, lines, show};

/// The dead letter topic.
pub(crate) const DEAD_LETTERS: &str = "dead-letters";

const WITHIN: Duration = Duration::from_secs(60);

/// What came out.
pub(crate) struct Outcome {
    /// The lines of the sink's file.
    pub(crate) delivered: Vec<String>,
    /// Records that the chain discarded, as the worker counts them.
    pub(crate) discarded: usize,
    /// Records that became dead letters, as the worker counts them.
    pub(crate) dead: usize,
}

/// A record of the dead letter topic.
pub(crate) struct DeadLetter {
    pub(crate) value: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// Waits until as many records came out as went in, showing progress.
pub(crate) fn wait(stage: &Stage, rest: &Rest) -> Result<Outcome> {
    let progress = show::progress(stage.total());
    let deadline = Instant::now() + WITHIN;
    let label = "connector=\"redacted\"";
    loop {
        let delivered = lines(&stage.path("redacted.ndjson"));
        let discarded = rest.metric("airlock_task_records_discarded_total", label)? as usize;
        let dead = rest.metric("airlock_task_records_dead_lettered_total", label)? as usize;
        let accounted = delivered.len() + discarded + dead;
        progress.set_position(accounted as u64);
        if accounted >= stage.total() {
            progress.finish();
            return Ok(Outcome { delivered, discarded, dead });
        }
        if Instant::now() > deadline {
            let status = rest.get("/connectors/redacted/status")?.text;
            bail!("only {accounted} of {} records came out within {WITHIN:?}: {status}", stage.total());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Reads the dead letter topic.
pub(crate) fn dead_letters(servers: &str) -> Result<Vec<DeadLetter>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("group.id", "demo").set("enable.auto.commit", "false");
    config.set("enable.partition.eof", "true");
    let consumer: BaseConsumer = config.create()?;
    let metadata = consumer.fetch_metadata(Some(DEAD_LETTERS), Duration::from_secs(10))?;
    let partitions = metadata.topics().first().context("there is no dead letter topic")?.partitions().len();
    let mut assignment = TopicPartitionList::new();
    for partition in 0..partitions {
        assignment.add_partition_offset(DEAD_LETTERS, i32::try_from(partition)?, Offset::Beginning)?;
    }
    consumer.assign(&assignment)?;
    let (mut letters, mut ended) = (Vec::new(), 0);
    while ended < partitions {
        match consumer.poll(Duration::from_secs(10)).context("the dead letter topic can't be read")? {
            Ok(record) => letters.push(letter(&record)),
            Err(rdkafka::error::KafkaError::PartitionEOF(_)) => ended += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(letters)
}

fn letter(record: &impl Message) -> DeadLetter {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let headers = record
        .headers()
        .map(|headers| headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect::<Vec<_>>());
    DeadLetter { value: text(record.payload()), headers: headers.unwrap_or_default() }
}

/// Checks that each input record was delivered, discarded or dead-lettered, and changed as it should be.
pub(crate) fn all_accounted(stage: &Stage, outcome: &Outcome, letters: &[DeadLetter]) -> Result<()> {
    ensure!(outcome.discarded == HEARTBEATS, "{} records were discarded, not {HEARTBEATS}", outcome.discarded);
    ensure!(letters.len() == 1 && outcome.dead == 1, "there are {} dead letters, not 1", letters.len());
    for letter in letters {
        ensure!(letter.value == MALFORMED, "the dead letter isn't the malformed record: {}", letter.value);
        let stage = letter.headers.iter().find(|(key, _)| key == "__connect.errors.stage");
        let stage = stage.map(|(_, stage)| stage.as_str());
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
