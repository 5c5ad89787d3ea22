//! Schemas of every type, logical ones included, with all that a schema can say.

use indexmap::IndexMap;

use super::dice::Dice;
use super::{values, words};
use crate::oracle::notation::{Field, Schema, Type};

/// The logical types' names.
pub(super) const DECIMAL: &str = "org.apache.kafka.connect.data.Decimal";
pub(super) const DATE: &str = "org.apache.kafka.connect.data.Date";
pub(super) const TIME: &str = "org.apache.kafka.connect.data.Time";
pub(super) const TIMESTAMP: &str = "org.apache.kafka.connect.data.Timestamp";

/// Each level is three in the notation, of which JSON parsers take 128.
const DEEP: usize = 20;

/// Types of one value.
pub(super) const SCALARS: [Type; 9] = [
    Type::Int8,
    Type::Int16,
    Type::Int32,
    Type::Int64,
    Type::Float32,
    Type::Float64,
    Type::Boolean,
    Type::String,
    Type::Bytes,
];

/// Returns a schema of any type; compound ones nest so deep at most.
pub(super) fn any(dice: &mut Dice, depth: usize) -> Schema {
    let compound = if depth == 0 { 0 } else { 2 };
    let choices = [(10, 0), (4, 1), (compound, 2), (compound, 3), (compound + compound / 2, 4)];
    let schema = match dice.weighted(&choices) {
        0 => Schema::of(dice.pick(&SCALARS)),
        1 => logical(dice),
        2 => Schema { values: Some(any(dice, depth - 1).into()), ..Schema::of(Type::Array) },
        3 => map(dice, depth),
        _ => record(dice, depth - 1),
    };
    adorned(dice, schema)
}

/// Returns structs, lists and maps within each other.
pub(super) fn deep(dice: &mut Dice) -> Schema {
    let mut schema = scalar(dice);
    for _ in 0..dice.below(DEEP) {
        schema = match dice.weighted(&[(7, Type::Struct), (1, Type::Array), (1, Type::Map)]) {
            Type::Array => Schema { values: Some(schema.into()), ..Schema::of(Type::Array) },
            Type::Map => {
                let keys = Some(Schema::of(Type::String).into());
                Schema { keys, values: Some(schema.into()), ..Schema::of(Type::Map) }
            }
            _ => {
                let field = Field { name: words::field(dice), schema };
                Schema { fields: Some(vec![field]), optional: dice.percent(10), ..Schema::of(Type::Struct) }
            }
        };
    }
    schema
}

/// Returns a schema of one value, logical types among them.
pub(super) fn scalar(dice: &mut Dice) -> Schema {
    any(dice, 0)
}

fn map(dice: &mut Dice, depth: usize) -> Schema {
    let key = if dice.percent(75) { Type::String } else { dice.pick(&SCALARS) };
    let values = any(dice, depth - 1);
    // Java's maps know arrays of bytes by their identity only.
    let key = if key == Type::Bytes { Type::Int32 } else { key };
    Schema { keys: Some(Schema::of(key).into()), values: Some(values.into()), ..Schema::of(Type::Map) }
}

/// Returns a struct's schema, fields of any type within.
pub(super) fn record(dice: &mut Dice, depth: usize) -> Schema {
    let mut fields: Vec<Field> = Vec::new();
    for _ in 0..dice.weighted(&[(1, 0), (3, 1), (8, 3), (6, 5), (1, 9)]) {
        push(&mut fields, words::field(dice), any(dice, depth));
    }
    Schema { fields: Some(fields), ..Schema::of(Type::Struct) }
}

/// Adds a field unless there is one of its name.
pub(super) fn push(fields: &mut Vec<Field>, name: String, schema: Schema) {
    if fields.iter().all(|field| field.name != name) {
        fields.push(Field { name, schema });
    }
}

/// Returns one of the four logical types.
pub(super) fn logical(dice: &mut Dice) -> Schema {
    let (kind, name) =
        dice.pick(&[(Type::Bytes, DECIMAL), (Type::Int32, DATE), (Type::Int32, TIME), (Type::Int64, TIMESTAMP)]);
    let mut schema = Schema { name: Some(name.to_owned()), version: Some(1), ..Schema::of(kind) };
    if name == DECIMAL {
        let scale = dice.pick(&["0", "2", "2", "10", "-3", "38"]);
        schema.parameters = Some(IndexMap::from([("scale".to_owned(), scale.to_owned())]));
    }
    schema
}

/// Returns the schema with more said about it: optional, default, and names unless it is a logical type.
pub(super) fn adorned(dice: &mut Dice, mut schema: Schema) -> Schema {
    schema.optional = dice.percent(40);
    if dice.percent(15) {
        schema.doc = Some(words::text(dice));
    }
    if schema.name.is_none() && dice.percent(15) {
        schema.name = Some(words::schema_name(dice));
    }
    if schema.version.is_none() && dice.percent(10) {
        schema.version = Some(dice.pick(&[1, 2, 0, -1, i32::MAX]));
    }
    if schema.parameters.is_none() && dice.percent(8) {
        let names = (0..dice.below(3)).map(|_| (words::field(dice), words::text(dice)));
        schema.parameters = Some(names.collect());
    }
    // A struct's default holds the schema that it is the default of, which no schema can.
    if schema.kind != Type::Struct && dice.percent(20) {
        schema.default = values::present(dice, &schema);
    }
    schema
}
