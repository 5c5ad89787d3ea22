//! What one more instance of a component takes once it was used: the memory that nothing else shares.

use std::fs::read_to_string;

use airlock::pipeline::batch::Content;
use airlock::plugin::limits::Limits;
use airlock::plugin::transform::TransformGuest;
use airlock_tests::sandbox::Sandbox;
use anyhow::{Context, Result};

use super::measure::{Bench, guest};
use super::report::Figure;

/// Instances before the first reading: what is made once per component is there then, pages of its image that
/// instances share are mapped more than once, and the heap has no room left from earlier work.
const BEFORE: usize = 10;

/// Instances between the two readings.
const FURTHER: usize = 20;

/// A language's guest, and the most that an instance should take, in bytes.
const GUESTS: [(&str, Option<f64>); 5] = [
    ("rust", Some(100_000.0)),
    ("c", None),
    ("go", None),
    ("javascript", Some(2_000_000.0)),
    ("python", Some(2_000_000.0)),
];

pub(crate) fn run() -> Result<Vec<Figure>> {
    let mut bench = Bench::new()?;
    let (mut figures, mut kept) = (Vec::new(), Vec::new());
    for (language, goal) in GUESTS {
        let sandbox = Sandbox::open(Limits::default())?;
        let sandbox = bench.runtime.block_on(sandbox.with(&format!("abi/{language}.wasm")));
        let sandbox = sandbox.context("run `just abi-guests` first")?;
        let class = format!("abi.{language}.ThreeEdits");
        // They stay until all is measured, so that no language gets what another gave back.
        let (instances, bytes) = instances(&mut bench, || guest(&sandbox, &class, &[]))?;
        kept.push((sandbox, instances));
        let name = format!("memory.{language}.one further instance");
        figures.push(match goal {
            Some(goal) => Figure::at_most(&name, bytes, (goal, "bytes")),
            None => Figure::told(&name, bytes, "bytes"),
        });
    }
    Ok(figures)
}

/// Makes instances and sends a batch through each. Returns them and what each of the further ones takes, in bytes.
fn instances(bench: &mut Bench, make: impl Fn() -> Result<TransformGuest>) -> Result<(Vec<TransformGuest>, f64)> {
    let mut instances = Vec::with_capacity(BEFORE + FURTHER);
    let mut add = |bench: &mut Bench, count: usize| {
        for _ in 0..count {
            instances.push(make()?);
            let last = instances.len() - 1;
            bench.through(&mut instances[last..], Content::JSON)?;
        }
        anyhow::Ok(())
    };
    add(bench, BEFORE)?;
    let before = private_bytes()?;
    add(bench, FURTHER)?;
    let grown = private_bytes()? - before;
    Ok((instances, grown / FURTHER as f64))
}

/// The memory of this process that no other mapping shares, in bytes, with what was swapped out and the page tables,
/// which the kernel counts apart. A page of a component's image that two instances map is shared, and so not counted.
fn private_bytes() -> Result<f64> {
    let (rollup, status) = (read_to_string("/proc/self/smaps_rollup")?, read_to_string("/proc/self/status")?);
    let mut kilobytes = 0.0;
    for name in ["Private_Clean:", "Private_Dirty:", "SwapPss:", "VmPTE:"] {
        let mut lines = rollup.lines().chain(status.lines());
        let value = lines.find_map(|line| line.strip_prefix(name)).with_context(|| format!("/proc has no {name}"))?;
        kilobytes += value.trim().trim_end_matches(" kB").parse::<f64>()?;
    }
    Ok(kilobytes * 1024.0)
}
