//! A sink that writes at once or buffers, fails in every way, and asks its context for everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use airlock::pipeline::batch::{Access, Batch, Call, Section};
use airlock::pipeline::edges::{CallError, Sink, SinkRequest};
use airlock::record::{CommitOffset, Offset, TopicPartition};
use async_trait::async_trait;

use super::world::World;
use crate::fate::{Fate, check_conservation};

/// A row: partition, offset, copy.
type Row = (i32, i64, u32);

pub(super) struct FakeSink {
    world: Arc<World>,
    alive: bool,
    open: BTreeSet<i32>,
    /// Rows taken and not yet written, in order.
    buffer: Vec<Row>,
    paused: Option<i32>,
    requests: Vec<SinkRequest>,
    /// How many rows the instance was put, and how many before the last put.
    ran: usize,
    ran_before: usize,
}

impl FakeSink {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self {
            world,
            alive: false,
            open: BTreeSet::new(),
            buffer: Vec::new(),
            paused: None,
            requests: Vec::new(),
            ran: 0,
            ran_before: 0,
        }
    }

    fn check_alive(&self, call: &str) -> Result<(), CallError> {
        if self.alive { Ok(()) } else { Err(CallError::Fatal(format!("{call}: the guest is not running"))) }
    }

    /// Fails in one of the ways in which the instance is gone.
    fn die(&mut self, odds: usize) -> Result<(), CallError> {
        if !self.world.dice.fault(odds) {
            return Ok(());
        }
        self.alive = false;
        self.requests.clear();
        // No row's fault: an instance traps so only where it was put some before.
        match self.ran_before > 0 && self.world.dice.once_in(2) {
            true => Err(CallError::Trapped("unreachable".to_owned())),
            false => Err(CallError::TimedOut("too slow".to_owned())),
        }
    }

    /// The rows of a batch, and the positions of those to be rejected.
    fn rows(&self, batch: &mut Batch) -> (Vec<Row>, Vec<u32>) {
        let fates = self.world.fates_of(batch);
        let tombstones: BTreeSet<u32> = batch.tombstones().into_iter().collect();
        let (mut rows, mut rejected, mut copies) = (Vec::new(), Vec::new(), BTreeMap::new());
        let places = batch.original_partitions().into_iter().zip(batch.offsets());
        for (position, ((partition, offset), fate)) in (0..).zip(places.zip(fates)) {
            // Invariant 4.
            let is_tombstone = tombstones.contains(&position);
            let holds = is_tombstone == (fate == Fate::Tombstone);
            self.world.dice.check(holds, || format!("invariant 4: {partition}@{offset} ({fate:?}): {is_tombstone}"));
            self.world.dice.check(self.open.contains(&partition), || format!("{partition} was not opened"));
            match fate {
                Fate::RejectAtEnd => rejected.push(position),
                _ => {
                    let copy = copies.entry((partition, offset)).or_insert(0);
                    rows.push((partition, offset, *copy));
                    *copy += 1;
                }
            }
        }
        (rows, rejected)
    }

    /// Writes rows in order, until one is poison.
    fn write_all(&mut self, rows: Vec<Row>) -> Result<(), CallError> {
        for row in rows {
            if self.world.fate(row.0, row.1) == Fate::TrapAtEnd {
                self.world.dice.note(format!("  poison {row:?}"));
                self.alive = false;
                self.requests.clear();
                return Err(CallError::Trapped("poison".to_owned()));
            }
            self.write(row);
        }
        Ok(())
    }

    fn write(&mut self, row: Row) {
        self.world.dice.note(format!("  wrote {row:?}"));
        let (partition, offset, _) = row;
        if self.world.fate(partition, offset) == Fate::ReportLater {
            let (partition, offset) = (World::partition(partition), Offset(offset));
            self.requests.push(SinkRequest::Report { partition, offset, reason: "too late".to_owned() });
        } else {
            self.world.deliver(row);
        }
    }

    fn ask(&mut self) {
        if self.world.dice.fault(15) {
            self.requests.push(SinkRequest::Commit);
        }
        if let Some(partition) = self.paused {
            if self.world.dice.once_in(2) {
                self.requests.push(SinkRequest::Resume(vec![World::partition(partition)]));
                self.paused = None;
            }
        } else if let (true, Some(partition)) = (self.world.dice.fault(15), self.open.first()) {
            self.requests.push(SinkRequest::Pause(vec![World::partition(*partition)]));
            self.paused = Some(*partition);
        }
    }
}

