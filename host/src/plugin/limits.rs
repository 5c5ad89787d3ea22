//! What a guest may use: CPU and wall time per call, memory, tables, host calls. Always on. The limits
//! are enforced in `instance`, which counts with what is here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wasmtime::ResourceLimiter;

/// The limits of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// CPU time of one call. `airlock.call.cpu.ms`.
    pub call_cpu: Duration,
    /// Time of one call by the clock on the wall. `airlock.call.timeout.ms`.
    pub call_timeout: Duration,
    /// Linear memory of one instance, in bytes. `airlock.memory.max.bytes`.
    pub memory_bytes: usize,
    /// Elements of all tables of one instance.
    pub table_elements: usize,
    /// Calls into the host during one call of the guest.
    pub host_calls: u64,
    /// Bytes that the guest may hand to the host in one of them.
    pub host_call_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_cpu: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
            memory_bytes: 256 << 20,
            table_elements: 100_000,
            host_calls: 1_000_000,
            host_call_bytes: 64 << 20,
        }
    }
}

/// The most core instances, memories and tables in one component instance.
const MAX_CORE_ITEMS: usize = 100;

/// Refuses memory and tables over the limits, and remembers that it did.
#[derive(Debug)]
pub(crate) struct SpaceLimiter {
    limits: Limits,
    memory: usize,
    elements: usize,
    /// What was refused last, for the message of the trap that usually follows.
    pub(crate) refused: Option<String>,
}

impl SpaceLimiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, memory: 0, elements: 0, refused: None }
    }

    /// Returns the linear memory in use, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }
}

impl ResourceLimiter for SpaceLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.limits.memory_bytes {
            let limit = self.limits.memory_bytes;
            self.refused = Some(format!("{total} bytes of memory, over airlock.memory.max.bytes={limit}"));
            return Ok(false);
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.elements.saturating_add(desired.saturating_sub(current));
        if total > self.limits.table_elements {
            self.refused = Some(format!("{total} table elements, over the limit of {}", self.limits.table_elements));
            return Ok(false);
        }
        self.elements = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        MAX_CORE_ITEMS
    }

    fn tables(&self) -> usize {
        MAX_CORE_ITEMS
    }

    fn memories(&self) -> usize {
        MAX_CORE_ITEMS
    }
}

/// Counts the CPU time of the call in progress: of the guest, and of the host on its behalf.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Nanoseconds used before the current poll of the call's future.
    before: AtomicU64,
    /// The thread's clock when the current poll began.
    since: AtomicU64,
}

impl Meter {
    /// Begins a call at zero.
    pub(crate) fn reset(&self) {
        self.before.store(0, Ordering::Relaxed);
        self.since.store(thread_cpu(), Ordering::Relaxed);
    }

    /// A poll of the call's future begins on this thread.
    fn enter(&self) {
        self.since.store(thread_cpu(), Ordering::Relaxed);
    }

    /// The poll ends, on the same thread.
    fn leave(&self) {
        self.before.store(self.used(), Ordering::Relaxed);
    }

    /// Returns the nanoseconds used so far. Call it inside a poll.
    pub(crate) fn used(&self) -> u64 {
        let now = thread_cpu().saturating_sub(self.since.load(Ordering::Relaxed));
        self.before.load(Ordering::Relaxed) + now
    }

    /// Returns the nanoseconds used up to the end of the last poll.
    pub(crate) fn total(&self) -> u64 {
        self.before.load(Ordering::Relaxed)
    }
}

/// The CPU time of this thread, in nanoseconds.
fn thread_cpu() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
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
