//! Keys go where Kafka's own producer sends them: a cluster that moves from Kafka Connect and back finds each key in
//! the partition where it was.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use airlock::config::connector::{ConnectorConfig, Direction};
use airlock::config::worker::{Mode, WorkerConfig};
use airlock::kafka::client_config;
use airlock::kafka::producer::KafkaProducer;
use airlock::pipeline::edges::{Outgoing, Produce};
use airlock::record::{ConnectorId, TaskId};
use airlock_tests::{kafka_server, topic};
use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;

const KEYS: usize = 10_000;

/// Keys of all lengths up to a hundred bytes, any bytes and text, and some that are easily taken for others.
fn keys() -> Vec<Vec<u8>> {
    let mut rng = Rng::with_seed(41);
    let mut keys = vec![Vec::new(), vec![0], vec![0; 4], vec![0xff; 5], "ключ".into(), b"null".to_vec()];
    while keys.len() < KEYS {
        let length = keys.len() % 101;
        let is_text = rng.bool();
        keys.push((0..length).map(|_| if is_text { rng.u8(b' '..b'~') } else { rng.u8(..) }).collect());
    }
    keys
}

fn of_java(keys: &[Vec<u8>], partitions: i32) -> Result<Vec<i32>> {
    let mut questions = String::new();
    for key in keys {
        key.iter().try_for_each(|byte| write!(questions, "{byte:02x}"))?;
        questions.push('\n');
    }
    let mut java = kafka_server::java(concat!(env!("CARGO_MANIFEST_DIR"), "/kafka/Partitions.java"))?;
    let mut java = java.arg(partitions.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    java.stdin.take().context("no standard input")?.write_all(questions.as_bytes())?;
    let answers = java.wait_with_output()?;
    ensure!(answers.status.success(), "Java has failed");
    String::from_utf8(answers.stdout)?.lines().map(|line| Ok(line.parse()?)).collect()
}

async fn of_airlock(keys: &[Vec<u8>], topic: &str) -> Result<Vec<i32>> {
    let own = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let servers = kafka_server::shared()?.bootstrap_servers();
    let worker = WorkerConfig::parse(&own(&[("bootstrap.servers", servers)]), Mode::Dev);
    let connector = ConnectorConfig::parse(&own(&[("name", "k"), ("connector.class", "C")]), Direction::Source);
    let (Ok(worker), Ok(connector)) = (worker, connector) else { bail!("a configuration is refused") };
    let task = TaskId { connector: ConnectorId::new("k"), task: 0 };
    let producer = KafkaProducer::start(&client_config::source_producer(&worker, &connector, &task)?, None)?;
    let record = |key: &Vec<u8>| Outgoing {
        topic: topic.to_owned(),
        partition: None,
        timestamp: None,
        key: Some(key.clone()),
        value: None,
        headers: Vec::new(),
    };
    let written = producer.produce(keys.iter().map(record).collect()).await;
    written.into_iter().map(|written| Ok(written?.partition)).collect()
}

#[test]
fn ten_thousand_keys_go_where_java_sends_them() -> Result<()> {
    let (keys, runtime) = (keys(), tokio::runtime::Runtime::new()?);
    for partitions in [1, 4, 17] {
        let topic = format!("keys-in-{partitions}");
        topic::create(kafka_server::shared()?.bootstrap_servers(), &topic, partitions)?;
        let (ours, javas) = (runtime.block_on(of_airlock(&keys, &topic))?, of_java(&keys, partitions)?);
        ensure!(ours.len() == KEYS && javas.len() == KEYS, "{} and {} answers", ours.len(), javas.len());
        let differ = keys.iter().zip(ours.iter().zip(&javas)).filter(|(_, (ours, javas))| ours != javas);
        let differ: Vec<_> = differ.take(3).collect();
        ensure!(differ.is_empty(), "of {partitions} partitions: {differ:?}");
    }
    Ok(())
}
