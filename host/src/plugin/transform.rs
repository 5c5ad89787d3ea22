//! A run of consecutive transform steps of one component: one instance, one call per batch. A predicate
//! that lives in another component is asked first, and narrows the rows.

use std::time::Duration;

use async_trait::async_trait;

use super::bindings::airlock::connect::plugin_info::{Step, StepPredicate};
use super::guest::{Guest, Recipe, call_with_batch};
use super::instance::Instance;
use crate::pipeline::batch::{Access, Batch, Call, Section};
use crate::pipeline::edges::{CallError, Transform};

/// A plugin with its own configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// The class name, as the user wrote it.
    pub class: String,
    /// Its keys and values.
    pub config: Vec<(String, String)>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSpec {
    /// The step's alias in the chain.
    pub alias: String,
    /// The transform.
    pub transform: Configured,
    /// A predicate of the same component.
    pub predicate: Option<Configured>,
    /// Which rows it takes, where it has a predicate, here or elsewhere.
    pub choice: Choice,
}

/// Which rows a step with a predicate takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Those for which the predicate holds.
    Matching,
    /// The others: `negate`.
    Others,
}

impl Choice {
    /// Reads the key `negate`.
    pub(crate) fn of(negate: impl Into<bool>) -> Self {
        if negate.into() { Self::Others } else { Self::Matching }
    }
}

/// A predicate in a component of its own.
struct Elsewhere {
    guest: Guest,
    predicate: Configured,
    choice: Choice,
}

/// The steps of one component, as the pipeline drives them.
pub struct TransformGuest {
    guest: Guest,
    steps: Vec<StepSpec>,
    /// The index in the whole chain of the first step.
    first_step: u32,
    elsewhere: Option<Elsewhere>,
}

impl TransformGuest {
    pub(crate) fn new(recipe: Recipe, first_step: u32, steps: Vec<StepSpec>) -> Self {
        Self { guest: Guest::new(recipe), steps, first_step, elsewhere: None }
    }

    /// Lets a predicate of another component choose the rows of this run's only step.
    pub(crate) fn with_predicate(mut self, recipe: Recipe, predicate: Configured, choice: Choice) -> Self {
        self.elsewhere = Some(Elsewhere { guest: Guest::new(recipe), predicate, choice });
        self
    }

    /// Makes and configures instances now, so that a configuration that can't work fails at the start.
    ///
    /// # Errors
    /// An instance can't be made or refuses its configuration.
    pub async fn start(&mut self) -> Result<(), CallError> {
        if let Some(elsewhere) = &mut self.elsewhere {
            elsewhere.ready().await?;
        }
        self.ready().await.map(|_| ())
    }

    async fn ready(&mut self) -> Result<&mut Instance, CallError> {
        if self.guest.alive().is_none() {
            configure(&mut self.guest, self.steps.iter().map(step_in).collect()).await?;
        }
        self.guest.started()
    }

    async fn try_apply(&mut self, batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        let (batch, rows) = match &mut self.elsewhere {
            None => (batch, Ok(None)),
            Some(elsewhere) => elsewhere.choose(batch, section.clone(), self.first_step).await,
        };
        let rows = match rows {
            Ok(Some(rows)) if rows.is_empty() => return (batch, Ok(())),
            Ok(rows) => rows,
            Err(error) => return (batch, Err(error)),
        };
        let (first_step, steps) = (self.first_step, u32::try_from(self.steps.len()).ok());
        let instance = match self.ready().await {
            Ok(instance) => instance,
            Err(error) => return (batch, Err(error)),
        };
        let call = Call { first_step, steps, section, rows, access: Access::Transform };
        call_with_batch(instance, "transform.apply", (batch, call), |store, exports, batch| {
            Box::pin(async move { exports.transform()?.call_apply(store, batch).await })
        })
        .await
    }
}

#[async_trait]
impl Transform for TransformGuest {
    async fn apply(&mut self, batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        if batch.live_rows() == 0 {
            return (batch, Ok(()));
        }
        let (batch, result) = self.try_apply(batch, section).await;
        if let (Err(CallError::Trapped(_) | CallError::TimedOut(_)), Some(elsewhere)) = (&result, &mut self.elsewhere) {
            // One of the two is gone; whoever looks for guilty rows counts on both being fresh.
            elsewhere.guest.end();
            self.guest.end();
        }
        (batch, result)
    }

