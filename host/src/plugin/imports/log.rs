//! `airlock:connect/log`: guests' lines in the worker's log.

use super::super::bindings::airlock::connect::log::{Host, Level};
use super::super::state::State;

/// The most bytes of a line that are kept.
const LINE_BYTES: usize = 8 << 10;

/// The most lines of one call that are kept.
const LINES_PER_CALL: u32 = 100;

/// Keeps a guest from flooding the log.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    lines: u32,
}

impl Gate {
    /// Opens the gate for the next call.
    pub(crate) fn reset(&mut self) {
        self.lines = 0;
    }

    /// Counts a line. The first that is kept back is replaced by a remark.
    fn admit<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        self.lines = self.lines.saturating_add(1);
        match self.lines {
            ..=LINES_PER_CALL => Some(line),
            _ if self.lines == LINES_PER_CALL + 1 => Some("more lines in this call are left out"),
            _ => None,
        }
    }
}

impl Host for State {
    fn enabled(&mut self, level: Level) -> wasmtime::Result<bool> {
        self.count_host_call()?;
        Ok(match level {
            Level::Trace => tracing::enabled!(target: "airlock::guest", tracing::Level::TRACE),
            Level::Debug => tracing::enabled!(target: "airlock::guest", tracing::Level::DEBUG),
            Level::Info => tracing::enabled!(target: "airlock::guest", tracing::Level::INFO),
            Level::Warn => tracing::enabled!(target: "airlock::guest", tracing::Level::WARN),
            Level::Error => tracing::enabled!(target: "airlock::guest", tracing::Level::ERROR),
        })
    }

    fn write(&mut self, level: Level, line: String) -> wasmtime::Result<()> {
        self.count_host_call()?;
        let Some(line) = self.log_lines.admit(&line) else { return Ok(()) };
        let line = line.get(..line.floor_char_boundary(LINE_BYTES)).unwrap_or(line);
        let scope = self.setting.scope.as_str();
        let step = self.account().map_or("", |account| account.payer.step.as_str());
        match level {
            Level::Trace => tracing::trace!(target: "airlock::guest", scope, step, "{line}"),
            Level::Debug => tracing::debug!(target: "airlock::guest", scope, step, "{line}"),
            Level::Info => tracing::info!(target: "airlock::guest", scope, step, "{line}"),
            Level::Warn => tracing::warn!(target: "airlock::guest", scope, step, "{line}"),
            Level::Error => tracing::error!(target: "airlock::guest", scope, step, "{line}"),
        }
        Ok(())
    }
}
