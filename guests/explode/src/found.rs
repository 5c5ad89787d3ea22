//! What is found where the array should be, and what that makes of the record.

use airlock_sdk::{Config, ConfigKey, Error};

/// What becomes of a record without an array that has elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Otherwise {
    Keep,
    Drop,
    Reject,
}

/// What becomes of records of each kind.
pub(crate) struct Otherwises {
    pub(crate) missing: Otherwise,
    pub(crate) null: Otherwise,
    pub(crate) empty: Otherwise,
}

/// How many records one becomes, and why it is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Keep,
    Drop,
    Reject(String),
    /// So many elements, one at least.
    Explode(usize),
}

/// What a record has at the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Missing,
    Null,
    Elements(usize),
    /// Anything else, in words.
    Other(&'static str),
}

const KEYS: [(&str, &str); 3] =
    [("on.missing", "the field is not there"), ("on.null", "it is null"), ("on.empty", "the array has no elements")];

impl Otherwises {
    /// Describes the keys.
    pub(crate) fn keys() -> [ConfigKey; 3] {
        KEYS.map(|(key, what)| {
            ConfigKey::text(key).default("keep").one_of(["keep", "drop", "reject"]).documentation(format!(
                "What becomes of a record where {what}: keep passes it on as it is, drop takes it out, reject rejects it."
            ))
        })
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// A value isn't known.
    pub(crate) fn read(config: &Config) -> Result<Self, Error> {
        let [missing, null, empty] = KEYS.map(|(key, _)| match config.text(key)?.trim() {
            "keep" => Ok(Otherwise::Keep),
            "drop" => Ok(Otherwise::Drop),
            "reject" => Ok(Otherwise::Reject),
            other => Err(Error::invalid(key, format!("is {other:?}: write keep, drop or reject"))),
        });
        Ok(Otherwises { missing: missing?, null: null?, empty: empty? })
    }

    /// Decides on a record; `most` elements are allowed.
    pub(crate) fn decide(&self, found: Found, field: &str, most: usize) -> Fate {
        let (otherwise, what) = match found {
            Found::Other(words) => return Fate::Reject(format!("the field {field} is no array but {words}")),
            Found::Elements(count) if count > most => {
                return Fate::Reject(format!("the array {field} has {count} elements, more than max.elements, {most}"));
            }
            Found::Elements(0) => (self.empty, "is empty"),
            Found::Elements(count) => return Fate::Explode(count),
            Found::Missing => (self.missing, "is missing"),
            Found::Null => (self.null, "is null"),
        };
        match otherwise {
            Otherwise::Keep => Fate::Keep,
            Otherwise::Drop => Fate::Drop,
            Otherwise::Reject => Fate::Reject(format!("the array {field} {what}")),
        }
    }
}
