//! The whole program on real Apache Kafka: what a crash repeats, what it must not lose, what errors do.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use airlock_tests::airlock::{Rest, Worker, root, wait};
use airlock_tests::kafka_server;
use airlock_tests::standalone::{Standalone, as_properties, whole_lines};
use airlock_tests::topic;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const DEAD: &str = "errors.deadletterqueue.topic.name";
const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";
const WITHIN: Duration = Duration::from_secs(60);

/// How many lines the input grows by at a time; the worker is stopped within each part but the last.
const PART: usize = 5_000;
const WARM_UP: usize = 10;

/// Xorshift: the same moments in each run.
struct Seed(usize);

impl Seed {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Line `n` of the input; `after` says what the chain makes of it.
fn line(n: usize) -> String {
    format!(r#"{{"n":{n},"ssn":"{:09}","text":"line {n}"}}"#, n * 7919)
}

fn after(n: usize) -> String {
    line(n).replace(&format!("{:09}", n * 7919), "***")
}

/// The number of a line of the output; none if the chain did not do its work.
fn number(line: &str) -> Option<usize> {
    let n = serde_json::from_str::<Value>(line).ok()?.get("n")?.as_u64()? as usize;
    (line == after(n)).then_some(n)
}

/// The job's files: file → topic → MaskField → file; one connector file is JSON, the other properties.
fn job(name: &str) -> Result<Standalone> {
    let mut files = Standalone::new(kafka_server::shared()?.bootstrap_servers())?;
    // Small batches keep the source busy for a while.
    let source = json!({
        "connector.class": SOURCE, "tasks.max": 1, "file": files.path("in.ndjson"), "topic": name, "batch.size": 20,
    });
    files.connector("source.json", &json!({ "name": format!("{name}-source"), "config": source }).to_string())?;
    let sink = json!({
        "name": format!("{name}-sink"), "connector.class": SINK, "tasks.max": 1, "topics": name,
        "file": files.path("out.ndjson"), "value.converter": JSON, "value.converter.schemas.enable": false,
        "transforms": "mask", "transforms.mask.type": "org.apache.kafka.connect.transforms.MaskField$Value",
        "transforms.mask.fields": "ssn", "transforms.mask.replacement": "***",
    });
    files.connector("sink.properties", &as_properties(&sink))?;
    files.append("in.ndjson", "")?;
    Ok(files)
}

/// Lets the input grow by a part, and returns once `lines` of the part have come out. The part's first lines come
/// alone, so that both sides are at work when the others come.
fn feed(files: &Standalone, part: usize, lines: usize) -> Result<()> {
    let numbers = part * PART..(part + 1) * PART;
    for (from, to, wanted) in [(0, WARM_UP, WARM_UP), (WARM_UP, PART, lines)] {
        let text: String = numbers.clone().skip(from).take(to - from).map(|n| line(n) + "\n").collect();
        files.append("in.ndjson", &text)?;
        let last = part * PART + wanted - 1;
        let is_out = |line: &String| number(line).is_some_and(|n| n >= last);
        let waited = wait(WITHIN, || Ok(files.lines("out.ndjson").iter().rev().take(2).any(is_out)));
        waited.with_context(|| format!("line {last} doesn't come out"))?;
    }
    Ok(())
}

/// Whether neither the source nor the sink is through with the input.
fn is_in_the_middle(files: &Standalone, topic: &[String]) -> bool {
    let all = files.lines("in.ndjson").len();
    let last = |lines: &[String]| lines.last().and_then(|line| serde_json::from_str::<Value>(line).ok()?["n"].as_u64());
    let is_behind = |last: Option<u64>| last.is_none_or(|n| (n as usize) + 1 < all);
    is_behind(last(topic)) && is_behind(last(&files.lines("out.ndjson")))
}

fn topic_values(name: &str) -> Result<Vec<String>> {
    let records = topic::read(kafka_server::shared()?.bootstrap_servers(), name)?;
    Ok(records.into_iter().filter_map(|record| record.value).collect())
}

fn with_log<T>(worker: &Worker, result: Result<T>) -> Result<T> {
    let log = if result.is_err() { worker.log()? } else { String::new() };
    result.with_context(|| log)
}

#[test]
fn a_worker_killed_in_the_middle_loses_no_record() -> Result<()> {
    let mut files = job("killed")?;
    let mut seed = Seed(0x5eed_cafe);
    let mut ends = vec![0];
    let parts = 4;
    for part in 0..parts {
        let worker = files.start()?;
        let lines = if part + 1 < parts { WARM_UP + 1 + seed.below(PART / 2) } else { PART };
        with_log(&worker, feed(&files, part, lines))?;
        worker.kill();
        ends.push(files.bytes("out.ndjson").len());
        let busy = is_in_the_middle(&files, &topic_values("killed")?);
        ensure!(busy == (part + 1 < parts), "kill {part} was not in the middle");
    }
    let topic = topic_values("killed")?;
    let runs = source_runs(&topic, parts * PART)?;
    let repeated = sink_runs(&files.bytes("out.ndjson"), &ends, &topic)?;
    let lines = files.lines("out.ndjson");
    let mut numbers: Vec<_> = lines.iter().filter_map(|line| number(line)).collect();
    let broken = lines.len() - numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    ensure!(numbers.len() == parts * PART, "{} of {} lines are in the output", numbers.len(), parts * PART);
    println!(
        "{} lines after {} kills: {} repeated by the source in {runs} runs, {repeated} by the sink, {broken} broken off",
        parts * PART,
        parts - 1,
        topic.len() - parts * PART,
    );
    Ok(())
}

/// Checks that each incarnation of the source wrote its lines in order, and left none out; counts the runs.
fn source_runs(topic: &[String], total: usize) -> Result<usize> {
    let (mut next, mut runs) = (0, 1);
    for value in topic {
        let n = serde_json::from_str::<Value>(value)?["n"].as_u64().context("no n")? as usize;
        ensure!(*value == line(n), "the source changed a line: {value}");
        ensure!(n <= next, "the topic lacks line {next}: {n} comes instead");
        runs += usize::from(n < next);
        next = n + 1;
    }
    ensure!(next == total, "the topic ends with {next}");
    Ok(runs)
}

/// Checks that each incarnation of the sink wrote a piece of the topic, in order, which begins no later than the
/// one before ended. Returns how many records were repeated.
fn sink_runs(output: &[u8], ends: &[usize], topic: &[String]) -> Result<usize> {
    let (mut next, mut repeated) = (0, 0);
    let topic: Vec<_> = topic
        .iter()
        .filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["n"].as_u64()? as usize))
        .collect();
    for piece in ends.windows(2) {
        let &[from, to] = piece else { continue };
        let lines = whole_lines(output.get(from..to).unwrap_or_default());
        let numbers: Option<Vec<_>> = lines.iter().filter(|line| !line.is_empty()).map(|line| number(line)).collect();
        let numbers = numbers.context("a line isn't what the chain should make of it")?;
        // The latest place where it may have begun: repeats make several look alike.
        let start = (0..=next).rev().find(|start| topic.get(*start..start + numbers.len()) == Some(numbers.as_slice()));
        let start =
            start.context("an incarnation's lines are no piece of the topic, or records are missing before it")?;
        repeated += next - start;
        next = start + numbers.len();
    }
    ensure!(next == topic.len(), "only {next} of {} records were written", topic.len());
    Ok(repeated)
}

