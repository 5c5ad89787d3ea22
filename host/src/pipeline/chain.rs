//! The chain: steps in order, grouped into runs that are one call each. Retries a run as the `errors.*` keys
//! say. A predicate of another component is hidden behind [`Transform`].

use tracing::warn;

use super::batch::Batch;
use super::edges::{CallError, Transform};
use super::failure::{Stop, TaskError};
use super::metrics::TaskMetrics;
use super::rejections::span;
use super::tolerance::{Again, ErrorPolicy, Traps};
use crate::record::Stage;

/// The transforms of a task.
#[derive(Default)]
pub struct Chain {
    runs: Vec<Box<dyn Transform>>,
    traps: Traps,
}

impl Chain {
    /// Makes a chain of runs of steps, in order.
    pub fn new(runs: Vec<Box<dyn Transform>>) -> Self {
        Self { runs, traps: Traps::default() }
    }

    /// Runs all steps over the batch.
    pub(super) async fn apply(
        &mut self,
        mut batch: Batch,
        policy: &mut ErrorPolicy,
        metrics: &TaskMetrics,
    ) -> Result<Batch, Stop> {
        for run in &mut self.runs {
            if batch.live_rows() == 0 {
                break;
            }
            batch = apply_run(run.as_mut(), batch, (policy, &mut self.traps, metrics)).await?;
        }
        Ok(batch)
    }
}

/// Runs one run until it succeeds or may not be tried again. The batch is as it was before a failed try.
async fn apply_run(
    run: &mut dyn Transform,
    mut batch: Batch,
    (policy, traps, metrics): (&mut ErrorPolicy, &mut Traps, &TaskMetrics),
) -> Result<Batch, Stop> {
    let mut attempts = policy.attempts();
    loop {
        let result;
        (batch, result) = run.apply(batch).await;
        let Err(error) = result else { return Ok(batch) };
        let guest = run.describe();
        let failed = |error| TaskError::Guest { stage: Stage::Transformation, guest: guest.clone(), error };
        match error {
            CallError::Retriable(_) | CallError::TimedOut(_) => {
                if policy.wait(&mut attempts).await? == Again::No {
                    return Err(failed(error).into());
                }
            }
            // The next call is a fresh instance's (Invariant 5), and the batch is as it was.
            CallError::Trapped(_) => {
                metrics.restarts.add(1);
                if let Some(times) = traps.too_many() {
                    let records = span(&batch);
                    return Err(TaskError::Traps { guest, times, records, error }.into());
                }
            }
            CallError::InvalidConfig(_) | CallError::Fatal(_) => return Err(failed(error).into()),
        }
        metrics.retries.add(1);
        warn!(guest, %error, "a transform failed, trying again");
    }
}
