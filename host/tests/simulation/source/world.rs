//! What outlives a crash: the source's rows, Kafka's log, the stored offsets. It checks every change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use airlock::pipeline::batch::{Batch, Form};
use airlock::pipeline::edges::{Outgoing, SourcePosition};
use airlock::record::Part;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::fate::Fate;

/// The world of a source task.
pub(crate) struct World {
    pub(crate) dice: Arc<Dice>,
    /// Whether there are rows that are rejected; the task tolerates them then.
    pub(crate) rejects: bool,
    /// Each source partition's rows by number.
    rows: Vec<Vec<Fate>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many times each row is in Kafka's log: partition, row.
    log: BTreeMap<(usize, usize), u32>,
    /// The rows that are in the dead letter topic: partition, row.
    letters: BTreeSet<(usize, usize)>,
    /// Stops the task of this life.
    shutdown: CancellationToken,
    /// The stored offset of each partition: the next row to read.
    stored: BTreeMap<usize, usize>,
}

impl World {
    pub(crate) fn new(dice: Arc<Dice>) -> Self {
        let rejects = !dice.once_in(4);
        let partitions = 1 + dice.below(3);
        let row = |_| match Fate::draw(&dice, rejects) {
            // A source has no malformed bytes, and nobody to report later.
            Fate::Malformed | Fate::ReportLater | Fate::TrapAtEnd => Fate::RejectAtEnd,
            fate => fate,
        };
        let rows = (0..partitions).map(|_| (0..dice.below(60)).map(row).collect()).collect();
        Self { dice, rejects, rows, state: Mutex::default() }
    }

    pub(crate) fn begin_life(&self, shutdown: &CancellationToken) {
        self.state.lock().unwrap().shutdown = shutdown.clone();
    }

    /// Asks the task of this life to stop.
    pub(crate) fn stop_task(&self) {
        self.state.lock().unwrap().shutdown.cancel();
    }

    pub(crate) fn partitions(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn rows(&self, partition: usize) -> usize {
        self.rows[partition].len()
    }

    pub(crate) fn fate(&self, partition: usize, row: usize) -> Fate {
        self.rows[partition][row]
    }

    pub(crate) fn fates_of(&self, batch: &mut Batch) -> Vec<Fate> {
        let keys = batch.read(Part::Key, Form::Raw).unwrap();
        let mut data = keys.data.as_slice();
        let take = |length: &i32| {
            let (key, rest) = data.split_at(*length as usize);
            data = rest;
            let (partition, row) = parse_key(key);
            self.fate(partition, row)
        };
        keys.lengths.iter().map(take).collect()
    }

    pub(crate) fn value(&self, partition: usize, row: usize) -> Option<String> {
        (self.fate(partition, row) != Fate::Tombstone).then(|| format!("{{\"row\":{row}}}"))
    }

    // Kafka's side.

    /// Whether the broker takes a record.
    pub(crate) fn takes(&self, record: &Outgoing) -> bool {
        let (partition, row) = parse_key(record.key.as_ref().unwrap());
        self.fate(partition, row) != Fate::RejectAtEnd
    }

    /// Writes a record to the log.
    pub(crate) fn write(&self, record: &Outgoing) {
        let (partition, row) = parse_key(record.key.as_ref().unwrap());
        let fate = self.fate(partition, row);
        self.dice.check(fate.copies() > 0, || format!("wrote {partition}@{row} ({fate:?})"));
        let value = self.value(partition, row).map(String::into_bytes);
        self.dice
            .check(record.value == value, || format!("invariant 4: wrote {partition}@{row} as {:?}", record.value));
        let mut state = self.state.lock().unwrap();
        if !state.log.contains_key(&(partition, row)) {
            let missing = (0..row)
                .find(|row| self.fate(partition, *row).copies() > 0 && !state.log.contains_key(&(partition, *row)));
            self.dice.check(missing.is_none(), || format!("invariant 2: wrote {partition}@{row} before {missing:?}"));
        }
        *state.log.entry((partition, row)).or_insert(0) += 1;
    }

    /// Writes a dead letter.
    pub(crate) fn dead_letter(&self, letter: &Outgoing) {
        let (partition, row) = parse_key(letter.key.as_ref().unwrap());
        let fate = self.fate(partition, row);
        self.dice.check(fate.is_rejected(), || format!("a dead letter of {partition}@{row} ({fate:?})"));
        let value = self.value(partition, row).map(String::into_bytes);
        self.dice.check(letter.value == value, || format!("a dead letter of {partition}@{row}: {:?}", letter.value));
        let header =
            |name: &str| letter.headers.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.clone());
        let offset = Some(format!("{{\"next\":{}}}", row + 1).into_bytes());
        let told = header("__airlock.errors.source.offset");
        self.dice.check(told == offset, || format!("a dead letter of {partition}@{row} says {told:?}"));
        self.state.lock().unwrap().letters.insert((partition, row));
    }

    // The store's side.

    pub(crate) fn stored(&self, partition: usize) -> usize {
        self.state.lock().unwrap().stored.get(&partition).copied().unwrap_or(0)
    }

    /// Stores an offset, after a look at every row below it.
    pub(crate) fn store(&self, position: &SourcePosition) {
        let partition: Value = serde_json::from_str(&position.partition).unwrap();
        let Some(partition) = partition["p"].as_u64() else { return };
        let offset: Value = serde_json::from_str(position.offset.as_ref().unwrap()).unwrap();
        let (partition, next) = (partition as usize, offset["next"].as_u64().unwrap() as usize);
        let mut state = self.state.lock().unwrap();
        let missing = (0..next)
            .find(|row| state.log.get(&(partition, *row)).copied().unwrap_or(0) < self.fate(partition, *row).copies());
        self.dice.check(missing.is_none(), || {
            format!("invariant 1: stored {partition}@{next}, and row {missing:?} is not in the log")
        });
        let silent = (0..next)
            .find(|row| self.fate(partition, *row).is_rejected() && !state.letters.contains(&(partition, *row)));
        self.dice.check(silent.is_none(), || {
            format!("invariant 1: stored {partition}@{next}, and row {silent:?} is no dead letter")
        });
        self.dice.note(format!("  stored {partition}@{next}"));
        state.stored.insert(partition, next);
    }

    // The end.

    pub(crate) fn is_all_stored(&self) -> bool {
        (0..self.partitions()).all(|partition| self.stored(partition) == self.rows(partition))
    }

    /// Invariant 7.
    pub(crate) fn check_all_written(&self) {
        let state = self.state.lock().unwrap();
        for (partition, rows) in self.rows.iter().enumerate() {
            for (row, fate) in rows.iter().enumerate() {
                let written = state.log.get(&(partition, row)).copied().unwrap_or(0);
                self.dice.check(written >= fate.copies(), || {
                    format!("invariant 7: {partition}@{row} ({fate:?}) was written {written} times")
                });
                let is_letter = state.letters.contains(&(partition, row));
                self.dice.check(is_letter == fate.is_rejected(), || {
                    format!("invariant 7: {partition}@{row} ({fate:?}) is a dead letter: {is_letter}")
                });
            }
        }
    }
}

pub(crate) fn key(partition: usize, row: usize) -> String {
    format!("{partition}@{row}")
}

fn parse_key(key: &[u8]) -> (usize, usize) {
    let (partition, row) = std::str::from_utf8(key).unwrap().split_once('@').unwrap();
    (partition.parse().unwrap(), row.parse().unwrap())
}
