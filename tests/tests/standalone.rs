//! Every way to use the program that needs no broker, or one that isn't there yet.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::net::TcpListener;
use std::process::Output;
use std::time::Duration;

use airlock_tests::airlock::{root, run, wait};
use airlock_tests::kafka_server::KafkaServer;
use airlock_tests::standalone::{Standalone, as_properties};
use airlock_tests::topic;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const NOWHERE: &str = "127.0.0.1:1";
const WITHIN: Duration = Duration::from_secs(60);

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn component(path: &str) -> Result<Vec<u8>> {
    fs::read(root().join("target/components").join(path)).context("run `just guests`")
}

/// Checks that a worker doesn't start, and says why.
fn refused(files: &Standalone, words: &[&str]) -> Result<()> {
    let arguments = files.arguments()?;
    let Output { status, stderr, .. } = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), b"")?;
    let told = text(&stderr);
    ensure!(!status.success(), "it started: {told}");
    for word in words {
        ensure!(told.contains(word), "{word} isn't in: {told}");
    }
    Ok(())
}

#[test]
fn a_missing_key_is_named() -> Result<()> {
    for key in ["key.converter", "value.converter", "offset.storage.file.filename"] {
        let mut files = Standalone::new(NOWHERE)?;
        files.unset(key);
        refused(&files, &["worker.properties", &format!("Missing required configuration \"{key}\"")])?;
    }
    Ok(())
}

#[test]
fn a_value_that_cannot_be_used_is_told_with_its_key() -> Result<()> {
    for (key, value) in [
        ("offset.flush.interval.ms", "soon"),
        ("airlock.memory.max.bytes", "1"),
        ("listeners", "https://127.0.0.1:1"),
        ("value.converter", "com.example.NoConverter"),
    ] {
        let mut files = Standalone::new(NOWHERE)?;
        files.set(key, value);
        refused(&files, &[key, value])?;
    }
    Ok(())
}

#[test]
fn a_file_that_is_not_there_is_named() -> Result<()> {
    let Output { status, stderr, .. } = run(&["standalone", "no-such.properties"], b"")?;
    assert!(!status.success());
    assert!(text(&stderr).contains("can't read no-such.properties"), "{}", text(&stderr));
    Ok(())
}

#[test]
fn a_connector_file_that_cannot_be_used_ends_the_worker() -> Result<()> {
    let mut files = Standalone::new(NOWHERE)?;
    files.connector("broken.json", "{\"name\": ")?;
    refused(&files, &["broken.json"])?;
    let mut files = Standalone::new(NOWHERE)?;
    files.connector("unknown.properties", "name=x\nconnector.class=com.example.Nothing\n")?;
    refused(&files, &["connector x", "com.example.Nothing"])
}

#[test]
fn a_port_that_is_taken_is_told_and_what_to_do() -> Result<()> {
    let files = Standalone::new(NOWHERE)?;
    let _taken = TcpListener::bind(("127.0.0.1", files.port()))?;
    refused(&files, &[&format!("can't listen on 127.0.0.1:{}", files.port()), "in use", "listeners=http://host:port"])
}

#[test]
fn rest_is_on_loopback_unless_told_otherwise() -> Result<()> {
    let mut files = Standalone::new(NOWHERE)?;
    let port = files.port();
    files.unset("listeners");
    files.set("rest.port", &port.to_string());
    let worker = files.start()?;
    let sockets = fs::read_to_string("/proc/net/tcp")? + &fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    let is_ours = |line: &&str| line.split_whitespace().nth(1).is_some_and(|at| at.ends_with(&format!(":{port:04X}")));
    let listening: Vec<_> = sockets.lines().filter(|line| line.contains(" 0A ")).filter(is_ours).collect();
    assert_eq!(listening.len(), 1, "{listening:?}");
    assert!(listening.iter().all(|line| line.contains(&format!("0100007F:{port:04X}"))), "{listening:?}");
    worker.terminate(Duration::from_secs(20))
}

