//! The offsets of connectors over REST (KIP-875), with real consumer groups and both kinds of workers.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::time::Duration;

use airlock_tests::airlock::{Answer, Worker, wait};
use airlock_tests::kafka_server::shared;
use airlock_tests::standalone::Standalone;
use airlock_tests::topic;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const WITHIN: Duration = Duration::from_secs(60);

fn create(worker: &Worker, name: &str, config: &Value) -> Result<()> {
    worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?.ok()?;
    worker.rest.wait_running(name, 1, WITHIN)
}

fn verb(worker: &Worker, name: &str, verb: &str) -> Result<()> {
    worker.rest.send("PUT", &format!("/connectors/{name}/{verb}"), None)?.ok().map(drop)
}

fn offsets(worker: &Worker, name: &str) -> Result<Value> {
    Ok(worker.rest.get(&format!("/connectors/{name}/offsets"))?.ok()?["offsets"].take())
}

fn patch(worker: &Worker, name: &str, offsets: &Value) -> Result<Answer> {
    worker.rest.send_json("PATCH", &format!("/connectors/{name}/offsets"), &json!({ "offsets": offsets }))
}

fn reset(worker: &Worker, name: &str) -> Result<Answer> {
    worker.rest.send("DELETE", &format!("/connectors/{name}/offsets"), None)
}

fn at(topic: &str, partition: u32, offset: Option<u32>) -> Value {
    let offset = offset.map(|offset| json!({ "kafka_offset": offset }));
    json!({ "partition": { "kafka_topic": topic, "kafka_partition": partition }, "offset": offset })
}

fn wait_text(files: &Standalone, file: &str, wanted: &str) -> Result<()> {
    let text = || fs::read_to_string(files.path(file)).unwrap_or_default();
    wait(WITHIN, || Ok(text() == wanted)).with_context(|| format!("{file} holds {:?}, not {wanted:?}", text()))
}

fn refused(answer: &Answer, status: u16, words: &str) -> Result<()> {
    ensure!(answer.status == status && answer.text.contains(words), "{} {}", answer.status, answer.text);
    Ok(())
}

#[test]
fn a_sinks_offsets_are_listed_altered_and_reset() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    let topic = "offsets-of-a-sink";
    topic::create(servers, topic, 2)?;
    let mut files = Standalone::distributed(servers, "offsets-sink")?;
    let worker = files.start()?;
    let config = json!({ "connector.class": SINK, "topics": topic, "file": files.path("out.txt") });
    create(&worker, "out", &config)?;
    assert_eq!(offsets(&worker, "out")?, json!([]));
    let partition_0: Vec<Vec<u8>> = ["a", "b", "c"].map(|text| text.as_bytes().to_vec()).to_vec();
    topic::write_bytes(servers, topic, &partition_0)?;
    wait_text(&files, "out.txt", "a\nb\nc\n")?;
    wait(WITHIN, || Ok(offsets(&worker, "out")? == json!([at(topic, 0, Some(3))])))?;

    let words = "Connectors must be in the STOPPED state before their offsets can be modified.";
    refused(&patch(&worker, "out", &json!([at(topic, 0, Some(1))]))?, 400, words)?;
    refused(&reset(&worker, "out")?, 400, words)?;
    verb(&worker, "out", "stop")?;
    refused(&patch(&worker, "out", &json!([]))?, 400, "Partitions / offsets need to be provided")?;
    refused(&patch(&worker, "out", &json!([{ "partition": {} }]))?, 400, "must contain the keys 'kafka_topic'")?;
    refused(&patch(&worker, "nobody", &json!([at(topic, 0, None)]))?, 404, "Connector nobody not found")?;
    assert_eq!(offsets(&worker, "out")?, json!([at(topic, 0, Some(3))]), "nothing was changed");

    let told = patch(&worker, "out", &json!([at(topic, 0, Some(1)), at(topic, 1, Some(0))]))?.ok()?;
    assert_eq!(told["message"], "The offsets for this connector have been altered successfully");
    assert_eq!(offsets(&worker, "out")?, json!([at(topic, 0, Some(1)), at(topic, 1, Some(0))]));
    verb(&worker, "out", "resume")?;
    wait_text(&files, "out.txt", "a\nb\nc\nb\nc\n")?;

    verb(&worker, "out", "stop")?;
    patch(&worker, "out", &json!([at(topic, 0, None)]))?.ok()?;
    assert_eq!(offsets(&worker, "out")?, json!([at(topic, 1, Some(0))]), "the other one is left alone");
    reset(&worker, "out")?.ok()?;
    assert_eq!(offsets(&worker, "out")?, json!([]));
    reset(&worker, "out")?.ok()?;
    verb(&worker, "out", "resume")?;
    wait_text(&files, "out.txt", "a\nb\nc\nb\nc\na\nb\nc\n")?;
    worker.terminate(Duration::from_secs(20))
}

