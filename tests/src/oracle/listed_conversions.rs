//! The differences of converters that docs/compatibility.md lists, with their reasons: those are not compared.

use serde_json::{Map, Value as Json};

use super::case::{Converter, Item, Outcome};
use super::compare::{self, Bytes};
use super::fit;
use super::notation::{Datum, Schema, Type, Typed};

/// An item, and what both sides made of it.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// The item.
    pub item: &'a Item,
    /// What Java made of it.
    pub wanted: &'a Outcome,
    /// What Airlock made of it.
    pub found: &'a Outcome,
}

/// Tells whether what a converter makes of an item differs for a reason that is listed.
pub fn is_listed(converter: &Converter, made: Made<'_>) -> bool {
    match made.item {
        Item::Bytes { .. } => is_listed_reading(made),
        Item::Typed(typed) => is_listed_writing(converter, typed, made),
    }
}

/// Java reads such decimals where they are numbers, and writes none.
const NO_SCALE: &str = "a schema of a Decimal needs an integer in quotes as `parameters.scale`";

/// What Airlock says of a default that its schema doesn't allow.
const DEFAULT: &str = "default does not fit its type: ";

fn is_listed_reading(made: Made<'_>) -> bool {
    match (made.wanted, made.found) {
        (Outcome::Typed(_), Outcome::Typed(_)) => {
            settled(made.wanted).is_some() && settled(made.wanted) == settled(made.found)
        }
        (Outcome::Typed(read), Outcome::Error(failure)) => {
            let words = failure.message.as_deref().unwrap_or_default();
            let is_other = match words.contains(DEFAULT) {
                true => is_default_read_otherwise(made.item, read),
                false => is_read_otherwise(made.item, read),
            };
            is_no_json(made.item) || is_misfit(words) && is_other || words.contains(NO_SCALE)
        }
        // A null within a default, where the part's schema has a default of its own.
        (Outcome::Error(failure), Outcome::Typed(read)) => {
            let words = failure.message.as_deref().unwrap_or_default();
            words.starts_with("Invalid null value for required")
                && serde_json::to_value(&read.schema).is_ok_and(|schema| has_null_in_default(&schema))
        }
        _ => false,
    }
}

/// Java makes something else of it, without a word.
fn is_misfit(words: &str) -> bool {
    let misfit = words.contains("not what its schema says: ") || words.contains(DEFAULT);
    misfit && !words.ends_with("there is no value for a required field")
}

/// Java reads the first of several values, nothing as nothing, and passes over a byte order mark and leading zeros.
fn is_no_json(item: &Item) -> bool {
    matches!(item, Item::Bytes { bytes: Some(bytes) } if compare::tree(bytes, Bytes::JsonValues).is_none())
}

/// Tells whether Java's value is another than what is there, as far as that is plain to see.
fn is_read_otherwise(item: &Item, read: &Typed) -> bool {
    let Item::Bytes { bytes: Some(bytes) } = item else { return false };
    let json = compare::tree(bytes, Bytes::JsonValues).unwrap_or_default();
    match (json.get("payload"), &read.value) {
        (Some(payload), Some(value)) => !is_scalar_of(payload, value),
        _ => true,
    }
}

/// As [`is_read_otherwise`], of the default; one further inside is taken to be.
fn is_default_read_otherwise(item: &Item, read: &Typed) -> bool {
    let Item::Bytes { bytes: Some(bytes) } = item else { return false };
    let json = compare::tree(bytes, Bytes::JsonValues).unwrap_or_default();
    match (json.pointer("/schema/default"), read.schema.as_ref().and_then(|schema| schema.default.as_ref())) {
        (Some(default), Some(value)) => !is_scalar_of(default, value),
        (Some(_), None) => false,
        _ => true,
    }
}

/// Tells whether a default in a schema has a null inside.
fn has_null_in_default(schema: &Json) -> bool {
    fn has_null(json: &Json) -> bool {
        match json {
            Json::Null => true,
            Json::Array(items) => items.iter().any(has_null),
            Json::Object(members) => members.values().any(has_null),
            _ => false,
        }
    }
    match schema {
        Json::Array(items) => items.iter().any(has_null_in_default),
        Json::Object(members) => {
            members.iter().any(|(name, value)| name == "default" && has_null(value) || has_null_in_default(value))
        }
        _ => false,
    }
}

/// Tells whether JSON plainly is this number, text or truth.
fn is_scalar_of(json: &Json, value: &Datum) -> bool {
    let number = |text: String| json.get("number").and_then(Json::as_str) == Some(&compare::number(&text));
    match value {
        Datum::Boolean(truth) => json == truth,
        Datum::String(text) => json == text,
        Datum::Int8(integer) => number(integer.to_string()),
        Datum::Int16(integer) => number(integer.to_string()),
        Datum::Int32(integer) => number(integer.to_string()),
        Datum::Int64(integer) => number(integer.to_string()),
        _ => false,
    }
}