#[test]
fn uploads_outlive_the_worker() -> Result<()> {
    let mut files = Standalone::new(NOWHERE)?;
    let worker = files.start()?;
    let stored = worker.rest.upload("redact", "1.0.0", &component("examples/redact.wasm")?)?;
    assert_eq!(stored.status, 201, "{}", stored.text);
    worker.kill();
    let worker = files.start()?;
    let mut found = Value::Null;
    wait(WITHIN, || {
        found = worker.rest.get("/components/redact/versions/1.0.0")?.json;
        Ok(!found["digest"].is_null())
    })?;
    assert_eq!(found, stored.json);
    let same = worker.rest.upload("redact", "1.0.0", &component("examples/redact.wasm")?)?;
    assert_eq!(same.status, 200, "the same bytes are no conflict: {}", same.text);
    Ok(())
}

#[test]
fn what_is_no_component_is_refused_and_nothing_is_stored() -> Result<()> {
    let mut files = Standalone::new(NOWHERE)?;
    files.set("airlock.component.max.bytes", "1000");
    let worker = files.start()?;
    let check = |bytes: &[u8], status: u16, words: &str| {
        let answer = worker.rest.upload("mine", "1", bytes)?;
        ensure!(answer.status == status && answer.text.contains(words), "{} {}", answer.status, answer.text);
        let stored = worker.rest.get("/components/mine/versions/1")?;
        ensure!(stored.status == 404, "something was stored: {}", stored.text);
        anyhow::Ok(())
    };
    check(b"PK\x03\x04 a JAR", 400, "this is no WebAssembly")?;
    check(b"\0asm\x01\0\0\0", 400, "this is a core WebAssembly module, not a component")?;
    let wasm = component("examples/redact.wasm")?;
    check(&wasm[..2000], 413, "airlock.component.max.bytes = 1000")
}

#[test]
fn a_worker_that_is_told_to_stop_as_soon_as_it_is_ready_ends_well() -> Result<()> {
    let mut files = Standalone::new(NOWHERE)?;
    for _ in 0..10 {
        files.start()?.terminate(WITHIN)?;
    }
    Ok(())
}

#[test]
fn two_connector_files_are_two_connectors() -> Result<()> {
    let mut files = Standalone::new(NOWHERE)?;
    let source = json!({ "connector.class": SOURCE, "file": files.path("in"), "topic": "t", "tasks.max": 1 });
    files.connector("one.json", &json!({ "name": "one", "config": source }).to_string())?;
    let sink = json!({ "name": "two", "connector.class": SINK, "file": files.path("out"), "topics": "t" });
    files.connector("two.properties", &as_properties(&sink))?;
    let worker = files.start()?;
    wait(WITHIN, || Ok(worker.rest.get("/connectors")?.json == json!(["one", "two"])))?;
    let config = worker.rest.get("/connectors/two/config")?.json;
    assert_eq!(config, sink, "as it is in the file");
    // Without Kafka there is nothing to wait for.
    worker.terminate(Duration::from_secs(20))
}

#[test]
fn a_worker_waits_for_a_kafka_that_is_not_there_and_says_so() -> Result<()> {
    let mut kafka = KafkaServer::start(1)?;
    let servers = kafka.bootstrap_servers().to_owned();
    kafka.kill_broker(0)?;
    let mut files = Standalone::new(&servers)?;
    let source = json!({ "connector.class": SOURCE, "file": files.path("in"), "topic": "late", "tasks.max": 1 });
    files.connector("source.json", &json!({ "name": "source", "config": source }).to_string())?;
    let sink = json!({ "name": "sink", "connector.class": SINK, "file": files.path("out"), "topics": "late" });
    files.connector("sink.properties", &as_properties(&sink))?;
    files.append("in", "a line\n")?;
    let worker = files.start()?;
    worker.rest.wait_running("source", 1, WITHIN)?;
    worker.rest.wait_running("sink", 1, WITHIN)?;
    let is_told = |line: &str| line.contains(&servers) && line.contains("Connection refused");
    wait(WITHIN, || Ok(worker.log()?.lines().any(is_told))).with_context(|| worker.log().unwrap_or_default())?;
    let lines = worker.log()?.lines().count();
    ensure!(lines < 30, "the log is flooded: {}", worker.log()?);
    assert_eq!(worker.rest.get("/")?.json["kafka_cluster_id"], "");
    kafka.restart_broker(0)?;
    assert_eq!(files.wait_lines("out", 1, &worker)?, ["a line"]);
    assert_eq!(topic::read(&servers, "late")?.len(), 1);
    worker.terminate(Duration::from_secs(20))
}

