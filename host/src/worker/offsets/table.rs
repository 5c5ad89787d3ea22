//! Stored source offsets by connector and partition, and the bytes that Kafka Connect stores for them: the key
//! `["<connector>",<partition>]`, the value the offset, both JSON without blanks. Stores nothing itself.

use std::collections::BTreeMap;

use serde_json::Value;

use super::java_map::Entries;
use crate::pipeline::edges::{EdgeError, SourcePosition};

/// A key and a value as they are stored; a value of none deletes the key.
pub(super) type Stored = (Vec<u8>, Option<Vec<u8>>);

/// The stored offsets.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// By connector and partition, the partition as the text of its canonical JSON.
    entries: BTreeMap<(String, String), Entry>,
    /// Whatever isn't of that form is kept as it is.
    foreign: Entries,
}

#[derive(Debug, Clone)]
struct Entry {
    /// The key as it was first stored: Java finds it by its bytes.
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl Table {
    /// Returns the offset of a partition.
    pub(super) fn offset(&self, connector: &str, partition: &str) -> Option<String> {
        let entry = self.entries.get(&(connector.to_owned(), canonical(partition)))?;
        entry.value.as_ref().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Returns all offsets of a connector.
    pub(super) fn of_connector(&self, connector: &str) -> Vec<SourcePosition> {
        let from = (connector.to_owned(), String::new());
        let own = self.entries.range(from..).take_while(|((name, _), _)| name == connector);
        let stored = own.filter_map(|((_, partition), entry)| {
            let offset = String::from_utf8_lossy(entry.value.as_ref()?).into_owned();
            // As it was stored: the order of its fields is the user's.
            let partition = partition_of(&entry.key).unwrap_or_else(|| partition.clone());
            Some(SourcePosition { partition, offset: Some(offset) })
        });
        stored.collect()
    }

    /// Returns what is to be stored for a position.
    ///
    /// # Errors
    /// Returns an error where it is no JSON.
    pub(super) fn stored(&self, connector: &str, position: &SourcePosition) -> Result<Stored, EdgeError> {
        let partition = compact(&position.partition)?;
        let value = position.offset.as_deref().map(compact).transpose()?.map(String::into_bytes);
        let known = self.entries.get(&(connector.to_owned(), canonical(&partition)));
        let key = known.map(|entry| entry.key.clone());
        Ok((key.unwrap_or_else(|| format!("[{},{partition}]", Value::from(connector)).into_bytes()), value))
    }

    /// Takes a stored key and its value. A value of none is kept, as Kafka Connect keeps it in its file.
    pub(super) fn put(&mut self, key: Option<Vec<u8>>, value: Option<Vec<u8>>) {
        match key.as_deref().and_then(parse_key) {
            Some(name) => {
                let key = key.unwrap_or_default();
                self.entries.insert(name, Entry { key, value });
            }
            None => self.foreign.push((key, value)),
        }
    }

    /// Takes a record of a topic: a value of none deletes its key, and what is foreign is left in the topic.
    pub(super) fn follow(&mut self, key: &[u8], value: Option<Vec<u8>>) {
        let Some(name) = parse_key(key) else { return };
        match value {
            Some(value) => drop(self.entries.insert(name, Entry { key: key.to_vec(), value: Some(value) })),
            None => drop(self.entries.remove(&name)),
        }
    }

    /// Returns everything, as it is stored.
    pub(super) fn to_entries(&self) -> Entries {
        let own = self.entries.values().map(|entry| (Some(entry.key.clone()), entry.value.clone()));
        own.chain(self.foreign.iter().cloned()).collect()
    }
}

impl From<Entries> for Table {
    fn from(entries: Entries) -> Self {
        let mut table = Table::default();
        for (key, value) in entries {
            table.put(key, value);
        }
        table
    }
}

fn parse_key(key: &[u8]) -> Option<(String, String)> {
    let (connector, partition) = split(key)?;
    Some((connector, canonical(&partition.to_string())))
}

fn partition_of(key: &[u8]) -> Option<String> {
    split(key).map(|(_, partition)| partition.to_string())
}

fn split(key: &[u8]) -> Option<(String, Value)> {
    let Value::Array(parts) = serde_json::from_slice(key).ok()? else { return None };
    let [connector, partition] = <[Value; 2]>::try_from(parts).ok()?;
    let Value::String(connector) = connector else { return None };
    Some((connector, partition))
}

/// Returns a JSON text without blanks, as Jackson writes it.
fn compact(text: &str) -> Result<String, EdgeError> {
    let value: Result<Value, _> = serde_json::from_str(text);
    value.map(|value| value.to_string()).map_err(|error| EdgeError::Fatal(format!("{text} is no JSON: {error}")))
}

/// Returns the same text for all texts of one JSON value.
fn canonical(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(_) => text.to_owned(),
    }
}
