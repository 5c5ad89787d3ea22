//! Faults at random moments under load, on real processes: a worker with a sink and a source, and Apache Kafka behind
//! a proxy. In the end the topics and files are counted: nothing may be lost, and order within partitions is kept.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::airlock::{Worker, free_port, wait_with};
use crate::kafka_server::KafkaServer;
use crate::proxy::Proxy;
use crate::standalone::Standalone;
use crate::topic;

mod count;
mod faults;
mod load;

pub use count::Tally;
pub use faults::Fault;

use count::{count, number};
use load::{Inlets, Load, PARTITIONS};

const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const LINES: &str = "torture-lines";
const RECORDS: &str = "torture-records";
/// How long everything may take to come out after the last fault.
const DRAINED_WITHIN: Duration = Duration::from_secs(180);

/// What is tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What chooses faults and moments.
    pub seed: u64,
    /// How many faults.
    pub rounds: u32,
    /// The faults to choose from.
    pub faults: Vec<Fault>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Report {
    /// The faults, in order.
    pub faults: Vec<Fault>,
    /// The source's lines.
    pub source: Tally,
    /// The sink's records.
    pub sink: Tally,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Whether nothing was lost, and everything is in order.
    pub fn is_right(&self) -> bool {
        [&self.source, &self.sink].iter().all(|tally| tally.lost == 0 && tally.out_of_order == 0)
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rounds {}", self.faults.len())?;
        for fault in Fault::ALL {
            let times = self.faults.iter().filter(|one| **one == fault).count();
            write!(f, ", {fault} {times}")?;
        }
        for (name, tally) in [("source", &self.source), ("sink", &self.sink)] {
            let Tally { sent, lost, duplicated, out_of_order } = tally;
            write!(f, "; {name}: {sent} records, lost {lost}, duplicated {duplicated}, out of order {out_of_order}")?;
        }
        write!(f, "; {} s", self.took.as_secs())
    }
}

/// Everything that runs.
pub(crate) struct Arena {
    kafka: KafkaServer,
    proxy: Proxy,
    files: Standalone,
    /// None only while a fault replaces it.
    worker: Option<Worker>,
    rng: Rng,
}

/// Tries a plan.
///
/// # Errors
/// When something can't be started, or not everything came out in time; the worker's log is in the error.
pub fn run(plan: &Plan) -> Result<Report> {
    let begun = Instant::now();
    let mut arena = Arena::start(plan.seed)?;
    let load = Load::start(arena.inlets());
    let mut faults = Vec::new();
    for _ in 0..plan.rounds {
        arena.nap(300..2500);
        let fault = arena.rng.choice(&plan.faults).copied().context("no faults to choose from")?;
        arena.suffer(fault).with_context(|| format!("round {}: {fault}", faults.len() + 1))?;
        faults.push(fault);
    }
    let sent = load.stop()?;
    let drained = arena.wait_drained(sent);
    let (source, sink) = (arena.tally_source(sent)?, arena.tally_sink(sent)?);
    let report = Report { faults, source, sink, took: begun.elapsed() };
    drained.with_context(|| format!("not everything came out: {report}\n{}", arena.words()))?;
    Ok(report)
}

impl Arena {
    fn start(seed: u64) -> Result<Self> {
        let behind = free_port()?;
        let proxy = Proxy::start(behind)?;
        let kafka = KafkaServer::start_behind((behind, proxy.port()))?;
        for name in [LINES, RECORDS] {
            topic::create(kafka.bootstrap_servers(), name, i32::try_from(PARTITIONS)?)?;
        }
        let mut files = Standalone::distributed(&format!("127.0.0.1:{}", proxy.port()), "torture")?;
        files.append("in.txt", "")?;
        let worker = files.start()?;
        let arena = Self { kafka, proxy, files, worker: Some(worker), rng: Rng::with_seed(seed) };
        arena.create("lines", &arena.source())?;
        arena.create("records", &arena.sink())?;
        Ok(arena)
    }

    fn inlets(&self) -> Inlets {
        let (file, servers) = (self.files.path("in.txt"), self.kafka.bootstrap_servers().to_owned());
        Inlets { file, topic: RECORDS.to_owned(), servers }
    }

    /// The line becomes the key as well, so that it goes to the same partition each time.
    fn source(&self) -> Value {
        json!({
            "connector.class": SOURCE, "file": self.files.path("in.txt"), "topic": LINES,
            "transforms": "hoist,key,unhoist,value",
            "transforms.hoist.type": "org.apache.kafka.connect.transforms.HoistField$Value",
            "transforms.hoist.field": "line",
            "transforms.key.type": "org.apache.kafka.connect.transforms.ValueToKey",
            "transforms.key.fields": "line",
            "transforms.unhoist.type": "org.apache.kafka.connect.transforms.ExtractField$Key",
            "transforms.unhoist.field": "line",
            "transforms.value.type": "org.apache.kafka.connect.transforms.ExtractField$Value",
            "transforms.value.field": "line"
        })
    }

    fn sink(&self) -> Value {
        json!({ "connector.class": SINK, "file": self.files.path("out.txt"), "topics": RECORDS })
    }

    fn create(&self, name: &str, config: &Value) -> Result<()> {
        let rest = &self.worker()?.rest;
        rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?.ok()?;
        rest.wait_running(name, 1, DRAINED_WITHIN)
    }

    fn worker(&self) -> Result<&Worker> {
        self.worker.as_ref().context("there is no worker")
    }

    /// Waits for a random time between these, in ms.
    fn nap(&mut self, between: std::ops::Range<u64>) {
        sleep(Duration::from_millis(self.rng.u64(between)));
    }

    fn wait_drained(&self, sent: u64) -> Result<()> {
        wait_with(DRAINED_WITHIN, Duration::from_secs(1), || {
            for name in ["lines", "records"] {
                let text = self.worker()?.rest.get(&format!("/connectors/{name}/status"))?.text;
                ensure!(!text.contains("\"FAILED\""), "a connector failed: {text}");
            }
            Ok(self.tally_sink(sent)?.lost == 0 && self.tally_source(sent)?.lost == 0)
        })
    }

    fn tally_source(&self, sent: u64) -> Result<Tally> {
        let records = topic::read(self.kafka.bootstrap_servers(), LINES)?;
        let numbers: Result<Vec<(u64, u64)>> = records
            .into_iter()
            .map(|record| Ok((u64::try_from(record.partition)?, number(&record.value.unwrap_or_default(), "s")?)))
            .collect();
        Ok(count(sent, numbers?.into_iter()))
    }

    fn tally_sink(&self, sent: u64) -> Result<Tally> {
        let text = fs::read_to_string(self.files.path("out.txt"))?;
        let mut numbers = Vec::new();
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        for line in whole.lines().filter(|line| !line.is_empty()) {
            // Where the worker was killed within a write, a part of a line may stand alone: its record came again.
            if let Ok(number) = number(line, "p") {
                numbers.push((number % PARTITIONS, number));
            }
        }
        Ok(count(sent, numbers.into_iter()))
    }

    fn words(&self) -> String {
        let log = self.worker.as_ref().and_then(|worker| worker.log().ok()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(60)..).unwrap_or_default().join("\n")
    }
}