#[test]
fn nothing_is_repeated_after_sigterm() -> Result<()> {
    let mut files = job("graceful")?;
    let worker = files.start()?;
    with_log(&worker, feed(&files, 0, 700))?;
    worker.terminate(Duration::from_secs(20))?;
    ensure!(is_in_the_middle(&files, &topic_values("graceful")?), "SIGTERM was not in the middle");
    let worker = files.start()?;
    with_log(&worker, feed(&files, 1, PART))?;
    worker.terminate(Duration::from_secs(20))?;
    let expected: Vec<_> = (0..2 * PART).map(line).collect();
    ensure!(topic_values("graceful")? == expected, "the source repeated or lost lines");
    let expected: Vec<_> = (0..2 * PART).map(after).collect();
    ensure!(files.lines("out.ndjson") == expected, "the sink repeated or lost lines");
    Ok(())
}

/// A worker without connectors, on files of its own.
fn worker() -> Result<(Standalone, Worker)> {
    let mut files = Standalone::new(kafka_server::shared()?.bootstrap_servers())?;
    let worker = files.start()?;
    Ok((files, worker))
}

/// The configuration of a file sink that reads JSON.
fn sink(files: &Standalone, topic: &str) -> Value {
    json!({
        "connector.class": SINK, "tasks.max": 1, "topics": topic, "file": files.path("out.ndjson"),
        "value.converter": JSON, "value.converter.schemas.enable": false,
    })
}

