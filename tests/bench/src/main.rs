//! `just bench`: everything that has a goal, as ratios measured in one interleaved run. CPU time, medians.
//! Writes `target/bench/*.json` and lists what missed its goal. Arguments choose groups: `boundary`,
//! `languages`, `typed`, `kafka`, `worker`.

#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#![allow(clippy::indexing_slicing, reason = "on rows of its own; checks would be measured too")]

mod boundary;
mod kafka;
mod languages;
mod measure;
mod memory;
mod native;
mod report;
mod sample;
mod shapes;
mod typed;
mod worker;

use anyhow::Result;

use report::Figure;

/// The groups, in the order in which they run. Memory comes first: it counts pages that later groups would leave.
const GROUPS: [(&str, fn() -> Result<Vec<Figure>>); 7] = [
    ("memory", memory::run),
    ("boundary", boundary::run),
    ("shapes", shapes::run),
    ("languages", languages::run),
    ("typed", typed::run),
    ("worker", worker::run),
    ("kafka", kafka::run),
];

fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut figures = Vec::new();
    for (group, run) in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|name| name == group) {
            figures.extend(report::written(group, run()?)?);
        }
    }
    report::print(&figures);
    Ok(())
}
