//! Counts the CPU time of calls. The thread's CPU clock is a system call of half a microsecond, which is much
//! next to a call of a guest, so it is read only where the clock on the wall can't stand in for it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A poll that took less than this by the wall is counted by the wall: a thread that another one displaced is
/// away for longer.
const SHORT: u64 = Duration::from_micros(100).as_nanos() as u64;

/// How old, by the wall, the last reading of the thread's CPU clock may be when a poll begins. What the thread did
/// since then may be counted with the poll, though never more than the poll took by the wall.
const FRESH: u64 = Duration::from_millis(1).as_nanos() as u64;

/// Both clocks at one moment, in nanoseconds.
#[derive(Clone, Copy)]
struct Reading {
    wall: u64,
    cpu: u64,
}

thread_local! {
    /// When this thread's CPU clock was read last.
    static LAST: Cell<Option<Reading>> = const { Cell::new(None) };
}

/// Counts the CPU time of the call in progress: of the guest, and of the host on its behalf. Right to a millisecond
/// for each poll, and never more than the clock on the wall says.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Nanoseconds used before the current poll of the call's future.
    before: AtomicU64,
    /// The clock on the wall when the current poll began.
    began: AtomicU64,
    /// The thread's CPU clock, at most [`FRESH`] before.
    since: AtomicU64,
}

impl Meter {
    /// Begins a call at zero.
    pub(crate) fn reset(&self) {
        self.before.store(0, Ordering::Relaxed);
    }

    /// A poll of the call's future begins on this thread.
    fn enter(&self) {
        let wall = wall();
        let last = LAST.get().filter(|last| wall.saturating_sub(last.wall) < FRESH);
        let last = last.unwrap_or_else(|| read(wall));
        self.began.store(wall, Ordering::Relaxed);
        self.since.store(last.cpu, Ordering::Relaxed);
    }

    /// The poll ends, on the same thread.
    fn leave(&self) {
        self.before.store(self.used(), Ordering::Relaxed);
    }

    /// Returns the nanoseconds used so far. Call it inside a poll.
    pub(crate) fn used(&self) -> u64 {
        let wall = wall();
        let elapsed = wall.saturating_sub(self.began.load(Ordering::Relaxed));
        let used = match elapsed {
            ..SHORT => elapsed,
            _ => read(wall).cpu.saturating_sub(self.since.load(Ordering::Relaxed)).min(elapsed),
        };
        self.before.load(Ordering::Relaxed) + used
    }

    /// Returns the nanoseconds used up to the end of the last poll.
    pub(crate) fn total(&self) -> u64 {
        self.before.load(Ordering::Relaxed)
    }
}

/// Nanoseconds since the process first asked.
fn wall() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64
}

/// Reads the CPU clock of this thread.
fn read(wall: u64) -> Reading {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let cpu = u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0);
    let reading = Reading { wall, cpu };
    LAST.set(Some(reading));
    reading
}

pin_project_lite::pin_project! {
    /// A future whose polls a meter counts.
    pub(crate) struct Metered<F> {
        #[pin]
        inner: F,
        meter: Arc<Meter>,
    }
}

impl<F> Metered<F> {
    pub(crate) fn new(inner: F, meter: Arc<Meter>) -> Self {
        Self { inner, meter }
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<F::Output> {
        let this = self.project();
        this.meter.enter();
        let polled = this.inner.poll(context);
        this.meter.leave();
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts one poll that does this.
    fn counted(work: impl FnOnce()) -> Duration {
        let meter = Arc::new(Meter::default());
        let once = Metered::new(async { work() }, meter.clone());
        futures_util::FutureExt::now_or_never(once).unwrap();
        Duration::from_nanos(meter.total())
    }

    fn spin(time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {}
    }

    #[test]
    fn time_asleep_is_not_counted() {
        let asleep = counted(|| std::thread::sleep(Duration::from_millis(100)));
        assert!(asleep < Duration::from_millis(20), "{asleep:?}");
    }

    #[test]
    fn work_of_the_thread_before_the_poll_is_hardly_counted() {
        spin(Duration::from_millis(50));
        let short = counted(|| spin(Duration::from_micros(300)));
        assert!(short < Duration::from_millis(20), "{short:?}");
    }

    #[test]
    fn long_and_short_work_is_counted() {
        let (mut long, mut short) = (Duration::ZERO, Duration::ZERO);
        // Another process may take the CPU for a while, and such time doesn't count.
        for _ in 0..20 {
            long = long.max(counted(|| spin(Duration::from_millis(5))));
            short = short.max(counted(|| spin(Duration::from_micros(50))));
        }
        assert!(long > Duration::from_millis(4), "{long:?}");
        assert!(short >= Duration::from_micros(50), "{short:?}");
    }
}
