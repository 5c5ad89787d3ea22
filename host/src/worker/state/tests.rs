//! What records of the config topic come to. The records are those that Kafka Connect 4 writes.

use super::config_record::{Reading, write};
use super::*;

fn properties(pairs: &[(&str, &str)]) -> Properties {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Reads records, and returns what they come to.
fn state(records: &[(&str, Option<&str>)]) -> ConfigState {
    let (mut reading, mut state) = (Reading::default(), ConfigState::default());
    for (key, value) in records {
        if let Some(change) = reading.read(key, value.map(str::as_bytes)).unwrap() {
            state.apply(change);
        }
    }
    state
}

const CONNECTOR: (&str, Option<&str>) = ("connector-a", Some(r#"{"properties":{"name":"a"}}"#));
const TASK_0: (&str, Option<&str>) = ("task-a-0", Some(r#"{"properties":{"t":"0"}}"#));
const TASK_1: (&str, Option<&str>) = ("task-a-1", Some(r#"{"properties":{"t":"1"}}"#));

fn tasks(records: &[(&str, Option<&str>)]) -> Vec<Properties> {
    state(records).get("a").unwrap().tasks.clone()
}

#[test]
fn task_configurations_hold_once_they_are_committed() {
    let both = [properties(&[("t", "0")]), properties(&[("t", "1")])];
    assert!(tasks(&[CONNECTOR, TASK_0, TASK_1]).is_empty());
    assert_eq!(tasks(&[CONNECTOR, TASK_0, TASK_1, ("commit-a", Some(r#"{"tasks":2}"#))]), both);
    assert_eq!(tasks(&[CONNECTOR, TASK_0, TASK_1, ("commit-a", Some(r#"{"tasks":1}"#))]), both[..1]);
    assert!(tasks(&[CONNECTOR, TASK_1, ("commit-a", Some(r#"{"tasks":2}"#))]).is_empty(), "one is missing");
}

#[test]
fn compaction_may_leave_tasks_in_front_of_their_connector() {
    assert_eq!(tasks(&[TASK_0, ("commit-a", Some(r#"{"tasks":1}"#)), CONNECTOR]).len(), 1);
}

#[test]
fn a_target_may_come_before_its_connector_and_ends_with_it() {
    let stopped = ("target-state-a", Some(r#"{"state":"PAUSED","state.v2":"STOPPED"}"#));
    let of = |records: &[_]| state(records).get("a").unwrap().target;
    assert_eq!(of(&[stopped, CONNECTOR]), StoredTarget::Stopped);
    assert_eq!(of(&[CONNECTOR, ("target-state-a", Some(r#"{"state":"PAUSED"}"#))]), StoredTarget::Paused);
    assert_eq!(of(&[stopped, CONNECTOR, ("target-state-a", None)]), StoredTarget::Started);
    assert_eq!(of(&[stopped, CONNECTOR, ("connector-a", None), CONNECTOR]), StoredTarget::Started);
}

#[test]
fn names_may_look_like_other_keys() {
    let name = "x-0-connector-commit-1";
    let mut records = write(&ConfigChange::Connector(name.to_owned(), properties(&[("name", name)])));
    records.extend(write(&ConfigChange::Tasks(name.to_owned(), vec![properties(&[("t", "0")]); 12])));
    let records: Vec<_> = records.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
    assert_eq!(state(&records).get(name).unwrap().tasks.len(), 12);
    assert_eq!(state(&records).names(), [name]);
}

#[test]
fn what_others_write_is_left_alone() {
    let others = [("session-key", Some("{}")), ("restart-connector-a", Some("{}")), ("logger-cluster-x", None)];
    assert!(state(&others).names().is_empty());
}

#[test]
fn a_record_that_cannot_be_read_is_an_error() {
    for (key, value) in [("connector-a", "{}"), ("commit-a", "7"), ("target-state-a", r#"{"state":"x"}"#)] {
        assert!(Reading::default().read(key, Some(value.as_bytes())).is_err(), "{key} {value}");
    }
}

#[test]
fn what_is_written_is_read() {
    let name = || "a".to_owned();
    let changes = [
        ConfigChange::Connector(name(), properties(&[("name", "a"), ("k", "v")])),
        ConfigChange::Target(name(), StoredTarget::Stopped),
        ConfigChange::Tasks(name(), vec![properties(&[("t", "0")]), properties(&[("t", "1")])]),
    ];
    let mut expected = ConfigState::default();
    changes.iter().for_each(|change| expected.apply(change.clone()));
    let records: Vec<_> = changes.iter().flat_map(write).collect();
    let records: Vec<_> = records.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
    assert_eq!(state(&records).get("a"), expected.get("a"));
    let removed = write(&ConfigChange::Removed(name()));
    let after = removed.iter().map(|(key, value)| (key.as_str(), value.as_deref()));
    let all: Vec<_> = records.into_iter().chain(after).chain([CONNECTOR]).collect();
    assert_eq!(state(&all).get("a").unwrap(), state(&[CONNECTOR]).get("a").unwrap(), "nothing of the old one is left");
}
