//! Guests in the real sandbox: what the limits stop, what is denied, and what a trap leaves behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use airlock::pipeline::edges::{CallError, Transform as _};
use airlock::plugin::inspect::{InspectError, inspect};
use airlock::plugin::limits::Limits;
use airlock_tests::sandbox::{Sandbox, batch, values};
use serde_json::json;

fn tight() -> Limits {
    Limits {
        call_cpu: Duration::from_millis(200),
        call_timeout: Duration::from_secs(20),
        memory_bytes: 32 << 20,
        host_calls: 10_000,
        ..Limits::default()
    }
}

async fn probe() -> Sandbox {
    Sandbox::open(tight()).unwrap().with("tests/probe.wasm").await.unwrap()
}

/// Runs one hostile step and returns what became of the batch.
async fn run(sandbox: &Sandbox, class: &str) -> (airlock::pipeline::batch::Batch, Result<(), CallError>) {
    let chain = json!({ "transforms": "step", "transforms.step.type": format!("probe.{class}") });
    let mut guests = sandbox.chain(&chain).unwrap();
    guests[0].apply(batch(&[r#"{"a":1}"#, r#"{"a":2}"#]), None).await
}

/// Checks that a hostile guest traps with these words, that the batch is as it was, and that others go on.
async fn contained(class: &str, words: &str) {
    let sandbox = probe().await;
    let (mut batch, result) = run(&sandbox, class).await;
    let Err(CallError::Trapped(told)) = result else { panic!("{class}: {result:?}") };
    assert!(told.contains(words), "{class}: {told}");
    assert_eq!(values(&mut batch), [r#"{"a":1}"#, r#"{"a":2}"#]);
    let (_, result) = run(&sandbox, "Nothing").await;
    assert_eq!(result.map_err(|error| error.to_string()), Ok(()));
}

#[tokio::test]
async fn an_endless_loop_runs_out_of_cpu_time() {
    contained("Loop", "used more than 200 ms of CPU time (airlock.call.cpu.ms)").await;
}

#[tokio::test]
async fn a_memory_bomb_is_refused_memory() {
    contained("Memory", "airlock.memory.max.bytes=33554432").await;
}

#[tokio::test]
async fn deep_recursion_overflows_its_own_stack() {
    contained("Recursion", "call stack exhausted").await;
}

#[tokio::test]
async fn a_panic_is_told_with_its_words_and_its_functions() {
    contained("Panic", "the probe says boom").await;
    contained("Panic", "in ").await;
}

#[tokio::test]
async fn a_flood_of_host_calls_is_cut_off() {
    contained("HostCalls", "more than 10000 calls into the host during one call").await;
}

#[tokio::test]
async fn what_a_guest_changed_before_it_trapped_is_undone() {
    contained("EditThenPanic", "after the edit").await;
}

#[tokio::test]
async fn nothing_of_the_host_can_be_reached_without_a_grant() {
    let sandbox = probe().await;
    let (batch, result) = run(&sandbox, "Reach").await;
    assert!(result.is_ok(), "{result:?}");
    let rejected: Vec<_> = batch.rejected().map(|row| row.rejection.reason.clone()).collect();
    assert_eq!(rejected.len(), 1);
    assert!(!rejected[0].contains("reached"), "{}", rejected[0]);
    assert!(rejected[0].contains("tcp: permission denied"), "{}", rejected[0]);
    assert!(rejected[0].contains("environment: 0, arguments: 0"), "{}", rejected[0]);
}

#[tokio::test]
async fn a_retriable_error_keeps_its_words_and_its_instance() {
    let (_, result) = run(&probe().await, "Complain").await;
    let Err(CallError::Retriable(words)) = result else { panic!("{result:?}") };
    assert!(words.contains("come back later"), "{words}");
}

#[tokio::test]
async fn a_guest_that_trapped_is_made_anew_for_the_next_batch() {
    let sandbox = probe().await;
    let chain = json!({ "transforms": "step", "transforms.step.type": "probe.Panic" });
    let mut guests = sandbox.chain(&chain).unwrap();
    for _ in 0..3 {
        let (_, result) = guests[0].apply(batch(&["{}"]), None).await;
        // Not "the instance is gone": each call has an instance of its own.
        assert!(matches!(result, Err(CallError::Trapped(_))), "{result:?}");
    }
}

#[tokio::test]
async fn a_predicate_of_another_component_chooses_the_rows() {
    let sandbox = probe().await.with_built_in().await.unwrap();
    for (negate, left) in [(false, 0), (true, 2)] {
        let chain = json!({
            "transforms": "step",
            "transforms.step.type": "org.apache.kafka.connect.transforms.Filter",
            "transforms.step.predicate": "all",
            "transforms.step.negate": negate,
            "predicates": "all",
            "predicates.all.type": "probe.Everything",
        });
        let mut guests = sandbox.chain(&chain).unwrap();
        let (batch, result) = guests[0].apply(batch(&["{}", "{}"]), None).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(batch.live_rows(), left, "negate={negate}");
    }
}

#[tokio::test]
async fn what_a_guest_used_is_charged_to_its_step() {
    let sandbox = probe().await;
    let chain = json!({ "transforms": "step", "transforms.step.type": "probe.ThereAndBack" });
    let mut guests = sandbox.chain(&chain).unwrap();
    let (_, result) = guests[0].apply(batch(&[r#"{"a":1}"#]), None).await;
    assert!(result.is_ok(), "{result:?}");
    let accounts = sandbox.catalog.accounts().list();
    let account = accounts.iter().find(|account| account.payer.step == "step").unwrap();
    let load = |counter: &std::sync::atomic::AtomicU64| counter.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(load(&account.bytes), 2 * r#"{"a":1}"#.len() as u64);
    assert!(load(&account.cpu_nanos) > 0 && load(&account.memory) > 0 && load(&account.calls) >= 2);
}

#[tokio::test]
async fn steps_of_one_component_are_one_instance_and_charged_apart() {
    let sandbox = Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap();
    let chain = json!({
        "transforms": "mask,insert",
        "transforms.mask.type": "org.apache.kafka.connect.transforms.MaskField$Value",
        "transforms.mask.fields": "a",
        "transforms.insert.type": "org.apache.kafka.connect.transforms.InsertField$Value",
        "transforms.insert.static.field": "b",
        "transforms.insert.static.value": "c",
    });
    let mut guests = sandbox.chain(&chain).unwrap();
    assert_eq!(guests.len(), 1);
    let (mut batch, result) = guests[0].apply(batch(&[r#"{"a":7,"z":1.10}"#]), None).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(values(&mut batch), [r#"{"a":0,"z":1.10,"b":"c"}"#]);
    for step in ["mask", "insert"] {
        let accounts = sandbox.catalog.accounts().list();
        let account = accounts.iter().find(|account| account.payer.step == step).unwrap();
        assert!(account.cpu_nanos.load(std::sync::atomic::Ordering::Relaxed) > 0, "{step}");
    }
}

#[test]
fn what_is_no_component_of_plugins_is_told_apart() {
    assert_eq!(inspect(b"PK jar").unwrap_err(), InspectError::NotWasm);
    assert_eq!(inspect(b"\0asm\x01\0\0\0").unwrap_err(), InspectError::CoreModule);
    assert_eq!(inspect(b"\0asm\x0d\0\x01\0").unwrap_err(), InspectError::NoPlugin("nothing".to_owned()));
    let cut = b"\0asm\x0d\0\x01\0\x0a\xff";
    assert!(matches!(inspect(cut).unwrap_err(), InspectError::Malformed(_)));
}

#[tokio::test]
async fn a_damaged_component_is_refused_and_leaves_nothing() {
    let sandbox = Sandbox::open(Limits::default()).unwrap();
    let path = airlock_tests::airlock::root().join("target/components/standard.wasm");
    let mut bytes = std::fs::read(path).unwrap();
    bytes.truncate(bytes.len() / 2);
    assert!(sandbox.catalog.put("cut", "1", &bytes).await.is_err());
    let stored = std::fs::read_dir(sandbox.folder().join("components")).unwrap().count();
    assert_eq!((sandbox.catalog.entries().len(), stored), (0, 0));
}

#[tokio::test]
async fn a_class_name_and_a_version_have_one_owner() {
    let sandbox = probe().await.with_built_in().await.unwrap();
    let path = airlock_tests::airlock::root().join("target/components");
    let standard = std::fs::read(path.join("standard.wasm")).unwrap();
    let probe = std::fs::read(path.join("tests/probe.wasm")).unwrap();
    let words = |error: airlock::plugin::catalog::PutError| error.to_string();
    let stolen = sandbox.catalog.put("mine", "1", &standard).await.map(drop).map_err(words).unwrap_err();
    assert!(stolen.contains("belongs to the component standard"), "{stolen}");
    let other = sandbox.catalog.put("probe", "1", &standard).await.map(drop).map_err(words).unwrap_err();
    assert!(other.contains("versions never change"), "{other}");
    let (created, _) = sandbox.catalog.put("probe", "1", &probe).await.unwrap();
    assert!(!created, "the same bytes again are no news");
}

#[tokio::test]
async fn components_of_plugin_path_are_found_in_it_and_one_folder_deeper() {
    let sandbox = Sandbox::open(Limits::default()).unwrap();
    let path = sandbox.folder().join("plugins");
    std::fs::create_dir_all(path.join("deeper")).unwrap();
    let built = airlock_tests::airlock::root().join("target/components");
    std::fs::copy(built.join("tests/probe.wasm"), path.join("probe.wasm")).unwrap();
    std::fs::copy(built.join("examples/redact.wasm"), path.join("deeper/redact.wasm")).unwrap();
    std::fs::write(path.join("old.jar"), "PK").unwrap();
    std::fs::write(path.join("damaged.wasm"), "\0asm").unwrap();
    sandbox.catalog.add_folder(&path).await;
    let names: Vec<_> = sandbox.catalog.entries().iter().map(|entry| entry.component.name.to_string()).collect();
    assert_eq!(names, ["probe", "redact"]);
    assert!(sandbox.catalog.find("com.example.Redact").is_some());
}

#[tokio::test]
async fn an_upload_is_there_again_after_a_restart() {
    let sandbox = probe().await;
    let again = sandbox.reopen(tight()).unwrap();
    again.add_uploads().await;
    let entry = again.get("probe", "1").unwrap();
    assert_eq!(entry.component.digest, sandbox.catalog.get("probe", "1").unwrap().component.digest);
    assert!(again.remove("probe", "1").unwrap());
    assert!(again.entries().is_empty() && !again.remove("probe", "1").unwrap());
}