/// The configuration with more keys.
fn with(mut config: Value, more: &Value) -> Value {
    if let (Some(config), Some(more)) = (config.as_object_mut(), more.as_object()) {
        config.extend(more.clone());
    }
    config
}

fn tolerant(dead_letters: &str) -> Value {
    json!({
        "errors.tolerance": "all", DEAD: dead_letters, "errors.deadletterqueue.topic.replication.factor": 1,
        "errors.deadletterqueue.context.headers.enable": true,
    })
}

fn create(rest: &Rest, name: &str, config: Value) -> Result<()> {
    rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?.ok().map(drop)
}

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("{{\"n\":{n}}}")).collect()
}

const MALFORMED: &str = r#"{"n":2"#;

/// Records 0, 1, 3 and 4, and a malformed one in their middle.
fn write_with_malformed(topic: &str) -> Result<()> {
    let mut values = numbered(0..5);
    values[2] = MALFORMED.to_owned();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    topic::write_values(kafka_server::shared()?.bootstrap_servers(), topic, &values)
}

#[test]
fn a_malformed_record_becomes_a_dead_letter_that_says_what_happened() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let (files, worker) = worker()?;
    write_with_malformed("orders")?;
    create(&worker.rest, "tolerant", with(sink(&files, "orders"), &tolerant("dead-orders")))?;
    let lines = files.wait_lines("out.ndjson", 4, &worker)?;
    assert_eq!(lines, [&numbered(0..2)[..], &numbered(3..5)].concat());
    assert_eq!(topic::partitions(servers, "dead-orders")?, 1);
    let letters = topic::read(servers, "dead-orders")?;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(letter.value.as_deref(), Some(MALFORMED));
    let expected = [
        ("topic", "orders"),
        ("partition", "0"),
        ("offset", "2"),
        ("connector.name", "tolerant"),
        ("task.id", "0"),
        ("stage", "VALUE_CONVERTER"),
        ("class.name", JSON),
        ("exception.class.name", "org.apache.kafka.connect.errors.DataException"),
    ];
    for (name, value) in expected {
        assert_eq!(letter.header(&format!("__connect.errors.{name}")), Some(value), "{name}");
    }
    for name in ["exception.message", "exception.stacktrace"] {
        assert!(letter.header(&format!("__connect.errors.{name}")).is_some_and(|text| !text.is_empty()), "{name}");
    }
    Ok(())
}

#[test]
fn a_task_that_failed_at_a_record_goes_on_when_errors_are_tolerated() -> Result<()> {
    let (files, worker) = worker()?;
    write_with_malformed("strict")?;
    create(&worker.rest, "strict", sink(&files, "strict"))?;
    let mut task = Value::Null;
    wait(WITHIN, || {
        task = worker.rest.get("/connectors/strict/tasks/0/status")?.json;
        Ok(task["state"] == "FAILED")
    })
    .with_context(|| task.to_string())?;
    let trace = task["trace"].as_str().context("no trace")?;
    for words in ["Tolerance exceeded in error handler", "strict-0@2", "VALUE_CONVERTER", JSON, "errors.tolerance=all"]
    {
        assert!(trace.contains(words), "{words} isn't in {trace}");
    }
    let config = with(sink(&files, "strict"), &tolerant("dead-strict"));
    worker.rest.send_json("PUT", "/connectors/strict/config", &config)?.ok()?;
    worker.rest.wait_running("strict", 1, WITHIN)?;
    wait(WITHIN, || {
        let mut lines = files.lines("out.ndjson");
        lines.dedup();
        Ok(lines == [&numbered(0..2)[..], &numbered(3..5)].concat())
    })
    .with_context(|| files.lines("out.ndjson").join("\n"))
}

