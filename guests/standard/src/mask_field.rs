//! Kafka's `MaskField`: replaces fields by a value of their kind that says nothing, or by a replacement.
//! Schemaless rows take one edit; rows with a schema are in `schema`.

use airlock_sdk::serde_json::Value;
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Description, Edit, Error, Importance, KindOutcome, Part, Transform,
    ValueKind,
};

use crate::number::Decimal;
use crate::part::{self, Nulls};
use crate::schema::{self, FieldType};

const PURPOSE: &str = "mask fields";

/// Kafka's `MaskField`.
pub(crate) struct MaskField {
    part: Part,
    fields: Vec<String>,
    masks: Masks,
    replaces_null: bool,
    edit: Edit,
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
            schema::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let mut fields = config.list("fields");
        fields.sort();
        fields.dedup();
        let masks = Masks::new(config.get("replacement"));
        let edit = fields
            .iter()
            .fold(part::edit_objects(Nulls::Reject, PURPOSE), |edit, field| edit.by_kind(field, masks.by_kind()));
        let replaces_null = config.boolean(schema::REPLACE_NULL)?;
        Ok(MaskField { part: part::of_class(class_name), fields, masks, replaces_null, edit })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let fields = batch.part(self.part);
        if fields.has_schemas() {
            self.apply_with_schemas(batch, &fields.schemas())
        } else {
            Ok(fields.edit(&self.edit)?)
        }
    }
}

impl MaskField {
    /// Masks rows of which some or all have a schema: by column, for a mask goes by the field's type.
    fn apply_with_schemas(&self, batch: &Batch<'_>, ids: &[u32]) -> Result<(), Error> {
        schema::require_structs(batch, self.part, Nulls::Reject, PURPOSE)?;
        if self.replaces_null {
            schema::replace_nulls(batch, self.part, ids)?;
        }
        let fields = batch.part(self.part);
        let mut edit = Edit::new();
        for field in &self.fields {
            let types = schema::field_types(ids, field)?;
            let mut column = BytesColumn::default();
            for (row, (kind, field_type)) in (0..).zip(fields.field_kinds(field)?.into_iter().zip(types)) {
                match self.masks.of(kind, field_type.as_ref()) {
                    KindOutcome::Put(json) => column.push(Cell::Value(json)),
                    KindOutcome::Reject(reason) => {
                        batch.reject(&[row], &reason)?;
                        column.push(Cell::<Vec<u8>>::Other);
                    }
                    KindOutcome::Keep | KindOutcome::Remove => column.push(Cell::<Vec<u8>>::Other),
                }
            }
            edit = edit.put(field, column);
        }
        Ok(fields.edit(edit)?)
    }
}

/// What takes the place of values of each kind.
struct Masks {
    boolean: KindOutcome,
    integer: KindOutcome,
    fraction: KindOutcome,
    text: KindOutcome,
    array: KindOutcome,
    object: KindOutcome,
    replacement: Option<String>,
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
                replacement: None,
            },
            Some(text) => Masks {
                boolean: refuse("java.lang.Boolean"),
                integer: integer(text),
                fraction: fraction(text),
                text: KindOutcome::put(Value::from(text).to_string()),
                array: refuse("java.util.ArrayList"),
                object: refuse("java.util.HashMap"),
                replacement: Some(text.to_owned()),
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

    /// Returns the outcome for a field that may have a type from a schema.
    fn of(&self, kind: ValueKind, field_type: Option<&FieldType>) -> KindOutcome {
        match (field_type, kind) {
            (None, ValueKind::Absent) => KindOutcome::put("null"),
            (_, ValueKind::Absent | ValueKind::Null) | (Some(FieldType::Unknown), _) => KindOutcome::Keep,
            (Some(FieldType::Struct), _) => self.unmaskable("org.apache.kafka.connect.data.Struct"),
            (Some(FieldType::Bytes), _) => self.unmaskable("[B"),
            (Some(FieldType::Map), _) if self.replacement.is_some() => refuse("java.util.HashMap"),
            (Some(FieldType::Moment), _) if self.replacement.is_some() => refuse("java.util.Date"),
            (Some(FieldType::Moment), _) => KindOutcome::put("0"),
            (Some(FieldType::Decimal(scale)), _) => match &self.replacement {
                None => KindOutcome::put("\"AA==\""),
                Some(text) => logical(text, *scale),
            },
            (Some(FieldType::Integer(bits)), _) => match &self.replacement {
                None => KindOutcome::put("0"),
                Some(text) => integer_of(text, *bits),
            },
            (Some(FieldType::Float), _) => match &self.replacement {
                None => self.fraction.clone(),
                Some(text) => number(text, |number| number.float()),
            },
            (Some(FieldType::Double), _) => self.fraction.clone(),
            (_, ValueKind::Boolean) => self.boolean.clone(),
            (_, ValueKind::Integer) => self.integer.clone(),
            (_, ValueKind::Fraction) => self.fraction.clone(),
            (_, ValueKind::Text) => self.text.clone(),
            (_, ValueKind::Array) => self.array.clone(),
            (_, ValueKind::Object) => self.object.clone(),
        }
    }

    fn unmaskable(&self, class_name: &str) -> KindOutcome {
        match self.replacement {
            Some(_) => refuse(class_name),
            None => KindOutcome::Reject(format!("Cannot mask value of type: class {class_name}")),
        }
    }
}

fn refuse(class_name: &str) -> KindOutcome {
    KindOutcome::Reject(format!("Cannot mask value of type class {class_name} with custom replacement."))
}

fn integer(replacement: &str) -> KindOutcome {
    integer_of(replacement, 64)
}

/// Returns the replacement as an integer of so many bits.
fn integer_of(replacement: &str, bits: u32) -> KindOutcome {
    number(replacement, |number| Some(number.low_bits(bits).to_string()))
}

fn fraction(replacement: &str) -> KindOutcome {
    number(replacement, Decimal::double)
}

fn number(replacement: &str, json: impl Fn(&Decimal) -> Option<String>) -> KindOutcome {
    let no_number =
        || KindOutcome::Reject(format!("Unable to convert {replacement} (class java.lang.String) to a number"));
    Decimal::parse(replacement).as_ref().and_then(json).map_or_else(no_number, KindOutcome::put)
}

/// Returns the replacement as a Decimal. Other words than above: another class of Kafka converts it.
fn logical(replacement: &str, scale: i32) -> KindOutcome {
    match Decimal::parse(replacement).map(|number| number.logical(scale)) {
        Some(Ok(json)) => KindOutcome::put(json),
        Some(Err(reason)) => KindOutcome::Reject(reason),
        None => KindOutcome::Reject(format!("Unable to convert {replacement} (class java.lang.String) to number")),
    }
}
