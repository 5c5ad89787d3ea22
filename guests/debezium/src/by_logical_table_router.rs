//! Debezium's `ByLogicalTableRouter`: sends change events of several tables to one topic, with schemas named after it.

use std::collections::BTreeSet;
use std::rc::Rc;

use airlock_sdk::data;
use airlock_sdk::data::{Datum, Field, Kind, Outcome, Schema, SchemaCache, Value};
use airlock_sdk::{Batch, Config, ConfigKey, Description, Error, Importance, Topics, Transform, ValueKind};
use connect_lib::header_text::trim;
use connect_lib::java_regex::{Regex, Replacement};
use connect_lib::{part, typed};

use crate::envelope::{self, AFTER, BEFORE, Record};
use crate::memo::Memo;
use crate::names::{Adjustment, Named, SCHEMA_NAMES};

const PURPOSE: &str = "Updating schema";
const TOPIC_REGEX: &str = "topic.regex";
const TOPIC_REPLACEMENT: &str = "topic.replacement";
const ENFORCE_UNIQUENESS: &str = "key.enforce.uniqueness";
const KEY_FIELD: &str = "key.field.name";
const KEY_REGEX: &str = "key.field.regex";
const KEY_REPLACEMENT: &str = "key.field.replacement";
const CACHE_SIZE: &str = "logical.table.cache.size";

/// Debezium's `ByLogicalTableRouter`.
pub(crate) struct ByLogicalTableRouter {
    topic: Pattern,
    table: Option<Pattern>,
    /// The field that is added to keys.
    key_field: Option<String>,
    adjustment: Adjustment,
    schemas: SchemaCache,
    key_schemas: Memo<Rc<Schema>, Rc<Schema>>,
    event_schemas: Memo<Rc<Schema>, Rc<Schema>>,
}

/// A pattern of topics, and what is made of those that it matches.
struct Pattern {
    regex: Regex,
    replacement: Replacement,
}

/// Where rows of one topic go.
struct Route {
    topic: String,
    /// What tells the table in keys.
    table: String,
}

