//! What the worker adds to reading a topic: process CPU per record of topic → MaskField → discard, next to
//! a bare rdkafka loop that copies the same records into owned memory. Real Kafka, broker excluded.

use std::path::Path;
use std::time::{Duration, Instant};

use airlock_tests::airlock::{Worker, free_port};
use airlock_tests::kafka_server::KafkaServer;
use anyhow::{Context, Result, ensure};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use super::report::Figure;
use super::sample::{ROWS, key, values};

const TOPIC: &str = "bench";
const RECORDS: usize = 600_000;
const ROUNDS: usize = 3;
const WITHIN: Duration = Duration::from_secs(120);

pub(crate) fn run() -> Result<Vec<Figure>> {
    let server = KafkaServer::start(1)?;
    let servers = server.bootstrap_servers();
    fill(servers)?;
    let folder = tempfile::tempdir()?;
    let worker = start_worker(servers, folder.path())?;
    let (mut bare, mut through) = (Vec::new(), Vec::new());
    // The first round warms up both sides and the broker.
    for round in 0..=ROUNDS {
        let (loop_cost, worker_cost) = (bare_loop(servers)?, worker_round(&worker, folder.path(), round)?);
        if round > 0 {
            bare.push(loop_cost);
            through.push(worker_cost);
        }
    }
    let (bare, through) = (median(bare), median(through));
    Ok(vec![
        Figure::told("kafka.bare_loop", bare, "ns/record"),
        Figure::told("kafka.mask_and_discard", through, "ns/record"),
        Figure::at_most("kafka.mask_and_discard ÷ bare_loop", through / bare, (2.0, "ratio")),
    ])
}

fn fill(servers: &str) -> Result<()> {
    let producer: ThreadedProducer<rdkafka::producer::DefaultProducerContext> = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("linger.ms", "20")
        .set("queue.buffering.max.messages", "1000000")
        .create()?;
    let (keys, values): (Vec<_>, _) = ((0..ROWS).map(key).collect(), values(ROWS));
    for record in 0..RECORDS {
        let (key, value) = (&keys[record % ROWS], &values[record % ROWS]);
        let mut record = BaseRecord::to(TOPIC).key(key).payload(value);
        while let Err((_, back)) = producer.send(record) {
            std::thread::sleep(Duration::from_millis(5));
            record = back;
        }
    }
    Ok(producer.flush(WITHIN)?)
}

/// A key and a value.
type Owned = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Reads the topic once and copies each record's key and value. Returns nanoseconds of CPU time a record.
fn bare_loop(servers: &str) -> Result<f64> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("group.id", "bare").set("enable.auto.commit", "false");
    config.set("auto.offset.reset", "earliest").set("fetch.queue.backoff.ms", "20");
    config.set("queued.max.messages.kbytes", "16384");
    let consumer: BaseConsumer = config.create()?;
    let mut assignment = TopicPartitionList::new();
    let partitions =
        consumer.fetch_metadata(Some(TOPIC), WITHIN)?.topics().first().context("no topic")?.partitions().len();
    for partition in 0..partitions {
        assignment.add_partition_offset(TOPIC, i32::try_from(partition)?, Offset::Beginning)?;
    }
    let begun = process_cpu();
    consumer.assign(&assignment)?;
    let mut owned: Vec<Owned> = Vec::with_capacity(ROWS);
    let mut count = 0;
    while count < RECORDS {
        let record = consumer.poll(WITHIN).context("the topic ended early")??;
        owned.push((record.key().map(<[u8]>::to_vec), record.payload().map(<[u8]>::to_vec)));
        count += 1;
        if owned.len() == ROWS {
            std::hint::black_box(&owned);
            owned.clear();
        }
    }
    Ok((process_cpu() - begun) / RECORDS as f64)
}

fn start_worker(servers: &str, folder: &Path) -> Result<Worker> {
    let port = free_port()?;
    let path = folder.display();
    let properties = format!(
        "bootstrap.servers={servers}\nkey.converter=org.apache.kafka.connect.storage.StringConverter\n\
         value.converter=org.apache.kafka.connect.json.JsonConverter\nvalue.converter.schemas.enable=false\n\
         offset.storage.file.filename={path}/offsets\nlisteners=http://127.0.0.1:{port}\n\
         airlock.data.dir={path}/data\nairlock.grant.directories={path}\n"
    );
    let file = folder.join("worker.properties");
    std::fs::write(&file, properties)?;
    Worker::start(&["standalone", &file.display().to_string()], port, &folder.join("worker.log"))
}

/// Lets a new connector read the whole topic. Returns nanoseconds of CPU time a record.
fn worker_round(worker: &Worker, folder: &Path, round: usize) -> Result<f64> {
    let name = format!("bench-{round}");
    let config = json!({
        "connector.class": "FileStreamSink", "topics": TOPIC, "file": folder.join("out"), "transforms": "mask,discard",
        "transforms.mask.type": "org.apache.kafka.connect.transforms.MaskField$Value",
        "transforms.mask.fields": "ssn", "transforms.mask.replacement": "****",
        "transforms.discard.type": "org.apache.kafka.connect.transforms.Filter",
    });
    let begun = cpu_of(worker.id())?;
    worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?.ok()?;
    let (label, deadline) = (format!("connector=\"{name}\""), Instant::now() + WITHIN);
    while worker.rest.metric("airlock_task_records_discarded_total", &label)? < RECORDS as f64 {
        let status = worker.rest.get(&format!("/connectors/{name}/status"))?.text;
        ensure!(Instant::now() < deadline && !status.contains("FAILED"), "the worker didn't read the topic: {status}");
        std::thread::sleep(Duration::from_millis(100));
    }
    let used = cpu_of(worker.id())? - begun;
    worker.rest.send("DELETE", &format!("/connectors/{name}"), None)?.ok()?;
    Ok(used / RECORDS as f64)
}

/// The CPU time of another process, in nanoseconds: user and system, of threads that ended too.
fn cpu_of(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name stands in brackets and may hold blanks; times are the 12th and 13th field behind it.
    let fields: Vec<_> = stat.rsplit(')').next().context("no stat")?.split_whitespace().collect();
    let ticks: f64 = fields.get(11..13).context("no times")?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks * 1e9 / rustix::param::clock_ticks_per_second() as f64)
}

fn process_cpu() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
