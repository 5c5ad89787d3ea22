//! Protobuf with a real schema registry and a real Kafka: what goes through, by which message and which imports, what
//! is a dead letter, and what is registered.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use airlock_tests::airlock::{Worker, wait};
use airlock_tests::kafka_server;
use airlock_tests::registry_server::RegistryServer;
use airlock_tests::standalone::{Standalone, as_properties};
use airlock_tests::topic;
use anyhow::{Context, Result};
use serde_json::{Value, json};

const PROTOBUF: &str = "io.confluent.connect.protobuf.ProtobufConverter";
const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const WITHIN: Duration = Duration::from_secs(60);

const CARD: &str = r#"syntax = "proto3"; package bank; message Card { string number = 1; bool valid = 2; }"#;
const PEOPLE: &str = r#"
    syntax = "proto3";
    package com.example;
    import "bank/card.proto";
    import "google/protobuf/timestamp.proto";
    message Unused { int32 a = 1; }
    message Group {
        message Person {
            string name = 1;
            bank.Card card = 2;
            google.protobuf.Timestamp born = 3;
            Colour colour = 4;
            map<string, sint32> marks = 5;
            oneof contact { string mail = 6; uint32 phone = 7; }
            enum Colour { NONE = 0; RED = 1; }
        }
    }"#;
/// `Group.Person`: the first message in the second one.
const PERSON: [u8; 3] = [4, 2, 0];

fn registered(registry: &RegistryServer, subject: &str, text: &str, references: Value) -> Result<u32> {
    registry.register_with(subject, json!({"schemaType": "PROTOBUF", "schema": text, "references": references}))
}

/// A value: the schema's id, which message, and the message.
fn value(id: u32, place: &[u8], message: &[u8]) -> Vec<u8> {
    [&[0][..], &id.to_be_bytes(), place, message].concat()
}

/// The field of this number that has a length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, bytes.len() as u8][..], bytes].concat()
}

fn person(name: &str) -> Vec<u8> {
    let card = field(2, &field(1, b"4711"));
    // 1970-01-01T00:00:01.5Z, RED, {"a": -3}, phone 7.
    let born = field(3, &[8, 1, 16, 0x80, 0xca, 0xb5, 0xee, 0x01]);
    let marks = field(5, &[field(1, b"a"), vec![16, 5]].concat());
    [field(1, name.as_bytes()), card, born, vec![32, 1], marks, vec![56, 7]].concat()
}

fn with_log<T>(worker: &Worker, result: Result<T>) -> Result<T> {
    let log = if result.is_err() { worker.log()? } else { String::new() };
    result.with_context(|| log)
}

#[test]
fn messages_go_through_transforms_to_a_sink_and_bad_ones_are_dead_letters() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let registry = RegistryServer::start()?;
    registered(&registry, "bank-card", CARD, json!([]))?;
    let card = json!([{"name": "bank/card.proto", "subject": "bank-card", "version": 1}]);
    let id = registered(&registry, "protobuf-people-value", PEOPLE, card)?;
    topic::create(servers, "protobuf-people", 1)?;
    let bad = [
        value(999_999, &PERSON, &person("bad id")),
        b"{\"json\":1}".to_vec(),
        value(id, &[2, 14], b""),
        value(id, &PERSON, b"\x0a\x7f"),
        value(id, b"", b""),
    ];
    topic::write_bytes(servers, "protobuf-people", &[value(id, &PERSON, &person("Ada"))])?;
    topic::write_bytes(servers, "protobuf-people", &bad)?;
    topic::write_bytes(
        servers,
        "protobuf-people",
        &[value(id, &[0], b"\x08\x07"), value(id, &PERSON, &person("Bob"))],
    )?;
    let mut files = Standalone::new(servers)?;
    files.set("airlock.grant.endpoints", "127.0.0.1:*");
    let sink = json!({
        "name": "protobuf-sink", "connector.class": SINK, "tasks.max": 1, "topics": "protobuf-people",
        "file": files.path("out.ndjson"), "consumer.override.auto.offset.reset": "earliest",
        "value.converter": PROTOBUF, "value.converter.schema.registry.url": registry.url(),
        "transforms": "drop", "transforms.drop.type": "org.apache.kafka.connect.transforms.ReplaceField$Value",
        "transforms.drop.exclude": "card",
        "errors.tolerance": "all", "errors.deadletterqueue.topic.name": "protobuf-people-dead",
        "errors.deadletterqueue.topic.replication.factor": 1, "errors.deadletterqueue.context.headers.enable": true,
    });
    files.connector("sink.properties", &as_properties(&sink))?;
    let worker = files.start()?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.ndjson").len() >= 3)))?;
    let lines: Vec<Value> = files.lines("out.ndjson").iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let contact = json!({"mail": null, "phone": 7});
    let of =
        |name: &str| json!({"contact_0": contact, "name": name, "born": 1500, "colour": "RED", "marks": {"a": -3}});
    assert_eq!(lines, [of("Ada"), json!({"a": 7}), of("Bob")]);
    with_log(&worker, wait(WITHIN, || Ok(topic::read(servers, "protobuf-people-dead")?.len() >= bad.len())))?;
    let dead = topic::read(servers, "protobuf-people-dead")?;
    for ((letter, original), reason) in
        dead.iter().zip(&bad).zip(["999999", "Unknown magic byte", "no message at the index [7]", "", "message index"])
    {
        assert_eq!(letter.bytes.as_ref(), Some(original));
        assert_eq!(letter.header("__connect.errors.stage"), Some("VALUE_CONVERTER"));
        assert_eq!(letter.header("__connect.errors.class.name"), Some(PROTOBUF));
        assert!(letter.header("__connect.errors.exception.message").unwrap().contains(reason), "{letter:?}");
    }
    Ok(())
}

