//! Avro and JSON Schema with a real schema registry and a real Kafka: what goes through, what is a dead letter, what waits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use airlock::config::converter::{Converter, RegistryConfig};
use airlock::pipeline::edges::{RegistryError, SchemaRegistry as _, SchemaText};
use airlock::registry::RegistryClient;
use airlock_tests::airlock::{Worker, wait};
use airlock_tests::kafka_server;
use airlock_tests::registry_server::RegistryServer;
use airlock_tests::standalone::{Standalone, as_properties};
use airlock_tests::topic;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const AVRO: &str = "io.confluent.connect.avro.AvroConverter";
const JSON_SCHEMA: &str = "io.confluent.connect.json.JsonSchemaConverter";
const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";
const WITHIN: Duration = Duration::from_secs(60);

/// Returns the client's configuration that these keys make.
fn config(url: &str, more: &[(&str, &str)]) -> RegistryConfig {
    let own = |key: &str| format!("value.converter.{key}");
    let mut properties: std::collections::BTreeMap<String, String> =
        [("value.converter".to_owned(), AVRO.to_owned()), (own("schema.registry.url"), url.to_owned())].into();
    properties.insert(own("max.retries"), "0".to_owned());
    properties.extend(more.iter().map(|(key, value)| (own(key), (*value).to_owned())));
    let properties = properties.into_iter().collect();
    let own = Converter::parse(&properties, "value.converter").unwrap().unwrap();
    let Converter::Registry(own) = own else { panic!() };
    own.registry
}

fn client(url: &str, more: &[(&str, &str)]) -> RegistryClient {
    RegistryClient::new(&config(url, more)).unwrap()
}

fn avro<'a>(subject: &'a str, text: &'a str) -> SchemaText<'a> {
    SchemaText { subject, schema_type: "AVRO", text }
}

fn person(more: Value) -> Value {
    let mut fields = vec![json!({"name": "name", "type": "string"}), json!({"name": "card", "type": "string"})];
    fields.extend(more.as_array().into_iter().flatten().cloned());
    json!({"type": "record", "name": "Person", "namespace": "com.example", "fields": fields})
}

/// A value of `person` as Avro writes it.
fn value(id: u32, name: &str, number: Option<i8>) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend(id.to_be_bytes());
    for text in [name, "4711"] {
        bytes.push((text.len() * 2) as u8);
        bytes.extend(text.as_bytes());
    }
    // The second member of a union, then the number.
    bytes.extend(number.into_iter().flat_map(|number| [2, (number << 1 ^ number >> 7) as u8]));
    bytes
}

#[tokio::test]
async fn a_real_registry_takes_finds_and_refuses_schemas() -> Result<()> {
    let server = RegistryServer::start()?;
    let ours = client(&server.url(), &[]);
    let text = person(json!([])).to_string();
    assert!(matches!(ours.look_up(avro("s-value", &text)).await, Err(RegistryError::Rejected(_))));
    let id = ours.register(avro("s-value", &text)).await?;
    assert_eq!(ours.register(avro("s-value", &text)).await?, id);
    assert_eq!(client(&server.url(), &[]).look_up(avro("s-value", &text)).await?, id);
    assert_eq!(client(&server.url(), &[]).register(avro("other-value", &text)).await?, id, "equal schemas have one id");
    let found = ours.by_id(id).await?;
    assert_eq!(serde_json::from_str::<Value>(&found.text)?, person(json!([])));
    assert_eq!(ours.version(id, "s-value").await?, Some(1));
    let latest = ours.of_subject("s-value", None).await?;
    assert_eq!(latest.id, id);

    // A field without a default is not backward compatible.
    server.ask("PUT", "/config/s-value", Some(json!({"compatibility": "BACKWARD"})))?;
    let other = person(json!([{"name": "age", "type": "int"}])).to_string();
    let refused = ours.register(avro("s-value", &other)).await.unwrap_err();
    assert!(matches!(&refused, RegistryError::Rejected(text) if text.contains("not compatible")), "{refused:?}");
    let unknown = ours.by_id(999_999).await.unwrap_err();
    assert!(matches!(&unknown, RegistryError::Rejected(text) if text.contains("404")), "{unknown:?}");
    Ok(())
}

