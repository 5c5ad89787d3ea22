//! Starts a real schema registry, Apicurio's, on a free loopback port, and stops it again. It keeps Confluent's HTTP
//! interface, and what it is told while it is down. See `tests/registry/install.sh` for where it comes from.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::airlock::{free_port, wait};
use crate::kafka_server::{Process, bound};

const READY_WITHIN: Duration = Duration::from_secs(90);
const REPLY_WITHIN: Duration = Duration::from_secs(10);
const TESTS: &str = env!("CARGO_MANIFEST_DIR");
/// Where Confluent's interface is.
const BASE: &str = "/apis/ccompat/v7";

/// A registry with a directory of its own. Dropping it kills it and removes the directory.
#[derive(Debug)]
pub struct RegistryServer {
    process: Option<Process>,
    port: u16,
    starts: u32,
    directory: TempDir,
}

impl RegistryServer {
    /// Starts a registry, and waits until it answers.
    ///
    /// # Errors
    /// When it can't be installed, or isn't ready after a while; the end of its log is in the error.
    pub fn start() -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("airlock-registry-").tempdir()?;
        let mut server = Self { process: None, port: free_port()?, starts: 0, directory };
        server.restart()?;
        Ok(server)
    }

    /// Returns the URL for `schema.registry.url`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{BASE}", self.port)
    }

    /// Ends it with SIGKILL. Does nothing when it is down already.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it again with its port and its schemas, and waits until it answers.
    ///
    /// # Errors
    /// When it isn't ready after a while.
    pub fn restart(&mut self) -> Result<()> {
        self.process = None;
        self.starts += 1;
        let log = self.directory.path().join(format!("registry.{}.log", self.starts));
        let mut command = command(self.port, &format!("{}/schemas", self.directory.path().display()))?;
        command.stdin(Stdio::null()).stdout(File::create(&log)?).stderr(Stdio::null());
        let mut process = Process::spawn(command)?;
        let ready = wait(READY_WITHIN, || {
            ensure!(!process.has_exited()?, "it ended");
            Ok(self.ask("GET", "/subjects", None).is_ok_and(|(status, _)| status == 200))
        });
        let end = |log: String| log.chars().rev().take(3_000).collect::<String>().chars().rev().collect::<String>();
        ready.with_context(|| {
            format!("the registry isn't ready:\n{}", end(fs::read_to_string(&log).unwrap_or_default()))
        })?;
        self.process = Some(process);
        Ok(())
    }

    /// Registers an Avro schema; returns its id.
    ///
    /// # Errors
    /// When the registry doesn't take it.
    pub fn register(&self, subject: &str, schema: &Value) -> Result<u32> {
        self.register_with(subject, json!({ "schema": schema.to_string() }))
    }

    /// Registers what a whole request says; returns the id.
    ///
    /// # Errors
    /// When the registry doesn't take it.
    pub fn register_with(&self, subject: &str, request: Value) -> Result<u32> {
        let (status, answer) = self.ask("POST", &format!("/subjects/{subject}/versions"), Some(request))?;
        ensure!(status == 200, "{status}: {answer}");
        Ok(u32::try_from(answer.get("id").and_then(Value::as_u64).context("no id")?)?)
    }

    /// Asks for a path below the URL; returns the status and the answer.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<(u16, Value)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(REPLY_WITHIN))?;
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let kind = "application/vnd.schemaregistry.v1+json";
        write!(
            stream,
            "{method} {BASE}{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }
}

fn command(port: u16, files: &str) -> Result<Command> {
    let output = Command::new(format!("{TESTS}/registry/install.sh")).stdin(Stdio::null()).output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the registry could not be installed: {stdout}{stderr}");
    let home = stdout.lines().last().with_context(|| format!("install.sh printed nothing: {stderr}"))?;
    let mut jars = fs::read_dir(format!("{home}/app"))?.filter_map(|entry| Some(entry.ok()?.path()));
    let Some(jar) = jars.find(|path| path.to_string_lossy().ends_with("-runner.jar")) else { bail!("no jar") };
    let mut command = bound("java");
    command.args(["-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    command.arg("-Dquarkus.http.host=127.0.0.1").arg(format!("-Dquarkus.http.port={port}"));
    // Written through at once: it is killed, not stopped.
    command.arg(format!("-Dquarkus.datasource.jdbc.url=jdbc:h2:file:{files};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0"));
    command.arg("-jar").arg(jar);
    Ok(command)
}
