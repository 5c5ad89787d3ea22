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

use airlock::plugin::limits::Limits;
use airlock_tests::airlock::root;
use airlock_tests::cases;
use airlock_tests::sandbox::Sandbox;
use serde_json::Value;
use tokio::task::{LocalSet, spawn_local};

/// How many cases there are at least: one that gets lost would not be missed otherwise.
const CASES: usize = 40;

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

async fn check(language: &str) {
    let sandbox = Sandbox::open(Limits::default()).unwrap();
    let sandbox = Arc::new(sandbox.with(&format!("abi/{language}.wasm")).await.unwrap());
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
