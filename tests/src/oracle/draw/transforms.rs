//! Cases for the transforms that work on fields.

use super::configs::{self, Draft};
use super::dice::Dice;
use super::records::{self, Part, Subject};
use super::{documents, patterns, predicates, schemas, values, words};
use crate::oracle::case::{Question, Transform};
use crate::oracle::notation::{Datum, Field, Schema, Type, Typed};

const PACKAGE: &str = "org.apache.kafka.connect.transforms";

/// Asks about a transform that there is for keys and for values.
fn sided(dice: &mut Dice, class: &str, (subject, draft): (Subject, Draft)) -> Question {
    let (part, side) = if dice.percent(30) { (Part::Key, "Key") } else { (Part::Value, "Value") };
    question(dice, (&format!("{class}${side}"), part), (subject, draft))
}

/// Asks about a transform, with a predicate before it sometimes, and with a mistake in its configuration sometimes.
pub(super) fn question(
    dice: &mut Dice,
    (class, part): (&str, Part),
    (subject, mut draft): (Subject, Draft),
) -> Question {
    draft.spoil(dice);
    let (direction, records) = records::around(dice, subject, part);
    let predicate = dice.percent(6).then(|| predicates::condition(dice));
    Question::Transform(Transform {
        class: format!("{PACKAGE}.{class}"),
        config: draft.0,
        predicate,
        direction,
        records,
    })
}

fn is_scalar(kind: Type) -> bool {
    schemas::SCALARS.contains(&kind)
}

/// Cast.
pub(super) fn cast(dice: &mut Dice) -> Question {
    let mut draft = Draft::default();
    draft.nulls(dice);
    if dice.percent(20) {
        draft.set("spec", cast_type(dice));
        let subject = Subject::scalars(dice);
        return sided(dice, "Cast", (subject, draft));
    }
    let subject = with_field(dice, Type::Int64);
    let known = subject.names(if dice.percent(90) { is_scalar } else { |_| true });
    let names = configs::names(dice, &known, 3);
    let pairs: Vec<_> = names.split(',').map(|name| format!("{name}:{}", cast_type(dice))).collect();
    draft.set("spec", pairs.join(","));
    sided(dice, "Cast", (subject, draft))
}

fn cast_type(dice: &mut Dice) -> &'static str {
    let types = ["int8", "int16", "int32", "int64", "float32", "float64", "boolean", "string", "string"];
    if dice.percent(96) { dice.pick(&types) } else { dice.pick(&["bytes", "INT8", "decimal", "", "struct", "int32:x"]) }
}

/// ExtractField.
pub(super) fn extract_field(dice: &mut Dice) -> Question {
    let subject = with_field(dice, Type::String);
    let mut draft = Draft::default();
    draft.nulls(dice);
    if dice.percent(50) {
        draft.set("field", configs::name(dice, &subject.names(|_| true)));
        draft.maybe(dice, 20, ("field.syntax.version", "V1".to_owned()));
    } else {
        draft.set("field", configs::path(dice, &subject));
        draft.set("field.syntax.version", dice.weighted(&[(12, "V2"), (2, "v2"), (1, "V3")]));
    }
    sided(dice, "ExtractField", (subject, draft))
}

/// Flatten.
pub(super) fn flatten(dice: &mut Dice) -> Question {
    let nested = Field { name: words::field(dice), schema: schemas::record(dice, 0) };
    let subject = Subject::draw(dice, vec![nested]);
    let mut draft = Draft::default();
    let delimiter = dice.pick(&["_", "_", ".", "", "__", "ü", "$"]).to_owned();
    draft.maybe(dice, 60, ("delimiter", delimiter));
    let subject = flattenable(dice, subject);
    sided(dice, "Flatten", (subject, draft))
}

/// Lists and maps within structs and objects are errors to Flatten, and most records have one.
fn flattenable(dice: &mut Dice, subject: Subject) -> Subject {
    if dice.percent(20) {
        return subject;
    }
    Subject(subject.0.into_iter().map(without_collections).collect())
}

fn without_collections(mut typed: Typed) -> Typed {
    match (&mut typed.schema, &mut typed.value) {
        (Some(schema), value) => strip(schema, value),
        (None, Some(value)) => strip_document(value),
        _ => {}
    }
    typed
}

