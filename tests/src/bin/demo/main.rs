//! `just demo`: the main job end to end, through the public REST API alone. Starts a worker in development
//! mode, reads a real data set into a topic, uploads a user's transform while the worker runs, writes what a
//! chain makes of the records into a file, and checks that every record is accounted for.

mod check;
mod show;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use airlock_tests::airlock::{Rest, Worker, free_port, root};
use airlock_tests::topic;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use tempfile::TempDir;

/// How many heartbeats the second file has; the chain discards them.
const HEARTBEATS: usize = 50;

/// Before which line the malformed record goes.
const MALFORMED_AT: usize = 1_000;

const MALFORMED: &str = r#"{"year":2013,"month":2,"carrier":"UA","tailnum":"N12345","origin":"EWR" "#;

/// What the demo works with.
struct Stage {
    folder: TempDir,
    /// The input's lines, the malformed one among them.
    flights: Vec<String>,
}

impl Stage {
    fn set() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("airlock-demo-").tempdir()?;
        let data = root().join("examples/data/flights.ndjson");
        let data = fs::read_to_string(&data).with_context(|| format!("can't read {}", data.display()))?;
        let mut flights: Vec<String> = data.lines().map(str::to_owned).collect();
        flights.insert(MALFORMED_AT.min(flights.len()), MALFORMED.to_owned());
        let stage = Self { folder, flights };
        fs::write(stage.path("flights.ndjson"), stage.flights.join("\n") + "\n")?;
        fs::write(stage.path("heartbeats.ndjson"), "{\"beat\":true}\n".repeat(HEARTBEATS))?;
        Ok(stage)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn total(&self) -> usize {
        self.flights.len() + HEARTBEATS
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::step(&format!("the demo failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let keep = std::env::args().any(|argument| argument == "--keep");
    let stage = Stage::set()?;
    show::step("starting a worker with `airlock dev`: its Kafka is in its own process, and it needs no configuration");
    let (worker, servers) = start(&stage)?;
    create_sources(&stage, &worker.rest)?;
    upload(&worker.rest)?;
    create_sink(&stage, &worker.rest)?;
    let outcome = check::wait(&stage, &worker.rest)?;
    show::before_and_after(&stage, &outcome);
    show::figures(&outcome);
    let letters = topic::read(&servers, check::DEAD_LETTERS)?;
    show::dead_letters(&letters);
    check::all_accounted(&stage, &outcome, &letters)?;
    show::accounted(&stage, &outcome);
    if keep {
        show::hints(&worker.rest, &servers, stage.folder.path());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(tokio::signal::ctrl_c())?;
    } else {
        show::step("ending the worker; `just demo --keep` leaves it up to be tried");
    }
    worker.terminate(Duration::from_secs(20))
}

fn start(stage: &Stage) -> Result<(Worker, String)> {
    let port = free_port()?;
    let listen = format!("127.0.0.1:{port}");
    let folder = stage.folder.path().display().to_string();
    let arguments = ["dev", "--listen", &listen, "--allow", &folder, "--output", "json"];
    let worker = Worker::start(&arguments, port, &stage.path("worker.log"))?;
    let ready: serde_json::Value = serde_json::from_str(&worker.first_line()?)?;
    let servers = ready
        .get("bootstrap_servers")
        .and_then(|servers| servers.as_str())
        .context("the worker didn't say where its Kafka is")?
        .to_owned();
    Ok((worker, servers))
}

fn create_sources(stage: &Stage, rest: &Rest) -> Result<()> {
    show::step(&format!(
        "creating two file sources: {} flights and one malformed line, and {HEARTBEATS} heartbeats that nobody needs",
        stage.flights.len() - 1
    ));
    for (name, file) in [("flights", "flights.ndjson"), ("heartbeats", "heartbeats.ndjson")] {
        create(
            rest,
            name,
            &json!({
                "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
                "tasks.max": 1,
                "file": stage.path(file),
                "topic": name,
                "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            }),
        )?;
    }
    Ok(())
}

fn upload(rest: &Rest) -> Result<()> {
    let file = root().join("target/components/examples/redact.wasm");
    let wasm = fs::read(&file).with_context(|| format!("{} isn't built: run `just guests`", file.display()))?;
    let begun = Instant::now();
    let answer = rest.upload("redact", "1.0.0", &wasm)?;
    ensure!(answer.status == 201, "the upload was answered with {}: {}", answer.status, answer.text);
    let took = begun.elapsed().as_millis();
    show::step(&format!(
        "uploaded examples/redact, {} KB of wasm, in {took} ms: compiled, checked, ready for use",
        wasm.len() / 1024
    ));
    Ok(())
}

fn create_sink(stage: &Stage, rest: &Rest) -> Result<()> {
    show::step(
        "creating a file sink for both topics, with the chain: ReplaceField (built in), Filter if it is a heartbeat \
         (built in), Redact (uploaded)",
    );
    create(
        rest,
        "redacted",
        &json!({
            "connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
            "tasks.max": 1,
            "topics": "flights,heartbeats",
            "file": stage.path("redacted.ndjson"),
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter.schemas.enable": false,
            "transforms": "slim,quiet,redact",
            "transforms.slim.type": "org.apache.kafka.connect.transforms.ReplaceField$Value",
            "transforms.slim.exclude": "year,month,day,hour,minute",
            "transforms.slim.renames": "time_hour:scheduled",
            "transforms.quiet.type": "org.apache.kafka.connect.transforms.Filter",
            "transforms.quiet.predicate": "isHeartbeat",
            "predicates": "isHeartbeat",
            "predicates.isHeartbeat.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
            "predicates.isHeartbeat.pattern": "heartbeats",
            "transforms.redact.type": "com.example.Redact",
            "transforms.redact.fields": "tailnum",
            "errors.tolerance": "all",
            "errors.deadletterqueue.topic.name": check::DEAD_LETTERS,
            "errors.deadletterqueue.topic.replication.factor": 1,
            "errors.deadletterqueue.context.headers.enable": true,
        }),
    )
}

fn create(rest: &Rest, name: &str, config: &serde_json::Value) -> Result<()> {
    rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?.ok()?;
    rest.wait_running(name, 1, Duration::from_secs(30))
}
