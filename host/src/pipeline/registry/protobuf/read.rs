//! From a message to the JSON text of payloads, as Confluent's `ProtobufData` and JsonConverter have it.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, MapKey, Syntax, Value};

use super::calendar;
use super::decimal::{self, Parts};
use super::json::Text;
use super::plan::{Entry, From, Member, Reader, Slot};
use crate::pipeline::registry::protobuf::to_connect::is_repeated;

/// The seconds of a day.
const DAY: i64 = 86_400;
/// The first and the last second that a timestamp can be: of the years 1 and 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// The nanoseconds of a second, and of a millisecond.
const SECOND: i64 = 1_000_000_000;
const MILLISECOND: i64 = 1_000_000;

/// Appends a message's payload.
///
/// # Errors
/// Says why it has none; then `out` may hold a part of it.
pub(super) fn read(reader: &Reader, message: DynamicMessage, out: &mut Vec<u8>) -> Result<(), String> {
    value(reader, &Value::Message(message), &mut Text::new(out))
}

fn value(reader: &Reader, found: &Value, out: &mut Text<'_>) -> Result<(), String> {
    match (reader, found) {
        (Reader::Wrapped { field, inside }, Value::Message(message)) => value(inside, &message.get_field(field), out),
        (Reader::Int8, Value::I32(number)) => out.show(*number as i8),
        (Reader::Int16, Value::I32(number)) => out.show(*number as i16),
        (Reader::Int32, Value::I32(number)) | (Reader::Number, Value::EnumNumber(number)) => out.show(number),
        (Reader::Int64, Value::I64(number)) => out.show(number),
        (Reader::Int64, Value::U32(number)) => out.show(number),
        // As in Java, which has no unsigned integers.
        (Reader::Int64, Value::U64(number)) => out.show(*number as i64),
        (Reader::Float, Value::F32(number)) => out.float(*number),
        (Reader::Double, Value::F64(number)) => out.double(*number),
        (Reader::Boolean, Value::Bool(truth)) => out.show(truth),
        (Reader::Text, Value::String(text)) => out.text(text),
        (Reader::Bytes, Value::Bytes(bytes)) => out.base64(bytes),
        (Reader::Symbol(symbols), Value::EnumNumber(number)) => symbol(symbols, *number, out),
        (Reader::Decimal(scale), Value::Message(message)) => decimal(*scale, message, out),
        (Reader::Date, Value::Message(message)) => date(message, out),
        (Reader::Time, Value::Message(message)) => time(message, out),
        (Reader::Timestamp, Value::Message(message)) => timestamp(message, out),
        (Reader::Array(items), Value::List(list)) => {
            let list = list.iter().filter(|item| is_known(items, item));
            out.list(*b"[]", list, |out, item| value(items, item, out))
        }
        (Reader::Map(entry), found) => map(entry, found, out),
        (Reader::Struct(slots), Value::Message(message)) => {
            out.list(*b"{}", slots, |out, slot| field(slot, message, out))
        }
        _ => Err("the value is of another type than its schema says".to_owned()),
    }
}

fn field(slot: &Slot, message: &DynamicMessage, out: &mut Text<'_>) -> Result<(), String> {
    out.raw(&slot.key)?;
    match &slot.source {
        From::Field(member) => match is_there(member, message) {
            Some(true) => read_member(member, message, out),
            Some(false) => out.raw(b"null"),
            None => Err(format!("the required field {} is missing", member.field.name())),
        },
        From::Union(members) if members.iter().any(|(_, member)| is_set(member, message)) => {
            out.list(*b"{}", members, |out, (key, member)| {
                out.raw(key)?;
                match is_set(member, message) {
                    true => read_member(member, message, out),
                    false => out.raw(b"null"),
                }
            })
        }
        From::Union(_) => out.raw(b"null"),
    }
}

fn read_member(member: &Member, message: &DynamicMessage, out: &mut Text<'_>) -> Result<(), String> {
    let found = match is_set(member, message) || is_repeated(&member.field) {
        true => message.get_field(&member.field),
        false => std::borrow::Cow::Owned(member.field.default_value()),
    };
    value(&member.reader, &found, out).map_err(|problem| format!("{}: {problem}", member.field.name()))
}

/// Tells whether a field is read; none where it must be there and isn't.
fn is_there(member: &Member, message: &DynamicMessage) -> Option<bool> {
    let set = is_set(member, message);
    match member.field.is_required() {
        true => set.then_some(true),
        false => Some(set || member.always),
    }
}

/// Tells whether a field is set. A number that a closed enum doesn't have sets nothing.
fn is_set(member: &Member, message: &DynamicMessage) -> bool {
    message.has_field(&member.field) && is_known(&member.reader, &message.get_field(&member.field))
}

