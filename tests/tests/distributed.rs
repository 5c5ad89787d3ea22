//! A worker that keeps its connectors, offsets and statuses in Kafka: what it finds again after it was killed, and
//! what it writes.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use airlock_tests::airlock::{Worker, run, wait};
use airlock_tests::kafka_server::shared;
use airlock_tests::standalone::Standalone;
use airlock_tests::topic;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const WITHIN: Duration = Duration::from_secs(60);

fn create(worker: &Worker, name: &str, config: &Value) -> Result<()> {
    worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?.ok().map(drop)
}

fn source(files: &Standalone, topic: &str) -> Value {
    json!({ "connector.class": SOURCE, "file": files.path("in.txt"), "topic": topic })
}

fn sink(files: &Standalone, topic: &str) -> Value {
    json!({ "connector.class": SINK, "file": files.path("out.txt"), "topics": topic })
}

/// Returns what a topic's keys come to: the newest value of each, in text.
fn compacted(servers: &str, topic: &str) -> Result<BTreeMap<String, Option<Value>>> {
    let mut newest = BTreeMap::new();
    for record in topic::read(servers, topic)? {
        let value = record.value.as_deref().map(serde_json::from_str).transpose()?;
        newest.insert(record.key.context("a record without a key")?, value);
    }
    Ok(newest)
}

fn wait_lines(files: &Standalone, count: usize) -> Result<Vec<String>> {
    let lines = || -> Vec<String> {
        let text = fs::read_to_string(files.path("out.txt")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    };
    wait(WITHIN, || Ok(lines().len() >= count)).with_context(|| format!("{:?}", lines()))?;
    Ok(lines())
}

#[test]
fn a_worker_that_was_killed_finds_everything_again() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    let mut files = Standalone::distributed(servers, "found-again")?;
    let worker = files.start()?;
    files.append("in.txt", "one\ntwo\n")?;
    create(&worker, "in", &source(&files, "found-lines"))?;
    create(&worker, "out", &sink(&files, "found-lines"))?;
    create(&worker, "waits", &sink(&files, "found-others"))?;
    create(&worker, "rests", &sink(&files, "found-others"))?;
    create(&worker, "leaves", &sink(&files, "found-others"))?;
    worker.rest.wait_running("out", 1, WITHIN)?;
    worker.rest.wait_running("rests", 1, WITHIN)?;
    worker.rest.send("PUT", "/connectors/waits/pause", None)?.ok()?;
    worker.rest.send("PUT", "/connectors/rests/stop", None)?.ok()?;
    worker.rest.send("DELETE", "/connectors/leaves", None)?.ok()?;
    wait_lines(&files, 2)?;
    // Stored offsets, since the test is about what is stored.
    wait(WITHIN, || Ok(!topic::read(servers, "found-again-offset")?.is_empty()))?;
    let configs: Vec<Value> = ["in", "out", "waits", "rests"]
        .iter()
        .map(|name| Ok(worker.rest.get(&format!("/connectors/{name}"))?.json["config"].take()))
        .collect::<Result<_>>()?;

    worker.kill();
    files.append("in.txt", "three\n")?;
    let worker = files.start()?;

    worker.rest.wait_running("in", 1, WITHIN)?;
    wait_lines(&files, 3)?;
    assert_eq!(worker.rest.get("/connectors")?.json, json!(["in", "out", "rests", "waits"]));
    for (name, config) in ["in", "out", "waits", "rests"].iter().zip(configs) {
        assert_eq!(worker.rest.get(&format!("/connectors/{name}"))?.json["config"], config, "{name}");
    }
    let states = |name: &str| -> Result<(Value, Value)> {
        let status = worker.rest.get(&format!("/connectors/{name}/status"))?.json;
        let of = |path| status.pointer(path).cloned().unwrap_or_default();
        Ok((of("/connector/state"), of("/tasks/0/state")))
    };
    wait(WITHIN, || Ok(states("waits")? == (json!("PAUSED"), json!("PAUSED"))))?;
    assert_eq!(states("rests")?, (json!("STOPPED"), Value::Null));
    let values = topic::read(servers, "found-lines")?.into_iter().map(|record| record.value.unwrap_or_default());
    assert_eq!(values.collect::<Vec<_>>(), ["one", "two", "three"], "the source went on where it was");
    worker.terminate(Duration::from_secs(20))
}

