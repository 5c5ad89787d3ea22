//! Cases for the converters.

use super::configs::Draft;
use super::dice::Dice;
use super::records::Subject;
use super::{documents, header_texts, json, schemas, values, words};
use crate::oracle::case::{Converter, Item, Operation, Question};
use crate::oracle::notation::{Datum, Schema, Type, Typed};

fn question(dice: &mut Dice, class: &str, (operation, draft, items): (Operation, Draft, Vec<Item>)) -> Question {
    Question::Converter(Converter {
        class: format!("org.apache.kafka.connect.{class}"),
        config: draft.0,
        is_key: dice.percent(30),
        operation,
        topic: words::topic(dice),
        header: Some(words::header(dice)),
        ordered: false,
        items,
    })
}

fn operation(dice: &mut Dice) -> Operation {
    use Operation::{FromConnect, FromConnectHeader, ToConnect, ToConnectHeader};
    dice.weighted(&[(5, ToConnect), (5, FromConnect), (1, ToConnectHeader), (1, FromConnectHeader)])
}

fn reads_bytes(operation: Operation) -> bool {
    matches!(operation, Operation::ToConnect | Operation::ToConnectHeader)
}

/// Returns a few items, null among them seldom.
fn all_bytes(dice: &mut Dice, mut bytes: impl FnMut(&mut Dice) -> Vec<u8>) -> Vec<Item> {
    (0..=dice.below(3)).map(|_| Item::Bytes { bytes: (!dice.percent(5)).then(|| bytes(dice)) }).collect()
}

fn all_typed(subject: Subject) -> Vec<Item> {
    subject.0.into_iter().map(|typed| Item::Typed(typed.into())).collect()
}

/// Returns values for a converter of one type: mostly that, with a schema or without.
fn of_type(dice: &mut Dice, kind: Type) -> Vec<Item> {
    let schema = match dice.below(10) {
        0 => return all_typed(Subject::draw(dice, Vec::new())),
        1 => Schema::of(dice.pick(&schemas::SCALARS)),
        _ => Schema::of(kind),
    };
    let schema = schemas::adorned(dice, schema);
    let mut subject = Subject::of(dice, |_| schema);
    if dice.percent(30) {
        subject.0.iter_mut().for_each(|typed| typed.schema = None);
    }
    if dice.percent(5) {
        subject.0.push(Typed { schema: Some(Schema::of(kind)), value: documents::any(dice, 0) });
    }
    subject.0.retain(fits);
    all_typed(subject)
}

/// A value that doesn't fit its schema is fine for a case, but a struct has to have one.
fn fits(typed: &Typed) -> bool {
    typed.schema.is_some() || !matches!(typed.value, Some(Datum::Struct(_)))
}

/// The converters of numbers and booleans: their class, their type, and how many bytes they read.
fn fixed(dice: &mut Dice, class: &str, (kind, length): (Type, usize)) -> Question {
    let operation = operation(dice);
    let items = if reads_bytes(operation) {
        let plain = if kind == Type::Boolean { 95 } else { 60 };
        all_bytes(dice, |dice| {
            let length = if dice.percent(90) { length } else { dice.below(10) };
            (0..length).map(|_| if dice.percent(plain) { dice.below(2) as u8 } else { dice.bits() as u8 }).collect()
        })
    } else {
        of_type(dice, kind)
    };
    question(dice, &format!("converters.{class}"), (operation, Draft::default(), items))
}

/// BooleanConverter.
pub(super) fn boolean(dice: &mut Dice) -> Question {
    fixed(dice, "BooleanConverter", (Type::Boolean, 1))
}

/// ShortConverter.
pub(super) fn short(dice: &mut Dice) -> Question {
    fixed(dice, "ShortConverter", (Type::Int16, 2))
}

/// IntegerConverter.
pub(super) fn integer(dice: &mut Dice) -> Question {
    fixed(dice, "IntegerConverter", (Type::Int32, 4))
}

/// LongConverter.
pub(super) fn long(dice: &mut Dice) -> Question {
    fixed(dice, "LongConverter", (Type::Int64, 8))
}

/// FloatConverter.
pub(super) fn float(dice: &mut Dice) -> Question {
    fixed(dice, "FloatConverter", (Type::Float32, 4))
}

