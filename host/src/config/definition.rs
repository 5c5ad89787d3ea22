//! What keys a configuration has: Kafka's `ConfigDef`, with its types, defaults, checks and words. Does not
//! know which keys there are; see [`super::worker`], [`super::connector`] and the plugins' own descriptions.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Problem, Properties, trim};
use crate::record::Secret;

#[cfg(test)]
mod tests;

/// The types of Kafka's `ConfigDef.Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConfigType {
    /// `true` or `false`, in any case.
    Boolean,
    /// Any text; Kafka's `STRING`.
    #[default]
    #[serde(rename = "STRING")]
    Text,
    /// 32 bits.
    Int,
    /// 16 bits.
    Short,
    /// 64 bits.
    Long,
    /// A floating-point number.
    Double,
    /// Texts between commas.
    List,
    /// The name of a plugin or converter.
    Class,
    /// A secret.
    Password,
}

/// Kafka's `ConfigDef.Importance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Importance {
    /// Most users set it.
    High,
    /// Some users set it.
    #[default]
    Medium,
    /// Few users set it.
    Low,
}

/// Kafka's `ConfigDef.Width`, a hint for forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Width {
    /// No hint.
    #[default]
    None,
    /// Up to 20 characters.
    Short,
    /// Up to 40.
    Medium,
    /// Up to 80.
    Long,
}

/// What the value of a key names, so that a grant can be derived from a connector's own configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grant {
    /// The value opens nothing.
    #[default]
    Nothing,
    /// The path of a file to be read: its directory is granted for reading.
    ReadFile,
    /// The path of a file to be written: its directory is granted for reading and writing.
    WriteFile,
    /// A directory to be read.
    ReadDirectory,
    /// A directory to be written.
    WriteDirectory,
    /// A `host:port` or URL to connect to; of a list, each of them.
    Endpoint,
}

/// One key of a configuration: the fields of the WIT `config-key` and, from `width` on, those that only the
/// worker's own keys use. Make one with `ConfigKey { name: …, ..ConfigKey::default() }`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigKey {
    /// The key.
    pub name: String,
    /// Its type.
    pub value_type: ConfigType,
    /// The default as the text that a user would write.
    pub default_value: Option<String>,
    /// Whether a configuration without this key is refused.
    pub required: bool,
    /// How many users set it.
    pub importance: Importance,
    /// What it does.
    pub documentation: String,
    /// The only values allowed; empty: any.
    pub valid_values: Vec<String>,
    /// Whether the values allowed may be written in any case.
    pub any_case: bool,
    /// A name for forms; empty: the key itself.
    pub display_name: String,
    /// The section of a form; empty: none.
    pub group: String,
    /// Whether an empty text or list is refused.
    pub non_empty: bool,
    /// What the value names.
    pub grants: Grant,
    /// How wide a form's field is.
    pub width: Width,
    /// The position within the group.
    pub order: Option<i32>,
    /// The smallest number allowed.
    pub minimum: Option<i64>,
}

/// A value of its key's type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a BOOLEAN.
    Boolean(bool),
    /// Of a STRING or CLASS.
    Text(String),
    /// Of an INT, SHORT or LONG.
    Integer(i64),
    /// Of a DOUBLE.
    Double(f64),
    /// Of a LIST.
    List(Vec<String>),
    /// Of a PASSWORD.
    Secret(Secret),
}

impl Value {
    /// Returns the text that a validation answer shows: never a secret.
    pub fn shown(&self) -> String {
        match self {
            Value::Boolean(value) => value.to_string(),
            Value::Text(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Double(number) => format!("{number:?}"),
            Value::List(items) => items.join(","),
            Value::Secret(_) => "[hidden]".to_owned(),
        }
    }
}

/// The keys of a configuration, in the order in which they were defined.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigDefinition {
    keys: Vec<ConfigKey>,
}

impl ConfigDefinition {
    /// Defines these keys.
    pub fn new(keys: Vec<ConfigKey>) -> Self {
        Self { keys }
    }

    /// Returns the keys.
    pub fn keys(&self) -> &[ConfigKey] {
        &self.keys
    }

    /// Checks the keys that are defined here, and returns each one's value or problem, in order. Other keys
    /// are not looked at.
    pub fn check(&self, properties: &Properties) -> Vec<Result<Option<Value>, Problem>> {
        self.keys.iter().map(|key| key.check(properties.get(&key.name).map(String::as_str))).collect()
    }

    /// Returns a configuration as plugins get it: without the blanks around the values of keys that are defined
    /// here, as Kafka's `ConfigDef.parseType` cuts them off all but passwords.
    pub fn trimmed(&self, properties: &Properties) -> Properties {
        let mut properties = properties.clone();
        for key in self.keys.iter().filter(|key| key.value_type != ConfigType::Password) {
            if let Some(text) = properties.get_mut(&key.name) {
                *text = trim(text).to_owned();
            }
        }
        properties
    }

