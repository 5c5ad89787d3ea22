//! Tests of the producer against the cluster in this process.

use super::*;
use crate::config::connector::{ConnectorConfig, Direction};
use crate::config::worker::{Mode, WorkerConfig};
use crate::kafka::admin::{Admin, TopicSettings};
use crate::kafka::client_config;
use crate::kafka::mock::DevCluster;
use crate::record::{ConnectorId, TaskId};

fn config(cluster: &DevCluster) -> (WorkerConfig, ConnectorConfig, TaskId) {
    let servers = ("bootstrap.servers".to_owned(), cluster.bootstrap_servers().to_owned());
    let worker = WorkerConfig::parse(&[servers].into(), Mode::Dev).unwrap();
    let keys = [("name", "s"), ("connector.class", "C")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let connector = ConnectorConfig::parse(&keys.into(), Direction::Source).unwrap();
    (worker, connector, TaskId { connector: ConnectorId::new("s"), task: 0 })
}

fn producer(cluster: &DevCluster, creation: Option<TopicCreation>) -> KafkaProducer {
    let (worker, connector, task) = config(cluster);
    KafkaProducer::start(&client_config::source_producer(&worker, &connector, &task).unwrap(), creation).unwrap()
}

fn admin(cluster: &DevCluster) -> Admin {
    let (worker, ..) = config(cluster);
    Admin::of_dev(&client_config::worker_admin(&worker).unwrap(), cluster.clone()).unwrap()
}

fn record(key: Option<&str>, value: &str) -> Outgoing {
    Outgoing {
        topic: "t".to_owned(),
        partition: None,
        timestamp: None,
        key: key.map(|key| key.as_bytes().to_vec()),
        value: Some(value.as_bytes().to_vec()),
        headers: Vec::new(),
    }
}

#[tokio::test]
async fn keys_go_to_the_partitions_where_java_puts_them() {
    let cluster = DevCluster::start().unwrap();
    cluster.create_topic("t", 7).await.unwrap();
    // From Kafka's own UtilsTest: murmur2 of these keys.
    let hashes = [
        ("21", -973_932_308_i32),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ];
    let records = hashes.iter().map(|(key, _)| record(Some(key), "")).collect();
    let written = producer(&cluster, None).produce(records).await;
    for ((key, hash), written) in hashes.iter().zip(written) {
        assert_eq!(written.unwrap().partition, (hash & 0x7fff_ffff) % 7, "{key}");
    }
}

#[tokio::test]
async fn records_of_a_partition_are_written_in_order_and_each_says_where() {
    let cluster = DevCluster::start().unwrap();
    cluster.create_topic("t", 1).await.unwrap();
    let producer = producer(&cluster, None);
    let written = producer.produce((0..5000).map(|number| record(None, &number.to_string())).collect()).await;
    let offsets: Vec<i64> = written.into_iter().map(|written| written.unwrap().offset.0).collect();
    assert_eq!(offsets, (0..5000).collect::<Vec<_>>());
    producer.close(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_record_that_is_too_large_fails_alone() {
    let cluster = DevCluster::start().unwrap();
    cluster.create_topic("t", 1).await.unwrap();
    let records = vec![record(None, "a"), record(None, &"x".repeat(2_000_000)), record(None, "b")];
    let written = producer(&cluster, None).produce(records).await;
    assert!(written[0].is_ok() && written[2].is_ok(), "{written:?}");
    let Err(EdgeError::Fatal(error)) = &written[1] else { panic!("{written:?}") };
    assert!(error.contains("topic t"), "{error}");
}

#[tokio::test]
async fn a_missing_topic_is_created_as_the_task_wants_it() {
    let cluster = DevCluster::start().unwrap();
    let settings = TopicSettings { partitions: Some(3), ..TopicSettings::default() };
    let creation = TopicCreation { admin: admin(&cluster), settings };
    let written = producer(&cluster, Some(creation)).produce(vec![record(None, "a")]).await;
    assert!(written[0].is_ok(), "{written:?}");
    assert_eq!(admin(&cluster).topics().await.unwrap(), ["t"]);
    assert_eq!(cluster.create_topic("t", 1).await.unwrap(), crate::kafka::admin::TopicOutcome::Existed);
}

#[tokio::test]
async fn more_records_than_the_queue_holds_wait_for_room() {
    let cluster = DevCluster::start().unwrap();
    cluster.create_topic("t", 1).await.unwrap();
    let (worker, mut connector, task) = config(&cluster);
    connector.clients.producer.insert("buffer.memory".to_owned(), "102400".to_owned());
    let settings = client_config::source_producer(&worker, &connector, &task).unwrap();
    let producer = KafkaProducer::start(&settings, None).unwrap();
    let value = "x".repeat(5000);
    let written = producer.produce((0..200).map(|_| record(None, &value)).collect()).await;
    assert!(written.iter().all(Result::is_ok));
}

#[tokio::test]
async fn in_development_a_producer_fails_before_the_cluster_forgets_what_nobody_read() {
    let cluster = DevCluster::start().unwrap();
    let creation = TopicCreation { admin: admin(&cluster), settings: TopicSettings::default() };
    let producer = producer(&cluster, Some(creation));
    let value = "x".repeat(100_000);
    let written = producer.produce((0..60).map(|_| record(None, &value)).collect()).await;
    let failed = written.iter().filter(|written| written.is_err()).count();
    assert!((15..30).contains(&failed), "{failed} of 6 MB");
    let Some(Err(EdgeError::Fatal(error))) = written.last() else { panic!("{written:?}") };
    assert!(error.contains("start a sink"), "{error}");
}
