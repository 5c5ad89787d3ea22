//! What crossing the sandbox costs, next to native code.

use std::hint::black_box;

use airlock::pipeline::batch::{Batch, Content, Contents, NewRow};
use airlock::pipeline::batch::{Call, EditOperation, FieldChange, FieldValue, KindOutcome, ValueKind};
use airlock::pipeline::edges::Transform as _;
use airlock::pipeline::template::BatchTemplate;
use airlock::plugin::limits::Limits;
use airlock::plugin::transform::TransformGuest;
use airlock::record::Part;
use airlock_tests::sandbox::Sandbox;
use anyhow::{Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use tokio::runtime::Runtime;

use super::native;
use super::report::Figure;
use super::sample::{ROWS, key, values};

/// Rounds, in each of which every variant runs once; the median counts.
const ROUNDS: usize = 41;

/// Rounds where `AIRLOCK_BENCH_ONLY` names the only variant, for a profiler.
const PROFILED_ROUNDS: usize = 2_000;

/// Batches of one variant in one round.
const BATCHES: usize = 20;

/// What all variants work on.
struct Bench {
    runtime: Runtime,
    keys: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
    out: Vec<u8>,
    /// Copies of keys, values and headers.
    copies: (Vec<u8>, Vec<u8>, Vec<u8>),
    opaque: BatchTemplate,
    json: BatchTemplate,
}

type Variant = (&'static str, Box<dyn FnMut(&mut Bench) -> Result<()>>);

pub(crate) fn run() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sandbox = runtime.block_on(open())?;
    let template = |value| BatchTemplate { contents: Contents { key: Content::Opaque, value }, ..Default::default() };
    let mut bench = Bench {
        runtime,
        keys: (0..ROWS).map(key).collect(),
        values: values(),
        out: Vec::new(),
        copies: Default::default(),
        opaque: template(Content::Opaque),
        json: template(Content::Json),
    };
    let mut variants = variants(&sandbox)?;
    check_equal(&mut bench, &mut variants)?;
    if let Ok(only) = std::env::var("AIRLOCK_BENCH_ONLY") {
        variants.retain(|(name, _)| *name == only);
    }
    let mut costs = vec![Vec::new(); variants.len()];
    let rounds = if variants.len() == 1 { PROFILED_ROUNDS } else { ROUNDS };
    for _ in 0..rounds {
        for ((_, variant), costs) in variants.iter_mut().zip(&mut costs) {
            let begun = thread_cpu();
            for _ in 0..BATCHES {
                variant(&mut bench)?;
            }
            costs.push((thread_cpu() - begun) / (BATCHES * ROWS) as f64);
        }
    }
    let names = variants.iter().map(|(name, _)| *name);
    Ok(figures(&names.zip(costs.into_iter().map(median)).collect::<Vec<_>>()))
}

async fn open() -> Result<Sandbox> {
    Sandbox::open(Limits::default())?.with("tests/probe.wasm").await?.with_built_in().await
}

fn figures(costs: &[(&'static str, f64)]) -> Vec<Figure> {
    let cost = |name: &str| costs.iter().find(|(found, _)| *found == name).map_or(f64::NAN, |(_, cost)| *cost);
    let mut figures: Vec<_> =
        costs.iter().map(|(name, cost)| Figure::told(&format!("boundary.{name}"), *cost, "ns/record")).collect();
    let ratio = |name: &str, of: &str, to: &str, goal: f64| {
        Figure::at_most(&format!("boundary.{name}"), cost(of) / cost(to), (goal, "ratio"))
    };
    figures.push(ratio("there_and_back ÷ native scan", "there_and_back", "native_scan", 0.3));
    figures.push(ratio("nothing ÷ native scan", "nothing", "native_scan", 0.2));
    figures.push(ratio("one_guest ÷ native tree", "one_guest", "native_tree", 0.15));
    figures.push(ratio("three_sandboxes ÷ native tree", "three_sandboxes", "native_tree", 0.15));
    figures.push(ratio("three_sandboxes ÷ no_sandbox", "three_sandboxes", "no_sandbox", 1.3));
    figures
}

fn variants(sandbox: &Sandbox) -> Result<Vec<Variant>> {
    let guest = |class: &str| {
        let mut guests = sandbox.chain(&json!({ "transforms": "t", "transforms.t.type": class }))?;
        ensure!(guests.len() == 1, "one step is one guest");
        Ok(guests.remove(0))
    };
    let (mut nothing, mut back, mut one) =
        (guest("probe.Nothing")?, guest("probe.ThereAndBack")?, guest("probe.ThreeEdits")?);
    let mut three = Vec::new();
    for step in steps() {
        three.append(&mut sandbox.chain(&step)?);
    }
    ensure!(three.len() == 3, "three sandboxes");
    Ok(vec![
        ("native_tree", Box::new(|bench| bench.natively(native::tree))),
        ("native_scan", Box::new(|bench| bench.natively(native::scan))),
        ("bare_copy", Box::new(Bench::bare_copy)),
        ("nothing", Box::new(move |bench| bench.through(std::slice::from_mut(&mut nothing), Content::Opaque))),
        ("there_and_back", Box::new(move |bench| bench.through(std::slice::from_mut(&mut back), Content::Opaque))),
        ("no_sandbox", Box::new(Bench::without_sandbox)),
        ("one_guest", Box::new(move |bench| bench.through(std::slice::from_mut(&mut one), Content::Json))),
        ("three_sandboxes", Box::new(move |bench| bench.through(&mut three, Content::Json))),
    ])
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
    fn natively(&mut self, edit: fn(&[u8], &mut Vec<u8>)) -> Result<()> {
        self.out.clear();
        for value in &self.values {
            edit(value, &mut self.out);
        }
        black_box(&self.out);
        Ok(())
    }

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

    fn batch(&self, content: Content) -> Batch {
        let mut batch = self.template(content).batch();
        for (offset, (key, value)) in (0..).zip(self.keys.iter().zip(&self.values)) {
            batch.push(NewRow {
                topic: "customers",
                partition: 0,
                offset,
                timestamp: 1_763_886_600_000,
                key: Some(key),
                value: Some(value),
                headers: &[("trace", Some(b"0123456789abcdef"))],
            });
        }
        batch.decode();
        batch
    }

    fn template(&self, content: Content) -> &BatchTemplate {
        if content == Content::Json { &self.json } else { &self.opaque }
    }

    fn through(&mut self, guests: &mut [TransformGuest], content: Content) -> Result<()> {
        let mut batch = self.batch(content);
        for guest in guests {
            let (back, result) = self.runtime.block_on(guest.apply(batch, None));
            result?;
            batch = back;
        }
        self.take_out(batch)
    }

    fn without_sandbox(&mut self) -> Result<()> {
        let mut batch = self.batch(Content::Json);
        for (step, edit) in (0..).zip(edits()) {
            batch.open_call(Call { first_step: step, ..Call::default() })?;
            batch.edit(Part::Value, vec![edit])?;
            batch.commit_call();
        }
        self.take_out(batch)
    }

    /// Copies the values out, as a producer would.
    fn take_out(&mut self, mut batch: Batch) -> Result<()> {
        batch.encode();
        self.out.clear();
        batch.encoded(Part::Value).flatten().for_each(|value| self.out.extend_from_slice(value));
        ensure!(batch.live_rows() == ROWS, "every row came out");
        black_box(&self.out);
        self.template(batch.contents().value).recycle(batch);
        Ok(())
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

/// All variants that edit make the same of the rows, but for blanks.
fn check_equal(bench: &mut Bench, variants: &mut [Variant]) -> Result<()> {
    let mut outputs = Vec::new();
    for (name, variant) in variants {
        variant(bench)?;
        let blank_free: Vec<u8> = bench.out.iter().copied().filter(|byte| *byte != b' ').collect();
        outputs.push((*name, blank_free));
    }
    let of = |wanted: &str| outputs.iter().find(|(name, _)| *name == wanted).map(|(_, output)| output);
    for name in ["native_scan", "no_sandbox", "one_guest", "three_sandboxes"] {
        ensure!(of(name) == of("native_tree"), "{name} makes something else of the rows than native_tree");
    }
    Ok(())
}

/// The CPU time of this thread, in nanoseconds.
fn thread_cpu() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
