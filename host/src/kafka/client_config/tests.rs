//! Tests of the translation, and that librdkafka takes every result.

use super::*;
use crate::config::connector::Direction;
use crate::config::worker::Mode;
use crate::record::ConnectorId;

fn worker(keys: &[(&str, &str)]) -> WorkerConfig {
    let properties = keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    WorkerConfig::parse(&properties, Mode::Dev).expect("a worker's configuration")
}

fn sink(keys: &[(&str, &str)]) -> ConnectorConfig {
    let base = [("name", "s"), ("connector.class", "C"), ("topics", "t")];
    let all = base.iter().chain(keys).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    ConnectorConfig::parse(&all, Direction::Sink).expect("a connector's configuration")
}

fn task() -> TaskId {
    TaskId { connector: ConnectorId::new("s"), task: 2 }
}

fn consumer(worker_keys: &[(&str, &str)], connector_keys: &[(&str, &str)]) -> Result<ClientSettings, String> {
    sink_consumer(&worker(worker_keys), &sink(connector_keys), &task()).map_err(|error| error.to_string())
}

fn producer_of(worker_keys: &[(&str, &str)], connector_keys: &[(&str, &str)]) -> Result<ClientSettings, String> {
    source_producer(&worker(worker_keys), &sink(connector_keys), &task()).map_err(|error| error.to_string())
}

#[track_caller]
fn check(settings: &ClientSettings, expected: &[(&str, &str)]) {
    for (key, value) in expected {
        assert_eq!(settings.get(key), Some(*value), "{key}");
    }
    settings.to_rdkafka().create_native_config().expect("librdkafka takes it");
}

#[test]
fn a_sink_consumer_has_connects_defaults() {
    let settings = consumer(&[("bootstrap.servers", "k:9092")], &[]).expect("settings");
    check(
        &settings,
        &[
            ("bootstrap.servers", "k:9092"),
            ("client.id", "connector-consumer-s-2"),
            ("group.id", "connect-s"),
            ("auto.offset.reset", "earliest"),
            ("enable.auto.commit", "false"),
            ("group.protocol", "classic"),
            ("isolation.level", "read_uncommitted"),
            ("partition.assignment.strategy", "range"),
        ],
    );
    assert_eq!(settings.max_poll_records(), 500);
}

#[test]
fn a_source_producer_has_connects_defaults_and_javas_partitioner() {
    let expected = [
        ("acks", "all"),
        ("enable.idempotence", "false"),
        ("max.in.flight.requests.per.connection", "1"),
        ("delivery.timeout.ms", "2147483647"),
        ("partitioner", "murmur2_random"),
        ("client.id", "connector-producer-s-2"),
    ];
    check(&producer_of(&[], &[]).expect("settings"), &expected);
}

#[test]
fn a_connectors_override_wins_over_the_workers_default() {
    let worker_keys = [("producer.linger.ms", "5"), ("producer.acks", "1")];
    let settings = producer_of(&worker_keys, &[("producer.override.linger.ms", "20")]).expect("settings");
    check(&settings, &[("linger.ms", "20"), ("acks", "1")]);
}

#[test]
fn the_workers_security_holds_for_its_connectors_unless_they_name_another() {
    let secure = [
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-256"),
        ("sasl.jaas.config", "x.ScramLoginModule required username=\"u\" password=\"p\";"),
    ];
    let settings = consumer(&secure, &[]).expect("settings");
    check(&settings, &[("security.protocol", "sasl_ssl"), ("sasl.username", "u"), ("sasl.password", "p")]);

    let other = [&secure[..], &[("consumer.security.protocol", "PLAINTEXT")]].concat();
    let settings = consumer(&other, &[]).expect("settings");
    assert_eq!((settings.get("security.protocol"), settings.get("sasl.username")), (Some("plaintext"), None));
}

#[test]
fn javas_default_assignors_become_range() {
    let java = "org.apache.kafka.clients.consumer.RangeAssignor,\
                org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
    let settings = consumer(&[("consumer.partition.assignment.strategy", java)], &[]).expect("settings");
    check(&settings, &[("partition.assignment.strategy", "range")]);
    let sticky = consumer(&[], &[("consumer.override.partition.assignment.strategy", "x.CooperativeStickyAssignor")]);
    check(&sticky.expect("settings"), &[("partition.assignment.strategy", "cooperative-sticky")]);
}

