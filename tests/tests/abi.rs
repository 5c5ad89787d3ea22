//! The same cases (`tests/abi/cases/*.json`) on the same plugins, written in five languages from bare bindings, in
//! the real sandbox. `tests/abi/README.md` says what the plugins do; `tests/abi/build.sh` builds them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use airlock::pipeline::edges::Transform as _;
use airlock::plugin::limits::Limits;
use airlock_tests::airlock::root;
use airlock_tests::cases;
use airlock_tests::sandbox::{self, Sandbox};
use serde_json::{Value, json};
use tokio::task::{LocalSet, spawn_local};

/// How many cases there are at least: one that gets lost would not be missed otherwise.
const CASES: usize = 80;

const LANGUAGES: [&str; 5] = ["rust", "python", "javascript", "go", "c"];

/// How many batches an instance gets: garbage of a hundred megabytes.
const BATCHES: usize = 200;

#[tokio::test]
async fn all_cases_hold_in_rust() {
    check("rust").await;
}

#[tokio::test]
async fn all_cases_hold_in_python() {
    check("python").await;
}

#[tokio::test]
async fn all_cases_hold_in_javascript() {
    check("javascript").await;
}

#[tokio::test]
async fn all_cases_hold_in_go() {
    check("go").await;
}

#[tokio::test]
async fn all_cases_hold_in_c() {
    check("c").await;
}

/// A runtime that collects garbage at the wrong moment traps only after a while.
#[tokio::test]
async fn an_instance_of_any_language_lives_through_many_batches() {
    let row = json!({ "email": "ada@example.org", "phone": "1", "note": "x".repeat(200) }).to_string();
    let rows = vec![row.as_str(); 500];
    for (language, class) in
        LANGUAGES.into_iter().flat_map(|language| [(language, "Uppercase"), (language, "Documents")])
    {
        let chain = json!({
            "transforms": "t", "transforms.t.type": format!("abi.{language}.{class}"), "transforms.t.field": "email",
        });
        let mut guests = open(language).await.chain(&chain).unwrap();
        for number in 0..BATCHES {
            let (mut out, result) = guests[0].apply(sandbox::batch(&rows), None).await;
            result.unwrap_or_else(|error| panic!("batch {number} in {language}.{class}: {error}"));
            let values = sandbox::values(&mut out);
            assert!(values.len() == rows.len() && values[499] != row, "batch {number} in {language}: {}", values[499]);
        }
    }
}

async fn open(language: &str) -> Sandbox {
    let component = format!("abi/{language}.wasm");
    let built = root().join("target/components").join(&component);
    assert!(built.exists(), "{} isn't built: run `just abi-guests`", built.display());
    Sandbox::open(Limits::default()).unwrap().with(&component).await.unwrap()
}

async fn check(language: &str) {
    let sandbox = Arc::new(open(language).await);
    let cases = cases_in(language);
    assert!(cases.len() >= CASES || chosen().is_some(), "only {} cases were found", cases.len());
    let mut failed = 0;
    for (file, case) in cases {
        // A task of its own, so that one that fails doesn't hide the others.
        let sandbox = Arc::clone(&sandbox);
        let task = async move { spawn_local(async move { cases::check(&sandbox, &file, &case).await }).await };
        failed += usize::from(LocalSet::new().run_until(task).await.is_err());
    }
    assert_eq!(failed, 0, "cases failed in {language}; see above");
}

fn cases_in(language: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for file in case_files() {
        let name = format!("{} in {language}", file.file_name().unwrap().display());
        for case in cases::read(&file) {
            let text = case.to_string().replace("abi.LANGUAGE.", &format!("abi.{language}."));
            let case: Value = serde_json::from_str(&text).unwrap();
            if chosen().is_none_or(|words| case["name"].as_str().unwrap().contains(&words)) {
                found.push((name.clone(), case));
            }
        }
    }
    found
}

/// A part of the name of the cases that are wanted, where not all are.
fn chosen() -> Option<String> {
    std::env::var("AIRLOCK_CASE").ok()
}

fn case_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("tests/abi/cases")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
