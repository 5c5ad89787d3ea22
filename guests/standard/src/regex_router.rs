//! Kafka's `RegexRouter`: sends records to another topic, by a regular expression over the topic's name.

use airlock_sdk::{Batch, Config, ConfigKey, Description, Error, Importance, Topics, Transform};

use crate::java_regex::{Regex, Replacement};
use crate::part::rows_where;

/// Kafka's `RegexRouter`.
pub(crate) struct RegexRouter {
    regex: Regex,
    replacement: Replacement,
}

impl Transform for RegexRouter {
    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.transforms.RegexRouter"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Changes the topic of records whose topic a regular expression matches as a whole.")
            .config([
                ConfigKey::text("regex")
                    .required()
                    .importance(Importance::High)
                    .documentation("Regular expression to use for matching."),
                ConfigKey::text("replacement")
                    .required()
                    .importance(Importance::High)
                    .documentation("Replacement string."),
            ])
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        let regex = Regex::parse_for_groups(config.text("regex")?).map_err(|reason| Error::invalid("regex", reason))?;
        let replacement = Replacement::parse(config.text("replacement")?, &regex)
            .map_err(|reason| Error::invalid("replacement", reason))?;
        Ok(RegexRouter { regex, replacement })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let mut topics = batch.topics();
        let routed: Vec<_> = topics.names.iter().map(|name| self.regex.replace(name, &self.replacement)).collect();
        if routed.iter().all(Option::is_none) {
            return Ok(());
        }
        for (name, route) in (0..).zip(&routed) {
            if let Some(new_name) = route
                && !is_legal(new_name)
            {
                let reason = format!("{new_name:?} is no legal name of a topic: correct the replacement");
                batch.reject(&rows_where(&topics.rows, |row| *row == name), &reason)?;
            }
        }
        let names = topics.names.drain(..).zip(routed);
        let names = names.map(|(name, route)| route.filter(|new_name| is_legal(new_name)).unwrap_or(name));
        Ok(batch.set_topics(Topics { names: names.collect(), rows: topics.rows })?)
    }
}

/// Returns whether Kafka allows a topic of this name.
pub(crate) fn is_legal(name: &str) -> bool {
    let legal_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.bytes().all(legal_byte)
}
