//! Rows with a schema: what transforms do to a schema when they do something to its fields. Schemas are in the
//! JSON form of Kafka's `JsonConverter`.

use std::collections::BTreeMap;

use airlock_sdk::serde_json::{self, Map, Value, json};
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Edit, Error, Importance, Part, ValueKind, data, schemas,
};

use crate::part::{self, Nulls};

/// The key that says whether nulls of fields with a default become the default.
pub(crate) const REPLACE_NULL: &str = "replace.null.with.default";

/// Describes the key that says whether nulls of fields with a default become the default.
pub(crate) fn replace_null_key() -> ConfigKey {
    ConfigKey::boolean(REPLACE_NULL).default("true").importance(Importance::Medium).documentation(
        "Whether a null in a field whose schema has a default value becomes that default; otherwise it stays null.",
    )
}

/// Whether a null in a field becomes the field's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldNulls {
    BecomeDefaults,
    Stay,
}

impl FieldNulls {
    /// Reads the key that `replace_null_key` describes.
    pub(crate) fn of(config: &Config) -> Result<Self, Error> {
        Ok(if config.boolean(REPLACE_NULL)? { FieldNulls::BecomeDefaults } else { FieldNulls::Stay })
    }

    /// Returns a field's value, as it is to be seen.
    pub(crate) fn see(self, value: data::Value, schema: &data::Schema) -> data::Value {
        match (self, &schema.default) {
            (FieldNulls::BecomeDefaults, Some(default)) if value.is_null() => default.clone(),
            _ => value,
        }
    }
}

/// What matters about the type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldType {
    /// The schema has no such field.
    Unknown,
    /// An integer of so many bits.
    Integer(u32),
    /// A number of 32 bits with a fraction.
    Float,
    /// One of 64 bits.
    Double,
    /// Bytes.
    Bytes,
    /// A struct.
    Struct,
    /// A map: an object, or pairs where its keys are no text.
    Map,
    /// A date, time or timestamp.
    Moment,
    /// A decimal of a scale.
    Decimal(i32),
    /// Any other: a boolean, string or array, each told by the kind of its JSON.
    Other,
}

impl FieldType {
    fn of(schema: &Value) -> Self {
        match schema["name"].as_str() {
            Some("org.apache.kafka.connect.data.Decimal") => {
                let scale = schema.pointer("/parameters/scale").and_then(Value::as_str);
                return FieldType::Decimal(scale.and_then(|scale| scale.parse().ok()).unwrap_or(0));
            }
            Some(
                "org.apache.kafka.connect.data.Date"
                | "org.apache.kafka.connect.data.Time"
                | "org.apache.kafka.connect.data.Timestamp",
            ) => return FieldType::Moment,
            _ => {}
        }
        match schema["type"].as_str() {
            Some("int8") => FieldType::Integer(8),
            Some("int16") => FieldType::Integer(16),
            Some("int32") => FieldType::Integer(32),
            Some("int64") => FieldType::Integer(64),
            Some("float") => FieldType::Float,
            Some("double") => FieldType::Double,
            Some("bytes") => FieldType::Bytes,
            Some("struct") => FieldType::Struct,
            Some("map") => FieldType::Map,
            _ => FieldType::Other,
        }
    }
}

/// Returns for each row the type of a field; none for rows without a schema.
pub(crate) fn field_types(ids: &[u32], field: &str) -> Result<Vec<Option<FieldType>>, Error> {
    per_schema(ids, |schema| {
        let field = fields(schema).find(|candidate| candidate["field"] == field);
        Ok(field.map_or(FieldType::Unknown, FieldType::of))
    })
}

/// Rejects rows that no struct describes, or no object where there is no schema; in Kafka's words.
/// Returns the kinds.
pub(crate) fn require_structs(
    batch: &Batch<'_>,
    part: Part,
    nulls: Nulls,
    purpose: &str,
) -> Result<Vec<ValueKind>, Error> {
    let ids = batch.part(part).schemas();
    let kinds = batch.part(part).kinds();
    let classes = per_schema(&ids, |schema| Ok(class_of(schema)))?;
    for (row, (kind, class)) in (0..).zip(kinds.iter().zip(classes)) {
        let is_null = matches!(kind, ValueKind::Absent | ValueKind::Null);
        let is_map = *kind == ValueKind::Object && class.is_none();
        let works = if is_null { nulls == Nulls::Pass } else { is_map || class == Some(STRUCT) };
        if !works {
            let found = class.filter(|_| !is_null).unwrap_or_else(|| part::class_of(*kind));
            let reason = match class {
                Some(_) => format!("Only Struct objects supported for [{purpose}], found: {found}"),
                None => format!("Only Map objects supported in absence of schema for [{purpose}], found: {found}"),
            };
            batch.reject(&[row], &reason)?;
        }
    }
    Ok(kinds)
}

const STRUCT: &str = "org.apache.kafka.connect.data.Struct";

/// Returns the class of what Kafka's `JsonConverter` makes of a value with a schema.
fn class_of(schema: &Value) -> &'static str {
    match (FieldType::of(schema), schema["type"].as_str()) {
        (FieldType::Struct, _) => STRUCT,
        (FieldType::Moment, _) => "java.util.Date",
        (FieldType::Decimal(_), _) => "java.math.BigDecimal",
        (FieldType::Integer(8), _) => "java.lang.Byte",
        (FieldType::Integer(16), _) => "java.lang.Short",
        (FieldType::Integer(32), _) => "java.lang.Integer",
        (FieldType::Integer(_), _) => "java.lang.Long",
        (FieldType::Float, _) => "java.lang.Float",
        (FieldType::Double, _) => "java.lang.Double",
        (FieldType::Bytes, _) => "[B",
        (FieldType::Map, _) => "java.util.HashMap",
        (_, Some("boolean")) => "java.lang.Boolean",
        (_, Some("array")) => "java.util.ArrayList",
        _ => "java.lang.String",
    }
}

