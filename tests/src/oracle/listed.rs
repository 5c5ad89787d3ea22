//! The differences that docs/compatibility.md lists, with their reasons: those are not compared.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::case::{Case, Converter, Failure, Outcome, Question, Transform};
use super::notation::{Datum, Record, Schema, Value};
use super::trial::{UNFIT, outcomes_differ};

/// What is said of moments beyond the days of a Date, or more than 200 000 years away, and of names of time zones.
const NOT_CONVERTED: [&str; 6] = [
    "beyond all that Java's dates can tell",
    "beyond the days that a Date tells",
    "a double can't tell the milliseconds",
    "the time zone isn't known here",
    "what the time zone",
    "text is written in UTC alone",
];

/// The names of logical types begin so.
const LOGICAL: &str = "org.apache.kafka.connect.data.";

/// Tells whether Airlock refuses a configuration for a reason that is listed. `wanted` is what Java makes of the
/// records then.
pub fn is_refusal(case: &Case, wanted: &[Outcome], failure: &Failure) -> bool {
    let words = failure.message.as_deref().unwrap_or_default();
    // A pattern that isn't matched exactly as Java does.
    if words.contains("can't be used here") {
        return has_pattern(case);
    }
    let Question::Transform(transform) = &case.question else { return false };
    let refuses = |class: &str, key: &str| is(transform, class) && words.contains(&format!("key: {key:?}"));
    // A group that isn't there fails at each match; what doesn't match or isn't looked at may change all the same.
    if refuses("ByLogicalTableRouter", "topic.replacement")
        || refuses("ByLogicalTableRouter", "key.field.replacement")
        || refuses("EventRouter", "route.topic.replacement")
    {
        return true;
    }
    // What fails at each record that Java's class sees at all: of these none may have changed.
    let left = |(record, made): (&Record, &Outcome)| match made {
        Outcome::Record(made) => outcomes_differ(&without_headers(record), &without_headers(made)).is_none(),
        made => matches!(made, Outcome::Error(_)),
    };
    let none_changed = || transform.records.iter().zip(wanted).all(left);
    let fails_at_each = refuses("RegexRouter", "replacement")
        || refuses("TimestampRouter", "timestamp.format")
        || refuses("ExtractField", "field");
    fails_at_each && none_changed()
}

/// None of these transforms touches headers, which come out of Kafka's converter anew each time that they go through.
fn without_headers(record: &Record) -> Outcome {
    Outcome::Record(Box::new(Record { headers: Vec::new(), ..record.clone() }))
}

fn has_pattern(case: &Case) -> bool {
    let is_predicate = |class: &str| class.ends_with(".TopicNameMatches");
    match &case.question {
        Question::Transform(transform) => {
            let predicate = transform.predicate.as_ref();
            let routers = ["RegexRouter", "ByLogicalTableRouter", "EventRouter"];
            routers.iter().any(|class| is(transform, class))
                || predicate.is_some_and(|predicate| is_predicate(&predicate.class))
        }
        Question::Predicate(predicate) => is_predicate(&predicate.class),
        Question::Converter(_) => false,
    }
}

/// Tells whether a transform is of a class, for keys or values.
fn is(transform: &Transform, class: &str) -> bool {
    transform.class.rsplit('.').next().is_some_and(|name| name.split('$').next() == Some(class))
}

/// Tells whether what becomes of a record differs for a reason that is listed.
pub fn is_outcome(case: &Case, record: &Record, (wanted, found): (&Outcome, &Outcome)) -> bool {
    let Question::Transform(transform) = &case.question else { return false };
    if is(transform, "ReplaceField") {
        let renames = transform.config.get("renames").map(String::as_str).unwrap_or_default();
        return share(renames) || collide(renames, &record.key.value) || collide(renames, &record.value.value);
    }
    let config = |key: &str| transform.config.get(key).map_or("", |text| text.trim());
    // Java writes in the time zone that a text before had: so only what comes first can be compared.
    let is_zoned = config("target.type") == "string" && config("format").contains('z');
    if is(transform, "TimestampConverter") && is_zoned && transform.records.len() > 1 {
        return true;
    }
    match (words_of(wanted), words_of(found)) {
        // What Kafka's converters refuse of Java's.
        (Some(UNFIT), None) if is(transform, "InsertHeader") => is_bare(found),
        (Some(UNFIT), None) => is_fit_here(transform, record),
        // A float that no number stands for.
        (None, Some(words)) if words.starts_with("Unable to convert") => is(transform, "MaskField"),
        (None, Some(words)) => {
            is(transform, "TimestampConverter") && NOT_CONVERTED.iter().any(|why| words.contains(why))
        }
        _ => false,
    }
}

