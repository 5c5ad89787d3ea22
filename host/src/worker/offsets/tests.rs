//! Tests of the offset file, one with Java itself.

use std::process::Command;

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::pipeline::edges::{EdgeError, OffsetStore, SourcePosition};

fn position(partition: &str, offset: Option<&str>) -> SourcePosition {
    SourcePosition { partition: partition.to_owned(), offset: offset.map(str::to_owned) }
}

fn file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub/connect.offsets");
    (folder, path)
}

async fn read(store: &OffsetFile, connector: &str, partition: &str) -> Option<String> {
    store.read(connector, &[partition.to_owned()]).await.unwrap().remove(0)
}

#[tokio::test]
async fn stored_offsets_are_there_after_a_restart() {
    let (_folder, path) = file();
    let store = OffsetFile::open(&path).unwrap();
    store.store("a", &[position(r#"{"f":"x"}"#, Some(r#"{"at":1}"#))]).await.unwrap();
    store.store("b", &[position(r#"{"f":"x"}"#, Some(r#"{"at":2}"#))]).await.unwrap();
    let again = OffsetFile::open(&path).unwrap();
    assert_eq!(read(&again, "a", r#"{"f":"x"}"#).await.as_deref(), Some(r#"{"at":1}"#));
    assert_eq!(read(&again, "b", r#"{"f":"x"}"#).await.as_deref(), Some(r#"{"at":2}"#));
    assert_eq!(read(&again, "c", r#"{"f":"x"}"#).await, None);
}

#[tokio::test]
async fn partitions_are_compared_as_values_and_keep_their_first_text() {
    let (_folder, path) = file();
    let store = OffsetFile::open(&path).unwrap();
    store.store("a", &[position(r#"{"q":1, "p":2}"#, Some("{}"))]).await.unwrap();
    store.store("a", &[position(r#"{"p":2,"q":1}"#, Some(r#"{"at":9}"#))]).await.unwrap();
    assert_eq!(read(&store, "a", r#"{"q":1,"p":2}"#).await.as_deref(), Some(r#"{"at":9}"#));
    let entries = java_map::read(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(entries, [(Some(br#"["a",{"q":1,"p":2}]"#.to_vec()), Some(br#"{"at":9}"#.to_vec()))]);
}

#[tokio::test]
async fn a_deleted_offset_reads_as_none() {
    let (_folder, path) = file();
    let store = OffsetFile::open(&path).unwrap();
    store.store("a", &[position("{}", Some("{}"))]).await.unwrap();
    store.store("a", &[position("{}", None)]).await.unwrap();
    assert_eq!(read(&OffsetFile::open(&path).unwrap(), "a", "{}").await, None);
}

#[tokio::test]
async fn an_offset_that_cannot_be_written_is_an_error_and_not_taken_for_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = OffsetFile::open(folder.path().join("file/connect.offsets")).unwrap();
    fs::write(folder.path().join("file"), "in the way").unwrap();
    let stored = store.store("a", &[position("{}", Some("{}"))]).await;
    assert!(matches!(stored, Err(EdgeError::Retriable(_))), "{stored:?}");
    assert_eq!(read(&store, "a", "{}").await, None);
}

#[test]
fn another_file_is_refused_and_an_empty_one_is_new() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(OffsetFile::open(file.path()).is_ok());
    fs::write(file.path(), "offsets=1").unwrap();
    let error = OffsetFile::open(file.path()).unwrap_err().to_string();
    assert!(error.contains("no offset file") && error.contains("byte 0"), "{error}");
}

#[tokio::test]
async fn java_reads_what_we_write_and_we_read_what_java_writes() {
    let (_folder, path) = file();
    let store = OffsetFile::open(&path).unwrap();
    // More entries than a HashMap starts with room for, one of them deleted.
    for number in 0..40 {
        let offset = (number != 7).then(|| format!(r#"{{"at":{number}}}"#));
        store.store("née", &[position(&format!(r#"{{"n":{number}}}"#), offset.as_deref())]).await.unwrap();
    }
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/src/worker/offsets/Offsets.java");
    let java =
        Command::new("java").args(["-Dstdout.encoding=UTF-8", "-Dfile.encoding=UTF-8", program]).arg(&path).output();
    let java = java.expect("java is on the path");
    assert!(java.status.success(), "{}", String::from_utf8_lossy(&java.stderr));
    let printed = String::from_utf8(java.stdout).unwrap();
    assert_eq!(printed.lines().count(), 40);
    assert!(
        printed.contains("[\"née\",{\"n\":39}] {\"at\":39}\n") && printed.contains("{\"n\":7}] null\n"),
        "{printed}"
    );
    let again = OffsetFile::open(&path).unwrap();
    assert_eq!(read(&again, "née", r#"{"n":39}"#).await.as_deref(), Some(r#"{"at":39}"#));
    assert_eq!(read(&again, "née", r#"{"n":7}"#).await, None);
}