#[async_trait]
impl Sink for FakeSink {
    async fn start(&mut self) -> Result<(), CallError> {
        self.alive = true;
        self.open.clear();
        self.buffer.clear();
        self.paused = None;
        self.requests.clear();
        (self.ran, self.ran_before) = (0, 0);
        self.world.dice.point("start").await;
        self.die(60)
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), CallError> {
        self.world.dice.check(self.alive, || "invariant 5: open of an instance that is gone".to_owned());
        self.world.dice.point("open").await;
        self.die(60)?;
        for partition in partitions {
            let new = self.open.insert(partition.partition);
            self.world.dice.check(new, || format!("{partition} was opened twice"));
        }
        Ok(())
    }

    async fn put(&mut self, mut batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        self.world.dice.check(self.alive, || "invariant 5: put to an instance that is gone".to_owned());
        check_conservation(&self.world.dice, batch.counts());
        self.world.dice.point("put").await;
        batch.open_call(Call { access: Access::Put, section, ..Call::default() }).unwrap();
        let (rows, rejected) = self.rows(&mut batch);
        self.ran_before = self.ran;
        self.world.dice.note(format!("  put {rows:?}"));
        if !rejected.is_empty() {
            batch.reject(&rejected, "rejected by its fate".to_owned()).unwrap();
        }
        let outcome = self.die(50);
        if outcome.is_err() || self.world.dice.fault(6) {
            if !self.world.buffers {
                // Some of it was written all the same. What it would report is lost with the call.
                let some = rows.iter().take(self.world.dice.below(rows.len() + 1));
                let fate = |row: &Row| self.world.fate(row.0, row.1);
                let good = some.take_while(|row| fate(row) != Fate::TrapAtEnd);
                good.filter(|row| fate(row) != Fate::ReportLater).for_each(|row| self.world.deliver(*row));
            }
            batch.abort_call();
            if self.world.dice.once_in(2) {
                self.requests.push(SinkRequest::Timeout(Duration::from_millis(self.world.dice.below(5000) as u64)));
            }
            return (batch, outcome.and(Err(CallError::Retriable("busy".to_owned()))));
        }
        self.ran += rows.len();
        if self.world.buffers {
            self.buffer.extend(rows);
        } else if let Err(trap) = self.write_all(rows) {
            batch.abort_call();
            return (batch, Err(trap));
        }
        batch.commit_call();
        self.ask();
        (batch, Ok(()))
    }

    async fn pre_commit(
        &mut self,
        offsets: &[(TopicPartition, CommitOffset)],
    ) -> Result<Vec<(TopicPartition, CommitOffset)>, CallError> {
        self.check_alive("pre-commit")?;
        self.world.dice.point("pre-commit").await;
        let flushed =
            if self.world.dice.has_faults() { self.world.dice.below(self.buffer.len() + 8) } else { usize::MAX };
        let rest = self.buffer.split_off(flushed.min(self.buffer.len()));
        let written = std::mem::replace(&mut self.buffer, rest);
        self.write_all(written)?;
        self.die(40)?;
        if self.world.dice.fault(20) {
            // It need not keep what it could not flush: all that isn't committed comes again.
            self.buffer.clear();
            return Err(CallError::Retriable("can't flush".to_owned()));
        }
        let first_left = |partition: i32| self.buffer.iter().find(|row| row.0 == partition).map(|row| row.1);
        let mut answer = Vec::new();
        for (partition, offset) in offsets {
            let held = first_left(partition.partition).map_or(offset.0, |left| left.min(offset.0));
            if !self.world.dice.fault(6) {
                answer.push((partition.clone(), CommitOffset(held)));
            }
        }
        if self.world.dice.fault(10) {
            answer.push((World::partition(0), CommitOffset(10_000)));
        }
        Ok(answer)
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), CallError> {
        self.check_alive("close")?;
        self.world.dice.point("close").await;
        for partition in partitions {
            let was = self.open.remove(&partition.partition);
            self.world.dice.check(was, || format!("{partition} was closed and not open"));
            self.buffer.retain(|row| row.0 != partition.partition);
        }
        self.die(60)
    }

    async fn stop(&mut self) {
        self.world.dice.point("stop").await;
        self.alive = false;
    }

    fn take_requests(&mut self) -> Vec<SinkRequest> {
        std::mem::take(&mut self.requests)
    }

    fn cpu_used(&self) -> Duration {
        Duration::ZERO
    }
}
