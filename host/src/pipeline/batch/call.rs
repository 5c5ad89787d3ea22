//! One call of a guest: what it may do, which rows it sees, and how it is undone. The rows' columns are in
//! `table`.

use std::sync::Arc;

use super::payloads::{Mark, invalid};
use super::rows::{Access, Call, Fate, Section};
use super::table::Rows;
use super::{Batch, BatchError};

/// The call that is running.
pub(super) struct OpenCall {
    access: Access,
    first_step: u32,
    steps: Option<u32>,
    /// The current step, counted from the call's first.
    index: u32,
    /// Whether the step was written to and expanded.
    written: bool,
    expanded: bool,
    /// The rows that the current step sees.
    pub(super) view: Arc<Vec<u32>>,
    /// The rows that the call was opened with: its first step can't see others.
    first_view: Arc<Vec<u32>>,
    scope: Scope,
    before: Before,
}

/// The rows that a call is about.
enum Scope {
    All,
    /// Those marked here, by their place in storage, and the copies that the call made, which come behind.
    Some(Vec<bool>),
}

impl Scope {
    /// Narrows live rows to those that the call is about.
    fn of(&self, live: &Arc<Vec<u32>>) -> Arc<Vec<u32>> {
        match self {
            Scope::All => Arc::clone(live),
            Scope::Some(marks) => {
                let within = |row: &&u32| marks.get(**row as usize).copied().unwrap_or(true);
                Arc::new(live.iter().filter(within).copied().collect())
            }
        }
    }
}

/// What is restored when the call is undone, besides what keys and values save themselves.
struct Before {
    rows: Rows,
    headers: (Mark, usize),
    records: usize,
    positions: (usize, usize),
}

impl Batch {
    /// Starts a guest's call: all that follows is undone by [`Batch::abort_call`]. A call still open is
    /// undone first; rows not decoded yet are.
    ///
    /// # Errors
    /// Refuses a section or rows that are out of range or not ascending; then no call is open.
    pub fn open_call(&mut self, call: Call) -> Result<(), BatchError> {
        self.abort_call();
        self.decode();
        let scope = self.scope(&call.section)?;
        let view = choose(&scope.of(&self.rows.live), call.rows.as_deref())?;
        self.step = call.first_step;
        let before = Before {
            rows: self.rows.clone(),
            headers: self.headers.mark(),
            records: self.records.len(),
            positions: self.positions.mark(),
        };
        self.call = Some(Box::new(OpenCall {
            access: call.access,
            first_step: call.first_step,
            steps: call.steps,
            index: 0,
            written: false,
            expanded: false,
            first_view: Arc::clone(&view),
            view,
            scope,
            before,
        }));
        Ok(())
    }

    /// Makes what the call did permanent.
    pub fn commit_call(&mut self) {
        if self.call.take().is_some() {
            self.keys.commit();
            self.values.commit();
            self.rows.refresh();
        }
    }

    /// Restores the batch as it was when the call was opened.
    pub fn abort_call(&mut self) {
        let Some(call) = self.call.take() else { return };
        let before = call.before;
        self.keys.abort();
        self.values.abort();
        self.rows = before.rows;
        self.headers.restore(before.headers);
        self.records.truncate(before.records);
        self.positions.restore(before.positions);
    }

    /// Returns the step that runs or ran last, as an index in the whole chain; it stays after an abort.
    pub fn current_step(&self) -> u32 {
        self.step
    }

    /// Returns how many rows the current step sees.
    pub fn row_count(&self) -> u32 {
        self.view().len() as u32
    }

    /// Starts the next step of the call, or the current one again while it has written nothing.
    ///
    /// # Errors
    /// Refuses an index that does not ascend, and rows out of range or not ascending.
    pub fn enter_step(&mut self, index: u32, rows: Option<Vec<u32>>) -> Result<(), BatchError> {
        let Some(call) = &self.call else { return Err(no_call()) };
        if !matches!(call.access, Access::Transform | Access::Predicate) {
            return Err(BatchError::Unsupported("only transforms and predicates have steps".to_owned()));
        }
        // A step is entered again, before it writes, to narrow its rows to those that its predicate chose.
        let ascends = if call.written || call.expanded { index > call.index } else { index >= call.index };
        if !ascends {
            return Err(invalid(format!("step {index} can't follow step {}; steps are entered in order", call.index)));
        }
        // What a step does must not be laid to a step of another component.
        let chain_step = call.first_step.checked_add(index).filter(|_| call.steps.is_none_or(|steps| index < steps));
        let chain_step = chain_step.ok_or_else(|| invalid(format!("there is no step {index}")))?;
        // The live rows must not change before everything is known to be right.
        let mut rows_after = self.rows.clone();
        rows_after.refresh();
        let seen = if index == 0 { Arc::clone(&call.first_view) } else { call.scope.of(&rows_after.live) };
        let view = choose(&seen, rows.as_deref())?;
        self.rows = rows_after;
        self.step = chain_step;
        if let Some(call) = &mut self.call {
            (call.index, call.view) = (index, view);
            (call.written, call.expanded) = (false, false);
        }
        Ok(())
    }

    /// Returns what becomes of the row that the current step sees at `position`.
    pub fn fate(&self, position: u32) -> Option<Fate> {
        self.view().get(position as usize).map(|row| self.rows.fate(*row))
    }

    /// Returns the rows that a write is for, if the call may write.
    pub(super) fn writable(&self, access: Access) -> Result<Arc<Vec<u32>>, BatchError> {
        let Some(call) = &self.call else { return Err(no_call()) };
        let text = match call.access {
            allowed if allowed == access => return Ok(Arc::clone(&call.view)),
            Access::Transform => "only a source's poll can append rows",
            Access::Predicate => "a predicate can only read the batch",
            Access::Put => "a sink's put can only read the batch and reject rows",
            Access::Poll => "a source's poll can only append rows",
        };
        Err(BatchError::Unsupported(text.to_owned()))
    }

