//! Our side: batches through the real sandbox, from Kafka's bytes to Kafka's bytes, limits on.

use std::hint::black_box;

use airlock::pipeline::batch::{Batch, Content, Contents, HeaderRef, NewRow};
use airlock::pipeline::edges::{Outgoing, Transform as _};
use airlock::pipeline::template::BatchTemplate;
use airlock::plugin::guests::Surroundings;
use airlock::plugin::transform::TransformGuest;
use airlock::record::Part;
use airlock_tests::sandbox::Sandbox;
use anyhow::{Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Runtime;

use super::cases::Work;
use super::records::{Record, TIMESTAMP, TOPIC, records};

/// The CPU time that a round takes at least, in nanoseconds.
const ROUND: f64 = 100e6;

/// A chain, its records, and the threads that it runs on.
pub(super) struct Ours<'a> {
    runtime: &'a Runtime,
    guests: Vec<TransformGuest>,
    template: BatchTemplate,
    records: Vec<Record>,
    /// The keys and values that came out last.
    out: Vec<u8>,
}

impl<'a> Ours<'a> {
    pub(super) fn new(runtime: &'a Runtime, sandbox: &Sandbox, work: &Work) -> Result<Self> {
        let around = Surroundings { scope: "bench".to_owned(), ..Surroundings::default() };
        let guests = sandbox.chain_in(&work.chain(), &around)?;
        let value = if work.schemas { Content::JSON_WITH_SCHEMA } else { Content::JSON };
        let key = if work.case.makes_key { value.clone() } else { Content::Opaque };
        let template =
            BatchTemplate { contents: Contents { key, value }, schemas: around.schemas, ..BatchTemplate::default() };
        Ok(Self { runtime, guests, template, records: records(work), out: Vec::new() })
    }

    /// Runs one batch and returns its records, each with the position that it came from.
    pub(super) fn outgoing(&mut self) -> Result<Vec<(u32, Outgoing)>> {
        let batch = self.run()?;
        let outgoing = batch.outgoing().collect();
        self.template.recycle(batch);
        Ok(outgoing)
    }

    /// Runs batches for a while, and returns the CPU time of this process for each record, in nanoseconds.
    pub(super) fn round(&mut self) -> Result<f64> {
        let (begun, mut batches) = (process_cpu(), 0);
        while process_cpu() - begun < ROUND {
            let batch = self.run()?;
            // As a producer takes them, into its own memory.
            self.out.clear();
            for part in [Part::Key, Part::Value] {
                batch.encoded(part).flatten().for_each(|bytes| self.out.extend_from_slice(bytes));
            }
            black_box(&self.out);
            self.template.recycle(batch);
            batches += 1;
        }
        Ok((process_cpu() - begun) / (batches * self.records.len()) as f64)
    }

    fn run(&mut self) -> Result<Batch> {
        let mut batch = self.batch();
        for guest in &mut self.guests {
            let rows = batch.live_rows() as u32;
            let (back, result) = self.runtime.block_on(guest.apply(batch, Some(0..rows)));
            result?;
            batch = back;
        }
        batch.encode();
        ensure!(batch.rejected().next().is_none(), "a row was rejected");
        Ok(batch)
    }

    fn batch(&self) -> Batch {
        let mut batch = self.template.batch();
        let mut headers: Vec<HeaderRef<'_>> = Vec::new();
        for Record { offset, key, value, headers: pairs } in &self.records {
            headers.clear();
            headers.extend(pairs.iter().map(|(key, value)| (*key, Some(value.as_bytes()))));
            batch.push(NewRow {
                topic: TOPIC,
                partition: 0,
                offset: *offset,
                timestamp: TIMESTAMP + offset * 1_000,
                key: key.as_deref().map(str::as_bytes),
                value: Some(value.as_bytes()),
                headers: &headers,
            });
        }
        batch.decode();
        batch
    }
}

/// The CPU time of this process, in nanoseconds.
fn process_cpu() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}
