//! Kafka's property keys, parsed and validated once: [`worker`] for the worker, [`connector`] for a connector,
//! [`definition`] for the keys that a plugin describes, [`properties`] for the files and bodies they come in.
//! Starts nothing and knows no plugin by name.

use std::collections::BTreeMap;

use serde::Serialize;

pub mod properties;

pub mod definition;
pub mod infos;

pub mod converter;

pub mod restart;

pub mod connector;
pub mod worker;

/// Configuration keys and their values, as text.
pub type Properties = BTreeMap<String, String>;

/// A problem of one configuration key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The key.
    pub key: String,
    /// What is wrong and what to do, for people; it names the value unless that is a secret.
    pub message: String,
}

impl Problem {
    /// Makes a problem of `key`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }

    /// Makes a problem with Kafka's words for a value that can't be used.
    pub fn invalid(key: &str, value: &str, why: &str) -> Self {
        Self::new(key, format!("Invalid value {value} for configuration {key}: {why}"))
    }
}

/// Returns the keys under `prefix`, without it.
pub fn under(properties: &Properties, prefix: &str) -> Properties {
    let matching = properties.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)));
    matching.map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

/// Removes what Java's `String.trim` removes: blanks and control characters at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character <= ' ')
}
