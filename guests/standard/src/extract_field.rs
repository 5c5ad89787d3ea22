//! Kafka's `ExtractField`: puts one field of a key or value in place of the whole.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Field, Kind, Outcome, Schema, Value};
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Description, Edit, Error, Fields, Form, Part, Transform, ValueKind,
};

use crate::by_field::{self, Change, Plan};
use crate::field_path;
use crate::part::{self, Nulls};
use crate::typed::{self, REPLACE_NULL, Rows, Typed};

const PURPOSE: &str = "field extraction";
const INNER_PURPOSE: &str = "nested field access";

/// Kafka's `ExtractField`.
pub(crate) struct ExtractField {
    part: Part,
    /// As it was written.
    field: String,
    path: Vec<String>,
    objects: Edit,
    typed: Typed,
    replaces_null: bool,
}

impl Transform for ExtractField {
    fn describe() -> Description {
        Description::new([
            "org.apache.kafka.connect.transforms.ExtractField$Value",
            "org.apache.kafka.connect.transforms.ExtractField$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation("Replaces the key or value by one of its fields. Nulls are passed on.")
        .config([
            ConfigKey::text("field").required().documentation("The field to extract."),
            field_path::syntax_key(),
            typed::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let field = config.text("field")?.to_owned();
        let path = field_path::parse("field", &field, config)?;
        let part = part::of_class(class_name);
        let objects = part::edit_objects(Nulls::Pass, PURPOSE);
        Ok(ExtractField {
            part,
            field,
            path,
            objects,
            typed: Typed::default(),
            replaces_null: config.boolean(REPLACE_NULL)?,
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let fields = batch.part(self.part);
        let rows = Rows::of(batch, self.part);
        if rows.has_plain() {
            self.extract_plain(batch, fields, &rows)?;
        }
        self.extract_typed(fields, &rows.typed)
    }
}

impl ExtractField {
    fn extract_plain(&self, batch: &Batch<'_>, fields: Fields<'_>, rows: &Rows<'_>) -> Result<(), Error> {
        rows.edit_plain(fields, &self.objects)?;
        let kinds = fields.kinds();
        let mut objects = vec![false; kinds.len()];
        for row in rows.plain().into_iter().map(|row| row as usize) {
            if let Some(object) = objects.get_mut(row) {
                *object = kinds.get(row) == Some(&ValueKind::Object);
            }
        }
        self.require_objects(batch, fields, &mut objects)?;
        let column = fields.read_json(self.path.as_slice())?;
        let cells = column.iter().zip(objects).map(|(cell, object)| match (object, cell) {
            (false, _) => Cell::Other,
            (true, Cell::Absent) => Cell::Null,
            (true, cell) => cell,
        });
        Ok(fields.write_whole(Form::Json, cells.collect::<BytesColumn>())?)
    }

    /// Rejects rows in which a value on the way to the field is no object, and leaves them out.
    fn require_objects(&self, batch: &Batch<'_>, fields: Fields<'_>, rows: &mut [bool]) -> Result<(), Error> {
        for length in 1..self.path.len() {
            let outer = self.path.get(..length).unwrap_or_default();
            for (row, (kind, chosen)) in (0..).zip(fields.field_kinds(outer)?.into_iter().zip(&mut *rows)) {
                let passes = matches!(kind, ValueKind::Absent | ValueKind::Null | ValueKind::Object);
                if *chosen && !passes {
                    *chosen = false;
                    batch.reject(&[row], &part::no_object(INNER_PURPOSE, part::class_of(kind)))?;
                }
            }
        }
        Ok(())
    }

    fn extract_typed(&mut self, fields: Fields<'_>, rows: &[u32]) -> Result<(), Error> {
        let Self { field, path, typed, replaces_null, .. } = self;
        let rest = by_field::change(fields, &mut typed.schemas, rows, |schema, rows| {
            let [outer] = path.as_slice() else { return Ok(None) };
            let Some((_, field)) = schema.field_named(outer) else { return Ok(None) };
            let (column, left) = extracted_json((fields, rows), outer)?;
            Ok(Some(Plan { schema: Rc::clone(&field.schema), change: Change::Whole(column), left }))
        })?;
        typed.apply(fields, &rest, |_, datum| {
            let (schema, value) = extracted(datum, field, path)?;
            let value = value.map(|value| if *replaces_null { value.or_default(schema) } else { value });
            Ok(Outcome::Put(Datum::new(Rc::clone(schema), value.cloned().unwrap_or(Value::Null))))
        })
    }
}

/// Returns a field of the rows as it is written, and the rows in which it is null.
fn extracted_json((fields, rows): (Fields<'_>, &[u32]), name: &str) -> Result<(BytesColumn, Vec<u32>), Error> {
    let texts = fields.read_json(name)?;
    let (mut column, mut left) = (BytesColumn::with_capacity(texts.len(), texts.byte_size()), Vec::new());
    let mut rows = rows.iter().copied().peekable();
    for (row, cell) in (0..).zip(texts.iter()) {
        let is_wanted = rows.next_if_eq(&row).is_some();
        match cell {
            Cell::Value(text) if is_wanted && text != b"null" => column.push(Cell::Value(text)),
            _ => {
                left.extend(is_wanted.then_some(row));
                column.push(Cell::<&[u8]>::Other);
            }
        }
    }
    Ok((column, left))
}

/// Returns a field's schema and value; none where the struct that it would be in isn't there. On the way to the field,
/// nulls become defaults whatever is said of the field itself.
fn extracted<'a>(datum: &'a Datum, name: &str, path: &[String]) -> Result<(&'a Rc<Schema>, Option<&'a Value>), String> {
    if !datum.value.is_null() {
        typed::require_struct(datum, PURPOSE)?;
    }
    let mut schema = &datum.schema;
    let mut value = Some(&datum.value);
    for (depth, step) in path.iter().enumerate() {
        let outer = value.map(|value| if depth == 0 { value } else { value.or_default(schema) });
        let (index, field) = field_of(schema, step)?.ok_or_else(|| format!("Unknown field: {name}"))?;
        schema = &field.schema;
        value = outer.and_then(|outer| outer.at(index));
    }
    Ok((schema, value))
}

fn field_of<'a>(schema: &'a Schema, name: &str) -> Result<Option<(usize, &'a Field)>, String> {
    match schema.kind {
        Kind::Struct(_) => Ok(schema.field_named(name)),
        _ => Err("Cannot look up fields on non-struct type".to_owned()),
    }
}
