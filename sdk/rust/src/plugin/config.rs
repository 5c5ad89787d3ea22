//! A plugin's configuration: keys and values as text, with the defaults that the plugin described.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::describe::ConfigKey;
use crate::error::Error;

/// A configuration. Absent keys have the default from the plugin's own description.
///
/// ```
/// use airlock_sdk::{Config, ConfigKey};
/// let keys = [ConfigKey::list("fields"), ConfigKey::int("limit").default("3")];
/// let config = Config::new(&keys, [("fields", "name, email")]);
/// assert_eq!(config.list("fields"), ["name", "email"]);
/// assert_eq!(config.parse::<u32>("limit")?, 3);
/// assert_eq!(config.get("replacement"), None);
/// # Ok::<(), airlock_sdk::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Config {
    given: BTreeMap<String, String>,
    defaults: BTreeMap<String, String>,
}

impl Config {
    /// Returns a configuration of these values, and the defaults of `keys`.
    pub fn new<K: Into<String>, V: Into<String>>(keys: &[ConfigKey], given: impl IntoIterator<Item = (K, V)>) -> Self {
        let defaults = keys.iter().filter_map(|key| Some((key.name.clone(), key.default_value.clone()?)));
        let given = given.into_iter().map(|(key, value)| (key.into(), value.into()));
        Config { given: given.collect(), defaults: defaults.collect() }
    }

    /// Returns a value, or its default; none where it is null.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.given.get(key).or_else(|| self.defaults.get(key)).map(String::as_str)
    }

    /// Returns a value that must be there.
    ///
    /// # Errors
    /// Names the key, if it is missing.
    pub fn text(&self, key: &str) -> Result<&str, Error> {
        self.get(key).ok_or_else(|| Error::invalid(key, "is missing: set it"))
    }

    /// Returns the texts of a list, without the blanks around them. An absent or blank list is empty.
    pub fn list(&self, key: &str) -> Vec<String> {
        match self.get(key).map(str::trim) {
            None | Some("") => Vec::new(),
            Some(list) => list.split(',').map(|text| text.trim().to_owned()).collect(),
        }
    }

    /// Returns a number or boolean that must be there.
    ///
    /// # Errors
    /// Names the key and its value, if it is missing or something else.
    pub fn parse<T: FromStr>(&self, key: &str) -> Result<T, Error> {
        let text = self.text(key)?.trim();
        text.parse().map_err(|_| {
            let wanted = std::any::type_name::<T>();
            Error::invalid(key, format!("is {text:?}, which is no {wanted}: correct it"))
        })
    }

    /// Returns a boolean, in any case of letters as Kafka takes it.
    ///
    /// # Errors
    /// Names the key and its value, if it is missing or something else.
    pub fn boolean(&self, key: &str) -> Result<bool, Error> {
        let text = self.text(key)?.trim();
        if text.eq_ignore_ascii_case("true") {
            Ok(true)
        } else if text.eq_ignore_ascii_case("false") {
            Ok(false)
        } else {
            Err(Error::invalid(key, format!("is {text:?}: write true or false")))
        }
    }

    /// Returns the keys and values that the user gave, without defaults.
    pub fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns the same configuration with another value for a key, as for one of several tasks.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.given.insert(key.into(), value.into());
        self
    }
}

impl std::fmt::Debug for Config {
    /// Prints the keys alone: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}
