//! The JSON shapes in which Kafka Connect shows definitions and validation results. Checks nothing; see
//! [`super::definition`].

use serde::Serialize;

use super::definition::{ConfigKey, ConfigType, Importance, Width};

/// A key's definition, Connect's `ConfigKeyInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigKeyInfo {
    /// The key.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub value_type: ConfigType,
    /// Whether it must be set.
    pub required: bool,
    /// Its default, as text.
    pub default_value: Option<String>,
    /// How many users set it.
    pub importance: Importance,
    /// What it does.
    pub documentation: String,
    /// The section of a form.
    pub group: Option<String>,
    /// How wide a form's field is.
    pub width: Width,
    /// A name for forms.
    pub display_name: String,
    /// Keys whose validity depends on this one; always empty.
    pub dependents: [String; 0],
    /// The position within the group, -1 without one.
    #[serde(rename = "order_in_group")]
    pub order: i32,
}

impl From<&ConfigKey> for ConfigKeyInfo {
    fn from(key: &ConfigKey) -> Self {
        let default_value = match key.value_type {
            ConfigType::Password => key.default_value.as_ref().map(|_| "[hidden]".to_owned()),
            _ => key.default_value.clone(),
        };
        Self {
            name: key.name.clone(),
            value_type: key.value_type,
            required: key.required,
            default_value,
            importance: key.importance,
            documentation: key.documentation.clone(),
            group: Some(key.group.clone()).filter(|group| !group.is_empty()),
            width: key.width,
            display_name: if key.display_name.is_empty() { key.name.clone() } else { key.display_name.clone() },
            dependents: [],
            order: key.order.unwrap_or(-1),
        }
    }
}

/// A key's value in a validated configuration, Connect's `ConfigValueInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigValueInfo {
    /// The key.
    pub name: String,
    /// Its value as text, or null.
    pub value: Option<String>,
    /// Values that a form may offer.
    pub recommended_values: Vec<String>,
    /// What is wrong with it.
    pub errors: Vec<String>,
    /// Whether a form shows it.
    pub visible: bool,
}

/// A key's definition and value, Connect's `ConfigInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigInfo {
    /// The definition; none where a problem belongs to a key that nobody defined.
    pub definition: Option<ConfigKeyInfo>,
    /// The value.
    pub value: ConfigValueInfo,
}

/// A validated configuration, Connect's `ConfigInfos`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigInfos {
    /// The connector's class.
    pub name: String,
    /// How many errors there are in all.
    pub error_count: usize,
    /// The sections of a form, in order.
    pub groups: Vec<String>,
    /// All keys.
    pub configs: Vec<ConfigInfo>,
}