fn strip(schema: &mut Schema, value: &mut Option<Datum>) {
    let Some(fields) = &mut schema.fields else { return };
    let mut none = None;
    let values = if let Some(Datum::Struct(record)) = value { Some(&mut record.fields) } else { None };
    let Some(values) = values else {
        fields.retain(|field| !matches!(field.schema.kind, Type::Array | Type::Map));
        return fields.iter_mut().for_each(|field| strip(&mut field.schema, &mut none));
    };
    for field in &mut *fields {
        if matches!(field.schema.kind, Type::Array | Type::Map) {
            values.shift_remove(&field.name);
        } else {
            strip(&mut field.schema, values.get_mut(&field.name).unwrap_or(&mut none));
        }
    }
    fields.retain(|field| !matches!(field.schema.kind, Type::Array | Type::Map));
}

fn strip_document(value: &mut Datum) {
    if let Datum::Map(entries) = value {
        entries.retain(|(_, value)| !matches!(value, Some(Datum::List(_))));
        entries.iter_mut().filter_map(|(_, value)| value.as_mut()).for_each(strip_document);
    }
}

/// HeaderFrom.
pub(super) fn header_from(dice: &mut Dice) -> Question {
    let subject = with_field(dice, Type::String);
    let mut draft = Draft::default();
    let fields = configs::names(dice, &subject.names(|_| true), 3);
    let count = fields.split(',').count() + usize::from(dice.percent(4));
    let headers: Vec<_> = (0..count).map(|_| words::header(dice)).collect();
    draft.set("fields", fields);
    draft.set("headers", headers.join(","));
    draft.set("operation", dice.weighted(&[(10, "move"), (10, "copy"), (1, "MOVE")]));
    draft.nulls(dice);
    sided(dice, "HeaderFrom", (subject, draft))
}

/// HoistField.
pub(super) fn hoist_field(dice: &mut Dice) -> Question {
    let subject = Subject::draw(dice, Vec::new());
    let mut draft = Draft::default();
    let field = words::field(dice);
    draft.maybe(dice, 94, ("field", field));
    sided(dice, "HoistField", (subject, draft))
}

/// InsertField.
pub(super) fn insert_field(dice: &mut Dice) -> Question {
    let subject = Subject::draw(dice, Vec::new());
    let mut draft = Draft::default();
    draft.nulls(dice);
    for key in ["topic.field", "partition.field", "offset.field", "timestamp.field", "static.field"] {
        let suffix = dice.weighted(&[(6, ""), (1, "!"), (1, "?")]);
        // One that is there already is an error with a schema, and is replaced without.
        let known = if dice.percent(15) { subject.names(|_| true) } else { vec![format!("new_{}", &key[..3])] };
        let value = format!("{}{suffix}", configs::name(dice, &known));
        draft.maybe(dice, 35, (key, value));
    }
    let chance = if draft.0.contains_key("static.field") { 95 } else { 5 };
    let text = words::text(dice);
    draft.maybe(dice, chance, ("static.value", text));
    sided(dice, "InsertField", (subject, draft))
}

/// MaskField.
pub(super) fn mask_field(dice: &mut Dice) -> Question {
    let subject = with_field(dice, Type::Int64);
    let mut draft = Draft::default();
    draft.nulls(dice);
    // Only numbers and texts may get a replacement.
    let replaceable = |kind| is_scalar(kind) && !matches!(kind, Type::Boolean | Type::Bytes);
    let all = dice.percent(30);
    let known = subject.names(|kind| all || replaceable(kind));
    draft.set("fields", configs::names(dice, &known, 3));
    let replacement = if dice.percent(60) { words::number(dice) } else { words::text(dice) };
    draft.maybe(dice, 40, ("replacement", replacement));
    sided(dice, "MaskField", (subject, draft))
}

/// ReplaceField.
pub(super) fn replace_field(dice: &mut Dice) -> Question {
    let subject = with_field(dice, Type::String);
    let known = subject.names(|_| true);
    let mut draft = Draft::default();
    draft.nulls(dice);
    let (include, exclude) = (configs::names(dice, &known, 4), configs::names(dice, &known, 3));
    draft.maybe(dice, 30, ("include", include));
    draft.maybe(dice, 45, ("exclude", exclude));
    let renamed = configs::names(dice, &known, 3);
    let pairs: Vec<_> = renamed.split(',').map(|name| format!("{name}:{}", words::field(dice))).collect();
    let pairs = if dice.percent(4) { "a:b:c".to_owned() } else { pairs.join(",") };
    draft.maybe(dice, 50, ("renames", pairs));
    sided(dice, "ReplaceField", (subject, draft))
}

