//! The types that texts have, and what becomes of the elements of a list that has several.

use std::rc::Rc;

use airlock_sdk::data::{Schema, Value};

const DAY: i64 = 86_400_000;

/// Why a text is no list or map: it is plain text then.
pub(super) struct NoSuch;

/// A value and its type.
pub(super) struct Typed {
    pub(super) kind: Type,
    pub(super) value: Value,
    /// None where a list or map has no schema that says what is in it.
    pub(super) schema: Option<Rc<Schema>>,
}

/// The schemas that are inferred from texts. Those of numbers are in order: one holds all before it, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Int8,
    Int16,
    Int32,
    Date,
    Time,
    Int64,
    Timestamp,
    Float32,
    Float64,
    /// Decimals.
    Bytes,
    Boolean,
    String,
    Array,
    Map,
}

impl Typed {
    pub(super) fn new(kind: Type, value: Value) -> Self {
        let schema = kind.schema(&value).map(Rc::new);
        Self { kind, value, schema }
    }

    pub(super) fn compound(kind: Type, value: Value, schema: Option<Schema>) -> Self {
        Self { kind, value, schema: schema.map(Rc::new) }
    }
}

impl Type {
    /// Returns the schema of a value of this type, unless that is a list or map.
    fn schema(self, value: &Value) -> Option<Schema> {
        Some(match self {
            Type::Int8 => Schema::int8(),
            Type::Int16 => Schema::int16(),
            Type::Int32 => Schema::int32(),
            Type::Int64 => Schema::int64(),
            Type::Float32 => Schema::float32(),
            Type::Float64 => Schema::float64(),
            Type::Boolean => Schema::boolean(),
            Type::String => Schema::string(),
            Type::Date => Schema::date(),
            Type::Time => Schema::time(),
            Type::Timestamp => Schema::timestamp(),
            Type::Bytes => match value {
                Value::Decimal(number) => Schema::decimal(number.scale),
                _ => return None,
            },
            Type::Array | Type::Map => return None,
        })
    }

    /// Returns how wide a number is by its type below the logical one; none for all others.
    fn width(self) -> Option<u8> {
        Some(match self {
            Type::Int8 => 0,
            Type::Int16 => 1,
            Type::Int32 | Type::Date | Type::Time => 2,
            Type::Int64 | Type::Timestamp => 3,
            Type::Float32 => 4,
            Type::Float64 => 5,
            _ => return None,
        })
    }
}

/// What the elements of a list have in common so far.
#[derive(Clone)]
pub(super) enum Common {
    /// There were only nulls.
    Any,
    /// This type, and the schema of the element that it is of.
    Type(Type, Option<Rc<Schema>>),
    Nothing,
}

impl Common {
    pub(super) fn merge(&mut self, next: Option<&Typed>) {
        let Some(next) = next else { return };
        let Common::Type(known, _) = self else {
            if matches!(self, Common::Any) {
                *self = Common::Type(next.kind, next.schema.clone());
            }
            return;
        };
        match (known.width(), next.kind.width()) {
            // Of two types with the same below them the later one stays, be it a date or a number.
            (Some(known_width), Some(width)) if width < known_width => {}
            (Some(_), Some(_)) => *self = Common::Type(next.kind, next.schema.clone()),
            _ if *known == next.kind => *self = Common::Type(next.kind, next.schema.clone()),
            _ => *self = Common::Nothing,
        }
    }

    /// Returns the schema that elements have in common, if they have one.
    pub(super) fn schema(&self) -> Option<Rc<Schema>> {
        match self {
            Common::Type(_, schema) => schema.clone(),
            Common::Any | Common::Nothing => None,
        }
    }

    /// Makes a value what all of them are; where they have nothing in common it stays.
    ///
    /// # Errors
    /// It can't be that. Null can't, where there is something in common.
    pub(super) fn align(&self, value: Value) -> Result<Value, NoSuch> {
        match self {
            Common::Type(kind, _) => convert(*kind, value),
            Common::Any | Common::Nothing => Ok(value),
        }
    }
}

fn convert(kind: Type, value: Value) -> Result<Value, NoSuch> {
    Ok(match (kind, value) {
        (_, Value::Null) => return Err(NoSuch),
        (Type::Date | Type::Time | Type::Timestamp, value @ Value::Moment(_)) => value,
        (Type::Date, value) => Value::Moment(integer(&value)? * DAY),
        (Type::Time, value) => {
            Value::Moment(integer(&value).ok().filter(|time| (0..=DAY).contains(time)).ok_or(NoSuch)?)
        }
        (Type::Timestamp, value) => Value::Moment(integer(&value)?),
        (Type::Int16, value) => Value::Int16(integer(&value)? as i16),
        (Type::Int32, value) => Value::Int32(integer(&value)? as i32),
        (Type::Int64, value) => Value::Int64(integer(&value)?),
        (Type::Float32, value @ Value::Float32(_)) | (Type::Float64, value @ Value::Float64(_)) => value,
        (Type::Float32, value) => Value::Float32(integer(&value)? as f64 as f32),
        (Type::Float64, Value::Float32(number)) => Value::Float64(number.into()),
        (Type::Float64, value) => Value::Float64(integer(&value)? as f64),
        (_, value) => value,
    })
}

fn integer(value: &Value) -> Result<i64, NoSuch> {
    match value {
        Value::Int8(number) => Ok((*number).into()),
        Value::Int16(number) => Ok((*number).into()),
        Value::Int32(number) => Ok((*number).into()),
        Value::Int64(number) => Ok(*number),
        _ => Err(NoSuch),
    }
}
