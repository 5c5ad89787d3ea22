//! The host's Kafka clients on real Apache Kafka: what the cluster in the process does differently.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use airlock::config::connector::{ConnectorConfig, Direction, Topics};
use airlock::config::worker::{Mode, WorkerConfig};
use airlock::kafka::admin::{Admin, TopicOutcome, TopicSettings};
use airlock::kafka::client_config;
use airlock::kafka::consumer::{ConsumerSpec, KafkaConsumer};
use airlock::kafka::producer::KafkaProducer;
use airlock::pipeline::batch::Batch;
use airlock::pipeline::edges::{Consume, EdgeError, Outgoing, Polled, Produce};
use airlock::pipeline::template::BatchTemplate;
use airlock::record::{CommitOffset, ConnectorId, Offset, TaskId, TopicPartition};
use airlock_tests::kafka_server;
use anyhow::{Context, Result, bail, ensure};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

const WITHIN: Duration = Duration::from_secs(60);
const PARTITIONS: i32 = 4;
const RECORDS: usize = 300;

/// The clients of a sink that is named like its topic.
struct Clients {
    worker: WorkerConfig,
    connector: ConnectorConfig,
}

impl Clients {
    fn new(name: &str, keys: &[(&str, &str)]) -> Result<Self> {
        let servers = kafka_server::shared()?.bootstrap_servers();
        let own = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let base = [("name", name), ("topics", name), ("connector.class", "C")];
        let connector = ConnectorConfig::parse(&own(&[&base[..], keys].concat()), Direction::Sink);
        let worker = WorkerConfig::parse(&own(&[("bootstrap.servers", servers)]), Mode::Dev);
        let (Ok(worker), Ok(connector)) = (worker, connector) else { bail!("a configuration is refused") };
        Ok(Self { worker, connector })
    }

    fn task(&self, task: u32) -> TaskId {
        TaskId { connector: ConnectorId::new(self.connector.id.name.clone()), task }
    }

    fn consumer(&self, task: u32) -> Result<Member> {
        let settings = client_config::sink_consumer(&self.worker, &self.connector, &self.task(task))?;
        let topics = self.connector.topics.clone().unwrap_or(Topics::List(Vec::new()));
        let (batch_max_bytes, buffer_bytes) = (1 << 20, 8 << 20);
        let spec =
            ConsumerSpec { topics, template: BatchTemplate::default(), batch_max_bytes, buffer_bytes, dev: None };
        Ok(Member { consumer: KafkaConsumer::start(settings, spec)?, next: Vec::new() })
    }

    fn admin(&self) -> Result<Admin> {
        Ok(Admin::start(&client_config::connector_admin(&self.worker, &self.connector, &self.task(0))?)?)
    }

    /// Creates the topic and writes records to each partition.
    async fn fill(&self) -> Result<()> {
        let topic = TopicSettings { partitions: Some(PARTITIONS), ..TopicSettings::default() };
        self.admin()?.ensure_topic(&self.connector.id.name, &topic).await?;
        let settings = client_config::source_producer(&self.worker, &self.connector, &self.task(0))?;
        let producer = KafkaProducer::start(&settings, None)?;
        let record = |partition| Outgoing {
            topic: self.connector.id.name.to_string(),
            partition: Some(partition),
            timestamp: None,
            key: None,
            value: Some(b"{}".to_vec()),
            headers: Vec::new(),
        };
        let records = (0..RECORDS).flat_map(|_| (0..PARTITIONS).map(record)).collect();
        for written in producer.produce(records).await {
            written?;
        }
        Ok(())
    }
}

/// Tells which member read which records.
type Seen = mpsc::UnboundedSender<(u32, Vec<(i32, i64)>)>;

/// A member of the group, which commits what it has read when partitions go, and when it goes itself.
struct Member {
    consumer: KafkaConsumer,
    next: Vec<(TopicPartition, CommitOffset)>,
}

