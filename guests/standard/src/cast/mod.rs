//! Kafka's `Cast`: makes fields, or the whole key or value, numbers, booleans or text. What becomes of a value is in
//! `conversion`; here is what becomes of rows, schemas and JSON.

mod conversion;
mod spec;

use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Field, Kind, Outcome, Schema, Value};
use airlock_sdk::{Batch, Config, ConfigKey, Description, Edit, Error, Fields, Importance, Part, Transform};

use crate::by_field::{self, Change, Plan};
use crate::json;
use crate::part;
use crate::plain::PlainRows;
use crate::typed::{self, Rows, Typed};
use conversion::convert;
use spec::Spec;

const PURPOSE: &str = "cast types";

/// Kafka's `Cast`.
pub(crate) struct Cast {
    part: Part,
    spec: Spec,
    typed: Typed,
    derived: Derived,
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
            typed::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        config.text("spec")?;
        Ok(Cast {
            part: part::of_class(class_name),
            spec: Spec::parse(&config.list("spec"))?,
            typed: Typed::configured(config)?,
            derived: Derived::default(),
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let (rows, values) = (Rows::of(batch, self.part), batch.part(self.part));
        let plain = PlainRows::of(&rows, values);
        match &self.spec {
            Spec::Whole(target) => plain.change_whole(|value, json| cast_plain(value, target, json))?,
            Spec::Fields(targets) => {
                let changes: Vec<_> = targets.iter().map(|(field, target)| (field.as_str(), target)).collect();
                plain.change_fields(&changes, PURPOSE, |value, target, json| cast_plain(value, target, json))?;
            }
        }
        self.apply_with_schemas(values, &rows.typed)
    }
}

impl Cast {
    fn apply_with_schemas(&mut self, values: Fields<'_>, rows: &[u32]) -> Result<(), Error> {
        let Cast { spec, typed, derived, .. } = self;
        let rest = by_field::change(values, &mut typed.schemas, rows, |schema, rows| {
            let Ok(cast) = derived.get(schema, |schema| cast_schema(schema, spec)) else { return Ok(None) };
            cast_fields((values, rows), (schema, cast), spec)
        })?;
        typed.apply(values, &rest, |_row, datum| {
            if datum.value.is_null() {
                return Ok(Outcome::Keep);
            }
            let schema = derived.get(&datum.schema, |schema| cast_schema(schema, spec))?;
            let value = match spec {
                Spec::Whole(target) => convert(Some(&datum.schema), datum.value.clone(), target)?,
                Spec::Fields(_) => cast_struct(datum, spec)?,
            };
            Ok(Outcome::Put(Datum { schema, value }))
        })
    }
}

/// Casts the fields of structs by themselves.
fn cast_fields(
    (values, rows): (Fields<'_>, &[u32]),
    (schema, cast): (&Schema, Rc<Schema>),
    spec: &Spec,
) -> Result<Option<Plan>, Error> {
    let Spec::Fields(targets) = spec else { return Ok(None) };
    let (mut edit, mut left) = (Edit::new(), Vec::new());
    for (name, target) in targets {
        let Some((_, field)) = schema.field_named(name) else { continue };
        let convert =
            |_, value| convert(Some(&field.schema), value, target).ok().and_then(|value| by_field::text(&value));
        let Some((column, mut unclear)) = by_field::changed((values, rows), (name, &field.schema), convert)? else {
            return Ok(None);
        };
        edit = edit.put(name, column);
        left.append(&mut unclear);
    }
    left.sort_unstable();
    left.dedup();
    Ok(Some(Plan { schema: cast, change: Change::Edit(Rc::new(edit)), left }))
}

/// Returns the schema of what becomes of the values of a schema.
fn cast_schema(schema: &Rc<Schema>, spec: &Spec) -> Result<Rc<Schema>, String> {
    let kind = match spec {
        Spec::Whole(target) => target.clone(),
        Spec::Fields(_) => {
            let fields = schema.fields().ok_or("Cannot list fields on non-struct type")?;
            Kind::Struct(fields.iter().map(|field| cast_field(field, spec)).collect::<Result<_, _>>()?)
        }
    };
    let mut cast = schema.copy_basics(kind);
    cast.optional = schema.optional;
    match (&schema.default, spec) {
        (None, _) => Ok(Rc::new(cast)),
        // The name stays, and with it what a default has to be.
        (Some(_), Spec::Whole(_)) if cast.name.as_deref().is_some_and(is_logical) => {
            Err("Invalid default value".to_owned())
        }
        (Some(default), Spec::Whole(target)) => {
            let default = convert(Some(schema), default.clone(), target)?;
            Ok(Rc::new(cast.default(default)?))
        }
        // Kafka casts the default of a struct as a whole too, and that never works.
        (Some(_), Spec::Fields(_)) => Err(conversion::unsupported("STRUCT")),
    }
}

/// Tells whether schemas of this name have values of a logical type, whatever their type.
fn is_logical(name: &str) -> bool {
    let logical = name.strip_prefix("org.apache.kafka.connect.data.");
    logical.is_some_and(|name| ["Decimal", "Date", "Time", "Timestamp"].contains(&name))
}

fn cast_field(field: &Field, spec: &Spec) -> Result<Field, String> {
    let Some(target) = spec.of(&field.name) else { return Ok(field.clone()) };
    let mut cast = Schema::new(target.clone());
    cast.optional = field.schema.optional;
    if let Some(default) = &field.schema.default {
        cast = cast.default(convert(Some(&field.schema), default.clone(), target)?)?;
    }
    Ok(Field::new(&field.name, cast))
}

fn cast_struct(datum: &Datum, spec: &Spec) -> Result<Value, String> {
    let (fields, values) = typed::require_struct(datum, PURPOSE)?;
    let cast = fields.iter().zip(values).map(|(field, value)| {
        let value = value.clone();
        match spec.of(&field.name) {
            Some(target) => convert(Some(&field.schema), value, target),
            None => Ok(value),
        }
    });
    cast.collect::<Result<_, _>>().map(Value::Struct)
}

fn cast_plain(value: Value, target: &Kind, json: &mut Vec<u8>) -> Result<(), String> {
    json::write(&convert(None, value, target)?, json);
    Ok(())
}
