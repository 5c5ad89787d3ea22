//! The component's imports besides the batch, in SDK types.

use super::bindings::imports::airlock::connect as wit;
use crate::batch::{TopicPartition, TopicPartitionOffset};
use crate::log::Level;

pub(crate) fn log_enabled(level: Level) -> bool {
    wit::log::enabled(level.into())
}

pub(crate) fn log_write(level: Level, line: &str) {
    wit::log::write(level.into(), line);
}

impl From<Level> for wit::log::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => wit::log::Level::Trace,
            Level::Debug => wit::log::Level::Debug,
            Level::Info => wit::log::Level::Info,
            Level::Warn => wit::log::Level::Warn,
            Level::Error => wit::log::Level::Error,
        }
    }
}

pub(crate) fn count(name: &str, increment: u64) {
    wit::metrics::count(name, increment);
}

pub(crate) fn gauge(name: &str, value: f64) {
    wit::metrics::gauge(name, value);
}

pub(crate) fn intern_schema(json: &[u8]) -> Result<u32, String> {
    wit::schemas::intern(json)
}

pub(crate) fn schema(id: u32) -> Option<Vec<u8>> {
    wit::schemas::schema(id)
}

pub(crate) fn read_offsets(partitions: &[String]) -> Result<Vec<Option<String>>, String> {
    wit::offsets::read(partitions)
}

pub(crate) fn request_task_reconfiguration() {
    wit::reconfiguration::request_task_reconfiguration();
}

pub(crate) fn seek(offsets: &[TopicPartitionOffset]) {
    let offsets: Vec<_> = offsets.iter().cloned().map(Into::into).collect();
    wit::sink_context::seek(&offsets);
}

pub(crate) fn pause(partitions: &[TopicPartition]) {
    let partitions: Vec<_> = partitions.iter().cloned().map(Into::into).collect();
    wit::sink_context::pause(&partitions);
}

pub(crate) fn resume(partitions: &[TopicPartition]) {
    let partitions: Vec<_> = partitions.iter().cloned().map(Into::into).collect();
    wit::sink_context::resume(&partitions);
}

pub(crate) fn set_timeout(ms: u64) {
    wit::sink_context::set_timeout(ms);
}

pub(crate) fn request_commit() {
    wit::sink_context::request_commit();
}

pub(crate) fn report(topic: &str, partition: i32, offset: i64, reason: &str) {
    wit::sink_context::report(topic, partition, offset, reason);
}

pub(crate) fn commit_transaction() {
    wit::transaction_context::commit_transaction();
}

pub(crate) fn commit_transaction_after(row: u32) {
    wit::transaction_context::commit_transaction_after(row);
}

pub(crate) fn abort_transaction() {
    wit::transaction_context::abort_transaction();
}

pub(crate) fn abort_transaction_after(row: u32) {
    wit::transaction_context::abort_transaction_after(row);
}