    fn describe(&self, step: Option<u32>) -> String {
        let index =
            step.and_then(|step| step.checked_sub(self.first_step)).and_then(|index| usize::try_from(index).ok());
        match index.and_then(|index| self.steps.get(index)) {
            Some(step) => described(std::slice::from_ref(step), &self.guest),
            None => described(&self.steps, &self.guest),
        }
    }

    fn cpu_used(&self) -> Duration {
        let elsewhere = self.elsewhere.as_ref().map_or(Duration::ZERO, |elsewhere| elsewhere.guest.cpu_used());
        self.guest.cpu_used() + elsewhere
    }
}

impl Elsewhere {
    async fn ready(&mut self) -> Result<&mut Instance, CallError> {
        if self.guest.alive().is_none() {
            let Configured { class, config } = self.predicate.clone();
            configure(&mut self.guest, vec![Step { plugin: class, config, predicate: None }]).await?;
        }
        self.guest.started()
    }

    /// Asks which of the live rows the step takes, ascending.
    async fn choose(
        &mut self,
        batch: Batch,
        section: Section,
        step: u32,
    ) -> (Batch, Result<Option<Vec<u32>>, CallError>) {
        let choice = self.choice;
        let seen = section.as_ref().map_or(batch.live_rows(), ExactSizeIterator::len);
        let instance = match self.ready().await {
            Ok(instance) => instance,
            Err(error) => return (batch, Err(error)),
        };
        let call = Call { first_step: step, steps: Some(1), section, rows: None, access: Access::Predicate };
        let (batch, chosen) = call_with_batch(instance, "predicate.test", (batch, call), |store, exports, batch| {
            Box::pin(async move { exports.predicate()?.call_test(store, batch).await })
        })
        .await;
        let seen = u32::try_from(seen).unwrap_or(u32::MAX);
        let chosen = chosen.and_then(|rows| taken(rows, seen, choice)).map(Some);
        (batch, chosen)
    }
}

/// Checks a predicate's answer, and turns it around where the step is negated.
fn taken(rows: Vec<u32>, live: u32, choice: Choice) -> Result<Vec<u32>, CallError> {
    let ascending = rows.is_sorted_by(|a, b| a < b) && rows.last().is_none_or(|last| *last < live);
    if !ascending {
        let words = format!("predicate.test answered rows that aren't ascending below {live}: a bug of the predicate");
        return Err(CallError::Fatal(words));
    }
    if choice == Choice::Matching {
        return Ok(rows);
    }
    let mut chosen = rows.into_iter().peekable();
    Ok((0..live).filter(|row| chosen.next_if_eq(row).is_none()).collect())
}

/// Makes a fresh instance and configures it.
async fn configure(guest: &mut Guest, steps: Vec<Step>) -> Result<(), CallError> {
    let instance = guest.renew().await?;
    let configured = instance
        .call("plugin.configure", |store, exports| {
            Box::pin(async move { exports.plugin.call_configure(store, &steps).await })
        })
        .await;
    configured.map_err(|error| {
        guest.end();
        // No row was seen yet, and none is to blame.
        match error {
            CallError::Trapped(words) => CallError::Fatal(words),
            error => error,
        }
    })
}

/// Names steps, for errors.
fn described(steps: &[StepSpec], guest: &Guest) -> String {
    let names: Vec<_> = steps.iter().map(|step| format!("{} ({})", step.alias, step.transform.class)).collect();
    format!("{} of component {}", names.join(", "), guest.digest())
}

fn step_in(step: &StepSpec) -> Step {
    let negate = step.choice == Choice::Others;
    let predicate = step.predicate.clone();
    let predicate = predicate.map(|Configured { class, config }| StepPredicate { plugin: class, config, negate });
    Step { plugin: step.transform.class.clone(), config: step.transform.config.clone(), predicate }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negate_takes_the_rows_that_were_not_chosen() {
        assert_eq!(taken(vec![1, 3], 5, Choice::Others).unwrap(), [0, 2, 4]);
        assert_eq!(taken(vec![], 2, Choice::Others).unwrap(), [0, 1]);
        assert_eq!(taken(vec![1, 3], 5, Choice::Matching).unwrap(), [1, 3]);
    }

    #[test]
    fn a_predicate_that_answers_nonsense_is_refused() {
        for rows in [vec![3, 1], vec![1, 1], vec![5]] {
            assert!(taken(rows, 5, Choice::Matching).is_err());
        }
    }
}
