//! What a task counts. Exported by the worker.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::batch::Counts;

/// A count that only grows, or a level.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    /// Sets it.
    pub fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    /// Returns its value.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The counters of one task, since it started. In parentheses: Kafka Connect's metric.
#[derive(Debug, Default)]
pub struct TaskMetrics {
    /// Records read from Kafka (`sink-record-read-total`) or polled from a source
    /// (`source-record-poll-total`).
    pub records_polled: Counter,
    /// Rows put to the sink (`sink-record-send-total`) or acknowledged by Kafka
    /// (`source-record-write-total`).
    pub records_sent: Counter,
    /// Rows that a transform took out on purpose.
    pub records_discarded: Counter,
    /// Rows that a transform added.
    pub records_expanded: Counter,
    /// Rows that failed (`total-record-failures`).
    pub records_rejected: Counter,
    /// Rows that failed and were left out (`total-records-skipped`).
    pub records_skipped: Counter,
    /// Rows that failed since a guest trapped on them.
    pub records_isolated: Counter,
    /// Dead letters acknowledged (`deadletterqueue-produce-requests` less its failures).
    pub dead_letters: Counter,
    /// Tries after the first, of any operation (`total-retries`).
    pub retries: Counter,
    /// Batches delivered.
    pub batches: Counter,
    /// Rows of the batch delivered last (`batch-size-avg` over time).
    pub batch_size: Counter,
    /// Microseconds spent in puts (`put-batch-avg-time-ms`) or in a source's polls.
    pub guest_micros: Counter,
    /// Commits of offsets that succeeded (`offset-commit-success-percentage`).
    pub commits: Counter,
    /// Commits of offsets that failed; they are tried again.
    pub commit_failures: Counter,
    /// Guests' instances that trapped or took too long.
    pub restarts: Counter,
    /// Rebalances seen.
    pub rebalances: Counter,
}

impl TaskMetrics {
    /// Counts where the rows of a delivered batch went.
    pub(super) fn count(&self, counts: &Counts) {
        self.records_discarded.add(counts.discarded);
        self.records_expanded.add(counts.expanded);
        self.records_rejected.add(counts.rejected);
        self.batches.add(1);
        self.batch_size.set(counts.kept);
    }

    pub(super) fn guest_time(&self, spent: Duration) {
        self.guest_micros.add(u64::try_from(spent.as_micros()).unwrap_or(u64::MAX));
    }
}
