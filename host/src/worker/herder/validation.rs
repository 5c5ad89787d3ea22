//! Validates a connector's configuration against everything that is known of it: Connect's own keys, those of
//! its class, of each transform and predicate, the rules between them, and at last what the plugins say.

use super::HerderError;
use super::enrich::enrich;
use crate::config::connector::{ConnectorConfig, Direction, connector_keys};
use crate::config::converter::{
    CONVERTER_CLASSES, Converter, HEADER_CONVERTER_CLASSES, HeaderConverter, converter_keys,
};
use crate::config::definition::{ConfigDefinition, ConfigKey, Value};
use crate::config::infos::{ConfigInfo, ConfigInfos, ConfigKeyInfo, ConfigValueInfo};
use crate::config::properties::{ConfigBody, NULL_VALUE};
use crate::config::{Problem, Properties, trim};
use crate::worker::{Launch, PluginInfo, PluginKind};

/// The worker's converters, for connectors that name none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultConverters {
    /// `key.converter`.
    pub key: Converter,
    /// `value.converter`.
    pub value: Converter,
    /// `header.converter`.
    pub header: HeaderConverter,
}

/// A validated configuration.
pub(super) struct Validation {
    /// What `PUT /connector-plugins/{class}/config/validate` answers.
    pub(super) infos: ConfigInfos,
    /// The configuration; none if there are errors.
    pub(super) config: Option<ConnectorConfig>,
    /// Those of the errors that plugins found. Their words don't name the key, unlike Connect's own.
    told: Vec<Problem>,
}

impl Validation {
    /// Returns the configuration, or the error that lists what is wrong with it.
    pub(super) fn accepted(self) -> Result<ConnectorConfig, HerderError> {
        self.config.ok_or_else(|| HerderError::Invalid(refusal(&self.infos, &self.told)))
    }
}

/// Validates a configuration.
///
/// # Errors
/// Returns an error where there is nothing to validate against: no class, or one that nobody has.
pub(super) async fn validate(
    launch: &dyn Launch,
    defaults: &DefaultConverters,
    body: &ConfigBody,
) -> Result<Validation, HerderError> {
    let properties = &body.properties;
    let plugin = connector_plugin(launch, properties)?;
    let direction = if plugin.kind == PluginKind::Source { Direction::Source } else { Direction::Sink };
    let mut problems: Vec<Problem> = body.nulls.iter().map(|key| Problem::new(key, NULL_VALUE)).collect();
    let enriched = enrich(launch, properties);
    problems.extend(enriched.problems);
    let definition = ConfigDefinition::new(
        [own_keys(direction, defaults), converters_keys(properties), enriched.keys, plugin.definition.keys().to_vec()]
            .concat(),
    );
    let mut checked = Vec::new();
    for (key, result) in definition.keys().iter().zip(definition.check(properties)) {
        let value = result.map_err(|problem| problems.push(problem)).ok().flatten();
        checked.push((key.clone(), value));
    }
    let parsed = ConnectorConfig::parse(properties, direction).map_err(|found| problems.extend(found)).ok();
    let right = parsed.filter(|_| problems.is_empty());
    let told = match &right {
        Some(config) => launch.validate(config).await,
        None => Vec::new(),
    };
    problems.extend(told.iter().cloned());
    let infos = infos(launch, checked, problems);
    let config = right.filter(|_| told.is_empty());
    Ok(Validation { infos: ConfigInfos { name: class_of(properties), ..infos }, config, told })
}

/// Finds the connector that a configuration names.
fn connector_plugin(launch: &dyn Launch, properties: &Properties) -> Result<PluginInfo, HerderError> {
    let class = class_of(properties);
    if class.is_empty() {
        let message = "Connector config contains no connector type. Add the key connector.class";
        return Err(HerderError::Invalid(message.to_owned()));
    }
    launch.find(&class).filter(|plugin| plugin.kind.is_connector()).ok_or_else(|| {
        let available = launch.plugins().into_iter().filter(|plugin| plugin.kind.is_connector());
        let mut names: Vec<String> = available.map(|plugin| plugin.class).collect();
        names.sort();
        HerderError::Invalid(format!(
            "Failed to find any class that implements Connector and which name matches {class}, \
             available connectors are: {}. To add one, upload its component with PUT /components/<name>/versions/<version>",
            names.join(", ")
        ))
    })
}

