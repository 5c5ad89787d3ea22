//! The commands of the `airlock` program. Each is a file of its own; what they do is in the library.

mod dev;
mod distributed;
mod standalone;
mod worker;

mod component;
mod sandbox;
mod transform;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::worker::AirlockConfig;
use crate::plugin::built_in::BUILT_IN;
use crate::plugin::cache::Cache;
use crate::plugin::catalog::Catalog;
use crate::plugin::compile::{COMPILE_COMMAND, CompileLimits, Compiler, compile_child};
use crate::plugin::limits::Limits;

/// A drop-in Kafka Connect worker whose plugins are WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "airlock", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a worker with a Kafka in its own process: nothing to install, nothing to configure.
    Dev(dev::DevArguments),
    /// Runs one worker with Kafka Connect's own files.
    Standalone(standalone::StandaloneArguments),
    /// Runs a worker that keeps its connectors, offsets and statuses in Kafka.
    Distributed(distributed::DistributedArguments),
    /// Looks into components.
    #[command(subcommand)]
    Component(component::ComponentCommand),
    /// Runs transforms on sample records, without Kafka.
    #[command(subcommand)]
    Transform(transform::TransformCommand),
}

/// Runs the program. Everything that goes wrong is told on standard error.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let [_, command, rest @ ..] = arguments.as_slice()
        && command == COMPILE_COMMAND
    {
        return told(compile_child(rest).map_err(anyhow::Error::msg));
    }
    let arguments = Arguments::parse();
    start_log();
    told(match arguments.command {
        Command::Dev(arguments) => block_on(dev::run(arguments)),
        Command::Standalone(arguments) => block_on(standalone::run(arguments)),
        Command::Distributed(arguments) => block_on(distributed::run(arguments)),
        Command::Component(command) => block_on(component::run(command)),
        Command::Transform(command) => block_on(transform::run(command)),
    })
}

/// Logs to standard error, as `AIRLOCK_LOG` says; by default what an operator wants to know.
fn start_log() {
    let filter = EnvFilter::try_from_env("AIRLOCK_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_terminal).init();
}

fn told(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "the one place where the program tells its user what went wrong")]
            {
                eprintln!("{error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(command);
    // Nobody waits for a question to a Kafka that doesn't answer.
    runtime.shutdown_background();
    result
}

/// Opens a catalogue with the worker's limits; nothing is in it yet.
pub(crate) fn open_catalog(config: &AirlockConfig) -> anyhow::Result<Arc<Catalog>> {
    let program = std::env::current_exe().context("can't find this program's own file")?;
    let cache = Cache::open(config.cache_dir.clone(), Compiler::new(program, CompileLimits::default()))?;
    let limits = Limits {
        call_cpu: config.call_cpu,
        call_timeout: config.call_timeout,
        memory_bytes: usize::try_from(config.memory_max_bytes).unwrap_or(usize::MAX),
        ..Limits::default()
    };
    let catalog = Catalog::open(&config.data_dir.join("components"), cache, limits).map_err(anyhow::Error::msg)?;
    Ok(Arc::new(catalog))
}

/// Adds the components that this program carries.
pub(crate) async fn add_built_in(catalog: &Catalog) -> anyhow::Result<()> {
    for (name, bytes) in BUILT_IN {
        catalog.add_built_in(name, bytes).await.with_context(|| format!("the built-in component {name}"))?;
    }
    Ok(())
}

/// Where a user's compiled components are kept between short commands.
pub(crate) fn user_cache() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    base.unwrap_or_else(std::env::temp_dir).join("airlock")
}
