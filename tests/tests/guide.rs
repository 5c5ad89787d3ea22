//! What a widely read guide to Kafka Connect tells its readers to write and to call, as far as one worker with
//! file connectors can honour it. The names are our own; the keys, the values and the calls are the guide's.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use airlock_tests::airlock::{Worker, wait};
use airlock_tests::kafka_server::KafkaServer;
use airlock_tests::standalone::Standalone;
use airlock_tests::topic;
use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const WITHIN: Duration = Duration::from_secs(60);

/// The guide's three brokers.
fn servers() -> Result<&'static str> {
    static CLUSTER: OnceLock<Result<KafkaServer, String>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| KafkaServer::start(3).map_err(|error| format!("{error:#}")));
    cluster.as_ref().map(KafkaServer::bootstrap_servers).map_err(|error| anyhow!(error.clone()))
}

/// A distributed worker with the guide's properties; see the comments for what differs. Each test has a group, and so
/// topics, of its own.
fn worker(group: &str) -> Result<(Standalone, Worker)> {
    let mut files = Standalone::distributed(servers()?, group)?;
    let plugins = files.path("plugins");
    fs::create_dir(&plugins)?;
    // Whoever comes from Java has JARs there.
    fs::write(files.path("plugins/connect-some-1.0.jar"), b"PK\x03\x04")?;
    let port = files.port().to_string();
    files.unset("listeners");
    for (key, value) in [
        ("config.storage.replication.factor", "3"),
        ("offset.storage.replication.factor", "3"),
        ("offset.storage.partitions", "25"),
        ("status.storage.replication.factor", "3"),
        ("status.storage.partitions", "5"),
        ("key.converter", "org.apache.kafka.connect.json.JsonConverter"),
        ("value.converter", "org.apache.kafka.connect.json.JsonConverter"),
        ("key.converter.schemas.enable", "false"),
        ("value.converter.schemas.enable", "false"),
        // The guide listens on all interfaces, port 8083.
        ("rest.host.name", "127.0.0.1"),
        ("rest.port", &port),
        ("rest.advertised.host.name", "connect-worker-1"),
        ("rest.advertised.port", "8083"),
        ("plugin.path", &plugins),
    ] {
        files.set(key, value);
    }
    let worker = files.start()?;
    wait(WITHIN, || Ok(worker.rest.get("/health")?.status == 200))?;
    Ok((files, worker))
}

/// The guide's chain.
fn chain() -> Value {
    json!({
        "transforms": "addTimestamp,maskField,filterNull,flatten",
        "transforms.addTimestamp.type": "org.apache.kafka.connect.transforms.InsertField$Value",
        "transforms.addTimestamp.timestamp.field": "processed_at",
        "transforms.maskField.type": "org.apache.kafka.connect.transforms.MaskField$Value",
        "transforms.maskField.fields": "ssn,credit_card",
        "transforms.maskField.replacement": "****",
        "transforms.filterNull.type": "org.apache.kafka.connect.transforms.Filter",
        "transforms.filterNull.predicate": "isNull",
        "predicates": "isNull",
        "predicates.isNull.type": "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
        "transforms.flatten.type": "org.apache.kafka.connect.transforms.Flatten$Value",
        "transforms.flatten.delimiter": "_",
    })
}

/// The guide's dead letter block: numbers and booleans stand bare.
fn dead_letters() -> Value {
    json!({
        "errors.tolerance": "all",
        "errors.deadletterqueue.topic.name": "dlq-people-sink",
        "errors.deadletterqueue.topic.replication.factor": 3,
        "errors.deadletterqueue.context.headers.enable": true,
        "errors.log.enable": true,
        "errors.log.include.messages": true,
    })
}

fn with(mut config: Value, more: &Value) -> Value {
    if let (Some(config), Some(more)) = (config.as_object_mut(), more.as_object()) {
        config.extend(more.clone());
    }
    config
}

fn people_sink(files: &Standalone) -> Value {
    json!({ "connector.class": SINK, "tasks.max": "3", "topics": "people", "file": files.path("people") })
}

#[test]
fn the_worker_takes_the_properties_and_says_what_has_no_effect() -> Result<()> {
    let (_files, worker) = worker("guide-properties")?;
    let log = worker.log()?;
    for words in ["rest.host.name is deprecated. Use listeners=", "rest.port is deprecated", "connect-some-1.0.jar"] {
        assert!(log.contains(words), "{words} isn't in {log}");
    }
    assert!(!log.contains("has no effect"), "{log}");
    for (topic, partitions) in [("config", 1), ("offset", 25), ("status", 5)] {
        assert_eq!(topic::partitions(servers()?, &format!("guide-properties-{topic}"))?, partitions, "{topic}");
    }
    let root = worker.rest.get("/")?;
    assert_eq!(root.status, 200);
    assert!(root.json["version"].is_string() && root.json["commit"].is_string(), "{}", root.text);
    Ok(())
}

