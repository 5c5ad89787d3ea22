//! The steps that one instance runs: consecutive steps of a chain whose plugins are in the same component.
//! The host tells what they are once, and then calls once per batch for all of them.

use super::config::Config;
use super::registry::{Entry, PredicateFunctions, RunPredicate, RunTransform, TransformFunctions};
use crate::batch::Batch;
use crate::error::Error;

/// The plugins of a component of transforms.
#[derive(Clone, Copy)]
pub(crate) struct Plugins {
    pub(crate) transforms: &'static [Entry<TransformFunctions>],
    pub(crate) predicates: &'static [Entry<PredicateFunctions>],
}

/// A plugin to be configured.
pub(crate) struct Choice {
    pub(crate) class_name: String,
    pub(crate) config: Vec<(String, String)>,
}

/// A step to be configured.
pub(crate) struct StepChoice {
    pub(crate) plugin: Choice,
    pub(crate) predicate: Option<(Choice, Negate)>,
}

/// Whether a step takes the rows that its predicate does not choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Negate {
    No,
    Yes,
}

/// What an instance was configured to run.
pub(crate) enum Steps {
    /// Steps of a chain.
    Chain(Vec<Step>),
    /// A predicate by itself, whose transform is in another component.
    Predicate(Box<dyn RunPredicate>),
}

/// A configured step.
pub(crate) struct Step {
    transform: Box<dyn RunTransform>,
    predicate: Option<(Box<dyn RunPredicate>, Negate)>,
}

impl Steps {
    /// Configures the steps in order. A predicate comes as a single step of its own.
    pub(crate) fn configure(plugins: Plugins, choices: Vec<StepChoice>) -> Result<Self, Error> {
        if let [StepChoice { plugin, predicate: None }] = choices.as_slice()
            && Entry::find(plugins.transforms, &plugin.class_name).is_err()
        {
            return Ok(Steps::Predicate(plugins.predicate(plugin)?));
        }
        let steps = choices.into_iter().map(|choice| plugins.step(choice));
        Ok(Steps::Chain(steps.collect::<Result<_, _>>()?))
    }

    /// Runs the steps over a batch.
    pub(crate) fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let Steps::Chain(steps) = self else {
            return Err(Error::fatal("this instance was configured as a predicate, not as transforms"));
        };
        for (index, step) in (0..).zip(steps) {
            if index > 0 {
                batch.enter_step(index, None)?;
            }
            if step.narrow(batch, index)? == Narrowed::ToSome {
                step.transform.apply(batch)?;
            }
        }
        Ok(())
    }

    /// Asks the predicate that this instance was configured as.
    pub(crate) fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
        match self {
            Steps::Predicate(predicate) => predicate.test(batch),
            Steps::Chain(_) => Err(Error::fatal("this instance was configured as transforms, not as a predicate")),
        }
    }
}

#[derive(PartialEq, Eq)]
enum Narrowed {
    ToNone,
    ToSome,
}

impl Step {
    /// Narrows the batch to the rows that the step's predicate chooses.
    fn narrow(&self, batch: &Batch<'_>, index: u32) -> Result<Narrowed, Error> {
        let Some((predicate, negate)) = &self.predicate else {
            return Ok(Narrowed::ToSome);
        };
        let rows = batch.rows();
        let held = predicate.test(batch)?;
        let chosen = if *negate == Negate::Yes { complement(&held, rows) } else { held };
        if chosen.is_empty() {
            return Ok(Narrowed::ToNone);
        }
        if chosen.len() < rows {
            batch.enter_step(index, Some(&chosen))?;
        }
        Ok(Narrowed::ToSome)
    }
}

impl Plugins {
    fn step(self, choice: StepChoice) -> Result<Step, Error> {
        let (functions, description) = Entry::find(self.transforms, &choice.plugin.class_name)?;
        let config = Config::new(&description.config, choice.plugin.config);
        let transform = (functions.configure)(&config, &choice.plugin.class_name)?;
        let predicate = match choice.predicate {
            Some((predicate, negate)) => Some((self.predicate(&predicate)?, negate)),
            None => None,
        };
        Ok(Step { transform, predicate })
    }

    fn predicate(self, choice: &Choice) -> Result<Box<dyn RunPredicate>, Error> {
        let (functions, description) = Entry::find(self.predicates, &choice.class_name)?;
        let config = Config::new(&description.config, choice.config.clone());
        (functions.configure)(&config, &choice.class_name)
    }
}

/// Returns the rows below `rows` that aren't in `held`, which is ascending.
fn complement(held: &[u32], rows: usize) -> Vec<u32> {
    let mut held = held.iter().copied().peekable();
    (0..rows as u32).filter(|row| held.next_if_eq(row).is_none()).collect()
}
