//! The `errors.*` keys: how long to retry, whether a rejected record is left out or fails the task, what is
//! logged. Sends no dead letters.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::batch::Rejected;
use super::failure::Stop;
use crate::config::connector::{ErrorsConfig, Tolerance};

/// The first wait between two tries; each next one is twice as long (Kafka's `RETRIES_DELAY_MIN_MS`).
const FIRST_DELAY: Duration = Duration::from_millis(300);

/// How long a task that is asked to stop still waits for acknowledgements.
const GRACE: Duration = Duration::from_secs(2);

/// How a task treats errors.
#[derive(Debug, Clone)]
pub struct ErrorPolicy {
    config: ErrorsConfig,
    shutdown: CancellationToken,
    jitter: u64,
}

impl ErrorPolicy {
    /// Makes a policy whose waits end when `shutdown` is cancelled.
    pub fn new(config: ErrorsConfig, shutdown: CancellationToken) -> Self {
        Self::seeded(config, shutdown, RandomState::new().hash_one(0))
    }

    /// Makes a policy whose waits are the same in each run.
    pub fn seeded(config: ErrorsConfig, shutdown: CancellationToken, seed: u64) -> Self {
        Self { config, shutdown, jitter: seed | 1 }
    }

    /// Returns whether rejected records are left out.
    pub fn tolerates(&self) -> bool {
        self.config.tolerance == Tolerance::All
    }

    /// Starts an operation that is tried again for as long as `errors.retry.timeout` says.
    pub(super) fn attempts(&self) -> Attempts {
        Attempts { deadline: self.config.retry_timeout.and_then(|limit| Instant::now().checked_add(limit)), tries: 0 }
    }

    /// Starts an operation that is tried again without limit.
    pub(super) fn endless_attempts(&self) -> Attempts {
        Attempts { deadline: None, tries: 0 }
    }

    /// Returns the wait before the next try; none when no time is left.
    pub(super) fn delay(&mut self, attempts: &mut Attempts) -> Option<Duration> {
        let left = attempts.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return None;
        }
        let doubled = FIRST_DELAY.saturating_mul(1 << attempts.tries.min(30));
        attempts.tries += 1;
        let delay = if doubled > self.config.retry_delay_max { self.below_max() } else { doubled };
        Some(left.map_or(delay, |left| delay.min(left)))
    }

    /// Waits before the next try. Answers no when no time is left.
    pub(super) async fn wait(&mut self, attempts: &mut Attempts) -> Result<Again, Stop> {
        let Some(delay) = self.delay(attempts) else { return Ok(Again::No) };
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => Err(Stop::Shutdown),
            () = sleep(delay) => Ok(Again::Yes),
        }
    }

    /// Waits for `work`; once the task is asked to stop, for a moment only.
    pub(super) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Stop> {
        let stopped = async {
            self.shutdown.cancelled().await;
            sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = stopped => Err(Stop::Shutdown),
        }
    }

    /// Logs a rejected record, if the connector wants that.
    pub(super) fn log(&self, task: &str, rejected: &Rejected<'_>) {
        if !self.config.log_enable {
            return;
        }
        let (record, rejection) = (&rejected.record, rejected.rejection);
        let (stage, reason) = (rejection.stage.as_str(), &rejection.reason);
        match self.config.log_include_messages {
            false => warn!(task, stage, reason, "a record was rejected"),
            true => warn!(
                task,
                stage,
                reason,
                topic = record.topic,
                partition = record.partition,
                offset = record.offset,
                timestamp = record.timestamp,
                key = record.key.map(String::from_utf8_lossy).as_deref(),
                value = record.value.map(String::from_utf8_lossy).as_deref(),
                "a record was rejected"
            ),
        }
    }

    /// A random wait below the longest one, so that tasks that failed together don't come back together.
    fn below_max(&mut self) -> Duration {
        // Marsaglia's xorshift: good enough to spread waits.
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        let max = u64::try_from(self.config.retry_delay_max.as_millis()).unwrap_or(u64::MAX).max(1);
        Duration::from_millis(self.jitter % max)
    }
}

/// The tries of one operation.
#[derive(Debug, Clone)]
pub(super) struct Attempts {
    deadline: Option<Instant>,
    tries: u32,
}

/// Whether there is another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// There is.
    Yes,
    /// The time is up.
    No,
}

/// How long a trap is remembered.
const TRAP_MEMORY: Duration = Duration::from_secs(600);
/// How many traps within that time fail the task.
const TRAP_LIMIT: usize = 3;

/// The traps of a task's guests.
#[derive(Debug, Default)]
pub(super) struct Traps(VecDeque<Instant>);

impl Traps {
    /// Remembers a trap. Returns how many there were in ten minutes, where that is too many.
    pub(super) fn too_many(&mut self) -> Option<usize> {
        let now = Instant::now();
        self.0.push_back(now);
        while self.0.front().is_some_and(|trap| now.duration_since(*trap) > TRAP_MEMORY) {
            self.0.pop_front();
        }
        Some(self.0.len()).filter(|times| *times >= TRAP_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(retry_timeout: Option<u64>, max: u64) -> ErrorPolicy {
        let config = ErrorsConfig {
            retry_timeout: retry_timeout.map(Duration::from_millis),
            retry_delay_max: Duration::from_millis(max),
            tolerance: Tolerance::None,
            log_enable: false,
            log_include_messages: false,
        };
        ErrorPolicy::seeded(config, CancellationToken::new(), 7)
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_retry_timeout_there_is_one_try() {
        let mut policy = policy(Some(0), 60_000);
        let mut attempts = policy.attempts();
        assert_eq!(policy.wait(&mut attempts).await.ok(), Some(Again::No));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_until_the_longest_and_end_at_the_deadline() {
        let mut policy = policy(Some(4000), 1000);
        let (mut attempts, start) = (policy.attempts(), Instant::now());
        let mut waited = Vec::new();
        while policy.wait(&mut attempts).await.ok() == Some(Again::Yes) {
            waited.push(start.elapsed().as_millis());
        }
        assert_eq!(waited[..2], [300, 900]);
        assert_eq!(waited.last(), Some(&4000));
        let longest = waited.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(longest <= Some(1000), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_a_wait_at_once() {
        let mut policy = policy(None, 60_000);
        let (shutdown, start) = (policy.shutdown.clone(), Instant::now());
        let mut attempts = policy.endless_attempts();
        let (waited, ()) = tokio::join!(policy.wait(&mut attempts), async {
            sleep(Duration::from_millis(10)).await;
            shutdown.cancel();
        });
        assert!(matches!(waited, Err(Stop::Shutdown)));
        assert_eq!(start.elapsed().as_millis(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn the_third_trap_in_ten_minutes_is_too_many() {
        let mut traps = Traps::default();
        assert_eq!(traps.too_many(), None);
        sleep(Duration::from_secs(599)).await;
        assert_eq!(traps.too_many(), None);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(traps.too_many(), None, "the first is forgotten");
        assert_eq!(traps.too_many(), Some(3));
    }
}
