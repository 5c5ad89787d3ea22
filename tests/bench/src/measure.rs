//! How variants of one work are measured: on the same rows, interleaved, by thread CPU time; medians.

use std::hint::black_box;

use airlock::pipeline::batch::{Batch, Content, Contents, NewRow};
use airlock::pipeline::edges::Transform as _;
use airlock::pipeline::template::BatchTemplate;
use airlock::plugin::transform::TransformGuest;
use airlock::record::Part;
use airlock_tests::sandbox::Sandbox;
use anyhow::{Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use tokio::runtime::Runtime;

use super::sample::{ROWS, key, values};

/// Rounds where `AIRLOCK_BENCH_ONLY` names the only variant, for a profiler.
const PROFILED_ROUNDS: usize = 2_000;

/// Records that one variant works on in one round.
const ROUND_RECORDS: usize = 10_000;

/// What all variants work on.
pub(crate) struct Bench {
    pub(crate) runtime: Runtime,
    pub(crate) keys: Vec<Vec<u8>>,
    pub(crate) values: Vec<Vec<u8>>,
    /// What the variant that ran last made of the values.
    pub(crate) out: Vec<u8>,
    /// Copies of keys, values and headers.
    pub(crate) copies: (Vec<u8>, Vec<u8>, Vec<u8>),
    opaque: BatchTemplate,
    json: BatchTemplate,
}

/// One way to do the work, by its name.
pub(crate) type Variant = (String, Box<dyn FnMut(&mut Bench) -> Result<()>>);

/// Names a variant.
pub(crate) fn variant(name: &str, run: impl FnMut(&mut Bench) -> Result<()> + 'static) -> Variant {
    (name.to_owned(), Box::new(run))
}

/// Makes the guest of a chain with one step.
pub(crate) fn guest(sandbox: &Sandbox, class: &str, config: &[(&str, &str)]) -> Result<TransformGuest> {
    let mut chain = json!({ "transforms": "t", "transforms.t.type": class });
    for (key, value) in config {
        chain[format!("transforms.t.{key}")] = json!(value);
    }
    let mut guests = sandbox.chain(&chain)?;
    ensure!(guests.len() == 1, "one step is one guest");
    Ok(guests.remove(0))
}

/// The cost of each variant, in nanoseconds a record.
pub(crate) struct Costs(pub(crate) Vec<(String, f64)>);

impl Costs {
    /// Runs every variant once in each round.
    pub(crate) fn measure(bench: &mut Bench, mut variants: Vec<Variant>, rounds: usize) -> Result<Self> {
        if let Ok(only) = std::env::var("AIRLOCK_BENCH_ONLY") {
            variants.retain(|(name, _)| *name == only);
        }
        let mut costs = vec![Vec::new(); variants.len()];
        let rounds = if variants.len() == 1 { PROFILED_ROUNDS } else { rounds };
        let batches = (ROUND_RECORDS / bench.rows()).max(1);
        for _ in 0..rounds {
            for ((_, variant), costs) in variants.iter_mut().zip(&mut costs) {
                let begun = thread_cpu();
                for _ in 0..batches {
                    variant(bench)?;
                }
                costs.push((thread_cpu() - begun) / (batches * bench.rows()) as f64);
            }
        }
        let names = variants.into_iter().map(|(name, _)| name);
        Ok(Self(names.zip(costs.into_iter().map(median)).collect()))
    }

    /// Returns the cost of a variant.
    pub(crate) fn of(&self, name: &str) -> f64 {
        self.0.iter().find(|(found, _)| *found == name).map_or(f64::NAN, |(_, cost)| *cost)
    }
}

impl Bench {
    /// With batches of 500 rows of 269 bytes.
    pub(crate) fn new() -> Result<Self> {
        Self::of(values(ROWS))
    }

    /// With batches of these values.
    pub(crate) fn of(values: Vec<Vec<u8>>) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let template =
            |value| BatchTemplate { contents: Contents { key: Content::Opaque, value }, ..Default::default() };
        Ok(Self {
            runtime,
            keys: (0..values.len()).map(key).collect(),
            values,
            out: Vec::new(),
            copies: Default::default(),
            opaque: template(Content::Opaque),
            json: template(Content::JSON),
        })
    }

    fn rows(&self) -> usize {
        self.values.len()
    }

    fn template(&self, content: Content) -> &BatchTemplate {
        if content == Content::JSON { &self.json } else { &self.opaque }
    }

    /// Edits every value by native code.
    pub(crate) fn natively(&mut self, edit: fn(&[u8], &mut Vec<u8>)) -> Result<()> {
        self.out.clear();
        for value in &self.values {
            edit(value, &mut self.out);
        }
        black_box(&self.out);
        Ok(())
    }

    /// Makes a batch as a consumer would, decoded.
    pub(crate) fn batch(&self, content: Content) -> Batch {
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

    /// Sends a batch through guests, one after the other.
    pub(crate) fn through(&mut self, guests: &mut [TransformGuest], content: Content) -> Result<()> {
        let mut batch = self.batch(content);
        let rows = self.rows() as u32;
        for guest in guests {
            let (back, result) = self.runtime.block_on(guest.apply(batch, Some(0..rows)));
            result?;
            batch = back;
        }
        self.take_out(batch)
    }

    /// Copies the values out, as a producer would.
    pub(crate) fn take_out(&mut self, mut batch: Batch) -> Result<()> {
        batch.encode();
        self.out.clear();
        batch.encoded(Part::Value).flatten().for_each(|value| self.out.extend_from_slice(value));
        ensure!(batch.live_rows() == self.rows(), "every row came out");
        black_box(&self.out);
        self.template(batch.contents().value.clone()).recycle(batch);
        Ok(())
    }
}

/// The CPU time of this thread, in nanoseconds.
pub(crate) fn thread_cpu() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// The value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