#[test]
fn a_source_registers_what_confluent_registers_and_a_sink_reads_it() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let mut registry = RegistryServer::start()?;
    topic::create(servers, "protobuf-lines", 1)?;
    let mut files = Standalone::new(servers)?;
    files.set("airlock.grant.endpoints", "127.0.0.1:*");
    let both = json!({
        "tasks.max": 1, "value.converter": PROTOBUF, "value.converter.schema.registry.url": registry.url(),
        "value.converter.max.retries": 0, "errors.retry.timeout": -1, "errors.retry.delay.max.ms": 500,
        "value.converter.value.subject.name.strategy": "TopicRecordNameStrategy",
    });
    let of = |own: Value| {
        let all = own.as_object().into_iter().chain(both.as_object()).flatten();
        Value::Object(all.map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    let source = of(json!({
        "name": "protobuf-lines-source", "connector.class": SOURCE, "file": files.path("in.txt"),
        "topic": "protobuf-lines",
        "transforms": "hoist,stamp,name",
        "transforms.hoist.type": "org.apache.kafka.connect.transforms.HoistField$Value", "transforms.hoist.field": "line",
        "transforms.stamp.type": "org.apache.kafka.connect.transforms.InsertField$Value",
        "transforms.stamp.static.field": "from", "transforms.stamp.static.value": "file",
        "transforms.name.type": "org.apache.kafka.connect.transforms.SetSchemaMetadata$Value",
        "transforms.name.schema.name": "com.example.Line",
    }));
    let back = of(json!({
        "name": "protobuf-lines-sink", "connector.class": SINK, "topics": "protobuf-lines",
        "file": files.path("out.txt"), "consumer.override.auto.offset.reset": "earliest",
    }));
    files.connector("source.properties", &as_properties(&source))?;
    files.connector("sink.properties", &as_properties(&back))?;
    registry.stop();
    files.append("in.txt", "one\ntwo\n")?;
    let worker = files.start()?;
    with_log(&worker, wait(WITHIN, || Ok(worker.log()?.contains("doesn't answer, asking again"))))?;
    registry.restart()?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.txt").len() >= 2)))?;
    let lines: Vec<Value> = files.lines("out.txt").iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, ["one", "two"].map(|line| json!({"line": line, "from": "file"})));

    let subject = "/subjects/protobuf-lines-com.example.Line/versions";
    let (status, found) = registry.ask("GET", &format!("{subject}/latest"), None)?;
    assert_eq!(status, 200, "{found}");
    let text =
        "syntax = \"proto3\";\npackage com.example;\n\nmessage Line {\n  string line = 1;\n  string from = 2;\n}\n";
    assert_eq!((&found["schema"], &found["schemaType"]), (&json!(text), &json!("PROTOBUF")));
    assert_eq!(registry.ask("GET", subject, None)?.1, json!([1]), "one version for all values");
    let id = u32::try_from(found["id"].as_u64().unwrap())?;
    let wanted = [field(1, b"one"), field(2, b"file")].concat();
    assert_eq!(topic::read(servers, "protobuf-lines")?[0].bytes, Some(value(id, &[0], &wanted)));
    Ok(())
}
