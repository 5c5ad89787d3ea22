//! Keeps account of what the cluster in this process still has: it forgets the oldest records of a partition
//! without a word. Producers wait here for readers, and fail before a record that nobody has read would go.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::pipeline::edges::{EdgeError, Outgoing};
use crate::record::{CommitOffset, Offset, TopicPartition};

/// What may be unread of a partition. The cluster keeps 5 MiB or 100,000 requests, whichever is less; what is
/// on its way when this is reached has to fit, too.
const MAX_BYTES: usize = 4 << 20;
const MAX_RECORDS: usize = 80_000;
/// What a record takes besides its key, value and headers, if it travels alone.
const OVERHEAD: usize = 96;
/// How long readers may make no progress before that is an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// The account of a cluster.
#[derive(Debug, Clone, Default)]
pub(crate) struct Retention(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    partitions: Mutex<HashMap<TopicPartition, Partition>>,
    progress: Notify,
}

#[derive(Debug, Default)]
struct Partition {
    /// Written, and not committed by all who read it: offset and size.
    unread: VecDeque<(Offset, usize)>,
    unread_bytes: usize,
    /// What each group that reads it now has committed.
    readers: HashMap<String, CommitOffset>,
    /// The highest that any group has committed.
    read: Option<CommitOffset>,
}

impl Retention {
    /// Waits until records have room. At most about a megabyte should be asked for at once.
    ///
    /// # Errors
    /// Says that nobody reads.
    pub(crate) async fn room(&self, records: &[Outgoing]) -> Result<(), EdgeError> {
        let bytes: usize = records.iter().map(size).sum();
        let Some(topic) = records.first().map(|record| record.topic.as_str()) else { return Ok(()) };
        loop {
            let progress = self.0.progress.notified();
            let Some(full) = self.full(topic, bytes) else { return Ok(()) };
            let waited = if full.readers == 0 { None } else { timeout(PATIENCE, progress).await.ok() };
            if waited.is_none() {
                return Err(EdgeError::Fatal(full.complaint()));
            }
        }
    }

    /// A record was written.
    pub(crate) fn written(&self, partition: &TopicPartition, offset: Offset, record_size: usize) {
        let mut partitions = self.lock();
        let account = partitions.entry(partition.clone()).or_default();
        account.unread.push_back((offset, record_size));
        account.unread_bytes += record_size;
    }

    /// A group reads these partitions now.
    pub(crate) fn joined(&self, group: &str, partitions: &[TopicPartition]) {
        let mut accounts = self.lock();
        for partition in partitions {
            let account = accounts.entry(partition.clone()).or_default();
            let start = account.unread.front().map_or(CommitOffset(0), |(offset, _)| CommitOffset(offset.0));
            account.readers.entry(group.to_owned()).or_insert(start);
        }
    }

    /// A group no longer reads these partitions.
    pub(crate) fn left(&self, group: &str, partitions: &[TopicPartition]) {
        let mut accounts = self.lock();
        for partition in partitions {
            if let Some(account) = accounts.get_mut(partition) {
                account.readers.remove(group);
                account.forget_read();
            }
        }
        drop(accounts);
        self.0.progress.notify_waiters();
    }

    /// A group has committed these positions.
    pub(crate) fn committed(&self, group: &str, offsets: &[(TopicPartition, CommitOffset)]) {
        let mut accounts = self.lock();
        for (partition, offset) in offsets {
            let account = accounts.entry(partition.clone()).or_default();
            account.read = account.read.max(Some(*offset));
            account.readers.insert(group.to_owned(), *offset);
            account.forget_read();
        }
        drop(accounts);
        self.0.progress.notify_waiters();
    }

