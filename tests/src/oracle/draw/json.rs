//! JSON as JsonConverter reads it: with the schema around it, without, and broken.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use super::dice::Dice;
use super::{schemas, values, words};
use crate::oracle::notation::{Datum, Decimal, Schema, Type, Value};

/// Around a decimal's two texts until one is chosen. No text that is drawn has it.
const MARK: char = '\u{10fffe}';
/// More than Jackson reads.
const TOO_DEEP: usize = 1001;

/// Returns any JSON text, seldom broken.
pub(super) fn document(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = match dice.below(30) {
        0 => deep(dice).into_bytes(),
        1 => return broken(dice),
        _ => value(dice, 3).into_bytes(),
    };
    if dice.percent(4) {
        bytes.truncate(dice.below(bytes.len().max(1)));
    }
    bytes
}

fn broken(dice: &mut Dice) -> Vec<u8> {
    let texts: [&[u8]; 14] = [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b"{'a':1}",
        b"NaN",
        b"\"\xff\"",
        b"\xef\xbb\xbf{}",
        b"1 2",
        b"{}{}",
        b"{a:1}",
        b"\"\\ud800\"",
        b"01",
        b"\"\n\"",
    ];
    dice.pick(&texts).to_vec()
}

fn deep(dice: &mut Dice) -> String {
    // What is read comes back in a notation that is twice as deep.
    let depth = dice.pick(&[20, 30, TOO_DEEP]);
    format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
}

