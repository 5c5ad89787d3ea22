//! Starts the Java program of `tests/oracle/java`, and puts cases to it over its standard input and output.

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::{fs, thread};

use anyhow::{Context as _, Result, bail, ensure};

use serde_json::Value;

use super::case::{Answer, Case, Verdict};
use crate::kafka_server::{Process, bound};

const TESTS: &str = env!("CARGO_MANIFEST_DIR");

/// Kafka Connect's classes, in a JVM that ends with this value. Its time zone is UTC and its locale en-US.
#[derive(Debug)]
pub struct Oracle {
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
    process: Option<Process>,
}

impl Oracle {
    /// Starts the program, which is compiled first unless it is up to date.
    ///
    /// # Errors
    /// When it can't be compiled or started.
    pub fn start() -> Result<Self> {
        let mut process = Process::spawn(command("airlock.oracle.Main")?)?;
        let Some((input, output)) = process.pipes() else { bail!("the oracle has no pipes") };
        Ok(Self { input: BufWriter::new(input), output: BufReader::new(output), process: Some(process) })
    }

    /// Returns the answers to the cases, in order. The oracle is of no use after an error.
    ///
    /// # Errors
    /// When the program ended, or a case doesn't keep to the notation.
    pub fn ask(&mut self, cases: &[Case]) -> Result<Vec<Answer>> {
        let answers = self.answers(cases)?;
        for (case, answer) in cases.iter().zip(&answers) {
            if let Verdict::CaseError(error) = &answer.verdict {
                bail!("case {}: {error}: {}", case.id, serde_json::to_string(case)?);
            }
        }
        Ok(answers)
    }

    /// Puts cases; one that doesn't keep to the notation is answered too.
    ///
    /// # Errors
    /// When the program ended.
    pub fn answers(&mut self, cases: &[Case]) -> Result<Vec<Answer>> {
        let Self { input, output, process } = self;
        // The pipes hold less than all cases and all answers do: both ends have to be served at once.
        thread::scope(|scope| {
            let writer = scope.spawn(move || write(input, cases));
            let answers = cases.iter().map(|case| read(output, case)).collect::<Result<Vec<_>>>();
            if answers.is_err() {
                // Else it would write what nobody reads, and read no more.
                process.take();
            }
            let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let answers = answers?;
            written?;
            Ok(answers)
        })
    }
}

fn write(input: &mut BufWriter<ChildStdin>, cases: &[Case]) -> Result<()> {
    for case in cases {
        serde_json::to_writer(&mut *input, case)?;
        input.write_all(b"\n")?;
    }
    Ok(input.flush()?)
}

fn read(output: &mut BufReader<ChildStdout>, case: &Case) -> Result<Answer> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    ensure!(!line.is_empty(), "the oracle ended upon case {}", case.id);
    let answer: Answer = serde_json::from_str(&line).with_context(|| format!("no answer to a case: {line}"))?;
    ensure!(answer.id == case.id, "case {} got the answer to case {}", case.id, answer.id);
    Ok(answer)
}

/// Returns the keys of Connect's classes, as its `ConfigDef` has them: an array for each class.
///
/// # Errors
/// When the program can't be run, or there is no such class.
pub fn definitions(classes: &[&str]) -> Result<Value> {
    let output = command("airlock.oracle.Definitions")?.args(classes).stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Returns the command that runs one of the oracle's programs.
fn command(main_class: &str) -> Result<Command> {
    let home = installation()?;
    let target = home.parent().context("the oracle is in no folder")?;
    let class_path = fs::read_to_string(home.join("classpath"))?;
    let mut command = bound("java");
    command.args(["-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"]);
    // What Connect's classes do depends on these two only where they forget to say otherwise.
    command.args(["-Duser.timezone=UTC", "-Duser.language=en", "-Duser.country=US"]);
    command.arg(format!("-XX:SharedArchiveFile={}/kafka/classes.jsa", target.display()));
    command.arg(format!("-Dlog4j2.configurationFile={TESTS}/oracle/log4j2.properties"));
    command.env("CLASSPATH", class_path.trim_end()).arg(main_class);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

fn installation() -> Result<PathBuf> {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    if let Some(home) = HOME.get() {
        return Ok(home.clone());
    }
    let output = Command::new(format!("{TESTS}/oracle/build.sh")).stdin(Stdio::null()).output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the oracle could not be built: {stdout}{stderr}");
    let home = stdout.lines().last().with_context(|| format!("build.sh printed nothing: {stderr}"))?;
    Ok(HOME.get_or_init(|| PathBuf::from(home)).clone())
}
