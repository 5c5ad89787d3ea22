//! Kafka's `MaskField`: replaces fields by a value of their kind that says nothing, or by a replacement.
//! Schemaless rows take one edit; a mask of a row with a schema goes by the type of its value.

use std::rc::Rc;

use airlock_sdk::data::{self, Datum, Derived, Field, Logical, Outcome, Schema, Value};
use airlock_sdk::serde_json::Value as Json;
use airlock_sdk::{
    Batch, Config, ConfigKey, Description, Edit, Error, Importance, KindOutcome, Part, Transform, ValueKind,
};

use crate::by_field::{self, Change, Plan};
use crate::number::Number;
use crate::part::{self, Nulls};
use crate::typed::{self, Rows, Typed};

const PURPOSE: &str = "mask fields";
/// Why there is no edit for the structs of a schema.
const VISIT: &str = "values have to be visited";

/// Kafka's `MaskField`.
pub(crate) struct MaskField {
    part: Part,
    fields: Vec<String>,
    replacement: Option<String>,
    edit: Edit,
    typed: Typed,
    /// The edit for structs of a schema; an error where they have to be visited.
    edits: Derived<Rc<Edit>>,
}

impl Transform for MaskField {
    fn describe() -> Description {
        Description::new([
            "org.apache.kafka.connect.transforms.MaskField$Value",
            "org.apache.kafka.connect.transforms.MaskField$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation(
            "Masks fields with a null value of their type (0, false, an empty string), or with a replacement.",
        )
        .config([
            ConfigKey::list("fields")
                .required()
                .non_empty()
                .importance(Importance::High)
                .documentation("Names of fields to mask."),
            ConfigKey::text("replacement")
                .non_empty()
                .importance(Importance::Low)
                .documentation("A value to put in place of numbers and non-empty strings of all these fields."),
            typed::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let mut fields = part::names(config, "fields")?;
        fields.sort();
        let masks = Masks::new(config.get("replacement"));
        let edit = fields
            .iter()
            .fold(part::edit_objects(Nulls::Reject, PURPOSE), |edit, field| edit.by_kind(field, masks.by_kind()));
        let replacement = config.get("replacement").map(str::to_owned);
        let typed = Typed::configured(config)?;
        Ok(MaskField { part: part::of_class(class_name), fields, replacement, edit, typed, edits: Derived::default() })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let rows = Rows::of(batch, self.part);
        rows.edit_plain(batch.part(self.part), &self.edit)?;
        let Self { fields: names, replacement, typed, edits, .. } = self;
        let values = batch.part(self.part);
        let rest = by_field::change(values, &mut typed.schemas, &rows.typed, |schema, _| {
            let edit = edits.get(schema, |schema| typed_edit(schema, names, replacement.as_deref())).ok();
            Ok(edit.map(|edit| Plan::new(Rc::clone(schema), Change::Edit(edit))))
        })?;
        typed.apply(values, &rest, |_, datum| {
            let (fields, values) = typed::require_struct(datum, PURPOSE)?;
            let masked = fields.iter().zip(values).map(|(Field { name, schema }, value)| {
                if value.is_null() || names.binary_search(name).is_err() {
                    return Ok(value.clone());
                }
                mask(value, schema, replacement.as_deref())
            });
            let value = Value::Struct(masked.collect::<Result<_, String>>()?);
            Ok(Outcome::Put(Datum { schema: datum.schema.clone(), value }))
        })
    }
}

/// Returns the edit that masks structs of a schema, whose masks are the same for all values.
fn typed_edit(schema: &Schema, names: &[String], replacement: Option<&str>) -> Result<Rc<Edit>, String> {
    let fields = schema.fields().unwrap_or_default().iter();
    let masked = fields.filter(|field| names.binary_search(&field.name).is_ok());
    let edit = masked.map(|field| {
        let sample = by_field::sample(&field.schema).filter(|_| field.schema.logical().is_none());
        let masked = mask(&sample.ok_or(VISIT)?, &field.schema, replacement)?;
        Ok((field, by_field::text(&masked).ok_or(VISIT)?))
    });
    let kinds = [ValueKind::Boolean, ValueKind::Integer, ValueKind::Fraction, ValueKind::Text];
    let edit = edit.collect::<Result<Vec<_>, String>>()?.into_iter().fold(Edit::new(), |edit, (field, json)| {
        edit.by_kind(&field.name, kinds.map(|kind| (kind, KindOutcome::put(json.as_str()))))
    });
    Ok(Rc::new(edit))
}

fn mask(value: &Value, schema: &Schema, replacement: Option<&str>) -> Result<Value, String> {
    match replacement {
        None => null_value(value),
        Some(text) => replaced(value, schema, text),
    }
}

/// Returns the value of the same type that says nothing.
fn null_value(value: &Value) -> Result<Value, String> {
    Ok(match value {
        Value::Boolean(_) => Value::Boolean(false),
        Value::Int8(_) => Value::Int8(0),
        Value::Int16(_) => Value::Int16(0),
        Value::Int32(_) => Value::Int32(0),
        Value::Int64(_) => Value::Int64(0),
        Value::Float32(_) => Value::Float32(0.0),
        Value::Float64(_) => Value::Float64(0.0),
        Value::String(_) => Value::String(String::new()),
        Value::Decimal(_) => Value::Decimal(data::Decimal::new(0, 0)),
        Value::Moment(_) => Value::Moment(0),
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Map(_) => Value::Map(Vec::new()),
        Value::Null | Value::Bytes(_) | Value::Struct(_) => {
            return Err(format!("Cannot mask value of type: class {}", typed::class_of(value)));
        }
    })
}

/// Returns the replacement as a value of the same type.
fn replaced(value: &Value, schema: &Schema, text: &str) -> Result<Value, String> {
    let no_number = || not_a_number(text);
    let bits = |bits| Number::parse(text).map(|number| number.low_bits(bits)).ok_or_else(no_number);
    Ok(match value {
        Value::Int8(_) => Value::Int8(bits(8)? as i8),
        Value::Int16(_) => Value::Int16(bits(16)? as i16),
        Value::Int32(_) => Value::Int32(bits(32)? as i32),
        Value::Int64(_) => Value::Int64(bits(64)?),
        Value::Float32(_) => {
            Value::Float32(Number::parse(text).and_then(|number| number.float()).ok_or_else(no_number)?)
        }
        Value::Float64(_) => {
            Value::Float64(Number::parse(text).and_then(|number| number.double()).ok_or_else(no_number)?)
        }
        Value::String(_) => Value::String(text.to_owned()),
        Value::Decimal(_) => Value::Decimal(decimal(schema, text)?),
        _ => return Err(refusal(typed::class_of(value))),
    })
}

/// Returns the replacement as a Decimal: digits behind the point are filled up, but none is cut off.
fn decimal(schema: &Schema, text: &str) -> Result<data::Decimal, String> {
    // Other words than `not_a_number`: another class of Kafka converts it.
    let number: data::Decimal =
        text.parse().map_err(|_| format!("Unable to convert {text} (class java.lang.String) to number"))?;
    let own = number.scale;
    match schema.logical() {
        Some(Logical::Decimal { scale }) if scale < own => Err(format!(
            "Decimal value has mismatching scale for given Decimal schema. Schema has scale {scale}, value has scale {own}."
        )),
        _ => Ok(number),
    }
}

/// What takes the place of values of each kind, without a schema.
struct Masks {
    boolean: KindOutcome,
    integer: KindOutcome,
    fraction: KindOutcome,
    text: KindOutcome,
    array: KindOutcome,
    object: KindOutcome,
}

impl Masks {
    fn new(replacement: Option<&str>) -> Self {
        match replacement {
            None => Masks {
                boolean: KindOutcome::put("false"),
                integer: KindOutcome::put("0"),
                fraction: KindOutcome::put("0.0"),
                text: KindOutcome::put("\"\""),
                array: KindOutcome::put("[]"),
                object: KindOutcome::put("{}"),
            },
            Some(text) => Masks {
                boolean: refuse("java.lang.Boolean"),
                integer: integer(text),
                fraction: fraction(text),
                text: KindOutcome::put(Json::from(text).to_string()),
                array: refuse("java.util.ArrayList"),
                object: refuse("java.util.HashMap"),
            },
        }
    }

    /// Returns the outcomes for a schemaless field: one that is missing is added as null, and a null stays.
    fn by_kind(&self) -> [(ValueKind, KindOutcome); 7] {
        [
            (ValueKind::Absent, KindOutcome::put("null")),
            (ValueKind::Boolean, self.boolean.clone()),
            (ValueKind::Integer, self.integer.clone()),
            (ValueKind::Fraction, self.fraction.clone()),
            (ValueKind::Text, self.text.clone()),
            (ValueKind::Array, self.array.clone()),
            (ValueKind::Object, self.object.clone()),
        ]
    }
}

fn refuse(class_name: &str) -> KindOutcome {
    KindOutcome::Reject(refusal(class_name))
}

fn refusal(class_name: &str) -> String {
    format!("Cannot mask value of type class {class_name} with custom replacement.")
}

fn not_a_number(replacement: &str) -> String {
    format!("Unable to convert {replacement} (class java.lang.String) to a number")
}

fn integer(replacement: &str) -> KindOutcome {
    number(Number::parse(replacement).map(|number| number.low_bits(64)), replacement)
}

fn fraction(replacement: &str) -> KindOutcome {
    number(Number::parse(replacement).and_then(|number| number.double()), replacement)
}

fn number(number: Option<impl Into<Json>>, replacement: &str) -> KindOutcome {
    match number {
        Some(number) => KindOutcome::put(number.into().to_string()),
        None => KindOutcome::Reject(not_a_number(replacement)),
    }
}
