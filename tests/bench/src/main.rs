//! `just bench`: everything that has a goal, as ratios measured in one interleaved run. CPU time, medians.
//! Writes `target/bench/*.json` and lists what missed its goal. Arguments choose groups: `boundary`,
//! `languages`, `typed`, `kafka`, `worker`.

#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#![allow(clippy::indexing_slicing, reason = "on rows of its own; checks would be measured too")]

mod boundary;
mod kafka;
mod languages;
mod measure;
mod native;
mod report;
mod sample;
mod typed;
mod worker;

use anyhow::Result;

fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |group: &str| wanted.is_empty() || wanted.iter().any(|name| name == group);
    let mut figures = Vec::new();
    if is_wanted("boundary") {
        figures.extend(report::written("boundary", boundary::run()?)?);
    }
    if is_wanted("languages") {
        figures.extend(report::written("languages", languages::run()?)?);
    }
    if is_wanted("typed") {
        figures.extend(report::written("typed", typed::run()?)?);
    }
    if is_wanted("worker") {
        figures.extend(report::written("worker", worker::run()?)?);
    }
    if is_wanted("kafka") {
        figures.extend(report::written("kafka", kafka::run()?)?);
    }
    report::print(&figures);
    Ok(())
}
