//! Other shapes of the same work: wide rows, and batches of fewer and more of them. Limits are on, as always.

use airlock::pipeline::batch::Content;
use airlock_tests::sandbox::Sandbox;
use anyhow::Result;

use super::boundary::{check_equal, open, three_sandboxes};
use super::measure::{Bench, Costs, Variant, guest, variant};
use super::native;
use super::report::Figure;
use super::sample::{values, wide_values};

/// Rounds, in each of which every variant runs once; the median counts.
const ROUNDS: usize = 31;

/// How many rows the batches have, and the goal for what their edits cost next to native code.
const SIZES: [(usize, Option<f64>); 4] = [(1, Some(1.2)), (10, None), (100, None), (5_000, None)];

pub(crate) fn run() -> Result<Vec<Figure>> {
    let mut bench = Bench::of(wide_values())?;
    let sandbox = bench.runtime.block_on(open())?;
    let mut figures = wide(&sandbox, &mut bench)?;
    for (rows, goal) in SIZES {
        figures.extend(sized(&sandbox, rows, goal)?);
    }
    Ok(figures)
}

/// Rows of 1.9 KB with 50 fields.
fn wide(sandbox: &Sandbox, bench: &mut Bench) -> Result<Vec<Figure>> {
    let mut three = three_sandboxes(sandbox)?;
    let mut variants = vec![
        variant("native_tree", |bench| bench.natively(native::tree)),
        variant("native_scan", |bench| bench.natively(native::scan)),
        one_guest(sandbox)?,
        variant("three_sandboxes", move |bench| bench.through(&mut three, Content::JSON)),
    ];
    check_equal(bench, &mut variants, &["native_scan", "one_guest", "three_sandboxes"])?;
    let costs = Costs::measure(bench, variants, ROUNDS)?;
    Ok(figures("wide", "three_sandboxes", (&costs, Some(0.12))))
}

/// A batch of so many rows: three edits by one call.
fn sized(sandbox: &Sandbox, rows: usize, goal: Option<f64>) -> Result<Vec<Figure>> {
    let mut bench = Bench::of(values(rows))?;
    let mut variants = vec![
        variant("native_tree", |bench| bench.natively(native::tree)),
        variant("no_sandbox", Bench::without_sandbox),
        one_guest(sandbox)?,
    ];
    check_equal(&mut bench, &mut variants, &["no_sandbox", "one_guest"])?;
    let costs = Costs::measure(&mut bench, variants, ROUNDS)?;
    let unit = if rows == 1 { "row" } else { "rows" };
    Ok(figures(&format!("{rows} {unit}"), "one_guest", (&costs, goal)))
}

fn one_guest(sandbox: &Sandbox) -> Result<Variant> {
    let mut one = guest(sandbox, "probe.ThreeEdits", &[])?;
    Ok(variant("one_guest", move |bench| bench.through(std::slice::from_mut(&mut one), Content::JSON)))
}

fn figures(shape: &str, of: &str, (costs, goal): (&Costs, Option<f64>)) -> Vec<Figure> {
    let told = |(name, cost): &(String, f64)| Figure::told(&format!("shapes.{shape}.{name}"), *cost, "ns/record");
    let mut figures: Vec<_> = costs.0.iter().map(told).collect();
    let (name, ratio) = (format!("shapes.{shape}.{of} ÷ native tree"), costs.of(of) / costs.of("native_tree"));
    figures.push(match goal {
        Some(goal) => Figure::at_most(&name, ratio, (goal, "ratio")),
        None => Figure::told(&name, ratio, "ratio"),
    });
    figures
}
