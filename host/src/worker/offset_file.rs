//! The offsets of source connectors in a file, `offset.storage.file.filename`, in the format of Kafka
//! Connect's standalone worker: either can go on where the other stopped. The file is replaced as a whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::pipeline::edges::{EdgeError, OffsetStore, SourcePosition};

mod java_map;

use java_map::Entries;

/// Why the file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OffsetFileError {
    /// It can't be read or written.
    #[error("offset.storage.file.filename: {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else.
    #[error("offset.storage.file.filename: {} is no offset file of Kafka Connect: {reason}. Name another file", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was expected where.
        reason: String,
    },
}

/// An offset file.
#[derive(Debug, Clone)]
pub struct OffsetFile {
    path: PathBuf,
    table: Arc<Mutex<Table>>,
}

/// The file's content. Keys are JSON arrays of a connector's name and a source partition; partitions are
/// compared as values, but an entry keeps the text it was written with, since Java compares bytes.
#[derive(Debug, Clone, Default)]
struct Table {
    entries: BTreeMap<(String, String), Entry>,
    /// What is no such key; kept as it is.
    foreign: Entries,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl OffsetFile {
    /// Reads the file; one that is missing or empty holds no offsets.
    ///
    /// # Errors
    /// Says why the file can't be used.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, OffsetFileError> {
        let path = path.into();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(OffsetFileError::Io { path, source }),
        };
        let entries = if bytes.is_empty() { Ok(Vec::new()) } else { java_map::read(&bytes) };
        match entries {
            Ok(entries) => Ok(Self { path, table: Arc::new(Mutex::new(Table::from(entries))) }),
            Err(reason) => Err(OffsetFileError::Format { path, reason }),
        }
    }
}

#[async_trait]
impl OffsetStore for OffsetFile {
    async fn read(&self, connector: &str, partitions: &[String]) -> Result<Vec<Option<String>>, EdgeError> {
        let table = self.table.lock().await;
        let find = |partition: &String| {
            let entry = table.entries.get(&(connector.to_owned(), canonical(partition)))?;
            entry.value.as_ref().map(|value| String::from_utf8_lossy(value).into_owned())
        };
        Ok(partitions.iter().map(find).collect())
    }

    async fn store(&self, connector: &str, positions: &[SourcePosition]) -> Result<(), EdgeError> {
        // The lock is held until the file is replaced: the file is never older than a store that returned.
        let mut table = self.table.lock().await;
        let mut changed = table.clone();
        for position in positions {
            changed.set(connector, position)?;
        }
        let (path, bytes) = (self.path.clone(), java_map::write(&changed.to_entries()));
        let replaced = tokio::task::spawn_blocking(move || replace(&path, &bytes)).await;
        let replaced = replaced.map_err(|error| EdgeError::Retriable(error.to_string()))?;
        replaced.map_err(|error| EdgeError::Retriable(format!("writing {}: {error}", self.path.display())))?;
        *table = changed;
        Ok(())
    }
}

impl From<Entries> for Table {
    fn from(entries: Entries) -> Self {
        let mut table = Table::default();
        for (key, value) in entries {
            match key.as_deref().and_then(parse_key) {
                Some(name) => {
                    let key = key.unwrap_or_default();
                    table.entries.insert(name, Entry { key, value });
                }
                None => table.foreign.push((key, value)),
            }
        }
        table
    }
}

impl Table {
    fn set(&mut self, connector: &str, position: &SourcePosition) -> Result<(), EdgeError> {
        let partition = compact(&position.partition)?;
        let value = position.offset.as_deref().map(compact).transpose()?.map(String::into_bytes);
        let name = (connector.to_owned(), canonical(&partition));
        let key = format!("[{},{partition}]", Value::from(connector)).into_bytes();
        // Kafka Connect keeps a deleted offset as a null, too.
        self.entries.entry(name).or_insert_with(|| Entry { key, value: None }).value = value;
        Ok(())
    }

    fn to_entries(&self) -> Entries {
        let own = self.entries.values().map(|entry| (Some(entry.key.clone()), entry.value.clone()));
        own.chain(self.foreign.iter().cloned()).collect()
    }
}

fn parse_key(key: &[u8]) -> Option<(String, String)> {
    let Value::Array(parts) = serde_json::from_slice(key).ok()? else { return None };
    let [Value::String(connector), partition] = parts.as_slice() else { return None };
    Some((connector.clone(), canonical(&partition.to_string())))
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

/// Replaces a file so that a crash leaves the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
