//! Records that real guests trap on, in the real sandbox and a real task: what is rejected, what arrives, and in
//! which order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod exploded;
mod task;

use std::time::Duration;

use airlock::config::connector::Tolerance;
use airlock::plugin::limits::Limits;
use airlock_tests::sandbox::Sandbox;
use serde_json::{Value, json};

use task::{Job, Outcome};

async fn sandbox() -> Sandbox {
    let limits = Limits {
        call_cpu: Duration::from_millis(200),
        call_timeout: Duration::from_millis(1500),
        memory_bytes: 32 << 20,
        ..Limits::default()
    };
    let sandbox = Sandbox::open(limits).unwrap();
    sandbox.with("tests/probe.wasm").await.unwrap().with("tests/fragile-sink.wasm").await.unwrap()
}

/// A chain of these classes of the probe, with keys of their own.
fn chain(classes: &[&str], more: &Value) -> Value {
    let alias = |class: &str| class.to_lowercase();
    let mut chain = json!({ "transforms": classes.iter().map(|class| alias(class)).collect::<Vec<_>>().join(",") });
    for class in classes {
        chain[format!("transforms.{}.type", alias(class))] = json!(format!("probe.{class}"));
    }
    for (key, value) in more.as_object().into_iter().flatten() {
        chain[key] = value.clone();
    }
    chain
}

impl Outcome {
    /// Checks that everything is committed, that the guilty records are dead letters, told like this, and that
    /// the others arrived in order.
    fn check(&self, records: usize, guilty: &[i64], told: &str) {
        self.result.as_ref().unwrap();
        assert_eq!(self.committed, records as i64);
        assert_eq!(self.letters.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), guilty);
        assert!(self.letters.iter().all(|(_, words)| words.contains(told)), "{:?}", self.letters);
        let number = |line: &String| serde_json::from_str::<Value>(line).unwrap()["n"].as_i64().unwrap();
        let expected: Vec<i64> = (0..records as i64).filter(|offset| !guilty.contains(offset)).collect();
        assert_eq!(self.written.iter().map(number).collect::<Vec<_>>(), expected);
    }

    fn error(&self) -> String {
        self.result.as_ref().unwrap_err().to_string()
    }
}

