//! Finding the rows that a sink traps on. A sink may have buffered, so a trap may be due to any row that is
//! not committed: all come again, to a fresh instance. While one of them is suspected each batch is flushed as
//! soon as it was put, and where the sink traps again, put again in halves.

use std::collections::BTreeMap;
use std::ops::Range;

use tokio::time::Instant;

use super::SinkTask;
use super::put::Ticks;
use crate::pipeline::batch::{Batch, Rejection};
use crate::pipeline::chain::{Hand, overspent};
use crate::pipeline::edges::CallError;
use crate::pipeline::failure::Stop;
use crate::pipeline::isolation::{FirstTrap, Isolation, Verdict};
use crate::pipeline::offsets::PositionList;
use crate::pipeline::rejections::CONNECT_EXCEPTION;
use crate::pipeline::tolerance::Attempts;
use crate::record::{CommitOffset, Offset, Stage, TopicPartition};

/// What may be at fault after a trap.
#[derive(Debug)]
pub(super) struct Suspicion {
    /// Rows before these positions, until they are committed.
    ends: BTreeMap<TopicPartition, CommitOffset>,
    /// The trap.
    error: CallError,
    /// The records that were in hand then, for people.
    records: String,
    /// Whether a row was found to blame.
    explained: bool,
}

/// How a put with its flush ended.
enum Pushed {
    /// The sink has the rows.
    Done(Kept),
    /// Put them again.
    Again,
    /// The instance is gone, and the rows may be to blame.
    Trapped(CallError),
    /// The batch was given up.
    GivenUp,
}

/// What a flush left of the rows that were put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    /// Nothing: the instance may go.
    Nothing,
    /// The sink holds some back, and they would be lost with it.
    Some,
}

/// The puts of one batch.
struct Puts {
    isolation: Isolation,
    attempts: Attempts,
    /// What the instance would take along: before the batch, and now.
    kept_before: Kept,
    kept: Kept,
}

impl SinkTask {
    /// After a trap, all rows that aren't committed are suspected. A trap that comes while there is a suspicion
    /// and finds no rows in hand can't be laid to any.
    pub(super) fn suspect(&mut self, error: &CallError) -> Result<(), Stop> {
        if !matches!(error, CallError::Trapped(_)) {
            return Ok(());
        }
        let (ends, records) = (self.offsets.uncommitted_ends(), self.in_hand());
        match &mut self.suspicion {
            None if ends.is_empty() => self.count_unexplained(error, records),
            None => {
                let ends = ends.into_iter().collect();
                self.suspicion = Some(Suspicion { ends, error: error.clone(), records, explained: false });
                Ok(())
            }
            Some(suspicion) => {
                suspicion.ends.extend(ends);
                self.count_unexplained(error, records)
            }
        }
    }

    /// Everything suspected may have been committed by now.
    pub(super) fn end_suspicion(&mut self) -> Result<(), Stop> {
        let over = |suspicion: &mut Suspicion| self.offsets.has_committed(&suspicion.ends);
        match self.suspicion.take_if(over) {
            Some(Suspicion { error, records, explained: false, .. }) => self.count_unexplained(&error, records),
            _ => Ok(()),
        }
    }

    /// Delivers a batch, in parts where the sink traps, and flushes each part. None: the batch was given up.
    pub(super) async fn deliver_with_suspicion(&mut self, mut batch: Batch) -> Result<Option<Batch>, Stop> {
        // Nothing is flushed behind a row that is not reported yet.
        self.rejections.report(&mut batch, &mut self.policy, &self.metrics).await?;
        let kept = if self.offsets.is_all_committed() { Kept::Nothing } else { Kept::Some };
        let mut puts = Puts {
            isolation: Isolation::new(batch.live_rows(), FirstTrap::Halves, self.settings.isolation),
            attempts: self.policy.endless_attempts(),
            kept_before: kept,
            kept,
        };
        while let Some(section) = puts.isolation.section() {
            let pushed;
            (batch, pushed) = self.push(batch, section, &mut puts).await?;
            match pushed {
                Pushed::Done(kept) => {
                    puts.kept = puts.kept_before.max(kept);
                    puts.isolation.passed(|section| between_records(&batch, section));
                    puts.attempts = self.policy.endless_attempts();
                }
                Pushed::Again => {}
                Pushed::Trapped(error) if puts.kept == Kept::Nothing => {
                    self.blame(error, &mut batch, &mut puts).await?
                }
                Pushed::Trapped(error) => {
                    self.restart_sink(error).await?;
                    return Ok(None);
                }
                Pushed::GivenUp => return Ok(None),
            }
            if self.between_puts(&batch, &puts).await? == Hand::GivenUp {
                return Ok(None);
            }
        }
        if let Some(error) = puts.isolation.unexplained() {
            self.count_unexplained(&error, self.in_hand())?;
        }
        Ok(Some(batch))
    }

    /// Does what is due before the next put, if there is one.
    async fn between_puts(&mut self, batch: &Batch, puts: &Puts) -> Result<Hand, Stop> {
        let Some(section) = puts.isolation.section() else { return Ok(Hand::Kept) };
        overspent(&puts.isolation, (batch, section), |_| self.settings.names.connector.clone())?;
        self.wait_with_rows(Instant::now(), Ticks::Off).await
    }

