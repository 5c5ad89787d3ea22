//! Facts about a worker's configuration.

use super::*;
use crate::config::converter::{Charset, JsonConverter};

fn properties(pairs: &[(&str, &str)]) -> Properties {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn dev(pairs: &[(&str, &str)]) -> WorkerConfig {
    WorkerConfig::parse(&properties(pairs), Mode::Dev).unwrap()
}

fn problems(pairs: &[(&str, &str)], mode: Mode) -> Vec<String> {
    let found = WorkerConfig::parse(&properties(pairs), mode).unwrap_err();
    found.into_iter().map(|problem| problem.message).collect()
}

fn addresses(config: &WorkerConfig) -> Vec<String> {
    config.listeners.iter().map(Listener::to_string).collect()
}

#[test]
fn dev_mode_needs_no_key() {
    let config = dev(&[]);

    assert_eq!(config.bootstrap_servers, "localhost:9092");
    assert_eq!(config.key_converter, Converter::Text(Charset::Utf8));
    let plain = JsonConverter { schemas_enable: false, ..JsonConverter::default() };
    assert_eq!(config.value_converter, Converter::Json(plain));
    assert_eq!(config.storage, Storage::File("airlock-data/connect.offsets".into()));
    assert_eq!(config.offset_flush_interval, Duration::from_secs(60));
    assert_eq!(config.offset_flush_timeout, Duration::from_secs(5));
    assert_eq!(config.graceful_shutdown_timeout, Duration::from_secs(5));
    assert_eq!(addresses(&config), ["127.0.0.1:8083"]);
    assert!(config.plugin_path.is_empty() && config.warnings.is_empty());
}

#[test]
fn airlocks_own_keys_have_defaults() {
    let expected = AirlockConfig {
        isolation_calls: 200,
        isolation_cpu: Duration::from_secs(300),
        data_dir: "airlock-data".into(),
        cache_dir: "airlock-data/cache".into(),
        grant_directories: Vec::new(),
        grant_endpoints: Vec::new(),
        call_cpu: Duration::from_secs(10),
        call_timeout: Duration::from_secs(60),
        memory_max_bytes: 256 << 20,
        component_max_bytes: 64 << 20,
        batch_max_bytes: 4 << 20,
        task_buffer_bytes: 32 << 20,
        tick: Duration::from_secs(1),
        restart: RestartConfig::default(),
    };
    assert_eq!(dev(&[]).airlock, expected);
}

#[test]
fn standalone_requires_what_connect_requires() {
    let missing = |key: &str| format!("Missing required configuration \"{key}\" which has no default value.");
    let expected = ["key.converter", "value.converter", "offset.storage.file.filename"].map(missing);

    assert_eq!(problems(&[], Mode::Standalone), expected);
}

#[test]
fn the_worker_of_the_guides_is_accepted_with_warnings() {
    let config = WorkerConfig::parse(
        &properties(&[
            ("bootstrap.servers", "kafka1:9092, kafka2:9092"),
            ("group.id", "connect-cluster"),
            ("key.converter", "org.apache.kafka.connect.json.JsonConverter"),
            ("value.converter", "org.apache.kafka.connect.json.JsonConverter"),
            ("key.converter.schemas.enable", "false"),
            ("value.converter.schemas.enable", "false"),
            ("offset.storage.file.filename", "/tmp/offsets"),
            ("rest.host.name", "0.0.0.0"),
            ("rest.port", "8084"),
            ("rest.advertised.host.name", "worker-1"),
            ("plugin.path", "/opt/a,/opt/b"),
            ("offset.flush.intervall.ms", "1"),
        ]),
        Mode::Standalone,
    )
    .unwrap();

    assert_eq!(config.bootstrap_servers, "kafka1:9092,kafka2:9092");
    assert_eq!(addresses(&config), ["0.0.0.0:8084"]);
    assert_eq!(config.plugin_path, [PathBuf::from("/opt/a"), PathBuf::from("/opt/b")]);
    assert_eq!(config.worker_id(([127, 0, 0, 1], 8084).into()), "worker-1:8084");
    let expected = [
        "group.id has no effect: it is a key of `airlock distributed`",
        "offset.flush.intervall.ms is not a key of this worker and has no effect. Check its spelling",
        "rest.host.name is deprecated. Use listeners=http://host:port",
        "rest.port is deprecated. Use listeners=http://host:port",
    ];
    assert_eq!(config.warnings, expected);
}

#[test]
fn clients_keys_lose_their_prefix() {
    let config = dev(&[("producer.linger.ms", "5"), ("consumer.max.poll.records", "10"), ("admin.retries", "1")]);

    assert_eq!(config.clients.producer, properties(&[("linger.ms", "5")]));
    assert_eq!(config.clients.consumer, properties(&[("max.poll.records", "10")]));
    assert_eq!(config.clients.admin, properties(&[("retries", "1")]));
}

#[test]
fn listeners_are_http_urls() {
    let config = dev(&[("listeners", "http://localhost:0, http://[::1]:9, http://:8083")]);

    assert_eq!(addresses(&config), ["localhost:0", "[::1]:9", "0.0.0.0:8083"]);
    for bad in ["https://a:1", "a:1", "http://a", "http://a:99999"] {
        assert_eq!(problems(&[("listeners", bad)], Mode::Dev).len(), 1, "{bad}");
    }
}

#[test]
fn every_problem_is_reported_at_once() {
    let found = problems(&[("airlock.tick.ms", "0"), ("value.converter", "X"), ("listeners", "nowhere")], Mode::Dev);

    assert_eq!(found.len(), 3);
}

#[test]
fn a_policy_says_which_keys_of_its_clients_a_connector_may_set() {
    let policy = "connector.client.config.override.policy";
    let list = "connector.client.config.override.allowlist";
    let connector = properties(&[("producer.override.acks", "all"), ("admin.override.security.protocol", "SSL")]);
    let refused = |keys: &[(&str, &str)]| -> Vec<String> {
        dev(keys).override_policy.check(&connector).into_iter().map(|problem| problem.key).collect()
    };
    let none: [&str; 0] = [];

    assert_eq!(refused(&[]), none);
    assert_eq!(refused(&[(policy, "None")]), ["producer.override.acks", "admin.override.security.protocol"]);
    assert_eq!(refused(&[(policy, "Principal")]), ["producer.override.acks"]);
    let class = "org.apache.kafka.connect.connector.policy.AllowlistConnectorClientConfigOverridePolicy";
    assert_eq!(refused(&[(policy, class), (list, "linger.ms, acks")]), ["admin.override.security.protocol"]);
    assert!(problems(&[(policy, "com.example.Mine")], Mode::Dev)[0].contains("Use All, None, Principal or Allowlist"));
}
