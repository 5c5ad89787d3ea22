//! The chain: steps in order, grouped into runs that are one call each. Retries a run as the `errors.*` keys
//! say, and isolates the rows that a run traps on. A predicate of another component is hidden behind
//! [`Transform`].

use std::ops::Range;

use async_trait::async_trait;
use tokio::time::Instant;
use tracing::warn;

use super::batch::{Batch, Rejection};
use super::edges::{CallError, Transform};
use super::failure::{Stop, TaskError};
use super::isolation::{FirstTrap, Isolation, IsolationBudget, Verdict, middle};
use super::metrics::TaskMetrics;
use super::rejections::{CONNECT_EXCEPTION, span};
use super::tolerance::{Attempts, ErrorPolicy, Traps};
use crate::record::Stage;

/// The transforms of a task.
#[derive(Default)]
pub struct Chain {
    runs: Vec<Box<dyn Transform>>,
    traps: Traps,
}

/// The task that a chain belongs to.
#[async_trait]
pub(super) trait Caller: Send {
    /// Returns how the task treats errors.
    fn policy(&mut self) -> &mut ErrorPolicy;

    /// Returns what the task counts.
    fn metrics(&self) -> &TaskMetrics;

    /// Returns what isolation may use.
    fn budget(&self) -> IsolationBudget;

    /// Does what is due besides the batch in hand, and until then: ticks, commits, rebalances.
    async fn meanwhile(&mut self, until: Instant) -> Result<Hand, Stop>;
}

/// What becomes of the batch in hand after a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    /// It goes on.
    Kept,
    /// Its records come again, or belong to another task.
    GivenUp,
}

impl Chain {
    /// Makes a chain of runs of steps, in order.
    pub fn new(runs: Vec<Box<dyn Transform>>) -> Self {
        Self { runs, traps: Traps::default() }
    }

    /// Runs all steps over the batch. None: it was given up during a wait.
    pub(super) async fn apply(&mut self, mut batch: Batch, caller: &mut dyn Caller) -> Result<Option<Batch>, Stop> {
        for run in &mut self.runs {
            if batch.live_rows() == 0 {
                break;
            }
            let isolation = Isolation::new(batch.live_rows(), FirstTrap::Whole, caller.budget());
            let attempts = caller.policy().attempts();
            let mut call = RunCall { run: run.as_mut(), traps: &mut self.traps, caller, isolation, attempts };
            let Some(done) = call.repeat(batch).await? else { return Ok(None) };
            call.finish(&done)?;
            batch = done;
        }
        Ok(Some(batch))
    }
}

/// The calls of one run for one batch.
struct RunCall<'a> {
    run: &'a mut dyn Transform,
    traps: &'a mut Traps,
    caller: &'a mut dyn Caller,
    isolation: Isolation,
    attempts: Attempts,
}

impl RunCall<'_> {
    /// Runs section by section, each until it succeeds or may not be tried again; before the first trap the
    /// batch is one section. The batch is as it was before a failed try.
    async fn repeat(&mut self, mut batch: Batch) -> Result<Option<Batch>, Stop> {
        while let Some(section) = self.isolation.section() {
            let before = batch.live_rows();
            let result;
            (batch, result) = self.run.apply(batch, Some(section.clone())).await;
            self.isolation.called(self.run.cpu_used());
            let until = match result {
                Ok(()) => {
                    self.isolation.resized(before, batch.live_rows());
                    self.isolation.passed(middle);
                    self.attempts = self.caller.policy().attempts();
                    Instant::now()
                }
                Err(error @ CallError::Trapped(_)) => self.trapped(error, &mut batch)?,
                Err(error) => self.failed(error, &batch)?,
            };
            self.check_budget(&batch)?;
            let again = self.isolation.has_begun() || until > Instant::now();
            if again && self.caller.meanwhile(until).await? == Hand::GivenUp {
                return Ok(None);
            }
        }
        Ok(Some(batch))
    }

    /// Takes a trap to the account of the rows that were run. Returns when to go on.
    fn trapped(&mut self, error: CallError, batch: &mut Batch) -> Result<Instant, Stop> {
        let (guest, reason) = (self.run.describe(Some(batch.current_step())), error.to_string());
        self.caller.metrics().restarts.add(1);
        if !self.isolation.has_begun() {
            warn!(guest, %error, "a transform trapped, looking for the rows that are to blame");
        }
        if let Verdict::Guilty(rows) = self.isolation.trapped(error, middle) {
            warn!(guest, records = span(batch, Some(rows.clone())), reason, "these trap by themselves");
            self.caller.metrics().records_isolated.add(rows.len() as u64);
            let step = Some(batch.current_step());
            let rejection = Rejection { stage: Stage::Transformation, step, reason, exception: CONNECT_EXCEPTION };
            batch.reject_live(&rows.collect::<Vec<_>>(), rejection);
        }
        self.caller.metrics().retries.add(1);
        self.attempts = self.caller.policy().attempts();
        Ok(Instant::now())
    }

    /// No row is to blame: returns when to try again, if there is time left.
    fn failed(&mut self, error: CallError, batch: &Batch) -> Result<Instant, Stop> {
        let of_step = !matches!(error, CallError::InvalidConfig(_));
        let guest = self.run.describe(of_step.then(|| batch.current_step()));
        match error {
            CallError::TimedOut(_) => {
                self.caller.metrics().restarts.add(1);
                self.isolation.lost();
            }
            _ => self.isolation.used(),
        }
        let may_retry = matches!(error, CallError::Retriable(_) | CallError::TimedOut(_));
        match self.caller.policy().delay(&mut self.attempts).filter(|_| may_retry) {
            Some(delay) => {
                warn!(guest, %error, "a transform failed, trying again");
                self.caller.metrics().retries.add(1);
                Ok(Instant::now() + delay)
            }
            None => Err(TaskError::Guest { stage: Stage::Transformation, guest, error }.into()),
        }
    }

    fn check_budget(&mut self, batch: &Batch) -> Result<(), Stop> {
        let Some(section) = self.isolation.section() else { return Ok(()) };
        let guest = |batch: &Batch| self.run.describe(Some(batch.current_step()));
        overspent(&self.isolation, (batch, section), guest)
    }

    /// Remembers traps that no row is to blame for.
    fn finish(self, batch: &Batch) -> Result<(), Stop> {
        let Some(error) = self.isolation.unexplained() else { return Ok(()) };
        match self.traps.too_many() {
            None => Ok(()),
            Some(times) => {
                let (guest, records) = (self.run.describe(None), span(batch, None));
                Err(TaskError::Traps { guest, times, records, error }.into())
            }
        }
    }
}

/// Fails where isolation has used up its budget.
pub(super) fn overspent(
    isolation: &Isolation,
    (batch, section): (&Batch, Range<u32>),
    guest: impl FnOnce(&Batch) -> String,
) -> Result<(), Stop> {
    let (Some((calls, cpu)), Some(error)) = (isolation.overspent(), isolation.last_trap().cloned()) else {
        return Ok(());
    };
    let (guest, records) = (guest(batch), span(batch, Some(section)));
    Err(TaskError::IsolationBudget { guest, calls, cpu_ms: cpu.as_millis(), records, error }.into())
}

#[cfg(test)]
mod tests;