fn is_known(reader: &Reader, found: &Value) -> bool {
    match (reader, found) {
        (Reader::Symbol(symbols), Value::EnumNumber(number)) => {
            !is_closed(symbols) || symbols.get_value(*number).is_some()
        }
        _ => true,
    }
}

fn is_closed(symbols: &EnumDescriptor) -> bool {
    symbols.parent_file().syntax() == Syntax::Proto2
}

fn symbol(symbols: &EnumDescriptor, number: i32, out: &mut Text<'_>) -> Result<(), String> {
    // The first of those with this number, as in Java.
    match symbols.enum_descriptor_proto().value.iter().find(|symbol| symbol.number() == number) {
        Some(symbol) => out.text(symbol.name()),
        None => out.text(&format!("UNKNOWN_ENUM_VALUE_{}_{number}", symbols.name())),
    }
}

fn map(entry: &Entry, found: &Value, out: &mut Text<'_>) -> Result<(), String> {
    // The last of equal keys counts. Sorted, so that equal maps have equal texts.
    let mut entries = BTreeMap::new();
    let mut insert = |key: &Value, found: &Value| {
        let (mut key_text, mut text) = (Vec::new(), Vec::new());
        value(&entry.key, key, &mut Text::new(&mut key_text))?;
        value(&entry.value, found, &mut Text::new(&mut text))?;
        entries.insert(key_text, text);
        Ok::<(), String>(())
    };
    match found {
        Value::Map(map) => map.iter().try_for_each(|(key, found)| insert(&key_value(key), found))?,
        Value::List(list) => {
            let of = |item: &Value, field: &FieldDescriptor| Some(item.as_message()?.get_field(field).into_owned());
            for item in list {
                if let (Some(key), Some(found)) = (of(item, &entry.key_field), of(item, &entry.value_field)) {
                    insert(&key, &found)?;
                }
            }
        }
        _ => return Err("the value is no map".to_owned()),
    }
    let (ends, around, between): ([u8; 2], [&[u8]; 2], &[u8]) =
        if entry.as_object { (*b"{}", [b"", b""], b":") } else { (*b"[]", [b"[", b"]"], b",") };
    out.list(ends, &entries, |out, (key, found)| {
        let [open, close] = around;
        [open, key, between, found, close].into_iter().try_for_each(|part| out.raw(part))
    })
}

fn key_value(key: &MapKey) -> Value {
    match key {
        MapKey::Bool(truth) => Value::Bool(*truth),
        MapKey::I32(number) => Value::I32(*number),
        MapKey::I64(number) => Value::I64(*number),
        MapKey::U32(number) => Value::U32(*number),
        MapKey::U64(number) => Value::U64(*number),
        MapKey::String(text) => Value::String(text.clone()),
    }
}

/// Returns an integer field, by its name; 0 where the message has none.
fn integer(message: &DynamicMessage, name: &str) -> i64 {
    match message.get_field_by_name(name).as_deref() {
        Some(Value::I32(number)) => (*number).into(),
        Some(Value::U32(number)) => (*number).into(),
        Some(Value::I64(number)) => *number,
        _ => 0,
    }
}

fn decimal(scale: i32, message: &DynamicMessage, out: &mut Text<'_>) -> Result<(), String> {
    let found = message.get_field_by_name("value");
    let parts = Parts {
        value: found.as_deref().and_then(Value::as_bytes).map(AsRef::as_ref).unwrap_or_default(),
        precision: u32::try_from(integer(message, "precision")).unwrap_or_default(),
        scale: i32::try_from(integer(message, "scale")).unwrap_or_default(),
    };
    out.base64(&decimal::unscaled(&parts, scale)?)
}

fn date(message: &DynamicMessage, out: &mut Text<'_>) -> Result<(), String> {
    let part = |name| i32::try_from(integer(message, name)).unwrap_or_default();
    out.show(calendar::day((part("year"), part("month"), part("day")))?)
}

fn time(message: &DynamicMessage, out: &mut Text<'_>) -> Result<(), String> {
    let [hours, minutes, seconds, nanos] = ["hours", "minutes", "seconds", "nanos"].map(|name| integer(message, name));
    let seconds_fit = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    if !seconds_fit || !(0..SECOND).contains(&nanos) {
        return Err(format!("there is no time of day {hours}:{minutes}:{seconds} and {nanos} ns"));
    }
    out.show(((hours * 60 + minutes) * 60 + seconds) % DAY * 1_000 + nanos / MILLISECOND)
}

fn timestamp(message: &DynamicMessage, out: &mut Text<'_>) -> Result<(), String> {
    let (seconds, nanos) = (integer(message, "seconds"), integer(message, "nanos"));
    if !SECONDS.contains(&seconds) || !(0..SECOND).contains(&nanos) {
        return Err(format!("a timestamp can't be {seconds} s and {nanos} ns"));
    }
    out.show(seconds * 1_000 + nanos / MILLISECOND)
}
