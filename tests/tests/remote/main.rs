//! Plugins that connect to servers: what awkward servers do to them, and what they may not reach.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod addresses;
mod tls;

use std::thread::sleep;
use std::time::Duration;

use airlock_tests::airlock::{Worker, root, wait};
use airlock_tests::feed_server::FeedServer;
use airlock_tests::kafka_server::{self, KafkaServer};
use airlock_tests::row_server::{Reply, RowServer};
use airlock_tests::standalone::Standalone;
use airlock_tests::topic;
use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(60);
/// Much longer than the server lets a client be silent.
const HELD_UP: Duration = Duration::from_secs(30);

/// Starts a worker whose operator allows these endpoints, with both plugins uploaded.
fn worker(servers: &str, endpoints: &str) -> Result<(Standalone, Worker)> {
    let mut files = Standalone::new(servers)?;
    files.set("airlock.grant.endpoints", endpoints);
    let worker = files.start()?;
    upload(&worker)?;
    Ok((files, worker))
}

fn upload(worker: &Worker) -> Result<()> {
    for name in ["feed", "post"] {
        let component = root().join(format!("target/components/tests/{name}.wasm"));
        worker.rest.upload(name, "1", &std::fs::read(&component).context("run `just guests`")?)?.ok()?;
    }
    Ok(())
}

fn create(worker: &Worker, name: &str, config: &Value) -> Result<()> {
    let created = worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?;
    created.ok()?;
    worker.rest.wait_running(name, 1, WITHIN)
}

fn feed(server: &FeedServer, topic: &str) -> Value {
    json!({ "connector.class": "remote.Feed", "server": server.address(), "topic": topic })
}

fn post(url: &str, topic: &str) -> Value {
    json!({
        "connector.class": "remote.Post", "topics": topic, "url": url, "tasks.max": 1,
        "errors.tolerance": "all", "errors.deadletterqueue.topic.name": format!("{topic}-dead"),
        "errors.deadletterqueue.topic.replication.factor": 1, "errors.deadletterqueue.context.headers.enable": true,
    })
}

/// The topic has every row once, and the server was told so only afterwards.
fn check_fed(server: &FeedServer, servers: &str, topic: &str) -> Result<()> {
    let rows = server.rows();
    wait(WITHIN, || Ok(server.seen().confirmed == rows)).with_context(|| format!("{:?}", server.seen()))?;
    let values: Vec<_> = topic::read(servers, topic)?.into_iter().filter_map(|record| record.value).collect();
    let expected: Vec<_> = (1..=rows).map(|n| format!("row {n}")).collect();
    ensure!(values == expected, "{} rows came, not {rows}", values.len());
    let seen = server.seen();
    ensure!(seen.cut_off == 0 && seen.connections == 1, "{seen:?}");
    Ok(())
}

#[test]
fn a_source_that_is_paused_keeps_its_connection() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    topic::create(servers, "paused", 1)?;
    let server = FeedServer::start(100_000)?;
    let (_files, worker) = worker(servers, "127.0.0.1:*")?;
    create(&worker, "paused", &feed(&server, "paused"))?;
    wait(WITHIN, || Ok(server.seen().confirmed > 0))?;
    worker.rest.send("PUT", "/connectors/paused/pause", None)?.ok()?;
    sleep(HELD_UP);
    let seen = server.seen();
    ensure!(seen.confirmed < server.rows(), "it was paused too late: {seen:?}");
    ensure!(seen.cut_off == 0, "{seen:?}");
    worker.rest.send("PUT", "/connectors/paused/resume", None)?.ok()?;
    check_fed(&server, servers, "paused")
}

#[test]
fn a_source_that_waits_for_kafka_keeps_its_connection() -> Result<()> {
    let kafka = KafkaServer::start(1)?;
    let servers = kafka.bootstrap_servers();
    topic::create(servers, "held-up", 1)?;
    let server = FeedServer::start(100_000)?;
    let (_files, worker) = worker(servers, "127.0.0.1:*")?;
    create(&worker, "held-up", &feed(&server, "held-up"))?;
    wait(WITHIN, || Ok(server.seen().confirmed > 0))?;
    let broker = kafka.broker_pids().first().and_then(|id| Pid::from_raw(i32::try_from(*id).ok()?));
    let broker = broker.context("no broker runs")?;
    kill_process(broker, Signal::STOP)?;
    sleep(HELD_UP);
    let seen = server.seen();
    kill_process(broker, Signal::CONT)?;
    ensure!(seen.confirmed < server.rows(), "it was held up too late: {seen:?}");
    ensure!(seen.cut_off == 0, "{seen:?}");
    check_fed(&server, servers, "held-up")
}

/// Rows 0 to `count - 1`, and the topic that has them.
fn write_rows(topic: &str, count: usize) -> Result<&'static str> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    topic::create(servers, topic, 1)?;
    let rows: Vec<_> = (0..count).map(|n| format!("row {n}")).collect();
    topic::write_values(servers, topic, &rows.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(servers)
}

/// The dead letters of a topic: the value, and why.
fn dead_letters(servers: &str, topic: &str) -> Result<Vec<(String, String)>> {
    let records = topic::read(servers, &format!("{topic}-dead"))?;
    let why = |record: &topic::Consumed| record.header("__connect.errors.exception.message").unwrap_or("").to_owned();
    Ok(records.iter().map(|record| (record.value.clone().unwrap_or_default(), why(record))).collect())
}

