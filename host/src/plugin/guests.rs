//! Makes guests from the catalogue: finds the plugin, derives its grants, groups the steps of a chain into
//! runs, and opens the accounts that their use is charged to.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use super::account::Payer;
use super::capability::{GrantPolicy, GrantProblem, Grants, derive};
use super::catalog::{Catalog, Entry};
use super::connector::ConnectorGuest;
use super::describe::{Kind, PluginDescription};
use super::guest::Recipe;
use super::sink::SinkGuest;
use super::source::SourceGuest;
use super::state::Setting;
use super::transform::{Choice, Configured, StepSpec, TransformGuest};
use crate::config::Properties;
use crate::config::connector::StepConfig;
use crate::pipeline::batch::SchemaTable;
use crate::pipeline::edges::OffsetStore;
use crate::record::{ComponentRef, TaskId};

/// What guests of one task, or of one connector outside of its tasks, have in common.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Who runs them, for logs.
    pub scope: String,
    /// The task; none outside of tasks.
    pub task: Option<TaskId>,
    /// The task's schemas.
    pub schemas: Arc<Mutex<SchemaTable>>,
    /// A source's stored offsets: the connector's name, and where they are.
    pub offsets: Option<(String, Arc<dyn OffsetStore>)>,
    /// Told when a guest asks for new task configurations.
    pub reconfigure: Option<mpsc::Sender<()>>,
    /// What the operator allows plugins.
    pub policy: GrantPolicy,
}

/// Why a guest can't be made.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// No plugin has the name, or several have it, or it is of another kind.
    #[error(
        "no {kind} is called {class}: GET /connector-plugins?connectorsOnly=false lists the plugins there are, and \
         PUT /components/{{name}}/versions/{{version}} adds a component"
    )]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// The name.
        class: String,
    },
    /// It would need what isn't granted.
    #[error(transparent)]
    Grant(#[from] GrantProblem),
}

type Found = (Arc<Entry>, PluginDescription);

impl Catalog {
    /// Makes the guests of a chain: consecutive steps of one component become one guest. A step whose
    /// predicate lives in another component gets a guest of its own.
    ///
    /// # Errors
    /// A plugin is unknown or needs what isn't granted.
    pub fn chain_guests(&self, chain: &[StepConfig], around: &Surroundings) -> Result<Vec<TransformGuest>, GuestError> {
        let mut guests = Vec::new();
        let mut run: Option<Run> = None;
        for (index, step) in (0..).zip(chain) {
            let step = self.resolve(index, step, around)?;
            match &mut run {
                Some(run) if run.takes(&step) => run.join(step),
                _ => guests.extend(run.replace(step).map(Run::into_guest)),
            }
        }
        guests.extend(run.map(Run::into_guest));
        Ok(guests)
    }

    fn resolve(&self, index: u32, step: &StepConfig, around: &Surroundings) -> Result<Run, GuestError> {
        let (entry, plugin) = self.find_kind(&step.class, &[Kind::Transform], "transform")?;
        let config = plugin.definition.trimmed(&step.config);
        let grants = derive(&plugin, &config, &around.policy)?;
        let recipe = self.recipe(&entry, (&step.alias, &step.class), around).with(grants);
        let mut spec = StepSpec {
            alias: step.alias.clone(),
            transform: configured(&plugin, &step.class, &config),
            predicate: None,
            choice: Choice::of(step.negate),
        };
        let mut elsewhere = None;
        if let Some(predicate) = &step.predicate {
            let (home, plugin) = self.find_kind(&predicate.class, &[Kind::Predicate], "predicate")?;
            let predicate = configured(&plugin, &predicate.class, &plugin.definition.trimmed(&predicate.config));
            if home.component == entry.component {
                spec.predicate = Some(predicate);
            } else {
                let recipe = self.recipe(&home, (&step.alias, &predicate.class), around);
                elsewhere = Some((recipe, predicate));
            }
        }
        Ok(Run { first: index, component: entry.component.clone(), steps: vec![spec], recipe, elsewhere })
    }

    /// Makes a sink task's guest.
    ///
    /// # Errors
    /// The plugin is unknown or needs what isn't granted.
    pub fn sink_guest(&self, class: &str, config: &Properties, around: &Surroundings) -> Result<SinkGuest, GuestError> {
        let (recipe, plugin) = self.connector_recipe((class, config), &[Kind::Sink], around)?;
        Ok(SinkGuest::new(recipe, plugin))
    }

