//! Compiling in a child process: a hostile or huge component can't exhaust the worker, nor leave its
//! memory behind. The child is this same program; [`compile_child`] is its side.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use wasmtime::Engine;

use super::engine;

/// The hidden subcommand that makes this program the child.
pub const COMPILE_COMMAND: &str = "compile-component";

/// What a compilation may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Address space of the child, in bytes.
    pub memory_bytes: u64,
    /// CPU time of the child.
    pub cpu: Duration,
    /// Time by the clock on the wall.
    pub timeout: Duration,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { memory_bytes: 4 << 30, cpu: Duration::from_secs(120), timeout: Duration::from_secs(300) }
    }
}

/// Why a component could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The compiler refused it.
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// It took too much.
    #[error("compiling the component took over {0}: make it smaller, or split it")]
    TooMuch(String),
    /// The child could not be run.
    #[error("can't run the compiler {program}: {source}")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Compiles components in child processes.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    limits: CompileLimits,
}

impl Compiler {
    /// Uses `program`, an `airlock` executable, as the child.
    pub fn new(program: PathBuf, limits: CompileLimits) -> Self {
        Self { program, limits }
    }

    /// Compiles a component into `output`.
    ///
    /// # Errors
    /// The component is invalid or too large, or the child can't be run.
    ///
    /// # Cancel safety
    /// The child is killed; `output` may be left half-written.
    pub(crate) async fn compile(&self, component: &[u8], output: &Path) -> Result<(), CompileError> {
        let spawn_failed = |source| CompileError::Spawn { program: self.program.clone(), source };
        let mut child = Command::new(&self.program)
            .arg(COMPILE_COMMAND)
            .arg(output)
            .arg(self.limits.memory_bytes.to_string())
            .arg(self.limits.cpu.as_secs().to_string())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(spawn_failed)?;
        let stdin = child.stdin.take();
        let feed = async {
            // A child that stops reading has failed; its own words say why.
            if let Some(mut stdin) = stdin {
                stdin.write_all(component).await.ok();
            }
        };
        let finished = async { tokio::join!(feed, child.wait_with_output()).1 };
        let Ok(output) = tokio::time::timeout(self.limits.timeout, finished).await else {
            return Err(CompileError::TooMuch(format!("{} s", self.limits.timeout.as_secs())));
        };
        self.judge(output.map_err(spawn_failed)?)
    }

    fn judge(&self, output: std::process::Output) -> Result<(), CompileError> {
        use std::os::unix::process::ExitStatusExt;
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.signal() {
            None => Err(CompileError::Invalid(words)),
            Some(_) => Err(CompileError::TooMuch(format!(
                "{} s of CPU time or {} MiB of memory",
                self.limits.cpu.as_secs(),
                self.limits.memory_bytes >> 20
            ))),
        }
    }
}

/// The child's side: limits itself, reads a component from standard input and writes its precompiled form
/// to the file named by the first argument.
///
/// # Errors
/// The arguments are wrong, or the component can't be compiled; in words for the parent.
pub fn compile_child(arguments: &[OsString]) -> Result<(), String> {
    let [output, memory, cpu] = arguments else {
        return Err(format!("{COMPILE_COMMAND} is for the worker's own use"));
    };
    limit(Resource::As, memory)?;
    limit(Resource::Cpu, cpu)?;
    let mut component = Vec::new();
    std::io::stdin().read_to_end(&mut component).map_err(|error| error.to_string())?;
    let engine = Engine::new(&engine::config()).map_err(|error| error.to_string())?;
    let compiled = engine.precompile_component(&component).map_err(|error| format!("{error:#}"))?;
    let mut file = std::fs::File::create(output).map_err(|error| error.to_string())?;
    file.write_all(&compiled).and_then(|()| file.sync_all()).map_err(|error| error.to_string())
}

fn limit(resource: Resource, value: &OsString) -> Result<(), String> {
    let value: u64 = value.to_str().and_then(|text| text.parse().ok()).ok_or("a limit is no number")?;
    setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }).map_err(|error| error.to_string())
}