#[test]
fn a_sink_reports_rows_late_and_waits_as_long_as_it_is_told() -> Result<()> {
    let servers = write_rows("late", 300)?;
    let server = RowServer::start(|body, came| {
        let slow = Reply { after: Duration::from_millis(20), ..Reply::of(200) };
        match body.rsplit(' ').next().and_then(|n| n.parse::<usize>().ok()) {
            Some(n) if n % 50 == 7 => Reply { status: 422, ..slow },
            Some(n) if n % 60 == 31 && came == 0 => {
                Reply { header: Some(("retry-after", "1".into())), ..Reply::of(503) }
            }
            _ => slow,
        }
    })?;
    let (_files, worker) = worker(servers, "127.0.0.1:*")?;
    create(&worker, "late", &post(&format!("http://127.0.0.1:{}", server.port()), "late"))?;
    let all = || Ok(server.taken().len() == 294 && dead_letters(servers, "late").is_ok_and(|dead| dead.len() == 6));
    wait(WITHIN, all).with_context(|| format!("{} taken; {:?}", server.taken().len(), worker.log()))?;
    for (value, why) in dead_letters(servers, "late")? {
        let n: usize = value.trim_start_matches("row ").parse()?;
        ensure!(n % 50 == 7 && why.contains("the server answered 422"), "{value}: {why}");
    }
    ensure!((2..=5).contains(&server.most_at_once()), "{} requests at once", server.most_at_once());
    ensure!(server.taken().iter().all(|(offset, body)| *body == format!("row {offset}")), "a row was mixed up");
    Ok(())
}

#[test]
fn a_server_that_goes_away_for_a_while_loses_and_rejects_nothing() -> Result<()> {
    let servers = write_rows("away", 400)?;
    let mut server = RowServer::start(|_, _| Reply { after: Duration::from_millis(10), ..Reply::of(200) })?;
    let (_files, worker) = worker(servers, "127.0.0.1:*")?;
    create(&worker, "away", &post(&format!("http://127.0.0.1:{}", server.port()), "away"))?;
    wait(WITHIN, || Ok(server.taken().len() > 50))?;
    server.go_away();
    ensure!(server.taken().len() < 350, "it went away too late");
    sleep(Duration::from_secs(20));
    worker.rest.wait_running("away", 1, WITHIN)?;
    server.come_back()?;
    wait(WITHIN, || Ok(server.taken().len() == 400)).with_context(|| format!("{} taken", server.taken().len()))?;
    ensure!(dead_letters(servers, "away")?.is_empty(), "rows were rejected");
    Ok(())
}

#[test]
fn what_the_operator_does_not_allow_is_refused_with_the_key() -> Result<()> {
    let servers = kafka_server::shared()?.bootstrap_servers();
    let (_files, worker) = worker(servers, "db.example.org:5432")?;
    let config = json!({ "name": "closed", "config": post("http://127.0.0.1:9", "closed") });
    let answer = worker.rest.send_json("POST", "/connectors", &config)?;
    let words = "url: 127.0.0.1:9 is outside of airlock.grant.endpoints (db.example.org:5432)";
    ensure!(answer.status == 400 && answer.text.contains(words), "{}: {}", answer.status, answer.text);
    Ok(())
}

/// Waits until the only task of a connector has failed, and returns why.
fn failure(worker: &Worker, connector: &str) -> Result<String> {
    let mut trace = String::new();
    wait(WITHIN, || {
        let status = worker.rest.get(&format!("/connectors/{connector}/status"))?.json;
        trace = status["tasks"][0]["trace"].as_str().unwrap_or_default().to_owned();
        Ok(status["tasks"][0]["state"] == "FAILED")
    })?;
    Ok(trace)
}

#[test]
fn a_name_that_leads_to_a_private_address_is_not_followed() -> Result<()> {
    let servers = write_rows("rebound", 1)?;
    let server = RowServer::start(|_, _| Reply::of(200))?;
    let (_files, worker) = worker(servers, &format!("localhost:{}", server.port()))?;
    create(&worker, "rebound", &post(&format!("http://localhost:{}", server.port()), "rebound"))?;
    let why = failure(&worker, "rebound")?;
    ensure!(why.contains("which is not public"), "{why}");
    ensure!(why.contains("airlock.grant.endpoints"), "{why}");
    ensure!(server.requests() == 0, "the server was reached");
    Ok(())
}

#[test]
fn a_redirect_leads_nowhere_else() -> Result<()> {
    let servers = write_rows("redirected", 3)?;
    let elsewhere = RowServer::start(|_, _| Reply::of(200))?;
    let location = format!("http://127.0.0.1:{}/redirected/0/0", elsewhere.port());
    let server =
        RowServer::start(move |_, _| Reply { header: Some(("location", location.clone())), ..Reply::of(307) })?;
    let (_files, worker) = worker(servers, "127.0.0.0/8:*")?;
    let mut config = post(&format!("http://127.0.0.1:{}", server.port()), "redirected");
    config["follow"] = json!(true);
    create(&worker, "redirected", &config)?;
    let dead = || Ok(dead_letters(servers, "redirected").is_ok_and(|dead| dead.len() == 3));
    wait(WITHIN, dead).with_context(|| worker.log().unwrap_or_default())?;
    for (_, why) in dead_letters(servers, "redirected")? {
        ensure!(why.contains("the redirect was denied"), "{why}");
    }
    ensure!(elsewhere.requests() == 0, "the other server was reached");
    Ok(())
}