/// DoubleConverter.
pub(super) fn double(dice: &mut Dice) -> Question {
    fixed(dice, "DoubleConverter", (Type::Float64, 8))
}

/// ByteArrayConverter.
pub(super) fn byte_array(dice: &mut Dice) -> Question {
    let operation = operation(dice);
    let items = if reads_bytes(operation) { all_bytes(dice, Dice::bytes) } else { of_type(dice, Type::Bytes) };
    question(dice, "converters.ByteArrayConverter", (operation, Draft::default(), items))
}

/// StringConverter.
pub(super) fn string(dice: &mut Dice) -> Question {
    let operation = operation(dice);
    let mut draft = Draft::default();
    let encoding =
        dice.weighted(&[(3, "UTF-8"), (3, "ISO-8859-1"), (3, "UTF-16"), (2, "US-ASCII"), (3, "none"), (1, "")]);
    draft.maybe(dice, 30, ("converter.encoding", encoding.to_owned()));
    let items = if reads_bytes(operation) {
        all_bytes(dice, |dice| if dice.percent(70) { words::text(dice).into_bytes() } else { dice.bytes() })
    } else if dice.percent(40) {
        of_type(dice, Type::String)
    } else {
        all_typed(Subject::draw(dice, Vec::new()))
    };
    question(dice, "storage.StringConverter", (operation, draft, items))
}

/// SimpleHeaderConverter.
pub(super) fn simple_header(dice: &mut Dice) -> Question {
    let to_connect = dice.percent(65);
    let operation = if to_connect { Operation::ToConnectHeader } else { Operation::FromConnectHeader };
    let items = if to_connect {
        all_bytes(dice, |dice| if dice.percent(97) { header_texts::any(dice).into_bytes() } else { dice.bytes() })
    } else {
        header_values(dice)
    };
    question(dice, "storage.SimpleHeaderConverter", (operation, Draft::default(), items))
}

fn header_values(dice: &mut Dice) -> Vec<Item> {
    all_typed(match dice.below(3) {
        0 => Subject::draw(dice, Vec::new()),
        1 => Subject::scalars(dice),
        _ => Subject::of(dice, |dice| schemas::any(dice, 2)),
    })
}

/// JsonConverter.
pub(super) fn json(dice: &mut Dice) -> Question {
    let operation = operation(dice);
    let mut draft = Draft::default();
    draft.nulls(dice);
    let with_schemas = dice.percent(50);
    if !with_schemas || dice.percent(50) {
        draft.set("schemas.enable", with_schemas.to_string());
    }
    let format = dice.weighted(&[(3, "NUMERIC"), (2, "BASE64"), (1, "numeric"), (1, "HEX")]);
    draft.maybe(dice, 35, ("decimal.format", format.to_owned()));
    let size = dice.pick(&["0", "1", "1000", "-1", "x"]).to_owned();
    draft.maybe(dice, 6, ("schemas.cache.size", size));
    let items = match (reads_bytes(operation), with_schemas) {
        (true, true) if dice.percent(25) => apart(dice, &mut draft),
        (true, true) => {
            all_bytes(dice, |dice| if dice.percent(95) { json::envelope(dice) } else { json::document(dice) })
        }
        (true, false) => all_bytes(dice, json::document),
        (false, _) => all_typed(Subject::draw(dice, Vec::new())),
    };
    question(dice, "json.JsonConverter", (operation, draft, items))
}

/// Returns payloads whose schema is in the configuration.
fn apart(dice: &mut Dice, draft: &mut Draft) -> Vec<Item> {
    let drawn = if dice.percent(70) { schemas::record(dice, 1) } else { schemas::any(dice, 1) };
    let schema = schemas::adorned(dice, drawn);
    let content = String::from_utf8_lossy(&json::text(dice, &json::schema_json(&schema))).into_owned();
    let content = if dice.percent(95) { content } else { dice.pick(&["", "{", "{}", "null"]).to_owned() };
    draft.set("schema.content", content);
    all_bytes(dice, |dice| {
        let value = values::of(dice, &schema);
        json::text(dice, &json::payload(&value))
    })
}
