//! The keys that every connector, sink, transform and predicate has, with Connect's types, defaults, groups
//! and order; and the rules that span several of them.

use super::{Direction, Topics};
use crate::config::definition::{ConfigDefinition, ConfigKey, ConfigType, Importance, Values, Width};
use crate::config::{Problem, Properties, trim};

const COMMON: &str = "Common";
const ERRORS: &str = "Error Handling";

/// Returns the keys that Connect itself reads from a connector's configuration.
pub fn connector_keys(direction: Direction) -> ConfigDefinition {
    let mut keys = general_keys();
    keys.extend(chain_keys());
    keys.extend(error_keys());
    if direction == Direction::Sink {
        keys.extend(sink_keys());
    }
    ConfigDefinition::new(keys)
}

/// Returns the keys that every transform has beside its own.
pub fn transform_keys() -> Vec<ConfigKey> {
    let predicate = key("predicate", ConfigType::Text, "The alias of the predicate that chooses the records.");
    let negate = key("negate", ConfigType::Boolean, "Whether to take the records that the predicate does not choose.");
    vec![
        ConfigKey { default_value: Some(String::new()), order: None, ..predicate },
        ConfigKey { default_value: Some("false".to_owned()), order: None, ..negate },
    ]
}

/// The keys that every predicate has beside its own: none.
pub const PREDICATE_KEYS: [ConfigKey; 0] = [];

