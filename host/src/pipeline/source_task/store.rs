//! Storing the offsets of what is acknowledged.

use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use super::SourceTask;
use crate::pipeline::edges::{CallError, EdgeError, SourcePosition};
use crate::pipeline::failure::Stop;

impl SourceTask {
    /// Stores offsets if it is time.
    pub(super) async fn store_if_due(&mut self) -> Result<(), Stop> {
        if Instant::now() < self.next_store {
            return Ok(());
        }
        self.next_store = Instant::now() + self.settings.commit_interval;
        match self.updated().await {
            Ok(pending) => {
                let stored = self.store_positions(pending).await;
                if stored.is_empty() {
                    return Ok(());
                }
                let told = self.source.commit(&stored).await;
                self.after_call(told, "the source did not take note of stored offsets").await
            }
            Err(error) => self.restart_source(error).await,
        }
    }

    /// Stores offsets now; for the times when a task pauses or ends, and must not fail any more.
    pub(super) async fn store_offsets(&mut self) {
        let pending = match self.updated().await {
            Ok(pending) => pending,
            Err(error) => {
                debug!(task = %self.settings.id, %error, "the source is gone, its offsets are stored as they are");
                self.offsets.take_pending()
            }
        };
        let stored = self.store_positions(pending).await;
        if !stored.is_empty()
            && let Err(error) = self.source.commit(&stored).await
        {
            debug!(task = %self.settings.id, %error, "the source did not take note of stored offsets");
        }
    }

    /// Stores offsets without asking the guest, which is gone.
    pub(super) async fn store_pending(&mut self) {
        let pending = self.offsets.take_pending();
        self.store_positions(pending).await;
    }

    /// Lets the guest change what is about to be stored (KIP-910). An error means that the instance is gone;
    /// then nothing was taken.
    async fn updated(&mut self) -> Result<Vec<SourcePosition>, CallError> {
        let pending = self.offsets.take_pending();
        match self.source.update_offsets(pending.clone()).await {
            Ok(updated) => Ok(updated),
            Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => {
                self.offsets.restore(pending);
                Err(error)
            }
            Err(error) => {
                warn!(task = %self.settings.id, %error, "the source did not look at its offsets, they are stored as they are");
                Ok(pending)
            }
        }
    }

    /// Stores positions and returns them; those that could not be stored are kept for the next time.
    async fn store_positions(&mut self, positions: Vec<SourcePosition>) -> Vec<SourcePosition> {
        if positions.is_empty() {
            return positions;
        }
        let connector = self.settings.id.connector.render();
        let stored = timeout(self.settings.commit_timeout, self.store.store(&connector, &positions)).await;
        let stored = stored
            .unwrap_or_else(|_| Err(EdgeError::Retriable("not stored within offset.flush.timeout.ms".to_owned())));
        match stored {
            Ok(()) => {
                self.metrics.commits.add(1);
                positions
            }
            Err(error) => {
                warn!(task = %self.settings.id, %error, "offsets were not stored, they will be the next time");
                self.metrics.commit_failures.add(1);
                self.offsets.restore(positions);
                Vec::new()
            }
        }
    }
}