#[test]
fn a_group_that_somebody_else_has_joined_is_left_alone() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    let topic = "offsets-of-a-group";
    topic::create(servers, topic, 1)?;
    let config =
        |files: &Standalone| json!({ "connector.class": SINK, "topics": topic, "file": files.path("out.txt") });
    let (mut files, mut others) = (Standalone::new(servers)?, Standalone::new(servers)?);
    let (worker, other) = (files.start()?, others.start()?);
    create(&other, "shared-group", &config(&others))?;
    topic::write_values(servers, topic, &["a"])?;
    wait(WITHIN, || Ok(offsets(&other, "shared-group")? == json!([at(topic, 0, Some(1))])))?;
    create(&worker, "shared-group", &config(&files))?;
    verb(&worker, "shared-group", "stop")?;
    let wanted = json!([at(topic, 0, Some(0))]);
    let words = "Failed to alter consumer group offsets for connector shared-group either because its tasks";
    refused(&patch(&worker, "shared-group", &wanted)?, 500, words)?;
    refused(&patch(&worker, "shared-group", &json!([at(topic, 0, None)]))?, 500, words)?;
    refused(&reset(&worker, "shared-group")?, 500, "Failed to reset consumer group offsets")?;
    assert_eq!(offsets(&worker, "shared-group")?, json!([at(topic, 0, Some(1))]));
    other.terminate(Duration::from_secs(20))?;
    patch(&worker, "shared-group", &wanted)?.ok()?;
    worker.terminate(Duration::from_secs(20))
}

#[test]
fn a_sources_offsets_are_listed_altered_and_reset() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    let kinds = [Standalone::distributed(servers, "offsets-source")?, Standalone::new(servers)?];
    for (kind, mut files) in kinds.into_iter().enumerate() {
        let topic = format!("offsets-of-a-source-{kind}");
        let worker = files.start()?;
        files.append("in.txt", "one\ntwo\n")?;
        let config = json!({ "connector.class": SOURCE, "topic": topic, "file": files.path("in.txt") });
        create(&worker, "in", &config)?;
        let partition = json!({ "filename": files.path("in.txt") });
        let at = |position: Option<u32>| {
            let offset = position.map(|position| json!({ "position": position }));
            json!([{ "partition": partition, "offset": offset }])
        };
        let values = || -> Result<Vec<String>> {
            Ok(topic::read(servers, &topic)?.into_iter().filter_map(|record| record.value).collect())
        };
        wait(WITHIN, || Ok(offsets(&worker, "in")? == at(Some(8))))?;
        refused(&reset(&worker, "in")?, 400, "Connectors must be in the STOPPED state")?;
        verb(&worker, "in", "stop")?;
        refused(&patch(&worker, "in", &json!([{ "offset": {} }]))?, 400, "cannot be null or missing")?;
        patch(&worker, "in", &at(Some(4)))?.ok()?;
        assert_eq!(offsets(&worker, "in")?, at(Some(4)));
        verb(&worker, "in", "resume")?;
        wait(WITHIN, || Ok(values()? == ["one", "two", "two"])).with_context(|| format!("{:?}", values()))?;
        verb(&worker, "in", "stop")?;
        reset(&worker, "in")?.ok()?;
        assert_eq!(offsets(&worker, "in")?, json!([]));
        verb(&worker, "in", "resume")?;
        wait(WITHIN, || Ok(values()?.len() == 5)).with_context(|| format!("{:?}", values()))?;
        worker.terminate(Duration::from_secs(20))?;
    }
    Ok(())
}
