//! The keys that a configuration has because of what it names: those of each transform and predicate of its
//! chain, under their alias (Connect calls this enriching). Checks only that the classes exist.

use crate::config::connector::{aliases, transform_keys};
use crate::config::definition::{ConfigKey, ConfigType, Importance, Width};
use crate::config::{Problem, Properties, trim};
use crate::worker::{Launch, PluginKind};

/// The keys of a chain, and what is wrong with its classes.
#[derive(Default)]
pub(super) struct Enriched {
    /// The keys, with their prefixes.
    pub(super) keys: Vec<ConfigKey>,
    /// Classes that can't be used.
    pub(super) problems: Vec<Problem>,
}

/// Returns the keys of the transforms and predicates that a configuration names.
pub(super) fn enrich(launch: &dyn Launch, properties: &Properties) -> Enriched {
    let mut enriched = Enriched::default();
    for chain in [TRANSFORMS, PREDICATES] {
        let mut seen = Vec::new();
        for alias in aliases(properties, chain.key) {
            if !alias.is_empty() && !seen.contains(&alias) {
                enriched.add(&chain.element(&alias), launch, properties);
                seen.push(alias);
            }
        }
    }
    enriched
}

/// One of the two lists of aliases.
struct Chain {
    key: &'static str,
    group: &'static str,
    kind: PluginKind,
    noun: &'static str,
}

const TRANSFORMS: Chain =
    Chain { key: "transforms", group: "Transforms", kind: PluginKind::Transformation, noun: "Transformation" };
const PREDICATES: Chain =
    Chain { key: "predicates", group: "Predicates", kind: PluginKind::Predicate, noun: "Predicate" };

/// One transform or predicate.
struct Element {
    prefix: String,
    group: String,
    kind: PluginKind,
    noun: &'static str,
    type_key: ConfigKey,
}

impl Chain {
    fn element(&self, alias: &str) -> Element {
        let noun = self.noun;
        let type_key = ConfigKey {
            name: "type".to_owned(),
            value_type: ConfigType::Class,
            required: true,
            importance: Importance::High,
            width: Width::Long,
            documentation: format!("Class for the '{alias}' {}.", noun.to_lowercase()),
            display_name: format!("{noun} type for {alias}"),
            ..ConfigKey::default()
        };
        let (prefix, group) = (format!("{}.{alias}.", self.key), format!("{}: {alias}", self.group));
        Element { prefix, group, kind: self.kind, noun, type_key }
    }
}

impl Enriched {
    fn add(&mut self, element: &Element, launch: &dyn Launch, properties: &Properties) {
        let type_key = format!("{}type", element.prefix);
        let mut keys = vec![element.type_key.clone()];
        if let Some(class) = properties.get(&type_key).map(|class| trim(class)) {
            match launch.find(class) {
                Some(plugin) if plugin.kind == element.kind => keys.extend(plugin.definition.keys().iter().cloned()),
                Some(_) => self.problems.push(Problem::invalid(&type_key, class, &format!("Not a {}", element.noun))),
                None => {
                    let why = format!("Class {class} could not be found.");
                    self.problems.push(Problem::invalid(&type_key, class, &why));
                }
            }
        }
        if element.kind == PluginKind::Transformation {
            let implicit = transform_keys(); // They mask keys of the same name, as in Connect.
            keys.retain(|key| implicit.iter().all(|other| other.name != key.name));
            keys.extend(implicit);
        }
        self.keys.extend((0..).zip(keys).map(|(order, key)| placed(key, element, order)));
    }
}

fn placed(key: ConfigKey, element: &Element, order: i32) -> ConfigKey {
    ConfigKey {
        display_name: if key.display_name.is_empty() { key.name.clone() } else { key.display_name },
        name: format!("{}{}", element.prefix, key.name),
        group: element.group.clone(),
        order: Some(order),
        ..key
    }
}
