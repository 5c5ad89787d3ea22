//! What the worker exports at `/metrics`: the accounts of all guests, per connector, task and step, and
//! what its tasks counted. Collected when asked, so that a task that is gone leaves nothing behind.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::pipeline::metrics::TaskMetrics;
use crate::plugin::account::{Account, Accounts, GuestMetric};
use crate::record::TaskId;

/// Labels and their values.
type Labels = Vec<(&'static str, String)>;

/// Exports what guests use and count.
pub struct GuestMetrics(pub Arc<Accounts>);

impl Debug for GuestMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestMetrics")
    }
}

impl Collector for GuestMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let totals = Totals::of(&self.0.list());
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        let cpu = totals.iter().map(|(labels, total)| (labels, ConstCounter::new(seconds(total.cpu_nanos))));
        encode_all(&mut encoder, ("airlock_step_cpu_seconds", "CPU time used by a step"), cpu)?;
        let calls = totals.iter().map(|(labels, total)| (labels, ConstCounter::new(total.calls)));
        encode_all(&mut encoder, ("airlock_step_calls", "Calls of a step's guest"), calls)?;
        let bytes = totals.iter().map(|(labels, total)| (labels, ConstCounter::new(total.bytes)));
        encode_all(&mut encoder, ("airlock_step_bytes", "Bytes that crossed into and out of a step's guest"), bytes)?;
        let traps = totals.iter().map(|(labels, total)| (labels, ConstCounter::new(total.traps)));
        encode_all(&mut encoder, ("airlock_step_traps", "Calls that trapped or ran out of time"), traps)?;
        let memory = totals.iter().map(|(labels, total)| (labels, ConstGauge::new(total.memory as f64)));
        encode_all(&mut encoder, ("airlock_step_memory_bytes", "Linear memory of a step's instance"), memory)?;
        encode_guests(&mut encoder, &totals)
    }
}

/// What the accounts of one payer add up to: a guest that was renewed has several.
#[derive(Default)]
struct Totals {
    cpu_nanos: u64,
    calls: u64,
    bytes: u64,
    traps: u64,
    memory: u64,
    guest: BTreeMap<String, GuestMetric>,
}

impl Totals {
    fn of(accounts: &[Arc<Account>]) -> BTreeMap<Labels, Totals> {
        let mut totals: BTreeMap<Labels, Totals> = BTreeMap::new();
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for account in accounts {
            let total = totals.entry(labels(account)).or_default();
            total.cpu_nanos += load(&account.cpu_nanos);
            total.calls += load(&account.calls);
            total.bytes += load(&account.bytes);
            total.traps += load(&account.traps);
            total.memory += load(&account.memory);
            total.guest.extend(account.guest_metrics());
        }
        totals
    }
}

fn labels(account: &Account) -> Labels {
    let payer = &account.payer;
    let task = payer.task.as_ref();
    vec![
        ("connector", task.map(|task| task.connector.render()).unwrap_or_default()),
        ("task", task.map(|task| task.task.to_string()).unwrap_or_default()),
        ("step", payer.step.clone()),
        ("plugin", payer.plugin.clone()),
    ]
}

/// What the tasks count, as long as they run.
#[derive(Default)]
pub struct TaskMetricsList {
    tasks: Mutex<Vec<(TaskId, Weak<TaskMetrics>)>>,
}

impl TaskMetricsList {
    /// Lists a task's counters until the task is gone.
    pub(super) fn add(&self, task: TaskId, metrics: &Arc<TaskMetrics>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|(_, metrics)| metrics.strong_count() > 0);
        tasks.push((task, Arc::downgrade(metrics)));
    }

    fn list(&self) -> Vec<(Labels, Arc<TaskMetrics>)> {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let live = tasks.iter().filter_map(|(task, metrics)| {
            let labels = vec![("connector", task.connector.render()), ("task", task.task.to_string())];
            Some((labels, metrics.upgrade()?))
        });
        live.collect()
    }
}

impl Debug for TaskMetricsList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskMetricsList")
    }
}

type Count = fn(&TaskMetrics) -> u64;

/// Names without the `_total` that counters get, what they say, and where they are.
const TASK_COUNTERS: [(&str, &str, Count); 11] = [
    ("airlock_task_records_polled", "Records read from Kafka or from the source", |task| task.records_polled.get()),
    ("airlock_task_records_sent", "Records delivered to the sink or to Kafka", |task| task.records_sent.get()),
    ("airlock_task_records_discarded", "Records discarded on purpose", |task| task.records_discarded.get()),
    ("airlock_task_records_rejected", "Records that failed", |task| task.records_rejected.get()),
    ("airlock_task_records_isolated", "Records that failed since a plugin trapped on them", |task| {
        task.records_isolated.get()
    }),
    ("airlock_task_restarts", "Instances of plugins that trapped or took too long", |task| task.restarts.get()),
    ("airlock_task_records_dead_lettered", "Dead letters acknowledged", |task| task.dead_letters.get()),
    ("airlock_task_retries", "Operations tried again", |task| task.retries.get()),
    ("airlock_task_batches", "Batches", |task| task.batches.get()),
    ("airlock_task_commits", "Commits of offsets that succeeded", |task| task.commits.get()),
    ("airlock_task_commit_failures", "Commits of offsets that failed", |task| task.commit_failures.get()),
];

