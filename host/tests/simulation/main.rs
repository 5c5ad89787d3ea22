//! A seeded simulation of a sink task and a source task: real pipeline, fake Kafka and guests, virtual time.
//! Each seed makes a world of records and of what shall become of each, and lives through it in several
//! lives: a life ends by a crash at some await, by a failure or by a shutdown, and the next goes on from what
//! the world kept. The last life has no faults. The worlds check the invariants of `pipeline/mod.rs`.
//!
//! `AIRLOCK_SIM_SEED=n` runs one seed, `AIRLOCK_SIM_COUNT=n` that many (500 by default).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::fn_params_excessive_bools,
    reason = "a test: what is wrong here ends it"
)]

mod dice;
mod fate;
mod letters;
mod sink;
mod source;
mod task;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Runs `simulate` with the seeds asked for, and names the seed of a failure.
fn with_seeds(test: &str, simulate: fn(u64)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("AIRLOCK_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("AIRLOCK_SIM_COUNT").unwrap_or(500),
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
            eprintln!("replay with: AIRLOCK_SIM_SEED={seed} cargo test -p airlock --test simulation {test}");
            resume_unwind(panic);
        }
    }
}

#[test]
fn a_sink_task_loses_nothing_and_commits_only_what_is_settled() {
    with_seeds("a_sink_task_loses", sink::simulate);
}

#[test]
fn a_source_task_loses_nothing_and_stores_only_what_is_acknowledged() {
    with_seeds("a_source_task_loses", source::simulate);
}

#[test]
fn a_sink_task_survives_a_crash_at_each_await() {
    for seed in [3, 14, 15] {
        sink::crash_at_each_await(seed);
    }
}

#[test]
fn a_source_task_survives_a_crash_at_each_await() {
    for seed in [9, 26, 53] {
        source::crash_at_each_await(seed);
    }
}