    /// Makes a source task's guest.
    ///
    /// # Errors
    /// The plugin is unknown or needs what isn't granted.
    pub fn source_guest(
        &self,
        class: &str,
        config: &Properties,
        around: &Surroundings,
    ) -> Result<SourceGuest, GuestError> {
        let (recipe, plugin) = self.connector_recipe((class, config), &[Kind::Source], around)?;
        Ok(SourceGuest::new(recipe, plugin))
    }

    /// Makes a connector's guest.
    ///
    /// # Errors
    /// The plugin is unknown or needs what isn't granted.
    pub fn connector_guest(
        &self,
        class: &str,
        config: &Properties,
        around: &Surroundings,
    ) -> Result<ConnectorGuest, GuestError> {
        let (recipe, plugin) = self.connector_recipe((class, config), &[Kind::Source, Kind::Sink], around)?;
        Ok(ConnectorGuest::new(recipe, plugin))
    }

    fn connector_recipe(
        &self,
        (class, config): (&str, &Properties),
        kinds: &[Kind],
        around: &Surroundings,
    ) -> Result<(Recipe, Configured), GuestError> {
        let (entry, plugin) = self.find_kind(class, kinds, "connector")?;
        let config = plugin.definition.trimmed(config);
        let grants = derive(&plugin, &config, &around.policy)?;
        let recipe = self.recipe(&entry, ("connector", class), around).with(grants);
        Ok((recipe, configured(&plugin, class, &config)))
    }

    fn find_kind(&self, class: &str, kinds: &[Kind], kind: &'static str) -> Result<Found, GuestError> {
        let found = self.find(class).filter(|(_, plugin)| kinds.contains(&plugin.kind));
        found.ok_or_else(|| GuestError::Unknown { kind, class: class.to_owned() })
    }

    fn recipe(&self, entry: &Entry, (step, class): (&str, &str), around: &Surroundings) -> Recipe {
        let payer = Payer { task: around.task.clone(), step: step.to_owned(), plugin: class.to_owned() };
        let ComponentRef { name, version, .. } = &entry.component;
        let setting = Setting {
            component: format!("component {name} {version}"),
            scope: around.scope.clone(),
            accounts: vec![self.accounts().open(payer)],
            limits: self.limits(),
            schemas: around.schemas.clone(),
            offsets: around.offsets.clone(),
            reconfigure: around.reconfigure.clone(),
        };
        Recipe { component: entry.linked.clone(), setting, grants: Grants::default() }
    }
}

/// Steps that share an instance.
struct Run {
    /// The index in the whole chain of the first step.
    first: u32,
    component: ComponentRef,
    steps: Vec<StepSpec>,
    recipe: Recipe,
    /// The only step's predicate, where it lives in another component.
    elsewhere: Option<(Recipe, Configured)>,
}

impl Run {
    /// Whether the next step can share the instance.
    fn takes(&self, next: &Run) -> bool {
        self.component == next.component && self.elsewhere.is_none() && next.elsewhere.is_none()
    }

    /// Adds the next step, with its account and what it is granted.
    fn join(&mut self, mut next: Run) {
        self.steps.append(&mut next.steps);
        self.recipe.setting.accounts.append(&mut next.recipe.setting.accounts);
        self.recipe.grants.directories.append(&mut next.recipe.grants.directories);
    }

    fn into_guest(self) -> TransformGuest {
        let choice = self.steps.first().map_or(Choice::Matching, |step| step.choice);
        let guest = TransformGuest::new(self.recipe, self.first, self.steps);
        match self.elsewhere {
            None => guest,
            Some((recipe, predicate)) => guest.with_predicate(recipe, predicate, choice),
        }
    }
}

/// The class goes to the guest under a full name, since only the catalogue knows the short ones.
fn configured(plugin: &PluginDescription, class: &str, config: &Properties) -> Configured {
    let known = plugin.class_names.iter().any(|name| name == class);
    let own = plugin.class_names.first().map_or(class, String::as_str);
    Configured { class: if known { class } else { own }.to_owned(), config: pairs(config) }
}

fn pairs(properties: &Properties) -> Vec<(String, String)> {
    properties.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}
