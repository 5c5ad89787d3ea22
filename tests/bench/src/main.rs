//! `just bench`: everything that has a goal, as ratios measured in one interleaved run. CPU time, medians.
//! Writes `target/bench/*.json` and lists what missed its goal. Arguments choose groups; `--write-abi FILE` and
//! `--write-transforms FILE` run what a page is about and write it.

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
mod transforms;
mod typed;
mod worker;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use report::Figure;

/// Measures a group.
type Run = fn() -> Result<Vec<Figure>>;

/// The groups, in the order in which they run. Memory comes first: it counts pages that later groups would leave.
const GROUPS: [(&str, Run); 8] = [
    ("memory", memory::run),
    ("boundary", boundary::run),
    ("shapes", shapes::run),
    ("languages", languages::run),
    ("typed", typed::run),
    ("transforms", transforms::run),
    ("worker", worker::run),
    ("kafka", kafka::run),
];

/// A page: the option that asks for it, its groups, and what writes it.
struct Page {
    option: &'static str,
    groups: &'static [&'static str],
    write: fn(&Path, &[Figure]) -> Result<()>,
}

const PAGES: [Page; 2] = [
    Page { option: "--write-abi", groups: &["memory", "boundary", "shapes", "languages", "typed"], write: page::write },
    Page { option: "--write-transforms", groups: &["transforms"], write: transforms::page::write },
];

fn main() -> Result<()> {
    let (wanted, pages) = arguments(std::env::args().skip(1))?;
    let mut figures = Vec::new();
    for (group, run) in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|name| name == group) {
            figures.extend(report::written(group, run()?)?);
        }
    }
    report::print(&figures);
    pages.iter().try_for_each(|(page, path)| (page.write)(path, &figures))
}

/// Pages, and the files that they are written to.
type Written = Vec<(Page, PathBuf)>;

/// The groups named, and the pages to write.
fn arguments(mut arguments: impl Iterator<Item = String>) -> Result<(Vec<String>, Written)> {
    let (mut wanted, mut pages) = (Vec::new(), Vec::new());
    while let Some(argument) = arguments.next() {
        if let Some(page) = PAGES.into_iter().find(|page| page.option == argument) {
            wanted.extend(page.groups.iter().map(|group| (*group).to_owned()));
            pages.push((page, arguments.next().with_context(|| format!("{argument} needs a file"))?.into()));
        } else {
            let known = GROUPS.map(|(group, _)| group);
            ensure!(known.contains(&&*argument), "{argument} is no group: name some of {}", known.join(", "));
            wanted.push(argument);
        }
    }
    Ok((wanted, pages))
}
