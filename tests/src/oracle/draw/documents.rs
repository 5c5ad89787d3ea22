//! Schemaless values, of the classes that JsonConverter makes of JSON.

use super::dice::Dice;
use super::{values, words};
use crate::oracle::notation::{Datum, Double, Type, Value};

/// Enough to be deep, and little enough that no JSON parser on the way minds: each level is three in the notation.
const DEEP: usize = 30;

/// Returns a value of any shape.
pub(super) fn any(dice: &mut Dice, depth: usize) -> Value {
    let compound = if depth == 0 { 0 } else { 2 };
    Some(match dice.weighted(&[(1, 0), (8, 1), (compound, 2), (compound, 3)]) {
        0 => return None,
        1 => values::of_type_of_json(dice),
        2 => Datum::List((0..dice.below(4)).map(|_| any(dice, depth - 1)).collect()),
        _ => map(dice, depth),
    })
}

/// Returns an object whose values nest less deep than told.
pub(super) fn map(dice: &mut Dice, depth: usize) -> Datum {
    let mut entries: Vec<(Value, Value)> = Vec::new();
    for _ in 0..dice.below(5) {
        put(&mut entries, words::field(dice), any(dice, depth.saturating_sub(1)));
    }
    Datum::Map(entries)
}

/// Returns objects and lists within each other.
pub(super) fn deep(dice: &mut Dice) -> Datum {
    (0..dice.below(DEEP)).fold(Datum::Int64(1), |inner, _| {
        if dice.percent(70) {
            Datum::Map(vec![(Some(Datum::String(words::field(dice))), Some(inner))])
        } else {
            Datum::List(vec![Some(inner)])
        }
    })
}

/// Adds an entry unless there is one of its key.
pub(super) fn put(entries: &mut Vec<(Value, Value)>, key: String, value: Value) {
    let key = Some(Datum::String(key));
    if entries.iter().all(|(other, _)| *other != key) {
        entries.push((key, value));
    }
}

/// Returns what is left of a value that fitted a schema, once it went through JSON without it.
pub(super) fn schemaless(dice: &mut Dice, value: &Value) -> Value {
    Some(match value.as_ref()? {
        Datum::Int8(number) => Datum::Int64((*number).into()),
        Datum::Int16(number) => Datum::Int64((*number).into()),
        Datum::Int32(number) => Datum::Int64((*number).into()),
        Datum::Date(millis) => Datum::Int64(*millis),
        Datum::Float32(number) => Datum::Float64(Double(number.0.into())),
        Datum::Bytes(_) | Datum::Decimal(_) => values::of_type(dice, Type::String),
        Datum::List(items) => Datum::List(items.iter().map(|item| schemaless(dice, item)).collect()),
        Datum::Map(entries) => {
            let mut map = Vec::new();
            for (key, value) in entries {
                let key = if let Some(Datum::String(key)) = key { key.clone() } else { words::field(dice) };
                put(&mut map, key, schemaless(dice, value));
            }
            Datum::Map(map)
        }
        Datum::Struct(record) => {
            let mut map = Vec::new();
            for (name, value) in &record.fields {
                put(&mut map, name.clone(), schemaless(dice, value));
            }
            Datum::Map(map)
        }
        other => other.clone(),
    })
}
