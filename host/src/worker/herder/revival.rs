//! Failures in a row of one connector or task, and when it is restarted because of them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::config::restart::RestartConfig;
use crate::worker::task_state::RestartStatus;

/// The failures in a row.
#[derive(Debug, Clone, Default)]
pub(super) struct Revival {
    failures: u32,
    /// Whether somebody wants it restarted at all.
    is_wanted: bool,
    /// When it began to run; none while it doesn't.
    running_since: Option<Instant>,
    /// When it is restarted, by the clock on the wall.
    next: Option<SystemTime>,
}

impl Revival {
    /// It runs.
    pub(super) fn running(&mut self) {
        self.running_since.get_or_insert_with(Instant::now);
        self.next = None;
    }

    /// It has failed. Returns how long to wait before it is restarted; none is not to.
    pub(super) fn failed(&mut self, config: &RestartConfig) -> Option<Duration> {
        let ran = self.running_since.take().map(|since| since.elapsed());
        if ran.is_some_and(|ran| ran >= config.reset) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.is_wanted = config.max != Some(0);
        let wait = config.wait(self.failures);
        self.next = wait.map(|wait| SystemTime::now() + wait);
        wait
    }

    /// Returns what is shown of it.
    pub(super) fn shown(&self) -> Option<RestartStatus> {
        let millis = |next: SystemTime| {
            let since = next.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        };
        (self.is_wanted && self.failures > 0)
            .then(|| RestartStatus { failures: self.failures, next_ms: self.next.map(millis) })
    }
}
