//! Accounts of what guests use: CPU time, calls, bytes and memory per connector, task and step. Exported
//! by `worker::metrics`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::record::TaskId;

/// Who an account is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Payer {
    /// The task; none for calls outside of tasks, such as validation.
    pub task: Option<TaskId>,
    /// The step's alias in the chain; `connector` for a source's or sink's own guest.
    pub step: String,
    /// The plugin's class name.
    pub plugin: String,
}

/// What one payer used since it started. All numbers only grow, but for `memory`.
#[derive(Debug)]
pub struct Account {
    /// Who pays.
    pub payer: Payer,
    /// CPU time, in nanoseconds: the guest's, and the host's on its behalf.
    pub cpu_nanos: AtomicU64,
    /// Calls of the guest's exports.
    pub calls: AtomicU64,
    /// Bytes that crossed the boundary, both ways.
    pub bytes: AtomicU64,
    /// Calls that ended in a trap or ran out of time.
    pub traps: AtomicU64,
    /// Linear memory of the instance after its last call, in bytes.
    pub memory: AtomicU64,
    /// The plugin's own metrics, by name.
    guest: Mutex<BTreeMap<String, GuestMetric>>,
}

/// A metric of a plugin's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GuestMetric {
    /// It only grows.
    Counter(u64),
    /// It goes up and down.
    Gauge(f64),
}

/// The most metrics of its own that a plugin may have.
const MAX_GUEST_METRICS: usize = 64;

impl Account {
    fn new(payer: Payer) -> Self {
        let zero = AtomicU64::default;
        Self {
            payer,
            cpu_nanos: zero(),
            calls: zero(),
            bytes: zero(),
            traps: zero(),
            memory: zero(),
            guest: Mutex::default(),
        }
    }

    /// Changes one of the plugin's own metrics, which begins as `first`. Names that Prometheus wouldn't
    /// take, and more metrics than allowed, are ignored.
    pub(crate) fn record(&self, name: String, change: impl FnOnce(&mut GuestMetric), first: GuestMetric) {
        let mut metrics = self.guest.lock().unwrap_or_else(PoisonError::into_inner);
        if !metrics.contains_key(&name) && (metrics.len() >= MAX_GUEST_METRICS || !is_metric_name(&name)) {
            return;
        }
        change(metrics.entry(name).or_insert(first));
    }

    /// Returns the plugin's own metrics, by name.
    pub fn guest_metrics(&self) -> BTreeMap<String, GuestMetric> {
        self.guest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }
}

fn is_metric_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 64
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// All accounts that are still paid into.
#[derive(Debug, Default)]
pub struct Accounts {
    open: Mutex<Vec<Weak<Account>>>,
}

impl Accounts {
    /// Opens an account. It is listed until its last holder is gone.
    pub fn open(&self, payer: Payer) -> Arc<Account> {
        let account = Arc::new(Account::new(payer));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|account| account.strong_count() > 0);
        open.push(Arc::downgrade(&account));
        account
    }

    /// Returns the accounts that are still held, in order of their payers.
    pub fn list(&self) -> Vec<Arc<Account>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut accounts: Vec<_> = open.iter().filter_map(Weak::upgrade).collect();
        accounts.sort_by(|a, b| a.payer.cmp(&b.payer));
        accounts
    }
}