    /// Notes that the current step has written.
    pub(super) fn wrote(&mut self) {
        if let Some(call) = &mut self.call {
            call.written = true;
        }
    }

    /// Tells whether the call is a sink's put.
    pub(super) fn is_put(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.access == Access::Put)
    }

    fn scope(&self, section: &Section) -> Result<Scope, BatchError> {
        let Some(section) = section else { return Ok(Scope::All) };
        // Until a guest traps, every call is about all rows: that must cost nothing.
        if *section == (0..self.rows.live.len() as u32) {
            return Ok(Scope::All);
        }
        let rows = self.rows.live.get(section.start as usize..section.end as usize).ok_or_else(|| {
            invalid(format!("rows {section:?} are out of range; there are {} rows", self.rows.live.len()))
        })?;
        let mut marks = vec![false; self.rows.len()];
        for row in rows {
            if let Some(mark) = marks.get_mut(*row as usize) {
                *mark = true;
            }
        }
        Ok(Scope::Some(marks))
    }

    /// Replaces the rows by copies of those that `origins` names; a row that it doesn't name is discarded.
    ///
    /// # Errors
    /// Refuses rows that are out of range or not ascending, and a second or late call in a step.
    pub fn expand(&mut self, origins: &[u32]) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        if self.call.as_ref().is_some_and(|call| call.written || call.expanded) {
            let text = "expand is possible once per step, before the step's first write";
            return Err(BatchError::Unsupported(text.to_owned()));
        }
        check_positions(origins, view.len(), |last, next| last <= next)?;
        let before = self.rows.clone();
        self.keys.begin_write();
        self.values.begin_write();
        let copied = self.copy_rows(&view, origins);
        self.keys.end_write(&copied);
        self.values.end_write(&copied);
        match copied {
            Ok(new_view) => {
                self.replace_live(&view, &new_view, before.len() as u32);
                if let Some(call) = &mut self.call {
                    (call.view, call.expanded) = (Arc::new(new_view), true);
                }
                Ok(())
            }
            Err(error) => {
                self.rows = before;
                Err(error)
            }
        }
    }

    /// Makes the copies; returns the rows that take the place of those in `view`. Invariant 3: a row that is
    /// named goes on itself as the first of its copies, one that isn't is discarded.
    fn copy_rows(&mut self, view: &[u32], origins: &[u32]) -> Result<Vec<u32>, BatchError> {
        let mut new_view = Vec::with_capacity(origins.len());
        let mut origins = origins.iter().peekable();
        for (position, row) in (0..).zip(view) {
            if origins.next_if_eq(&&position).is_none() {
                self.rows.discard(*row);
                continue;
            }
            new_view.push(*row);
            if origins.peek() != Some(&&position) {
                continue;
            }
            let weight = self.weight(*row);
            while origins.next_if_eq(&&position).is_some() {
                self.values.charge(weight)?;
                new_view.push(self.rows.len() as u32);
                self.rows.copy(*row);
                self.keys.copy_row(*row);
                self.values.copy_row(*row);
            }
        }
        Ok(new_view)
    }

    /// Returns about how many bytes a copy of a row takes up.
    fn weight(&self, row: u32) -> u64 {
        const ROW: u64 = 128;
        ROW + self.keys.weight(row) + self.values.weight(row) + self.headers.weight(self.header_range(row))
    }

    /// Puts the new rows of a step where the old ones were; rows from `first_copy` on are copies of the one
    /// before. Rows that the step doesn't see stay.
    fn replace_live(&mut self, view: &[u32], new_view: &[u32], first_copy: u32) {
        let mut live = Vec::with_capacity(self.rows.live.len() + new_view.len().saturating_sub(view.len()));
        let mut view = view.iter().peekable();
        let mut new = new_view.iter().peekable();
        for row in self.rows.live.iter() {
            if view.next_if_eq(&row).is_none() {
                live.push(*row);
            } else if new.next_if_eq(&row).is_some() {
                live.push(*row);
                while let Some(copy) = new.next_if(|copy| **copy >= first_copy) {
                    live.push(*copy);
                }
            }
        }
        self.rows.live = Arc::new(live);
    }
}

fn no_call() -> BatchError {
    BatchError::Unsupported("the batch belongs to no call".to_owned())
}

/// Returns the rows at these ascending positions; all where there are none.
pub(super) fn choose(rows: &Arc<Vec<u32>>, positions: Option<&[u32]>) -> Result<Arc<Vec<u32>>, BatchError> {
    let Some(positions) = positions else { return Ok(Arc::clone(rows)) };
    check_positions(positions, rows.len(), |last, next| last < next)?;
    Ok(Arc::new(positions.iter().filter_map(|position| rows.get(*position as usize)).copied().collect()))
}

/// Checks that row numbers of a guest's ascend and are in range.
fn check_positions(positions: &[u32], rows: usize, follows: impl Fn(u32, u32) -> bool) -> Result<(), BatchError> {
    if let Some(outside) = positions.iter().find(|position| **position as usize >= rows) {
        return Err(invalid(format!("row {outside} is out of range; there are {rows} rows")));
    }
    let descent = positions.iter().zip(positions.iter().skip(1)).find(|(last, next)| !follows(**last, **next));
    match descent {
        Some((last, next)) => Err(invalid(format!("row {next} comes after row {last}; rows must be ascending"))),
        None => Ok(()),
    }
}