#[test]
fn the_chain_and_the_dead_letters_do_what_the_guide_says() -> Result<()> {
    let servers = servers()?;
    let (files, worker) = worker("guide-chain")?;
    let records = [
        Some(r#"{"name":"Ann","home":{"town":"Ulm"},"ssn":"123-45-6789","credit_card":"4111111111111111"}"#),
        None,
        Some("no json"),
        Some(r#"{"name":"Bob","ssn":"987-65-4321","credit_card":"5500000000000004"}"#),
    ];
    topic::write(servers, "people", &records.map(|value| (None, value)))?;
    let config = with(with(people_sink(&files), &chain()), &dead_letters());
    let body = json!({ "name": "people-sink", "config": config });
    let created = worker.rest.send_json("POST", "/connectors", &body)?;
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.json["config"]["errors.deadletterqueue.topic.replication.factor"], "3");
    assert_eq!(created.json["config"]["errors.log.enable"], "true");
    let lines = files.wait_lines("people", 2, &worker)?;
    for (line, name) in lines.iter().zip(["Ann", "Bob"]) {
        let record: Value = serde_json::from_str(line)?;
        assert_eq!((&record["name"], &record["ssn"]), (&json!(name), &json!("****")));
        assert_eq!(record["credit_card"], "****");
        assert_eq!(record["home_town"], if *name == *"Ann" { json!("Ulm") } else { Value::Null });
        assert!(record["processed_at"].is_i64(), "the record's timestamp, in ms: {line}");
    }
    // As in Java, MaskField comes first, and it can't mask what is null: the guide's filter sees no tombstone.
    let letters = topic::read(servers, "dlq-people-sink")?;
    let mut told: Vec<_> = letters
        .iter()
        .map(|letter| (letter.value.as_deref(), letter.header("__connect.errors.class.name").unwrap_or_default()))
        .collect();
    told.sort_unstable();
    let mask = "org.apache.kafka.connect.transforms.MaskField$Value";
    assert_eq!(told, [(None, mask), (Some("no json"), "org.apache.kafka.connect.json.JsonConverter")]);
    let of_step = letters.iter().find(|letter| letter.value.is_none()).context("no dead letter of the tombstone")?;
    let further = |name: &str| of_step.header(&format!("__airlock.errors.{name}")).unwrap_or_default();
    assert_eq!((further("step"), further("step.index"), further("component.name")), ("maskField", "1", "standard"));
    assert!(further("component.digest").starts_with("sha256:") && !further("component.version").is_empty());
    assert!(worker.log()?.contains("no json"), "errors.log.include.messages");
    Ok(())
}

/// Calls what the guide calls, and checks the status.
fn call(worker: &Worker, (method, path): (&str, &str), body: Option<&Value>, status: u16) -> Result<Value> {
    let answer = match body {
        Some(body) => worker.rest.send_json(method, path, body)?,
        None => worker.rest.send(method, path, None)?,
    };
    ensure!(answer.status == status, "{method} {path}: {} {}", answer.status, answer.text);
    Ok(answer.json)
}

fn wait_state(worker: &Worker, name: &str, state: &str) -> Result<()> {
    let mut status = Value::Null;
    let path = format!("/connectors/{name}/status");
    wait(WITHIN, || {
        status = worker.rest.get(&path)?.json;
        Ok(status["connector"]["state"] == state && status["tasks"][0]["state"] == state)
    })
    .with_context(|| format!("{name} isn't {state}: {status}"))
}

#[test]
fn every_management_command_is_answered_as_by_kafka_connect() -> Result<()> {
    let (files, worker) = worker("guide-calls")?;
    let call = |call: (&str, &str), body: Option<&Value>, status: u16| crate::call(&worker, call, body, status);
    files.append("visits", "one\ntwo\n")?;
    let config = json!({
        "connector.class": SOURCE, "tasks.max": "1", "file": files.path("visits"), "topic": "visits",
        "transforms": "route",
        "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
        "transforms.route.regex": "(.*)its",
        "transforms.route.replacement": "$1itors-events",
    });
    let created = call(("POST", "/connectors"), Some(&json!({ "name": "visits-source", "config": config })), 201)?;
    assert_eq!((&created["name"], &created["type"]), (&json!("visits-source"), &json!("source")));
    wait_state(&worker, "visits-source", "RUNNING")?;
    let status = call(("GET", "/connectors/visits-source/status"), None, 200)?;
    assert_eq!(status["tasks"][0]["worker_id"], "connect-worker-1:8083");
    assert_eq!(call(("GET", "/connectors"), None, 200)?, json!(["visits-source"]));
    let tasks = call(("GET", "/connectors/visits-source/tasks"), None, 200)?;
    assert_eq!(tasks[0]["id"], json!({ "connector": "visits-source", "task": 0 }));
    call(("POST", "/connectors/visits-source/tasks/0/restart"), None, 204)?;
    wait_state(&worker, "visits-source", "RUNNING")?;

    call(("PUT", "/connectors/visits-source/pause"), None, 202)?;
    wait_state(&worker, "visits-source", "PAUSED")?;
    call(("PUT", "/connectors/visits-source/resume"), None, 202)?;
    wait_state(&worker, "visits-source", "RUNNING")?;

    let updated = with(config, &json!({ "batch.size": "10" }));
    let answer = call(("PUT", "/connectors/visits-source/config"), Some(&updated), 200)?;
    assert_eq!(answer["config"]["batch.size"], "10");
    let stored = call(("GET", "/connectors/visits-source/config"), None, 200)?;
    assert_eq!(stored, with(updated, &json!({ "name": "visits-source" })));
    wait(WITHIN, || Ok(topic::partitions(servers()?, "visitors-events")? > 0))?;

    call(("DELETE", "/connectors/visits-source"), None, 204)?;
    call(("GET", "/connectors/visits-source"), None, 404)?;
    assert_eq!(call(("GET", "/connectors"), None, 200)?, json!([]));
    Ok(())
}