/// Checks Connect's own keys. The values of those that are right are returned in either case.
pub(super) fn check(properties: &Properties, direction: Direction, problems: &mut Vec<Problem>) -> Values {
    let definition = connector_keys(direction);
    let checked = definition.check(properties);
    let mut values = Values::default();
    for (key, result) in definition.keys().iter().zip(checked) {
        match result {
            Ok(Some(value)) => values.set(&key.name, value),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if values.text("name").is_some_and(|name| name.chars().any(|c| c.is_control())) {
        problems.push(Problem::new("name", "String may not contain control sequences but had one. Use plain text"));
    }
    values
}

/// Checks which topics a sink reads, and that its dead letters don't come back to it.
pub(super) fn topics(properties: &Properties, values: &Values, problems: &mut Vec<Problem>) -> Option<Topics> {
    let is_set = |key: &str| properties.get(key).is_some_and(|text| !trim(text).is_empty());
    let topics = match (is_set("topics"), is_set("topics.regex")) {
        (true, true) => {
            let message = "topics and topics.regex are mutually exclusive options, but both are set.";
            problems.extend(["topics", "topics.regex"].map(|key| Problem::new(key, message)));
            return None;
        }
        (false, false) => {
            let message = "Must configure one of topics or topics.regex";
            problems.extend(["topics", "topics.regex"].map(|key| Problem::new(key, message)));
            return None;
        }
        (true, false) => Topics::List(values.list("topics").to_vec()),
        (false, true) => Topics::Pattern(values.text("topics.regex").unwrap_or_default().to_owned()),
    };
    problems.extend(check_dead_letter_topic(&topics, values));
    Some(topics)
}

fn check_dead_letter_topic(topics: &Topics, values: &Values) -> Option<Problem> {
    let key = "errors.deadletterqueue.topic.name";
    let dead_letters = values.text(key)?;
    let why = match topics {
        Topics::List(names) if names.iter().any(|name| name == dead_letters) => {
            format!(
                "The DLQ topic '{dead_letters}' may not be included in the list of topics ('topics') consumed by the connector"
            )
        }
        _ => return None,
    };
    Some(Problem::new(key, why))
}

fn key(name: &str, value_type: ConfigType, documentation: &str) -> ConfigKey {
    ConfigKey { name: name.to_owned(), value_type, documentation: documentation.to_owned(), ..ConfigKey::default() }
}

/// A key of the group `Common`.
fn common(order: i32, display_name: &str, key: ConfigKey) -> ConfigKey {
    ConfigKey { group: COMMON.to_owned(), order: Some(order), display_name: display_name.to_owned(), ..key }
}

/// A key of the group `Error Handling`, with a default.
fn error(order: i32, display_name: &str, default: &str, key: ConfigKey) -> ConfigKey {
    let default_value = Some(default.to_owned());
    ConfigKey {
        group: ERRORS.to_owned(),
        order: Some(order),
        display_name: display_name.to_owned(),
        default_value,
        ..key
    }
}

fn general_keys() -> Vec<ConfigKey> {
    use ConfigType::{Boolean, Class, Int, Text};
    use Importance::{High, Low};
    let name = key("name", Text, "The connector's name, unique among the worker's connectors.");
    let class = key("connector.class", Text, "The connector's class: its full name, its simple name or its alias.");
    let max = key("tasks.max", Int, "The most tasks that this connector may have.");
    let enforce = key("tasks.max.enforce", Boolean, "Whether a connector with more tasks than tasks.max fails.");
    let key_converter = key("key.converter", Class, "The converter of record keys. Default: the worker's.");
    let value_converter = key("value.converter", Class, "The converter of record values. Default: the worker's.");
    let header_converter = key("header.converter", Class, "The converter of record headers. Default: the worker's.");
    vec![
        common(
            1,
            "Connector name",
            ConfigKey { required: true, non_empty: true, importance: High, width: Width::Medium, ..name },
        ),
        common(2, "Connector class", ConfigKey { required: true, importance: High, width: Width::Long, ..class }),
        common(
            3,
            "Tasks max",
            ConfigKey {
                default_value: Some("1".to_owned()),
                minimum: Some(1),
                importance: High,
                width: Width::Short,
                ..max
            },
        ),
        common(
            4,
            "Enforce tasks max",
            ConfigKey { default_value: Some("true".to_owned()), importance: Low, width: Width::Short, ..enforce },
        ),
        common(5, "Key converter class", ConfigKey { importance: Low, width: Width::Short, ..key_converter }),
        common(6, "Value converter class", ConfigKey { importance: Low, width: Width::Short, ..value_converter }),
        common(7, "Header converter class", ConfigKey { importance: Low, width: Width::Short, ..header_converter }),
    ]
}

fn chain_keys() -> Vec<ConfigKey> {
    let list = |name: &str, documentation: &str| ConfigKey {
        default_value: Some(String::new()),
        importance: Importance::Low,
        width: Width::Long,
        ..key(name, ConfigType::List, documentation)
    };
    let transforms = list("transforms", "The aliases of the transforms that records pass, in order.");
    let predicates = list("predicates", "The aliases of the predicates that transforms may name.");
    let reload = ConfigKey {
        default_value: Some("restart".to_owned()),
        valid_values: vec!["none".to_owned(), "restart".to_owned()],
        importance: Importance::Low,
        width: Width::Medium,
        ..key("config.action.reload", ConfigType::Text, "What to do when a configuration provider's values change.")
    };
    vec![
        ConfigKey { group: "Transforms".to_owned(), ..common(8, "Transforms", transforms) },
        ConfigKey { group: "Predicates".to_owned(), ..common(9, "Predicates", predicates) },
        common(10, "Reload Action", reload),
    ]
    .into_iter()
    .map(|key| match key.name.as_str() {
        "transforms" => ConfigKey { group: "Transforms".to_owned(), ..key },
        "predicates" => ConfigKey { group: "Predicates".to_owned(), ..key },
        _ => key,
    })
    .collect()
}

fn error_keys() -> Vec<ConfigKey> {
    use ConfigType::{Boolean, Long, Text};
    let timeout =
        key("errors.retry.timeout", Long, "How long a failed operation is tried again, in ms; -1: without end.");
    let delay = key("errors.retry.delay.max.ms", Long, "The longest wait between two tries, in ms.");
    let tolerance = key("errors.tolerance", Text, "none: a failed record fails the task; all: it is left out.");
    let log = key("errors.log.enable", Boolean, "Whether each failure is logged.");
    let include = key("errors.log.include.messages", Boolean, "Whether the log of failures shows the records.");
    let valid_values = vec!["none".to_owned(), "all".to_owned()];
    vec![
        error(1, "Retry Timeout for Errors", "0", ConfigKey { width: Width::Medium, ..timeout }),
        error(2, "Maximum Delay Between Retries for Errors", "60000", ConfigKey { width: Width::Medium, ..delay }),
        error(3, "Error Tolerance", "none", ConfigKey { width: Width::Short, valid_values, ..tolerance }),
        error(4, "Log Errors", "false", ConfigKey { width: Width::Short, ..log }),
        error(5, "Log Error Details", "false", ConfigKey { width: Width::Short, ..include }),
    ]
}

fn sink_keys() -> Vec<ConfigKey> {
    use ConfigType::{Boolean, List, Short, Text};
    let topics = key("topics", List, "The topics to read.");
    let regex = key("topics.regex", Text, "A Java regular expression that matches the names of the topics to read.");
    let name = key("errors.deadletterqueue.topic.name", Text, "The topic of records that fail; empty: none.");
    let replicas = key("errors.deadletterqueue.topic.replication.factor", Short, "The replicas it is created with.");
    let headers = "errors.deadletterqueue.context.headers.enable";
    let headers = key(headers, Boolean, "Whether headers of a dead letter say what happened.");
    let empty = || Some(String::new());
    let high = Importance::High;
    vec![
        common(4, "Topics", ConfigKey { default_value: empty(), importance: high, width: Width::Long, ..topics }),
        common(4, "Topics regex", ConfigKey { default_value: empty(), importance: high, width: Width::Long, ..regex }),
        error(6, "Dead Letter Queue Topic Name", "", ConfigKey { width: Width::Medium, ..name }),
        error(7, "Dead Letter Queue Topic Replication Factor", "3", ConfigKey { width: Width::Medium, ..replicas }),
        error(8, "Enable Error Context Headers", "false", ConfigKey { width: Width::Medium, ..headers }),
    ]
}