impl Collector for TaskMetricsList {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let tasks = self.list();
        for (name, help, count) in TASK_COUNTERS {
            let counts = tasks.iter().map(|(labels, task)| (labels, ConstCounter::new(count(task))));
            encode_all(&mut encoder, (name, help), counts)?;
        }
        Ok(())
    }
}

fn encode_all<'a, M: EncodeMetric>(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    metrics: impl Iterator<Item = (&'a Labels, M)>,
) -> fmt::Result {
    let mut metrics = metrics.peekable();
    let Some((_, first)) = metrics.peek() else { return Ok(()) };
    let kind = first.metric_type();
    let mut family = encoder.encode_descriptor(name, help, None, kind)?;
    for (labels, metric) in metrics {
        metric.encode(family.encode_family(labels)?)?;
    }
    Ok(())
}

/// Exports the plugins' own metrics. One whose kind differs between plugins is exported for the first.
fn encode_guests(encoder: &mut DescriptorEncoder<'_>, totals: &BTreeMap<Labels, Totals>) -> fmt::Result {
    let mut counters: BTreeMap<&str, Vec<(&Labels, u64)>> = BTreeMap::new();
    let mut gauges: BTreeMap<&str, Vec<(&Labels, f64)>> = BTreeMap::new();
    for (labels, total) in totals {
        for (name, metric) in &total.guest {
            match metric {
                GuestMetric::Counter(value) => counters.entry(name).or_default().push((labels, *value)),
                GuestMetric::Gauge(value) => gauges.entry(name).or_default().push((labels, *value)),
            }
        }
    }
    gauges.retain(|name, _| !counters.contains_key(name));
    let help = "A metric of the plugin's own";
    for (name, values) in counters {
        let values = values.into_iter().map(|(labels, value)| (labels, ConstCounter::new(value)));
        encode_all(encoder, (&format!("airlock_plugin_{name}"), help), values)?;
    }
    for (name, values) in gauges {
        let values = values.into_iter().map(|(labels, value)| (labels, ConstGauge::new(value)));
        encode_all(encoder, (&format!("airlock_plugin_{name}"), help), values)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use prometheus_client::registry::Registry;

    use super::*;
    use crate::plugin::account::Payer;
    use crate::record::ConnectorId;

    fn task() -> TaskId {
        TaskId { connector: ConnectorId::new("sink"), task: 0 }
    }

    fn exported(registry: &Registry) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, registry).unwrap();
        text
    }

    #[test]
    fn what_a_step_used_is_exported_while_somebody_pays() {
        let accounts = Arc::new(Accounts::default());
        let mut registry = Registry::default();
        registry.register_collector(Box::new(GuestMetrics(accounts.clone())));
        let payer = Payer { task: Some(task()), step: "mask".to_owned(), plugin: "MaskField$Value".to_owned() };
        let (first, renewed) = (accounts.open(payer.clone()), accounts.open(payer));
        for account in [&first, &renewed] {
            account.cpu_nanos.store(1_500_000_000, Ordering::Relaxed);
            account.memory.store(65_536, Ordering::Relaxed);
            account.record("rows_seen".to_owned(), |_| {}, GuestMetric::Counter(7));
        }
        let labels = r#"{connector="sink",task="0",step="mask",plugin="MaskField$Value"}"#;
        let text = exported(&registry);
        for line in [
            format!("airlock_step_cpu_seconds_total{labels} 3.0"),
            format!("airlock_step_memory_bytes{labels} 131072.0"),
            format!("airlock_step_calls_total{labels} 0"),
            format!("airlock_plugin_rows_seen_total{labels} 7"),
        ] {
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
        drop((first, renewed));
        assert!(!exported(&registry).contains("mask"));
    }

    #[test]
    fn a_task_is_exported_until_it_is_gone() {
        let tasks = Arc::new(TaskMetricsList::default());
        let mut registry = Registry::default();
        registry.register_collector(Box::new(tasks.clone()));
        let metrics = Arc::new(TaskMetrics::default());
        tasks.add(task(), &metrics);
        metrics.records_discarded.add(3);
        let line = r#"airlock_task_records_discarded_total{connector="sink",task="0"} 3"#;
        assert!(exported(&registry).contains(line), "{}", exported(&registry));
        drop(metrics);
        assert!(!exported(&registry).contains("airlock_task_"));
    }
}
