//! Kafka's `HoistField`: makes the whole key or value the only field of a new one.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Field, Outcome, Schema, Value};
use airlock_sdk::serde_json::Value as Json;
use airlock_sdk::{Batch, BytesColumn, Cell, Config, ConfigKey, Description, Error, Fields, Form, Part, Transform};

use crate::part;
use crate::typed::{self, Rows, Typed};

/// Kafka's `HoistField`.
pub(crate) struct HoistField {
    part: Part,
    field: String,
    /// What an object begins with that has the field.
    prefix: Vec<u8>,
    typed: Typed,
    hoisted: Derived,
}

impl Transform for HoistField {
    fn describe() -> Description {
        Description::new([
            "org.apache.kafka.connect.transforms.HoistField$Value",
            "org.apache.kafka.connect.transforms.HoistField$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation("Wraps the key or value in a struct or object, as its only field.")
        .config([ConfigKey::text("field").required().documentation("The name of the only field.")])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let field = config.text("field")?.to_owned();
        let prefix = format!("{{{}:", Json::from(field.as_str())).into_bytes();
        let part = part::of_class(class_name);
        Ok(HoistField { part, field, prefix, typed: Typed::default(), hoisted: Derived::default() })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let fields = batch.part(self.part);
        let rows = Rows::of(batch, self.part);
        if rows.has_plain() {
            self.hoist_plain(fields, &rows)?;
        }
        let Self { field, typed, hoisted, .. } = self;
        typed.apply(fields, &rows.typed, |_, datum| {
            let schema = hoisted.get(&datum.schema, |schema| hoist(schema, field))?;
            if datum.value.is_null() && !datum.schema.optional {
                let java_type = datum.schema.kind.java_name();
                return Err(format!(
                    "Invalid value: null used for required field: \"{field}\", schema type: {java_type}"
                ));
            }
            Ok(Outcome::Put(Datum { schema, value: Value::Struct(vec![datum.value.clone()]) }))
        })
    }
}

impl HoistField {
    fn hoist_plain(&self, fields: Fields<'_>, rows: &Rows<'_>) -> Result<(), Error> {
        let mut plain = rows.plain().into_iter().peekable();
        let mut column = BytesColumn::default();
        let mut json = Vec::new();
        for (row, cell) in (0..).zip(fields.read_whole(Form::Json)?.iter()) {
            let value = match cell {
                _ if plain.next_if_eq(&row).is_none() => None,
                Cell::Value(value) => Some(value),
                Cell::Null | Cell::Absent => Some(&b"null"[..]),
                Cell::Other => None,
            };
            let Some(value) = value else {
                column.push(Cell::<&[u8]>::Other);
                continue;
            };
            json.clear();
            json.extend_from_slice(&self.prefix);
            json.extend_from_slice(value);
            json.push(b'}');
            column.push(Cell::Value(&json));
        }
        Ok(fields.write_whole(Form::Json, column)?)
    }
}

fn hoist(schema: &Rc<Schema>, field: &str) -> Result<Rc<Schema>, String> {
    let fields = vec![Field::new(field, Rc::clone(schema))];
    Ok(Rc::new(Schema::new(typed::structure(fields)?)))
}