#[tokio::test]
async fn the_next_url_is_asked_where_one_is_down_and_a_registry_that_is_down_is_retriable() -> Result<()> {
    let mut server = RegistryServer::start()?;
    let down = format!("http://127.0.0.1:{}", airlock_tests::airlock::free_port()?);
    let both = client(&format!("{down},{}", server.url()), &[]);
    let id = both.register(avro("s-value", "\"string\"")).await?;
    server.stop();
    let error = client(&format!("{down},{}", server.url()), &[]).by_id(id).await.unwrap_err();
    assert!(matches!(error, RegistryError::Retriable(_)), "{error:?}");
    server.restart()?;
    assert_eq!(client(&server.url(), &[]).by_id(id).await?.text, "\"string\"");
    Ok(())
}

/// A server that gives these answers in turn, the last one again and again, and keeps what it was asked.
fn canned(answers: Vec<String>) -> Result<(String, Arc<Mutex<Vec<String>>>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://127.0.0.1:{}/base/", listener.local_addr()?.port());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
                head.push(byte[0]);
            }
            seen.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
            let answer: &String = &answers[number.min(answers.len() - 1)];
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    Ok((url, asked))
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn who_asks_is_told_and_redirects_are_refused() -> Result<()> {
    let (url, asked) = canned(vec![answer("200 OK", r#"{"schema":"\"int\""}"#)])?;
    client(&url, &[("basic.auth.credentials.source", "USER_INFO"), ("basic.auth.user.info", "ada:pass")])
        .by_id(1)
        .await?;
    client(&url.replace("//", "//ada:p%40ss@"), &[]).by_id(2).await?;
    let bearer = [("bearer.auth.credentials.source", "STATIC_TOKEN"), ("bearer.auth.token", "t0ken")];
    client(&url, &bearer).by_id(3).await?;
    client(&url, &[("request.header.x-tenant", "one")]).by_id(4).await?;
    let asked = asked.lock().unwrap().clone();
    let has = |at: usize, line: &str| asked[at].to_lowercase().contains(&line.to_lowercase());
    assert!(asked[0].starts_with("GET /base/schemas/ids/1 "), "{asked:?}");
    assert!(has(0, "authorization: Basic YWRhOnBhc3M="), "{asked:?}");
    assert!(has(1, "authorization: Basic YWRhOnBAc3M="), "{asked:?}");
    assert!(has(2, "authorization: Bearer t0ken"), "{asked:?}");
    assert!(has(3, "x-tenant: one") && !has(3, "authorization:"), "{asked:?}");

    let (url, _) = canned(vec![answer("401 Unauthorized", "{}")])?;
    let refused = client(&url, &[]).by_id(1).await.unwrap_err();
    assert!(matches!(&refused, RegistryError::Refused(text) if text.contains("basic.auth.user.info")), "{refused:?}");
    let (url, _) =
        canned(vec!["HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".into()])?;
    let refused = client(&url, &[]).by_id(1).await.unwrap_err();
    assert!(matches!(&refused, RegistryError::Refused(text) if text.contains("redirects")), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_answers_are_kept() -> Result<()> {
    let fine = answer("200 OK", r#"{"schema":"\"int\""}"#);
    let (url, asked) = canned(vec![answer("503 Busy", ""), answer("429 Slow", "{}"), fine])?;
    let patient = client(&url, &[("max.retries", "2"), ("retries.wait.ms", "1")]);
    assert_eq!(patient.by_id(7).await?.text, "\"int\"");
    assert_eq!(patient.by_id(7).await?.text, "\"int\"");
    assert_eq!(asked.lock().unwrap().len(), 3, "the schema is kept");
    let (url, asked) = canned(vec![answer("500 Oh", "")])?;
    let error = client(&url, &[("max.retries", "2"), ("retries.wait.ms", "1")]).by_id(7).await.unwrap_err();
    assert!(matches!(error, RegistryError::Retriable(_)), "{error:?}");
    assert_eq!(asked.lock().unwrap().len(), 3);
    // Longer than any schema may be: it must not be kept in memory.
    let (url, _) = canned(vec![answer("200 OK", &" ".repeat(9 << 20))])?;
    assert!(client(&url, &[]).by_id(7).await.is_err());
    Ok(())
}

fn with_log<T>(worker: &Worker, result: Result<T>) -> Result<T> {
    let log = if result.is_err() { worker.log()? } else { String::new() };
    result.with_context(|| log)
}

/// A sink of a topic of Avro values, which masks the card and leaves out the number.
fn sink(files: &Standalone, registry: &RegistryServer, topic: &str) -> Value {
    json!({
        "name": format!("{topic}-sink"), "connector.class": SINK, "tasks.max": 1, "topics": topic,
        "file": files.path("out.ndjson"), "consumer.override.auto.offset.reset": "earliest",
        "value.converter": AVRO, "value.converter.schema.registry.url": registry.url(),
        "value.converter.max.retries": 0,
        "transforms": "mask,drop",
        "transforms.mask.type": "org.apache.kafka.connect.transforms.MaskField$Value", "transforms.mask.fields": "card",
        "transforms.drop.type": "org.apache.kafka.connect.transforms.ReplaceField$Value",
        "transforms.drop.exclude": "number",
        "errors.retry.timeout": -1, "errors.retry.delay.max.ms": 500,
        "errors.tolerance": "all", "errors.deadletterqueue.topic.name": format!("{topic}-dead"),
        "errors.deadletterqueue.topic.replication.factor": 1,
        "errors.deadletterqueue.context.headers.enable": true,
    })
}

fn out(name: &str) -> String {
    format!(r#"{{"name":"{name}","card":""}}"#)
}

#[test]
fn avro_goes_through_transforms_to_a_sink_and_waits_for_its_registry() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let mut registry = RegistryServer::start()?;
    let subject = "avro-people-value";
    let first = registry.register(subject, &person(json!([])))?;
    let number = json!([{"name": "number", "type": ["null", "int"], "default": null}]);
    let second = registry.register(subject, &person(number))?;
    topic::create(servers, "avro-people", 1)?;
    let bad = [value(999_999, "bad id", None), b"{\"json\":1}".to_vec(), vec![0, 0, 0, 0, first as u8, 0x80]];
    topic::write_bytes(servers, "avro-people", &[value(first, "Ada", None)])?;
    topic::write_bytes(servers, "avro-people", &bad)?;
    topic::write_bytes(servers, "avro-people", &[value(first, "Bob", None)])?;
    let mut files = Standalone::new(servers)?;
    files.set("airlock.grant.endpoints", "127.0.0.1:*");
    files.connector("sink.properties", &as_properties(&sink(&files, &registry, "avro-people")))?;
    let worker = files.start()?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.ndjson").len() >= 2)))?;
    assert_eq!(files.lines("out.ndjson"), [out("Ada"), out("Bob")]);
    with_log(&worker, wait(WITHIN, || Ok(topic::read(servers, "avro-people-dead")?.len() >= 3)))?;
    let dead = topic::read(servers, "avro-people-dead")?;
    for (letter, original) in dead.iter().zip(&bad) {
        assert_eq!(letter.bytes.as_ref(), Some(original));
        assert_eq!(letter.header("__connect.errors.stage"), Some("VALUE_CONVERTER"));
        assert_eq!(letter.header("__connect.errors.class.name"), Some(AVRO));
    }
    let reason = |at: usize| dead[at].header("__connect.errors.exception.message").unwrap_or_default().to_owned();
    assert!(reason(0).contains("999999") && reason(1).contains("Unknown magic byte"), "{dead:?}");

    // The second schema is not known yet, and nobody tells it now.
    registry.stop();
    topic::write_bytes(servers, "avro-people", &[value(second, "Cleo", Some(1)), value(first, "Dan", None)])?;
    with_log(&worker, wait(WITHIN, || Ok(worker.log()?.contains("doesn't answer, asking again"))))?;
    ensure!(files.lines("out.ndjson").len() == 2, "a value was read without its schema");
    registry.restart()?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.ndjson").len() >= 4)))?;
    assert_eq!(files.lines("out.ndjson"), [out("Ada"), out("Bob"), out("Cleo"), out("Dan")]);
    assert_eq!(topic::read(servers, "avro-people-dead")?.len(), 3, "no dead letter for a registry that was down");
    Ok(())
}

#[test]
fn a_source_writes_avro_and_waits_for_its_registry() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let mut registry = RegistryServer::start()?;
    topic::create(servers, "avro-lines", 1)?;
    let mut files = Standalone::new(servers)?;
    files.set("airlock.grant.endpoints", "127.0.0.1:*");
    let avro = json!({
        "value.converter": AVRO, "value.converter.schema.registry.url": registry.url(),
        "value.converter.max.retries": 0, "errors.retry.timeout": -1, "errors.retry.delay.max.ms": 500,
    });
    let of = |own: Value| {
        let both = own.as_object().into_iter().chain(avro.as_object()).flatten();
        Value::Object(both.map(|(key, value)| (key.clone(), value.clone())).collect())
    };
    let source = of(json!({
        "name": "avro-lines-source", "connector.class": SOURCE, "tasks.max": 1, "file": files.path("in.txt"),
        "topic": "avro-lines",
    }));
    let back = of(json!({
        "name": "avro-lines-sink", "connector.class": SINK, "tasks.max": 1, "topics": "avro-lines",
        "file": files.path("out.txt"), "consumer.override.auto.offset.reset": "earliest",
    }));
    files.connector("source.properties", &as_properties(&source))?;
    files.connector("sink.properties", &as_properties(&back))?;
    registry.stop();
    files.append("in.txt", "one\ntwo\n")?;
    let worker = files.start()?;
    with_log(&worker, wait(WITHIN, || Ok(worker.log()?.contains("doesn't answer, asking again"))))?;
    ensure!(topic::read(servers, "avro-lines")?.is_empty(), "a value was written without its schema's id");
    registry.restart()?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.txt").len() >= 2)))?;
    files.append("in.txt", "three\n")?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.txt").len() >= 3)))?;
    assert_eq!(files.lines("out.txt"), ["one", "two", "three"]);
    let records = topic::read(servers, "avro-lines")?;
    assert_eq!(records.len(), 3, "each line once");
    let (status, subject) = registry.ask("GET", "/subjects/avro-lines-value/versions/latest", None)?;
    assert_eq!(status, 200, "{subject}");
    let id = u32::try_from(subject["id"].as_u64().unwrap())?.to_be_bytes();
    assert!(records.iter().all(|record| record.bytes.as_ref().unwrap()[1..5] == id));
    Ok(())
}

/// Keys of a connector whose values are in JSON with a schema.
fn json_schema(registry: &RegistryServer, more: Value) -> Value {
    let own = json!({
        "tasks.max": 1, "value.converter": JSON_SCHEMA, "value.converter.schema.registry.url": registry.url(),
        "value.converter.max.retries": 0, "errors.retry.timeout": -1, "errors.retry.delay.max.ms": 500,
    });
    let both = own.as_object().into_iter().chain(more.as_object()).flatten();
    Value::Object(both.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn framed(id: u32, json: &str) -> Vec<u8> {
    [&[0], &id.to_be_bytes()[..], json.as_bytes()].concat()
}

/// Checks that what was refused came as it was, with why.
fn check_dead_letters(dead: &[topic::Consumed], bad: &[Vec<u8>]) {
    for (letter, original) in dead.iter().zip(bad) {
        assert_eq!(letter.bytes.as_ref(), Some(original));
        assert_eq!(letter.header("__connect.errors.stage"), Some("VALUE_CONVERTER"));
        assert_eq!(letter.header("__connect.errors.class.name"), Some(JSON_SCHEMA));
    }
    let reason = |at: usize| dead[at].header("__connect.errors.exception.message").unwrap_or_default().to_owned();
    for (at, words) in
        ["999999", "Unknown magic byte", "name: 7 doesn't fit", "no JSON", "is AVRO, not JSON"].iter().enumerate()
    {
        assert!(reason(at).contains(words), "{words}: {}", reason(at));
    }
}

#[test]
fn json_with_a_schema_goes_through_transforms_to_a_sink_and_waits_for_its_registry() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let mut registry = RegistryServer::start()?;
    let schema = |more: Value| {
        let mut properties = json!({"name": {"type": "string"}, "card": {"type": "string"}});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": "object", "title": "Person", "properties": properties}).to_string()
    };
    let register =
        |more| registry.register_with("json-people-value", json!({"schemaType": "JSON", "schema": schema(more)}));
    let first = register(json!({}))?;
    let number = json!({"number": {"oneOf": [{"type": "null"}, {"type": "integer"}]}});
    let second = register(number)?;
    let avro = registry.register("json-other-value", &person(json!([])))?;
    let line = |name: &str| format!(r#"{{"name":"{name}","card":"4711"}}"#);
    topic::create(servers, "json-people", 1)?;
    let bad = [
        framed(999_999, &line("bad id")),
        line("no id").into_bytes(),
        framed(first, r#"{"name":7,"card":""}"#),
        framed(first, r#"{"name""#),
        framed(avro, &line("Avro's id")),
    ];
    topic::write_bytes(servers, "json-people", &[framed(first, &line("Ada"))])?;
    topic::write_bytes(servers, "json-people", &bad)?;
    topic::write_bytes(servers, "json-people", &[framed(first, &line("Bob"))])?;
    let mut files = Standalone::new(servers)?;
    files.set("airlock.grant.endpoints", "127.0.0.1:*");
    let mut config = sink(&files, &registry, "json-people");
    config["value.converter"] = JSON_SCHEMA.into();
    files.connector("sink.properties", &as_properties(&config))?;
    let worker = files.start()?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.ndjson").len() >= 2)))?;
    let lines = |names: &[&str]| names.iter().map(|name| json!({"name": name, "card": ""})).collect::<Vec<_>>();
    let found =
        || files.lines("out.ndjson").iter().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    assert_eq!(found(), lines(&["Ada", "Bob"]));
    with_log(&worker, wait(WITHIN, || Ok(topic::read(servers, "json-people-dead")?.len() >= bad.len())))?;
    check_dead_letters(&topic::read(servers, "json-people-dead")?, &bad);

    registry.stop();
    let cleo = r#"{"name":"Cleo","card":"4711","number":1}"#;
    topic::write_bytes(servers, "json-people", &[framed(second, cleo), framed(first, &line("Dan"))])?;
    with_log(&worker, wait(WITHIN, || Ok(worker.log()?.contains("doesn't answer, asking again"))))?;
    ensure!(files.lines("out.ndjson").len() == 2, "a value was read without its schema");
    registry.restart()?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.ndjson").len() >= 4)))?;
    assert_eq!(found(), lines(&["Ada", "Bob", "Cleo", "Dan"]));
    assert_eq!(
        topic::read(servers, "json-people-dead")?.len(),
        bad.len(),
        "no dead letter for a registry that was down"
    );
    Ok(())
}

#[test]
fn a_source_writes_json_with_a_schema_under_the_strategys_subject() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let registry = RegistryServer::start()?;
    topic::create(servers, "json-lines", 1)?;
    let mut files = Standalone::new(servers)?;
    files.set("airlock.grant.endpoints", "127.0.0.1:*");
    let source = json_schema(
        &registry,
        json!({
            "name": "json-lines-source", "connector.class": SOURCE, "file": files.path("in.txt"), "topic": "json-lines",
            "transforms": "hoist,name",
            "transforms.hoist.type": "org.apache.kafka.connect.transforms.HoistField$Value", "transforms.hoist.field": "line",
            "transforms.name.type": "org.apache.kafka.connect.transforms.SetSchemaMetadata$Value",
            "transforms.name.schema.name": "com.example.Line", "transforms.name.schema.version": 1,
            "value.converter.value.subject.name.strategy":
                "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy",
        }),
    );
    let back = json_schema(
        &registry,
        json!({
            "name": "json-lines-sink", "connector.class": SINK, "topics": "json-lines", "file": files.path("out.ndjson"),
            "consumer.override.auto.offset.reset": "earliest",
        }),
    );
    files.connector("source.properties", &as_properties(&source))?;
    files.connector("sink.properties", &as_properties(&back))?;
    files.append("in.txt", "one\ntwo\n")?;
    let worker = files.start()?;
    with_log(&worker, wait(WITHIN, || Ok(files.lines("out.ndjson").len() >= 2)))?;
    assert_eq!(files.lines("out.ndjson"), [r#"{"line":"one"}"#, r#"{"line":"two"}"#]);
    let (status, subject) = registry.ask("GET", "/subjects/json-lines-com.example.Line/versions/latest", None)?;
    assert_eq!((status, &subject["schemaType"]), (200, &json!("JSON")), "{subject}");
    let schema: Value = serde_json::from_str(subject["schema"].as_str().unwrap())?;
    assert_eq!((&schema["title"], &schema["connect.version"]), (&json!("com.example.Line"), &json!(1)));
    let id = u32::try_from(subject["id"].as_u64().unwrap())?;
    let records = topic::read(servers, "json-lines")?;
    let bytes: Vec<_> = records.iter().map(|record| record.bytes.clone().unwrap()).collect();
    assert_eq!(bytes, [framed(id, r#"{"line":"one"}"#), framed(id, r#"{"line":"two"}"#)]);
    Ok(())
}

#[test]
fn a_connectors_own_registry_must_be_granted() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let (url, asked) = canned(vec![answer("200 OK", r#"{"id":1}"#)])?;
    let mut files = Standalone::new(servers)?;
    files.set("airlock.grant.endpoints", "localhost:*");
    files.append("in.txt", "one\n")?;
    let input = files.path("in.txt");
    let of = |name: &str, url: &str| {
        json!({
            "name": name, "connector.class": SOURCE, "tasks.max": 1, "file": input, "topic": "not-granted",
            "value.converter": AVRO, "value.converter.schema.registry.url": url, "value.converter.max.retries": 0,
        })
    };
    // An address that no entry covers, and a name that is covered, but has such an address.
    let (by_address, by_name) = (of("by-address", &url), of("by-name", &url.replace("127.0.0.1", "localhost")));
    files.connector("name.properties", &as_properties(&by_name))?;
    let worker = files.start()?;
    with_log(&worker, wait(WITHIN, || Ok(worker.log()?.contains("which is not public"))))?;
    let config = json!({"name": "by-address", "config": by_address});
    let said = worker.rest.send_json("POST", "/connectors", &config)?;
    let words = "is outside of airlock.grant.endpoints (localhost:*)";
    assert!(said.status == 400 && said.text.contains(words), "{said:?}");
    assert_eq!(asked.lock().unwrap().len(), 0, "nobody connected");

    let mut with_store = of("with-store", "https://registry.example");
    with_store["value.converter.schema.registry.ssl.truststore.type"] = "PEM".into();
    with_store["value.converter.schema.registry.ssl.truststore.location"] = "/etc/hostname".into();
    let config = json!({"name": "with-store", "config": with_store});
    let said = worker.rest.send_json("POST", "/connectors", &config)?;
    let words = "Invalid value /etc/hostname for configuration value.converter.schema.registry.ssl.truststore.location";
    assert!(said.status == 400 && said.text.contains(words), "{said:?}");
    assert!(said.text.contains("is outside of airlock.grant.directories"), "{said:?}");
    Ok(())
}
