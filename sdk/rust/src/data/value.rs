//! Values of a schema.

use super::decimal::Decimal;
use super::schema::{Kind, Logical, Schema};
use super::value_json;

/// A value, as a [`Schema`] says. Which of these a schema's values are is told by [`Schema::logical`] first, and by
/// its [`Kind`] otherwise.
///
/// Values are equal as Java's are: NaN equals NaN, 0.0 and -0.0 differ, `1.0` and `1.00` differ as decimals, and
/// the order of a map's entries doesn't count.
#[derive(Debug, Clone)]
pub enum Value {
    /// No value, where the schema is optional.
    Null,
    /// An 8-bit integer.
    Int8(i8),
    /// A 16-bit integer.
    Int16(i16),
    /// A 32-bit integer.
    Int32(i32),
    /// A 64-bit integer.
    Int64(i64),
    /// A number of single precision.
    Float32(f32),
    /// A number of double precision.
    Float64(f64),
    /// True or false.
    Boolean(bool),
    /// Text.
    String(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An array.
    Array(Vec<Value>),
    /// A map, in the order of its JSON; no key comes twice.
    Map(Vec<(Value, Value)>),
    /// A struct: the values of all fields of its schema, in order.
    Struct(Vec<Value>),
    /// A number of any size (Java's `BigDecimal`).
    Decimal(Decimal),
    /// Milliseconds since 1970 (Java's `Date`): what a Date, Time and Timestamp are.
    Moment(i64),
}

impl Value {
    /// Returns what a schema's values are in words, such as `a string`.
    pub(super) fn expected(schema: &Schema) -> &'static str {
        match (schema.logical(), &schema.kind) {
            (Some(Logical::Decimal { .. }), _) => "a decimal",
            (Some(_), _) => "a moment",
            (_, Kind::Int8) => "an int8",
            (_, Kind::Int16) => "an int16",
            (_, Kind::Int32) => "an int32",
            (_, Kind::Int64) => "an int64",
            (_, Kind::Float32) => "a float32",
            (_, Kind::Float64) => "a float64",
            (_, Kind::Boolean) => "a boolean",
            (_, Kind::String) => "a string",
            (_, Kind::Bytes) => "bytes",
            (_, Kind::Array(_)) => "an array",
            (_, Kind::Map(..)) => "a map",
            (_, Kind::Struct(_)) => "a struct",
        }
    }

    /// Returns what it is in words, such as `a string`.
    pub fn words(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Int8(_) => "an int8",
            Value::Int16(_) => "an int16",
            Value::Int32(_) => "an int32",
            Value::Int64(_) => "an int64",
            Value::Float32(_) => "a float32",
            Value::Float64(_) => "a float64",
            Value::Boolean(_) => "a boolean",
            Value::String(_) => "a string",
            Value::Bytes(_) => "bytes",
            Value::Array(_) => "an array",
            Value::Map(_) => "a map",
            Value::Struct(_) => "a struct",
            Value::Decimal(_) => "a decimal",
            Value::Moment(_) => "a moment",
        }
    }

    /// Tells whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Returns the value as JSON text, encoded as Kafka's `JsonConverter` does without a schema.
    ///
    /// # Errors
    /// Structs, decimals and moments are nothing without a schema; see [`Datum::to_json`](super::Datum::to_json).
    pub fn to_json(&self) -> Result<Vec<u8>, String> {
        let mut json = Vec::new();
        value_json::append_plain(self, &mut json)?;
        Ok(json)
    }

    /// Returns a field of a struct, whose schema this is: the default where it is null and has one (`Struct.get`).
    /// None where there is no such field or it is no struct.
    ///
    /// ```
    /// use airlock_sdk::data::{Schema, Value};
    /// let count = Schema::int32().default(Value::Int32(1))?;
    /// let schema = Schema::structure().field("count", count);
    /// let order = Value::Struct(vec![Value::Null]);
    /// assert_eq!(order.get(&schema, "count"), Some(&Value::Int32(1)));
    /// assert_eq!(order.get_without_default(&schema, "count"), Some(&Value::Null));
    /// assert_eq!(order.get(&schema, "price"), None);
    /// # Ok::<(), String>(())
    /// ```
    pub fn get<'a>(&'a self, schema: &'a Schema, name: &str) -> Option<&'a Value> {
        let (index, field) = schema.field_named(name)?;
        self.at(index).map(|value| value.or_default(&field.schema))
    }

    /// Returns a field of a struct, whose schema this is, as it is (`Struct.getWithoutDefault`).
    pub fn get_without_default<'a>(&'a self, schema: &Schema, name: &str) -> Option<&'a Value> {
        self.at(schema.field_named(name)?.0)
    }

    /// Returns a field of a struct by its index, as it is.
    pub fn at(&self, index: usize) -> Option<&Value> {
        match self {
            Value::Struct(fields) => fields.get(index),
            _ => None,
        }
    }

    /// Returns the default of its schema where it is null and there is one.
    pub fn or_default<'a>(&'a self, schema: &'a Schema) -> &'a Value {
        match (&self, &schema.default) {
            (Value::Null, Some(default)) => default,
            _ => self,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Int8(one), Value::Int8(two)) => one == two,
            (Value::Int16(one), Value::Int16(two)) => one == two,
            (Value::Int32(one), Value::Int32(two)) => one == two,
            (Value::Int64(one), Value::Int64(two)) | (Value::Moment(one), Value::Moment(two)) => one == two,
            (Value::Float32(one), Value::Float32(two)) => {
                (one.is_nan() && two.is_nan()) || one.to_bits() == two.to_bits()
            }
            (Value::Float64(one), Value::Float64(two)) => {
                (one.is_nan() && two.is_nan()) || one.to_bits() == two.to_bits()
            }
            (Value::Boolean(one), Value::Boolean(two)) => one == two,
            (Value::String(one), Value::String(two)) => one == two,
            (Value::Bytes(one), Value::Bytes(two)) => one == two,
            (Value::Array(one), Value::Array(two)) | (Value::Struct(one), Value::Struct(two)) => one == two,
            (Value::Map(one), Value::Map(two)) => one.len() == two.len() && one.iter().all(|entry| two.contains(entry)),
            (Value::Decimal(one), Value::Decimal(two)) => one == two,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}
