//! What a row of the outbox table becomes.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Kind, Outcome, Schema, Value};
use airlock_sdk::log::{self, Level};
use connect_lib::header_text;

use super::Invalid;
use super::additional::{Additional, Place};
use super::payload::Expansion;
use super::schemas::{PAYLOAD, Parts, Schemas, missing};
use crate::envelope::{self, AFTER, OPERATION, Record, TIMESTAMP};

/// The table's columns.
pub(super) struct Columns {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) payload: String,
    pub(super) timestamp: Option<String>,
    pub(super) version: Option<String>,
    pub(super) route: String,
}

/// How messages are made.
pub(super) struct Outbox {
    columns: Columns,
    additional: Vec<Additional>,
    options: Options,
    schemas: Schemas,
}

/// What else the configuration says.
pub(super) struct Options {
    /// A row without an additional field is rejected.
    pub(super) refuses_missing: bool,
    /// A message without a payload is a tombstone.
    pub(super) has_tombstones: bool,
    pub(super) expansion: Option<Expansion>,
}

/// Names and values.
pub(super) type Headers = Vec<(String, Datum)>;

/// A message.
pub(super) struct Message {
    pub(super) topic: String,
    pub(super) partition: Option<i32>,
    pub(super) timestamp: Option<i64>,
    pub(super) key: Datum,
    pub(super) headers: Headers,
    /// None is a tombstone.
    pub(super) value: Option<Payload>,
}

/// A value, with its schema if it has one.
pub(super) struct Payload {
    pub(super) schema: Option<Rc<Schema>>,
    pub(super) value: Value,
}

impl From<Payload> for Outcome {
    fn from(payload: Payload) -> Self {
        match payload.schema {
            Some(schema) => Outcome::Put(Datum { schema, value: payload.value }),
            None => Outcome::PutPlain(payload.value),
        }
    }
}

/// What a record is.
pub(super) enum Read {
    /// No change event.
    Passed,
    Discarded,
    Update,
    Message(Box<Message>),
}

impl Outbox {
    pub(super) fn new(columns: Columns, additional: Vec<Additional>, options: Options) -> Self {
        Outbox { columns, additional, options, schemas: Schemas::default() }
    }

    /// Reads a record with a schema. The reason why it is rejected is an error.
    pub(super) fn read(&mut self, datum: &Datum, invalid: Invalid) -> Result<Read, String> {
        if datum.value.is_null() {
            return Ok(Read::Discarded);
        }
        if !envelope::is_envelope(&datum.schema) {
            return Ok(Read::Passed);
        }
        let event = Record::of(datum, "Detect Debezium Operation")?;
        match event.text(OPERATION)? {
            // Debezium's reason is a null pointer.
            None => Err("the event's field op is null".to_owned()),
            Some("d") => Ok(Read::Discarded),
            Some("u") if invalid == Invalid::Reject => Err("Unexpected update message received, fail.".to_owned()),
            Some("u") => Ok(Read::Update),
            Some(_) => {
                let (after, value) = event.extract(AFTER)?;
                let row = Datum::new(Rc::clone(&after.schema), value.clone());
                let row = Record::of(&row, "Read Outbox Event")?;
                Ok(Read::Message(Box::new(self.message(event, row)?)))
            }
        }
    }

    fn message(&mut self, event: Record<'_>, row: Record<'_>) -> Result<Message, String> {
        let columns = &self.columns;
        let (field, _) = row
            .find(&columns.payload)
            .ok_or_else(|| format!("Unable to find payload field {} in event", columns.payload))?;
        let timestamp = timestamp(columns, event, row)?;
        let id = header(row, &columns.id, "id")?;
        let key = row.find(&columns.key).map(|(field, _)| Rc::clone(&field.schema));
        let key = key.unwrap_or_else(|| Rc::new(Schema::string()));
        let key = Datum { schema: key, value: row.get(&columns.key)?.clone() };
        let payload = Payload { schema: Some(Rc::clone(&field.schema)), value: row.get(&columns.payload)?.clone() };
        let payload = self.expanded(payload);
        let is_empty = match &payload.value {
            Value::Null => true,
            Value::String(text) => header_text::trim(text).is_empty(),
            _ => false,
        };
        let (headers, partition) = self.elsewhere(row, id)?;
        let value = self.value(row, payload)?;
        let topic = row.text(&self.columns.route)?.ok_or("the field that tells the topic is null")?.to_owned();
        let value = (!is_empty || !self.options.has_tombstones).then_some(value);
        Ok(Message { topic, partition, timestamp, key, headers, value })
    }

