//! How far a log is read, and how far it must be for its reader to be at the end. Talks to nobody.

use std::collections::BTreeMap;

/// The partitions of a log.
#[derive(Debug, Default)]
pub(super) struct Ends(BTreeMap<i32, Progress>);

#[derive(Debug, Default)]
struct Progress {
    /// The next offset to read: one behind the last record, or where the end was met.
    next: i64,
    /// Whether anything was read or looked for, so that there is a position to seek to.
    begun: bool,
    /// The end that is looked for, while it is not reached.
    target: Option<i64>,
}

impl Ends {
    /// Adds a partition that is read from its beginning.
    pub(super) fn add(&mut self, partition: i32) {
        self.0.insert(partition, Progress::default());
    }

    /// Returns the partitions.
    pub(super) fn partitions(&self) -> Vec<i32> {
        self.0.keys().copied().collect()
    }

    /// Notes a record that was read. Returns whether it is a new one.
    pub(super) fn read(&mut self, partition: i32, offset: i64) -> bool {
        let Some(progress) = self.0.get_mut(&partition) else { return false };
        if offset < progress.next {
            return false;
        }
        progress.next = offset + 1;
        progress.begun = true;
        progress.target.take_if(|target| *target <= offset + 1);
        true
    }

    /// Notes that a partition was read to an end that was met after the last [`Ends::look_for`].
    pub(super) fn at_end(&mut self, partition: i32) {
        if let Some(progress) = self.0.get_mut(&partition)
            && let Some(target) = progress.target.take()
        {
            // Between the last record and here there are only markers.
            progress.next = progress.next.max(target);
        }
    }

    /// Looks for an end. Returns the position at which to go on reading, where it isn't reached yet and reading
    /// has begun.
    pub(super) fn look_for(&mut self, partition: i32, end: i64) -> Option<i64> {
        let progress = self.0.get_mut(&partition)?;
        let begun = std::mem::replace(&mut progress.begun, true);
        if progress.next >= end {
            return None;
        }
        progress.target = Some(end);
        begun.then_some(progress.next)
    }

    /// Whether all ends that were looked for are reached.
    pub(super) fn are_reached(&self) -> bool {
        self.0.values().all(|progress| progress.target.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_one() -> Ends {
        let mut ends = Ends::default();
        ends.add(0);
        ends
    }

    #[test]
    fn an_empty_partition_is_at_its_end() {
        let mut ends = of_one();
        assert_eq!(ends.look_for(0, 0), None);
        assert!(ends.are_reached());
    }

    #[test]
    fn the_last_record_reaches_the_end() {
        let mut ends = of_one();
        assert_eq!(ends.look_for(0, 2), None, "the first time there is nothing to seek");
        assert!(ends.read(0, 0));
        assert!(!ends.are_reached());
        assert!(ends.read(0, 1));
        assert!(ends.are_reached());
    }

    #[test]
    fn markers_behind_the_last_record_are_passed_by_the_end() {
        let mut ends = of_one();
        ends.look_for(0, 3);
        ends.read(0, 0);
        ends.read(0, 1);
        assert!(!ends.are_reached());
        ends.at_end(0);
        assert!(ends.are_reached());
        assert_eq!(ends.look_for(0, 3), None, "it is known to be behind them");
        assert_eq!(ends.look_for(0, 4), Some(3), "and goes on from there");
    }

    #[test]
    fn an_end_met_before_the_question_is_none() {
        let mut ends = of_one();
        ends.at_end(0);
        ends.look_for(0, 1);
        assert!(!ends.are_reached());
    }

    #[test]
    fn a_record_that_comes_again_is_passed_over() {
        let mut ends = of_one();
        assert!(ends.read(0, 5));
        assert!(!ends.read(0, 5));
        assert!(!ends.read(9, 0), "a partition that is none of the log's");
    }
}
