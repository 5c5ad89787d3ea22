//! The keys that every connector, sink, transform and predicate has, with Connect's types, defaults, groups
//! and order. The rules that span several keys are in [`super::rules`].

use super::Direction;
use crate::config::definition::{ConfigDefinition, ConfigKey, ConfigType, Importance, Width};
use crate::config::restart;

use ConfigType::{Boolean, Class, Int, List, Long, Short, Text};
use Importance::{High, Low, Medium};

const COMMON: &str = "Common";
const ERRORS: &str = "Error Handling";

/// Returns the keys that Connect itself reads from a connector's configuration.
pub fn connector_keys(direction: Direction) -> ConfigDefinition {
    let mut keys = general_keys();
    keys.extend(error_keys());
    if direction == Direction::Sink {
        keys.extend(sink_keys());
    }
    keys.extend(dead_letter_keys());
    keys.extend(restart::connector_keys());
    ConfigDefinition::new(keys)
}

/// Returns the keys that every transform has beside its type and its own.
pub fn transform_keys() -> Vec<ConfigKey> {
    vec![
        ConfigKey {
            default_value: Some("false".to_owned()),
            ..key("negate", Boolean, "Whether to take the records that the predicate does not choose.")
        },
        key("predicate", Text, "The alias of the predicate that chooses the records."),
    ]
}

fn key(name: &str, value_type: ConfigType, documentation: &str) -> ConfigKey {
    ConfigKey { name: name.to_owned(), value_type, documentation: documentation.to_owned(), ..ConfigKey::default() }
}

/// Where a form shows a key.
struct Place(&'static str, i32, Width, &'static str);

impl ConfigKey {
    fn at(self, Place(group, order, width, display_name): Place) -> ConfigKey {
        let (group, display_name) = (group.to_owned(), display_name.to_owned());
        ConfigKey { group, order: Some(order), width, display_name, ..self }
    }

    fn or(self, default: &str) -> ConfigKey {
        ConfigKey { default_value: Some(default.to_owned()), ..self }
    }

    fn importance(self, importance: Importance) -> ConfigKey {
        ConfigKey { importance, ..self }
    }

    fn one_of(self, values: [&str; 2]) -> ConfigKey {
        ConfigKey { valid_values: values.map(str::to_owned).to_vec(), ..self }
    }
}

fn general_keys() -> Vec<ConfigKey> {
    let name = key("name", Text, "The connector's name, unique among the worker's connectors.");
    let class = key("connector.class", Text, "The connector's class: its full name, its simple name or its alias.");
    let tasks = key("tasks.max", Int, "The most tasks that this connector may have.").or("1");
    let tasks = ConfigKey { minimum: Some(1), ..tasks };
    let enforce = key("tasks.max.enforce", Boolean, "Whether a connector that asks for more tasks fails.").or("true");
    let converter = |part: &str| {
        let documentation = format!("The converter of record {part}s. Default: the worker's.");
        key(&format!("{part}.converter"), Class, &documentation).importance(Low)
    };
    let reload = key("config.action.reload", Text, "What to do when a configuration provider's values change.");
    let transforms = key("transforms", List, "The aliases of the transforms that records pass, in order.");
    let predicates = key("predicates", List, "The aliases of the predicates that transforms may name.");
    vec![
        ConfigKey { required: true, ..name }.importance(High).at(Place(COMMON, 1, Width::Medium, "Connector name")),
        ConfigKey { required: true, ..class }.importance(High).at(Place(COMMON, 2, Width::Long, "Connector class")),
        tasks.importance(High).at(Place(COMMON, 4, Width::Short, "Tasks max")),
        enforce.importance(Low).at(Place(COMMON, 5, Width::Short, "Enforce tasks max")),
        converter("key").at(Place(COMMON, 6, Width::Short, "Key converter class")),
        converter("value").at(Place(COMMON, 8, Width::Short, "Value converter class")),
        converter("header").at(Place(COMMON, 10, Width::Short, "Header converter class")),
        transforms.or("").importance(Low).at(Place("Transforms", 12, Width::Long, "Transforms")),
        predicates.or("").importance(Low).at(Place("Predicates", 13, Width::Long, "Predicates")),
        reload.or("restart").one_of(["none", "restart"]).importance(Low).at(Place(
            COMMON,
            14,
            Width::Medium,
            "Reload Action",
        )),
    ]
}

fn error_keys() -> Vec<ConfigKey> {
    let timeout =
        key("errors.retry.timeout", Long, "How long a failed operation is tried again, in ms; -1: without end.");
    let delay = key("errors.retry.delay.max.ms", Long, "The longest wait between two tries, in ms.");
    let tolerance = key("errors.tolerance", Text, "none: a failed record fails the task; all: it is left out.");
    let log = key("errors.log.enable", Boolean, "Whether each failure is logged.");
    let include = key("errors.log.include.messages", Boolean, "Whether that log shows the records.");
    vec![
        timeout.or("0").at(Place(ERRORS, 1, Width::Medium, "Retry Timeout for Errors")),
        delay.or("60000").at(Place(ERRORS, 2, Width::Medium, "Maximum Delay Between Retries for Errors")),
        tolerance.or("none").one_of(["none", "all"]).at(Place(ERRORS, 3, Width::Short, "Error Tolerance")),
        log.or("false").at(Place(ERRORS, 4, Width::Short, "Log Errors")),
        include.or("false").at(Place(ERRORS, 5, Width::Short, "Log Error Details")),
    ]
}

fn sink_keys() -> Vec<ConfigKey> {
    let topics = key("topics", List, "The topics to read.");
    let regex = key("topics.regex", Text, "A regular expression for the whole names of the topics to read.");
    vec![
        topics.or("").importance(High).at(Place(COMMON, 4, Width::Long, "Topics")),
        regex.or("").importance(High).at(Place(COMMON, 4, Width::Long, "Topics regex")),
    ]
}

/// Kafka Connect has them for sinks alone.
fn dead_letter_keys() -> Vec<ConfigKey> {
    let name = key("errors.deadletterqueue.topic.name", Text, "The topic of records that fail; empty: none.");
    let replicas = key("errors.deadletterqueue.topic.replication.factor", Short, "The replicas it is created with.");
    let headers = "errors.deadletterqueue.context.headers.enable";
    let headers = key(headers, Boolean, "Whether headers of a dead letter say what happened.");
    vec![
        name.or("").importance(Medium).at(Place(ERRORS, 6, Width::Medium, "Dead Letter Queue Topic Name")),
        replicas.or("3").at(Place(ERRORS, 7, Width::Medium, "Dead Letter Queue Topic Replication Factor")),
        headers.or("false").at(Place(ERRORS, 8, Width::Medium, "Enable Error Context Headers")),
    ]
}
