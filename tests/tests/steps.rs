//! Several steps in one component: what shares an instance and a call, and whose name what happens in it bears.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use airlock::pipeline::batch::Batch;
use airlock::pipeline::edges::{CallError, Transform as _};
use airlock::plugin::account::Account;
use airlock::plugin::limits::Limits;
use airlock::plugin::transform::TransformGuest;
use airlock_tests::sandbox::{Sandbox, batch, values};
use serde_json::{Value, json};

const KAFKA: &str = "org.apache.kafka.connect.transforms";

async fn sandbox() -> Sandbox {
    let limits = Limits { call_cpu: Duration::from_millis(200), ..Limits::default() };
    let sandbox = Sandbox::open(limits).unwrap().with_built_in().await.unwrap();
    sandbox.with("tests/probe.wasm").await.unwrap()
}

/// A chain of aliases and classes, with keys of their own.
fn chain(steps: &[(&str, &str)], more: &Value) -> Value {
    let aliases: Vec<_> = steps.iter().map(|(alias, _)| *alias).collect();
    let mut chain = json!({ "transforms": aliases.join(",") });
    for (alias, class) in steps {
        let class = if class.starts_with("probe.") { (*class).to_owned() } else { format!("{KAFKA}.{class}") };
        chain[format!("transforms.{alias}.type")] = json!(class);
    }
    for (key, value) in more.as_object().into_iter().flatten() {
        chain[key] = value.clone();
    }
    chain
}

/// Five steps of the standard component.
fn five() -> Value {
    let steps = [
        ("mask", "MaskField$Value"),
        ("insert", "InsertField$Value"),
        ("replace", "ReplaceField$Value"),
        ("route", "RegexRouter"),
        ("drop", "Filter"),
    ];
    let more = json!({
        "transforms.mask.fields": "ssn",
        "transforms.insert.static.field": "source",
        "transforms.insert.static.value": "web",
        "transforms.replace.exclude": "phone",
        "transforms.route.regex": "top(.*)",
        "transforms.route.replacement": "pot$1",
        "transforms.drop.predicate": "gone",
        "predicates": "gone",
        "predicates.gone.type": "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
    });
    chain(&steps, &more)
}

async fn apply(guests: &mut [TransformGuest], values: &[&str]) -> (Batch, Result<(), CallError>) {
    let mut batch = batch(values);
    for guest in guests {
        let result;
        (batch, result) = guest.apply(batch, None).await;
        if result.is_err() {
            return (batch, result);
        }
    }
    (batch, Ok(()))
}