    /// Puts a section and flushes it.
    async fn push(&mut self, batch: Batch, section: Range<u32>, puts: &mut Puts) -> Result<(Batch, Pushed), Stop> {
        let (before, start) = (batch.live_rows(), section.start);
        let (mut batch, result) = self.put(batch, Some(section)).await;
        puts.isolation.called(self.sink.cpu_used());
        let pushed = match result {
            Ok(()) => {
                puts.isolation.resized(before, batch.live_rows());
                // Nothing is flushed behind a row that is not reported yet.
                self.rejections.report(&mut batch, &mut self.policy, &self.metrics).await?;
                let end = puts.isolation.section().map_or(start, |section| section.end);
                self.flush_rows(&batch, end).await?
            }
            Err(error @ CallError::Retriable(_)) => {
                puts.isolation.used();
                match self.put_later(&error, &mut puts.attempts).await? {
                    Hand::Kept => Pushed::Again,
                    Hand::GivenUp => Pushed::GivenUp,
                }
            }
            Err(error @ CallError::Trapped(_)) => Pushed::Trapped(error),
            Err(error @ CallError::TimedOut(_)) => {
                self.restart_sink(error).await?;
                Pushed::GivenUp
            }
            Err(error) => return Err(self.failed(error)),
        };
        Ok((batch, pushed))
    }

    /// Lets the sink write what it has, and asks what it holds back. Nothing is committed yet.
    async fn flush_rows(&mut self, batch: &Batch, end: u32) -> Result<Pushed, Stop> {
        let mut asked = positions_before(batch, end);
        asked.retain(|(partition, _)| self.offsets.has(partition));
        let answered = self.sink.pre_commit(&asked).await;
        self.requests.note(self.sink.take_requests());
        match answered {
            Ok(answered) => {
                self.obey_reports().await?;
                let lets_go = |(partition, end): &(TopicPartition, CommitOffset)| {
                    let own = answered.iter().filter(|(other, offset)| other == partition && offset <= end);
                    own.map(|(_, offset)| offset).min() == Some(end)
                };
                Ok(Pushed::Done(if asked.iter().all(lets_go) { Kept::Nothing } else { Kept::Some }))
            }
            Err(error @ CallError::Trapped(_)) => Ok(Pushed::Trapped(error)),
            Err(error @ CallError::TimedOut(_)) => {
                self.restart_sink(error).await?;
                Ok(Pushed::GivenUp)
            }
            Err(error @ CallError::Retriable(_)) => {
                self.flush_failed(&error).await?;
                Ok(Pushed::GivenUp)
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Makes a fresh instance after a trap, and rejects the rows that were alone in it.
    async fn blame(&mut self, error: CallError, batch: &mut Batch, puts: &mut Puts) -> Result<(), Stop> {
        let reason = error.to_string();
        let verdict = puts.isolation.trapped(error.clone(), |section| between_records(batch, section));
        if let Verdict::Guilty(rows) = verdict {
            self.suspicion.iter_mut().for_each(|suspicion| suspicion.explained = true);
            let rejection = Rejection { stage: Stage::TaskPut, step: None, reason, exception: CONNECT_EXCEPTION };
            self.metrics.records_isolated.add(rows.len() as u64);
            batch.reject_live(&rows.collect::<Vec<_>>(), rejection);
            // Without tolerance the task ends here: what follows must not be delivered without this row.
            self.rejections.report(batch, &mut self.policy, &self.metrics).await?;
        }
        self.metrics.retries.add(1);
        self.renew_sink(error).await?;
        self.unpause_forgotten().await
    }
}

/// Cuts a section near its middle, where the rows of one record end: a part of a record can't be committed, so
/// it would be lost with the next instance.
fn between_records(batch: &Batch, section: Range<u32>) -> Option<u32> {
    let origins: Vec<u32> = batch.live_origins().skip(section.start as usize).take(section.len()).collect();
    let starts = origins.iter().zip(origins.iter().skip(1)).zip(1_usize..).filter(|((last, next), _)| last != next);
    let middle = origins.len().div_ceil(2);
    let at = starts.map(|(_, at)| at).min_by_key(|at| at.abs_diff(middle))?;
    Some(section.start + u32::try_from(at).ok()?)
}

/// Returns the positions that the records of a batch reach without any live row from `end` on; partitions that
/// reach none are left out.
fn positions_before(batch: &Batch, end: u32) -> PositionList {
    let records = batch.origins();
    let mut waiting = vec![false; records.len()];
    for origin in batch.live_origins().skip(end as usize) {
        if let Some(waits) = waiting.get_mut(origin as usize) {
            *waits = true;
        }
    }
    let mut positions: BTreeMap<TopicPartition, (Option<CommitOffset>, bool)> = BTreeMap::new();
    for (record, waits) in records.iter().zip(waiting) {
        let (position, closed) = positions.entry(TopicPartition::new(record.topic, record.partition)).or_default();
        *closed |= waits;
        if !*closed {
            *position = Some(Offset(record.offset).next());
        }
    }
    positions.into_iter().filter_map(|(partition, (position, _))| Some((partition, position?))).collect()
}