/// Tells whether two records differ only in names of schemas that a router of Debezium's remembered: by schema, whatever the
/// topic, so that after a record that fails it may be another topic's.
pub fn is_remembered(case: &Case, (wanted, found): (&Outcome, &Outcome)) -> bool {
    let Question::Transform(transform) = &case.question else { return false };
    ["ByLogicalTableRouter", "EventRouter"].iter().any(|class| is(transform, class))
        && without_names(wanted).is_some_and(|wanted| Some(wanted) == without_names(found))
}

/// Returns a record without the names of its schemas.
fn without_names(outcome: &Outcome) -> Option<Json> {
    fn forget(json: &mut Json) {
        match json {
            Json::Array(items) => items.iter_mut().for_each(forget),
            Json::Object(members) => {
                // A field has a name and a schema; a schema has a type.
                if members.contains_key("type") {
                    members.remove("name");
                }
                members.values_mut().for_each(forget);
            }
            _ => {}
        }
    }
    let Outcome::Record(record) = outcome else { return None };
    let mut json = serde_json::to_value(record).ok()?;
    forget(&mut json);
    Some(json)
}

/// Tells whether the last header is a list or map without a schema: of nothing, or of parts that have none in common.
fn is_bare(outcome: &Outcome) -> bool {
    let Outcome::Record(record) = outcome else { return false };
    record.headers.last().is_some_and(|header| {
        header.value.schema.is_none() && matches!(header.value.value, Some(Datum::List(_) | Datum::Map(_)))
    })
}

/// Returns an error's words.
fn words_of(outcome: &Outcome) -> Option<&str> {
    if let Outcome::Error(failure) = outcome { failure.message.as_deref() } else { None }
}

/// Tells whether Airlock makes something of a record that goes on, for a reason that is listed.
fn is_fit_here(transform: &Transform, record: &Record) -> bool {
    let part = if transform.class.ends_with("$Key") { &record.key } else { &record.value };
    let schema = part.schema.as_ref();
    let config = |key: &str| transform.config.get(key).map_or("", |text| text.trim());
    let is_named = |schema: &Schema, name: &str| schema.name.as_deref() == Some(&format!("{LOGICAL}{name}"));
    match schema {
        // Dates have no JSON without a schema: these become numbers.
        None => is(transform, "TimestampConverter") && ["Date", "Time", "Timestamp"].contains(&config("target.type")),
        // A masked decimal gets the scale of its schema.
        Some(schema) if is(transform, "MaskField") => schema
            .fields()
            .iter()
            .any(|field| is_named(&field.schema, "Decimal") && names(config("fields"), &field.name)),
        // A logical type that is cast as a whole keeps its name.
        Some(schema) => {
            is(transform, "Cast")
                && !config("spec").contains(':')
                && ["Decimal", "Date", "Time", "Timestamp"].iter().any(|name| is_named(schema, name))
        }
    }
}

fn names(list: &str, name: &str) -> bool {
    list.split(',').any(|item| item.trim() == name)
}

/// Returns the renames, old names and new.
fn mappings(renames: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    renames.split(',').filter_map(|mapping| mapping.trim().split_once(':'))
}

/// Tells whether Airlock refuses a converter's configuration for a reason that is listed: character sets that not every
/// Java has, and schemas with a default that isn't one.
pub fn is_converter_refused(converter: &Converter, failure: &Failure) -> bool {
    let words = failure.message.as_deref().unwrap_or_default();
    words.contains("There is no such character set here")
        || converter.config.contains_key("schema.content") && words.contains("a schema's default does not fit its type")
}

/// Tells whether two names become one: where a schema is replaced, Kafka asks which of them a field had, and again the
/// order of a `HashMap` says.
fn share(renames: &str) -> bool {
    let targets: Vec<&str> = mappings(renames).map(|(_, new)| new).collect();
    targets.iter().collect::<BTreeSet<_>>().len() < targets.len()
}

/// Tells whether two fields get one name: which of them stays is up to the order of Java's `HashMap`.
fn collide(renames: &str, value: &Value) -> bool {
    let Some(Datum::Map(entries)) = value else { return false };
    let mapping = |name: &str| mappings(renames).rfind(|(old, _)| *old == name).map(|(_, new)| new.to_owned());
    let names = entries.iter().filter_map(|(key, _)| match key {
        Some(Datum::String(name)) => Some(mapping(name).unwrap_or_else(|| name.clone())),
        _ => None,
    });
    let names: Vec<String> = names.collect();
    names.iter().collect::<BTreeSet<_>>().len() < names.len()
}
