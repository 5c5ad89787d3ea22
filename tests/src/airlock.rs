//! Runs `airlock` as its users do, and talks to its REST API.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::kafka_server::{Process, bound};

const READY_WITHIN: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(5);

/// Returns the repository's root.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// Returns the `airlock` program of the build that this program belongs to.
///
/// # Errors
/// When it wasn't built.
pub fn program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folders = own.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join("airlock")).find(|path| path.is_file());
    found.context("the airlock program isn't built: run `just build` first")
}

/// Returns a loopback port that nobody uses now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Waits until something is so.
///
/// # Errors
/// When it isn't within the time, or can't be found out.
pub fn wait(within: Duration, is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    wait_with(within, POLL_EVERY, is_so)
}

/// The same, looking as often as told.
///
/// # Errors
/// When it isn't so within the time, or can't be found out.
pub fn wait_with(within: Duration, every: Duration, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + within;
    while !is_so()? {
        ensure!(Instant::now() < deadline, "it isn't so after {within:?}");
        thread::sleep(every);
    }
    Ok(())
}

/// Runs `airlock` to its end, with this on its standard input.
///
/// # Errors
/// When it can't be started.
pub fn run(arguments: &[&str], input: &[u8]) -> Result<Output> {
    let mut file = tempfile::tempfile()?;
    file.write_all(input)?;
    file.rewind()?;
    // Where it keeps what it compiled.
    let cache = root().join("target/test-cache");
    Ok(bound(program()?).args(arguments).env("XDG_CACHE_HOME", cache).stdin(file).output()?)
}

/// A running worker. Dropping it kills it with SIGKILL.
#[derive(Debug)]
pub struct Worker {
    process: Process,
    /// Its REST API.
    pub rest: Rest,
    /// How long after its start REST answered first.
    pub answered_after: Duration,
    log: PathBuf,
}

impl Worker {
    /// Starts `airlock` with these arguments, which make it listen on `port`, and waits until it is ready.
    ///
    /// # Errors
    /// When it ends, or isn't ready within a minute; the end of its log is in the error.
    pub fn start(arguments: &[&str], port: u16, log: &Path) -> Result<Self> {
        let mut command = bound(program()?);
        command.args(arguments);
        Self::start_as(command, port, log)
    }

    pub(crate) fn start_as(mut command: Command, port: u16, log: &Path) -> Result<Self> {
        command.stdout(File::create(log.with_extension("out"))?).stderr(File::create(log)?);
        let begun = Instant::now();
        let process = Process::spawn(command)?;
        let rest = Rest { base: format!("http://127.0.0.1:{port}") };
        let mut worker = Self { process, rest, answered_after: Duration::ZERO, log: log.to_owned() };
        worker.wait_until(|rest| rest.get("/").is_ok())?;
        worker.answered_after = begun.elapsed();
        worker.wait_until(|rest| rest.get("/health").is_ok_and(|health| health.status == 200))?;
        Ok(worker)
    }

    fn wait_until(&mut self, holds: impl Fn(&Rest) -> bool) -> Result<()> {
        let ready = wait(READY_WITHIN, || {
            ensure!(!self.process.has_exited()?, "it ended");
            Ok(holds(&self.rest))
        });
        ready.with_context(|| format!("the worker isn't ready; its log:\n{}", self.log().unwrap_or_default()))
    }

    /// Returns its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Returns the first line that it printed on standard output, which says that it is ready.
    ///
    /// # Errors
    /// When there is none within a minute, or it can't be read.
    pub fn first_line(&self) -> Result<String> {
        let mut first = String::new();
        let said = wait(READY_WITHIN, || {
            let output = std::fs::read_to_string(self.log.with_extension("out"))?;
            let line = output.split_once('\n').map(|(line, _)| line.to_owned());
            first = line.clone().unwrap_or_default();
            Ok(line.is_some())
        });
        said.with_context(|| format!("the worker said nothing; its log:\n{}", self.log().unwrap_or_default()))?;
        Ok(first)
    }

    /// Returns what it logged.
    ///
    /// # Errors
    /// When that can't be read.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }

    /// Kills it with SIGKILL.
    pub fn kill(self) {
        drop(self);
    }

    /// Asks it to end, with SIGTERM, and waits until it has, with success.
    ///
    /// # Errors
    /// When it is still there after `within`, or tells another exit code than 0.
    pub fn terminate(mut self, within: Duration) -> Result<()> {
        let id = i32::try_from(self.id()).ok().and_then(rustix::process::Pid::from_raw).context("no process id")?;
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        let mut ended = None;
        let waited = wait(within, || {
            ended = self.process.status()?;
            Ok(ended.is_some())
        });
        let log = self.log.clone();
        let log = || std::fs::read_to_string(&log).unwrap_or_default();
        waited.with_context(|| format!("the worker is still there after SIGTERM:\n{}", log()))?;
        ensure!(
            ended.is_some_and(|status| status.success()),
            "the worker ended with {ended:?} after SIGTERM:\n{}",
            log()
        );
        Ok(())
    }
}

/// A REST API.
#[derive(Debug, Clone)]
pub struct Rest {
    /// Such as `http://127.0.0.1:8083`.
    pub base: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body as JSON; null where it is none.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// Returns the body of an answer with a 2xx status.
    ///
    /// # Errors
    /// With another status, which the error tells with the body.
    pub fn ok(self) -> Result<Value> {
        ensure!((200..300).contains(&self.status), "REST answered {}: {}", self.status, self.text);
        Ok(self.json)
    }
}

impl Rest {
    /// Gets a path.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, None)
    }

    /// Sends a JSON body.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send_json(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        self.send(method, path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// Sends a request with a body of a type, or none.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn send(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer> {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(READY_WITHIN));
        let agent: ureq::Agent = config.build().into();
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        let answer = match body {
            Some((kind, bytes)) => agent.run(request.header("content-type", kind).body(bytes)?),
            None => agent.run(request.body(())?),
        };
        let mut answer = answer?;
        let text = answer.body_mut().read_to_string()?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status: answer.status().as_u16(), json, text })
    }

    /// Uploads a component.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn upload(&self, name: &str, version: &str, wasm: &[u8]) -> Result<Answer> {
        self.send("PUT", &format!("/components/{name}/versions/{version}"), Some(("application/wasm", wasm)))
    }

    /// Waits until a connector and its `tasks` tasks are RUNNING.
    ///
    /// # Errors
    /// When one has failed, or the deadline is over; with the status.
    pub fn wait_running(&self, connector: &str, tasks: usize, within: Duration) -> Result<()> {
        let mut text = String::new();
        let running = wait(within, || {
            let status = self.get(&format!("/connectors/{connector}/status"))?;
            text = status.text;
            ensure!(!text.contains("\"FAILED\""), "{connector} failed");
            Ok(status.status == 200 && text.matches("\"RUNNING\"").count() == tasks + 1)
        });
        running.with_context(|| format!("{connector} isn't running: {text}"))
    }

    /// Returns the sum of a metric over all its labels that contain `label`; 0 where there is none.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn metric(&self, name: &str, label: &str) -> Result<f64> {
        let metrics = self.get("/metrics")?.text;
        let lines = metrics.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])) && line.contains(label)
        });
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }
}
