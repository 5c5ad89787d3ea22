//! `just bench`: everything that has a goal, as ratios measured in one interleaved run. CPU time, medians.
//! Writes `target/bench/*.json` and lists what missed its goal. Arguments choose groups; `--write FILE` runs
//! those that are about the ABI and writes them into a page.

#![allow(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#![allow(clippy::indexing_slicing, reason = "on rows of its own; checks would be measured too")]

mod boundary;
mod kafka;
mod languages;
mod measure;
mod memory;
mod native;
mod page;
mod report;
mod sample;
mod shapes;
mod typed;
mod worker;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use report::Figure;

/// Measures a group.
type Run = fn() -> Result<Vec<Figure>>;

/// The groups, in the order in which they run. Memory comes first: it counts pages that later groups would leave.
const GROUPS: [(&str, Run); 7] = [
    ("memory", memory::run),
    ("boundary", boundary::run),
    ("shapes", shapes::run),
    ("languages", languages::run),
    ("typed", typed::run),
    ("worker", worker::run),
    ("kafka", kafka::run),
];

fn main() -> Result<()> {
    let (wanted, page) = arguments(std::env::args().skip(1))?;
    let mut figures = Vec::new();
    for (group, run) in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|name| name == group) {
            figures.extend(report::written(group, run()?)?);
        }
    }
    report::print(&figures);
    match page {
        Some(path) => page::write(&path, &figures),
        None => Ok(()),
    }
}

/// The groups named, and the page to write.
fn arguments(mut arguments: impl Iterator<Item = String>) -> Result<(Vec<String>, Option<PathBuf>)> {
    let (mut wanted, mut page) = (Vec::new(), None);
    while let Some(argument) = arguments.next() {
        if argument == "--write" {
            page = Some(arguments.next().context("--write needs a file")?.into());
            wanted.extend(page::GROUPS.map(|(group, _)| group.to_owned()));
        } else {
            let known = GROUPS.map(|(group, _)| group);
            ensure!(known.contains(&&*argument), "{argument} is no group: name some of {}", known.join(", "));
            wanted.push(argument);
        }
    }
    Ok((wanted, page))
}
