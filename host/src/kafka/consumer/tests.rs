//! Tests of the consumer against the cluster in this process. A group takes three seconds to form there, and as
//! long again to change.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::config::connector::{ConnectorConfig, Direction};
use crate::config::worker::{Mode, WorkerConfig};
use crate::kafka::client_config;
use crate::kafka::mock::DevCluster;
use crate::kafka::producer::KafkaProducer;
use crate::pipeline::batch::Content;
use crate::pipeline::edges::{Outgoing, Produce};
use crate::record::{ConnectorId, TaskId};

const PATIENCE: Duration = Duration::from_secs(30);

/// A cluster and what a connector says of its clients.
struct Bench {
    cluster: DevCluster,
    overrides: Vec<(&'static str, &'static str)>,
    spec: ConsumerSpec,
}

impl Bench {
    async fn new(partitions: i32) -> Self {
        let cluster = DevCluster::start().unwrap();
        cluster.create_topic("t", partitions).await.unwrap();
        let spec = ConsumerSpec {
            topics: Topics::List(vec!["t".to_owned()]),
            template: BatchTemplate {
                contents: crate::pipeline::batch::Contents { key: Content::Opaque, value: Content::Opaque },
                ..BatchTemplate::default()
            },
            batch_max_bytes: 1 << 20,
            buffer_bytes: 8 << 20,
            dev: None,
        };
        Self { cluster, overrides: Vec::new(), spec }
    }

    fn config(&self) -> (WorkerConfig, ConnectorConfig) {
        let own = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let worker = own(&[("bootstrap.servers", self.cluster.bootstrap_servers())]);
        let mut connector = own(&[("name", "s"), ("connector.class", "C"), ("topics", "t")]);
        connector.extend(own(&self.overrides));
        let connector = ConnectorConfig::parse(&connector, Direction::Sink).unwrap();
        (WorkerConfig::parse(&worker, Mode::Dev).unwrap(), connector)
    }

    fn consumer(&self) -> KafkaConsumer {
        let (worker, connector) = self.config();
        let task = TaskId { connector: ConnectorId::new("s"), task: 0 };
        let settings = client_config::sink_consumer(&worker, &connector, &task).unwrap();
        KafkaConsumer::start(settings.in_process(), self.spec.clone()).unwrap()
    }

    async fn produce(&self, records: Vec<Outgoing>) {
        let (worker, connector) = self.config();
        let task = TaskId { connector: ConnectorId::new("s"), task: 0 };
        let settings = client_config::source_producer(&worker, &connector, &task).unwrap();
        let producer = KafkaProducer::start(&settings, None).unwrap();
        for written in producer.produce(records).await {
            written.unwrap();
        }
    }

    /// Writes records with values `0`, `1`, … to each partition.
    async fn fill(&self, partitions: i32, records: usize) {
        let record = |partition, number: usize| record(partition, number.to_string().into_bytes());
        self.produce((0..records).flat_map(|n| (0..partitions).map(move |p| record(p, n))).collect()).await;
    }
}

fn record(partition: i32, value: Vec<u8>) -> Outgoing {
    Outgoing {
        topic: "t".to_owned(),
        partition: Some(partition),
        timestamp: Some(1_000),
        key: None,
        value: Some(value),
        headers: Vec::new(),
    }
}

fn partition(number: i32) -> TopicPartition {
    TopicPartition::new("t", number)
}

async fn next(consumer: &mut KafkaConsumer) -> Polled {
    timeout(PATIENCE, consumer.next()).await.expect("something comes").unwrap()
}

/// Waits for an assignment that is not empty.
async fn assigned(consumer: &mut KafkaConsumer) -> Vec<TopicPartition> {
    loop {
        if let Polled::Assigned(partitions) = next(consumer).await
            && !partitions.is_empty()
        {
            return partitions;
        }
    }
}

async fn records(consumer: &mut KafkaConsumer) -> Batch {
    loop {
        match next(consumer).await {
            Polled::Records(batch) => return batch,
            Polled::Revoked { done, .. } => done.send(()).unwrap(),
            Polled::Assigned(_) | Polled::Lost(_) => {}
        }
    }
}

fn offsets(batch: &Batch) -> Vec<(i32, i64)> {
    batch.origins().iter().map(|origin| (origin.partition, origin.offset)).collect()
}

/// Reads until `count` records came, and returns their partitions and offsets.
async fn read(consumer: &mut KafkaConsumer, count: usize) -> Vec<(i32, i64)> {
    let mut seen = Vec::new();
    while seen.len() < count {
        seen.extend(offsets(&records(consumer).await));
    }
    seen
}

