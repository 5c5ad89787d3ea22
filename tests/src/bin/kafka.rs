//! `kafka [--brokers N]`: runs real Kafka until Ctrl-C or SIGTERM, then removes all of it. Prints `bootstrap.servers`.
//!
//! A second process of the same program owns the brokers and waits for the end of its standard input, which comes
//! when the first one ends, whatever signal ended it. So neither has to catch a signal.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

use airlock_tests::kafka_server::KafkaServer;
use anyhow::{Context, Result, bail};

const OWNER: &str = "--until-end-of-input";

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        [OWNER, brokers] => run(brokers.parse()?).map(|()| ExitCode::SUCCESS),
        ["--brokers", brokers] => watch(brokers),
        [] => watch("1"),
        _ => bail!("usage: kafka [--brokers N]"),
    }
}

/// Lives as long as Kafka is wanted, or until its owner fails.
fn watch(brokers: &str) -> Result<ExitCode> {
    let mut owner = Command::new(std::env::current_exe()?);
    // A process group of its own, for Ctrl-C goes to all of the terminal's.
    owner.args([OWNER, brokers]).stdin(Stdio::piped()).process_group(0);
    let mut owner = owner.spawn()?;
    let _lifeline = owner.stdin.take().context("no pipe")?;
    let status = owner.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run(brokers: usize) -> Result<()> {
    let server = KafkaServer::start(brokers)?;
    writeln!(io::stdout(), "{}", server.bootstrap_servers())?;
    writeln!(io::stderr(), "Kafka runs in {}; Ctrl-C stops it", server.directory().display())?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