    fn expanded(&self, payload: Payload) -> Payload {
        let Some(expansion) = &self.options.expansion else { return payload };
        let Value::String(text) = &payload.value else {
            log::write(Level::Warn, "a payload is to be expanded, but is no text");
            return payload;
        };
        match expansion.expand(&self.columns.payload, text) {
            Ok(expanded) => expanded,
            Err(reason) => {
                log::write(Level::Warn, &format!("a payload can't be expanded: {reason}"));
                payload
            }
        }
    }

    /// Returns headers and the partition.
    fn elsewhere(&self, row: Record<'_>, id: (String, Datum)) -> Result<(Headers, Option<i32>), String> {
        let (mut headers, mut partition) = (vec![id], None);
        for added in self.additional.iter().filter(|added| self.is_wanted(row, added)) {
            match added.place {
                Place::Header => headers.push(header(row, &added.field, &added.alias)?),
                Place::Partition => {
                    let number = row.integer(&added.field, &Kind::Int32)?;
                    if let Some(number) = number.filter(|number| *number < 0) {
                        return Err(format!("{} is {number}, which no partition has", added.field));
                    }
                    partition = number.and_then(|number| i32::try_from(number).ok());
                }
                Place::Envelope => {}
            }
        }
        Ok((headers, partition))
    }

    fn is_wanted(&self, row: Record<'_>, added: &Additional) -> bool {
        self.options.refuses_missing || row.find(&added.field).is_some()
    }

    fn value(&mut self, row: Record<'_>, payload: Payload) -> Result<Payload, String> {
        let Self { columns, additional, schemas, .. } = self;
        if additional.iter().all(|added| added.place != Place::Envelope) {
            return Ok(payload);
        }
        let topic = row.text(&columns.route)?;
        let of_payload = payload.schema.ok_or("fieldSchema for field payload cannot be null.")?;
        let parts = Parts { row, payload: &of_payload, topic, additional };
        let schema = match &columns.version {
            None => schemas.of_payload(parts)?,
            Some(version) => schemas.of_version(parts, row.integer(version, &Kind::Int32)?)?,
        };
        let fields = schema.fields().unwrap_or_default();
        let mut values = vec![Value::Null; fields.len()];
        let mut put = |name: &str, value: &Value| {
            let place = fields.iter().zip(&mut values).find(|(field, _)| field.name == name);
            *place.ok_or_else(|| missing(name))?.1 = value.clone();
            Ok::<_, String>(())
        };
        if matches!(payload.value, Value::Struct(_)) && fields.first().is_none_or(|field| field.schema != of_payload) {
            return Err("Struct schemas do not match for payload".to_owned());
        }
        put(PAYLOAD, &payload.value)?;
        for added in additional.iter().filter(|added| added.place == Place::Envelope) {
            put(&added.alias, row.get(&added.field)?)?;
        }
        Ok(Payload { schema: Some(schema), value: Value::Struct(values) })
    }
}

/// Returns a field as a header.
fn header(row: Record<'_>, field: &str, name: &str) -> Result<(String, Datum), String> {
    let value = row.get(field)?;
    let schema = row.find(field).map(|(field, _)| &field.schema).ok_or_else(|| missing(field))?;
    Ok((name.to_owned(), Datum::new(Rc::clone(schema), value.clone())))
}

/// Returns when the event was, in milliseconds.
fn timestamp(columns: &Columns, event: Record<'_>, row: Record<'_>) -> Result<Option<i64>, String> {
    let seen = || event.integer(TIMESTAMP, &Kind::Int64);
    let at = match &columns.timestamp {
        None => seen()?,
        Some(name) => {
            let (field, _) = row.find(name).ok_or_else(|| format!("Unable to find timestamp field {name} in event"))?;
            match (row.integer(name, &Kind::Int64)?, field.schema.name.as_deref()) {
                (None, _) => seen()?,
                (Some(time), Some("io.debezium.time.Timestamp")) => Some(time),
                (Some(time), Some("io.debezium.time.MicroTimestamp")) => Some(time / 1_000),
                (Some(time), Some("io.debezium.time.NanoTimestamp")) => Some(time / 1_000_000),
                (Some(_), other) => {
                    let other = other.unwrap_or("of no name");
                    return Err(format!("Unsupported field type {other} for event timestamp"));
                }
            }
        }
    };
    match at {
        Some(time) if time < 0 => Err(format!("the timestamp {time} is before 1970, which no record's can be")),
        at => Ok(at),
    }
}
