//! Kafka's `TimestampConverter`: timestamps as text, Unix time, or Connect's Date, Time and Timestamp.

use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use airlock_sdk::data::{self, Datum, Derived, Field, Kind, Outcome, Schema, Value};
use airlock_sdk::{Batch, Config, ConfigKey, Description, Edit, Error, Importance, Part, Transform};

use crate::by_field::{self, Change, Plan};
use crate::java_time::{self, DAY, Format};
use crate::plain::PlainRows;
use crate::typed::{self, Rows, Typed};
use crate::{json, part};

const PURPOSE: &str = "converting timestamp formats";

/// Kafka's `TimestampConverter`.
pub(crate) struct TimestampConverter {
    part: Part,
    field: String,
    conversion: Conversion,
    typed: Typed,
    derived: Derived,
}

/// What timestamps become, and how those are read that need to be told.
struct Conversion {
    target: Target,
    precision: Precision,
    pattern: String,
    format: Option<Format>,
    /// Where the hundred years of years of two digits begin, in milliseconds since 1970.
    century: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Text,
    Unix,
    Date,
    Time,
    Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Precision {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Transform for TimestampConverter {
    fn describe() -> Description {
        Description::new([
            "org.apache.kafka.connect.transforms.TimestampConverter$Value",
            "org.apache.kafka.connect.transforms.TimestampConverter$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation("Converts timestamps between text, Unix time and Connect's Date, Time and Timestamp.")
        .config([
            ConfigKey::text("field")
                .default("")
                .importance(Importance::High)
                .documentation("The field with the timestamp; empty if the whole key or value is one."),
            ConfigKey::text("target.type")
                .required()
                .one_of(["string", "unix", "Date", "Time", "Timestamp"])
                .importance(Importance::High)
                .documentation("What the timestamp becomes."),
            ConfigKey::text("format")
                .default("")
                .importance(Importance::Medium)
                .documentation("How text is written and read, in UTC: a pattern of java.text.SimpleDateFormat."),
            ConfigKey::text("unix.precision")
                .default("milliseconds")
                .one_of(["nanoseconds", "microseconds", "milliseconds", "seconds"])
                .importance(Importance::Low)
                .documentation("The unit of Unix time, read or written. Nothing below milliseconds is kept."),
            typed::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        Ok(TimestampConverter {
            part: part::of_class(class_name),
            field: config.text("field")?.to_owned(),
            conversion: Conversion::configured(config)?,
            typed: Typed::configured(config)?,
            derived: Derived::default(),
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let (rows, values) = (Rows::of(batch, self.part), batch.part(self.part));
        let plain = PlainRows::of(&rows, values);
        let conversion = &self.conversion;
        if self.field.is_empty() {
            plain.change_whole(|value, json| conversion.plain(value, json))?;
        } else {
            plain.change_fields(&[(&self.field, ())], PURPOSE, |value, (), json| conversion.plain(value, json))?;
        }
        let TimestampConverter { field, typed, derived, .. } = self;
        let rest = by_field::change(values, &mut typed.schemas, &rows.typed, |schema, rows| {
            let Some((_, inner)) = schema.field_named(field) else { return Ok(None) };
            let Ok(schema) = derived.get(schema, |schema| conversion.struct_schema(schema, field)) else {
                return Ok(None);
            };
            // A type that can't be converted is refused whatever the value, even null.
            if conversion.typed(&inner.schema, Value::Null).is_err() {
                return Ok(None);
            }
            let convert = |_, value| conversion.typed(&inner.schema, value).ok().map(|value| conversion.json(&value));
            let changed = by_field::changed((values, rows), (field, &inner.schema), convert)?;
            Ok(changed.map(|(column, left)| {
                let edit = Edit::new().put(field.as_str(), column);
                Plan { schema, change: Change::Edit(Rc::new(edit)), left }
            }))
        })?;
        typed.apply(values, &rest, |_row, datum| {
            if field.is_empty() {
                let schema = derived.get(&datum.schema, |schema| Ok(Rc::new(conversion.schema(schema))))?;
                let value = conversion.typed(&datum.schema, datum.value.clone())?;
                return Ok(Outcome::Put(Datum { schema, value }));
            }
            if !datum.value.is_null() {
                typed::require_struct(datum, PURPOSE)?;
            }
            let schema = derived.get(&datum.schema, |schema| conversion.struct_schema(schema, field))?;
            let value = conversion.structure(&datum.schema, &datum.value, field)?;
            Ok(Outcome::Put(Datum { schema, value }))
        })
    }
}

impl Conversion {
    fn configured(config: &Config) -> Result<Self, Error> {
        let target = match config.text("target.type")? {
            "string" => Target::Text,
            "unix" => Target::Unix,
            "Date" => Target::Date,
            "Time" => Target::Time,
            "Timestamp" => Target::Timestamp,
            other => return Err(unknown("target.type", other, "string, unix, Date, Time or Timestamp")),
        };
        let precision = match config.text("unix.precision")? {
            "seconds" => Precision::Seconds,
            "milliseconds" => Precision::Milliseconds,
            "microseconds" => Precision::Microseconds,
            "nanoseconds" => Precision::Nanoseconds,
            other => {
                return Err(unknown("unix.precision", other, "seconds, milliseconds, microseconds or nanoseconds"));
            }
        };
        let pattern = config.text("format")?.to_owned();
        let format = match pattern.trim() {
            "" if target == Target::Text => {
                return Err(Error::invalid("format", "is missing: target.type string needs a pattern"));
            }
            "" => None,
            _ => Some(Format::new(&pattern).map_err(|problem| Error::invalid("format", problem))?),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as i64);
        Ok(Conversion { target, precision, pattern, format, century: java_time::century(now) })
    }

    /// Converts a value without a schema, and appends its JSON.
    fn plain(&self, value: Value, json: &mut Vec<u8>) -> Result<(), String> {
        let moment = match value {
            Value::Int64(unix) => self.of_unix(unix),
            Value::String(text) => self.of_text(&text)?,
            Value::Boolean(_) => return Err(unsupported("java.lang.Boolean")),
            Value::Float64(_) => return Err(unsupported("java.lang.Double")),
            Value::Array(_) => return Err(unsupported("java.util.ArrayList")),
            _ => return Err(unsupported("java.util.HashMap")),
        };
        // Java's dates have no JSON without a schema; these are the numbers that they are with one.
        self.write(&self.converted(moment), json);
        Ok(())
    }

    /// Returns what a timestamp became as JSON.
    fn json(&self, converted: &Value) -> Vec<u8> {
        let mut json = Vec::new();
        self.write(converted, &mut json);
        json
    }

    /// Appends what a timestamp became as JSON.
    fn write(&self, converted: &Value, json: &mut Vec<u8>) {
        match converted {
            Value::Moment(moment) if self.target == Target::Date => json::integer(moment / DAY, json),
            Value::Moment(moment) => json::integer(*moment, json),
            value => json::write(value, json),
        }
    }

    /// Converts a value of a schema.
    fn typed(&self, schema: &Schema, value: Value) -> Result<Value, String> {
        let moment = match (schema.logical(), &schema.kind, value) {
            (Some(data::Logical::Decimal { .. }), ..) => return Err(unknown_type(schema)),
            (Some(_), _, Value::Null) | (None, Kind::String | Kind::Int64, Value::Null) => return Ok(Value::Null),
            (Some(_), _, Value::Moment(moment)) => moment,
            (None, Kind::String, Value::String(text)) => self.of_text(&text)?,
            (None, Kind::Int64, Value::Int64(unix)) => self.of_unix(unix),
            _ => return Err(unknown_type(schema)),
        };
        match self.converted(moment) {
            Value::Moment(day) if self.target == Target::Date && i32::try_from(day / DAY).is_err() => {
                Err(format!("the moment {moment} is beyond the days that a Date tells"))
            }
            converted => Ok(converted),
        }
    }

    fn structure(&self, schema: &Schema, value: &Value, name: &str) -> Result<Value, String> {
        let Value::Struct(values) = value else { return Ok(value.clone()) };
        let converted = schema.fields().unwrap_or_default().iter().zip(values).map(|(field, value)| {
            let value = value.clone();
            if field.name == name { self.typed(&field.schema, value) } else { Ok(value) }
        });
        converted.collect::<Result<_, _>>().map(Value::Struct)
    }

    /// Returns the schema of what a schema's values become.
    fn schema(&self, schema: &Schema) -> Schema {
        let mut converted = match self.target {
            Target::Text => Schema::string(),
            Target::Unix => Schema::int64(),
            Target::Date => Schema::date(),
            Target::Time => Schema::time(),
            Target::Timestamp => Schema::timestamp(),
        };
        converted.optional = schema.optional;
        converted
    }

    fn struct_schema(&self, schema: &Rc<Schema>, name: &str) -> Result<Rc<Schema>, String> {
        let fields = schema.fields().ok_or("Cannot list fields on non-struct type")?;
        let fields = fields.iter().map(|field| match &field.name {
            found if found == name => Field::new(name, self.schema(&field.schema)),
            _ => field.clone(),
        });
        let mut converted = schema.copy_basics(Kind::Struct(fields.collect()));
        converted.optional = schema.optional;
        if let Some(default) = &schema.default {
            converted = converted.default(self.structure(schema, default, name)?)?;
        }
        Ok(Rc::new(converted))
    }

    fn of_text(&self, text: &str) -> Result<i64, String> {
        let Some(format) = &self.format else {
            return Err(format!(
                "the timestamp is a string ({text}), and there is no format to read it by: set format"
            ));
        };
        let parsed = format.parse(text, self.century).map_err(|reason| {
            let more = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            let pattern = &self.pattern;
            format!("Could not parse timestamp: value ({text}) does not match pattern ({pattern}){more}")
        })?;
        match parsed.zone {
            // Java's format would write it, and all that follow, in that zone.
            Some(zone) if self.target == Target::Text => {
                Err(format!("the timestamp ({text}) is in the time zone {zone}, and text is written in UTC alone"))
            }
            _ => Ok(parsed.moment),
        }
    }

    /// Returns milliseconds: what is below is cut off, and what is beyond is the last there is (`TimeUnit`).
    fn of_unix(&self, unix: i64) -> i64 {
        match self.precision {
            Precision::Seconds => unix.saturating_mul(1_000),
            Precision::Milliseconds => unix,
            Precision::Microseconds => unix / 1_000,
            Precision::Nanoseconds => unix / 1_000_000,
        }
    }

    fn converted(&self, moment: i64) -> Value {
        match (self.target, &self.format) {
            (Target::Text, Some(format)) => Value::String(format.format(moment)),
            (Target::Text, None) => Value::Null,
            (Target::Unix, _) => Value::Int64(match self.precision {
                Precision::Seconds => moment / 1_000,
                Precision::Milliseconds => moment,
                Precision::Microseconds => moment.saturating_mul(1_000),
                Precision::Nanoseconds => moment.saturating_mul(1_000_000),
            }),
            (Target::Date, _) => Value::Moment(moment.saturating_sub(moment.rem_euclid(DAY))),
            (Target::Time, _) => Value::Moment(moment.rem_euclid(DAY)),
            (Target::Timestamp, _) => Value::Moment(moment),
        }
    }
}

fn unknown(key: &str, value: &str, known: &str) -> Error {
    Error::invalid(key, format!("is {value:?}: write {known}"))
}

fn unsupported(class_name: &str) -> String {
    format!("TimestampConverter does not support class {class_name} objects as timestamps")
}

fn unknown_type(schema: &Schema) -> String {
    let name = schema.name.as_ref().map_or_else(String::new, |name| format!("{name}:"));
    format!("Schema Schema{{{name}{}}} does not correspond to a known timestamp type format", schema.kind.java_name())
}
