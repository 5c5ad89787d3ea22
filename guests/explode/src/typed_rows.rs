//! Rows with a schema: where the array is, and what a row is with one of its elements.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Field, Kind, Outcome, Schema, Value};
use connect_lib::typed;

use crate::explode::Output;
use crate::found::Found;

/// A row without its array, and the array's elements.
pub(crate) struct Taken {
    rest: Datum,
    of_array: Rc<Schema>,
    elements: Vec<Value>,
}

/// Takes elements out of rows with a schema.
pub(crate) struct TypedRows {
    path: Vec<String>,
    output: Output,
    index_field: Option<String>,
    schemas: Derived,
}

impl TypedRows {
    pub(crate) fn new(path: Vec<String>, output: Output, index_field: Option<String>) -> Self {
        TypedRows { path, output, index_field, schemas: Derived::default() }
    }

    /// Tells what a row has at the path.
    pub(crate) fn find(&self, row: &Datum) -> Found {
        match self.at_path(row) {
            None => Found::Missing,
            Some((_, Value::Null)) => Found::Null,
            Some((_, Value::Array(elements))) => Found::Elements(elements.len()),
            Some((_, other)) => Found::Other(other.words()),
        }
    }

    /// Takes the array out of a row, so that it isn't copied with each element.
    pub(crate) fn take(&self, row: Datum) -> Option<Taken> {
        let (schema, array) = self.at_path(&row)?;
        let (of_array, Value::Array(elements)) = (Rc::clone(schema), array.clone()) else { return None };
        let value = with_element(row.value, &row.schema, &self.path, Value::Null);
        Some(Taken { rest: Datum { schema: row.schema, value }, of_array, elements })
    }

    /// Returns what a row becomes with one of its elements. The reason why it is rejected is an error.
    pub(crate) fn element(&mut self, taken: &Taken, index: usize) -> Result<Outcome, String> {
        let Taken { rest: row, of_array, elements } = taken;
        let element = elements.get(index).cloned().unwrap_or(Value::Null);
        let (path, name, output) = (&self.path, self.index_field.as_deref(), self.output);
        let of_row = &row.schema;
        let schema = self.schemas.get(of_row, |row| {
            let schema = match output {
                Output::Field => replaced(row, path)?,
                Output::Value => element_schema(of_array)?,
            };
            with_index(schema, name)
        })?;
        let mut value = match output {
            Output::Field => with_element(row.value.clone(), of_row, path, element),
            Output::Value => element,
        };
        if let (Some(_), Value::Struct(values)) = (name, &mut value) {
            values.push(Value::Int32(i32::try_from(index).unwrap_or(i32::MAX)));
        }
        Ok(Outcome::Put(Datum { schema, value }))
    }

    fn at_path<'a>(&self, row: &'a Datum) -> Option<(&'a Rc<Schema>, &'a Value)> {
        let mut at = (&row.schema, &row.value);
        for name in &self.path {
            let (schema, value) = at;
            if value.is_null() {
                return None;
            }
            let (index, field) = schema.field_named(name)?;
            at = (&field.schema, value.at(index)?.or_default(&field.schema));
        }
        Some(at)
    }
}

fn element_schema(array: &Schema) -> Result<Rc<Schema>, String> {
    match &array.kind {
        Kind::Array(elements) => Ok(Rc::clone(elements)),
        _ => Err("it is no array".to_owned()),
    }
}

/// Returns a schema with the array's elements in place of the array. Structs around it lose their defaults, which have
/// arrays.
fn replaced(schema: &Rc<Schema>, path: &[String]) -> Result<Rc<Schema>, String> {
    let Some((name, inner)) = path.split_first() else { return element_schema(schema) };
    let fields = schema.fields().ok_or("it is no struct")?.iter().map(|field| {
        let is_it = field.name == *name;
        Ok(if is_it { Field::new(name.as_str(), replaced(&field.schema, inner)?) } else { field.clone() })
    });
    let kind = Kind::Struct(fields.collect::<Result<_, String>>()?);
    Ok(Rc::new(Schema { kind, default: None, ..Schema::clone(schema) }))
}

fn with_index(schema: Rc<Schema>, name: Option<&str>) -> Result<Rc<Schema>, String> {
    let Some(name) = name else { return Ok(schema) };
    let mut fields = schema.fields().ok_or("index.field needs elements with fields, which these are not")?.to_vec();
    fields.push(Field::new(name, Schema::int32()));
    let kind = typed::structure(fields)?;
    Ok(Rc::new(Schema { kind, default: None, ..Schema::clone(&schema) }))
}

fn with_element(row: Value, schema: &Schema, path: &[String], element: Value) -> Value {
    let (Some((name, inner)), Value::Struct(mut values)) = (path.split_first(), row) else { return element };
    if let Some((index, field)) = schema.field_named(name)
        && let Some(place) = values.get_mut(index)
    {
        let within = std::mem::replace(place, Value::Null).or_default(&field.schema).clone();
        *place = with_element(within, &field.schema, inner, element);
    }
    Value::Struct(values)
}