/// SetSchemaMetadata.
pub(super) fn set_schema_metadata(dice: &mut Dice) -> Question {
    // Whatever has a value and no schema is an error.
    let structs = dice.percent(50);
    let subject = if structs { Subject::structs(dice, Vec::new()) } else { Subject::draw(dice, Vec::new()) };
    let mut draft = Draft::default();
    draft.nulls(dice);
    let (name, version) = (words::schema_name(dice), words::int(dice).to_string());
    draft.maybe(dice, 70, ("schema.name", name));
    draft.maybe(dice, 30, ("schema.version", version));
    let version = dice.pick(&["1", "2", "0"]).to_owned();
    draft.maybe(dice, 50, ("schema.version", version));
    sided(dice, "SetSchemaMetadata", (subject, draft))
}

/// ValueToKey.
pub(super) fn value_to_key(dice: &mut Dice) -> Question {
    let subject = with_field(dice, Type::Int32);
    let mut draft = Draft::default();
    draft.nulls(dice);
    draft.set("fields", configs::names(dice, &subject.names(|_| true), 3));
    question(dice, ("ValueToKey", Part::Value), (subject, draft))
}

/// TimestampConverter.
pub(super) fn timestamp_converter(dice: &mut Dice) -> Question {
    let pattern = patterns::date(dice);
    let source = if dice.percent(35) { Schema::of(Type::String) } else { time_source(dice) };
    let mut draft = Draft::default();
    draft.nulls(dice);
    let target = dice.weighted(&[(5, "string"), (4, "unix"), (4, "Date"), (4, "Time"), (5, "Timestamp"), (1, "date")]);
    draft.set("target.type", target);
    let chance = if source.kind == Type::String || target == "string" { 97 } else { 40 };
    draft.maybe(dice, chance, ("format", pattern.clone()));
    let precision = dice.pick(&["seconds", "milliseconds", "microseconds", "nanoseconds", "nanoseconds", "minutes"]);
    draft.maybe(dice, 40, ("unix.precision", precision.to_owned()));
    let whole = dice.percent(25);
    let mut subject = if whole {
        let source = schemas::adorned(dice, source);
        let subject = Subject::of(dice, |_| source);
        if dice.percent(30) { without_schema(dice, subject) } else { subject }
    } else {
        draft.set("field", if dice.percent(95) { "ts".to_owned() } else { words::field(dice) });
        let schema = schemas::adorned(dice, source);
        Subject::draw(dice, vec![Field { name: "ts".to_owned(), schema }])
    };
    subject.0.iter_mut().for_each(|typed| date_texts(dice, typed, &pattern));
    sided(dice, "TimestampConverter", (subject, draft))
}

fn time_source(dice: &mut Dice) -> Schema {
    match dice.below(8) {
        0..=1 => Schema::of(Type::Int64),
        2 => schemas::scalar(dice),
        _ => std::iter::repeat_with(|| schemas::logical(dice))
            .find(|schema| schema.kind != Type::Bytes)
            .unwrap_or_else(|| Schema::of(Type::Int64)),
    }
}

fn without_schema(dice: &mut Dice, subject: Subject) -> Subject {
    let schemaless = |typed: Typed| Typed { schema: None, value: documents::schemaless(dice, &typed.value) };
    Subject(subject.0.into_iter().map(schemaless).collect())
}

/// Puts texts that the pattern reads, mostly, where the timestamp is a text.
fn date_texts(dice: &mut Dice, typed: &mut Typed, pattern: &str) {
    let named = |key: &Option<Datum>| matches!(key, Some(Datum::String(name)) if name == "ts");
    let place = match &mut typed.value {
        Some(Datum::Struct(record)) => record.fields.get_mut("ts").and_then(Option::as_mut),
        Some(Datum::Map(entries)) => {
            entries.iter_mut().find(|(key, _)| named(key)).and_then(|(_, value)| value.as_mut())
        }
        whole => whole.as_mut(),
    };
    match place {
        Some(Datum::String(text)) if dice.percent(92) => *text = patterns::dated(dice, pattern),
        // Years far out are for the plain values of other families.
        Some(Datum::Int64(number)) if dice.percent(80) => *number = words::millis(dice),
        _ => {}
    }
}

/// Returns subjects that have a field of the type, most times, for a configuration to name.
fn with_field(dice: &mut Dice, kind: Type) -> Subject {
    if dice.percent(30) {
        return Subject::draw(dice, Vec::new());
    }
    let mut schema = Schema { optional: dice.percent(50), ..Schema::of(kind) };
    if dice.percent(30) {
        schema.default = Some(values::of_type(dice, kind));
    }
    let name = words::field(dice);
    Subject::draw(dice, vec![Field { name, schema }])
}
