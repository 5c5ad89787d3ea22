//! How failed tasks are restarted, `airlock.restart.*`: keys of a worker, which hold for all of its connectors, and
//! of a connector, which win. Kafka Connect leaves failed tasks alone, and so does Airlock unless told otherwise.

use std::time::Duration;

use super::definition::{ConfigKey, ConfigType, Importance, Values, Width};

const GROUP: &str = "Restarts";

/// The keys: name, type, the worker's default, the least value, the words.
const KEYS: [(&str, ConfigType, &str, i64, &str); 4] = [
    (
        "airlock.restart.max",
        ConfigType::Int,
        "0",
        -1,
        "How many times in a row a connector or task that has failed is restarted; -1: without end.",
    ),
    (
        "airlock.restart.backoff.ms",
        ConfigType::Long,
        "1000",
        1,
        "The wait before the first restart, in ms. It doubles with each further one.",
    ),
    ("airlock.restart.backoff.max.ms", ConfigType::Long, "300000", 1, "The longest wait before a restart, in ms."),
    (
        "airlock.restart.reset.ms",
        ConfigType::Long,
        "600000",
        0,
        "How long it has to run, in ms, for earlier failures to be forgotten.",
    ),
];

/// When what has failed is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartConfig {
    /// How many times in a row; none is without end. Default: 0, never.
    pub max: Option<u32>,
    /// The wait before the first. Default: 1 s.
    pub backoff: Duration,
    /// The longest wait. Default: 5 min.
    pub backoff_max: Duration,
    /// How long it has to run for the count to begin anew. Default: 10 min.
    pub reset: Duration,
}

/// What a connector says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestartOverrides {
    /// `airlock.restart.max`, -1 being without end.
    max: Option<i64>,
    backoff: Option<Duration>,
    backoff_max: Option<Duration>,
    reset: Option<Duration>,
}

impl RestartConfig {
    /// Takes a worker's values.
    pub(super) fn of_worker(values: &Values) -> Self {
        Self {
            max: u32::try_from(values.integer("airlock.restart.max")).ok(),
            backoff: values.millis("airlock.restart.backoff.ms"),
            backoff_max: values.millis("airlock.restart.backoff.max.ms"),
            reset: values.millis("airlock.restart.reset.ms"),
        }
    }

    /// Returns what holds for a connector.
    #[must_use]
    pub fn with(self, own: RestartOverrides) -> Self {
        Self {
            max: own.max.map_or(self.max, |max| u32::try_from(max).ok()),
            backoff: own.backoff.unwrap_or(self.backoff),
            backoff_max: own.backoff_max.unwrap_or(self.backoff_max),
            reset: own.reset.unwrap_or(self.reset),
        }
    }

    /// Returns how long to wait after so many failures in a row, from 1 on; none is not to restart.
    pub fn wait(&self, failures: u32) -> Option<Duration> {
        if self.max.is_some_and(|max| failures > max) {
            return None;
        }
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        Some(self.backoff.saturating_mul(doubled).min(self.backoff_max))
    }
}

impl Default for RestartConfig {
    fn default() -> Self {
        let reset = Duration::from_secs(600);
        Self { max: Some(0), backoff: Duration::from_secs(1), backoff_max: Duration::from_secs(300), reset }
    }
}

impl RestartOverrides {
    /// Takes a connector's values.
    pub(super) fn of_connector(values: &Values) -> Self {
        let millis = |key: &str| values.get(key).map(|_| values.millis(key));
        Self {
            max: values.get("airlock.restart.max").map(|_| values.integer("airlock.restart.max")),
            backoff: millis("airlock.restart.backoff.ms"),
            backoff_max: millis("airlock.restart.backoff.max.ms"),
            reset: millis("airlock.restart.reset.ms"),
        }
    }
}

/// Returns the definitions of a connector's keys; the worker's values hold where they are absent.
pub(super) fn connector_keys() -> Vec<ConfigKey> {
    let keys = KEYS.iter().zip(1..).map(|((name, value_type, _, minimum, words), order)| ConfigKey {
        name: (*name).to_owned(),
        value_type: *value_type,
        minimum: Some(*minimum),
        documentation: format!("{words} Default: the worker's."),
        importance: Importance::Low,
        group: GROUP.to_owned(),
        order: Some(order),
        width: Width::Short,
        display_name: (*name).to_owned(),
        ..ConfigKey::default()
    });
    keys.collect()
}

/// Returns the definitions of a worker's keys.
pub(super) fn worker_keys() -> Vec<ConfigKey> {
    let keys = connector_keys().into_iter().zip(KEYS);
    keys.map(|(key, (_, _, default, ..))| ConfigKey { default_value: Some(default.to_owned()), ..key }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end_at_the_limit() {
        let config = RestartConfig { max: Some(4), backoff_max: Duration::from_secs(5), ..RestartConfig::default() };
        let waits: Vec<_> = (1..=5).map(|failures| config.wait(failures).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, [Some(1), Some(2), Some(4), Some(5), None]);
        let endless = RestartConfig { max: None, ..config };
        assert_eq!(endless.wait(u32::MAX), Some(config.backoff_max));
        assert_eq!(RestartConfig::default().wait(1), None, "as in Kafka Connect");
    }

    #[test]
    fn a_connectors_keys_win() {
        let worker = RestartConfig { max: Some(3), ..RestartConfig::default() };
        assert_eq!(worker.with(RestartOverrides::default()), worker);
        let own = RestartOverrides { max: Some(-1), reset: Some(Duration::ZERO), ..RestartOverrides::default() };
        assert_eq!(worker.with(own), RestartConfig { max: None, reset: Duration::ZERO, ..worker });
    }
}