#[test]
fn the_topics_are_those_of_kafka_connect() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    let mut files = Standalone::distributed(servers, "as-connect")?;
    let worker = files.start()?;
    files.append("in.txt", "one\n")?;
    create(&worker, "in", &source(&files, "as-connect-lines"))?;
    worker.rest.wait_running("in", 1, WITHIN)?;
    wait(WITHIN, || Ok(!topic::read(servers, "as-connect-offset")?.is_empty()))?;

    let configs = compacted(servers, "as-connect-config")?;
    let file = files.path("in.txt");
    let expected = json!({ "properties": {
        "name": "in", "connector.class": SOURCE, "file": file, "topic": "as-connect-lines"
    } });
    assert_eq!(configs["connector-in"], Some(expected));
    assert_eq!(configs["commit-in"], Some(json!({ "tasks": 1 })));
    assert_eq!(configs["task-in-0"].as_ref().unwrap()["properties"]["file"], json!(file));
    let offsets = compacted(servers, "as-connect-offset")?;
    let key = json!(["in", { "filename": file }]).to_string();
    assert_eq!(offsets[&key], Some(json!({ "position": 4 })), "{offsets:?}");
    let status = |key: &str| -> Result<Value> {
        let statuses = compacted(servers, "as-connect-status")?;
        Ok(statuses.get(key).cloned().flatten().unwrap_or_default())
    };
    wait(WITHIN, || Ok(status("status-task-in-0")?["state"] == "RUNNING"))?;
    let id = format!("127.0.0.1:{}", files.port());
    let running = status("status-connector-in")?;
    assert_eq!((&running["state"], &running["worker_id"]), (&json!("RUNNING"), &json!(id)));
    assert_eq!((&running["trace"], &running["generation"]), (&Value::Null, &json!(0)));

    worker.rest.send("PUT", "/connectors/in/stop", None)?.ok()?;
    let configs = compacted(servers, "as-connect-config")?;
    assert_eq!(configs["target-state-in"], Some(json!({ "state": "PAUSED", "state.v2": "STOPPED" })));
    assert_eq!(configs["commit-in"], Some(json!({ "tasks": 0 })));
    wait(WITHIN, || Ok(status("status-task-in-0")?.is_null() && status("status-connector-in")?["state"] == "STOPPED"))?;
    worker.rest.send("DELETE", "/connectors/in", None)?.ok()?;
    let configs = compacted(servers, "as-connect-config")?;
    assert_eq!((&configs["connector-in"], &configs["target-state-in"]), (&None, &None));
    wait(WITHIN, || Ok(status("status-connector-in")?.is_null()))?;
    worker.terminate(Duration::from_secs(20))
}

#[test]
fn a_worker_that_ends_says_that_its_tasks_are_nobodys() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    let mut files = Standalone::distributed(servers, "ends-well")?;
    let worker = files.start()?;
    create(&worker, "out", &sink(&files, "ends-well-lines"))?;
    worker.rest.wait_running("out", 1, WITHIN)?;
    worker.terminate(Duration::from_secs(20))?;
    let statuses = compacted(servers, "ends-well-status")?;
    for key in ["status-connector-out", "status-task-out-0"] {
        assert_eq!(statuses[key].as_ref().unwrap()["state"], "UNASSIGNED", "{key}");
    }
    Ok(())
}

#[test]
fn a_topic_that_cannot_keep_configurations_is_refused() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    topic::create(servers, "three-partitions", 3)?;
    topic::create(servers, "deleted-by-time", 1)?;
    for (name, words) in [
        ("three-partitions", ["config.storage.topic", "3 partitions"]),
        ("deleted-by-time", ["config.storage.topic", "cleanup.policy=delete"]),
    ] {
        let mut files = Standalone::distributed(servers, "refused")?;
        files.set("config.storage.topic", name);
        let arguments = files.arguments()?;
        let told = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"")?;
        let text = String::from_utf8_lossy(&told.stderr).into_owned();
        ensure!(!told.status.success(), "it started: {text}");
        words.iter().for_each(|word| assert!(text.contains(word), "{word} isn't in: {text}"));
    }
    Ok(())
}

#[test]
fn a_connector_whose_plugin_is_not_here_fails_until_it_is() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    let mut files = Standalone::distributed(servers, "no-plugin")?;
    let worker = files.start()?;
    worker.terminate(Duration::from_secs(20))?;
    let config = json!({ "properties": { "name": "x", "connector.class": "com.example.Nowhere", "tasks.max": "1" } });
    topic::write(servers, "no-plugin-config", &[(Some("connector-x"), Some(&config.to_string()))])?;
    let worker = files.start()?;
    let mut status = Value::Null;
    wait(WITHIN, || {
        status = worker.rest.get("/connectors/x/status")?.json;
        Ok(status["connector"]["state"] == "FAILED")
    })?;
    let trace = status["connector"]["trace"].as_str().unwrap_or_default();
    assert!(trace.contains("com.example.Nowhere") && trace.contains("PUT /components"), "{trace}");
    worker.rest.send("DELETE", "/connectors/x", None)?.ok()?;
    worker.terminate(Duration::from_secs(20))
}