impl Member {
    /// Reads at its leisure until it is to stop.
    async fn run(mut self, number: u32, seen: Seen, stop: oneshot::Receiver<()>) -> Result<()> {
        let mut stop = stop;
        loop {
            let polled = tokio::select! {
                biased;
                _ = &mut stop => break,
                polled = self.consumer.next() => polled?,
            };
            match polled {
                Polled::Records(batch) => {
                    seen.send((number, self.note(&batch)))?;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Polled::Revoked { partitions, done } => {
                    let (going, staying) = self.next.drain(..).partition(|(own, _)| partitions.contains(own));
                    self.next = staying;
                    self.consumer.commit(&going).await?;
                    let _ = done.send(());
                }
                Polled::Lost(partitions) => bail!("lost {partitions:?}"),
                Polled::Assigned(_) => {}
            }
        }
        self.consumer.commit(&self.next).await?;
        self.consumer.close().await;
        Ok(())
    }

    fn note(&mut self, batch: &Batch) -> Vec<(i32, i64)> {
        let mut read = Vec::new();
        for origin in batch.origins() {
            let partition = TopicPartition::new(origin.topic, origin.partition);
            self.next.retain(|(own, _)| *own != partition);
            self.next.push((partition, Offset(origin.offset).next()));
            read.push((origin.partition, origin.offset));
        }
        read
    }
}

/// A second member joins, and later the first one leaves; whoever goes commits.
async fn members_come_and_go(name: &str, strategy: &str) -> Result<()> {
    let keys = [
        ("consumer.override.partition.assignment.strategy", strategy),
        ("consumer.override.max.poll.records", "3"),
        ("consumer.override.heartbeat.interval.ms", "300"),
    ];
    let clients = Clients::new(name, &keys)?;
    clients.fill().await?;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let start = |number| -> Result<_> {
        let (stop, stopped) = oneshot::channel();
        Ok((tokio::spawn(clients.consumer(number)?.run(number, sender.clone(), stopped)), stop))
    };
    let (mut all, mut by_members) = (Vec::new(), BTreeSet::new());
    let mut read_until = async |member: u32, mut count: usize| -> Result<()> {
        while count > 0 && all.len() < RECORDS * PARTITIONS as usize {
            let (by, more) = timeout(WITHIN, seen.recv()).await?.context("a member failed")?;
            count = count.saturating_sub(if by == member { more.len() } else { 0 });
            by_members.insert(by);
            all.extend(more);
        }
        Ok(())
    };
    let (first, stop_first) = start(1)?;
    read_until(1, 30).await?;
    let (second, stop_second) = start(2)?;
    read_until(2, 60).await?;
    let _ = stop_first.send(());
    first.await??;
    read_until(2, usize::MAX).await?;
    let _ = stop_second.send(());
    second.await??;
    ensure!(by_members.len() == 2, "the second member came too late");
    let distinct: BTreeSet<_> = all.iter().collect();
    ensure!(distinct.len() == RECORDS * PARTITIONS as usize, "only {} records came", distinct.len());
    ensure!(distinct.len() == all.len(), "{} records came twice", all.len() - distinct.len());
    Ok(())
}

#[tokio::test]
async fn members_that_come_and_go_hand_over_exactly_what_they_committed() -> Result<()> {
    members_come_and_go("clients-range", "RangeAssignor").await
}

#[tokio::test]
async fn members_that_come_and_go_cooperatively_keep_what_stays() -> Result<()> {
    members_come_and_go("clients-cooperative", "CooperativeStickyAssignor").await
}

#[tokio::test]
async fn topics_are_created_once_and_what_cannot_be_says_why() -> Result<()> {
    let clients = Clients::new("clients-admin", &[])?;
    let admin = clients.admin()?;
    let config = [("cleanup.policy".to_owned(), "compact".to_owned())].into();
    let settings = TopicSettings { partitions: Some(1), replication_factor: Some(1), config };
    let created = [admin.ensure_topic("made", &settings).await?, admin.ensure_topic("made", &settings).await?];
    ensure!(created == [TopicOutcome::Created, TopicOutcome::Existed], "{created:?}");
    ensure!(admin.topics().await?.contains(&"made".to_owned()), "it is listed");
    ensure!(admin.cluster_id().await?.is_some_and(|id| !id.is_empty()), "the cluster has an id");
    // The broker's defaults.
    admin.ensure_topic("made-too", &TopicSettings::default()).await?;
    let three = TopicSettings { replication_factor: Some(3), ..settings };
    let refused = admin.ensure_topic("never", &three).await;
    let Err(EdgeError::Fatal(words)) = refused else { bail!("{refused:?}") };
    ensure!(words.contains("never") && words.contains("replication factor of 3"), "{words}");
    Ok(())
}

#[tokio::test]
async fn a_record_can_be_read_again_and_one_that_never_was_cannot() -> Result<()> {
    let clients = Clients::new("clients-refetch", &[])?;
    clients.fill().await?;
    let mut member = clients.consumer(0)?;
    let partition = TopicPartition::new("clients-refetch", 2);
    let again = member.consumer.refetch(&partition, Offset(7)).await?.context("record 7")?;
    ensure!(again.origins()[0].offset == 7, "{again:?}");
    ensure!(member.consumer.refetch(&partition, Offset(RECORDS as i64)).await?.is_none(), "beyond the end");
    ensure!(member.consumer.refetch(&partition, Offset(1_000_000)).await?.is_none(), "far beyond the end");
    member.consumer.close().await;
    Ok(())
}