fn account(sandbox: &Sandbox, step: &str, plugin: &str) -> Arc<Account> {
    let accounts = sandbox.catalog.accounts().list();
    let found = accounts.into_iter().find(|one| one.payer.step == step && one.payer.plugin.ends_with(plugin));
    found.unwrap_or_else(|| panic!("no account of {step} ({plugin})"))
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[tokio::test]
async fn five_standard_steps_are_one_instance_and_one_call_a_batch() {
    let sandbox = sandbox().await;
    let mut guests = sandbox.chain(&five()).unwrap();
    assert_eq!(guests.len(), 1);
    for call in 1..=3 {
        let (mut batch, result) = apply(&mut guests, &[r#"{"ssn":"1","phone":2,"n":3}"#, "", r#"{"ssn":"4"}"#]).await;
        assert_eq!(result.map_err(|error| error.to_string()), Ok(()));
        let expected = [r#"{"ssn":"","n":3,"source":"web"}"#, r#"{"ssn":"","source":"web"}"#];
        assert_eq!(values(&mut batch), expected);
        assert!(batch.outgoing().all(|(_, record)| record.topic == "potic"));
        for (step, plugin) in [("mask", "MaskField$Value"), ("route", "RegexRouter"), ("drop", "Filter")] {
            // One call configured the instance; one more for each batch.
            assert_eq!(load(&account(&sandbox, step, plugin).calls), 1 + call, "{step}");
        }
    }
    for step in ["mask", "insert", "replace", "route", "drop"] {
        assert!(load(&account(&sandbox, step, "").cpu_nanos) > 0, "{step} is charged for what it used");
    }
    assert!(guests[0].describe(None).starts_with(&format!("mask ({KAFKA}.MaskField$Value), insert ({KAFKA}.")));
    assert!(guests[0].describe(Some(3)).starts_with(&format!("route ({KAFKA}.RegexRouter) of component ")));
}

#[tokio::test]
async fn steps_of_another_component_in_between_split_the_runs() {
    let sandbox = sandbox().await;
    let steps = [
        ("one", "RegexRouter"),
        ("two", "RegexRouter"),
        ("three", "probe.Nothing"),
        ("four", "probe.Strict"),
        ("five", "RegexRouter"),
    ];
    let mut more = json!({});
    for alias in ["one", "two", "five"] {
        more[format!("transforms.{alias}.regex")] = json!("(.*)");
        more[format!("transforms.{alias}.replacement")] = json!(format!("$1-{alias}"));
    }
    let mut guests = sandbox.chain(&chain(&steps, &more)).unwrap();
    assert_eq!(guests.len(), 3);
    let (mut batch, result) = apply(&mut guests, &["{}", r#"{"bad":1}"#, "{}"]).await;
    assert!(result.is_ok(), "{result:?}");
    batch.encode();
    let topics: Vec<_> = batch.outgoing().map(|(_, record)| record.topic).collect();
    assert_eq!(topics, ["topic-one-two-five"; 2]);
    let rejected: Vec<_> = batch.rejected().map(|row| (row.origin, row.rejection.step)).collect();
    assert_eq!(rejected, [(1, Some(3))], "the fourth step of the chain, the second of its component");
}

#[tokio::test]
async fn a_trap_and_the_cpu_time_are_charged_to_the_step_that_used_them() {
    let sandbox = sandbox().await;
    let steps = [("first", "probe.Nothing"), ("second", "probe.Fragile"), ("third", "probe.Nothing")];
    let mut guests = sandbox.chain(&chain(&steps, &json!({}))).unwrap();
    for (odd, words) in [("panic", "the record is poison"), ("loop", "used more than 200 ms of CPU time")] {
        let (batch, result) = apply(&mut guests, &["{}", &format!(r#"{{"poison":"{odd}"}}"#)]).await;
        let Err(CallError::Trapped(told)) = result else { panic!("{result:?}") };
        assert!(told.contains(words), "{told}");
        assert_eq!(batch.current_step(), 1);
        assert!(guests[0].describe(Some(1)).starts_with("second (probe.Fragile) of component"));
    }
    let accounts = ["first", "second", "third"].map(|step| account(&sandbox, step, ""));
    assert_eq!(accounts.each_ref().map(|account| load(&account.traps)), [0, 2, 0]);
    let millis = accounts.map(|account| load(&account.cpu_nanos) / 1_000_000);
    assert!(millis[1] >= 200 && millis[0] < 100 && millis[2] < 100, "{millis:?}");
}

#[tokio::test]
async fn a_predicate_of_the_same_component_is_asked_in_the_same_call() {
    let sandbox = sandbox().await;
    let steps = [("first", "probe.Nothing"), ("second", "probe.Strict"), ("third", "probe.Twice")];
    for (negate, left, rejected) in [(false, 4, 2), (true, 6, 1)] {
        let more = json!({
            "transforms.second.predicate": "has",
            "transforms.second.negate": negate,
            "predicates": "has",
            "predicates.has.type": "probe.Has",
            "predicates.has.field": "n",
        });
        let mut guests = sandbox.chain(&chain(&steps, &more)).unwrap();
        assert_eq!(guests.len(), 1);
        let rows = [r#"{"n":1,"bad":1}"#, r#"{"bad":2}"#, r#"{"n":3}"#, r#"{"n":4,"bad":4}"#];
        let (batch, result) = apply(&mut guests, &rows).await;
        assert!(result.is_ok(), "{result:?}");
        let steps: Vec<_> = batch.rejected().map(|row| row.rejection.step).collect();
        assert_eq!((batch.live_rows(), steps), (left, vec![Some(1); rejected]));
        assert_eq!(load(&account(&sandbox, "second", "Strict").calls), 2, "configured once, called once");
        let trap = apply(&mut guests, &["{}", r#"{"n":"poison"}"#]).await;
        assert!(matches!(&trap.1, Err(CallError::Trapped(words)) if words.contains("a predicate found poison")));
        assert_eq!(trap.0.current_step(), 1, "it is the trap of the step that it belongs to");
    }
}

#[tokio::test]
async fn a_predicate_of_another_component_is_asked_first_and_charged_apart() {
    let sandbox = sandbox().await;
    let steps = [("before", "probe.Nothing"), ("route", "RegexRouter"), ("after", "RegexRouter")];
    let more = json!({
        "transforms.route.regex": ".*",
        "transforms.route.replacement": "chosen",
        "transforms.route.predicate": "has",
        "transforms.after.regex": "(.*)",
        "transforms.after.replacement": "$1-all",
        "predicates": "has",
        "predicates.has.type": "probe.Has",
        "predicates.has.field": "n",
    });
    let mut guests = sandbox.chain(&chain(&steps, &more)).unwrap();
    assert_eq!(guests.len(), 3, "a step with a foreign predicate has a call of its own");
    let topics = |batch: &mut Batch| {
        batch.encode();
        batch.outgoing().map(|(_, record)| record.topic).collect::<Vec<_>>()
    };
    let (mut batch, result) = apply(&mut guests, &[r#"{"n":1}"#, "{}", r#"{"n":2}"#]).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(topics(&mut batch), ["chosen-all", "topic-all", "chosen-all"]);
    let (mut batch, _) = apply(&mut guests, &["{}", "{}"]).await;
    assert_eq!(topics(&mut batch), ["topic-all", "topic-all"]);
    assert_eq!(load(&account(&sandbox, "route", "probe.Has").calls), 3, "configured, and asked for both batches");
    assert_eq!(load(&account(&sandbox, "route", "RegexRouter").calls), 2, "not called where no row was chosen");
    let (batch, result) = apply(&mut guests, &["{}", r#"{"n":"poison"}"#]).await;
    assert!(
        matches!(&result, Err(CallError::Trapped(words)) if words.starts_with("predicate.test of component probe"))
    );
    assert_eq!((batch.current_step(), load(&account(&sandbox, "route", "probe.Has").traps)), (1, 1));
}
