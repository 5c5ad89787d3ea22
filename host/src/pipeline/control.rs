//! What a task is told while it runs, and what it tells back. Knows nobody on the other side.

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// What a running task tells its herder; failure is the end of its future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskEvent {
    /// It has started, or goes on after a pause.
    Running,
    /// It waits, after its target state became [`TargetState::Paused`].
    Paused,
}

/// What a task should be doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TargetState {
    /// Moving records.
    #[default]
    Running,
    /// Waiting, with its clients and its guest kept alive.
    Paused,
}

/// A task's end of the line to its herder.
#[derive(Debug)]
pub struct TaskControl {
    /// What it should be doing, now and whenever this changes. A task may start paused.
    pub target: watch::Receiver<TargetState>,
    /// Where it says what it does. Nobody need listen.
    pub events: mpsc::Sender<TaskEvent>,
    /// Cancelled when it is to stop: finish the batch, commit, close, and return.
    pub shutdown: CancellationToken,
}

/// What a task is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Stop.
    Stop,
    /// Look at the target state.
    Target,
}

impl TaskControl {
    /// Returns what the task should be doing now.
    pub fn target(&self) -> TargetState {
        *self.target.borrow()
    }

    /// Waits until the task is told something.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub(super) async fn told(&mut self) -> Told {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => Told::Stop,
            // Where nobody is left who could change it, only a stop can come.
            Ok(()) = self.target.changed() => Told::Target,
        }
    }

    /// Tells the herder. A herder that doesn't listen is not waited for.
    pub(super) fn tell(&self, event: TaskEvent) {
        let _ = self.events.try_send(event);
    }
}
