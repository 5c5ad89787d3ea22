//! The chain of a connector: `transforms`, `predicates` and the keys under their aliases. Does not know the
//! plugins; whether a class exists and likes its keys is for whoever has the catalogue.

use std::fmt;

use crate::config::{Problem, Properties, trim, under};

/// A step of the chain: a transform and, optionally, its predicate.
#[derive(Clone, PartialEq, Eq)]
pub struct StepConfig {
    /// The transform's alias.
    pub alias: String,
    /// The transform's class, as written.
    pub class: String,
    /// The transform's own keys, without prefix.
    pub config: Properties,
    /// Which records the step takes; none: all.
    pub predicate: Option<PredicateConfig>,
    /// Whether it takes those that the predicate does not choose. Default: no.
    pub negate: bool,
}

/// A predicate of a step.
#[derive(Clone, PartialEq, Eq)]
pub struct PredicateConfig {
    /// Its alias.
    pub alias: String,
    /// Its class, as written.
    pub class: String,
    /// Its own keys, without prefix.
    pub config: Properties,
}

impl fmt::Debug for StepConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepConfig").field("alias", &self.alias).field("class", &self.class).finish_non_exhaustive()
    }
}

impl fmt::Debug for PredicateConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("PredicateConfig");
        debug.field("alias", &self.alias).field("class", &self.class).finish_non_exhaustive()
    }
}

/// Reads the chain. Problems go to `problems`; what has one is left out.
pub(super) fn parse(properties: &Properties, problems: &mut Vec<Problem>) -> Vec<StepConfig> {
    let predicates: Vec<PredicateConfig> = unique_aliases(properties, "predicates", problems)
        .into_iter()
        .filter_map(|alias| predicate(properties, alias).map_err(|problem| problems.push(problem)).ok())
        .collect();
    let transforms = unique_aliases(properties, "transforms", problems);
    let steps = transforms.into_iter();
    steps
        .filter_map(|alias| step(properties, alias, &predicates).map_err(|found| problems.extend(found)).ok())
        .collect()
}

/// Returns the aliases that `transforms` or `predicates` lists, as written.
pub fn aliases(properties: &Properties, key: &str) -> Vec<String> {
    match properties.get(key).map_or("", |text| trim(text)) {
        "" => Vec::new(),
        text => text.split(',').map(|alias| trim(alias).to_owned()).collect(),
    }
}

/// Returns the aliases, each of which must be unique and not empty.
fn unique_aliases(properties: &Properties, key: &str, problems: &mut Vec<Problem>) -> Vec<String> {
    let aliases = aliases(properties, key);
    let shown = format!("[{}]", aliases.join(", "));
    let mut unique = Vec::new();
    for alias in aliases {
        if alias.is_empty() {
            problems.push(Problem::invalid(key, &shown, "An alias is empty. Remove the extra comma"));
        } else if unique.contains(&alias) {
            problems.push(Problem::invalid(key, &shown, "Duplicate alias provided."));
        } else {
            unique.push(alias);
        }
    }
    unique
}

fn predicate(properties: &Properties, alias: String) -> Result<PredicateConfig, Problem> {
    let mut config = under(properties, &format!("predicates.{alias}."));
    let class = class(&mut config, format!("predicates.{alias}.type"))?;
    Ok(PredicateConfig { alias, class, config })
}

fn step(properties: &Properties, alias: String, known: &[PredicateConfig]) -> Result<StepConfig, Vec<Problem>> {
    let mut config = under(properties, &format!("transforms.{alias}."));
    let mut problems = Vec::new();
    let negate = negate(&mut config, &alias).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let wanted = config.remove("predicate").map(|name| trim(&name).to_owned());
    let predicate = wanted.as_ref().and_then(|name| known.iter().find(|predicate| &predicate.alias == name)).cloned();
    problems.extend(match (&wanted, &predicate) {
        (None, _) if negate.is_some() => Some(negated_nothing(&alias)),
        (Some(name), None) => Some(undefined(&alias, name)),
        _ => None,
    });
    match class(&mut config, format!("transforms.{alias}.type")) {
        Err(problem) => problems.push(problem),
        Ok(class) if problems.is_empty() => {
            return Ok(StepConfig { alias, class, config, predicate, negate: negate.unwrap_or(false) });
        }
        Ok(_) => {}
    }
    Err(problems)
}

fn negated_nothing(alias: &str) -> Problem {
    let message = format!(
        "Config 'transforms.{alias}.negate' was provided but there is no config 'transforms.{alias}.predicate' \
         defining a predicate to be negated."
    );
    Problem::new(format!("transforms.{alias}.type"), message)
}

fn undefined(alias: &str, predicate: &str) -> Problem {
    let why =
        format!("'predicates' does not define it. Add {predicate} to predicates, and predicates.{predicate}.type");
    Problem::invalid(&format!("transforms.{alias}.predicate"), predicate, &why)
}

fn class(config: &mut Properties, key: String) -> Result<String, Problem> {
    match config.remove("type").map(|class| trim(&class).to_owned()).filter(|class| !class.is_empty()) {
        Some(class) => Ok(class),
        None => {
            let message = format!("Missing required configuration \"{key}\" which has no default value.");
            Err(Problem::new(key, message))
        }
    }
}

fn negate(config: &mut Properties, alias: &str) -> Result<Option<bool>, Problem> {
    let Some(text) = config.remove("negate") else { return Ok(None) };
    match trim(&text).to_ascii_lowercase().as_str() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => {
            let key = format!("transforms.{alias}.negate");
            Err(Problem::invalid(&key, &text, "Expected value to be either true or false"))
        }
    }
}
