//! What typed values cost: records with a schema through the form `cbor`, an edit in a guest, and back; next to
//! native code that parses each envelope into a tree, edits one field and writes it.

use std::hint::black_box;

use airlock::pipeline::batch::{Batch, BytesColumn, Call, Content, Contents, Form, NewRow, SchemaTable};
use airlock::pipeline::edges::Transform as _;
use airlock::plugin::guests::Surroundings;
use airlock::plugin::limits::Limits;
use airlock::plugin::transform::TransformGuest;
use airlock::record::Part;
use airlock_tests::sandbox::Sandbox;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

use super::measure::{median, thread_cpu};
use super::report::Figure;
use super::sample::ROWS;

/// Rounds, in each of which every variant runs once; the median counts.
const ROUNDS: usize = 41;

/// Batches of one variant in one round.
const BATCHES: usize = 10;

struct Bench {
    runtime: Runtime,
    guest: TransformGuest,
    schemas: Arc<Mutex<SchemaTable>>,
    rows: Vec<Vec<u8>>,
    out: Vec<u8>,
}

/// The schema of the rows: the types that databases have.
fn schema() -> Value {
    let field = |name: &str, type_name: &str| json!({ "type": type_name, "optional": false, "field": name });
    let logical = |name: &str, type_name: &str, logical: &str| {
        let logical = format!("org.apache.kafka.connect.data.{logical}");
        json!({ "type": type_name, "optional": true, "name": logical, "version": 1, "field": name })
    };
    let mut price = logical("price", "bytes", "Decimal");
    price["parameters"] = json!({ "scale": "2" });
    let address = json!({
        "type": "struct", "optional": false, "field": "address",
        "fields": [field("street", "string"), field("city", "string"), field("zip", "string")],
    });
    let fields = json!([
        field("id", "int64"),
        field("name", "string"),
        field("email", "string"),
        field("active", "boolean"),
        price,
        field("quantity", "int32"),
        field("weight", "double"),
        logical("day", "int32", "Date"),
        logical("created", "int64", "Timestamp"),
        address,
        json!({ "type": "array", "items": { "type": "string", "optional": false }, "optional": true, "field": "tags" }),
        json!({ "type": "string", "optional": true, "field": "note" }),
    ]);
    json!({ "type": "struct", "fields": fields, "optional": false, "name": "shop.Order" })
}

fn row(schema: &str, row: usize) -> Vec<u8> {
    let payload = format!(
        "{{\"id\":{},\"name\":\"Ada Lovelace {row:03}\",\"email\":\"ada{row:03}@example.org\",\"active\":true,\
         \"price\":\"BNI=\",\"quantity\":{row},\"weight\":{row}.25,\"day\":20780,\"created\":1763886600{row:03},\
         \"address\":{{\"street\":\"12 Analytical Way\",\"city\":\"London\",\"zip\":\"NW1\"}},\
         \"tags\":[\"new\",\"web\"],\"note\":null}}",
        100_000 + row,
    );
    format!("{{\"schema\":{schema},\"payload\":{payload}}}").into_bytes()
}

/// Measures all stages.
pub(crate) fn run() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sandbox = runtime.block_on(async { Sandbox::open(Limits::default())?.with("tests/probe.wasm").await })?;
    let around = Surroundings { scope: "bench".to_owned(), ..Surroundings::default() };
    let chain = json!({ "transforms": "t", "transforms.t.type": "probe.CountUp" });
    let guest = sandbox.chain_in(&chain, &around)?.remove(0);
    let schema = schema().to_string();
    let rows = (0..ROWS).map(|number| row(&schema, number)).collect();
    let mut bench = Bench { runtime, guest, schemas: around.schemas, rows, out: Vec::new() };
    bench.check()?;
    let mut costs = [const { Vec::new() }; 5];
    for _ in 0..ROUNDS {
        let mut round = [0.0; 5];
        for _ in 0..BATCHES {
            let [native, decode, read, write, total] = &mut round;
            *native += timed(|| bench.natively())?.1;
            *total += timed(|| bench.through_guest())?.1;
            let (mut batch, decoded) = timed(|| bench.batch())?;
            let (column, converted) = timed(|| read_all(&mut batch))?;
            *write += timed(|| bench.write_back(batch, column))?.1;
            (*decode, *read) = (*decode + decoded, *read + converted);
        }
        for (costs, cost) in costs.iter_mut().zip(round) {
            costs.push(cost / (BATCHES * ROWS) as f64);
        }
    }
    Ok(figures(costs.map(median)))
}

fn figures([native, decode, read, write, total]: [f64; 5]) -> Vec<Figure> {
    let told = |name: &str, cost: f64| Figure::told(&format!("typed.{name}"), cost, "ns/record");
    vec![
        told("native tree of the envelope, one edit", native),
        told("open the envelopes", decode),
        told("convert to cbor", read),
        // The guest's part is what is left: its own work, and columns that cross.
        told("one edit in a guest", total - decode - read - write),
        told("convert back, and write the envelopes", write),
        told("schema'd records through cbor", total),
        Figure::at_most("typed.through cbor ÷ native tree", total / native, (1.0, "ratio")),
    ]
}

fn timed<T>(run: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let begun = thread_cpu();
    let done = run()?;
    Ok((done, thread_cpu() - begun))
}

fn read_all(batch: &mut Batch) -> Result<BytesColumn> {
    batch.open_call(Call::default())?;
    Ok(batch.read(Part::Value, Form::Cbor)?)
}

impl Bench {
    fn natively(&mut self) -> Result<()> {
        self.out.clear();
        for row in &self.rows {
            let mut envelope: Value = serde_json::from_slice(row)?;
            let quantity = &mut envelope["payload"]["quantity"];
            *quantity = Value::from(quantity.as_i64().unwrap_or_default() + 1);
            serde_json::to_writer(&mut self.out, &envelope)?;
        }
        black_box(&self.out);
        Ok(())
    }

    fn batch(&self) -> Result<Batch> {
        let contents = Contents { key: Content::Opaque, value: Content::JSON_WITH_SCHEMA };
        let mut batch = Batch::with_schemas(contents, Arc::clone(&self.schemas));
        for (offset, value) in (0..).zip(&self.rows) {
            let value = Some(value.as_slice());
            batch.push(NewRow { topic: "orders", partition: 0, offset, timestamp: 0, key: None, value, headers: &[] });
        }
        batch.decode();
        Ok(batch)
    }

    fn through_guest(&mut self) -> Result<()> {
        let batch = self.batch()?;
        let (batch, result) = self.runtime.block_on(self.guest.apply(batch, Some(0..ROWS as u32)));
        result?;
        self.take_out(batch)
    }

    fn write_back(&mut self, mut batch: Batch, column: BytesColumn) -> Result<()> {
        batch.write(Part::Value, Form::Cbor, column)?;
        batch.commit_call();
        self.take_out(batch)
    }

    fn take_out(&mut self, mut batch: Batch) -> Result<()> {
        batch.encode();
        self.out.clear();
        batch.encoded(Part::Value).flatten().for_each(|value| self.out.extend_from_slice(value));
        ensure!(batch.live_rows() == ROWS, "every row came out");
        black_box(&self.out);
        Ok(())
    }

    /// The guest makes the same of the rows as native code.
    fn check(&mut self) -> Result<()> {
        self.natively()?;
        let expected = std::mem::take(&mut self.out);
        self.through_guest()?;
        ensure!(self.out == expected, "the guest makes something else of the rows than native code");
        Ok(())
    }
}