fn class_of(properties: &Properties) -> String {
    properties.get("connector.class").map_or("", |class| trim(class)).to_owned()
}

/// Connect's own keys, with the worker's converters as defaults.
fn own_keys(direction: Direction, defaults: &DefaultConverters) -> Vec<ConfigKey> {
    let mut keys = connector_keys(direction).keys().to_vec();
    for key in &mut keys {
        key.default_value = match key.name.as_str() {
            "key.converter" => Some(defaults.key.class().to_owned()),
            "value.converter" => Some(defaults.value.class().to_owned()),
            "header.converter" => Some(defaults.header.class().to_owned()),
            _ => continue,
        };
    }
    keys
}

/// The keys of the converters that a configuration names, under their prefixes.
fn converters_keys(properties: &Properties) -> Vec<ConfigKey> {
    let named = ["key.converter", "value.converter", "header.converter"];
    let keys = named.into_iter().filter_map(|key| Some(converter_keys(trim(properties.get(key)?), key)));
    keys.flatten().collect()
}

/// Puts each problem to its key. Those of keys that nobody defined come last, without a definition.
fn infos(launch: &dyn Launch, checked: Vec<(ConfigKey, Option<Value>)>, problems: Vec<Problem>) -> ConfigInfos {
    let mut groups: Vec<String> = Vec::new();
    let mut configs: Vec<ConfigInfo> = Vec::new();
    for (key, value) in checked {
        if !key.group.is_empty() && !groups.contains(&key.group) {
            groups.push(key.group.clone());
        }
        let mut info = undefined(&key.name);
        info.value.value = value.map(|value| value.shown());
        info.value.recommended_values = recommended(launch, &key.name);
        info.definition = Some(ConfigKeyInfo::from(&key));
        configs.push(info);
    }
    for problem in problems {
        let known = configs.iter_mut().find(|config| config.value.name == problem.key);
        let errors = match known {
            Some(config) => &mut config.value.errors,
            None => &mut configs.push_mut(undefined(&problem.key)).value.errors,
        };
        if !errors.contains(&problem.message) {
            errors.push(problem.message);
        }
    }
    let error_count = configs.iter().map(|config| config.value.errors.len()).sum();
    ConfigInfos { name: String::new(), error_count, groups, configs }
}

fn undefined(key: &str) -> ConfigInfo {
    let value = ConfigValueInfo {
        name: key.to_owned(),
        value: None,
        recommended_values: Vec::new(),
        errors: Vec::new(),
        visible: true,
    };
    ConfigInfo { definition: None, value }
}

/// Returns the classes that a form may offer for a key.
fn recommended(launch: &dyn Launch, key: &str) -> Vec<String> {
    let kind = match key {
        "key.converter" | "value.converter" => return CONVERTER_CLASSES.map(str::to_owned).to_vec(),
        "header.converter" => return HEADER_CONVERTER_CLASSES.map(str::to_owned).to_vec(),
        _ if !key.ends_with(".type") => return Vec::new(),
        _ if key.starts_with("transforms.") => PluginKind::Transformation,
        _ if key.starts_with("predicates.") => PluginKind::Predicate,
        _ => return Vec::new(),
    };
    let plugins = launch.plugins().into_iter().filter(|plugin| plugin.kind == kind);
    let mut classes: Vec<String> = plugins.flat_map(|plugin| [vec![plugin.class], plugin.aliases].concat()).collect();
    classes.sort();
    classes
}

/// Says what is wrong, with Connect's words.
fn refusal(infos: &ConfigInfos, told: &[Problem]) -> String {
    let mut errors = Vec::new();
    for ConfigValueInfo { name, errors: messages, .. } in infos.configs.iter().map(|config| &config.value) {
        for message in messages {
            let is_told = told.iter().any(|problem| &problem.key == name && &problem.message == message);
            errors.push(if is_told { format!("{name}: {message}") } else { message.clone() });
        }
    }
    format!(
        "Connector configuration is invalid and contains the following {} error(s):\n{}\nYou can also find the above \
         list of errors at the endpoint `/connector-plugins/{{connectorType}}/config/validate`",
        infos.error_count,
        errors.join("\n")
    )
}
