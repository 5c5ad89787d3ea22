//! Puts cases to both sides and compares what they make of each record. Records go through Kafka's converters before
//! and after, so that both sides get the same and are compared by the same. A record that JSON can't hold isn't put to
//! either. What comes out of Java's class and can't go on to Kafka counts as rejected: Airlock has to reject it.

use anyhow::{Context as _, Result, bail};

use super::bridge::{Bridge, Bytes};
use super::case::{Answer, Case, Failure, Nulls, Outcome, Question, Verdict};
use super::client::Oracle;
use super::compare::{self, Difference};
use super::conversions;
use super::listed;
use super::notation::{Header, Record, Typed};
use super::ours::{self, Fate, Raw};
use crate::sandbox::Sandbox;

/// Both sides.
pub struct Trial<'a> {
    /// The sandbox with the plugins.
    pub sandbox: &'a Sandbox,
    /// Kafka's classes.
    pub oracle: Oracle,
    /// The converter of headers: `Header` or `Payload`.
    pub headers: Bridge,
}

/// What came of cases.
#[derive(Debug, Default)]
pub struct Tally {
    /// Records that were compared, and configurations that both sides refused.
    pub compared: usize,
    /// Records that no topic can have, and those of configurations that Airlock refuses for a reason that is listed.
    pub excluded: usize,
    /// Where the two sides part.
    pub found: Vec<Found>,
}

/// A difference.
#[derive(Debug)]
pub struct Found {
    /// The case, with the one record.
    pub case: Case,
    /// Where the results part.
    pub difference: Difference,
}

/// What one side made of a case's records; or it refused the configuration.
type Made = Result<Vec<Outcome>, Failure>;

/// A record as it comes back from Kafka, or why it can't go there.
type Through = Result<Record, &'static str>;

