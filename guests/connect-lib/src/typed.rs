//! Rows with a schema: what several transforms need beyond `airlock_sdk::data`. What isn't a struct is refused in
//! Kafka's words.

use std::collections::BTreeSet;
use std::rc::Rc;

use airlock_sdk::data::{self, Datum, Field, Kind, Outcome, Schema, SchemaCache, Value};
use airlock_sdk::{Batch, Config, ConfigKey, Edit, Error, Fields, Importance, Part};

/// The key that says whether nulls of fields with a default become the default.
pub const REPLACE_NULL: &str = "replace.null.with.default";

/// Describes the key that says whether nulls of fields with a default become the default.
pub fn replace_null_key() -> ConfigKey {
    ConfigKey::boolean(REPLACE_NULL).default("true").importance(Importance::Medium).documentation(
        "Whether a null in a field whose schema has a default value becomes that default; otherwise it stays null.",
    )
}

/// The rows of a batch, by whether their key or value has a schema; ascending.
pub struct Rows<'a> {
    /// The rows with a schema.
    pub typed: Vec<u32>,
    /// All rows.
    pub batch: &'a Batch<'a>,
}

impl<'a> Rows<'a> {
    /// Tells the rows of a batch apart.
    pub fn of(batch: &'a Batch<'a>, part: Part) -> Self {
        Rows { typed: data::typed_rows(&batch.part(part)), batch }
    }

    /// Returns the rows without a schema.
    pub fn plain(&self) -> Vec<u32> {
        (0..).zip(self.are_plain()).filter(|(_, is_plain)| *is_plain).map(|(row, _)| row).collect()
    }

    /// Tells of each row whether it has no schema.
    pub fn are_plain(&self) -> impl Iterator<Item = bool> {
        let mut typed = self.typed.iter().copied().peekable();
        (0..self.batch.rows() as u32).map(move |row| typed.next_if_eq(&row).is_none())
    }

    /// Tells whether there are rows without a schema.
    pub fn has_plain(&self) -> bool {
        self.typed.is_empty() || self.typed.len() < self.batch.rows()
    }

    /// Edits the rows without a schema.
    pub fn edit_plain(&self, fields: Fields<'_>, edit: &Edit) -> Result<(), Error> {
        let edited = if self.typed.is_empty() { fields.edit(edit) } else { fields.edit_rows(&self.plain(), edit) };
        Ok(edited?)
    }
}

/// Visits rows with a schema; part of a plugin, as it remembers schemas. By default values are seen as they are.
#[derive(Debug, Default)]
pub struct Typed {
    /// The schemas that were seen.
    pub schemas: SchemaCache,
    /// Whether nulls of fields with a default become the default.
    pub replaces_null: bool,
}

impl Typed {
    /// Returns a visitor that replaces nulls by defaults where the configuration says so.
    pub fn configured(config: &Config) -> Result<Self, Error> {
        Ok(Typed { schemas: SchemaCache::default(), replaces_null: config.boolean(REPLACE_NULL)? })
    }

    /// Visits rows as [`data::apply`] does. Where nulls are replaced, fields of structs that are null are their default
    /// (`Struct.get`); those of structs inside are not.
    pub fn apply(
        &mut self,
        fields: Fields<'_>,
        rows: &[u32],
        mut visit: impl FnMut(u32, &Datum) -> Result<Outcome, String>,
    ) -> Result<(), Error> {
        let replaces_null = self.replaces_null;
        data::apply(fields, &mut self.schemas, rows, |row, mut datum| {
            if replaces_null {
                replace_nulls(&mut datum);
            }
            visit(row, &datum)
        })?;
        Ok(())
    }
}

fn replace_nulls(datum: &mut Datum) {
    let Value::Struct(values) = &mut datum.value else { return };
    for (field, value) in datum.schema.fields().unwrap_or_default().iter().zip(values) {
        if let (Value::Null, Some(default)) = (&value, &field.schema.default) {
            *value = default.clone();
        }
    }
}

/// Returns the fields' values.
///
/// # Errors
/// It is no struct.
pub fn require_struct<'a>(datum: &'a Datum, purpose: &str) -> Result<(&'a [Field], &'a [Value]), String> {
    match (&datum.schema.kind, &datum.value) {
        (Kind::Struct(fields), Value::Struct(values)) => Ok((fields, values)),
        (_, value) => Err(format!("Only Struct objects supported for [{purpose}], found: {}", class_of(value))),
    }
}

/// Returns the type of structs of these fields.
///
/// # Errors
/// Two have the same name, or one has none; in the words of Kafka's `SchemaBuilder`.
pub fn structure(fields: Vec<Field>) -> Result<Kind, String> {
    let mut names = BTreeSet::new();
    for Field { name, .. } in &fields {
        if name.is_empty() {
            return Err("fieldName cannot be null.".to_owned());
        }
        if !names.insert(name) {
            return Err(format!("Cannot create field because of field name duplication {name}"));
        }
    }
    Ok(Kind::Struct(fields))
}

/// Returns the schema with other fields: required and without a default, as Kafka has it.
pub fn with_fields(schema: &Schema, fields: Vec<Field>) -> Result<Rc<Schema>, String> {
    Ok(Rc::new(schema.copy_basics(structure(fields)?)))
}

/// Returns the class that a value has in Kafka Connect.
pub fn class_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Int8(_) => "java.lang.Byte",
        Value::Int16(_) => "java.lang.Short",
        Value::Int32(_) => "java.lang.Integer",
        Value::Int64(_) => "java.lang.Long",
        Value::Float32(_) => "java.lang.Float",
        Value::Float64(_) => "java.lang.Double",
        Value::Boolean(_) => "java.lang.Boolean",
        Value::String(_) => "java.lang.String",
        Value::Bytes(_) => "[B",
        Value::Array(_) => "java.util.ArrayList",
        Value::Map(_) => "java.util.HashMap",
        Value::Struct(_) => "org.apache.kafka.connect.data.Struct",
        Value::Decimal(_) => "java.math.BigDecimal",
        Value::Moment(_) => "java.util.Date",
    }
}
