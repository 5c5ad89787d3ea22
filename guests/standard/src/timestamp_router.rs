//! Kafka's `TimestampRouter`: sends records to a topic named by their topic and timestamp.

use std::collections::HashMap;

use airlock_sdk::{Batch, Config, ConfigKey, Description, Error, Importance, Topics, Transform};

use crate::java_time::Format;
use crate::part::rows_where;
use crate::regex_router::is_legal;

/// The timestamp of a record that has none.
const NO_TIMESTAMP: i64 = -1;

/// Kafka's `TimestampRouter`.
pub(crate) struct TimestampRouter {
    topic_format: String,
    timestamp_format: Format,
}

impl Transform for TimestampRouter {
    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.transforms.TimestampRouter"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Names the topic of records by their topic and timestamp.")
            .config([
                ConfigKey::text("topic.format")
                    .default("${topic}-${timestamp}")
                    .importance(Importance::High)
                    .documentation("The new topic; ${topic} and ${timestamp} stand for the record's."),
                ConfigKey::text("timestamp.format")
                    .default("yyyyMMdd")
                    .importance(Importance::High)
                    .documentation("How the timestamp is written, in UTC: a pattern of java.text.SimpleDateFormat."),
            ])
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        let timestamp_format = Format::new(config.text("timestamp.format")?);
        Ok(TimestampRouter {
            topic_format: config.text("topic.format")?.to_owned(),
            timestamp_format: timestamp_format.map_err(|problem| Error::invalid("timestamp.format", problem))?,
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let timestamps = batch.timestamps();
        batch.reject(&rows_where(&timestamps, |at| *at == NO_TIMESTAMP), "Timestamp missing on record")?;
        let topics = batch.topics();
        let mut routes = Routes::default();
        let mut rows = Vec::with_capacity(timestamps.len());
        let mut illegal: Vec<(u32, String)> = Vec::new();
        let unit = self.timestamp_format.unit();
        let mut last: Option<(&str, i64, u32)> = None;
        for ((row, topic), at) in (0..).zip(topics.iter()).zip(&timestamps) {
            if *at == NO_TIMESTAMP {
                rows.push(routes.index(topic.to_owned()));
                continue;
            }
            let period = at.div_euclid(unit);
            if let Some((_, _, route)) = last.filter(|(name, when, _)| *name == topic && *when == period) {
                rows.push(route);
                continue;
            }
            let route = self.route(topic, *at);
            if is_legal(&route) {
                let route = routes.index(route);
                last = Some((topic, period, route));
                rows.push(route);
            } else {
                illegal.push((row, format!("{route:?} is no legal name of a topic: correct the formats")));
                rows.push(routes.index(topic.to_owned()));
            }
        }
        for (row, reason) in illegal {
            batch.reject(&[row], &reason)?;
        }
        Ok(batch.set_topics(Topics { names: routes.names, rows })?)
    }
}

impl TimestampRouter {
    fn route(&self, topic: &str, timestamp: i64) -> String {
        // What the topic brings is replaced as well, as in Kafka.
        let named = self.topic_format.replace("${topic}", topic);
        named.replace("${timestamp}", &self.timestamp_format.format(timestamp))
    }
}

/// The distinct names of topics.
#[derive(Default)]
struct Routes {
    names: Vec<String>,
    indices: HashMap<String, u32>,
}

impl Routes {
    fn index(&mut self, name: String) -> u32 {
        *self.indices.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() as u32 - 1
        })
    }
}
