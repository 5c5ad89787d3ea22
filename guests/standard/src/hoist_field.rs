//! Kafka's `HoistField`: makes the whole key or value the only field of a new one.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Field, Outcome, Schema, Value};
use airlock_sdk::serde_json::Value as Json;
use airlock_sdk::{Batch, BytesColumn, Cell, Config, ConfigKey, Description, Error, Fields, Form, Part, Transform};

use crate::by_field::{self, Change, Plan};
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
            fields.write_whole(Form::Json, with_prefix(&self.prefix, fields, &rows.plain())?)?;
        }
        let Self { field, prefix, typed, hoisted, .. } = self;
        let rest = by_field::change(fields, &mut typed.schemas, &rows.typed, |schema, rows| {
            let Ok(schema) = hoisted.get(schema, |schema| hoist(schema, field)) else { return Ok(None) };
            Ok(Some(Plan::new(schema, Change::Whole(with_prefix(prefix, fields, rows)?))))
        })?;
        typed.apply(fields, &rest, |_, datum| {
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

/// Returns what the rows become, as JSON.
fn with_prefix(prefix: &[u8], fields: Fields<'_>, rows: &[u32]) -> Result<BytesColumn, Error> {
    let mut rows = rows.iter().copied().peekable();
    let values = fields.read_whole(Form::Json)?;
    let mut column = BytesColumn::with_capacity(values.len(), values.byte_size() + values.len() * (prefix.len() + 1));
    let mut json = Vec::new();
    for (row, cell) in (0..).zip(values.iter()) {
        let value = match cell {
            _ if rows.next_if_eq(&row).is_none() => None,
            Cell::Value(value) => Some(value),
            Cell::Null | Cell::Absent => Some(&b"null"[..]),
            Cell::Other => None,
        };
        let Some(value) = value else {
            column.push(Cell::<&[u8]>::Other);
            continue;
        };
        json.clear();
        json.extend_from_slice(prefix);
        json.extend_from_slice(value);
        json.push(b'}');
        column.push(Cell::Value(&json));
    }
    Ok(column)
}

fn hoist(schema: &Rc<Schema>, field: &str) -> Result<Rc<Schema>, String> {
    let fields = vec![Field::new(field, Rc::clone(schema))];
    Ok(Rc::new(Schema::new(typed::structure(fields)?)))
}
