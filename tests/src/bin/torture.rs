//! Faults at random moments under load, on real processes: `torture --rounds 200 --seed 7`. Exits with 1 where
//! something was lost or came out of order.

use std::process::ExitCode;

use airlock_tests::torture::{Fault, Plan, run};
use anyhow::Result;
use clap::Parser;

#[derive(Debug, Parser)]
struct Arguments {
    /// How many faults.
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// What chooses faults and moments; without it, it is drawn.
    #[arg(long)]
    seed: Option<u64>,
}

#[allow(clippy::print_stdout, reason = "the figures are what it is run for")]
fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("torture: seed {seed}");
    let report = run(&Plan { seed, rounds: arguments.rounds, faults: Fault::ALL.to_vec() })?;
    println!("torture: {report}");
    Ok(if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
