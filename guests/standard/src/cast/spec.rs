//! What `Cast` is told to cast, and to which types.

use airlock_sdk::Error;
use airlock_sdk::data::Kind;

/// A type that values can be cast to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Boolean,
    String,
}

impl Target {
    fn parse(name: &str) -> Result<Self, Error> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "int8" => Target::Int8,
            "int16" => Target::Int16,
            "int32" => Target::Int32,
            "int64" => Target::Int64,
            "float32" => Target::Float32,
            "float64" => Target::Float64,
            "boolean" => Target::Boolean,
            "string" => Target::String,
            _ => {
                let types = "int8, int16, int32, int64, float32, float64, boolean or string";
                return Err(invalid(format!("has no type that can be cast to in {name:?}: write {types}")));
            }
        })
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Target::Int8 => Kind::Int8,
            Target::Int16 => Kind::Int16,
            Target::Int32 => Kind::Int32,
            Target::Int64 => Kind::Int64,
            Target::Float32 => Kind::Float32,
            Target::Float64 => Kind::Float64,
            Target::Boolean => Kind::Boolean,
            Target::String => Kind::String,
        }
    }
}

/// What is cast.
#[derive(Debug)]
pub(super) enum Spec {
    /// The key or value as a whole.
    Whole(Target),
    /// These fields; none twice.
    Fields(Vec<(String, Target)>),
}

impl Spec {
    pub(super) fn parse(mappings: &[String]) -> Result<Self, Error> {
        if mappings.is_empty() {
            return Err(invalid("is empty: name at least one field and its type, or a type".to_owned()));
        }
        let mut fields: Vec<(String, Target)> = Vec::new();
        for mapping in mappings {
            // As Java splits, colons at the end count for nothing.
            let parts: Vec<&str> = mapping.trim_end_matches(':').split(':').collect();
            match parts.as_slice() {
                [target] if mappings.len() == 1 => return Ok(Spec::Whole(Target::parse(target)?)),
                [target] => {
                    let problem = "a single type casts the whole key or value, and must be all there is";
                    return Err(invalid(format!(
                        "has {target:?} among others: {problem}; for a field write field:type"
                    )));
                }
                [field, target] => {
                    let (field, target) = (field.trim(), Target::parse(target)?);
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
    pub(super) fn of(&self, name: &str) -> Option<Target> {
        match self {
            Spec::Whole(_) => None,
            Spec::Fields(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, target)| *target),
        }
    }
}

fn invalid(message: String) -> Error {
    Error::invalid("spec", message)
}
