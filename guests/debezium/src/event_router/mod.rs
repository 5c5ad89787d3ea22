//! Debezium's outbox `EventRouter`: makes a message of a row that was put into an outbox table.

mod additional;
mod message;
mod payload;
mod schemas;

use airlock_sdk::data::{self, Outcome, SchemaCache, Value};
use airlock_sdk::log::{self, Level};
use airlock_sdk::{Batch, Config, ConfigKey, Description, Error, Importance, Part, Topics, Transform, ValueKind};
use connect_lib::header_list::{self, HeaderValue, Maker};
use connect_lib::java_regex::{Regex, Replacement};
use connect_lib::typed::Rows;

use crate::choice::Choice;
use crate::names::FIELD_NAMES;
use additional::Additional;
use message::{Columns, Message, Options, Outbox};
use payload::{Expansion, Nulls};

const REGEX: &str = "route.topic.regex";
const REPLACEMENT: &str = "route.topic.replacement";
const NULLS: Choice<Nulls> = Choice {
    key: "table.json.payload.null.behavior",
    values: &[("ignore", Nulls::Ignore), ("optional_bytes", Nulls::OptionalBytes)],
};
const INVALID: Choice<Invalid> = Choice {
    key: "table.op.invalid.behavior",
    values: &[("warn", Invalid::Warn), ("error", Invalid::Error), ("fatal", Invalid::Reject)],
};
/// Keys of OpenTelemetry's spans, which no guest has.
const TRACING: [&str; 3] = ["tracing.span.context.field", "tracing.operation.name", "tracing.with.context.field.only"];

/// What is done with updates, which an outbox table should never have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    Warn,
    Error,
    Reject,
}

/// Debezium's outbox `EventRouter`.
pub(crate) struct EventRouter {
    outbox: Outbox,
    invalid: Invalid,
    regex: Regex,
    replacement: Replacement,
    schemas: SchemaCache,
}

