//! Runs every guest's cases (`guests/**/cases/*.json`, `examples/*/cases/*.json`) on its component in the real
//! sandbox, without Kafka. `guests/README.md` says what a case may hold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::PathBuf;

use airlock::plugin::limits::Limits;
use airlock_tests::airlock::root;
use airlock_tests::cases;
use airlock_tests::sandbox::Sandbox;

#[tokio::test]
async fn all_cases_hold_in_the_sandbox() {
    let sandbox = Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap();
    let sandbox = with_examples(sandbox).await;
    let wanted = std::env::var("AIRLOCK_GUEST").unwrap_or_default();
    let mut count = 0;
    for file in case_files().into_iter().filter(|file| file.to_string_lossy().contains(&wanted)) {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        for case in cases::read(&file) {
            cases::check(&sandbox, &name, &case).await;
            count += 1;
        }
    }
    assert!(count > 0, "no case was found for {wanted:?}");
}

fn case_files() -> Vec<PathBuf> {
    let mut folders = vec![root().join("guests"), root().join("examples")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == "json") && path.parent().unwrap().ends_with("cases")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Uploads what `guests/build.sh` made of `examples`.
async fn with_examples(mut sandbox: Sandbox) -> Sandbox {
    for entry in fs::read_dir(root().join("target/components/examples")).unwrap() {
        sandbox = sandbox.with(entry.unwrap().path().to_str().unwrap()).await.unwrap();
    }
    sandbox
}

#[test]
fn every_guest_and_example_has_cases() {
    let mut guests = vec![root().join("guests/standard")];
    for parent in ["guests/sources", "guests/sinks", "examples"] {
        guests.extend(fs::read_dir(root().join(parent)).unwrap().map(|entry| entry.unwrap().path()));
    }
    guests.retain(|guest| guest.join("Cargo.toml").is_file());
    assert!(guests.len() >= 4, "{guests:?}");
    let files = case_files();
    guests.retain(|guest| !files.iter().any(|file| file.starts_with(guest)));
    assert!(guests.is_empty(), "no cases in {guests:?}");
}
