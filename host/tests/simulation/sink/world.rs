//! What outlives a crash: Kafka's partitions, committed offsets and dead letters, and the sink's system. It
//! checks every change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use airlock::pipeline::batch::{Batch, NewRow};
use airlock::pipeline::edges::Outgoing;
use airlock::record::TopicPartition;

use crate::dice::Dice;
use crate::fate::Fate;

pub(crate) const TOPIC: &str = "t";

/// The world of a sink task.
pub(crate) struct World {
    pub(crate) dice: Arc<Dice>,
    /// Whether there are records that are rejected; the task tolerates them then.
    pub(crate) rejects: bool,
    /// Whether the sink buffers, and writes when it is flushed.
    pub(crate) buffers: bool,
    /// Each partition's records by offset; offsets have gaps.
    records: Vec<BTreeMap<i64, Fate>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    committed: BTreeMap<i32, i64>,
    /// Rows that the sink's system has: partition, offset, copy.
    delivered: BTreeSet<(i32, i64, u32)>,
    dead: BTreeSet<(i32, i64)>,
    /// Partitions of the task in this life, and where it reads.
    own: BTreeMap<i32, i64>,
}

impl World {
    pub(crate) fn new(dice: Arc<Dice>) -> Self {
        let rejects = !dice.once_in(4);
        let buffers = dice.once_in(2);
        let mut records = Vec::new();
        for _ in 0..1 + dice.below(3) {
            let mut offset = 0;
            let mut partition = BTreeMap::new();
            for _ in 0..dice.below(60) {
                offset += if dice.once_in(5) { 1 + dice.below(3) as i64 } else { 1 };
                partition.insert(offset, Fate::draw(&dice, rejects));
            }
            records.push(partition);
        }
        Self { dice, rejects, buffers, records, state: Mutex::default() }
    }

    /// Nobody has any partition.
    pub(crate) fn begin_life(&self) {
        self.state.lock().unwrap().own.clear();
    }

    pub(crate) fn partition(number: i32) -> TopicPartition {
        TopicPartition::new(TOPIC, number)
    }

    pub(crate) fn fate(&self, partition: i32, offset: i64) -> Fate {
        self.records[partition as usize][&offset]
    }

    pub(crate) fn fates_of(&self, batch: &mut Batch) -> Vec<Fate> {
        let partitions = batch.original_partitions();
        partitions.into_iter().zip(batch.offsets()).map(|(partition, offset)| self.fate(partition, offset)).collect()
    }

    // The consumer's side.

    pub(crate) fn free(&self) -> Vec<i32> {
        let state = self.state.lock().unwrap();
        (0..self.records.len() as i32).filter(|partition| !state.own.contains_key(partition)).collect()
    }

    pub(crate) fn own(&self) -> Vec<i32> {
        self.state.lock().unwrap().own.keys().copied().collect()
    }

    /// Gives a partition to the task, at its committed position.
    pub(crate) fn assign(&self, partition: i32) {
        let mut state = self.state.lock().unwrap();
        let position = state.committed.get(&partition).copied().unwrap_or(0);
        state.own.insert(partition, position);
    }

    /// Takes a partition away. Another member may read some of it meanwhile.
    pub(crate) fn take(&self, partition: i32) {
        self.state.lock().unwrap().own.remove(&partition);
        if self.dice.once_in(2) {
            let start = self.state.lock().unwrap().committed.get(&partition).copied().unwrap_or(0);
            let records = self.records[partition as usize].range(start..).take(self.dice.below(6));
            for (offset, fate) in records {
                (0..fate.copies()).for_each(|copy| self.deliver((partition, *offset, copy)));
                let mut state = self.state.lock().unwrap();
                if fate.is_rejected() {
                    state.dead.insert((partition, *offset));
                }
                state.committed.insert(partition, offset + 1);
            }
        }
    }

    pub(crate) fn seek(&self, partition: i32, position: i64) {
        self.dice.note(format!("  sought {partition}@{position}"));
        if let Some(own) = self.state.lock().unwrap().own.get_mut(&partition) {
            *own = position;
        }
    }

    /// Reads up to `count` records of a partition into a batch.
    pub(crate) fn read(&self, partition: i32, count: usize, batch: &mut Batch) -> usize {
        let mut state = self.state.lock().unwrap();
        let Some(position) = state.own.get_mut(&partition) else { return 0 };
        let records: Vec<i64> =
            self.records[partition as usize].range(*position..).take(count).map(|(offset, _)| *offset).collect();
        self.dice.note(format!("  read {partition}: {records:?}"));
        for offset in &records {
            self.push(partition, *offset, batch);
            *position = offset + 1;
        }
        records.len()
    }

