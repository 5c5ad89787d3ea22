//! Tells the cluster in this process what a consumer reads and has committed.

use crate::kafka::mock::DevCluster;
use crate::record::{CommitOffset, TopicPartition};

/// A consumer of that cluster.
pub(super) struct DevReader {
    cluster: DevCluster,
    group: String,
    partitions: Vec<TopicPartition>,
}

impl DevReader {
    pub(super) fn new(cluster: DevCluster, group: String) -> Self {
        Self { cluster, group, partitions: Vec::new() }
    }

    pub(super) fn joined(&mut self, partitions: &[TopicPartition]) {
        self.partitions.extend_from_slice(partitions);
        self.cluster.retention().joined(&self.group, partitions);
    }

    pub(super) fn left(&mut self, partitions: &[TopicPartition]) {
        self.partitions.retain(|partition| !partitions.contains(partition));
        self.cluster.retention().left(&self.group, partitions);
    }

    pub(super) fn committed(&self, offsets: &[(TopicPartition, CommitOffset)]) {
        self.cluster.retention().committed(&self.group, offsets);
    }
}

impl Drop for DevReader {
    fn drop(&mut self) {
        self.cluster.retention().left(&self.group, &self.partitions);
    }
}