impl Trial<'_> {
    /// Compares what both sides make of cases.
    ///
    /// # Errors
    /// When a side fails in a way that isn't an answer.
    pub async fn run(&mut self, mut cases: Vec<Case>) -> Result<Tally> {
        let conversions = cases.extract_if(.., |case| matches!(case.question, Question::Converter(_)));
        let mut tally = conversions::run(&mut self.oracle, &conversions.collect::<Vec<_>>())?;
        self.send_through_kafka(&mut cases, &mut tally)?;
        cases.retain(|case| !records(case).is_empty());
        let answers = self.oracle.ask(&cases)?;
        for (case, answer) in cases.iter().zip(answers) {
            let wanted = self.normalized(case.nulls, answer)?;
            let found = self.ours(case).await.with_context(|| serde_json::to_string(case).unwrap_or_default())?;
            tally.compare(case, wanted, found);
        }
        Ok(tally)
    }

    /// Leaves those records in the cases that come out of Kafka's converters, as they come out.
    fn send_through_kafka(&mut self, cases: &mut [Case], tally: &mut Tally) -> Result<()> {
        for nulls in [Nulls::Replaced, Nulls::Kept] {
            let mut some: Vec<&mut Case> = cases.iter_mut().filter(|case| case.nulls == nulls).collect();
            let all = some.iter().flat_map(|case| records(case)).cloned().collect();
            let mut through = self.through_kafka(nulls, all)?.into_iter();
            for case in &mut some {
                let count = records(case).len();
                let kept: Vec<Record> = through.by_ref().take(count).flatten().collect();
                tally.excluded += count - kept.len();
                set_records(case, kept);
            }
        }
        Ok(())
    }

    fn through_kafka(&mut self, nulls: Nulls, mut records: Vec<Record>) -> Result<Vec<Through>> {
        let payloads = records.iter().flat_map(|record| [record.key.clone(), record.value.clone()]).collect();
        let headers = records.iter().flat_map(|record| &record.headers).map(|header| header.value.clone()).collect();
        let mut payloads = Bridge::Payload(nulls).round_trip(&mut self.oracle, payloads)?.into_iter();
        let mut headers = self.headers.round_trip(&mut self.oracle, headers)?.into_iter();
        let through = |mut record: Record| {
            let (key, value) = (payloads.next().flatten(), payloads.next().flatten());
            // All of this record's, even where the first is none.
            let values: Vec<Option<Typed>> = headers.by_ref().take(record.headers.len()).collect();
            if record.timestamp.is_some_and(|time| time < 0) {
                return Err("no producer sends a time before 1970");
            }
            if !is_topic(&record.topic) {
                return Err("no topic can have this name");
            }
            (record.key, record.value) = (key.ok_or(UNFIT)?, value.ok_or(UNFIT)?);
            for (header, value) in record.headers.iter_mut().zip(values) {
                header.value = value.ok_or(UNFIT)?;
            }
            Ok(record)
        };
        Ok(records.drain(..).map(through).collect())
    }

    /// Returns what Java made, once that came through Kafka.
    fn normalized(&mut self, nulls: Nulls, answer: Answer) -> Result<Made> {
        let outcomes = match answer.verdict {
            Verdict::Results(outcomes) => outcomes,
            Verdict::ConfigError(failure) => return Ok(Err(failure)),
            Verdict::CaseError(words) => bail!("{words}"),
        };
        let mut made = Vec::new();
        for outcome in outcomes {
            made.push(match outcome {
                Outcome::Record(record) => match self.through_kafka(nulls, vec![*record])?.pop() {
                    Some(Ok(record)) => Outcome::Record(Box::new(record)),
                    words => Outcome::Error(failure(words.and_then(Result::err).unwrap_or_default().to_owned())),
                },
                other => other,
            });
        }
        Ok(Ok(made))
    }

    /// Returns what Airlock makes of a case.
    async fn ours(&mut self, case: &Case) -> Result<Made> {
        let raw = records(case).iter().map(|record| self.raw(case.nulls, record)).collect::<Result<Vec<_>>>()?;
        let fates = match ours::answer((self.sandbox, self.headers), case, &raw).await? {
            Ok(fates) => fates,
            Err(words) => return Ok(Err(failure(words))),
        };
        let is_test = matches!(case.question, Question::Predicate(_));
        let mut made = Vec::new();
        for (fate, record) in fates.into_iter().zip(records(case)) {
            made.push(match fate {
                Fate::Rejected(reason) => Outcome::Error(failure(reason)),
                Fate::Kept(_) | Fate::Dropped if is_test => Outcome::Test(fate == Fate::Dropped),
                Fate::Dropped => Outcome::Dropped(()),
                Fate::Kept(raw) => match self.read(case.nulls, *raw, record)? {
                    Ok(record) => Outcome::Record(Box::new(record)),
                    Err(words) => Outcome::Error(failure(format!("Kafka's converter can't read it: {words}"))),
                },
            });
        }
        Ok(Ok(made))
    }

    fn raw(&mut self, nulls: Nulls, record: &Record) -> Result<Raw> {
        let payloads = vec![record.key.clone(), record.value.clone()];
        let mut payloads = whole(Bridge::Payload(nulls).to_bytes(&mut self.oracle, payloads)?)?.into_iter();
        let values = record.headers.iter().map(|header| header.value.clone()).collect();
        let values = whole(self.headers.to_bytes(&mut self.oracle, values)?)?;
        let headers = record.headers.iter().map(|header| header.key.clone()).zip(values).collect();
        let (key, value) = (payloads.next().flatten(), payloads.next().flatten());
        Ok(Raw::new(record, key, value, headers))
    }

    /// Reads bytes as Kafka does. What no transform changes comes from the record that went in.
    fn read(&mut self, nulls: Nulls, raw: Raw, before: &Record) -> Result<Result<Record, String>> {
        let payloads = Bridge::Payload(nulls).to_values(&mut self.oracle, vec![raw.key, raw.value])?;
        let (keys, values): (Vec<_>, Vec<_>) = raw.headers.into_iter().unzip();
        let values = self.headers.to_values(&mut self.oracle, values)?;
        let read = payloads.into_iter().collect::<Result<Vec<_>, _>>();
        let headers = values.into_iter().collect::<Result<Vec<_>, _>>();
        let (mut payloads, values) = match (read, headers) {
            (Ok(payloads), Ok(values)) => (payloads.into_iter(), values),
            (Err(words), _) | (_, Err(words)) => return Ok(Err(words)),
        };
        let headers = keys.into_iter().zip(values).map(|(key, value)| Header { key, value }).collect();
        let (key, value) = (payloads.next().unwrap_or_default(), payloads.next().unwrap_or_default());
        let known = |number: i64| Some(number).filter(|number| *number >= 0);
        let partition = Some(raw.partition).filter(|partition| *partition >= 0);
        let timestamp = known(raw.timestamp);
        Ok(Ok(Record { topic: raw.topic, partition, timestamp, key, value, headers, ..before.clone() }))
    }
}