async fn nothing_comes(consumer: &mut KafkaConsumer) {
    let polled = timeout(Duration::from_millis(700), consumer.next()).await;
    assert!(polled.is_err(), "{polled:?}");
}

#[tokio::test]
async fn records_come_in_order_and_batches_keep_their_limits() {
    let mut bench = Bench::new(2).await;
    bench.overrides.push(("consumer.override.max.poll.records", "40"));
    bench.spec.batch_max_bytes = 1000;
    bench.fill(2, 100).await;
    bench.produce(vec![record(0, vec![b'x'; 5000]), record(0, b"last".to_vec())]).await;
    let mut consumer = bench.consumer();
    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    while seen.len() < 202 {
        let batch = records(&mut consumer).await;
        sizes.push((batch.total_rows(), batch.byte_size()));
        seen.extend(offsets(&batch));
    }
    for number in [0, 1] {
        let own: Vec<i64> = seen.iter().filter(|(partition, _)| *partition == number).map(|(_, at)| *at).collect();
        assert_eq!(own, (0..own.len() as i64).collect::<Vec<_>>());
    }
    assert!(sizes.iter().all(|(rows, bytes)| *rows <= 40 && (*bytes <= 1000 || *rows == 1)), "{sizes:?}");
    consumer.close().await;
}

#[tokio::test]
async fn a_record_comes_as_it_was_written() {
    let bench = Bench::new(1).await;
    let headers = vec![("a".to_owned(), Some(b"1".to_vec())), ("a".to_owned(), None), ("b".to_owned(), Some(vec![]))];
    let full = Outgoing { key: Some(b"k".to_vec()), headers, ..record(0, vec![0, 255]) };
    let tombstone = Outgoing { value: None, key: Some(Vec::new()), ..record(0, vec![]) };
    let empty = Outgoing { timestamp: Some(0), ..record(0, Vec::new()) };
    bench.produce(vec![full, tombstone, empty]).await;
    let mut consumer = bench.consumer();
    let mut batch = records(&mut consumer).await;
    assert_eq!(batch.total_rows(), 3);
    batch.decode();
    batch.reject_live(
        &[0, 1, 2],
        crate::pipeline::batch::Rejection {
            stage: crate::record::Stage::TaskPut,
            step: None,
            reason: String::new(),
            exception: "",
        },
    );
    let rejected: Vec<_> = batch.rejected().map(|row| row.record).collect();
    let [full, tombstone, empty] = rejected.as_slice() else { panic!("{rejected:?}") };
    assert_eq!((full.key, full.value, full.timestamp), (Some(&b"k"[..]), Some(&[0, 255][..]), 1_000));
    assert_eq!(full.headers, [("a", Some(&b"1"[..])), ("a", None), ("b", Some(&b""[..]))]);
    assert_eq!((tombstone.key, tombstone.value), (Some(&b""[..]), None));
    assert_eq!((empty.key, empty.value), (None, Some(&b""[..])));
    consumer.close().await;
}

#[tokio::test]
async fn the_next_consumer_goes_on_where_the_last_one_committed() {
    let bench = Bench::new(1).await;
    bench.fill(1, 10).await;
    let mut first = bench.consumer();
    read(&mut first, 10).await;
    first.commit(&[(partition(0), CommitOffset(4))]).await.unwrap();
    first.close().await;
    let mut second = bench.consumer();
    assert_eq!(read(&mut second, 6).await.first(), Some(&(0, 4)));
    second.close().await;
}

#[tokio::test]
async fn a_seek_drops_what_was_fetched_even_right_after_the_assignment() {
    let bench = Bench::new(2).await;
    bench.fill(2, 50).await;
    let mut consumer = bench.consumer();
    assigned(&mut consumer).await;
    consumer.seek(&[(partition(0), CommitOffset(45)), (partition(7), CommitOffset(1))]).await.unwrap();
    let seen = read(&mut consumer, 55).await;
    assert_eq!(seen.iter().filter(|(partition, _)| *partition == 0).collect::<Vec<_>>()[0], &(0, 45));
    assert_eq!(seen.len(), 55);
    consumer.seek(&[(partition(1), CommitOffset(48))]).await.unwrap();
    assert_eq!(read(&mut consumer, 2).await, [(1, 48), (1, 49)]);
    consumer.close().await;
}

#[tokio::test]
async fn paused_partitions_stay_silent_and_lose_nothing() {
    let mut bench = Bench::new(2).await;
    bench.overrides.push(("consumer.override.max.poll.records", "5"));
    bench.fill(2, 30).await;
    let mut consumer = bench.consumer();
    let mut seen = read(&mut consumer, 5).await;
    consumer.pause(&[partition(0)]).await.unwrap();
    while seen.iter().filter(|(partition, _)| *partition == 1).count() < 30 {
        let more = read(&mut consumer, 1).await;
        assert!(more.iter().all(|(partition, _)| *partition == 1), "{more:?}");
        seen.extend(more);
    }
    nothing_comes(&mut consumer).await;
    consumer.resume(&[partition(0)]).await.unwrap();
    seen.extend(read(&mut consumer, 60 - seen.len()).await);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 60);
    assert_eq!(seen.len(), 60, "nothing came twice");
    consumer.close().await;
}

