//! Chance, time and crashes, all from one seed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// Random numbers (SplitMix64), and the crash of a life.
#[derive(Debug, Default)]
pub(crate) struct Dice {
    state: AtomicU64,
    faults: AtomicBool,
    awaits: AtomicU64,
    crash_at: AtomicU64,
    crash: Notify,
    trace: Mutex<Vec<String>>,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let dice = Self::default();
        dice.state.store(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15), Relaxed);
        dice
    }

    pub(crate) fn next(&self) -> u64 {
        let state = self.state.fetch_add(0x9E37_79B9_7F4A_7C15, Relaxed);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// Happens once in `odds`.
    pub(crate) fn once_in(&self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    /// A fault happens once in `odds`, in lives that have faults.
    pub(crate) fn fault(&self, odds: usize) -> bool {
        self.faults.load(Relaxed) && self.once_in(odds)
    }

    /// Whether this life has faults.
    pub(crate) fn has_faults(&self) -> bool {
        self.faults.load(Relaxed)
    }

    /// Some of these.
    pub(crate) fn some<T: Clone>(&self, all: &[T]) -> Vec<T> {
        all.iter().filter(|_| self.once_in(2)).cloned().collect()
    }

    /// Begins a life: with faults or without, and a crash at its n-th await, 0 for none.
    pub(crate) fn begin_life(&self, faults: bool, crash_at: u64) {
        self.faults.store(faults, Relaxed);
        self.awaits.store(0, Relaxed);
        self.crash_at.store(crash_at, Relaxed);
    }

    /// An await, which takes some time, or forever if this is where the life ends.
    pub(crate) async fn point(&self, name: &str) {
        self.note(name.to_owned());
        if self.awaits.fetch_add(1, Relaxed) + 1 == self.crash_at.load(Relaxed) {
            self.crash.notify_one();
            std::future::pending::<()>().await;
        }
        match self.below(3) {
            0 => sleep(Duration::from_millis(self.below(30) as u64)).await,
            1 => tokio::task::yield_now().await,
            _ => {}
        }
    }

    /// Returns when this life crashes.
    pub(crate) async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// Remembers what happened, for whoever replays a seed.
    pub(crate) fn note(&self, what: String) {
        if std::env::var_os("AIRLOCK_SIM_SEED").is_some_and(|seed| !seed.is_empty()) {
            eprintln!("{what}");
        }
        let mut trace = self.trace.lock().unwrap();
        if trace.len() > 200 {
            trace.drain(..100);
        }
        trace.push(what);
    }

    /// Fails the simulation unless `holds`.
    #[track_caller]
    pub(crate) fn check(&self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            let trace = self.trace.lock().unwrap().join("\n  ");
            panic!("{}\n  {trace}", message());
        }
    }
}

/// How a life ended.
#[derive(Debug)]
pub(crate) enum LifeEnd {
    Crashed,
    Stopped,
    Failed(String),
}

impl std::fmt::Display for LifeEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LifeEnd::Crashed => f.write_str("crashed"),
            LifeEnd::Stopped => f.write_str("stopped"),
            LifeEnd::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

/// Runs a future in virtual time.
pub(crate) fn in_virtual_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}
