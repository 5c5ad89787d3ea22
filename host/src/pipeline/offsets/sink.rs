//! The positions of a sink task's partitions.

use std::collections::{BTreeMap, VecDeque};

use crate::pipeline::batch::Batch;
use crate::record::{CommitOffset, Offset, TopicPartition};

/// Positions by partition.
#[derive(Debug, Default)]
pub struct SinkOffsets {
    partitions: BTreeMap<TopicPartition, Positions>,
}

/// Offsets may have gaps (compaction, transactions), so those polled are kept and not counted.
#[derive(Debug, Default)]
struct Positions {
    /// Polled and not yet part of the prefix, ascending, and whether settled.
    outstanding: VecDeque<(Offset, bool)>,
    /// Everything below is settled.
    settled: Option<CommitOffset>,
    /// What the group coordinator has, or where the task began to read.
    committed: Option<CommitOffset>,
}

impl SinkOffsets {
    /// These partitions are now this task's.
    pub fn assigned(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.partitions.insert(partition.clone(), Positions::default());
        }
    }

    /// These partitions are gone.
    pub fn forget(&mut self, partitions: &[TopicPartition]) {
        self.partitions.retain(|partition, _| !partitions.contains(partition));
    }

    /// Returns the partitions that are this task's.
    pub fn partitions(&self) -> Vec<TopicPartition> {
        self.partitions.keys().cloned().collect()
    }

    /// Returns whether a partition is this task's.
    pub fn has(&self, partition: &TopicPartition) -> bool {
        self.partitions.contains_key(partition)
    }

    /// The records of a batch were polled.
    pub fn polled(&mut self, batch: &Batch) {
        for (partition, offsets) in runs(batch) {
            let Some(positions) = self.partitions.get_mut(&partition) else { continue };
            for offset in offsets {
                positions.polled(offset);
            }
        }
    }

    /// Everything that became of the records of a batch is delivered, discarded or dead-lettered.
    pub fn settled(&mut self, batch: &Batch) {
        for (partition, offsets) in runs(batch) {
            let Some(positions) = self.partitions.get_mut(&partition) else { continue };
            for offset in offsets {
                positions.settle(offset);
            }
            positions.advance();
        }
    }

    /// Returns the settled prefix of each partition, of which something was read or sought.
    pub fn committable(&self) -> Vec<(TopicPartition, CommitOffset)> {
        self.collect(|positions| positions.settled)
    }

    /// Returns the positions from which everything uncommitted comes again.
    pub fn rewind_targets(&self) -> Vec<(TopicPartition, CommitOffset)> {
        self.collect(|positions| positions.committed)
    }

    /// Whether everything that is settled is committed.
    pub fn is_all_committed(&self) -> bool {
        self.partitions
            .values()
            .all(|positions| positions.settled.is_none() || positions.settled == positions.committed)
    }

    /// Returns the end of what was polled of each partition where some of it is not committed.
    pub fn uncommitted_ends(&self) -> PositionList {
        self.collect(|positions| {
            let polled = positions.outstanding.back().map(|(offset, _)| offset.next());
            polled.max(positions.settled).filter(|end| Some(*end) > positions.committed)
        })
    }

    /// Whether everything before these positions is committed; partitions that aren't the task's don't count.
    pub fn has_committed(&self, ends: &BTreeMap<TopicPartition, CommitOffset>) -> bool {
        let reached = |(partition, end): (&TopicPartition, &CommitOffset)| {
            self.partitions.get(partition).is_none_or(|positions| positions.committed >= Some(*end))
        };
        ends.iter().all(reached)
    }

    /// Returns the positions from which everything unsettled comes again.
    pub fn unsettled_targets(&self) -> Vec<(TopicPartition, CommitOffset)> {
        let unsettled = self.partitions.iter().filter(|(_, positions)| !positions.outstanding.is_empty());
        let first = |positions: &Positions| positions.outstanding.front().map(|(offset, _)| CommitOffset(offset.0));
        unsettled.filter_map(|(partition, positions)| Some((partition.clone(), first(positions)?))).collect()
    }

    fn collect(&self, position: impl Fn(&Positions) -> Option<CommitOffset>) -> Vec<(TopicPartition, CommitOffset)> {
        let found = self.partitions.iter().filter_map(|(partition, positions)| Some((partition, position(positions)?)));
        found.map(|(partition, offset)| (partition.clone(), offset)).collect()
    }

    /// Returns which of the positions that a sink answered are to be committed: those that differ from what
    /// is committed. Whatever is not the task's or was not settled comes back as the second list.
    pub fn accept(&self, answered: Vec<(TopicPartition, CommitOffset)>) -> (PositionList, PositionList) {
        let settled = |partition: &TopicPartition| self.partitions.get(partition).and_then(|found| found.settled);
        let (allowed, refused): (PositionList, PositionList) = answered
            .into_iter()
            .partition(|(partition, offset)| settled(partition).is_some_and(|settled| *offset <= settled));
        let committed = |partition: &TopicPartition| self.partitions.get(partition).and_then(|found| found.committed);
        let new = allowed.into_iter().filter(|(partition, offset)| committed(partition) != Some(*offset));
        (new.collect(), refused)
    }

    /// The group coordinator has these positions.
    pub fn committed(&mut self, offsets: &[(TopicPartition, CommitOffset)]) {
        for (partition, offset) in offsets {
            if let Some(positions) = self.partitions.get_mut(partition) {
                positions.committed = Some(*offset);
            }
        }
    }

    /// The consumer goes on at these positions: what was polled from there on counts as not polled.
    pub fn rewound(&mut self, offsets: &[(TopicPartition, CommitOffset)]) {
        for (partition, offset) in offsets {
            if let Some(positions) = self.partitions.get_mut(partition) {
                positions.outstanding.clear();
                positions.settled = Some(*offset);
            }
        }
    }

    /// The sink keeps its own positions, and they are these.
    pub fn sought(&mut self, offsets: &[(TopicPartition, CommitOffset)]) {
        self.rewound(offsets);
        self.committed(offsets);
    }
}

