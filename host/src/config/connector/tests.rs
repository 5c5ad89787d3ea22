//! Facts about a connector's configuration.

use super::*;

fn properties(pairs: &[(&str, &str)]) -> Properties {
    let base = [("name", "c"), ("connector.class", "FileStreamSink"), ("topics", "t")];
    let all = base.iter().chain(pairs).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut properties: Properties = all.collect();
    properties.retain(|_, value| value != "(none)");
    properties
}

fn parse(pairs: &[(&str, &str)]) -> ConnectorConfig {
    ConnectorConfig::parse(&properties(pairs), Direction::Sink).unwrap()
}

/// Returns the problems as `key: message`.
fn problems(pairs: &[(&str, &str)]) -> Vec<String> {
    let found = ConnectorConfig::parse(&properties(pairs), Direction::Sink).unwrap_err();
    found.into_iter().map(|problem| format!("{}: {}", problem.key, problem.message)).collect()
}

#[test]
fn defaults_are_those_of_connect() {
    let config = parse(&[]);

    assert_eq!((config.tasks_max, config.tasks_max_enforce), (1, true));
    assert_eq!(config.errors.retry_timeout, Some(Duration::ZERO));
    assert_eq!(config.errors.retry_delay_max, Duration::from_secs(60));
    assert_eq!(config.errors.tolerance, Tolerance::None);
    assert_eq!((config.dead_letters, config.key_converter), (None, None));
    assert_eq!(config.topics, Some(Topics::List(vec!["t".to_owned()])));
}

#[test]
fn a_retry_timeout_of_minus_one_has_no_end() {
    assert_eq!(parse(&[("errors.retry.timeout", "-1")]).errors.retry_timeout, None);
}

#[test]
fn dead_letters_have_a_topic_replicas_and_headers() {
    let config = parse(&[
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dlq"),
        ("errors.deadletterqueue.topic.replication.factor", "1"),
        ("errors.deadletterqueue.context.headers.enable", "true"),
    ]);

    let expected = DeadLetterConfig { topic: "dlq".to_owned(), replication_factor: 1, context_headers: true };
    assert_eq!(config.dead_letters, Some(expected));
}

#[test]
fn overrides_lose_their_prefix() {
    let config = parse(&[("consumer.override.max.poll.records", "10"), ("producer.override.acks", "1")]);

    assert_eq!(config.clients.consumer.get("max.poll.records").map(String::as_str), Some("10"));
    assert_eq!(config.clients.producer.get("acks").map(String::as_str), Some("1"));
}

#[test]
fn debug_does_not_print_properties() {
    assert!(!format!("{:?}", parse(&[("database.password", "hunter2")])).contains("hunter2"));
}

#[test]
fn a_chain_has_transforms_with_their_own_keys_and_predicates() {
    let config = parse(&[
        ("transforms", "mask, drop"),
        ("transforms.mask.type", "MaskField$Value"),
        ("transforms.mask.fields", "ssn"),
        ("transforms.drop.type", "Filter"),
        ("transforms.drop.predicate", "isNull"),
        ("transforms.drop.negate", "TRUE"),
        ("predicates", "isNull"),
        ("predicates.isNull.type", "RecordIsTombstone"),
    ]);

    let [mask, drop] = config.chain.as_slice() else { panic!("two steps") };
    assert_eq!((mask.alias.as_str(), mask.class.as_str(), mask.negate), ("mask", "MaskField$Value", false));
    assert_eq!(mask.config, [("fields".to_owned(), "ssn".to_owned())].into());
    let predicate = PredicateConfig {
        alias: "isNull".to_owned(),
        class: "RecordIsTombstone".to_owned(),
        config: Properties::new(),
    };
    assert_eq!((drop.predicate.clone(), drop.negate), (Some(predicate), true));
    assert!(drop.config.is_empty());
}