#[test]
fn inspect_shows_what_is_in_a_component() -> Result<()> {
    let file = root().join("target/components/examples/redact.wasm");
    let Output { status, stdout, stderr } = run(&["component", "inspect", &file.display().to_string()], b"")?;
    ensure!(status.success(), "{}", text(&stderr));
    let told = text(&stdout);
    for words in ["com.example.Redact", "fields", "List, required", "default \"[redacted]\"", "airlock:connect/plugin"]
    {
        assert!(told.contains(words), "{words} isn't in {told}");
    }
    let file = root().join("target/components/file-sink.wasm");
    let Output { stdout, .. } = run(&["component", "inspect", &file.display().to_string()], b"")?;
    assert!(text(&stdout).contains("asks for filesystem"), "{}", text(&stdout));
    Ok(())
}

#[test]
fn inspect_says_what_is_wrong_with_other_files() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (name, bytes, words) in [
        ("a.jar", &b"PK\x03\x04"[..], "this is no WebAssembly"),
        ("module.wasm", b"\0asm\x01\0\0\0", "this is a core WebAssembly module, not a component"),
        ("cut.wasm", &component("file-sink.wasm")?[..5000], "this component is damaged or cut off"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, bytes)?;
        let Output { status, stderr, .. } = run(&["component", "inspect", &file.display().to_string()], b"")?;
        ensure!(!status.success(), "{name} was taken");
        ensure!(text(&stderr).contains(words), "{words} isn't in {}", text(&stderr));
    }
    Ok(())
}

#[test]
fn a_chain_runs_on_sample_records_without_kafka() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let chain = folder.path().join("chain.json");
    let steps = json!({
        "name": "ignored", "connector.class": "ignored",
        "transforms": "mask,redact",
        "transforms.mask.type": "org.apache.kafka.connect.transforms.MaskField$Value",
        "transforms.mask.fields": "ssn", "transforms.mask.replacement": "****",
        "transforms.redact.type": "com.example.Redact", "transforms.redact.fields": "tail",
    });
    fs::write(&chain, steps.to_string())?;
    let redact = root().join("target/components/examples/redact.wasm").display().to_string();
    let chain = chain.display().to_string();
    let arguments = ["transform", "run", "--chain", &chain, "--component", &redact];
    let input = b"{\"ssn\":\"1\",\"tail\":\"N1\",\"kept\": 1.50}\nnot json\n{\"kept\":true}\n";
    let Output { status, stdout, stderr } = run(&arguments, input)?;
    ensure!(status.success(), "{}", text(&stderr));
    // As in Java, a masked field that is absent becomes null.
    let expected = "{\"ssn\":\"****\",\"tail\":\"[redacted]\",\"kept\": 1.50}\n{\"kept\":true,\"ssn\":null}\n";
    assert_eq!(text(&stdout), expected);
    assert!(text(&stderr).contains("line 2 rejected at VALUE_CONVERTER"), "{}", text(&stderr));
    let Output { status, stderr, .. } = run(&arguments[..4], input)?;
    assert!(!status.success());
    assert!(text(&stderr).contains("com.example.Redact"), "{}", text(&stderr));
    Ok(())
}

#[test]
fn a_file_outside_of_the_grants_is_refused_with_its_key() -> Result<()> {
    let mut files = Standalone::new(NOWHERE)?;
    let worker = files.start()?;
    let dots = format!("{}/../../etc/passwd", files.path("sub"));
    for (path, words) in [
        ("/etc/passwd", "/etc/passwd is outside of airlock.grant.directories"),
        ("relative", "relative is no absolute path without '..'"),
        (&dots, "is no absolute path without '..'"),
    ] {
        let config = json!({ "connector.class": SOURCE, "file": path, "topic": "t" });
        let answer = worker.rest.send_json("POST", "/connectors", &json!({ "name": "spy", "config": config }))?;
        ensure!(answer.status == 400 && answer.text.contains(words), "{} {}", answer.status, answer.text);
        ensure!(answer.text.contains("\\nfile: "), "the key isn't named: {}", answer.text);
    }
    assert_eq!(worker.rest.get("/connectors")?.json, json!([]));
    Ok(())
}
