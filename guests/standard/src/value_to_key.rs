//! Kafka's `ValueToKey`: makes a key of some fields of the value.

use std::rc::Rc;

use airlock_sdk::data::{self, Datum, Derived, Field, Outcome, Schema, Value};
use airlock_sdk::serde_json::Value as Json;
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Description, Edit, Error, Form, Importance, Part, Transform, ValueKind,
};

use crate::by_field::{self, Change, Plan};
use crate::part::{self, Nulls};
use crate::typed::{self, Rows, Typed};

const PURPOSE: &str = "copying fields from value to key";

/// Kafka's `ValueToKey`.
pub(crate) struct ValueToKey {
    names: Vec<String>,
    /// What stands before each field in an object.
    prefixes: Vec<String>,
    objects: Edit,
    typed: Typed,
    keys: Derived<(Rc<Schema>, Vec<usize>)>,
}

impl Transform for ValueToKey {
    fn describe() -> Description {
        Description::new(["org.apache.kafka.connect.transforms.ValueToKey"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Replaces the record key by one that is made of fields of the value.")
            .config([
                ConfigKey::list("fields")
                    .required()
                    .non_empty()
                    .importance(Importance::High)
                    .documentation("Names of the value's fields to make the key of."),
                typed::replace_null_key(),
            ])
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        let names = part::names(config, "fields")?;
        if names.is_empty() {
            return Err(Error::invalid("fields", "Configuration 'fields' must not be empty: name fields"));
        }
        let begin = |(index, name): (usize, &String)| {
            format!("{}{}:", if index == 0 { '{' } else { ',' }, Json::from(name.as_str()))
        };
        let prefixes = names.iter().enumerate().map(begin).collect();
        let objects = part::edit_objects(Nulls::Reject, PURPOSE);
        Ok(ValueToKey { names, prefixes, objects, typed: Typed::configured(config)?, keys: Derived::default() })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let rows = Rows::of(batch, Part::Value);
        if rows.has_plain() {
            rows.edit_plain(batch.value(), &self.objects)?;
            self.write_plain(batch, &rows)?;
        }
        self.write_typed(batch, &rows.typed)
    }
}

impl ValueToKey {
    fn write_plain(&self, batch: &Batch<'_>, rows: &Rows<'_>) -> Result<(), Error> {
        let kinds = batch.value().kinds();
        let is_object = |row: &u32| kinds.get(*row as usize) == Some(&ValueKind::Object);
        let objects: Vec<u32> = rows.plain().into_iter().filter(is_object).collect();
        self.write_json(batch, &objects, 0)
    }

    /// Makes keys of the fields as they are written, with a schema of this id.
    fn write_json(&self, batch: &Batch<'_>, rows: &[u32], schema: u32) -> Result<(), Error> {
        let mut ids = batch.key().schemas();
        if schema != 0 || ids.iter().any(|id| *id != 0) {
            for row in rows {
                ids.get_mut(*row as usize).into_iter().for_each(|id| *id = schema);
            }
            batch.key().set_schemas(&ids)?;
        }
        let columns = self.names.iter().map(|name| Ok(batch.value().read_json(name)?));
        let columns = columns.collect::<Result<Vec<_>, Error>>()?;
        let mut fields: Vec<_> =
            columns.iter().zip(&self.prefixes).map(|(column, prefix)| (column.iter(), prefix)).collect();
        let mut rows = rows.iter().copied().peekable();
        let (mut column, mut key) = (BytesColumn::default(), Vec::new());
        for row in 0..batch.rows() as u32 {
            key.clear();
            for (cells, prefix) in &mut fields {
                key.extend_from_slice(prefix.as_bytes());
                key.extend_from_slice(cells.next().and_then(Cell::value).unwrap_or(b"null"));
            }
            key.push(b'}');
            let is_wanted = rows.next_if_eq(&row).is_some();
            column.push(if is_wanted { Cell::Value(&key) } else { Cell::Other });
        }
        Ok(batch.key().write_whole(Form::Json, column)?)
    }

    fn write_typed(&mut self, batch: &Batch<'_>, rows: &[u32]) -> Result<(), Error> {
        let rest = self.write_by_field(batch, rows)?;
        let Self { names, typed, keys, .. } = self;
        let mut made = Vec::new();
        typed.apply(batch.value(), &rest, |row, datum| {
            let (_, values) = typed::require_struct(datum, PURPOSE)?;
            let (schema, indexes) = keys.get(&datum.schema, |schema| key_schema(schema, names))?;
            let value = |index: &usize| values.get(*index).cloned().unwrap_or(Value::Null);
            let key = Outcome::Put(Datum { schema, value: Value::Struct(indexes.iter().map(value).collect()) });
            made.push((row, Ok(key)));
            Ok(Outcome::Keep)
        })?;
        data::put(batch.key(), &mut typed.schemas, made)
    }

    /// Makes keys of structs, and returns the rows that have to be visited.
    fn write_by_field(&mut self, batch: &Batch<'_>, rows: &[u32]) -> Result<Vec<u32>, Error> {
        let Self { names, typed, keys, .. } = self;
        let mut planned: Vec<(Rc<Schema>, Vec<u32>)> = Vec::new();
        let mut rest = by_field::change(batch.value(), &mut typed.schemas, rows, |schema, rows| {
            let Ok((key, _)) = keys.get(schema, |schema| key_schema(schema, names)) else { return Ok(None) };
            planned.push((key, rows.to_vec()));
            Ok(Some(Plan::new(Rc::clone(schema), Change::None)))
        })?;
        for (schema, mut rows) in planned {
            match self.typed.schemas.id(&schema) {
                Ok(id) => self.write_json(batch, &rows, id)?,
                Err(_) => rest.append(&mut rows),
            }
        }
        rest.sort_unstable();
        Ok(rest)
    }
}

/// Returns the schema of keys, and which fields of the value they have.
fn key_schema(schema: &Schema, names: &[String]) -> Result<(Rc<Schema>, Vec<usize>), String> {
    let field = |name: &String| match schema.field_named(name) {
        Some((index, field)) => Ok((Field::clone(field), index)),
        None => Err(format!("Field does not exist: {name}")),
    };
    let fields: Vec<(Field, usize)> = names.iter().map(field).collect::<Result<_, _>>()?;
    let (fields, indexes) = fields.into_iter().unzip();
    Ok((Rc::new(Schema::new(typed::structure(fields)?)), indexes))
}
