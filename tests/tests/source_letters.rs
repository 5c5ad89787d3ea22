//! Dead letters of sources, which Kafka Connect doesn't have: on real Kafka, from a real worker.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use airlock_tests::airlock::wait;
use airlock_tests::kafka_server::shared;
use airlock_tests::standalone::Standalone;
use airlock_tests::topic;
use anyhow::{Context, Result};
use serde_json::json;

const WITHIN: Duration = Duration::from_secs(60);

#[test]
fn a_line_that_a_transform_rejects_is_a_dead_letter_and_its_offset_goes_on() -> Result<()> {
    let servers = shared()?.bootstrap_servers();
    let mut files = Standalone::distributed(servers, "source-letters")?;
    let worker = files.start()?;
    files.append("in.txt", "1\nno number\n2\n")?;
    let config = json!({
        "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "file": files.path("in.txt"), "topic": "numbers",
        "transforms": "number",
        "transforms.number.type": "org.apache.kafka.connect.transforms.Cast$Value",
        "transforms.number.spec": "int32",
        "errors.tolerance": "all",
        "errors.deadletterqueue.topic.name": "no-numbers",
        "errors.deadletterqueue.topic.replication.factor": 1,
        "errors.deadletterqueue.context.headers.enable": true,
    });
    worker.rest.send_json("POST", "/connectors", &json!({ "name": "numbers", "config": config }))?.ok()?;
    let filename = files.path("in.txt");
    let stored = json!([{ "partition": { "filename": filename }, "offset": { "position": 14 } }]);
    wait(WITHIN, || Ok(worker.rest.get("/connectors/numbers/offsets")?.json["offsets"] == stored))?;

    let values = topic::read(servers, "numbers")?.into_iter().filter_map(|record| record.value);
    assert_eq!(values.collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(topic::partitions(servers, "no-numbers")?, 1);
    let letters = topic::read(servers, "no-numbers")?;
    let [letter] = letters.as_slice() else { anyhow::bail!("{letters:?}") };
    assert_eq!((letter.key.as_deref(), letter.value.as_deref()), (None, Some("\"no number\"")), "JSON, as polled");
    for (name, value) in [
        ("__connect.errors.topic", "numbers"),
        ("__connect.errors.connector.name", "numbers"),
        ("__connect.errors.task.id", "0"),
        ("__connect.errors.stage", "TRANSFORMATION"),
        ("__connect.errors.class.name", "org.apache.kafka.connect.transforms.Cast$Value"),
        ("__airlock.errors.step", "number"),
        ("__airlock.errors.component.name", "standard"),
        ("__airlock.errors.source.partition", &json!({ "filename": filename }).to_string()),
        ("__airlock.errors.source.offset", r#"{"position":12}"#),
    ] {
        assert_eq!(letter.header(name), Some(value), "{name}");
    }
    let message = letter.header("__connect.errors.exception.message").context("no message")?;
    assert!(message.contains("no number"), "{message}");
    worker.terminate(Duration::from_secs(20))
}
