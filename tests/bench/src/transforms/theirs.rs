//! Kafka's side: JMH on Kafka's own classes (`tests/bench/java`), one JVM after the other, each of which waits for its
//! turn before every iteration; and what JMH measured.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use airlock_tests::airlock::root;
use airlock_tests::kafka_server::{Process, bound};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::measure::median;

/// How long an iteration may last, with its preparation.
const PATIENCE: Duration = Duration::from_secs(120);

/// JMH's program, which runs until all benchmarks are done.
pub(super) struct Theirs {
    process: Process,
    listener: TcpListener,
    result: PathBuf,
}

/// One JVM, which runs one benchmark.
pub(super) struct Fork {
    input: BufReader<TcpStream>,
    /// What is measured: `path` or `alone`.
    pub(super) stage: String,
    /// The name of the work.
    pub(super) name: String,
}

/// What a JVM does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    WarmUp,
    Measure,
}

/// What JMH measured, in nanoseconds a record: medians of its iterations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// CPU time of the whole JVM, its collector included.
    pub(super) process: f64,
    /// CPU time of the measured thread.
    pub(super) thread: f64,
    /// By the clock.
    pub(super) wall: f64,
}

impl Theirs {
    /// Starts JMH on the works in a folder, by their names.
    pub(super) fn start(folder: &Path, names: &[String]) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let result = folder.join("jmh.json");
        let mut command = bound("java");
        command.arg("-Xmx128m").env("CLASSPATH", class_path()?.trim_end()).arg("airlock.bench.Main");
        command.arg(listener.local_addr()?.port().to_string()).arg(folder).arg(&result).args(names);
        command.stdin(Stdio::null()).stdout(fs::File::create(folder.join("jmh.log"))?);
        Ok(Self { process: Process::spawn(command)?, listener, result })
    }

    /// Waits for the next JVM; none when all are done.
    pub(super) fn next_fork(&mut self) -> Result<Option<Fork>> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => return Fork::greeted(stream).map(Some),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(status) = self.process.status()? {
                let log = self.result.with_extension("log");
                ensure!(status.success(), "JMH ended with {status}; see {}", log.display());
                return Ok(None);
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Returns what was measured, by stage and name.
    pub(super) fn measured(&self) -> Result<BTreeMap<(String, String), Measured>> {
        let results: Vec<Value> = serde_json::from_slice(&fs::read(&self.result)?)?;
        results.iter().map(|result| measured(result).context("JMH wrote something else")).collect()
    }
}

impl Fork {
    fn greeted(stream: TcpStream) -> Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut fork = Self { input: BufReader::new(stream), stage: String::new(), name: String::new() };
        (fork.stage, fork.name) = (fork.line()?, fork.line()?);
        Ok(fork)
    }

    /// Returns what the JVM made of a record.
    pub(super) fn output(&mut self) -> Result<Value> {
        Ok(serde_json::from_str(&self.line()?)?)
    }

    /// Waits until the JVM wants to go on; none when it is done.
    pub(super) fn next(&mut self) -> Result<Option<Next>> {
        Ok(match &*self.line()? {
            "" => None,
            "measure" => Some(Next::Measure),
            _ => Some(Next::WarmUp),
        })
    }

    /// Lets the JVM go on.
    pub(super) fn go(&mut self) -> Result<()> {
        Ok(self.input.get_mut().write_all(b"go\n")?)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.input.read_line(&mut line).context("the JVM has stalled")?;
        Ok(line.trim_end().to_owned())
    }
}

fn measured(result: &Value) -> Option<((String, String), Measured)> {
    let stage = result["benchmark"].as_str()?.rsplit('.').next()?;
    let name = result["params"]["name"].as_str()?;
    let of = |metric: &Value| -> Option<f64> {
        let iterations = metric["rawData"][0].as_array()?;
        Some(median(iterations.iter().map(Value::as_f64).collect::<Option<Vec<_>>>()?))
    };
    let secondary = &result["secondaryMetrics"];
    let measured = Measured {
        process: of(&secondary["cpu.process"])?,
        thread: of(&secondary["cpu.thread"])?,
        wall: of(&result["primaryMetric"])?,
    };
    Some(((stage.to_owned(), name.to_owned()), measured))
}

fn class_path() -> Result<String> {
    let output = Command::new(root().join("tests/bench/java/build.sh")).stdin(Stdio::null()).output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the benchmarks of Kafka's classes could not be built: {stdout}{stderr}");
    let home = stdout.lines().last().with_context(|| format!("build.sh printed nothing: {stderr}"))?;
    Ok(fs::read_to_string(Path::new(home).join("classpath"))?)
}
