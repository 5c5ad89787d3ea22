//! Finds the rows that a guest traps on: a batch is run again in halves until the guilty ones are alone. Calls
//! nobody; `chain` does that for transforms, `sink_task` for sinks.
//!
//! A row is blamed only where it traps alone and as the first thing that an instance runs: an instance that
//! leaks traps on whatever comes.

use std::ops::Range;
use std::time::Duration;

use super::edges::CallError;

/// What the search for guilty rows in one batch may use after the first trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsolationBudget {
    /// Calls of the guest, `airlock.isolation.calls`.
    pub calls: u32,
    /// CPU time of these calls, `airlock.isolation.cpu.ms`.
    pub cpu: Duration,
}

/// What to do after a trap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on with the next section.
    GoOn,
    /// These rows trap by themselves: reject them.
    Guilty(Range<u32>),
}

/// What the first trap on a batch is followed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstTrap {
    /// The whole batch, once more.
    Whole,
    /// Its halves, as the whole was run again before.
    Halves,
}

/// The state of one batch in one run of steps, or in one sink.
#[derive(Debug)]
pub(super) struct Isolation {
    /// Sections that are not done, the next one last.
    parts: Vec<Part>,
    /// All live rows before this position are done.
    done: u32,
    /// Whether the instance to be called next has run no row yet.
    fresh: bool,
    first: FirstTrap,
    last_trap: Option<CallError>,
    guilty: bool,
    calls: u32,
    /// The guest's CPU time at the first trap, and after the last call.
    cpu: (Duration, Duration),
    budget: IsolationBudget,
}

#[derive(Debug)]
struct Part {
    rows: u32,
    /// Whether it is the first half of a section that trapped; the other half is the next part.
    is_first_half: bool,
}

impl Isolation {
    /// Begins with all the live rows of a batch as one section.
    pub(super) fn new(live_rows: usize, first: FirstTrap, budget: IsolationBudget) -> Self {
        let rows = u32::try_from(live_rows).unwrap_or(u32::MAX);
        let whole = (rows > 0).then_some(Part { rows, is_first_half: false });
        Self {
            parts: whole.into_iter().collect(),
            done: 0,
            fresh: false,
            first,
            last_trap: None,
            guilty: false,
            calls: 0,
            cpu: Default::default(),
            budget,
        }
    }

    /// Returns the live rows to run next; none: all are done.
    pub(super) fn section(&self) -> Option<Range<u32>> {
        self.parts.last().map(|part| self.done..self.done.saturating_add(part.rows))
    }

    /// Whether the guest has trapped on this batch.
    pub(super) fn has_begun(&self) -> bool {
        self.last_trap.is_some()
    }

    /// Counts a call that was made, given the guest's CPU time so far.
    pub(super) fn called(&mut self, cpu: Duration) {
        self.cpu.1 = cpu;
        if self.has_begun() {
            self.calls = self.calls.saturating_add(1);
        } else {
            self.cpu.0 = cpu;
        }
    }

    /// Returns what was used, where it is more than the search may use.
    pub(super) fn overspent(&self) -> Option<(u32, Duration)> {
        let cpu = self.cpu.1.saturating_sub(self.cpu.0);
        (self.calls > self.budget.calls || cpu > self.budget.cpu).then_some((self.calls, cpu))
    }

    /// The call changed how many live rows there are.
    pub(super) fn resized(&mut self, before: usize, after: usize) {
        if let Some(part) = self.parts.last_mut() {
            let rows = (part.rows as usize + after).saturating_sub(before);
            part.rows = u32::try_from(rows).unwrap_or(u32::MAX);
        }
    }

    /// The section is done. `cut` tells where a section may be cut in two.
    pub(super) fn passed(&mut self, cut: impl FnOnce(Range<u32>) -> Option<u32>) {
        self.fresh = false;
        let Some(part) = self.parts.pop() else { return };
        self.done = self.done.saturating_add(part.rows);
        // Both halves trapped together and this one didn't: no need to ask whether the other one does.
        if part.is_first_half {
            self.split(cut);
        }
    }

    /// The guest trapped on the section, or after it: the next call is a fresh instance's (Invariant 5).
    pub(super) fn trapped(&mut self, error: CallError, cut: impl FnOnce(Range<u32>) -> Option<u32>) -> Verdict {
        let fresh = std::mem::replace(&mut self.fresh, true);
        self.last_trap = Some(error);
        if self.parts.pop_if(|part| part.rows == 0).is_some() {
            return Verdict::GoOn;
        }
        let again = std::mem::replace(&mut self.first, FirstTrap::Halves) == FirstTrap::Whole;
        if again || self.split(cut) || !fresh {
            return Verdict::GoOn;
        }
        let Some(section) = self.section() else { return Verdict::GoOn };
        self.parts.pop();
        self.guilty = true;
        Verdict::Guilty(section)
    }

    /// The instance is gone and the rows are not to blame: the next call is a fresh one's.
    pub(super) fn lost(&mut self) {
        self.fresh = true;
    }

    /// The call failed and the instance lives.
    pub(super) fn used(&mut self) {
        self.fresh = false;
    }

    /// Returns the last trap, where there were some and no row is guilty.
    pub(super) fn unexplained(self) -> Option<CallError> {
        self.last_trap.filter(|_| !self.guilty)
    }

    /// Returns the last trap.
    pub(super) fn last_trap(&self) -> Option<&CallError> {
        self.last_trap.as_ref()
    }

    fn split(&mut self, cut: impl FnOnce(Range<u32>) -> Option<u32>) -> bool {
        let Some(section) = self.section() else { return false };
        let inside = |at: &u32| section.start < *at && *at < section.end;
        let Some(at) = cut(section.clone()).filter(inside) else { return false };
        self.parts.pop();
        self.parts.push(Part { rows: section.end - at, is_first_half: false });
        self.parts.push(Part { rows: at - section.start, is_first_half: true });
        true
    }
}

/// Cuts a section between any two rows.
pub(super) fn middle(section: Range<u32>) -> Option<u32> {
    Some(section.start + section.len().div_ceil(2) as u32)
}

#[cfg(test)]
mod tests;
