//! Compares Airlock with Kafka Connect's own classes on drawn cases: `just oracle --cases 20000 --seed 7 Cast`, or on
//! those of a file, one a line: `just oracle --file tests/oracle/differed.jsonl`. The plugins are those that
//! `just guests` built last.
//! Exits with an error, and prints the smallest case of each family that differs, if any does.

#![allow(clippy::print_stdout, reason = "what it finds is its output")]

use std::fs;
use std::path::{Path, PathBuf};

use airlock::plugin::limits::Limits;
use airlock_tests::oracle::bridge::Bridge;
use airlock_tests::oracle::case::{Case, Nulls};
use airlock_tests::oracle::client::Oracle;
use airlock_tests::oracle::draw::{FAMILIES, Family};
use airlock_tests::oracle::ours;
use airlock_tests::oracle::trial::{Found, Tally, Trial};
use airlock_tests::sandbox::Sandbox;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;

/// How many cases are put at a time.
const CHUNK: u64 = 500;

/// Compares Airlock with Kafka Connect's own classes.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many cases of each family.
    #[arg(long, default_value_t = 1_000)]
    cases: u64,
    /// The seed that they are drawn by.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many differing cases are printed for each family.
    #[arg(long, default_value_t = 1)]
    show: usize,
    /// The converter of headers is JsonConverter with schemas, instead of SimpleHeaderConverter.
    #[arg(long)]
    json_headers: bool,
    /// A file of cases to compare instead.
    #[arg(long)]
    file: Option<PathBuf>,
    /// The families; all, if none is named.
    families: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let sandbox = Sandbox::open(Limits::default())?.with_built_in().await?;
    let headers = if arguments.json_headers { Bridge::Payload(Nulls::Replaced) } else { Bridge::Header };
    let mut trial = Trial { sandbox: &sandbox, oracle: Oracle::start()?, headers };
    if let Some(file) = &arguments.file {
        return of_file(&mut trial, file, arguments.show).await;
    }
    let mut differ = 0;
    for family in chosen(&arguments.families)? {
        if !ours::is_there(&sandbox, &family.draw(arguments.seed, 0)) {
            println!("{:<22} is not there", family.name);
            continue;
        }
        let tally = run(&mut trial, family, &arguments).await?;
        differ += tell(family.name, tally, arguments.show)?;
    }
    if differ > 0 {
        bail!("{differ} results differ; seed {}", arguments.seed);
    }
    Ok(())
}

async fn of_file(trial: &mut Trial<'_>, file: &Path, count: usize) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let cases = text.lines().map(serde_json::from_str).collect::<Result<Vec<Case>, _>>()?;
    let differ = tell("", trial.run(cases).await?, count)?;
    ensure!(differ == 0, "{differ} results differ");
    Ok(())
}

/// Prints what came of cases; returns how many differ.
fn tell(name: &str, Tally { compared, excluded, found }: Tally, count: usize) -> Result<usize> {
    let differ = found.len();
    println!("{name:<22} {compared:>8} compared {excluded:>7} excluded {differ:>6} differ");
    show(found, count)?;
    Ok(differ)
}

fn chosen(names: &[String]) -> Result<Vec<Family>> {
    if names.is_empty() {
        return Ok(FAMILIES.to_vec());
    }
    names.iter().map(|name| Family::named(name).with_context(|| format!("{name} is no family"))).collect()
}

async fn run(trial: &mut Trial<'_>, family: Family, arguments: &Arguments) -> Result<Tally> {
    let mut all = Tally::default();
    for first in (0..arguments.cases).step_by(usize::try_from(CHUNK)?) {
        let numbers = first..(first + CHUNK).min(arguments.cases);
        let tally = trial.run(numbers.map(|number| family.draw(arguments.seed, number)).collect()).await?;
        all.compared += tally.compared;
        all.excluded += tally.excluded;
        all.found.extend(tally.found);
    }
    Ok(all)
}

/// Prints the smallest cases that differ.
fn show(mut found: Vec<Found>, count: usize) -> Result<()> {
    let mut sized = Vec::new();
    for found in found.drain(..) {
        sized.push((serde_json::to_string(&found.case)?, found.difference));
    }
    sized.sort_by_key(|(case, _)| case.len());
    for (case, difference) in sized.into_iter().take(count) {
        println!("  {difference}\n    {case}");
    }
    Ok(())
}
