//! The rules of the tree that a compiler doesn't check.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All files that are ours, by path beneath the root: not what is built or ignored.
fn files() -> Vec<(String, PathBuf)> {
    let listed = std::process::Command::new("git").arg("ls-files").current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "the tests run in a git checkout");
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().map(|path| (path.to_owned(), root().join(path))).filter(|(_, path)| path.is_file()).collect()
}

fn rust_files() -> Vec<(String, String)> {
    let rust = files().into_iter().filter(|(path, _)| path.ends_with(".rs"));
    rust.map(|(path, file)| (path, fs::read_to_string(file).unwrap())).collect()
}

#[test]
fn each_big_library_is_imported_in_one_folder() {
    let homes = [
        ("rdkafka", "host/src/kafka/"),
        ("wasmtime", "host/src/plugin/"),
        ("wasmtime_wasi", "host/src/plugin/"),
        ("wasmtime_wasi_http", "host/src/plugin/"),
        ("axum", "host/src/rest/"),
    ];
    let mut strays = Vec::new();
    for (path, text) in rust_files().into_iter().filter(|(path, _)| path.starts_with("host/src/")) {
        for (library, home) in homes {
            if !path.starts_with(home) && uses(&text, library) {
                strays.push(format!("{path} uses {library}, which belongs in {home}"));
            }
        }
    }
    assert!(strays.is_empty(), "{strays:#?}");
}

fn uses(text: &str, library: &str) -> bool {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let starts_here = |line: &str, at: usize| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
    };
    let path = format!("{library}::");
    code.into_iter().any(|line| line.match_indices(&path).any(|(at, _)| starts_here(line, at)))
}

#[test]
fn modules_depend_one_way() {
    let banned = [
        ("host/src/record.rs", &["pipeline", "config", "plugin", "kafka", "registry", "worker", "rest"][..]),
        ("host/src/config/", &["pipeline", "plugin", "kafka", "registry", "worker", "rest"]),
        ("host/src/pipeline/", &["plugin", "kafka", "registry", "worker", "rest"]),
        ("host/src/plugin/", &["kafka", "registry", "worker", "rest"]),
        ("host/src/kafka/", &["plugin", "registry", "worker", "rest"]),
        ("host/src/registry/", &["plugin", "kafka", "worker", "rest"]),
        ("host/src/worker/", &["rest"]),
    ];
    let mut strays = Vec::new();
    for (path, text) in rust_files() {
        for (home, others) in banned {
            for other in others.iter().filter(|_| path.starts_with(home)) {
                if uses_module(&text, other) {
                    strays.push(format!("{path} uses crate::{other}"));
                }
            }
        }
    }
    assert!(strays.is_empty(), "{strays:#?}");
}

fn uses_module(text: &str, module: &str) -> bool {
    let path = format!("crate::{module}");
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.into_iter().any(|line| {
        line.match_indices(&path).any(|(at, found)| {
            !line[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    })
}

#[test]
fn files_stay_short() {
    let is_test = |path: &str| {
        path.contains("/tests/")
            || path.starts_with("tests/")
            || path.ends_with("tests.rs")
            || path.ends_with("fake.rs")
    };
    let long: Vec<_> = rust_files()
        .into_iter()
        .map(|(path, text)| {
            (text.lines().filter(|line| !line.trim().is_empty()).count(), if is_test(&path) { 500 } else { 350 }, path)
        })
        .filter(|(lines, limit, _)| lines > limit)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_file_opens_with_what_it_does() {
    let silent: Vec<_> =
        rust_files().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn nothing_names_a_registry_or_a_machine() {
    // In pieces, so that this file doesn't name them either.
    let hosts = [
        ["crates", ".io"],
        ["pypi", ".org"],
        ["npmjs", ".org"],
        ["maven", ".org"],
        ["proxy.golang", ".org"],
        ["deb.debian", ".org"],
        ["/work", "/shared"],
        ["/work", "/main"],
        ["../sha", "red/"],
    ]
    .map(|pieces| pieces.concat());
    let mut named = Vec::new();
    for (path, file) in files() {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let lines = text.lines().filter(|line| !(path.ends_with("Cargo.lock") && line.starts_with("source = ")));
        for line in lines {
            named.extend(hosts.iter().filter(|host| line.contains(*host)).map(|host| format!("{path}: {host}")));
        }
    }
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn every_guest_has_cases_and_a_readme() {
    let guests = root().join("guests");
    let manifests =
        files().into_iter().filter(|(path, _)| path.starts_with("guests/") && path.ends_with("/Cargo.toml"));
    // A library that guests share is none itself.
    let is_guest = |manifest: &PathBuf| fs::read_to_string(manifest).unwrap().contains("cdylib");
    let manifests = manifests.map(|(_, file)| file).filter(is_guest);
    let folders: Vec<_> =
        manifests.map(|file| file.parent().unwrap().to_owned()).filter(|folder| *folder != guests).collect();
    assert!(folders.len() >= 6, "the guests are in guests/");
    for folder in folders {
        assert!(folder.join("README.md").is_file(), "{} has no README.md", folder.display());
        let cases = fs::read_dir(folder.join("cases")).map(|cases| cases.count()).unwrap_or(0);
        assert!(cases > 0, "{} has no cases/*.json", folder.display());
    }
}