fn value(dice: &mut Dice, depth: usize) -> String {
    let compound = if depth == 0 { 0 } else { 3 };
    match dice.weighted(&[(1, 0), (1, 1), (3, 2), (3, 3), (compound, 4), (compound * 2, 5)]) {
        0 => "null".to_owned(),
        1 => dice.pick(&["true", "false"]).to_owned(),
        2 => number(dice),
        3 => string(dice),
        4 => {
            let items: Vec<_> = (0..dice.below(4)).map(|_| value(dice, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => {
            let members = (0..dice.below(5)).map(|_| {
                let name = Json::String(words::field(dice)).to_string();
                format!("{name}{}{}", dice.pick(&[":", " : "]), value(dice, depth - 1))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

fn number(dice: &mut Dice) -> String {
    let texts = [
        "1.10",
        "-0",
        "-0.0",
        "1e2",
        "1E400",
        "-1e400",
        "1e-400",
        "123456789012345678901234567890",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "0.1",
        "4.9e-324",
        "3.14159265358979323846264338327950288",
    ];
    match dice.below(3) {
        0 => words::int(dice).to_string(),
        1 => format!("{}.{}", dice.between(-999, 999), dice.below(1000)),
        _ => dice.pick(&texts).to_owned(),
    }
}

fn string(dice: &mut Dice) -> String {
    let text = Json::String(words::text(dice)).to_string();
    match dice.below(8) {
        0 => {
            dice.pick(&["\"\\u0061\\/\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"\\b\\f\"", "\"\\uFFFF\""]).to_owned()
        }
        _ => text,
    }
}

/// Returns a value beside its schema, perhaps with a mistake.
pub(super) fn envelope(dice: &mut Dice) -> Vec<u8> {
    let drawn = match dice.below(20) {
        0 => schemas::deep(dice),
        1..=12 => schemas::record(dice, 2),
        _ => schemas::any(dice, 2),
    };
    let schema = schemas::adorned(dice, drawn);
    let value = values::of(dice, &schema);
    let mut envelope =
        Map::from_iter([("schema".to_owned(), schema_json(&schema)), ("payload".to_owned(), payload(&value))]);
    if dice.percent(12) {
        mistake(dice, &mut envelope);
    }
    text(dice, &Json::Object(envelope))
}

/// Returns the text, with decimals all in base 64 or all as numbers.
pub(super) fn text(dice: &mut Dice, json: &Json) -> Vec<u8> {
    let numeric = dice.percent(35);
    let text = json.to_string();
    let mut parts = text.split(MARK);
    let mut text = parts.next().unwrap_or_default().to_owned();
    while let (Some(decimal), Some(rest)) = (parts.next(), parts.next()) {
        let (base64, number) = decimal.split_once(' ').unwrap_or((decimal, "0"));
        if numeric {
            // Out of the quotes that it is in.
            text.pop();
            text.push_str(number);
            text.push_str(rest.get(1..).unwrap_or_default());
        } else {
            text.push_str(base64);
            text.push_str(rest);
        }
    }
    text.into_bytes()
}

fn mistake(dice: &mut Dice, envelope: &mut Map<String, Json>) {
    match dice.below(5) {
        0 => drop(envelope.shift_remove(dice.pick(&["schema", "payload"]))),
        1 => drop(envelope.insert("more".to_owned(), Json::Null)),
        2 => drop(envelope.insert("schema".to_owned(), Json::Null)),
        3 => drop(envelope.insert("payload".to_owned(), json!(words::text(dice)))),
        _ => {
            let Some(Json::Object(schema)) = envelope.get_mut("schema") else { return };
            let key = dice.pick(&["type", "optional", "version", "fields", "items", "default", "parameters", "name"]);
            let wrong = dice.pick(&[Json::Null, json!("int8"), json!(1), json!(true), json!({}), json!([1])]);
            schema.insert(key.to_owned(), wrong);
        }
    }
}

/// Returns a schema as JsonConverter writes it.
pub(super) fn schema_json(schema: &Schema) -> Json {
    let kind = match schema.kind {
        Type::Float32 => json!("float"),
        Type::Float64 => json!("double"),
        other => json!(other),
    };
    let mut json = Map::from_iter([("type".to_owned(), kind), ("optional".to_owned(), json!(schema.optional))]);
    let said = [
        ("name", schema.name.as_ref().map(|name| json!(name))),
        ("version", schema.version.map(|version| json!(version))),
        ("doc", schema.doc.as_ref().map(|doc| json!(doc))),
        ("parameters", schema.parameters.as_ref().map(|parameters| json!(parameters))),
        ("default", schema.default.as_ref().map(datum)),
        ("keys", schema.keys.as_deref().map(schema_json)),
        (if schema.kind == Type::Map { "values" } else { "items" }, schema.values.as_deref().map(schema_json)),
        ("fields", schema.fields.as_ref().map(|fields| fields.iter().map(field_json).collect())),
    ];
    json.extend(said.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    Json::Object(json)
}

fn field_json(field: &crate::oracle::notation::Field) -> Json {
    let mut json = schema_json(&field.schema);
    if let Json::Object(json) = &mut json {
        json.insert("field".to_owned(), json!(field.name));
    }
    json
}

/// Returns a value as JsonConverter writes it.
pub(super) fn payload(value: &Value) -> Json {
    value.as_ref().map_or(Json::Null, datum)
}

fn datum(datum: &Datum) -> Json {
    match datum {
        Datum::Boolean(value) => json!(value),
        Datum::Int8(number) => json!(number),
        Datum::Int16(number) => json!(number),
        Datum::Int32(number) => json!(number),
        Datum::Int64(number) | Datum::Date(number) => json!(number),
        Datum::Float32(number) => json!(number.0),
        Datum::Float64(number) => json!(number.0),
        Datum::String(text) => json!(text),
        Datum::Utf16(units) => json!(String::from_utf16_lossy(units)),
        Datum::Bytes(bytes) => json!(STANDARD.encode(bytes)),
        Datum::List(items) => items.iter().map(payload).collect(),
        Datum::Map(entries) => map(entries),
        Datum::Struct(record) => record.fields.iter().map(|(name, value)| (name.clone(), payload(value))).collect(),
        Datum::Decimal(decimal) => {
            let base64 = STANDARD.encode(twos_complement(decimal.unscaled.parse().unwrap_or_default()));
            json!(format!("{MARK}{base64} {}{MARK}", number_text(decimal)))
        }
        Datum::Other(other) => json!(other.text),
    }
}

/// Returns an object if all keys are texts, else pairs.
fn map(entries: &[(Value, Value)]) -> Json {
    let name = |key: &Value| if let Some(Datum::String(name)) = key { Some(name.clone()) } else { None };
    let object: Option<Map<String, Json>> =
        entries.iter().map(|(key, value)| Some((name(key)?, payload(value)))).collect();
    object.map_or_else(
        || entries.iter().map(|(key, value)| json!([payload(key), payload(value)])).collect(),
        Json::Object,
    )
}

fn number_text(decimal: &Decimal) -> String {
    let (sign, digits) = decimal.unscaled.strip_prefix('-').map_or(("", &*decimal.unscaled), |digits| ("-", digits));
    let Some(scale) = usize::try_from(decimal.scale).ok().filter(|scale| *scale > 0) else {
        return format!("{sign}{digits}e{}", -decimal.scale);
    };
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// Returns the fewest bytes, the highest first, as `BigInteger.toByteArray` does.
fn twos_complement(number: i128) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let spare = if number < 0 { 0xff } else { 0 };
    let is_negative = |byte: &u8| byte & 0x80 != 0;
    let keeps_sign =
        |pair: &[u8]| matches!(pair, [first, next] if *first == spare && is_negative(next) == (number < 0));
    let cut = bytes.windows(2).take_while(|pair| keeps_sign(pair)).count();
    bytes.into_iter().skip(cut).collect()
}
