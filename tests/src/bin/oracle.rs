//! Compares Airlock with Kafka Connect's own classes on drawn cases: `just oracle --cases 20000 --seed 7 Cast`.
//! Exits with an error, and prints the smallest case of each family that differs, if any does.

#![allow(clippy::print_stdout, reason = "what it finds is its output")]

use airlock::plugin::limits::Limits;
use airlock_tests::oracle::client::Oracle;
use airlock_tests::oracle::draw::{FAMILIES, Family};
use airlock_tests::oracle::ours;
use airlock_tests::oracle::trial::{Found, Tally, Trial};
use airlock_tests::sandbox::Sandbox;
use anyhow::{Context as _, Result, bail};
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
    /// The families; all, if none is named.
    families: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let sandbox = Sandbox::open(Limits::default())?.with_built_in().await?;
    let mut trial = Trial { sandbox: &sandbox, oracle: Oracle::start()? };
    let mut differ = 0;
    for family in chosen(&arguments.families)? {
        if !ours::is_there(&sandbox, &family.draw(arguments.seed, 0)) {
            println!("{:<22} is not there", family.name);
            continue;
        }
        let tally = run(&mut trial, family, &arguments).await?;
        let Tally { compared, excluded, found } = tally;
        println!("{:<22} {compared:>8} compared {excluded:>7} excluded {:>6} differ", family.name, found.len());
        differ += found.len();
        show(found, arguments.show)?;
    }
    if differ > 0 {
        bail!("{differ} results differ; seed {}", arguments.seed);
    }
    Ok(())
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
