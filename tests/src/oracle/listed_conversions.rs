//! The differences of converters that docs/compatibility.md lists, with their reasons: those are not compared.

use serde_json::Value as Json;

use super::case::{Converter, Item, Outcome};
use super::compare::Difference;
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
pub fn is_listed(converter: &Converter, made: Made<'_>, difference: &Difference) -> bool {
    match made.item {
        Item::Bytes { .. } => is_listed_reading(made, difference),
        Item::Typed(typed) => is_listed_writing(converter, (typed, made), difference),
    }
}

fn is_listed_reading(made: Made<'_>, difference: &Difference) -> bool {
    match (made.wanted, made.found) {
        (Outcome::Typed(_), Outcome::Typed(_)) => is_negative_zero(difference) || difference.path.contains(".decimal."),
        (Outcome::Typed(_), Outcome::Error(failure)) => {
            let words = failure.message.as_deref().unwrap_or_default();
            is_misfit(words) || is_lax_json(words)
        }
        _ => false,
    }
}

/// Java makes something else of it, without a word.
fn is_misfit(words: &str) -> bool {
    let misfit = words.contains("not what its schema says: ") || words.contains("default does not fit its type: ");
    misfit && !words.ends_with("there is no value for a required field")
}

/// Java reads the first of several values, nothing as nothing, and passes over a byte order mark.
fn is_lax_json(words: &str) -> bool {
    ["there is more text after the value", "a value is expected at byte 0", "the text ends too early"]
        .iter()
        .any(|problem| words.contains(problem))
}

/// Java reads numbers with a fraction as decimals, which have no negative zero.
fn is_negative_zero(difference: &Difference) -> bool {
    let zeros = [("\"00000000\"", "\"80000000\""), ("\"0000000000000000\"", "\"8000000000000000\"")];
    zeros.contains(&(&difference.wanted, &difference.found))
}

fn is_listed_writing(converter: &Converter, (typed, made): (&Typed, Made<'_>), difference: &Difference) -> bool {
    match (made.wanted, made.found) {
        // A plugin can't write what its schema doesn't say.
        (Outcome::Bytes(wanted), Outcome::Error(failure)) => {
            let words = failure.message.as_deref().unwrap_or_default();
            let required = words.contains("there is no value for a required field");
            let is_text = converter.class.ends_with("StringConverter");
            is_misfit(words) || words.contains("InvalidArgument") && (!required || wanted.is_none() || is_text)
        }
        // Numbers have no class of their own, nor have decimals a scale, and a null is a null whatever its schema.
        (Outcome::Error(failure), Outcome::Bytes(found)) => {
            let words = failure.message.as_deref().unwrap_or_default();
            found.is_none()
                || words.contains("(was class ")
                || words.contains("has mismatching scale for given Decimal")
        }
        (Outcome::Bytes(Some(wanted)), Outcome::Bytes(Some(found))) if converter.class.ends_with("JsonConverter") => {
            difference.path.ends_with(".parameters") && difference.wanted == "{}"
                || is_same_double(difference)
                || has_unordered_map(typed) && sorted(wanted) == sorted(found)
        }
        (Outcome::Bytes(Some(_)), Outcome::Bytes(Some(_))) => {
            converter.class.ends_with("StringConverter") && !is_simple(typed)
        }
        _ => false,
    }
}

/// Before JDK 19, Java writes some doubles with more digits than it takes to tell them.
fn is_same_double(difference: &Difference) -> bool {
    let number = |text: &str| text.trim_matches('"').parse::<f64>().ok();
    let (wanted, found) = (number(&difference.wanted), number(&difference.found));
    let single = |number: Option<f64>| number.map(|number| number as f32);
    difference.path.ends_with(".number") && (wanted == found || single(wanted) == single(found))
}

/// Tells whether a map's entries are an array, in the order of a `HashMap`.
fn has_unordered_map(typed: &Typed) -> bool {
    typed.schema.as_ref().is_some_and(has_pairs)
}

fn has_pairs(schema: &Schema) -> bool {
    schema.keys.as_ref().is_some_and(|keys| keys.kind != Type::String)
        || schema.fields().iter().any(|field| has_pairs(&field.schema))
        || schema.values.as_deref().is_some_and(has_pairs)
}

fn sorted(json: &[u8]) -> Option<String> {
    fn sort(json: &mut Json) {
        match json {
            Json::Array(items) => {
                items.iter_mut().for_each(sort);
                items.sort_by_cached_key(Json::to_string);
            }
            Json::Object(members) => {
                members.values_mut().for_each(sort);
                members.sort_keys();
            }
            // As far as all versions of Java agree on the digits.
            Json::Number(number) => {
                *json = Json::String(number.as_f64().map_or(0.0, |number| number as f32).to_string())
            }
            _ => {}
        }
    }
    let mut json = serde_json::from_slice(json).ok()?;
    sort(&mut json);
    Some(json.to_string())
}

/// Tells whether values have no schema here, as those of text and bytes.
pub fn is_plain(converter: &Converter) -> bool {
    ["StringConverter", "ByteArrayConverter"].iter().any(|class| converter.class.ends_with(class))
}

/// Tells whether StringConverter writes the same text as Java.
fn is_simple(typed: &Typed) -> bool {
    use Datum::{Bytes, Date, Float32, Float64, List, Map, Struct};
    !matches!(&typed.value, Some(Float32(_) | Float64(_) | List(_) | Map(_) | Struct(_) | Bytes(_) | Date(_)))
}