/// Returns a value as it is where what is listed doesn't count: Java reads numbers with a fraction as decimals, which
/// have no negative zero, and keeps another scale than the schema's.
fn settled(outcome: &Outcome) -> Option<Json> {
    fn settle(json: &mut Json) {
        match json {
            Json::Array(items) => items.iter_mut().for_each(settle),
            Json::Object(members) => {
                members.values_mut().for_each(settle);
                for (name, bits) in [("float32", "80000000"), ("float64", "8000000000000000")] {
                    if members.get(name).is_some_and(|found| found == bits) {
                        members.insert(name.to_owned(), Json::from(bits.replace('8', "0")));
                    }
                }
                if let Some(Json::Object(decimal)) = members.get_mut("decimal") {
                    let digits = decimal.get("unscaled").and_then(Json::as_str).unwrap_or_default().to_owned();
                    let scale = decimal.get("scale").and_then(Json::as_i64).unwrap_or_default();
                    *decimal = [("value".to_owned(), Json::from(compare::number(&format!("{digits}e{}", -scale))))]
                        .into_iter()
                        .collect();
                }
            }
            _ => {}
        }
    }
    let mut json = serde_json::to_value(outcome).ok()?;
    settle(&mut json);
    Some(compare::without_order(json))
}

fn is_listed_writing(converter: &Converter, typed: &Typed, made: Made<'_>) -> bool {
    let is_json = converter.class.ends_with("JsonConverter");
    match (made.wanted, made.found) {
        // A plugin can't write what its schema doesn't say.
        (Outcome::Bytes(_), Outcome::Error(failure)) => {
            let words = failure.message.as_deref().unwrap_or_default();
            (is_misfit(words) || words.contains("InvalidArgument")) && !fit::is_of(typed)
        }
        // Numbers have no class of their own, nor have decimals a scale, and a null is a null whatever its schema.
        (Outcome::Error(failure), Outcome::Bytes(found)) => {
            let words = failure.message.as_deref().unwrap_or_default();
            found.is_none()
                || words.contains("(was class ")
                || words.contains("has mismatching scale for given Decimal")
        }
        (Outcome::Bytes(Some(wanted)), Outcome::Bytes(Some(found))) if is_json => {
            let tree = |bytes: &[u8]| compare::tree(bytes, Bytes::JsonValues);
            match (tree(wanted), tree(found)) {
                (Some(wanted), Some(found)) => Leniency::of(typed).agree(&wanted, &found),
                _ => false,
            }
        }
        (Outcome::Bytes(Some(_)), Outcome::Bytes(Some(_))) => {
            converter.class.ends_with("StringConverter") && !is_simple(typed)
        }
        _ => false,
    }
}

/// What may differ in JSON that is written of a value.
struct Leniency {
    /// Maps with keys that aren't strings are arrays of pairs, in Java in the order of a `HashMap`.
    unordered: bool,
    /// Before JDK 19, Java writes some floats and doubles with more digits than it takes to tell them.
    floats: bool,
    doubles: bool,
}

impl Leniency {
    fn of(typed: &Typed) -> Self {
        let text = serde_json::to_string(typed).unwrap_or_default();
        let unordered =
            typed.schema.as_ref().is_some_and(has_pairs) || typed.schema.is_none() && text.contains("\"map\"");
        Self { unordered, floats: text.contains("float32"), doubles: text.contains("float64") }
    }

    fn agree(&self, wanted: &Json, found: &Json) -> bool {
        match (wanted, found) {
            (Json::Object(wanted), Json::Object(found)) => {
                if let (Some(Json::String(wanted)), Some(Json::String(found))) =
                    (wanted.get("number"), found.get("number"))
                {
                    return wanted == found || self.are_same(wanted, found);
                }
                // Empty parameters are not written.
                let is_empty = |name: &str, value: &Json| name == "parameters" && *value == Json::Object(Map::new());
                let count = wanted.iter().filter(|(name, value)| found.contains_key(*name) || !is_empty(name, value));
                count.clone().count() == found.len()
                    && count
                        .into_iter()
                        .all(|(name, value)| found.get(name).is_some_and(|other| self.agree(value, other)))
            }
            (Json::Array(wanted), Json::Array(found)) if wanted.len() == found.len() => {
                let are_pairs =
                    wanted.iter().chain(found).all(|pair| pair.as_array().is_some_and(|pair| pair.len() == 2));
                if self.unordered && are_pairs {
                    let mut left: Vec<&Json> = found.iter().collect();
                    return wanted.iter().all(|pair| {
                        let at = left.iter().position(|other| self.agree(pair, other));
                        at.map(|at| left.swap_remove(at)).is_some()
                    });
                }
                wanted.iter().zip(found).all(|(wanted, found)| self.agree(wanted, found))
            }
            _ => wanted == found,
        }
    }

    /// Tells whether two numbers are one double, or one float of which `found` is the shortest text.
    fn are_same(&self, wanted: &str, found: &str) -> bool {
        let (Ok(wanted), Ok(found)) = (wanted.parse::<f64>(), found.parse::<f64>()) else { return false };
        let shortest = (found as f32).to_string().parse::<f64>() == Ok(found);
        self.doubles && wanted == found || self.floats && wanted as f32 == found as f32 && shortest
    }
}

fn has_pairs(schema: &Schema) -> bool {
    schema.keys.as_ref().is_some_and(|keys| keys.kind != Type::String)
        || schema.fields().iter().any(|field| has_pairs(&field.schema))
        || schema.values.as_deref().is_some_and(has_pairs)
}

/// Tells whether StringConverter writes the same text as Java.
fn is_simple(typed: &Typed) -> bool {
    use Datum::{Bytes, Date, Float32, Float64, List, Map, Struct};
    !matches!(&typed.value, Some(Float32(_) | Float64(_) | List(_) | Map(_) | Struct(_) | Bytes(_) | Date(_)))
}
