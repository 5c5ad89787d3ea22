//! Between the pipeline's partitions and librdkafka's lists of them.

use rdkafka::{Offset, TopicPartitionList};

use crate::record::{CommitOffset, TopicPartition};

/// Returns a list with positions.
pub(in crate::kafka) fn to_list(offsets: &[(TopicPartition, CommitOffset)]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (partition, CommitOffset(offset)) in offsets {
        // Only a negative offset is refused; the entry stays without one, and librdkafka leaves it alone.
        let _ = list.add_partition_offset(&partition.topic, partition.partition, Offset::Offset((*offset).max(0)));
    }
    list
}

/// Returns a list without positions.
pub(in crate::kafka) fn to_partitions<'a>(
    partitions: impl IntoIterator<Item = &'a TopicPartition>,
) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition(&partition.topic, partition.partition);
    }
    list
}

/// Returns the partitions of a list.
pub(in crate::kafka) fn from_list(list: &TopicPartitionList) -> Vec<TopicPartition> {
    list.elements().iter().map(|element| TopicPartition::new(element.topic(), element.partition())).collect()
}