/// Why a key, value or header can't go to Kafka.
pub(super) const UNFIT: &str = "Kafka's converters refuse it";

/// Returns an error without a class.
fn failure(message: String) -> Failure {
    Failure { class: String::new(), message: Some(message), cause: None }
}

fn is_topic(name: &str) -> bool {
    let is_legal = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    (1..=249).contains(&name.len()) && name.chars().all(is_legal) && ![".", ".."].contains(&name)
}

fn whole(bytes: Vec<Option<Bytes>>) -> Result<Vec<Bytes>> {
    let whole: Option<Vec<Bytes>> = bytes.into_iter().collect();
    whole.context("Kafka's converter doesn't take what it gave")
}

impl Tally {
    fn compare(&mut self, case: &Case, wanted: Made, found: Made) {
        let (wanted, found) = match (wanted, found) {
            (Err(_), Err(_)) => {
                self.compared += 1;
                return;
            }
            (Err(wanted), Ok(_)) => return self.refused(case, wanted, "nothing against the configuration"),
            // What fails on each record is refused before there is any.
            (Ok(wanted), Err(_)) if wanted.iter().all(|made| matches!(made, Outcome::Error(_))) => {
                self.compared += wanted.len();
                return;
            }
            (Ok(wanted), Err(found)) if listed::is_refusal(case, &wanted, &found) => {
                self.excluded += wanted.len();
                return;
            }
            (Ok(_), Err(found)) => return self.refused(case, found, "only Airlock refuses the configuration"),
            (Ok(wanted), Ok(found)) => (wanted, found),
        };
        let mut after_failure = false;
        for ((wanted, found), record) in wanted.into_iter().zip(found).zip(records(case)) {
            let made = (&wanted, &found);
            let is_listed =
                listed::is_outcome(case, record, made) || after_failure && listed::is_remembered(case, made);
            after_failure |= [&wanted, &found].into_iter().any(|made| matches!(made, Outcome::Error(_)));
            if is_listed {
                self.excluded += 1;
                continue;
            }
            self.compared += 1;
            if let Some(difference) = difference(wanted, found) {
                let mut case = case.clone();
                set_records(&mut case, vec![record.clone()]);
                self.found.push(Found { case, difference });
            }
        }
    }

    fn refused(&mut self, case: &Case, failure: Failure, who: &str) {
        self.compared += 1;
        let wanted = failure.message.unwrap_or(failure.class);
        let difference = Difference { path: "configuration".to_owned(), wanted, found: who.to_owned() };
        self.found.push(Found { case: case.clone(), difference });
    }
}

/// Two errors are alike: the reason is for people, and Airlock's exceptions are all one class. The error's words
/// stand in what is told of a difference.
fn difference(wanted: Outcome, found: Outcome) -> Option<Difference> {
    match (&wanted, &found) {
        (Outcome::Error(_), Outcome::Error(_)) => None,
        (Outcome::Error(failure), other) | (other, Outcome::Error(failure)) => Some(Difference {
            path: if matches!(wanted, Outcome::Error(_)) { "only Java rejects" } else { "only Airlock rejects" }
                .to_owned(),
            wanted: failure.message.clone().unwrap_or_default(),
            found: serde_json::to_string(other).unwrap_or_default(),
        }),
        _ => outcomes_differ(&wanted, &found),
    }
}

/// Returns where two outcomes part; the words of errors don't count.
pub(super) fn outcomes_differ(wanted: &Outcome, found: &Outcome) -> Option<Difference> {
    let answer = |outcome: &Outcome| Answer { id: 0, verdict: Verdict::Results(vec![outcome.clone()]) };
    compare::difference(&answer(wanted), &answer(found), compare::Bytes::Exact)
}

fn records(case: &Case) -> &[Record] {
    match &case.question {
        Question::Transform(transform) => &transform.records,
        Question::Predicate(predicate) => &predicate.records,
        Question::Converter(_) => &[],
    }
}

/// Puts other records into a case.
fn set_records(case: &mut Case, records: Vec<Record>) {
    match &mut case.question {
        Question::Transform(transform) => transform.records = records,
        Question::Predicate(predicate) => predicate.records = records,
        Question::Converter(_) => {}
    }
}
