//! Values that fit a schema, or nearly.

use super::dice::Dice;
use super::{schemas, words};
use crate::oracle::notation::{Datum, Decimal, Double, Float, Schema, Struct, Type, Value};

const DAY_MS: i64 = 86_400_000;

/// Returns a value, null sometimes where the schema allows it.
pub(super) fn of(dice: &mut Dice, schema: &Schema) -> Value {
    if schema.optional && dice.percent(15) { None } else { present(dice, schema) }
}

/// Returns a value that isn't null.
pub(super) fn present(dice: &mut Dice, schema: &Schema) -> Value {
    Some(match schema.name.as_deref() {
        Some(schemas::DECIMAL) => decimal(dice, schema),
        Some(schemas::DATE) => Datum::Date(whole_days(dice)),
        Some(schemas::TIME) => Datum::Date(time_of_day(dice)),
        Some(schemas::TIMESTAMP) => Datum::Date(words::millis(dice)),
        _ => plain(dice, schema),
    })
}

fn plain(dice: &mut Dice, schema: &Schema) -> Datum {
    match schema.kind {
        Type::Array => {
            let values = schema.values.as_deref().cloned().unwrap_or_else(|| Schema::of(Type::String));
            Datum::List((0..dice.below(4)).map(|_| of(dice, &values)).collect())
        }
        Type::Map => map(dice, schema),
        Type::Struct => record(dice, schema),
        scalar => of_type(dice, scalar),
    }
}

/// Returns a value of a type that isn't compound.
pub(super) fn of_type(dice: &mut Dice, kind: Type) -> Datum {
    match kind {
        Type::Int8 => Datum::Int8(words::int(dice) as i8),
        Type::Int16 => Datum::Int16(words::int(dice) as i16),
        Type::Int32 => Datum::Int32(words::int(dice) as i32),
        Type::Int64 if dice.percent(30) => Datum::Int64(words::millis(dice)),
        Type::Int64 => Datum::Int64(words::int(dice)),
        Type::Float32 => Datum::Float32(Float(words::float(dice) as f32)),
        Type::Float64 => Datum::Float64(Double(words::float(dice))),
        Type::Boolean => Datum::Boolean(dice.percent(50)),
        Type::Bytes => Datum::Bytes(dice.bytes()),
        _ => Datum::String(words::text(dice)),
    }
}

/// Returns a value of a class that JsonConverter makes of JSON without a schema.
pub(super) fn of_type_of_json(dice: &mut Dice) -> Datum {
    let kind = dice.pick(&[Type::Boolean, Type::Int64, Type::Float64, Type::String, Type::String]);
    of_type(dice, kind)
}

/// Leaves out a field, required or not. Nothing stops a connector from that, but in structs within others.
pub(super) fn leave_out(dice: &mut Dice, value: &mut Value) {
    if let Some(Datum::Struct(record)) = value {
        let at = dice.below(record.fields.len().max(1));
        record.fields.shift_remove_index(at);
    }
}

fn record(dice: &mut Dice, schema: &Schema) -> Datum {
    let mut record = Struct::default();
    for field in schema.fields() {
        let may_be_missing = field.schema.optional || field.schema.default.is_some();
        if !may_be_missing || !dice.percent(8) {
            record.fields.insert(field.name.clone(), of(dice, &field.schema));
        }
    }
    Datum::Struct(record)
}

fn map(dice: &mut Dice, schema: &Schema) -> Datum {
    let (Some(keys), Some(values)) = (&schema.keys, &schema.values) else { return Datum::Map(Vec::new()) };
    let mut entries: Vec<(Value, Value)> = Vec::new();
    for _ in 0..dice.below(4) {
        let (key, value) = (of(dice, keys), of(dice, values));
        if entries.iter().all(|(other, _)| *other != key) {
            entries.push((key, value));
        }
    }
    Datum::Map(entries)
}

/// Returns a decimal of the schema's scale, seldom of another.
fn decimal(dice: &mut Dice, schema: &Schema) -> Datum {
    let scale = schema.parameters.as_ref().and_then(|parameters| parameters.get("scale")?.parse().ok()).unwrap_or(0);
    let unscaled = match dice.below(4) {
        0 => i128::from(dice.bits()) * i128::from(dice.bits() >> 1),
        1 => -i128::from(dice.bits()),
        _ => i128::from(words::int(dice)),
    };
    Datum::Decimal(Decimal { unscaled: unscaled.to_string(), scale: if dice.percent(1) { scale + 1 } else { scale } })
}

fn whole_days(dice: &mut Dice) -> i64 {
    let millis = words::millis(dice);
    // A Date with a time of day is an error to some.
    if dice.percent(1) { millis } else { millis - millis.rem_euclid(DAY_MS) }
}

fn time_of_day(dice: &mut Dice) -> i64 {
    let millis = dice.between(0, DAY_MS - 1);
    if dice.percent(1) { millis + DAY_MS } else { millis }
}
