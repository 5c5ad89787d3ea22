//! Fields of the outbox table that go into the event, its headers or its partition.

use airlock_sdk::{Config, ConfigKey, Error, Importance};
use connect_lib::header_text::trim;

use crate::words;

const PLACEMENT: &str = "table.fields.additional.placement";

/// A field that goes elsewhere.
pub(super) struct Additional {
    pub(super) field: String,
    /// What it is called there.
    pub(super) alias: String,
    pub(super) place: Place,
}

/// Where a field goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    Envelope,
    Partition,
}

impl Additional {
    /// Describes the key.
    pub(super) fn key() -> ConfigKey {
        ConfigKey::list(PLACEMENT).importance(Importance::High).documentation(
            "Fields that go elsewhere, separated by commas: field:header, field:envelope or field:partition, with a colon \
             and another name behind it if need be. With a field in the envelope, the value is a struct with the payload \
             in its field payload.",
        )
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// An entry isn't of that form.
    pub(super) fn read(config: &Config) -> Result<Vec<Self>, Error> {
        let Some(text) = config.get(PLACEMENT) else { return Ok(Vec::new()) };
        let entry = |entry: &str| {
            Self::parse(entry).ok_or_else(|| {
                let fix = "write field:header, field:envelope or field:partition, and perhaps :name";
                Error::invalid(PLACEMENT, format!("has {entry:?}: {fix}"))
            })
        };
        words::split(text, ',').into_iter().map(entry).collect()
    }

    fn parse(entry: &str) -> Option<Self> {
        let parts = words::split(entry, ':');
        let (field, place, alias) = match parts.as_slice() {
            [field, place] => (field, place, field),
            [field, place, alias] => (field, place, alias),
            _ => return None,
        };
        let places = [("header", Place::Header), ("envelope", Place::Envelope), ("partition", Place::Partition)];
        let (_, place) = places.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(trim(place)))?;
        Some(Additional { field: trim(field).to_owned(), alias: trim(alias).to_owned(), place })
    }
}
