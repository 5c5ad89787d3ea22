//! Kafka's `ValueToKey`: makes a key of some fields of the value.

use std::rc::Rc;

use airlock_sdk::data::{self, Datum, Derived, Field, Outcome, Schema, Value};
use airlock_sdk::serde_json::Value as Json;
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Description, Edit, Error, Form, Importance, Part, Transform, ValueKind,
};

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
        let mut keys: Vec<Vec<u8>> = vec![Vec::new(); batch.rows()];
        for (name, prefix) in self.names.iter().zip(&self.prefixes) {
            for (key, cell) in keys.iter_mut().zip(batch.value().read_json(name)?.iter()) {
                key.extend_from_slice(prefix.as_bytes());
                key.extend_from_slice(cell.value().unwrap_or(b"null"));
            }
        }
        let mut ids = batch.key().schemas();
        if ids.iter().any(|id| *id != 0) {
            for row in &objects {
                ids.get_mut(*row as usize).into_iter().for_each(|id| *id = 0);
            }
            batch.key().set_schemas(&ids)?;
        }
        let mut objects = objects.into_iter().peekable();
        let mut column = BytesColumn::default();
        for (row, mut key) in (0..).zip(keys) {
            if objects.next_if_eq(&row).is_none() {
                column.push(Cell::<&[u8]>::Other);
                continue;
            }
            key.push(b'}');
            column.push(Cell::Value(&key));
        }
        Ok(batch.key().write_whole(Form::Json, column)?)
    }

    fn write_typed(&mut self, batch: &Batch<'_>, rows: &[u32]) -> Result<(), Error> {
        let Self { names, typed, keys, .. } = self;
        let mut made = Vec::new();
        typed.apply(batch.value(), rows, |row, datum| {
            let (_, values) = typed::require_struct(datum, PURPOSE)?;
            let (schema, indexes) = keys.get(&datum.schema, |schema| key_schema(schema, names))?;
            let value = |index: &usize| values.get(*index).cloned().unwrap_or(Value::Null);
            let key = Outcome::Put(Datum { schema, value: Value::Struct(indexes.iter().map(value).collect()) });
            made.push((row, Ok(key)));
            Ok(Outcome::Keep)
        })?;
        data::put(batch.key(), &mut typed.schemas, made)
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
