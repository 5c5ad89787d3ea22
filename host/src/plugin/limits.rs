//! What a guest may use: CPU and wall time per call, memory, tables, host calls. Always on. The limits
//! are enforced in `instance`, which counts with what is here.

use std::time::Duration;

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