impl Transform for ByLogicalTableRouter {
    fn describe() -> Description {
        Description::new(["io.debezium.transforms.ByLogicalTableRouter"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation(
                "Sends records to another topic by a regular expression that matches all of the topic's name, and names \
                 the schemas of keys and change events after it.",
            )
            .config(keys().map(|key| key.importance(Importance::Low)))
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        let size: i32 = config.parse(CACHE_SIZE)?;
        let size = usize::try_from(size)
            .map_err(|_| Error::invalid(CACHE_SIZE, format!("is {size}: write a number from 0 on")))?;
        let has_regex = config.get(KEY_REGEX).is_some_and(|regex| !trim(regex).is_empty());
        if has_regex && config.get(KEY_REPLACEMENT).is_none_or(|replacement| trim(replacement).is_empty()) {
            return Err(Error::invalid(KEY_REPLACEMENT, format!("must be non-empty if {KEY_REGEX} is set")));
        }
        for key in [TOPIC_REGEX, TOPIC_REPLACEMENT] {
            if trim(config.text(key)?).is_empty() {
                return Err(Error::invalid(key, "is empty: a value is required"));
            }
        }
        let table = has_regex.then(|| Pattern::read(config, KEY_REGEX, KEY_REPLACEMENT)).transpose()?;
        let is_unique = config.boolean(ENFORCE_UNIQUENESS)?;
        Ok(ByLogicalTableRouter {
            topic: Pattern::read(config, TOPIC_REGEX, TOPIC_REPLACEMENT)?,
            table,
            key_field: is_unique.then(|| config.text(KEY_FIELD).map(str::to_owned)).transpose()?,
            adjustment: SCHEMA_NAMES.read(config)?,
            schemas: SchemaCache::default(),
            key_schemas: Memo::of(size),
            event_schemas: Memo::of(size),
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let topics = batch.topics();
        let routes: Vec<Option<Route>> = topics.names.iter().map(|topic| self.route(topic)).collect();
        if routes.iter().all(Option::is_none) {
            return Ok(());
        }
        let route = |row: u32| {
            let name = topics.rows.get(row as usize)?;
            routes.get(*name as usize).and_then(Option::as_ref)
        };
        let mut routed: Vec<u32> = (0..batch.rows() as u32).filter(|row| route(*row).is_some()).collect();
        // Debezium remembers no schema of a record whose key it fails on.
        let failed = self.update_keys(batch, &routed, route)?;
        routed.retain(|row| !failed.contains(row));
        let Self { schemas, event_schemas, adjustment, .. } = self;
        data::apply(batch.value(), schemas, &routed, |row, datum| {
            let Some(route) = route(row).filter(|_| !datum.value.is_null() && envelope::is_envelope(&datum.schema))
            else {
                return Ok(Outcome::Keep);
            };
            let event = Record::of(&datum, PURPOSE)?;
            let make = |schema: &Rc<Schema>| event_schema(schema, &route.topic, *adjustment);
            updated_event(event, event_schemas.get(Rc::clone(&datum.schema), make)?)
        })?;
        let names = topics.names.iter().zip(&routes).map(|(name, route)| match route {
            Some(route) => route.topic.clone(),
            None => name.clone(),
        });
        Ok(batch.set_topics(Topics { names: names.collect(), rows: topics.rows.clone() })?)
    }
}

fn keys() -> [ConfigKey; 8] {
    [
        ConfigKey::text(TOPIC_REGEX)
            .required()
            .documentation("A regular expression that matches all of a topic's name. Other records are passed on."),
        ConfigKey::text(TOPIC_REPLACEMENT)
            .required()
            .documentation("The new topic, with $1 or ${name} for what a group of the regular expression matched."),
        ConfigKey::boolean(ENFORCE_UNIQUENESS)
            .default("true")
            .documentation("Whether keys get a field that tells the table, since two tables may have the same keys."),
        ConfigKey::text(KEY_FIELD)
            .default("__dbz__physicalTableIdentifier")
            .documentation("The name of the field that tells the table."),
        ConfigKey::text(KEY_REGEX).documentation(
            "A regular expression over the old topic that gives what that field tells; without it, all of the old topic.",
        ),
        ConfigKey::text(KEY_REPLACEMENT).documentation("What that field tells where the regular expression matches."),
        SCHEMA_NAMES.describe("How names of schemas are made fit for the converter.").default("none"),
        ConfigKey::int(CACHE_SIZE).default("16").documentation("How many schemas are remembered."),
    ]
}

impl Pattern {
    fn read(config: &Config, regex: &str, replacement: &str) -> Result<Self, Error> {
        let parsed = Regex::parse(config.text(regex)?).map_err(|reason| Error::invalid(regex, reason))?;
        let replacement = Replacement::parse(config.text(replacement)?, &parsed)
            .map_err(|reason| Error::invalid(replacement, reason))?;
        Ok(Pattern { regex: parsed, replacement })
    }

    fn replace(&self, text: &str) -> Option<String> {
        self.regex.replace(text, &self.replacement)
    }
}

impl ByLogicalTableRouter {
    fn route(&self, topic: &str) -> Option<Route> {
        let table = self.table.as_ref().and_then(|table| table.replace(topic));
        let new_topic = self.topic.replace(topic).filter(|topic| !topic.is_empty())?;
        Some(Route { topic: new_topic, table: table.unwrap_or_else(|| topic.to_owned()) })
    }

    /// Names the keys' schemas anew and adds which table they are of. Nulls lose their schema. Returns the rows that
    /// it rejected.
    fn update_keys<'a>(
        &mut self,
        batch: &Batch<'_>,
        rows: &[u32],
        route: impl Fn(u32) -> Option<&'a Route>,
    ) -> Result<BTreeSet<u32>, Error> {
        let Self { schemas, key_schemas, key_field, adjustment, .. } = self;
        let keys = batch.key();
        let kinds = keys.kinds();
        let ids = keys.schemas();
        let mut update = |route: &Route, key: Datum| {
            if key.value.is_null() {
                return Ok(Outcome::PutPlain(Value::Null));
            }
            let record = Record::of(&key, PURPOSE)?;
            let name = adjustment.adjust(&format!("{}.Key", route.topic), Named::Schema);
            let added = key_field.as_ref().map(|field| Field::new(field.as_str(), Schema::string()));
            let make = |schema: &Rc<Schema>| renamed(schema, name, record.fields.iter().cloned().chain(added));
            let schema = key_schemas.get(Rc::clone(&key.schema), make)?;
            let values = record.fields.iter().zip(record.values).map(|(field, value)| value.or_default(&field.schema));
            let mut values: Vec<Value> = values.cloned().collect();
            values.extend(key_field.as_ref().map(|_| Value::from(route.table.as_str())));
            Ok(Outcome::Put(Datum { schema, value: Value::Struct(values) }))
        };
        let rejected = data::apply(keys, schemas, rows, |row, key| {
            route(row).map_or(Ok(Outcome::Keep), |route| update(route, key))
        })?;
        let mut failed: BTreeSet<u32> = rejected.into_iter().collect();
        for row in rows.iter().filter(|row| ids.get(**row as usize).is_none_or(|id| *id == 0)) {
            let kind = kinds.get(*row as usize).copied().unwrap_or(ValueKind::Absent);
            if !matches!(kind, ValueKind::Absent | ValueKind::Null) {
                let class_name = part::class_of(kind);
                let reason = format!("Only Struct objects supported for [{PURPOSE}], found: {class_name}");
                batch.reject(&[*row], &reason)?;
                failed.insert(*row);
            }
        }
        Ok(failed)
    }
}

/// Returns the schema with another name and these fields; it may be optional as before, but has no default.
fn renamed(schema: &Schema, name: String, fields: impl Iterator<Item = Field>) -> Result<Rc<Schema>, String> {
    let basics = schema.copy_basics(typed::structure(fields.collect())?);
    Ok(Rc::new(Schema { name: Some(name), optional: schema.optional, ..basics }))
}

fn event_schema(schema: &Schema, topic: &str, adjustment: Adjustment) -> Result<Rc<Schema>, String> {
    let name = |suffix: &str| adjustment.adjust(&format!("{topic}.{suffix}"), Named::Schema);
    // Debezium's reason is a null pointer.
    let (_, before) = schema.field_named(BEFORE).ok_or("the event has no field before")?;
    let fields = before.schema.fields().ok_or("Cannot list fields on non-struct type")?;
    let row = renamed(&before.schema, name("Value"), fields.iter().cloned())?;
    let fields = schema.fields().unwrap_or_default().iter().map(|field| match field.name.as_str() {
        BEFORE | AFTER => Field::new(field.name.as_str(), Rc::clone(&row)),
        _ => field.clone(),
    });
    renamed(schema, name("Envelope"), fields)
}

fn updated_event(event: Record<'_>, schema: Rc<Schema>) -> Result<Outcome, String> {
    let fields = schema.fields().unwrap_or_default();
    let values = event.fields.iter().zip(event.values).zip(fields).map(|((old, value), new)| {
        let value = value.or_default(&old.schema);
        if ![BEFORE, AFTER].contains(&old.name.as_str()) || value.is_null() {
            return Ok(value.clone());
        }
        let row = Record::of_value(&old.schema, value).ok_or_else(|| {
            format!("Only Struct objects supported for [{PURPOSE}], found: {}", typed::class_of(value))
        })?;
        updated_row(row, &new.schema)
    });
    let value = Value::Struct(values.collect::<Result<_, String>>()?);
    Ok(Outcome::Put(Datum { schema, value }))
}

/// Returns a row's values as another schema has them. A field that it lacks is an error, as is another type.
fn updated_row(row: Record<'_>, schema: &Schema) -> Result<Value, String> {
    let fields = schema.fields().unwrap_or_default();
    let mut values = vec![Value::Null; fields.len()];
    for (field, value) in row.fields.iter().zip(row.values) {
        let found = fields.iter().zip(&mut values).find(|(new, _)| new.name == field.name);
        let (new, place) = found.ok_or_else(|| format!("{} is not a valid field name", field.name))?;
        let value = value.or_default(&field.schema);
        if matches!(field.schema.kind, Kind::Struct(_)) && !value.is_null() && *field.schema != *new.schema {
            return Err(format!("Struct schemas do not match for {}", field.name));
        }
        *place = value.clone();
    }
    Ok(Value::Struct(values))
}
