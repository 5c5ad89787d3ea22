//! The types that texts have, and what becomes of the elements of a list that has several.

use airlock_sdk::data::Value;

const DAY: i64 = 86_400_000;

/// Why a text is no list or map: it is plain text then.
pub(super) struct NoSuch;

/// A value and its type.
pub(super) struct Typed {
    pub(super) kind: Type,
    pub(super) value: Value,
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
        Self { kind, value }
    }
}

impl Type {
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
#[derive(Clone, Copy)]
pub(super) enum Common {
    /// There were only nulls.
    Any,
    Type(Type),
    Nothing,
}

impl Common {
    pub(super) fn merge(&mut self, next: Option<&Typed>) {
        let Some(next) = next else { return };
        *self = match *self {
            Common::Any => Common::Type(next.kind),
            Common::Nothing => Common::Nothing,
            Common::Type(known) => match (known.width(), next.kind.width()) {
                // Of two types with the same below them the later one stays, be it a date or a number.
                (Some(known_width), Some(width)) if width < known_width => Common::Type(known),
                (Some(_), Some(_)) => Common::Type(next.kind),
                _ if known == next.kind => Common::Type(known),
                _ => Common::Nothing,
            },
        };
    }

    /// Makes a value what all of them are; where they have nothing in common it stays.
    ///
    /// # Errors
    /// It can't be that. Null can't, where there is something in common.
    pub(super) fn align(self, value: Value) -> Result<Value, NoSuch> {
        match self {
            Common::Type(kind) => convert(kind, value),
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
