//! Putting a batch to the sink, again and again where it asks for that.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::{Delivery, SinkTask};
use crate::pipeline::batch::Batch;
use crate::pipeline::control::{TargetState, Told};
use crate::pipeline::edges::CallError;
use crate::pipeline::failure::{Stop, at};
use crate::record::Stage;

/// What the wait for a retry came to.
enum Waited {
    /// Put the same rows again.
    Again,
    /// The batch was given up.
    GivenUp,
}

impl SinkTask {
    /// Delivers a batch. A sink that asks for it gets the same rows again, without limit; meanwhile the
    /// consumer's thread goes on polling, and partitions may be taken away.
    pub(super) async fn deliver(&mut self, mut batch: Batch) -> Result<Delivery, Stop> {
        let mut attempts = self.policy.endless_attempts();
        while batch.live_rows() > 0 {
            let (rows, started) = (batch.live_rows() as u64, Instant::now());
            let result;
            (batch, result) = self.sink.put(batch).await;
            self.metrics.guest_time(started.elapsed());
            self.next_tick = Instant::now() + self.settings.tick;
            self.requests.note(self.sink.take_requests());
            match result {
                Ok(()) => {
                    self.metrics.records_sent.add(batch.live_rows() as u64);
                    break;
                }
                Err(error @ CallError::Retriable(_)) => {
                    warn!(task = %self.settings.id, rows, %error, "the sink asks to put the same rows again");
                    self.metrics.retries.add(1);
                    let backoff = self.policy.delay(&mut attempts).unwrap_or_default();
                    let delay = self.requests.take_timeout().unwrap_or(backoff);
                    if let Waited::GivenUp = self.wait_for_retry(delay).await? {
                        return Ok(Delivery::GivenUp);
                    }
                }
                Err(error @ (CallError::Trapped(_) | CallError::TimedOut(_))) => {
                    // The rows of this batch come again with all others that aren't committed.
                    self.restart_sink(error).await?;
                    return Ok(Delivery::GivenUp);
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(Delivery::Delivered(batch))
    }

    /// Waits before the same rows are put again. They are given up where the wait has sent the consumer
    /// elsewhere: a flush that failed, a seek of the sink's, partitions that went, a pause.
    async fn wait_for_retry(&mut self, delay: Duration) -> Result<Waited, Stop> {
        let (until, moves) = (Instant::now() + delay, self.moves);
        self.obey_requests().await?;
        let mut waiting = true;
        while waiting && self.moves == moves {
            waiting = self.wait_in_retry(until).await?;
        }
        if self.moves == moves && self.state == TargetState::Running {
            return Ok(Waited::Again);
        }
        self.rewind_unsettled().await?;
        Ok(Waited::GivenUp)
    }

    /// Waits for one thing. Answers no once the wait is over.
    async fn wait_in_retry(&mut self, until: Instant) -> Result<bool, Stop> {
        tokio::select! {
            biased;
            told = self.control.told() => match told {
                Told::Stop => return Err(Stop::Shutdown),
                Told::Target => {
                    self.follow_target().await?;
                    return Ok(self.state == TargetState::Running);
                }
            },
            taken = self.consumer.taken() => {
                self.moves += 1;
                self.rebalance(taken.map_err(at(Stage::KafkaConsume))?).await?;
                return Ok(false);
            }
            () = sleep_until(until) => return Ok(false),
            () = sleep_until(self.next_commit) => self.commit_if_due().await?,
        }
        Ok(true)
    }
}
