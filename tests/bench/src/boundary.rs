//! What crossing the sandbox costs, next to native code.

use std::hint::black_box;

use airlock::pipeline::batch::{Call, Content, EditOperation, FieldChange, FieldValue, KindOutcome, ValueKind};
use airlock::plugin::limits::Limits;
use airlock::plugin::transform::TransformGuest;
use airlock::record::Part;
use airlock_tests::sandbox::Sandbox;
use anyhow::{Result, ensure};
use serde_json::json;

use super::measure::{Bench, Costs, Variant, guest, variant};
use super::native;
use super::report::Figure;

/// Rounds, in each of which every variant runs once; the median counts.
const ROUNDS: usize = 41;

pub(crate) fn run() -> Result<Vec<Figure>> {
    let mut bench = Bench::new()?;
    let sandbox = bench.runtime.block_on(open())?;
    let mut variants = variants(&sandbox)?;
    check_equal(&mut bench, &mut variants, &["native_scan", "no_sandbox", "one_guest", "three_sandboxes"])?;
    Ok(figures(&Costs::measure(&mut bench, variants, ROUNDS)?))
}

/// The sandbox with the built-in components and the tests' probes.
pub(crate) async fn open() -> Result<Sandbox> {
    Sandbox::open(Limits::default())?.with("tests/probe.wasm").await?.with_built_in().await
}

fn figures(costs: &Costs) -> Vec<Figure> {
    let mut figures: Vec<_> =
        costs.0.iter().map(|(name, cost)| Figure::told(&format!("boundary.{name}"), *cost, "ns/record")).collect();
    let ratio = |name: &str, of: &str, to: &str, goal: f64| {
        Figure::at_most(&format!("boundary.{name}"), costs.of(of) / costs.of(to), (goal, "ratio"))
    };
    figures.push(ratio("there_and_back ÷ native scan", "there_and_back", "native_scan", 0.3));
    figures.push(ratio("nothing ÷ native scan", "nothing", "native_scan", 0.2));
    figures.push(ratio("one_guest ÷ native tree", "one_guest", "native_tree", 0.15));
    figures.push(ratio("three_sandboxes ÷ native tree", "three_sandboxes", "native_tree", 0.125));
    figures.push(ratio("three_sandboxes ÷ no_sandbox", "three_sandboxes", "no_sandbox", 1.15));
    figures
}

fn variants(sandbox: &Sandbox) -> Result<Vec<Variant>> {
    let guest = |class: &str| guest(sandbox, class, &[]);
    let (mut nothing, mut back, mut one) =
        (guest("probe.Nothing")?, guest("probe.ThereAndBack")?, guest("probe.ThreeEdits")?);
    let mut three = three_sandboxes(sandbox)?;
    Ok(vec![
        variant("native_tree", |bench| bench.natively(native::tree)),
        variant("native_scan", |bench| bench.natively(native::scan)),
        variant("bare_copy", Bench::bare_copy),
        variant("nothing", move |bench| bench.through(std::slice::from_mut(&mut nothing), Content::Opaque)),
        variant("there_and_back", move |bench| bench.through(std::slice::from_mut(&mut back), Content::Opaque)),
        variant("no_sandbox", Bench::without_sandbox),
        variant("one_guest", move |bench| bench.through(std::slice::from_mut(&mut one), Content::JSON)),
        variant("three_sandboxes", move |bench| bench.through(&mut three, Content::JSON)),
    ])
}

/// The three edits, each in a sandbox of its own.
pub(crate) fn three_sandboxes(sandbox: &Sandbox) -> Result<Vec<TransformGuest>> {
    let mut three = Vec::new();
    for step in steps() {
        three.append(&mut sandbox.chain(&step)?);
    }
    ensure!(three.len() == 3, "three sandboxes");
    Ok(three)
}

/// The three edits as three chains of Kafka's own transforms.
fn steps() -> [serde_json::Value; 3] {
    let class = |name: &str| format!("org.apache.kafka.connect.transforms.{name}$Value");
    [
        json!({ "transforms": "t", "transforms.t.type": class("ReplaceField"), "transforms.t.exclude": "phone" }),
        json!({
            "transforms": "t", "transforms.t.type": class("MaskField"), "transforms.t.fields": "ssn",
            "transforms.t.replacement": "****",
        }),
        json!({
            "transforms": "t", "transforms.t.type": class("InsertField"), "transforms.t.static.field": "source",
            "transforms.t.static.value": "web",
        }),
    ]
}

impl Bench {
    /// Copies the same bytes in and out and does nothing else: what no batch can be faster than.
    fn bare_copy(&mut self) -> Result<()> {
        let (keys, values, headers) = &mut self.copies;
        for copy in [&mut *keys, &mut *values, &mut *headers] {
            copy.clear();
        }
        for (key, value) in self.keys.iter().zip(&self.values) {
            keys.extend_from_slice(key);
            values.extend_from_slice(value);
            headers.extend_from_slice(b"trace");
            headers.extend_from_slice(black_box(b"0123456789abcdef"));
        }
        self.out.clear();
        let mut rest = &**values;
        for value in &self.values {
            let (value, behind) = rest.split_at(value.len());
            self.out.extend_from_slice(value);
            rest = behind;
        }
        black_box((&self.out, keys, headers));
        Ok(())
    }

    /// Does the three edits on the batch itself, as three calls.
    pub(crate) fn without_sandbox(&mut self) -> Result<()> {
        let mut batch = self.batch(Content::JSON);
        for (step, edit) in (0..).zip(edits()) {
            batch.open_call(Call { first_step: step, ..Call::default() })?;
            batch.edit(Part::Value, vec![edit])?;
            batch.commit_call();
        }
        self.take_out(batch)
    }
}

fn edits() -> [EditOperation; 3] {
    let operation = |field: &str, change| EditOperation { path: vec![field.to_owned()], change };
    let mask = vec![
        (ValueKind::Absent, KindOutcome::Put(b"null".to_vec())),
        (ValueKind::Text, KindOutcome::Put(b"\"****\"".to_vec())),
    ];
    [
        operation("phone", FieldChange::Remove),
        operation("ssn", FieldChange::ByKind(mask)),
        operation("source", FieldChange::Put(FieldValue::Constant(b"\"web\"".to_vec()))),
    ]
}

/// The variants named make the same of the rows as `native_tree` does, but for blanks.
pub(crate) fn check_equal(bench: &mut Bench, variants: &mut [Variant], editing: &[&str]) -> Result<()> {
    let mut outputs = Vec::new();
    for (name, variant) in variants {
        variant(bench)?;
        let blank_free: Vec<u8> = bench.out.iter().copied().filter(|byte| *byte != b' ').collect();
        outputs.push((name.clone(), blank_free));
    }
    let of = |wanted: &str| outputs.iter().find(|(name, _)| name == wanted).map(|(_, output)| output);
    for name in editing {
        ensure!(of(name) == of("native_tree"), "{name} makes something else of the rows than native_tree");
    }
    Ok(())
}