/// Positions of partitions.
pub type PositionList = Vec<(TopicPartition, CommitOffset)>;

impl Positions {
    fn polled(&mut self, offset: Offset) {
        // Where the task began to read: what lies before is another run's, and committed as far as we know.
        self.committed.get_or_insert(CommitOffset(offset.0));
        self.outstanding.push_back((offset, false));
    }

    fn settle(&mut self, offset: Offset) {
        let at_front = self.outstanding.front().is_some_and(|(first, _)| *first == offset);
        if at_front {
            self.outstanding.pop_front();
            // Invariant 2: the prefix grows from its front only.
            self.settled = Some(offset.next());
        } else if let Ok(position) = self.outstanding.binary_search_by_key(&offset, |(polled, _)| *polled)
            && let Some((_, settled)) = self.outstanding.get_mut(position)
        {
            *settled = true;
        }
    }

    fn advance(&mut self) {
        while let Some((offset, true)) = self.outstanding.front().copied() {
            self.outstanding.pop_front();
            self.settled = Some(offset.next());
        }
    }
}

/// Returns the batch's offsets by runs of records of the same partition.
fn runs(batch: &Batch) -> Vec<(TopicPartition, Vec<Offset>)> {
    let mut runs: Vec<(TopicPartition, Vec<Offset>)> = Vec::new();
    for origin in batch.origins() {
        let offset = Offset(origin.offset);
        match runs.last_mut() {
            Some((last, offsets)) if last.partition == origin.partition && *last.topic == *origin.topic => {
                offsets.push(offset);
            }
            _ => runs.push((TopicPartition::new(origin.topic, origin.partition), vec![offset])),
        }
    }
    runs
}

#[cfg(test)]
mod tests;