    fn full(&self, topic: &str, bytes: usize) -> Option<Full> {
        let accounts = self.lock();
        let own = accounts.iter().filter(|(partition, _)| *partition.topic == *topic);
        let mut full = own.filter(|(_, account)| {
            account.unread_bytes + bytes > MAX_BYTES && account.unread_bytes > 0 || account.unread.len() > MAX_RECORDS
        });
        full.next().map(|(partition, account)| Full {
            partition: partition.clone(),
            bytes: account.unread_bytes,
            readers: account.readers.len(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TopicPartition, Partition>> {
        self.0.partitions.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Partition {
    /// Forgets what all readers have committed; with none, what any ever has.
    fn forget_read(&mut self) {
        let Some(read) = self.readers.values().min().copied().or(self.read) else { return };
        while let Some((offset, size)) = self.unread.front()
            && offset.0 < read.0
        {
            self.unread_bytes -= size;
            self.unread.pop_front();
        }
    }
}

/// A partition without room.
struct Full {
    partition: TopicPartition,
    bytes: usize,
    readers: usize,
}

impl Full {
    fn complaint(&self) -> String {
        let Full { partition, bytes, readers } = self;
        let megabytes = *bytes as f64 / f64::from(1 << 20);
        let who = match readers {
            0 => "nobody reads it: start a sink for the topic".to_owned(),
            _ => format!("its readers have committed nothing for {} s: see why", PATIENCE.as_secs()),
        };
        format!(
            "partition {partition} has {megabytes:.1} MB that are not read, and the Kafka of `airlock dev` keeps \
             little more. {who}, or use a real Kafka"
        )
    }
}

/// About what a record takes in the cluster.
pub(crate) fn size(record: &Outgoing) -> usize {
    let part = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let headers = record.headers.iter().map(|(key, value)| key.len() + part(value) + 10);
    part(&record.key) + part(&record.value) + headers.sum::<usize>() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    fn partition() -> TopicPartition {
        TopicPartition::new("t", 0)
    }

    fn records(megabytes: usize) -> Vec<Outgoing> {
        let record = Outgoing {
            topic: "t".to_owned(),
            partition: None,
            timestamp: None,
            key: None,
            value: Some(vec![0; 1 << 20]),
            headers: Vec::new(),
        };
        vec![record; megabytes]
    }

    fn write(retention: &Retention, megabytes: i64) {
        (0..megabytes).for_each(|offset| retention.written(&partition(), Offset(offset), 1 << 20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_fails_before_what_nobody_reads_would_be_lost() {
        let retention = Retention::default();
        assert!(retention.room(&records(1)).await.is_ok());
        write(&retention, 4);
        let Err(EdgeError::Fatal(error)) = retention.room(&records(1)).await else { panic!("there is no room") };
        assert!(error.contains("t-0") && error.contains("4.0 MB") && error.contains("start a sink"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_waits_for_readers_that_make_progress() {
        let retention = Retention::default();
        retention.joined("g", &[partition()]);
        write(&retention, 4);
        let reader = async {
            for offset in 1..4 {
                sleep(Duration::from_secs(20)).await;
                retention.committed("g", &[(partition(), CommitOffset(offset))]);
            }
        };
        let (room, ()) = tokio::join!(async { retention.room(&records(2)).await }, reader);
        assert!(room.is_ok(), "{room:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_does_not_wait_forever_for_readers_that_stand_still() {
        let retention = Retention::default();
        retention.joined("g", &[partition()]);
        write(&retention, 4);
        let start = Instant::now();
        assert!(matches!(retention.room(&records(1)).await, Err(EdgeError::Fatal(_))));
        assert_eq!(start.elapsed(), PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_once_may_go_when_the_reader_has_left() {
        let retention = Retention::default();
        retention.joined("slow", &[partition()]);
        retention.joined("g", &[partition()]);
        write(&retention, 4);
        retention.committed("g", &[(partition(), CommitOffset(4))]);
        retention.left("g", &[partition()]);
        retention.left("slow", &[partition()]);
        assert!(retention.room(&records(3)).await.is_ok());
    }
}
