//! Connectors that block for ever, in each of their hooks (Kafka's `BlockingConnectorTest`): REST answers, the
//! status says what blocks, the connector can be deleted, and a second one on the same worker goes on.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use airlock_tests::airlock::{Worker, root, wait};
use airlock_tests::kafka_server;
use airlock_tests::standalone::Standalone;
use airlock_tests::topic;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(60);
/// How long an answer of REST may take while something blocks.
const PATIENCE: Duration = Duration::from_secs(20);

/// A worker on which calls time out soon, with a good pair of connectors, and the connectors that block.
struct Scene {
    files: Standalone,
    worker: Worker,
    lines: usize,
}

impl Scene {
    fn set(name: &str) -> Result<Self> {
        let servers = kafka_server::shared()?.bootstrap_servers();
        topic::create(servers, &format!("{name}-good"), 1)?;
        topic::create(servers, &format!("{name}-input"), 1)?;
        topic::write_values(servers, &format!("{name}-input"), &["1", "2"])?;
        let mut files = Standalone::new(servers)?;
        files.set("airlock.call.timeout.ms", "1000");
        files.set("task.shutdown.graceful.timeout.ms", "1500");
        files.append("good.in", "")?;
        let worker = files.start()?;
        let stall = std::fs::read(root().join("target/components/tests/stall.wasm")).context("run `just guests`")?;
        worker.rest.upload("stall", "1", &stall)?.ok()?;
        let (source, sink) = (format!("{name}-good-source"), format!("{name}-good-sink"));
        let topic = format!("{name}-good");
        create(
            &worker,
            &source,
            &json!({ "connector.class": "FileStreamSource", "file": files.path("good.in"), "topic": topic }),
        )?
        .ok()?;
        create(
            &worker,
            &sink,
            &json!({ "connector.class": "FileStreamSink", "file": files.path("good.out"), "topics": topic }),
        )?
        .ok()?;
        let mut scene = Scene { files, worker, lines: 0 };
        scene.neighbours_go_on()?;
        Ok(scene)
    }

    fn neighbours_go_on(&mut self) -> Result<()> {
        self.lines += 1;
        self.files.append("good.in", &format!("line {}\n", self.lines))?;
        self.files.wait_lines("good.out", self.lines, &self.worker).map(drop)
    }

    /// Lets a connector block in a hook, and waits until somebody is told of it.
    fn block(&mut self, class: &str, hook: &str) -> Result<()> {
        let name = self.start_blocking(class, hook)?;
        self.told(&name, hook)?;
        self.delete(&name, hook)
    }

    /// Lets a connector block in a hook that is called while it stops: nobody asks for what it says then.
    fn block_stop(&mut self, class: &str, hook: &str) -> Result<()> {
        let name = self.start_blocking(class, hook)?;
        self.delete(&name, hook)
    }

    fn start_blocking(&self, class: &str, hook: &str) -> Result<String> {
        let name = format!("blocks-in-{}", hook.replace('.', "-"));
        let config = match class {
            "stall.Source" => json!({ "connector.class": class, "stall.in": hook, "topic": "blocking-sources-input" }),
            _ => json!({ "connector.class": class, "stall.in": hook, "topics": "blocking-sinks-input" }),
        };
        create(&self.worker, &name, &config)?.ok().with_context(|| hook.to_owned())?;
        Ok(name)
    }

    fn delete(&mut self, name: &str, hook: &str) -> Result<()> {
        self.neighbours_go_on().with_context(|| format!("beside one that blocks in {hook}"))?;
        let begun = Instant::now();
        self.worker.rest.send("DELETE", &format!("/connectors/{name}"), None)?.ok().with_context(|| hook.to_owned())?;
        ensure!(begun.elapsed() < PATIENCE, "{hook}: deleting took {:?}", begun.elapsed());
        Ok(())
    }

    /// Waits until the status or the log says what blocks.
    fn told(&self, name: &str, hook: &str) -> Result<()> {
        let words = format!("{hook} of component stall 1 did not return within 1000 ms (airlock.call.timeout.ms)");
        let told = wait(WITHIN, || {
            let begun = Instant::now();
            let status = self.worker.rest.get(&format!("/connectors/{name}/status"))?.text;
            ensure!(begun.elapsed() < PATIENCE, "the status took {:?}", begun.elapsed());
            Ok(status.contains(&words) || self.worker.log()?.contains(&words))
        });
        told.with_context(|| format!("nothing tells of {hook}: {}", self.worker.log().unwrap_or_default()))
    }
}

fn create(worker: &Worker, name: &str, config: &Value) -> Result<airlock_tests::airlock::Answer> {
    let begun = Instant::now();
    let answer = worker.rest.send_json("POST", "/connectors", &json!({ "name": name, "config": config }))?;
    ensure!(begun.elapsed() < PATIENCE, "creating {name} took {:?}", begun.elapsed());
    Ok(answer)
}

#[test]
fn sources_that_block_are_found_out_and_harm_nobody() -> Result<()> {
    let mut scene = Scene::set("blocking-sources")?;
    for hook in ["connector.start", "connector.task-configs", "source.start", "source.poll"] {
        scene.block("stall.Source", hook)?;
    }
    for hook in ["source.commit-records", "source.commit"] {
        scene.block("stall.Source", hook)?;
    }
    for hook in ["source.stop", "connector.stop"] {
        scene.block_stop("stall.Source", hook)?;
    }
    Ok(())
}

#[test]
fn sinks_that_block_are_found_out_and_harm_nobody() -> Result<()> {
    let mut scene = Scene::set("blocking-sinks")?;
    for hook in ["sink.start", "sink.open", "sink.put", "sink.flush", "sink.pre-commit"] {
        scene.block("stall.Sink", hook)?;
    }
    for hook in ["sink.close", "sink.stop"] {
        scene.block_stop("stall.Sink", hook)?;
    }
    Ok(())
}

#[test]
fn a_connector_whose_check_blocks_is_refused() -> Result<()> {
    let mut scene = Scene::set("blocking-checks")?;
    let config = json!({ "connector.class": "stall.Source", "stall.in": "connector.validate", "topic": "none" });
    let answer = create(&scene.worker, "blocks-in-validate", &config)?;
    ensure!(answer.status >= 400 && answer.text.contains("did not return within 1000 ms"), "{}", answer.text);
    scene.neighbours_go_on()
}