/// Puts the schema's default in place of nulls.
pub(crate) fn replace_nulls(batch: &Batch<'_>, part: Part, ids: &[u32]) -> Result<(), Error> {
    let defaults = per_schema(ids, |schema| {
        let defaults = fields(schema).filter(|field| !field["default"].is_null());
        Ok(defaults
            .filter_map(|field| Some((field["field"].as_str()?.to_owned(), field["default"].to_string())))
            .collect::<BTreeMap<_, _>>())
    })?;
    let mut names: Vec<&String> = defaults.iter().flatten().flat_map(BTreeMap::keys).collect();
    names.sort();
    names.dedup();
    let mut edit = Edit::new();
    for name in names {
        let kinds = batch.part(part).field_kinds(name)?;
        let cells = kinds.iter().zip(&defaults).map(|(kind, defaults)| {
            let default = defaults.as_ref().and_then(|defaults| defaults.get(name));
            match (kind, default) {
                (ValueKind::Null, Some(default)) => Cell::Value(default.as_str()),
                _ => Cell::Other,
            }
        });
        edit = edit.replace(name, cells.collect::<BytesColumn>());
    }
    Ok(batch.part(part).edit(edit)?)
}

/// Changes of schemas that were made before: an id and what it became, or why it can't.
#[derive(Debug, Default)]
pub(crate) struct Rewrites(BTreeMap<u32, Result<u32, String>>);

impl Rewrites {
    /// Gives the rows the schemas that `rewrite` makes of their struct's fields. Rows that are null keep theirs,
    /// as Kafka passes them on untouched; rows for which `rewrite` fails are rejected.
    pub(crate) fn apply(
        &mut self,
        batch: &Batch<'_>,
        rows: Rows<'_>,
        rewrite: impl Fn(Vec<Value>) -> Result<Vec<Value>, String>,
    ) -> Result<(), Error> {
        let mut ids = rows.ids.to_vec();
        for (row, (id, kind)) in (0..).zip(ids.iter_mut().zip(rows.kinds)) {
            if *id == 0 || *kind != ValueKind::Object {
                continue;
            }
            if !self.0.contains_key(id) {
                self.0.insert(*id, rewritten(*id, &rewrite)?);
            }
            match self.0.get(id) {
                Some(Ok(new_id)) => *id = *new_id,
                Some(Err(reason)) => batch.reject(&[row], reason)?,
                None => {}
            }
        }
        Ok(batch.part(rows.part).set_schemas(&ids)?)
    }
}

/// The rows whose schemas are rewritten.
pub(crate) struct Rows<'a> {
    pub(crate) part: Part,
    pub(crate) ids: &'a [u32],
    pub(crate) kinds: &'a [ValueKind],
}

/// Rewrites the fields of a struct. As in Kafka the new struct keeps name, version, documentation and
/// parameters, but is required and has no default.
fn rewritten(
    id: u32,
    rewrite: impl Fn(Vec<Value>) -> Result<Vec<Value>, String>,
) -> Result<Result<u32, String>, Error> {
    let schema = parse(id)?;
    let fields = match rewrite(fields(&schema).cloned().collect()) {
        Ok(fields) => fields,
        Err(reason) => return Ok(Err(reason)),
    };
    if let Some(name) = repeated_name(&fields) {
        return Ok(Err(format!("Cannot create field because of field name duplication {name}")));
    }
    let mut new_schema = Map::from_iter([("type".to_owned(), json!("struct")), ("fields".to_owned(), json!(fields))]);
    new_schema.insert("optional".to_owned(), json!(false));
    for key in ["name", "version", "doc", "parameters"] {
        if let Some(value) = schema.get(key) {
            new_schema.insert(key.to_owned(), value.clone());
        }
    }
    Ok(Ok(schemas::intern(Value::Object(new_schema).to_string().as_bytes())?))
}

fn repeated_name(fields: &[Value]) -> Option<&str> {
    let mut names: Vec<&str> = fields.iter().filter_map(|field| field["field"].as_str()).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [one, other] if one == other => Some(*one),
        _ => None,
    })
}

/// Answers a question about each row's schema, asking once per schema; none for rows without one.
fn per_schema<T: Clone>(ids: &[u32], question: impl Fn(&Value) -> Result<T, Error>) -> Result<Vec<Option<T>>, Error> {
    let mut answers = BTreeMap::from([(0, None)]);
    for id in ids {
        if !answers.contains_key(id) {
            answers.insert(*id, Some(question(&parse(*id)?)?));
        }
    }
    Ok(ids.iter().map(|id| answers.get(id).cloned().flatten()).collect())
}

fn parse(id: u32) -> Result<Value, Error> {
    let json = schemas::json(id).ok_or_else(|| Error::fatal(format!("the host knows no schema {id}")))?;
    serde_json::from_slice(&json).map_err(|error| Error::fatal(format!("schema {id} is no JSON: {error}")))
}

fn fields(schema: &Value) -> impl Iterator<Item = &Value> {
    schema["fields"].as_array().into_iter().flatten()
}
