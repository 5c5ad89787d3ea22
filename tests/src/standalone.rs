//! `airlock standalone` and `airlock distributed` on files of their own, which stay while workers come and go.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use crate::airlock::{Worker, free_port, program, root, wait};
use crate::kafka_server::bound;

/// The files of a worker, and where it listens.
pub struct Standalone {
    folder: TempDir,
    port: u16,
    properties: Vec<(String, String)>,
    connectors: Vec<PathBuf>,
    environment: Vec<(String, String)>,
    starts: u32,
    command: &'static str,
}

impl Standalone {
    /// Makes a folder for a worker of the Kafka at `servers`, which commits often and may use the folder's files.
    ///
    /// # Errors
    /// When there is no folder or port to be had.
    pub fn new(servers: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("airlock-test-").tempdir()?;
        let port = free_port()?;
        let (properties, connectors, environment) = (Vec::new(), Vec::new(), Vec::new());
        let mut files = Self { folder, port, properties, connectors, environment, starts: 0, command: "standalone" };
        let own = files.path("");
        let cache = root().join("target/test-cache").display().to_string();
        files.set("bootstrap.servers", servers);
        files.set("key.converter", "org.apache.kafka.connect.storage.StringConverter");
        files.set("value.converter", "org.apache.kafka.connect.storage.StringConverter");
        files.set("offset.storage.file.filename", &format!("{own}connect.offsets"));
        files.set("offset.flush.interval.ms", "200");
        files.set("listeners", &format!("http://127.0.0.1:{port}"));
        files.set("airlock.data.dir", &format!("{own}data"));
        files.set("airlock.cache.dir", &cache);
        files.set("airlock.grant.directories", own.trim_end_matches('/'));
        // The shortest that a broker allows: a worker that was killed is a member of its groups for so long.
        files.set("consumer.session.timeout.ms", "6000");
        files.set("consumer.heartbeat.interval.ms", "1000");
        Ok(files)
    }

    /// Makes a folder for a worker that keeps everything in three topics, which begin with `group`.
    ///
    /// # Errors
    /// When there is no folder or port to be had.
    pub fn distributed(servers: &str, group: &str) -> Result<Self> {
        let mut files = Self::new(servers)?;
        files.command = "distributed";
        files.unset("offset.storage.file.filename");
        files.set("group.id", group);
        for name in ["config", "offset", "status"] {
            files.set(&format!("{name}.storage.topic"), &format!("{group}-{name}"));
            files.set(&format!("{name}.storage.replication.factor"), "1");
        }
        files.set("offset.storage.partitions", "5");
        Ok(files)
    }

    /// Sets a key of the worker's properties, from the next start on.
    pub fn set(&mut self, key: &str, value: &str) {
        self.unset(key);
        self.properties.push((key.to_owned(), value.to_owned()));
    }

    /// Removes a key of the worker's properties.
    pub fn unset(&mut self, key: &str) {
        self.properties.retain(|(known, _)| known != key);
    }

    /// Sets a variable of the worker's environment, from the next start on.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Returns where REST listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the full path of a file in the folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Adds a connector's file to the arguments of the next start.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn connector(&mut self, file: &str, text: &str) -> Result<()> {
        let path = self.folder.path().join(file);
        fs::write(&path, text)?;
        self.connectors.push(path);
        Ok(())
    }

    /// Writes the worker's properties, and returns the arguments of `airlock` that start it.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn arguments(&self) -> Result<Vec<String>> {
        let mut text = String::new();
        for (key, value) in &self.properties {
            writeln!(text, "{key}={value}")?;
        }
        let file = self.path("worker.properties");
        fs::write(&file, text)?;
        let connectors = self.connectors.iter().map(|path| path.display().to_string());
        Ok([self.command.to_owned(), file].into_iter().chain(connectors).collect())
    }

    /// Starts a worker, and waits until REST answers.
    ///
    /// # Errors
    /// When it doesn't.
    pub fn start(&mut self) -> Result<Worker> {
        self.starts += 1;
        let arguments = self.arguments()?;
        let log = self.folder.path().join(format!("worker.{}.log", self.starts));
        let mut command = bound(program()?);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        Worker::start_as(command, self.port, &log)
    }

    /// Appends to a file.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn append(&self, name: &str, text: &str) -> Result<()> {
        let file = OpenOptions::new().create(true).append(true).open(self.path(name));
        Ok(file.and_then(|mut file| file.write_all(text.as_bytes()))?)
    }

    /// Returns the bytes of a file; none where it isn't there.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_default()
    }

    /// Returns the whole lines of a file, which may not be there yet.
    pub fn lines(&self, name: &str) -> Vec<String> {
        whole_lines(&self.bytes(name))
    }

    /// Waits until a file has at least so many whole lines, and returns them.
    ///
    /// # Errors
    /// When it hasn't within the time; with the worker's log.
    pub fn wait_lines(&self, name: &str, count: usize, worker: &Worker) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let found = wait(Duration::from_secs(60), || {
            lines = self.lines(name);
            Ok(lines.len() >= count)
        });
        let log = if found.is_err() { worker.log()? } else { String::new() };
        found.with_context(|| format!("{name} has {} lines, not {count}; the log:\n{log}", lines.len()))?;
        Ok(lines)
    }
}

/// Returns the lines that have an end.
pub fn whole_lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
    if text.starts_with('\n') || !whole.is_empty() {
        whole.split('\n').map(str::to_owned).collect()
    } else {
        Vec::new()
    }
}

/// Writes an object of strings as Java's properties.
pub fn as_properties(config: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members = config.as_object().into_iter().flatten();
    members.map(|(key, value)| format!("{key}={}\n", text(value).replace('\\', "\\\\"))).collect()
}
