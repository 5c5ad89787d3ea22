//! What a component says of its plugins, checked: a description comes from a guest and may say anything.

use super::bindings::airlock::connect::plugin_info as wit;
use super::component::ExportIndices;
use crate::config::definition::{ConfigDefinition, ConfigKey, ConfigType, Grant, Importance};

/// What a plugin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A single message transform.
    Transform,
    /// A condition of a transform.
    Predicate,
    /// A source connector.
    Source,
    /// A sink connector.
    Sink,
}

/// A plugin, as its component describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginDescription {
    /// What it is.
    pub kind: Kind,
    /// Its names; the first is its own.
    pub class_names: Vec<String>,
    /// For people.
    pub version: String,
    /// What it does.
    pub documentation: String,
    /// Its keys.
    pub definition: std::sync::Arc<ConfigDefinition>,
    /// What it asks for, by the names in the WIT.
    pub capabilities: Vec<String>,
}

/// Why a description is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the component's describe() {0}")]
pub struct DescribeError(String);

/// The most plugins in a component, and keys or names of a plugin.
const MAX_ITEMS: usize = 1_000;

/// The longest name.
const MAX_NAME: usize = 255;

/// Checks a component's descriptions.
///
/// # Errors
/// They contradict themselves or the component's exports.
pub(crate) fn check(
    descriptions: Vec<wit::Description>,
    exports: &ExportIndices,
) -> Result<Vec<PluginDescription>, DescribeError> {
    if descriptions.is_empty() || descriptions.len() > MAX_ITEMS {
        return Err(DescribeError(format!("names {} plugins, not 1 to {MAX_ITEMS}", descriptions.len())));
    }
    let mut names = std::collections::HashSet::new();
    let mut plugins = Vec::new();
    for description in descriptions {
        check_names(&description, &mut names)?;
        check_export(&description, exports)?;
        plugins.push(convert(description)?);
    }
    Ok(plugins)
}

fn check_names(
    description: &wit::Description,
    seen: &mut std::collections::HashSet<String>,
) -> Result<(), DescribeError> {
    if description.class_names.is_empty() || description.class_names.len() > MAX_ITEMS {
        return Err(DescribeError("has a plugin without a class name".to_owned()));
    }
    for name in &description.class_names {
        let legal = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$-".contains(&byte));
        if name.is_empty() || name.len() > MAX_NAME || !legal {
            return Err(DescribeError(format!("has the class name {name:?}: use letters, digits and . _ $ -")));
        }
        if !seen.insert(name.clone()) {
            return Err(DescribeError(format!("gives the class name {name} to two plugins")));
        }
    }
    Ok(())
}

fn check_export(description: &wit::Description, exports: &ExportIndices) -> Result<(), DescribeError> {
    let (present, needed) = match description.kind {
        wit::Kind::Transform => (exports.transform.is_some(), "transform"),
        wit::Kind::Predicate => (exports.predicate.is_some(), "predicate"),
        wit::Kind::Source => (exports.source.is_some() && exports.connector.is_some(), "connector and source"),
        wit::Kind::Sink => (exports.sink.is_some() && exports.connector.is_some(), "connector and sink"),
    };
    if present {
        return Ok(());
    }
    let class = description.class_names.first().map_or("", String::as_str);
    Err(DescribeError(format!("calls {class} a {:?}, but the component doesn't export {needed}", description.kind)))
}

fn convert(description: wit::Description) -> Result<PluginDescription, DescribeError> {
    if description.config.len() > MAX_ITEMS {
        return Err(DescribeError(format!("has more than {MAX_ITEMS} configuration keys")));
    }
    let mut keys = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for key in description.config {
        if key.name.is_empty() || key.name.len() > MAX_NAME || !seen.insert(key.name.clone()) {
            return Err(DescribeError(format!("has the configuration key {:?} twice, or it is empty", key.name)));
        }
        keys.push(config_key(key));
    }
    Ok(PluginDescription {
        kind: kind(description.kind),
        class_names: description.class_names,
        version: description.version,
        documentation: description.documentation,
        definition: std::sync::Arc::new(ConfigDefinition::new(keys)),
        capabilities: description.capabilities.into_iter().map(capability).collect(),
    })
}

fn kind(kind: wit::Kind) -> Kind {
    match kind {
        wit::Kind::Transform => Kind::Transform,
        wit::Kind::Predicate => Kind::Predicate,
        wit::Kind::Source => Kind::Source,
        wit::Kind::Sink => Kind::Sink,
    }
}

fn capability(capability: wit::Capability) -> String {
    match capability {
        wit::Capability::Filesystem => "filesystem".to_owned(),
        wit::Capability::OutgoingTcp => "outgoing-tcp".to_owned(),
        wit::Capability::OutgoingHttp => "outgoing-http".to_owned(),
        wit::Capability::Other(name) => name,
    }
}

fn config_key(key: wit::ConfigKey) -> ConfigKey {
    ConfigKey {
        name: key.name,
        value_type: config_type(key.value_type),
        default_value: key.default_value,
        required: key.required,
        importance: importance(key.importance),
        documentation: key.documentation,
        valid_values: key.valid_values,
        display_name: key.display_name,
        group: key.group,
        non_empty: key.non_empty,
        grants: grant(key.grants),
        ..ConfigKey::default()
    }
}

fn config_type(config_type: wit::ConfigType) -> ConfigType {
    match config_type {
        wit::ConfigType::Boolean => ConfigType::Boolean,
        wit::ConfigType::Text => ConfigType::Text,
        wit::ConfigType::Int => ConfigType::Int,
        wit::ConfigType::Short => ConfigType::Short,
        wit::ConfigType::Long => ConfigType::Long,
        wit::ConfigType::Double => ConfigType::Double,
        wit::ConfigType::TextList => ConfigType::List,
        wit::ConfigType::ClassName => ConfigType::Class,
        wit::ConfigType::Password => ConfigType::Password,
    }
}

fn importance(importance: wit::Importance) -> Importance {
    match importance {
        wit::Importance::High => Importance::High,
        wit::Importance::Medium => Importance::Medium,
        wit::Importance::Low => Importance::Low,
    }
}

fn grant(grant: wit::Grant) -> Grant {
    match grant {
        wit::Grant::Nothing => Grant::Nothing,
        wit::Grant::ReadFile => Grant::ReadFile,
        wit::Grant::WriteFile => Grant::WriteFile,
        wit::Grant::ReadDirectory => Grant::ReadDirectory,
        wit::Grant::WriteDirectory => Grant::WriteDirectory,
        wit::Grant::Endpoint => Grant::Endpoint,
    }
}
