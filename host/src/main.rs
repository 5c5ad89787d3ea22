//! The `airlock` program: flags, then a command, then its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    airlock::cli::run()
}
