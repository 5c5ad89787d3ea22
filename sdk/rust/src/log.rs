//! The worker's log. Lines carry the connector, task and step by themselves; in unit tests they go to
//! standard error.

use crate::host;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever debugs the plugin.
    Trace,
    /// For whoever debugs a connector.
    Debug,
    /// What happens rarely and as it should.
    Info,
    /// What someone should look at.
    Warn,
    /// What someone must look at.
    Error,
}

/// Returns whether a line of this level would be kept: ask before building a costly one.
pub fn enabled(level: Level) -> bool {
    host::log_enabled(level)
}

/// Writes a line. Lines over 8 KiB are cut; floods are thinned out and counted.
///
/// ```
/// use airlock_sdk::log::{self, Level};
/// log::write(Level::Info, "connected");
/// ```
pub fn write(level: Level, line: &str) {
    host::log_write(level, line);
}
