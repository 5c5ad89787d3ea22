//! Kafka's predicate `TopicNameMatches`: the topic's name matches a regular expression as a whole.

use airlock_sdk::{Batch, Config, ConfigKey, Description, Error, Predicate};

use crate::java_regex::Regex;
use crate::part::rows_where;

/// Kafka's `TopicNameMatches`.
pub(crate) struct TopicNameMatches {
    pattern: Regex,
}

impl Predicate for TopicNameMatches {
    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.transforms.predicates.TopicNameMatches"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Holds for records with a topic name that matches the configured regular expression.")
            .config([ConfigKey::text("pattern")
                .required()
                .non_empty()
                .documentation("A Java regular expression for matching against the name of a record's topic.")])
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        let pattern = Regex::parse(config.text("pattern")?).map_err(|reason| Error::invalid("pattern", reason))?;
        Ok(TopicNameMatches { pattern })
    }

    fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
        let topics = batch.topics();
        let held: Vec<bool> = topics.names.iter().map(|name| self.pattern.matches(name)).collect();
        Ok(rows_where(&topics.rows, |name| held.get(*name as usize) == Some(&true)))
    }
}
