//! Kafka's `Cast`: makes fields, or the whole key or value, numbers, booleans or text. What becomes of a value is in
//! `conversion`; here is what becomes of rows, schemas and JSON.

mod conversion;
mod spec;

use std::rc::Rc;

use airlock_sdk::data::{self, Datum, Derived, Field, Kind, Outcome, Schema, SchemaCache, Value};
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Description, Error, Fields, Form, Importance, Part, Transform,
};

use crate::json;
use crate::part::{self, Nulls};
use crate::schema::{self, FieldNulls};
use conversion::convert;
use spec::{Spec, Target};

const PURPOSE: &str = "cast types";

/// Kafka's `Cast`.
pub(crate) struct Cast {
    part: Part,
    spec: Spec,
    schemas: SchemaCache,
    derived: Derived,
    nulls: FieldNulls,
}

impl Transform for Cast {
    fn describe() -> Description {
        Description::new([
            "org.apache.kafka.connect.transforms.Cast$Value",
            "org.apache.kafka.connect.transforms.Cast$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation(
            "Makes fields, or the whole key or value, another type: integers, floats, booleans and strings become \
                 any of these, and bytes become a string in base 64.",
        )
        .config([
            ConfigKey::list("spec").required().importance(Importance::High).documentation(
                "Fields and the types to cast them to, as in field1:int32,field2:string; or a single type, for \
                     the whole key or value. Types are int8, int16, int32, int64, float32, float64, boolean and \
                     string.",
            ),
            schema::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        config.text("spec")?;
        Ok(Cast {
            part: part::of_class(class_name),
            spec: Spec::parse(&config.list("spec"))?,
            schemas: SchemaCache::default(),
            derived: Derived::default(),
            nulls: FieldNulls::of(config)?,
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let values = batch.part(self.part);
        let plain = part::plain_rows(batch, self.part);
        match &self.spec {
            Spec::Whole(target) => cast_whole(batch, values, &plain, *target)?,
            Spec::Fields(targets) => cast_fields(batch, values, &plain, targets)?,
        }
        self.apply_with_schemas(values)
    }
}

impl Cast {
    fn apply_with_schemas(&mut self, values: Fields<'_>) -> Result<(), Error> {
        let Cast { spec, schemas, derived, nulls, .. } = self;
        data::apply(values, schemas, &data::typed_rows(&values), |_row, datum| {
            if datum.value.is_null() {
                return Ok(Outcome::Keep);
            }
            let schema = derived.get(&datum.schema, |schema| cast_schema(schema, spec))?;
            let value = match spec {
                Spec::Whole(target) => convert(Some(&datum.schema), datum.value, *target)?,
                Spec::Fields(_) => cast_struct(datum, spec, *nulls)?,
            };
            Ok(Outcome::Put(Datum { schema, value }))
        })
    }
}

/// Returns the schema of what becomes of the values of a schema.
fn cast_schema(schema: &Rc<Schema>, spec: &Spec) -> Result<Rc<Schema>, String> {
    let kind = match spec {
        Spec::Whole(target) => target.kind(),
        Spec::Fields(_) => {
            let fields = schema.fields().ok_or("Cannot list fields on non-struct type")?;
            Kind::Struct(fields.iter().map(|field| cast_field(field, spec)).collect::<Result<_, _>>()?)
        }
    };
    let mut cast = schema.copy_basics(kind);
    cast.optional = schema.optional;
    match (&schema.default, spec) {
        (None, _) => Ok(Rc::new(cast)),
        (Some(default), Spec::Whole(target)) => {
            let default = convert(Some(schema), default.clone(), *target)?;
            Ok(Rc::new(cast.default(default)?))
        }
        // Kafka casts the default of a struct as a whole too, and that never works.
        (Some(_), Spec::Fields(_)) => Err(conversion::unsupported("STRUCT")),
    }
}

fn cast_field(field: &Field, spec: &Spec) -> Result<Field, String> {
    let Some(target) = spec.of(&field.name) else { return Ok(field.clone()) };
    let mut cast = Schema::new(target.kind());
    cast.optional = field.schema.optional;
    if let Some(default) = &field.schema.default {
        cast = cast.default(convert(Some(&field.schema), default.clone(), target)?)?;
    }
    Ok(Field::new(&field.name, cast))
}

fn cast_struct(datum: Datum, spec: &Spec, nulls: FieldNulls) -> Result<Value, String> {
    let fields = datum.schema.fields().unwrap_or_default();
    let Value::Struct(values) = datum.value else { return Err(conversion::unsupported("STRUCT")) };
    let cast = fields.iter().zip(values).map(|(field, value)| {
        let value = nulls.see(value, &field.schema);
        match spec.of(&field.name) {
            Some(target) => convert(Some(&field.schema), value, target),
            None => Ok(value),
        }
    });
    cast.collect::<Result<_, _>>().map(Value::Struct)
}

fn cast_whole(batch: &Batch<'_>, values: Fields<'_>, rows: &[u32], target: Target) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let (column, rejected) = cast_column(&values.read_whole(Form::Json)?, rows, target);
    values.write_whole(Form::Json, column)?;
    reject(batch, &rejected)
}

fn cast_fields(batch: &Batch<'_>, values: Fields<'_>, rows: &[u32], targets: &[(String, Target)]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut edit = part::edit_objects(Nulls::Pass, PURPOSE);
    let mut rejected = Vec::new();
    for (field, target) in targets {
        let (column, refused) = cast_column(&values.read_json(field)?, rows, *target);
        rejected.extend(refused);
        // A field that isn't there is added, as null.
        edit = edit.put(field, column);
    }
    values.edit_rows(rows, edit)?;
    rejected.sort_by_key(|(row, _)| *row);
    rejected.dedup_by_key(|(row, _)| *row);
    reject(batch, &rejected)
}

/// Casts the texts of rows, and returns which can't be cast and why.
fn cast_column(texts: &BytesColumn, rows: &[u32], target: Target) -> (BytesColumn, Vec<(u32, String)>) {
    let mut cast = BytesColumn::with_capacity(texts.len(), texts.byte_size());
    let mut rejected = Vec::new();
    let mut wanted = rows.iter().copied().peekable();
    for (row, cell) in (0..).zip(texts.iter()) {
        let is_wanted = wanted.next_if_eq(&row).is_some();
        match cell {
            _ if !is_wanted => cast.push(Cell::<&[u8]>::Other),
            Cell::Value(text) => match json::read(text).and_then(|value| convert(None, value, target)) {
                Ok(value) => cast.push(Cell::Value(json::text(&value))),
                Err(reason) => {
                    rejected.push((row, reason));
                    cast.push(Cell::<&[u8]>::Other);
                }
            },
            Cell::Null | Cell::Absent => cast.push(Cell::<&[u8]>::Null),
            Cell::Other => cast.push(Cell::<&[u8]>::Other),
        }
    }
    (cast, rejected)
}

fn reject(batch: &Batch<'_>, rejected: &[(u32, String)]) -> Result<(), Error> {
    rejected.iter().try_for_each(|(row, reason)| Ok(batch.reject(&[*row], reason)?))
}
