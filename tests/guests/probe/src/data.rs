//! A guest that works on typed values through the SDK's data model.

use std::rc::Rc;

use airlock_sdk::data::{self, Datum, Decimal, Derived, Outcome, Schema, SchemaCache, Value};
use airlock_sdk::{Batch, Config, Description, Error, Transform};

/// Adds one to every integer of any width, doubles decimals, gives schemas with a version the next one, and takes
/// the schema from values that are the text `plain`. Numbers that get too large reject the row.
#[derive(Default)]
pub(crate) struct Typed {
    schemas: SchemaCache,
    next: Derived,
}

impl Transform for Typed {
    fn describe() -> Description {
        Description::new(["probe.Typed"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self::default())
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let values = batch.value();
        let rows = data::typed_rows(&values);
        data::apply(values, &mut self.schemas, &rows, |_, mut datum| {
            if datum.value == Value::from("plain") {
                return Ok(Outcome::PutJson(br#"{"plain":true}"#.to_vec()));
            }
            let schema = self.next.get(&datum.schema, next)?;
            if !change(&mut datum.value)? && Rc::ptr_eq(&schema, &datum.schema) {
                return Ok(Outcome::Keep);
            }
            Ok(Outcome::Put(Datum { schema, value: datum.value }))
        })?;
        Ok(())
    }
}

fn next(schema: &Rc<Schema>) -> Result<Rc<Schema>, String> {
    match schema.version {
        Some(version) if schema.logical().is_none() => Ok(Rc::new(Schema::clone(schema).version(version + 1))),
        _ => Ok(Rc::clone(schema)),
    }
}

/// Tells whether anything changed.
fn change(value: &mut Value) -> Result<bool, String> {
    let too_large = || "a number gets too large".to_owned();
    match value {
        Value::Int8(number) => *number = number.checked_add(1).ok_or_else(too_large)?,
        Value::Int16(number) => *number = number.checked_add(1).ok_or_else(too_large)?,
        Value::Int32(number) => *number = number.checked_add(1).ok_or_else(too_large)?,
        Value::Int64(number) => *number = number.checked_add(1).ok_or_else(too_large)?,
        Value::Decimal(decimal) => *decimal = Decimal::new(&decimal.unscaled * 2, decimal.scale),
        Value::Array(values) | Value::Struct(values) => return change_all(values.iter_mut()),
        Value::Map(entries) => return change_all(entries.iter_mut().map(|(_, value)| value)),
        _ => return Ok(false),
    }
    Ok(true)
}

fn change_all<'a>(values: impl Iterator<Item = &'a mut Value>) -> Result<bool, String> {
    let mut changed = false;
    for value in values {
        changed |= change(value)?;
    }
    Ok(changed)
}
