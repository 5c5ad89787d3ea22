//! A connector's configuration, parsed once: the keys that Connect itself reads. The plugin's own keys stay
//! text in [`ConnectorConfig::properties`]; their definition is the plugin's.

use std::fmt;
use std::time::Duration;

use super::converter::{Converter, HeaderConverter};
use super::definition::Values;
use super::restart::RestartOverrides;
use super::{Problem, Properties, under};
use crate::record::ConnectorId;

mod keys;
mod rules;
mod steps;
#[cfg(test)]
mod tests;

pub use keys::{connector_keys, transform_keys};
pub use steps::{PredicateConfig, StepConfig, aliases};

/// Which way a connector moves records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into Kafka.
    Source,
    /// Out of Kafka.
    Sink,
}

/// The topics a sink reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topics {
    /// `topics`: these.
    List(Vec<String>),
    /// `topics.regex`: those whose whole name this Java regular expression matches.
    Pattern(String),
}

/// What to do about records that fail, from the `errors.*` keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorsConfig {
    /// How long a failed operation is tried again; none: without end. Default: zero, not at all.
    pub retry_timeout: Option<Duration>,
    /// The longest wait between two tries. Default: 60 s.
    pub retry_delay_max: Duration,
    /// Whether a record that fails is left out (`all`) or fails the task (`none`). Default: none.
    pub tolerance: Tolerance,
    /// Whether each failure is logged. Default: no.
    pub log_enable: bool,
    /// Whether that log names the record's content. Default: no.
    pub log_include_messages: bool,
}

/// Whether failed records are tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// The first failed record fails the task.
    None,
    /// Failed records are left out.
    All,
}

/// Where a sink's rejected records go, from the `errors.deadletterqueue.*` keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterConfig {
    /// The topic.
    pub topic: String,
    /// How many replicas it is created with. Default: 3.
    pub replication_factor: i16,
    /// Whether `__connect.errors.*` headers say what happened. Default: no.
    pub context_headers: bool,
}

/// What a connector sets for its own Kafka clients, without the prefixes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientOverrides {
    /// `producer.override.*`
    pub producer: Properties,
    /// `consumer.override.*`
    pub consumer: Properties,
    /// `admin.override.*`
    pub admin: Properties,
}

/// A connector's configuration. `Debug` prints only its name: properties may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectorConfig {
    /// Which connector.
    pub id: ConnectorId,
    /// `connector.class` as written: a full name, a simple name or an alias.
    pub class: String,
    /// Which way it moves records.
    pub direction: Direction,
    /// `tasks.max`, the most tasks it may have. Default: 1.
    pub tasks_max: u32,
    /// `tasks.max.enforce`: whether more tasks than that are an error, and not only a warning. Default: yes.
    pub tasks_max_enforce: bool,
    /// `key.converter`; none: the worker's.
    pub key_converter: Option<Converter>,
    /// `value.converter`; none: the worker's.
    pub value_converter: Option<Converter>,
    /// `header.converter`; none: the worker's.
    pub header_converter: Option<HeaderConverter>,
    /// `transforms` and `predicates`, in the order of the chain.
    pub chain: Vec<StepConfig>,
    /// The `errors.*` keys.
    pub errors: ErrorsConfig,
    /// A sink's dead letter topic, if it has one.
    pub dead_letters: Option<DeadLetterConfig>,
    /// A sink's topics; none for a source.
    pub topics: Option<Topics>,
    /// What it sets for its own Kafka clients.
    pub clients: ClientOverrides,
    /// What it says about restarts.
    pub restart: RestartOverrides,
    /// Why it can't be used; empty for one that was parsed.
    pub faults: Vec<Problem>,
    /// Every key as written, as the plugin receives them.
    pub properties: Properties,
}

impl ConnectorConfig {
    /// Parses a connector's configuration.
    ///
    /// # Errors
    /// Returns every problem found, with Connect's words where it has them.
    pub fn parse(properties: &Properties, direction: Direction) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let values = rules::check(properties, direction, &mut problems);
        let chain = steps::parse(properties, &mut problems);
        let topics = match direction {
            Direction::Sink => rules::topics(properties, &values, &mut problems),
            Direction::Source => None,
        };
        let key_converter = converter(properties, "key.converter", &mut problems);
        let value_converter = converter(properties, "value.converter", &mut problems);
        let header_converter = HeaderConverter::parse(properties).unwrap_or_else(|found| {
            problems.extend(found);
            None
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            id: ConnectorId::new(values.text("name").unwrap_or_default()),
            class: values.text("connector.class").unwrap_or_default().to_owned(),
            direction,
            tasks_max: u32::try_from(values.integer("tasks.max")).unwrap_or(1),
            tasks_max_enforce: values.is_true("tasks.max.enforce"),
            key_converter,
            value_converter,
            header_converter,
            chain,
            errors: errors(&values),
            dead_letters: dead_letters(&values),
            topics,
            clients: ClientOverrides {
                producer: under(properties, "producer.override."),
                consumer: under(properties, "consumer.override."),
                admin: under(properties, "admin.override."),
            },
            restart: RestartOverrides::of_connector(&values),
            faults: Vec::new(),
            properties: properties.clone(),
        })
    }

    /// Stands for a configuration that is stored and can't be used, with at least one fault. It is shown, and
    /// never run.
    pub fn unusable(name: &str, properties: &Properties, faults: Vec<Problem>) -> Self {
        let values = Values::default();
        Self {
            id: ConnectorId::new(name),
            class: properties.get("connector.class").map(|class| class.trim().to_owned()).unwrap_or_default(),
            direction: Direction::Sink,
            tasks_max: 1,
            tasks_max_enforce: true,
            key_converter: None,
            value_converter: None,
            header_converter: None,
            chain: Vec::new(),
            errors: errors(&values),
            dead_letters: None,
            topics: None,
            clients: ClientOverrides::default(),
            restart: RestartOverrides::default(),
            faults,
            properties: properties.clone(),
        }
    }
}

impl fmt::Debug for ConnectorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorConfig").field("id", &self.id).field("class", &self.class).finish_non_exhaustive()
    }
}

fn converter(properties: &Properties, key: &str, problems: &mut Vec<Problem>) -> Option<Converter> {
    Converter::parse(properties, key).map_err(|found| problems.extend(found)).ok().flatten()
}

fn errors(values: &Values) -> ErrorsConfig {
    ErrorsConfig {
        retry_timeout: u64::try_from(values.integer("errors.retry.timeout")).ok().map(Duration::from_millis),
        retry_delay_max: values.millis("errors.retry.delay.max.ms"),
        tolerance: match values.text("errors.tolerance") {
            Some("all") => Tolerance::All,
            _ => Tolerance::None,
        },
        log_enable: values.is_true("errors.log.enable"),
        log_include_messages: values.is_true("errors.log.include.messages"),
    }
}

fn dead_letters(values: &Values) -> Option<DeadLetterConfig> {
    Some(DeadLetterConfig {
        topic: values.text("errors.deadletterqueue.topic.name")?.to_owned(),
        replication_factor: i16::try_from(values.integer("errors.deadletterqueue.topic.replication.factor")).ok()?,
        context_headers: values.is_true("errors.deadletterqueue.context.headers.enable"),
    })
}
