//! What the thread and the task's side share: the byte budget, and who sleeps.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::Sender;

use super::poller::Command;

/// The state that both sides see.
pub(super) struct Shared {
    limit: usize,
    used: AtomicUsize,
    queued: AtomicUsize,
    asleep: AtomicBool,
    taking: AtomicBool,
}

impl Shared {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: AtomicUsize::new(0),
            queued: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            taking: AtomicBool::new(false),
        }
    }

    /// A batch of this many bytes is about to be sent.
    pub(super) fn sent(&self, bytes: usize) {
        self.used.fetch_add(bytes, SeqCst);
        self.queued.fetch_add(1, SeqCst);
    }

    /// A batch was taken from the channel. An unfinished one that waits may follow when the channel is empty.
    pub(super) fn taken(&self, commands: &Sender<Command>) {
        if self.queued.fetch_sub(1, SeqCst) == 1 {
            self.wake(commands);
        }
    }

    /// This many bytes are settled or dropped.
    pub(super) fn release(&self, bytes: usize, commands: &Sender<Command>) {
        if bytes > 0 {
            self.used.fetch_sub(bytes, SeqCst);
            self.wake(commands);
        }
    }

    /// Whether the budget is used up. A batch may be started while it isn't, so that no record is too large.
    pub(super) fn is_full(&self) -> bool {
        self.used.load(SeqCst) >= self.limit
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used.load(SeqCst)
    }

    /// Whether the task has taken all that was sent.
    pub(super) fn is_drained(&self) -> bool {
        self.queued.load(SeqCst) == 0
    }

    /// The thread is about to sleep. It must look once more for work after this.
    pub(super) fn fall_asleep(&self) {
        self.asleep.store(true, SeqCst);
    }

    /// The thread is awake.
    pub(super) fn stay_awake(&self) {
        self.asleep.store(false, SeqCst);
    }

    /// Wakes the thread if it sleeps.
    pub(super) fn wake(&self, commands: &Sender<Command>) {
        if self.asleep.swap(false, SeqCst) {
            let _ = commands.send(Command::Wake);
        }
    }

    /// Partitions are about to go: whoever reads the channel may skip the records before that.
    pub(super) fn take(&self) {
        self.taking.store(true, SeqCst);
    }

    /// Whether partitions are about to go.
    pub(super) fn is_taking(&self) -> bool {
        self.taking.load(SeqCst)
    }

    /// The task knows.
    pub(super) fn taking_is_over(&self) {
        self.taking.store(false, SeqCst);
    }
}
