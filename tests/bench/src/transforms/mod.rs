//! Kafka's transforms, ours in the sandbox next to Kafka's own in a JVM: from bytes through converters to bytes.
//! Before anything is measured, both have made the same of every record.

mod cases;
mod ours;
pub(crate) mod page;
mod records;
mod theirs;

use std::collections::BTreeMap;
use std::fs;

use airlock::pipeline::edges::Outgoing;
use airlock::plugin::limits::Limits;
use airlock_tests::airlock::root;
use airlock_tests::sandbox::Sandbox;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::measure::median;
use crate::report::Figure;
use cases::{FIVE, Work, works};
use ours::Ours;
use theirs::{Fork, Measured, Next, Theirs};

/// The share of Java's CPU time that ours may be, without schemas and with them.
const GOALS: [f64; 2] = [0.2, 0.5];

/// How much five transforms in a row may cost next to one of them.
const FIVE_GOAL: f64 = 2.0;

/// Rounds where `AIRLOCK_BENCH_ONLY` names the only cases by how their names begin.
const ROUNDS: usize = 11;

/// Measures all, or those cases that `AIRLOCK_CASE` names by a part of their name.
pub(crate) fn run() -> Result<Vec<Figure>> {
    let wanted = std::env::var("AIRLOCK_CASE").unwrap_or_default();
    let works = works(&wanted);
    ensure!(!works.is_empty(), "no case has {wanted:?} in its name");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sandbox = runtime.block_on(async { Sandbox::open(Limits::default())?.with_built_in().await })?;
    if let Ok(only) = std::env::var("AIRLOCK_BENCH_ONLY") {
        let works = works.iter().filter(|work| work.name().starts_with(&only));
        return works.map(|work| ours_alone(work, Ours::new(&runtime, &sandbox, work)?)).collect();
    }
    let folder = root().join("target/bench/transforms");
    fs::create_dir_all(&folder)?;
    let names: Vec<String> = works.iter().map(Work::name).collect();
    for (work, name) in works.iter().zip(&names) {
        fs::write(folder.join(format!("{name}.json")), serde_json::to_vec(&records::file(work))?)?;
    }
    let mut theirs = Theirs::start(&folder, &names)?;
    let mut costs = BTreeMap::new();
    while let Some(fork) = theirs.next_fork()? {
        let work = works.iter().find(|work| work.name() == fork.name).context("JMH has a case of its own")?;
        let cost = take_turns(fork, Ours::new(&runtime, &sandbox, work)?)?;
        costs.extend(cost.map(|cost| (work.name(), cost)));
    }
    let measured = theirs.measured()?;
    let mut figures = Vec::new();
    for work in &works {
        figures.extend(figures_of(work, &costs, &measured).context("a case wasn't measured")?);
    }
    figures.extend(five(&works, &costs));
    Ok(figures)
}

/// Measures ours without Java, for a profiler.
fn ours_alone(work: &Work, mut ours: Ours<'_>) -> Result<Figure> {
    let rounds = (0..ROUNDS).map(|_| ours.round()).collect::<Result<Vec<_>>>()?;
    Ok(Figure::told(&format!("transforms.{}.ours", work.name()), median(rounds), "ns/record"))
}

/// Runs a round of ours before each iteration of theirs, and returns our median; none where theirs do but a part.
fn take_turns(mut fork: Fork, mut ours: Ours<'_>) -> Result<Option<f64>> {
    check(&mut fork, ours.outgoing()?)?;
    let whole = fork.stage == "path";
    let mut rounds = Vec::new();
    while let Some(next) = fork.next()? {
        if whole {
            let cost = ours.round()?;
            rounds.extend((next == Next::Measure).then_some(cost));
        }
        fork.go()?;
    }
    Ok(whole.then(|| median(rounds)))
}

/// Both sides make the same of the records.
fn check(fork: &mut Fork, outgoing: Vec<(u32, Outgoing)>) -> Result<()> {
    let mut outgoing = outgoing.into_iter().peekable();
    for row in 0..crate::sample::ROWS as u32 {
        let wanted = fork.output()?;
        let ours = outgoing.next_if(|(origin, _)| *origin == row).map(|(_, record)| record);
        let (wanted, found) = (tree_of(wanted), ours.map_or(Value::Null, |record| tree_of(told(&record))));
        ensure!(found == wanted, "{}: row {row} becomes\n{found}\nbut in Java\n{wanted}", fork.name);
    }
    Ok(())
}

/// A record in the form in which Kafka's side tells of its own.
fn told(record: &Outgoing) -> Value {
    let text = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let headers = record.headers.iter().map(|(key, value)| json!([key, text(value)]));
    json!({
        "topic": record.topic, "key": text(&record.key), "value": text(&record.value),
        "headers": headers.collect::<Vec<_>>(),
    })
}

/// JSON counts as a tree: neither blanks nor the order of fields do.
fn tree_of(mut record: Value) -> Value {
    for part in ["key", "value"] {
        let tree = record.get(part).and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
        if let Some(tree) = tree {
            record[part] = tree;
        }
    }
    record
}

fn figures_of(
    work: &Work,
    costs: &BTreeMap<String, f64>,
    measured: &BTreeMap<(String, String), Measured>,
) -> Option<Vec<Figure>> {
    let name = work.name();
    let of = |stage: &str| measured.get(&(stage.to_owned(), name.clone()));
    let (ours, path, alone) = (*costs.get(&name)?, of("path")?, of("alone")?);
    let told = |what: &str, value: f64| Figure::told(&format!("transforms.{name}.{what}"), value, "ns/record");
    let ratio = format!("transforms.{name}.ours ÷ Java");
    Some(vec![
        told("ours", ours),
        told("Java", path.process),
        Figure::at_most(&ratio, ours / path.process, (GOALS[usize::from(work.schemas)], "ratio")),
        told("Java, its thread", path.thread),
        told("Java, by the clock", path.wall),
        told("Java, transform alone", alone.process),
    ])
}

/// What five in a row cost next to one of them.
fn five(works: &[Work], costs: &BTreeMap<String, f64>) -> Vec<Figure> {
    let mut figures = Vec::new();
    for five in works.iter().filter(|work| work.case.name == "five in a row") {
        let kind = five.name().replace(five.case.name, "");
        let singles: Vec<f64> = FIVE.iter().filter_map(|name| costs.get(&format!("{kind}{name}")).copied()).collect();
        let Some(cost) = costs.get(&five.name()).filter(|_| singles.len() == FIVE.len()) else { continue };
        let mean = singles.iter().sum::<f64>() / singles.len() as f64;
        let dearest = singles.iter().copied().fold(0.0, f64::max);
        let cheapest = singles.iter().copied().fold(f64::MAX, f64::min);
        let name = |than: &str| format!("transforms.{kind}five ÷ {than}");
        figures.push(Figure::at_most(&name("mean of the five"), cost / mean, (FIVE_GOAL, "ratio")));
        figures.push(Figure::told(&name("dearest"), cost / dearest, "ratio"));
        figures.push(Figure::told(&name("cheapest"), cost / cheapest, "ratio"));
    }
    figures
}
