//! The host's calls besides the batch, in memory: per thread, so that tests don't see each other's.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use crate::batch::{TopicPartition, TopicPartitionOffset};
use crate::data::Schema;
use crate::log::Level;

thread_local! {
    static SCHEMAS: RefCell<Schemas> = RefCell::default();
    static OFFSETS: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
    static REQUESTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Schemas by id, from 1 on; equal ones have one id.
#[derive(Default)]
struct Schemas {
    texts: Vec<Vec<u8>>,
    ids: HashMap<Schema, u32>,
}

/// Stores the offset of a source partition, for [`offsets::read`](crate::offsets::read) to find.
pub fn store_offset(partition: &str, offset: &str) {
    OFFSETS.with_borrow_mut(|offsets| offsets.insert(partition.to_owned(), offset.to_owned()));
}

/// Returns, and forgets, what this thread's plugins asked of the host, a line each: metrics, and the calls of
/// [`sink_context`](crate::sink_context), [`transaction_context`](crate::transaction_context) and
/// [`reconfiguration`](crate::reconfiguration).
///
/// ```
/// use airlock_sdk::{sink_context, testing};
/// sink_context::set_timeout(500);
/// assert_eq!(testing::requests(), ["set-timeout 500"]);
/// ```
pub fn requests() -> Vec<String> {
    REQUESTS.take()
}

fn ask(request: String) {
    REQUESTS.with_borrow_mut(|requests| requests.push(request));
}

pub(crate) fn log_enabled(_level: Level) -> bool {
    true
}

pub(crate) fn log_write(level: Level, line: &str) {
    eprintln!("{level:?}: {line}");
}

pub(crate) fn count(name: &str, increment: u64) {
    ask(format!("count {name} {increment}"));
}

pub(crate) fn gauge(name: &str, value: f64) {
    ask(format!("gauge {name} {value}"));
}

pub(crate) fn intern_schema(json: &[u8]) -> Result<u32, String> {
    let schema = Schema::from_json(json)?;
    SCHEMAS.with_borrow_mut(|Schemas { texts, ids }| {
        Ok(*ids.entry(schema).or_insert_with(|| {
            texts.push(json.to_vec());
            texts.len() as u32
        }))
    })
}

pub(crate) fn schema(id: u32) -> Option<Vec<u8>> {
    let index = id.checked_sub(1)?;
    SCHEMAS.with_borrow(|schemas| schemas.texts.get(index as usize).cloned())
}

pub(crate) fn read_offsets(partitions: &[String]) -> Result<Vec<Option<String>>, String> {
    Ok(OFFSETS.with_borrow(|offsets| partitions.iter().map(|partition| offsets.get(partition).cloned()).collect()))
}

pub(crate) fn request_task_reconfiguration() {
    ask("request-task-reconfiguration".to_owned());
}

pub(crate) fn seek(offsets: &[TopicPartitionOffset]) {
    offsets.iter().for_each(|at| ask(format!("seek {}-{} {}", at.topic, at.partition, at.offset)));
}

pub(crate) fn pause(partitions: &[TopicPartition]) {
    partitions.iter().for_each(|at| ask(format!("pause {}-{}", at.topic, at.partition)));
}

pub(crate) fn resume(partitions: &[TopicPartition]) {
    partitions.iter().for_each(|at| ask(format!("resume {}-{}", at.topic, at.partition)));
}

pub(crate) fn set_timeout(ms: u64) {
    ask(format!("set-timeout {ms}"));
}

pub(crate) fn request_commit() {
    ask("request-commit".to_owned());
}

pub(crate) fn report(topic: &str, partition: i32, offset: i64, reason: &str) {
    ask(format!("report {topic}-{partition} {offset}: {reason}"));
}

pub(crate) fn commit_transaction() {
    ask("commit-transaction".to_owned());
}

pub(crate) fn commit_transaction_after(row: u32) {
    ask(format!("commit-transaction-after {row}"));
}

pub(crate) fn abort_transaction() {
    ask("abort-transaction".to_owned());
}

pub(crate) fn abort_transaction_after(row: u32) {
    ask(format!("abort-transaction-after {row}"));
}