#[tokio::test]
async fn the_thread_stops_polling_when_the_budget_is_used_up() {
    let mut bench = Bench::new(1).await;
    bench.spec.batch_max_bytes = 10_000;
    bench.spec.buffer_bytes = 50_000;
    bench.produce((0..1000).map(|_| record(0, vec![b'x'; 1000])).collect()).await;
    let mut consumer = bench.consumer();
    let mut count = records(&mut consumer).await.total_rows();
    let full = async {
        while consumer.shared.used() < 50_000 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, full).await.expect("the budget is used up");
    while count < 1000 {
        let used = consumer.shared.used();
        assert!(used <= 60_000, "{used}");
        count += records(&mut consumer).await.total_rows();
    }
    assert_eq!(count, 1000);
    consumer.close().await;
}

/// Two members; the second joins while the first has records in hand.
async fn a_second_member(strategy: &'static str) {
    let mut bench = Bench::new(4).await;
    bench.overrides.push(("consumer.override.partition.assignment.strategy", strategy));
    bench.overrides.push(("consumer.override.max.poll.records", "3"));
    bench.fill(4, 50).await;
    let mut first = bench.consumer();
    assert_eq!(assigned(&mut first).await.len(), 4);
    let mut seen: Vec<(i32, i64)> = read(&mut first, 3).await;
    let mut second = bench.consumer();
    // The first sees the revoke before the rest of what it has fetched.
    let taken = timeout(PATIENCE, first.taken()).await.expect("a revoke").unwrap();
    let Polled::Revoked { partitions: revoked, done } = taken else { panic!("{taken:?}") };
    let next_of = |partition: i32, seen: &[(i32, i64)]| {
        seen.iter().filter(|(own, _)| *own == partition).map(|(_, offset)| offset + 1).max().unwrap_or(0)
    };
    let commit: Vec<_> = revoked.iter().map(|one| (one.clone(), CommitOffset(next_of(one.partition, &seen)))).collect();
    // A real broker takes this commit; this cluster may refuse it, and then records come twice.
    let _ = first.commit(&commit).await;
    done.send(()).unwrap();
    let mut left: BTreeSet<(i32, i64)> = (0..4).flat_map(|own| (0..50).map(move |offset| (own, offset))).collect();
    left.retain(|one| !seen.contains(one));
    while !left.is_empty() {
        let more = tokio::select! {
            more = records(&mut first) => more,
            more = records(&mut second) => more,
        };
        for (partition, offset) in offsets(&more) {
            assert!(offset <= next_of(partition, &seen), "a gap before {partition}@{offset}");
            seen.push((partition, offset));
            left.remove(&(partition, offset));
        }
    }
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn a_member_that_joins_takes_over_without_gaps() {
    a_second_member("RangeAssignor").await;
}

#[tokio::test]
async fn a_member_that_joins_cooperatively_takes_over_without_gaps() {
    a_second_member("CooperativeStickyAssignor").await;
}

#[tokio::test]
async fn one_record_can_be_read_again() {
    let bench = Bench::new(1).await;
    bench.fill(1, 10).await;
    let mut consumer = bench.consumer();
    let again = consumer.refetch(&partition(0), Offset(7)).await.unwrap().unwrap();
    assert_eq!(offsets(&again), [(0, 7)]);
    assert!(consumer.refetch(&partition(0), Offset(10)).await.unwrap().is_none());
    consumer.close().await;
}

#[tokio::test]
async fn a_pattern_reads_the_topics_that_it_matches_as_a_whole() {
    let mut bench = Bench::new(1).await;
    bench.cluster.create_topic("tt", 1).await.unwrap();
    bench.fill(1, 3).await;
    bench.spec.topics = Topics::Pattern(r"(?:[a-s\d]|t)".to_owned());
    let mut consumer = bench.consumer();
    assert_eq!(assigned(&mut consumer).await, [partition(0)]);
    consumer.close().await;
}

#[tokio::test]
async fn a_consumer_that_is_dropped_leaves_its_group() {
    let bench = Bench::new(1).await;
    let mut first = bench.consumer();
    assigned(&mut first).await;
    drop(first);
    let mut second = bench.consumer();
    assert_eq!(assigned(&mut second).await, [partition(0)]);
    second.close().await;
}