#[test]
fn a_key_that_cannot_be_honoured_is_named_as_it_was_written() {
    let refused = [
        ("consumer.override.enable.auto.commit", "true"),
        ("consumer.override.interceptor.classes", "a.B"),
        ("consumer.override.group.protocol", "consumer"),
        ("consumer.override.sasl.mechanism", "GSSAPI"),
        ("consumer.override.ssl.enabled.protocols", "TLSv1.3"),
    ];
    for (key, value) in refused {
        let error = consumer(&[], &[(key, value)]).expect_err(key);
        assert!(error.starts_with(key) && error.contains(value), "{error}");
    }
}

#[test]
fn a_refused_secret_is_not_shown() {
    let keys = [("consumer.override.sasl.jaas.config", "x.Krb5LoginModule required password=hush;")];
    let error = consumer(&[], &keys).expect_err("refused");
    assert!(!error.contains("hush"), "{error}");
}

#[test]
fn keys_without_effect_and_unknown_keys_are_noted() {
    let keys = [("consumer.override.key.deserializer", "a.B"), ("consumer.override.no.such.key", "1")];
    let settings = consumer(&[], &keys).expect("settings");
    assert_eq!(settings.notes().len(), 2, "{:?}", settings.notes());
}

#[test]
fn javas_values_are_put_into_librdkafkas_ranges() {
    let keys = [
        ("consumer.override.send.buffer.bytes", "-1"),
        ("consumer.override.connections.max.idle.ms", "-1"),
        ("consumer.override.request.timeout.ms", "600000"),
        ("consumer.override.fetch.max.bytes", "500000"),
        ("consumer.override.max.poll.records", "7"),
    ];
    let settings = consumer(&[], &keys).expect("settings");
    check(&settings, &[("socket.send.buffer.bytes", "0"), ("socket.timeout.ms", "300000")]);
    assert_eq!(settings.max_poll_records(), 7);
    let created: Result<rdkafka::consumer::BaseConsumer, _> = settings.to_rdkafka().create();
    assert!(created.is_ok(), "{:?}", created.err());
}

#[test]
fn a_jks_store_is_refused_with_the_way_to_convert_it() {
    let store = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(store.path(), [0xFE, 0xED, 0xFE, 0xED, 0, 0]).expect("written");
    let path = store.path().to_str().expect("a path");
    let error = consumer(&[], &[("consumer.override.ssl.truststore.location", path)]).expect_err("refused");
    assert!(error.contains("keytool"), "{error}");
}

#[test]
fn a_key_that_cannot_be_honoured_is_found_before_a_task_starts() {
    let found = |keys: &[(&str, &str)]| -> Vec<(String, String)> {
        let problems = problems(&worker(&[]), &sink(keys)).into_iter();
        problems.map(|problem| (problem.key, problem.message)).collect()
    };

    assert!(found(&[("consumer.override.max.poll.records", "10")]).is_empty());
    let (key, message) = found(&[("consumer.override.group.protocol", "consumer")]).remove(0);
    assert_eq!(key, "consumer.override.group.protocol");
    assert!(message.contains("Use classic"), "{message}");
    let (key, message) = found(&[("producer.override.acks", "some")]).remove(0);
    assert_eq!(key, "producer.override.acks");
    assert!(message.contains("some"), "{message}");
    assert_eq!(found(&[("consumer.override.fetch.max.wait.ms", "soon")])[0].0, "consumer.override.fetch.max.wait.ms");
}

#[test]
fn each_type_of_compression_has_its_own_level() {
    let levels = [("producer.override.compression.gzip.level", "9"), ("producer.override.compression.zstd.level", "3")];
    let with = |kind: &'static str| [&levels[..], &[("producer.override.compression.type", kind)]].concat();

    check(&producer_of(&[], &with("gzip")).expect("settings"), &[("compression.level", "9")]);
    check(&producer_of(&[], &with("zstd")).expect("settings"), &[("compression.level", "3")]);
    assert_eq!(producer_of(&[], &with("lz4")).expect("settings").get("compression.level"), None);
}
