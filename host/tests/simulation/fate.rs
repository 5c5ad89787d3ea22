//! What shall become of each record.

use std::sync::Arc;
use std::time::Duration;

use airlock::pipeline::batch::{Batch, Call, Counts, Section};
use airlock::pipeline::edges::{CallError, Transform};
use async_trait::async_trait;

use crate::dice::Dice;

/// The fate of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is delivered.
    Keep,
    /// It has no value, and is delivered so.
    Tombstone,
    /// A transform takes it out.
    Discard,
    /// Its value is no JSON.
    Malformed,
    /// A transform rejects it.
    RejectInChain,
    /// The sink rejects it, or the broker refuses it.
    RejectAtEnd,
    /// The sink takes it and reports it later.
    ReportLater,
    /// A transform traps on it.
    TrapInChain,
    /// The sink traps on it when it writes it.
    TrapAtEnd,
    /// A transform makes copies of it.
    Expand(u32),
}

impl Fate {
    /// Draws a fate. Without rejects, all are such as a task without tolerance survives.
    pub(crate) fn draw(dice: &Dice, rejects: bool) -> Fate {
        match dice.below(18) {
            0 => Fate::Tombstone,
            1 | 2 => Fate::Discard,
            3 => Fate::Expand(2),
            4 => Fate::Expand(3),
            5 if rejects => Fate::Malformed,
            6 if rejects => Fate::RejectInChain,
            7 if rejects => Fate::RejectAtEnd,
            8 if rejects => Fate::ReportLater,
            9 if rejects && dice.once_in(3) => Fate::TrapInChain,
            10 if rejects && dice.once_in(3) => Fate::TrapAtEnd,
            _ => Fate::Keep,
        }
    }

    /// How many rows arrive.
    pub(crate) fn copies(self) -> u32 {
        match self {
            Fate::Keep | Fate::Tombstone => 1,
            Fate::Expand(copies) => copies,
            _ => 0,
        }
    }

    /// Whether it is rejected.
    pub(crate) fn is_rejected(self) -> bool {
        !matches!(self, Fate::Keep | Fate::Tombstone | Fate::Discard | Fate::Expand(_))
    }
}

/// Finds the fates of the rows that the current step sees.
type FatesOf = Box<dyn Fn(&mut Batch) -> Vec<Fate> + Send + Sync>;

/// A transform that knows each record's fate by its partition and number.
pub(crate) struct FateTransform {
    pub(crate) dice: Arc<Dice>,
    pub(crate) step: u32,
    /// Returns the fates of the rows that the current step sees.
    pub(crate) fates: FatesOf,
    /// How many rows the instance has run.
    pub(crate) ran: usize,
}

impl FateTransform {
    /// Fails in one of the ways that are no row's fault: an instance traps so only after it has run some.
    fn fail(&mut self) -> Option<CallError> {
        match self.dice.below(60) {
            _ if !self.dice.has_faults() => None,
            0 => Some(CallError::Retriable("not now".to_owned())),
            1 => Some(CallError::TimedOut("too slow".to_owned())),
            2 | 3 if self.ran > 0 => Some(CallError::Trapped("unreachable".to_owned())),
            _ => None,
        }
    }
}

#[async_trait]
impl Transform for FateTransform {
    async fn apply(&mut self, mut batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        self.dice.point("transform").await;
        batch.open_call(Call { first_step: self.step, section, ..Call::default() }).unwrap();
        let fates = (self.fates)(&mut batch);
        let rows = |wanted: Fate| -> Vec<u32> {
            (0..).zip(&fates).filter(|(_, fate)| **fate == wanted).map(|(row, _)| row).collect()
        };
        if self.step == 0 {
            batch.reject(&rows(Fate::RejectInChain), "rejected by its fate".to_owned()).unwrap();
            batch.discard(&rows(Fate::Discard)).unwrap();
        } else if fates.iter().any(|fate| matches!(fate, Fate::Expand(_))) {
            let copies = |(row, fate): (u32, &Fate)| vec![row; fate.copies().max(1) as usize];
            let origins: Vec<u32> = (0..).zip(&fates).flat_map(copies).collect();
            batch.expand(&origins).unwrap();
        }
        let poison = self.step == 0 && fates.contains(&Fate::TrapInChain);
        let error = if poison { Some(CallError::Trapped("poison".to_owned())) } else { self.fail() };
        let Some(error) = error else {
            self.ran += fates.len();
            batch.commit_call();
            return (batch, Ok(()));
        };
        if !matches!(error, CallError::Retriable(_)) {
            self.ran = 0;
        }
        self.dice.note(format!("  step {} of {} rows: {error}", self.step, fates.len()));
        batch.abort_call();
        (batch, Err(error))
    }

    fn describe(&self, _: Option<u32>) -> String {
        format!("fate {}", self.step)
    }

    fn cpu_used(&self) -> Duration {
        Duration::ZERO
    }
}

/// Invariant 3.
pub(crate) fn check_conservation(dice: &Dice, counts: Counts) {
    let (into, out) = (counts.consumed + counts.expanded, counts.kept + counts.discarded + counts.rejected);
    dice.check(into == out, || format!("invariant 3: {into} rows in, {out} out: {counts:?}"));
}
