//! Metrics of the plugin's own, which the worker exports as `airlock_plugin_<name>` with connector, task and
//! step labels. Names match `[a-z][a-z0-9_]{0,63}`; at most 64 of them in an instance, others are ignored.

use crate::host;

/// Adds to a counter.
///
/// ```
/// airlock_sdk::metrics::count("cache_hits", 17);
/// ```
pub fn count(name: &str, increment: u64) {
    host::count(name, increment);
}

/// Sets a gauge.
pub fn gauge(name: &str, value: f64) {
    host::gauge(name, value);
}
