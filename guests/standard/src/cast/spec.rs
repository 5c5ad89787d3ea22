//! What `Cast` is told to cast, and to which types.

use airlock_sdk::Error;
use airlock_sdk::data::Kind;

/// The types that values can be cast to.
const TARGETS: [Kind; 8] =
    [Kind::Int8, Kind::Int16, Kind::Int32, Kind::Int64, Kind::Float32, Kind::Float64, Kind::Boolean, Kind::String];

fn target(name: &str) -> Result<Kind, Error> {
    let is_it = |kind: &&Kind| kind.java_name().eq_ignore_ascii_case(name.trim());
    TARGETS.iter().find(is_it).cloned().ok_or_else(|| {
        let types = "int8, int16, int32, int64, float32, float64, boolean or string";
        invalid(format!("has no type that can be cast to in {name:?}: write {types}"))
    })
}

/// What is cast.
#[derive(Debug)]
pub(super) enum Spec {
    /// The key or value as a whole.
    Whole(Kind),
    /// These fields; none twice.
    Fields(Vec<(String, Kind)>),
}

impl Spec {
    pub(super) fn parse(mappings: &[String]) -> Result<Self, Error> {
        if mappings.is_empty() {
            return Err(invalid("is empty: name at least one field and its type, or a type".to_owned()));
        }
        let mut fields: Vec<(String, Kind)> = Vec::new();
        for mapping in mappings {
            // As Java splits, colons at the end count for nothing.
            let parts: Vec<&str> = mapping.trim_end_matches(':').split(':').collect();
            match parts.as_slice() {
                [target] if mappings.len() == 1 => return Ok(Spec::Whole(self::target(target)?)),
                [target] => {
                    let problem = "a single type casts the whole key or value, and must be all there is";
                    return Err(invalid(format!(
                        "has {target:?} among others: {problem}; for a field write field:type"
                    )));
                }
                [field, target] => {
                    let (field, target) = (field.trim(), self::target(target)?);
                    // The last mapping of a field counts.
                    fields.retain(|(known, _)| known != field);
                    fields.push((field.to_owned(), target));
                }
                _ => return Err(invalid(format!("has {mapping:?}, with too many colons: write field:type"))),
            }
        }
        Ok(Spec::Fields(fields))
    }

    /// Returns the type that a field is cast to.
    pub(super) fn of(&self, name: &str) -> Option<&Kind> {
        match self {
            Spec::Whole(_) => None,
            Spec::Fields(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, target)| target),
        }
    }
}

fn invalid(message: String) -> Error {
    Error::invalid("spec", message)
}