/// Java's murmur2 of the keys, as its own tests have it (`UtilsTest.testMurmur2`).
const MURMUR2: [(&str, i32); 6] = [
    ("21", -973_932_308),
    ("foobar", -790_332_482),
    ("a-little-bit-long-string", -985_981_536),
    ("a-little-bit-longer-string", -1_486_304_829),
    ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
    ("abc", 479_470_107),
];

#[test]
fn records_with_keys_go_where_java_would_send_them() -> Result<()> {
    // The file source has no keys, but dead letters have, and their producer is made as that of sources is.
    let servers = kafka_server::shared()?.bootstrap_servers();
    let (files, worker) = worker()?;
    topic::create(servers, "dead-keyed", 8)?;
    let records: Vec<_> = MURMUR2.iter().map(|(key, _)| (Some(*key), Some(MALFORMED))).collect();
    topic::write(servers, "keyed", &records)?;
    topic::write_values(servers, "keyed", &["{}"])?;
    create(&worker.rest, "keyed", with(sink(&files, "keyed"), &tolerant("dead-keyed")))?;
    files.wait_lines("out.ndjson", 1, &worker)?;
    let letters = topic::read(servers, "dead-keyed")?;
    for (key, hash) in MURMUR2 {
        let letter = letters.iter().find(|letter| letter.key.as_deref() == Some(key)).context("a letter is missing")?;
        assert_eq!(letter.partition, (hash & i32::MAX) % 8, "{key}");
    }
    Ok(())
}

#[test]
fn a_transform_uploaded_while_its_sink_runs_is_used_without_a_restart() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let (files, worker) = worker()?;
    let rest = &worker.rest;
    topic::write_values(servers, "people", &[r#"{"name":"Ann","tail":"N1"}"#])?;
    create(rest, "people", sink(&files, "people"))?;
    files.wait_lines("out.ndjson", 1, &worker)?;
    let redacting = with(
        sink(&files, "people"),
        &json!({
            "transforms": "redact", "transforms.redact.type": "com.example.Redact", "transforms.redact.fields": "tail",
        }),
    );
    let refused = rest.send_json("PUT", "/connectors/people/config", &redacting)?;
    assert_eq!(refused.status, 400, "{}", refused.text);

    let wasm = std::fs::read(root().join("target/components/examples/redact.wasm")).context("run `just guests`")?;
    assert_eq!(rest.upload("redact", "1.0.0", &wasm)?.status, 201);
    rest.send_json("PUT", "/connectors/people/config", &redacting)?.ok()?;
    rest.wait_running("people", 1, WITHIN)?;
    topic::write_values(servers, "people", &[r#"{"name":"Bob","tail":"N2"}"#])?;
    let lines = files.wait_lines("out.ndjson", 2, &worker)?;
    assert_eq!(lines, [r#"{"name":"Ann","tail":"N1"}"#, r#"{"name":"Bob","tail":"[redacted]"}"#]);

    let in_use = rest.send("DELETE", "/components/redact/versions/1.0.0", None)?;
    assert_eq!(in_use.status, 409);
    assert!(in_use.text.contains("is in use by people"), "{}", in_use.text);
    assert_eq!(rest.send("DELETE", "/connectors/people", None)?.status, 204);
    assert_eq!(rest.send("DELETE", "/components/redact/versions/1.0.0", None)?.status, 204);
    assert_eq!(rest.get("/components/redact/versions/1.0.0")?.status, 404);
    Ok(())
}