#[test]
fn a_transform_without_a_type_is_a_problem() {
    let expected =
        "transforms.a.type: Missing required configuration \"transforms.a.type\" which has no default value.";
    assert_eq!(problems(&[("transforms", "a")]), [expected]);
}

#[test]
fn a_predicate_must_be_defined() {
    let found = problems(&[("transforms", "a"), ("transforms.a.type", "Filter"), ("transforms.a.predicate", "nobody")]);

    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("transforms.a.predicate: Invalid value nobody for configuration"));
}

#[test]
fn negate_needs_a_predicate() {
    let found = problems(&[("transforms", "a"), ("transforms.a.type", "Filter"), ("transforms.a.negate", "true")]);

    let expected = "transforms.a.type: Config 'transforms.a.negate' was provided but there is no config \
                    'transforms.a.predicate' defining a predicate to be negated.";
    assert_eq!(found, [expected]);
}

#[test]
fn aliases_are_unique_and_not_empty() {
    let found = problems(&[("predicates", "q,q,"), ("predicates.q.type", "X")]);

    assert_eq!(
        found,
        [
            "predicates: Invalid value [q, q, ] for configuration predicates: Duplicate alias provided.",
            "predicates: Invalid value [q, q, ] for configuration predicates: An alias is empty. Remove the extra comma",
        ]
    );
}

#[test]
fn a_sink_reads_topics_or_a_pattern() {
    let both = "topics and topics.regex are mutually exclusive options, but both are set.";
    assert_eq!(problems(&[("topics.regex", "a.*")]), [format!("topics: {both}"), format!("topics.regex: {both}")]);
    let none = "Must configure one of topics or topics.regex";
    assert_eq!(problems(&[("topics", "(none)")]), [format!("topics: {none}"), format!("topics.regex: {none}")]);
    let pattern = parse(&[("topics", "(none)"), ("topics.regex", "a.*")]);
    assert_eq!(pattern.topics, Some(Topics::Pattern("a.*".to_owned())));
}

#[test]
fn a_pattern_must_be_a_regular_expression() {
    let found = problems(&[("topics", "(none)"), ("topics.regex", "(")]);

    let expected = "topics.regex: Invalid value ( for configuration topics.regex: Invalid regex: unclosed group. \
                    Look-around and back-references are not supported";
    assert_eq!(found, [expected]);
}

#[test]
fn topics_are_unique_and_not_empty() {
    assert_eq!(problems(&[("topics", "a,a")]), ["topics: Configuration 'topics' values must not be duplicated."]);
    assert_eq!(problems(&[("topics", "a,,b")]), ["topics: Configuration 'topics' values must not be empty."]);
}

#[test]
fn dead_letters_do_not_come_back() {
    let dead_letters = ("errors.deadletterqueue.topic.name", "ab");

    assert_eq!(
        problems(&[("topics", "a,ab"), dead_letters]),
        ["topics: The DLQ topic 'ab' may not be included in the list of topics ('topics=[a, ab]') consumed by the \
          connector"]
    );
    assert_eq!(
        problems(&[("topics", "(none)"), ("topics.regex", "a.*"), dead_letters]),
        ["topics.regex: The DLQ topic 'ab' may not be matched by the regex for the topics ('topics.regex=a.*') \
          consumed by the connector"]
    );
}

#[test]
fn a_name_is_not_empty_and_has_no_control_characters() {
    assert_eq!(problems(&[("name", " ")]), ["name: Invalid value  for configuration name: String may not be empty"]);
    assert!(problems(&[("name", "a\u{7}b")])[0].contains("control sequences"));
}

#[test]
fn every_problem_is_reported_at_once() {
    let found = problems(&[("tasks.max", "0"), ("errors.tolerance", "some"), ("key.converter", "X")]);

    let keys: Vec<_> = found.iter().filter_map(|problem| problem.split(": ").next()).collect();
    assert_eq!(keys, ["tasks.max", "errors.tolerance", "key.converter"]);
}
