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

#[cfg(test)]
mod tests {
    use super::super::describe::Description;
    use super::super::registry;
    use super::super::transform::{Predicate, Transform};
    use super::*;
    use crate::batch::Edit;
    use crate::testing::{Fate, Rows};

    /// Discards every row, or marks it, as its configuration says.
    struct Act {
        marks: Option<String>,
    }

    impl Transform for Act {
        fn describe() -> Description {
            Description::new(["Act"])
        }

        fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
            Ok(Act { marks: config.get("mark").map(str::to_owned) })
        }

        fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
            match &self.marks {
                Some(mark) => Ok(batch.value().edit(Edit::new().put_constant(mark, "true"))?),
                None => Ok(batch.discard(&(0..batch.rows() as u32).collect::<Vec<_>>())?),
            }
        }
    }

    /// Chooses rows that have a field.
    struct Has(String);

    impl Predicate for Has {
        fn describe() -> Description {
            Description::new(["Has", "Alias"])
        }

        fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
            Ok(Has(config.text("field")?.to_owned()))
        }

        fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
            let column = batch.value().read_json(self.0.as_str())?;
            Ok((0..).zip(column.iter()).filter(|(_, cell)| cell.value().is_some()).map(|(row, _)| row).collect())
        }
    }

    const PLUGINS: Plugins =
        Plugins { transforms: &[registry::transform::<Act>()], predicates: &[registry::predicate::<Has>()] };

    fn choice(class_name: &str, config: &[(&str, &str)]) -> Choice {
        let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Choice { class_name: class_name.to_owned(), config }
    }

    fn step(config: &[(&str, &str)], predicate: Option<(&str, Negate)>) -> StepChoice {
        let predicate = predicate.map(|(field, negate)| (choice("Has", &[("field", field)]), negate));
        StepChoice { plugin: choice("Act", config), predicate }
    }

    fn run(steps: Vec<StepChoice>, values: [&str; 3]) -> Rows {
        let rows = Rows::of_values(values);
        Steps::configure(PLUGINS, steps).unwrap().apply(&rows.batch()).unwrap();
        rows
    }

    #[test]
    fn a_predicate_narrows_its_own_step_only() {
        let steps = vec![step(&[("mark", "seen")], Some(("a", Negate::No))), step(&[("mark", "last")], None)];
        let rows = run(steps, [r#"{"a":1}"#, "{}", r#"{"a":1}"#]);
        assert_eq!(rows.value(0), r#"{"a":1,"seen":true,"last":true}"#);
        assert_eq!(rows.value(1), r#"{"last":true}"#);
    }

    #[test]
    fn a_negated_predicate_takes_the_others() {
        let rows = run(vec![step(&[], Some(("a", Negate::Yes)))], [r#"{"a":1}"#, "{}", r#"{"a":1}"#]);
        assert_eq!([rows.fate(0), rows.fate(1), rows.fate(2)], [Fate::Kept, Fate::Discarded, Fate::Kept]);
    }

    #[test]
    fn later_steps_do_not_see_what_was_discarded() {
        let steps = vec![step(&[], Some(("a", Negate::No))), step(&[("mark", "b")], Some(("c", Negate::No)))];
        let rows = run(steps, [r#"{"a":1,"c":1}"#, r#"{"c":1}"#, "{}"]);
        assert_eq!((rows.fate(0), rows.value(0)), (Fate::Discarded, r#"{"a":1,"c":1}"#.into()));
        assert_eq!((rows.value(1), rows.value(2)), (r#"{"c":1,"b":true}"#.into(), "{}".into()));
    }

    #[test]
    fn a_predicate_that_chooses_nothing_skips_its_step() {
        let rows = run(vec![step(&[], Some(("z", Negate::No)))], ["{}", "{}", "{}"]);
        assert_eq!(rows.fate(0), Fate::Kept);
    }

    #[test]
    fn a_predicate_may_be_asked_by_itself() {
        let rows = Rows::of_values([r#"{"a":1}"#, "{}", r#"{"a":2}"#]);
        let asked = StepChoice { plugin: choice("Alias", &[("field", "a")]), predicate: None };
        let mut steps = Steps::configure(PLUGINS, vec![asked]).unwrap();
        assert_eq!(steps.test(&rows.batch()).unwrap(), [0, 2]);
        assert!(steps.apply(&rows.batch()).is_err());
    }

    #[test]
    fn an_unknown_plugin_and_a_bad_configuration_are_told() {
        let unknown = StepChoice { plugin: choice("Nothing", &[]), predicate: None };
        let error = Steps::configure(PLUGINS, vec![unknown]).err().unwrap();
        assert_eq!(error, Error::fatal("this component has no plugin Nothing"));
        let predicate = Some((choice("Has", &[]), Negate::No));
        let bad = StepChoice { plugin: choice("Act", &[]), predicate };
        assert_eq!(Steps::configure(PLUGINS, vec![bad]).err(), Some(Error::invalid("field", "is missing: set it")));
    }

    #[test]
    fn the_complement_is_what_is_left() {
        assert_eq!(complement(&[1, 3], 5), [0, 2, 4]);
        assert_eq!(complement(&[], 2), [0, 1]);
    }
}