    /// Returns the values of all keys.
    ///
    /// # Errors
    /// Returns every problem found.
    pub fn parse(&self, properties: &Properties) -> Result<Values, Vec<Problem>> {
        let mut values = BTreeMap::new();
        let mut problems = Vec::new();
        for (key, checked) in self.keys.iter().zip(self.check(properties)) {
            match checked {
                Ok(Some(value)) => drop(values.insert(key.name.clone(), value)),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(Values(values)) } else { Err(problems) }
    }
}

impl ConfigKey {
    /// Parses and checks the value that a configuration has for this key.
    fn check(&self, given: Option<&str>) -> Result<Option<Value>, Problem> {
        let Some(text) = given.or(self.default_value.as_deref()) else {
            let missing = || format!("Missing required configuration \"{}\" which has no default value.", self.name);
            return if self.required { Err(Problem::new(&self.name, missing())) } else { Ok(None) };
        };
        let value = self.parse(trim(text)).map_err(|why| self.invalid(text, &why))?;
        self.check_allowed(&value).map_err(|why| self.invalid(&value.shown(), &why))?;
        Ok(Some(value))
    }

    fn parse(&self, text: &str) -> Result<Value, String> {
        Ok(match self.value_type {
            ConfigType::Boolean if text.eq_ignore_ascii_case("true") => Value::Boolean(true),
            ConfigType::Boolean if text.eq_ignore_ascii_case("false") => Value::Boolean(false),
            ConfigType::Boolean => return Err("Expected value to be either true or false".to_owned()),
            ConfigType::Text | ConfigType::Class => Value::Text(text.to_owned()),
            ConfigType::Int => Value::Integer(text.parse::<i32>().map_err(|_| not_a_number("INT"))?.into()),
            ConfigType::Short => Value::Integer(text.parse::<i16>().map_err(|_| not_a_number("SHORT"))?.into()),
            ConfigType::Long => Value::Integer(text.parse::<i64>().map_err(|_| not_a_number("LONG"))?),
            ConfigType::Double => Value::Double(text.parse::<f64>().map_err(|_| not_a_number("DOUBLE"))?),
            ConfigType::List if text.is_empty() => Value::List(Vec::new()),
            ConfigType::List => Value::List(text.split(',').map(|item| trim(item).to_owned()).collect()),
            ConfigType::Password => Value::Secret(Secret::new(text)),
        })
    }

    fn check_allowed(&self, value: &Value) -> Result<(), String> {
        let texts = match value {
            Value::Text(text) => vec![text.as_str()],
            Value::Secret(secret) => vec![secret.expose()],
            Value::List(items) => items.iter().map(String::as_str).collect(),
            Value::Integer(number) => return self.check_minimum(*number),
            Value::Boolean(_) | Value::Double(_) => return Ok(()),
        };
        let is_empty = texts.iter().all(|text| text.is_empty());
        match value {
            Value::List(items) if self.non_empty && items.is_empty() => return Err("List must be non-empty".to_owned()),
            Value::Text(_) | Value::Secret(_) if self.non_empty && is_empty => {
                return Err("String must be non-empty".to_owned());
            }
            _ if self.valid_values.is_empty() => return Ok(()),
            _ => {}
        }
        let is_valid = |text: &&str, valid: &String| match self.any_case {
            true => valid.eq_ignore_ascii_case(text),
            false => valid == text,
        };
        if texts.iter().all(|text| self.valid_values.iter().any(|valid| is_valid(text, valid))) {
            return Ok(());
        }
        let case = if self.any_case { " (case insensitive)" } else { "" };
        Err(format!("String must be one of{case}: {}", self.valid_values.join(", ")))
    }

    fn check_minimum(&self, number: i64) -> Result<(), String> {
        match self.minimum {
            Some(minimum) if number < minimum => Err(format!("Value must be at least {minimum}")),
            _ => Ok(()),
        }
    }

    fn invalid(&self, value: &str, why: &str) -> Problem {
        let shown = if self.value_type == ConfigType::Password { "[hidden]" } else { value };
        Problem::invalid(&self.name, shown, why)
    }
}

fn not_a_number(name: &str) -> String {
    format!("Not a number of type {name}")
}

/// The values of a parsed configuration, by key. A key that isn't set and has no default has none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// Sets a value.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    /// Returns a value of any type.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Returns a STRING's or CLASS's value, if it is set and not empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Returns a number, 0 if it is not set.
    pub fn integer(&self, key: &str) -> i64 {
        match self.get(key) {
            Some(Value::Integer(number)) => *number,
            _ => 0,
        }
    }

    /// Returns a number that can't be negative, 0 if it is not set.
    pub fn natural(&self, key: &str) -> u64 {
        u64::try_from(self.integer(key)).unwrap_or(0)
    }

    /// Returns a number of milliseconds.
    pub fn millis(&self, key: &str) -> std::time::Duration {
        std::time::Duration::from_millis(self.natural(key))
    }

    /// Returns whether a BOOLEAN is set and true.
    pub fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Boolean(true)))
    }

    /// Returns a LIST's items.
    pub fn list(&self, key: &str) -> &[String] {
        match self.get(key) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }
}
