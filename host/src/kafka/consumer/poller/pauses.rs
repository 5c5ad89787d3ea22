//! Which partitions are paused: those that the task wants paused, and all of them while its budget stays
//! used up. That only after a while: librdkafka throws away what it has fetched when it pauses.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use tracing::warn;

use super::{Client, TopicPartition};
use crate::kafka::consumer::lists::{from_list, to_partitions};

const PATIENCE: Duration = Duration::from_secs(5);

/// The thread's pauses.
#[derive(Default)]
pub(super) struct Pauses {
    wanted: BTreeSet<TopicPartition>,
    at_librdkafka: BTreeSet<TopicPartition>,
    full_since: Option<Instant>,
}

impl Pauses {
    /// The task wants these partitions paused.
    pub(super) fn pause(&mut self, client: &Client, partitions: Vec<TopicPartition>) {
        self.wanted.extend(partitions);
        self.apply(client);
    }

    /// The task no longer wants these partitions paused.
    pub(super) fn resume(&mut self, client: &Client, partitions: &[TopicPartition]) {
        self.wanted.retain(|partition| !partitions.contains(partition));
        self.apply(client);
    }

    /// There is no room. Returns whether everything is paused, so that librdkafka may be polled.
    pub(super) fn no_room(&mut self, client: &Client) -> bool {
        self.full_since.get_or_insert_with(Instant::now);
        if self.is_throttling() {
            self.apply(client);
        }
        self.is_throttling()
    }

    /// There is room again.
    pub(super) fn room(&mut self, client: &Client) {
        let throttling = self.is_throttling();
        self.full_since = None;
        if throttling {
            self.apply(client);
        }
    }

    /// These partitions are about to go. librdkafka would remember that they are paused.
    pub(super) fn forget(&mut self, client: &Client, partitions: &[TopicPartition]) {
        self.wanted.retain(|partition| !partitions.contains(partition));
        let paused: Vec<_> = partitions.iter().filter(|partition| self.at_librdkafka.remove(partition)).collect();
        resume(client, paused);
    }

    fn is_throttling(&self) -> bool {
        self.full_since.is_some_and(|since| since.elapsed() >= PATIENCE)
    }

    fn apply(&mut self, client: &Client) {
        let assigned = client.assignment().map(|list| from_list(&list)).unwrap_or_default();
        let throttling = self.is_throttling();
        let due: BTreeSet<_> = assigned.into_iter().filter(|one| throttling || self.wanted.contains(one)).collect();
        let pause: Vec<_> = due.difference(&self.at_librdkafka).collect();
        if !pause.is_empty()
            && let Err(error) = client.pause(&to_partitions(pause))
        {
            warn!(%error, "pausing partitions");
        }
        resume(client, self.at_librdkafka.difference(&due).collect());
        self.at_librdkafka = due;
    }
}

fn resume(client: &Client, partitions: Vec<&TopicPartition>) {
    if !partitions.is_empty()
        && let Err(error) = client.resume(&to_partitions(partitions))
    {
        warn!(%error, "resuming partitions");
    }
}