#[tokio::test]
async fn two_guilty_rows_of_500_are_found_by_the_step_that_trapped_and_the_rest_is_as_if_run_at_once() {
    let mut job = Job::new(sandbox().await, 500, &[(3, "panic"), (481, "panic")]);
    job.chain = chain(&["Nothing", "Fragile", "Strict"], &json!({}));
    let outcome = job.run().await;
    outcome.check(500, &[3, 481], "TRANSFORMATION probe.Fragile transform.apply of component probe 1 trapped");
    assert!(outcome.letters[0].1.contains("the record is poison: panic"), "{:?}", outcome.letters);
    assert!(outcome.written.iter().all(|line| line.ends_with(r#""seen":true}"#)), "each passed once");
    assert!(outcome.metrics.restarts.get() <= 30, "{} instances", outcome.metrics.restarts.get());
}

#[tokio::test]
async fn a_row_that_burns_cpu_in_a_transform_is_found() {
    let mut job = Job::new(sandbox().await, 500, &[(250, "loop")]);
    job.chain = chain(&["Fragile"], &json!({}));
    job.run().await.check(500, &[250], "used more than 200 ms of CPU time (airlock.call.cpu.ms)");
}

#[tokio::test]
async fn copies_of_a_guilty_row_are_rejected_and_the_other_copies_stay_beside_each_other() {
    let mut job = Job::new(sandbox().await, 60, &[(7, "panic"), (8, "panic"), (40, "panic")]);
    job.chain = chain(&["Twice", "Fragile"], &json!({}));
    let outcome = job.run().await;
    // Twice and Fragile are one call, so a record is guilty as a whole.
    outcome.check(60, &[7, 8, 40], "probe.Fragile");
    let lines = outcome.text;
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 2 * 57);
    assert!(lines.chunks(2).all(|pair| pair[0] == pair[1]), "{lines:?}");
}

#[tokio::test]
async fn poison_that_a_predicate_of_another_component_traps_on_is_found() {
    let sandbox = sandbox().await.with_built_in().await.unwrap();
    let mut job = Job::new(sandbox, 100, &[(50, "poison")]);
    job.chain = json!({
        "transforms": "drop",
        "transforms.drop.type": "org.apache.kafka.connect.transforms.Filter",
        "transforms.drop.predicate": "has",
        "predicates": "has",
        "predicates.has.type": "probe.Has",
        "predicates.has.field": "poison",
    });
    job.run().await.check(100, &[50], "predicate.test of component probe 1 trapped");
}

#[tokio::test]
async fn a_leak_rejects_nothing_and_the_third_trap_fails_the_task() {
    for (records, third) in [(200, false), (400, true)] {
        let mut job = Job::new(sandbox().await, records, &[]);
        job.at_once = 50;
        job.chain = chain(&["Leak"], &json!({ "transforms.leak.rows": "120" }));
        let outcome = job.run().await;
        assert_eq!(outcome.letters, []);
        if third {
            let error = outcome.error();
            assert!(error.contains("leak (probe.Leak) of component") && error.contains("3 times"), "{error}");
            assert!(error.contains("no record is to blame"), "{error}");
        } else {
            outcome.check(records, &[], "");
        }
    }
}

#[tokio::test]
async fn a_wall_clock_timeout_of_a_transform_rejects_nothing_and_fails_the_task_in_the_end() {
    let mut job = Job::new(sandbox().await, 20, &[(4, "sleep")]);
    job.chain = chain(&["Fragile"], &json!({}));
    let outcome = job.run().await;
    assert_eq!(outcome.letters, []);
    let error = outcome.error();
    assert!(error.contains("fragile (probe.Fragile)") && error.contains("airlock.call.timeout.ms"), "{error}");
}

#[tokio::test]
async fn without_tolerance_the_task_fails_and_names_all_guilty_rows_of_a_chain() {
    let mut job = Job::new(sandbox().await, 500, &[(3, "panic"), (481, "panic")]);
    job.chain = chain(&["Fragile"], &json!({}));
    job.tolerance = Tolerance::None;
    let outcome = job.run().await;
    let error = outcome.error();
    assert!(error.contains("t-0@3 failed at TRANSFORMATION in step fragile (probe.Fragile)"), "{error}");
    assert!(error.contains("failed too: t-0@481"), "{error}");
    assert_eq!((outcome.committed, outcome.written.len()), (0, 0));
}

#[tokio::test]
async fn rows_that_a_sink_panics_on_or_burns_cpu_on_become_dead_letters() {
    for (buffers, odd) in [("false", "panic"), ("true", "panic"), ("false", "loop"), ("true", "loop")] {
        let mut job = Job::new(sandbox().await, 200, &[(17, odd), (160, "panic")]);
        job.sink = vec![("buffers", buffers)];
        job.at_once = 60;
        job.run().await.check(200, &[17, 160], "TASK_PUT fragile.Sink sink.");
    }
}

#[tokio::test]
async fn without_tolerance_a_sink_gets_nothing_that_lies_behind_a_guilty_row() {
    let mut job = Job::new(sandbox().await, 200, &[(17, "panic"), (160, "panic")]);
    job.tolerance = Tolerance::None;
    let outcome = job.run().await;
    let error = outcome.error();
    assert!(error.contains("t-0@17 failed at TASK_PUT in fragile.Sink"), "{error}");
    assert_eq!((outcome.written.len(), outcome.committed), (17, 0));
}

#[tokio::test]
async fn a_sink_that_leaks_loses_nothing() {
    let mut job = Job::new(sandbox().await, 200, &[]);
    job.sink = vec![("buffers", "true"), ("stamina", "120")];
    job.at_once = 20;
    job.run().await.check(200, &[], "");
}

#[tokio::test]
async fn a_sink_whose_remote_is_down_or_slow_rejects_nothing() {
    let job = Job::new(sandbox().await, 50, &[]);
    let down = job.sandbox.folder().join("down");
    std::fs::write(&down, "").unwrap();
    let (outcome, ()) = tokio::join!(job.run(), async {
        // Longer than errors.retry.timeout, which doesn't hold for puts.
        tokio::time::sleep(Duration::from_secs(3)).await;
        std::fs::remove_file(&down).unwrap();
    });
    outcome.check(50, &[], "");
    assert!(outcome.metrics.retries.get() > 3);

    let mut slow = Job::new(sandbox().await, 20, &[(4, "sleep")]);
    slow.within = Duration::from_secs(8);
    let outcome = slow.run().await;
    outcome.result.as_ref().unwrap();
    assert_eq!((outcome.letters.len(), outcome.committed), (0, 0));
    assert!(outcome.metrics.restarts.get() >= 3, "it is started again and again");
}

#[tokio::test]
async fn a_plugin_that_traps_on_everything_is_told_to_be_broken() {
    let odd: Vec<(usize, &str)> = (0..300).map(|number| (number, "panic")).collect();
    let mut job = Job::new(sandbox().await, 300, &odd);
    job.chain = chain(&["Fragile"], &json!({}));
    job.isolation.calls = 40;
    let error = job.run().await.error();
    assert!(error.starts_with("fragile (probe.Fragile) of component"), "{error}");
    assert!(error.contains("41 calls") && error.contains("airlock.isolation.calls"), "{error}");
    assert!(error.contains("mend the plugin") && error.contains("t-0@"), "{error}");
}
