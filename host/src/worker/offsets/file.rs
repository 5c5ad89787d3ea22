//! The offsets of source connectors in a file, `offset.storage.file.filename`, in the format of Kafka
//! Connect's standalone worker: either can go on where the other stopped. The file is replaced as a whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::pipeline::edges::{EdgeError, OffsetStore, SourcePosition};

use super::java_map;
use super::table::Table;

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
        Ok(partitions.iter().map(|partition| table.offset(connector, partition)).collect())
    }

    async fn store(&self, connector: &str, positions: &[SourcePosition]) -> Result<(), EdgeError> {
        // The lock is held until the file is replaced: the file is never older than a store that returned.
        let mut table = self.table.lock().await;
        let mut changed = table.clone();
        for position in positions {
            let (key, value) = changed.stored(connector, position)?;
            changed.put(Some(key), value);
        }
        let (path, bytes) = (self.path.clone(), java_map::write(&changed.to_entries()));
        let replaced = tokio::task::spawn_blocking(move || replace(&path, &bytes)).await;
        let replaced = replaced.map_err(|error| EdgeError::Retriable(error.to_string()))?;
        replaced.map_err(|error| EdgeError::Retriable(format!("writing {}: {error}", self.path.display())))?;
        *table = changed;
        Ok(())
    }

    async fn of_connector(&self, connector: &str) -> Result<Vec<SourcePosition>, EdgeError> {
        Ok(self.table.lock().await.of_connector(connector))
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