    pub(crate) fn push(&self, partition: i32, offset: i64, batch: &mut Batch) {
        let (key, value) = (key(partition, offset), self.value(partition, offset));
        let headers: [(&str, Option<&[u8]>); 1] = [("h", None)];
        batch.push(NewRow {
            topic: TOPIC,
            partition,
            offset,
            timestamp: offset,
            key: Some(key.as_bytes()),
            value: value.as_deref().map(str::as_bytes),
            headers: &headers,
        });
    }

    fn value(&self, partition: i32, offset: i64) -> Option<String> {
        match self.fate(partition, offset) {
            Fate::Tombstone => None,
            Fate::Malformed => Some(format!("{{\"o\":{offset}")),
            _ => Some(format!("{{\"o\":{offset}}}")),
        }
    }

    /// Commits a position, after a look at everything below it.
    pub(crate) fn commit(&self, partition: i32, position: i64) {
        let mut state = self.state.lock().unwrap();
        let own = state.own.get(&partition).copied();
        self.dice.check(own.is_some(), || format!("committed {partition}@{position}, which is another member's"));
        self.dice.check(own.is_some_and(|own| position <= own), || format!("committed unread {partition}@{position}"));
        let unsettled = self.records[partition as usize].range(..position).find(|(offset, fate)| {
            let copies = 0..fate.copies();
            let delivered = copies.into_iter().all(|copy| state.delivered.contains(&(partition, **offset, copy)));
            !delivered || fate.is_rejected() && !state.dead.contains(&(partition, **offset))
        });
        self.dice.check(unsettled.is_none(), || {
            format!("invariant 1: committed {partition}@{position}, and {unsettled:?} is not settled")
        });
        self.dice.note(format!("  committed {partition}@{position}"));
        state.committed.insert(partition, position);
    }

    // The sink's side.

    /// Writes a row to the sink's system.
    pub(crate) fn deliver(&self, (partition, offset, copy): (i32, i64, u32)) {
        let mut state = self.state.lock().unwrap();
        let expected = self.fate(partition, offset).copies() > copy;
        self.dice.check(expected, || format!("delivered {partition}@{offset} copy {copy}, against its fate"));
        if state.delivered.insert((partition, offset, copy)) {
            let missing = self.records[partition as usize]
                .range(..offset)
                .find(|(earlier, fate)| fate.copies() > 0 && !state.delivered.contains(&(partition, **earlier, 0)));
            self.dice
                .check(missing.is_none(), || format!("invariant 2: delivered {partition}@{offset} before {missing:?}"));
        }
    }

    /// Writes a dead letter.
    pub(crate) fn dead_letter(&self, record: &Outgoing) {
        let key = String::from_utf8(record.key.clone().unwrap()).unwrap();
        let (partition, offset) = key.split_once('@').unwrap();
        let (partition, offset): (i32, i64) = (partition.parse().unwrap(), offset.parse().unwrap());
        let original = self.value(partition, offset).map(String::into_bytes);
        self.dice.check(record.value == original, || format!("the dead letter of {key} has another value"));
        self.dice.check(record.timestamp == Some(offset), || format!("the dead letter of {key} has another time"));
        let rejected = self.fate(partition, offset).is_rejected();
        self.dice.check(rejected, || format!("{key} became a dead letter, against its fate"));
        let header =
            |name: &str| record.headers.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.clone());
        let found = header("__connect.errors.offset");
        self.dice.check(found == Some(offset.to_string().into_bytes()), || format!("the header of {key}: {found:?}"));
        self.state.lock().unwrap().dead.insert((partition, offset));
    }

    // The end.

    pub(crate) fn is_all_committed(&self) -> bool {
        let state = self.state.lock().unwrap();
        (0..).zip(&self.records).all(|(partition, records)| {
            let end = records.keys().last().map_or(0, |last| last + 1);
            state.committed.get(&partition).copied().unwrap_or(0) >= end
        })
    }

    /// Invariant 7: everything went where its fate said.
    pub(crate) fn check_all_settled(&self) {
        let state = self.state.lock().unwrap();
        for (partition, records) in (0..).zip(&self.records) {
            for (offset, fate) in records {
                let all = (0..fate.copies()).all(|copy| state.delivered.contains(&(partition, *offset, copy)));
                self.dice.check(all, || format!("invariant 7: {partition}@{offset} ({fate:?}) was not delivered"));
                let dead = state.dead.contains(&(partition, *offset));
                self.dice.check(dead == fate.is_rejected(), || {
                    format!("invariant 7: {partition}@{offset} ({fate:?}): dead letter is {dead}")
                });
            }
        }
    }
}

fn key(partition: i32, offset: i64) -> String {
    format!("{partition}@{offset}")
}
