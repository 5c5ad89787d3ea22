//! Change events: structs whose schema is called an envelope, and what is in them.

use airlock_sdk::data::{Datum, Field, Kind, Schema, Value};
use connect_lib::typed;

/// The struct after the change.
pub(crate) const AFTER: &str = "after";
/// The struct before the change.
pub(crate) const BEFORE: &str = "before";
/// What was done: a letter.
pub(crate) const OPERATION: &str = "op";
/// When the connector saw it, in milliseconds.
pub(crate) const TIMESTAMP: &str = "ts_ms";

/// Tells whether values of a schema are change events: its name says so.
pub(crate) fn is_envelope(schema: &Schema) -> bool {
    schema.name.as_deref().is_some_and(|name| name.ends_with(".Envelope"))
}

/// A struct: the values of fields, by name as in Kafka's `Struct`.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) fields: &'a [Field],
    pub(crate) values: &'a [Value],
}

impl<'a> Record<'a> {
    /// Returns the struct that a value is.
    pub(crate) fn of(datum: &'a Datum, purpose: &str) -> Result<Self, String> {
        let (fields, values) = typed::require_struct(datum, purpose)?;
        Ok(Record { schema: &datum.schema, fields, values })
    }

    /// Returns the struct that a value of this schema is; none for anything else.
    pub(crate) fn of_value(schema: &'a Schema, value: &'a Value) -> Option<Self> {
        match (&schema.kind, value) {
            (Kind::Struct(fields), Value::Struct(values)) => Some(Record { schema, fields, values }),
            _ => None,
        }
    }

    /// Returns a field, and its value as it is.
    pub(crate) fn find(self, name: &str) -> Option<(&'a Field, &'a Value)> {
        self.fields.iter().zip(self.values).find(|(field, _)| field.name == name)
    }

    /// Returns the value of a field, or the default (`get`).
    pub(crate) fn get(self, name: &str) -> Result<&'a Value, String> {
        let (field, value) = self.named(name)?;
        Ok(value.or_default(&field.schema))
    }

    /// Returns a field of texts (`getString`); none for null.
    pub(crate) fn text(self, name: &str) -> Result<Option<&'a str>, String> {
        match self.of_kind(name, &Kind::String)? {
            Value::String(text) => Ok(Some(text)),
            _ => Ok(None),
        }
    }

    /// Returns a field of integers (`getInt32`, `getInt64`); none for null. A Date is none.
    pub(crate) fn integer(self, name: &str, kind: &Kind) -> Result<Option<i64>, String> {
        match self.of_kind(name, kind)? {
            Value::Null => Ok(None),
            Value::Int32(number) => Ok(Some((*number).into())),
            Value::Int64(number) => Ok(Some(*number)),
            other => Err(format!("{name} is {}, which can't be cast to an integer", typed::class_of(other))),
        }
    }

    /// Returns the value of a field, taken out as `ExtractField` does: with its schema.
    pub(crate) fn extract(self, name: &str) -> Result<(&'a Field, &'a Value), String> {
        let (field, value) = self.find(name).ok_or_else(|| format!("Unknown field: {name}"))?;
        Ok((field, value.or_default(&field.schema)))
    }

    fn of_kind(self, name: &str, kind: &Kind) -> Result<&'a Value, String> {
        let (field, value) = self.named(name)?;
        if field.schema.kind == *kind {
            Ok(value)
        } else {
            Err(format!("Field '{name}' is not of type {}", kind.java_name()))
        }
    }

    fn named(self, name: &str) -> Result<(&'a Field, &'a Value), String> {
        self.find(name).ok_or_else(|| format!("{name} is not a valid field name"))
    }
}
