//! What a sink's task may ask of the host (Kafka's `SinkTaskContext` and `ErrantRecordReporter`).

use crate::batch::{TopicPartition, TopicPartitionOffset};
use crate::host;

/// Continues at these offsets after this call.
pub fn seek(offsets: &[TopicPartitionOffset]) {
    host::seek(offsets);
}

/// Stops fetching from these partitions.
pub fn pause(partitions: &[TopicPartition]) {
    host::pause(partitions);
}

/// Fetches from these partitions again.
pub fn resume(partitions: &[TopicPartition]) {
    host::resume(partitions);
}

/// Sets how long to wait, in milliseconds, before the retry that the retriable error of this call asks for.
pub fn set_timeout(ms: u64) {
    host::set_timeout(ms);
}

/// Asks for a commit as soon as possible.
pub fn request_commit() {
    host::request_commit();
}

/// Rejects a row of an earlier batch that wasn't committed yet: it becomes a dead letter, or fails the task,
/// as `errors.tolerance` says.
pub fn report(topic: &str, partition: i32, offset: i64, reason: &str) {
    host::report(topic, partition, offset, reason);
}
