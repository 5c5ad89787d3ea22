//! Properties of sink positions, against a plain set of settled offsets.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn partition() -> TopicPartition {
    TopicPartition::new("t", 0)
}

proptest! {
    /// Whatever the order in which records settle, everything below the committable position is settled,
    /// and the first record that is not lies at or above it.
    #[test]
    fn committable_is_the_contiguous_settled_prefix(
        gaps in prop::collection::vec(1_i64..4, 1..40),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let offsets: Vec<i64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect();
        let mut positions = Positions::default();
        for offset in &offsets {
            positions.polled(Offset(*offset));
        }
        let mut settled = BTreeSet::new();
        for index in order {
            let offset = offsets[index.index(offsets.len())];
            positions.settle(Offset(offset));
            positions.advance();
            settled.insert(offset);
            let prefix: Vec<i64> = offsets.iter().copied().take_while(|offset| settled.contains(offset)).collect();
            prop_assert_eq!(positions.settled, prefix.last().map(|last| Offset(*last).next()));
        }
    }
}

#[test]
fn what_a_sink_holds_back_or_invents_is_not_committed() {
    let mut offsets = SinkOffsets::default();
    offsets.assigned(&[partition()]);
    offsets.sought(&[(partition(), CommitOffset(5))]);
    let other = TopicPartition::new("t", 1);
    let (new, refused) =
        offsets.accept(vec![(partition(), CommitOffset(3)), (partition(), CommitOffset(6)), (other, CommitOffset(1))]);
    assert_eq!(new, [(partition(), CommitOffset(3))]);
    assert_eq!(refused.len(), 2);
}

#[test]
fn an_unchanged_position_is_not_committed_again() {
    let mut offsets = SinkOffsets::default();
    offsets.assigned(&[partition()]);
    offsets.sought(&[(partition(), CommitOffset(5))]);
    assert_eq!(offsets.accept(offsets.committable()).0, []);
}