impl Transform for EventRouter {
    fn describe() -> Description {
        Description::new(["io.debezium.transforms.outbox.EventRouter"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation(
                "Makes messages of the rows that are put into an outbox table: topic, key, headers and value come of \
                 fields. Deletes are taken out; what is no change event is passed on.",
            )
            .config(keys())
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        if let Some((key, _)) = config.given().find(|(key, _)| TRACING.contains(key)) {
            return Err(Error::invalid(key, "can't be used here, as there is no OpenTelemetry: take it out"));
        }
        let text = |key: &str| config.text(key).map(str::to_owned);
        let regex = Regex::parse(config.text(REGEX)?).map_err(|reason| Error::invalid(REGEX, reason))?;
        let replacement = Replacement::parse(config.text(REPLACEMENT)?, &regex)
            .map_err(|reason| Error::invalid(REPLACEMENT, reason))?;
        let nulls = NULLS.read(config)?;
        let expansion = match config.boolean("table.expand.json.payload")? {
            true => Some(Expansion { nulls, adjustment: FIELD_NAMES.read(config)? }),
            false => None,
        };
        let columns = Columns {
            id: text("table.field.event.id")?,
            key: text("table.field.event.key")?,
            payload: text("table.field.event.payload")?,
            timestamp: config.get("table.field.event.timestamp").map(str::to_owned),
            version: config.get("table.field.event.schema.version").map(str::to_owned),
            route: text("route.by.field")?,
        };
        let options = Options {
            refuses_missing: config.boolean("table.fields.additional.error.on.missing")?,
            has_tombstones: config.boolean("route.tombstone.on.empty.payload")?,
            expansion,
        };
        let outbox = Outbox::new(columns, Additional::read(config)?, options);
        let schemas = SchemaCache::default();
        Ok(EventRouter { outbox, invalid: INVALID.read(config)?, regex, replacement, schemas })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let values = batch.value();
        let rows = Rows::of(batch, Part::Value);
        let mut fates: Vec<Fate> = vec![Fate::Passed; batch.rows()];
        let kinds = values.kinds();
        for row in rows.plain() {
            let is_null = matches!(kinds.get(row as usize), Some(ValueKind::Absent | ValueKind::Null));
            if let Some(fate) = fates.get_mut(row as usize).filter(|_| is_null) {
                *fate = Fate::Discarded;
            }
        }
        let Self { outbox, invalid, schemas, .. } = self;
        let mut messages: Vec<(u32, Message)> = Vec::new();
        data::apply(values, schemas, &rows.typed, |row, datum| {
            let fate = match outbox.read(&datum, *invalid)? {
                message::Read::Passed => Fate::Passed,
                message::Read::Discarded => Fate::Discarded,
                message::Read::Update => {
                    warn(*invalid, row);
                    Fate::Discarded
                }
                message::Read::Message(mut message) => {
                    let value = message.value.take();
                    messages.push((row, *message));
                    return Ok(value.map_or(Outcome::PutPlain(Value::Null), Outcome::from));
                }
            };
            if let Some(place) = fates.get_mut(row as usize) {
                *place = fate;
            }
            Ok(Outcome::Keep)
        })?;
        self.write(batch, messages)?;
        let discarded = (0..).zip(&fates).filter(|(_, fate)| **fate == Fate::Discarded).map(|(row, _)| row);
        Ok(batch.discard(&discarded.collect::<Vec<u32>>())?)
    }
}

/// What becomes of a row that makes no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Passed,
    Discarded,
}

fn warn(invalid: Invalid, row: u32) {
    let words = format!("row {row} of the batch: an update in the outbox table is ignored");
    log::write(if invalid == Invalid::Error { Level::Error } else { Level::Warn }, &words);
}

impl EventRouter {
    /// Writes what messages have besides their values.
    fn write(&mut self, batch: &Batch<'_>, messages: Vec<(u32, Message)>) -> Result<(), Error> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut topics: Vec<String> = batch.topics().iter().map(str::to_owned).collect();
        let (mut partitions, mut timestamps) = (batch.partitions(), batch.timestamps());
        let offsets = batch.offsets();
        let maker = Maker::of(batch);
        let mut headers: Vec<Vec<(String, HeaderValue)>> = vec![Vec::new(); topics.len()];
        let mut keys = Vec::new();
        for (row, message) in messages {
            let at = row as usize;
            if let Some(topic) = topics.get_mut(at) {
                *topic = self.regex.replace(&message.topic, &self.replacement).unwrap_or(message.topic);
            }
            let is_of_sink = offsets.get(at).is_some_and(|offset| *offset >= 0);
            if let Some(partition) = partitions.get_mut(at) {
                *partition = message.partition.unwrap_or(if is_of_sink { *partition } else { -1 });
            }
            if let Some(timestamp) = timestamps.get_mut(at) {
                *timestamp = message.timestamp.unwrap_or(-1);
            }
            if let Some(headers) = headers.get_mut(at) {
                let made = message.headers.into_iter().map(|(name, field)| {
                    let value = maker.value(&field.value, &field.schema).map_err(Error::fatal)?;
                    Ok((name, value))
                });
                *headers = made.collect::<Result<_, Error>>()?;
            }
            keys.push((row, Ok(Outcome::Put(message.key))));
        }
        data::put(batch.key(), &mut self.schemas, keys)?;
        let headers =
            headers.iter().map(|headers| headers.iter().map(|(name, value)| (name.as_str(), value)).collect());
        header_list::append(batch, &mut self.schemas, headers)?;
        batch.set_partitions(&partitions)?;
        batch.set_timestamps(&timestamps)?;
        let rows = (0..topics.len() as u32).collect();
        Ok(batch.set_topics(Topics { names: topics, rows })?)
    }
}

fn keys() -> Vec<ConfigKey> {
    let refused =
        |name| ConfigKey::text(name).importance(Importance::Low).documentation("Refused: there is no tracing.");
    let mut keys = keys_of_table();
    keys.extend(keys_of_route());
    keys.extend(TRACING.map(refused));
    keys
}

fn keys_of_table() -> Vec<ConfigKey> {
    let column = |name: &str, default: &str, what: &str| {
        let key = ConfigKey::text(name).default(default).importance(Importance::Low);
        key.documentation(format!("The column that has {what}."))
    };
    let truth = |name: &str, default: &str, what: &str| ConfigKey::boolean(name).default(default).documentation(what);
    vec![
        column("table.field.event.id", "id", "the event's id, which becomes the header id"),
        column("table.field.event.key", "aggregateid", "the event's key"),
        column("table.field.event.type", "type", "the event's type; of no account, as in Debezium"),
        column("table.field.event.payload", "payload", "the event's payload"),
        ConfigKey::text("table.field.event.timestamp")
            .documentation("The column that has the event's time, of one of Debezium's types; without it, ts_ms is."),
        ConfigKey::text("table.field.event.schema.version")
            .importance(Importance::Low)
            .documentation("The column that has the version of the value's schema."),
        Additional::key(),
        truth("table.fields.additional.error.on.missing", "true", "Whether a row without one of these is rejected."),
        INVALID
            .describe("What is done with updates: warn and error take them out and log it, fatal rejects them.")
            .default("warn"),
        truth("table.expand.json.payload", "false", "Whether a payload that is JSON becomes a struct."),
        NULLS.describe("What becomes of nulls in such JSON: left out, or bytes that are null.").default("ignore"),
        FIELD_NAMES.describe("How names of fields of such JSON are made fit for the converter.").default("none"),
    ]
}

fn keys_of_route() -> [ConfigKey; 4] {
    [
        ConfigKey::text("route.by.field")
            .default("aggregatetype")
            .importance(Importance::High)
            .documentation("The column that has what tells the topic."),
        ConfigKey::text(REGEX)
            .default("(?<routedByValue>.*)")
            .importance(Importance::Low)
            .documentation("A regular expression that matches all of what tells the topic."),
        ConfigKey::text(REPLACEMENT)
            .default("outbox.event.${routedByValue}")
            .importance(Importance::High)
            .documentation("The topic, with $1 or ${name} for what a group of the regular expression matched."),
        ConfigKey::boolean("route.tombstone.on.empty.payload")
            .default("false")
            .importance(Importance::High)
            .documentation("Whether a message without a payload becomes a tombstone."),
    ]
}
