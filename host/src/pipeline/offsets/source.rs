//! The positions of a source task's partitions.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use crate::pipeline::edges::SourcePosition;

/// Positions by source partition. Partitions are compared as JSON values, not as text.
#[derive(Debug, Default)]
pub struct SourceOffsets {
    by_text: HashMap<String, usize>,
    by_value: HashMap<String, usize>,
    partitions: Vec<Partition>,
}

#[derive(Debug)]
struct Partition {
    text: String,
    /// Submitted and not yet part of the acknowledged prefix, in order, and whether acknowledged.
    outstanding: VecDeque<(Option<String>, bool)>,
    /// The number of the first outstanding row.
    first: u64,
    /// The newest offset of the prefix that is not stored; the inner none deletes the partition's offset.
    newest: Option<Option<String>>,
}

/// A submitted row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    partition: usize,
    row: u64,
}

impl SourceOffsets {
    /// A row with this position goes on its way.
    pub fn submit(&mut self, position: SourcePosition) -> Ticket {
        let index = self.partition(&position.partition);
        match self.partitions.get_mut(index) {
            Some(partition) => {
                let row = partition.first + partition.outstanding.len() as u64;
                partition.outstanding.push_back((position.offset, false));
                Ticket { partition: index, row }
            }
            None => Ticket { partition: index, row: 0 },
        }
    }

    /// Everything that became of a row is acknowledged, discarded or left out.
    pub fn acknowledge(&mut self, ticket: Ticket) {
        let Some(partition) = self.partitions.get_mut(ticket.partition) else { return };
        let position = ticket.row.checked_sub(partition.first).and_then(|position| usize::try_from(position).ok());
        if let Some((_, acknowledged)) = position.and_then(|position| partition.outstanding.get_mut(position)) {
            *acknowledged = true;
        }
        while let Some((offset, true)) = partition.outstanding.front_mut() {
            // Invariant 2: the prefix grows from its front only.
            partition.newest = Some(offset.take());
            partition.outstanding.pop_front();
            partition.first += 1;
        }
    }

    /// Returns the positions that may be stored and are not, and counts them as stored until
    /// [`SourceOffsets::restore`].
    pub fn take_pending(&mut self) -> Vec<SourcePosition> {
        let taken = self.partitions.iter_mut().filter_map(|partition| {
            let offset = partition.newest.take()?;
            Some(SourcePosition { partition: partition.text.clone(), offset })
        });
        taken.collect()
    }

    /// Positions could not be stored: they are pending again unless newer ones are.
    pub fn restore(&mut self, positions: Vec<SourcePosition>) {
        for position in positions {
            let index = self.partition(&position.partition);
            if let Some(partition) = self.partitions.get_mut(index) {
                partition.newest.get_or_insert(position.offset);
            }
        }
    }

    fn partition(&mut self, text: &str) -> usize {
        if let Some(index) = self.by_text.get(text) {
            return *index;
        }
        let value = canonical(text);
        let index = *self.by_value.entry(value).or_insert(self.partitions.len());
        if index == self.partitions.len() {
            let partition = Partition { text: text.to_owned(), outstanding: VecDeque::new(), first: 0, newest: None };
            self.partitions.push(partition);
        }
        self.by_text.insert(text.to_owned(), index);
        index
    }
}

/// Returns the same text for all texts of one JSON value: no blanks, keys in order.
pub(crate) fn canonical(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(partition: &str, offset: u32) -> SourcePosition {
        SourcePosition { partition: partition.to_owned(), offset: Some(offset.to_string()) }
    }

    proptest! {
        /// In whatever order rows are acknowledged, the pending offset of a partition is that of the last row
        /// before the first one that is not acknowledged, and other partitions don't hold it up.
        #[test]
        fn pending_is_the_newest_with_all_earlier_acknowledged(
            rows in prop::collection::vec(0_usize..3, 1..40),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        ) {
            let mut offsets = SourceOffsets::default();
            let name = |partition: usize| format!("{{\"p\":{partition}}}");
            let tickets: Vec<Ticket> =
                rows.iter().enumerate().map(|(row, p)| offsets.submit(at(&name(*p), row as u32))).collect();
            let mut acknowledged = vec![false; rows.len()];
            for index in order {
                let row = index.index(rows.len());
                offsets.acknowledge(tickets[row]);
                acknowledged[row] = true;
            }
            let pending = offsets.take_pending();
            for partition in 0..3 {
                let own = (0..rows.len()).filter(|row| rows[*row] == partition);
                let newest = own.take_while(|row| acknowledged[*row]).last();
                let found = pending.iter().find(|position| position.partition == name(partition));
                prop_assert_eq!(found.cloned(), newest.map(|row| at(&name(partition), row as u32)));
            }
        }
    }

    #[test]
    fn positions_that_could_not_be_stored_come_again_unless_newer_ones_are_there() {
        let mut offsets = SourceOffsets::default();
        let tickets = ["a", "b", "a"].map(|partition| offsets.submit(at(partition, 1)));
        offsets.acknowledge(tickets[0]);
        offsets.acknowledge(tickets[1]);
        let failed = offsets.take_pending();
        let newer = offsets.submit(at("b", 2));
        offsets.acknowledge(newer);
        offsets.restore(failed);
        assert_eq!(offsets.take_pending(), [at("a", 1), at("b", 2)]);
    }

    #[test]
    fn partitions_are_compared_as_json_values() {
        let mut offsets = SourceOffsets::default();
        let first = offsets.submit(at("{\"a\":1,\"b\":2}", 1));
        let second = offsets.submit(at("{ \"b\": 2, \"a\": 1 }", 2));
        offsets.acknowledge(second);
        assert_eq!(offsets.take_pending(), []);
        offsets.acknowledge(first);
        assert_eq!(offsets.take_pending(), [at("{\"a\":1,\"b\":2}", 2)]);
    }
}
