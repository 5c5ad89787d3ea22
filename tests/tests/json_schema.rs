//! Confluent's answers and those of Airlock's converter to the same schemas and values, both ways. The answers are in
//! `tests/oracle/json_schema.jsonl`, a line each: Connect's side is in JsonConverter's form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its output tells how much was compared"
)]

use airlock::pipeline::registry::json::{JsonDecoder, JsonEncoder, JsonSchemaOptions};
use airlock::pipeline::registry::{Definition, ValueDecoder as _, ValueEncoder as _};
use serde_json::{Map, Value, json};

const ANSWERS: &str = include_str!("../oracle/json_schema.jsonl");

/// What a question asks: its keys, and the answers of both.
struct Compared {
    question: Value,
    theirs: Result<Value, String>,
    ours: Result<Value, String>,
}

fn options(question: &Value) -> JsonSchemaOptions {
    let config = &question["config"];
    let on = |key: &str, default: bool| config[key].as_str().map_or(default, |value| value == "true");
    JsonSchemaOptions {
        additional_properties: on("object.additional.properties", true),
        optional_for_nonrequired: on("use.optional.for.nonrequired", false),
        numeric_decimals: config["decimal.format"] == "NUMERIC",
        flatten: on("flatten.singleton.unions", true),
        generalized: on("generalized.sum.type.support", false),
        ignore_default: on("ignore.default.for.nullables", false),
    }
}

fn parsed(text: &Value) -> Value {
    text.as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

/// Sorts what has no order of its own: members of a `oneOf` and an `enum` (Java's are in the order of hash codes), and
/// entries of maps. Numbers are compared by their value.
fn normal(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().map(|(key, value)| (key.clone(), normal(value))).collect();
            for (key, value) in &mut sorted {
                if let ("oneOf" | "enum", Value::Array(members)) = (&**key, value) {
                    members.sort_by_key(Value::to_string);
                }
            }
            sorted.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(sorted.into_iter().collect::<Map<_, _>>())
        }
        Value::Number(number) => number.as_f64().map_or(Value::Null, |number| json!(number)),
        other => other.clone(),
    }
}

/// Whether both say the same. A float32 is written with the fewest digits that tell it from others; those of Java 17
/// aren't always so few.
fn equal(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Array(theirs), Value::Array(ours)) => {
            theirs.len() == ours.len() && theirs.iter().zip(ours).all(|(theirs, ours)| equal(theirs, ours))
        }
        (Value::Object(theirs), Value::Object(ours)) => {
            let same = |(name, value): (&String, &Value)| ours.get(name).is_some_and(|ours| equal(value, ours));
            theirs.len() == ours.len() && theirs.iter().all(same)
        }
        (Value::Number(theirs), Value::Number(ours)) => {
            let (theirs, ours) = (theirs.as_f64().unwrap(), ours.as_f64().unwrap());
            let shortest = |number: f64| (number as f32).to_string().parse::<f64>() == Ok(number);
            theirs == ours || (theirs as f32 == ours as f32 && shortest(ours))
        }
        _ => theirs == ours,
    }
}

/// Sorts entries of maps that are arrays, as the Connect schema says.
fn entries(schema: &Value, value: &Value) -> Value {
    match (schema["type"].as_str(), value) {
        (Some("map"), Value::Array(pairs)) => {
            let mut pairs: Vec<_> = pairs
                .iter()
                .map(|pair| {
                    // Of the wire, or of a payload.
                    let (key, value) =
                        if pair.is_array() { (&pair[0], &pair[1]) } else { (&pair["key"], &pair["value"]) };
                    json!([entries(&schema["keys"], key), entries(&schema["values"], value)])
                })
                .collect();
            pairs.sort_by_key(Value::to_string);
            Value::Array(pairs)
        }
        (Some("map"), Value::Object(members)) => {
            members.iter().map(|(key, value)| (key.clone(), entries(&schema["values"], value))).collect()
        }
        (Some("array"), Value::Array(items)) => items.iter().map(|item| entries(&schema["items"], item)).collect(),
        (Some("struct"), Value::Object(members)) => {
            let field = |name: &str| {
                let fields = schema["fields"].as_array().unwrap();
                fields.iter().find(|field| field["field"] == name).cloned().unwrap_or_default()
            };
            members.iter().map(|(name, value)| (name.clone(), entries(&field(name), value))).collect()
        }
        _ => value.clone(),
    }
}

/// The members of a union, and a value of it, without their numbers: those follow Java's hash codes, which differ from run
/// to run for some schemas.
fn unnumbered(answer: &Value) -> Option<Value> {
    let (schema, payload) = (&answer["schema"], &answer["payload"]);
    let is_member = |name: &str| name.contains(".OneOf.field.") || name.starts_with("connect_union_field_");
    let mut members = Vec::new();
    for field in schema["fields"].as_array()? {
        let name = field["field"].as_str().filter(|name| is_member(name))?;
        let mut member = field.clone();
        member["field"] = Value::Null;
        members.push(json!([member, payload[name]]));
    }
    members.sort_by_key(Value::to_string);
    let mut rest = schema.clone();
    rest["fields"] = Value::Null;
    Some(json!([rest, members]))
}

fn to_json(question: &Value) -> Compared {
    let envelope = parsed(&question["envelope"]);
    let make = || {
        let encoder = JsonEncoder::new(Some(envelope["schema"].to_string().as_bytes()), &options(question))?;
        let mut out = Vec::new();
        encoder.encode(envelope["payload"].to_string().as_bytes(), &mut out)?;
        let value: Value = serde_json::from_slice(&out).map_err(|error| error.to_string())?;
        Ok(json!({
            "schema": normal(&serde_json::from_str(&encoder.text()?).unwrap()),
            "value": normal(&entries(&envelope["schema"], &value)),
        }))
    };
    let theirs = match question.get("error").and_then(Value::as_str) {
        Some(error) => Err(error.to_owned()),
        None if question["value"].is_null() => Err("no value".to_owned()),
        None => Ok(json!({
            "schema": normal(&parsed(&question["schema"])),
            "value": normal(&entries(&envelope["schema"], &parsed(&question["value"]))),
        })),
    };
    Compared { question: question.clone(), theirs, ours: make() }
}

fn from_json(question: &Value) -> Compared {
    let make = || {
        let text = question["schema"].as_str().unwrap();
        // What the question has no version for.
        let definition = Definition { version: None, ..Definition::of(text) };
        let definition = Definition { version: question["version"].as_i64(), ..definition };
        let decoder = JsonDecoder::new(definition, &options(question))?;
        let mut out = Vec::new();
        decoder.decode(question["value"].as_str().unwrap().as_bytes(), &mut out)?;
        let schema: Value = serde_json::from_slice(decoder.schema().unwrap()).unwrap();
        let payload: Value = serde_json::from_slice(&out).map_err(|error| error.to_string())?;
        Ok(json!({ "payload": normal(&entries(&schema, &payload)), "schema": normal(&schema) }))
    };
    let theirs = match question.get("error").and_then(Value::as_str) {
        Some(error) => Err(error.to_owned()),
        None => {
            let envelope = parsed(&question["envelope"]);
            let payload = normal(&entries(&envelope["schema"], &envelope["payload"]));
            Ok(json!({ "payload": payload, "schema": normal(&envelope["schema"]) }))
        }
    };
    Compared { question: question.clone(), theirs, ours: make() }
}

/// Compares all answers of a direction. `known` tells what differs on purpose.
fn compare(direction: &str, ask: fn(&Value) -> Compared, known: fn(&Compared) -> Option<&'static str>) {
    let (mut same, mut refused, mut differ) = (0, 0, Vec::new());
    let mut on_purpose = std::collections::BTreeMap::<&str, usize>::new();
    for line in ANSWERS.lines() {
        let question: Value = serde_json::from_str(line).unwrap();
        if question["direction"] != direction {
            continue;
        }
        let compared = ask(&question);
        match (&compared.theirs, &compared.ours) {
            (Ok(theirs), Ok(ours)) if equal(theirs, ours) => same += 1,
            (Err(_), Err(_)) => refused += 1,
            _ => match known(&compared) {
                Some(reason) => *on_purpose.entry(reason).or_default() += 1,
                None => {
                    let Compared { question, theirs, ours } = compared;
                    differ.push(format!("{question}\n  wanted {theirs:?}\n  found  {ours:?}"));
                }
            },
        }
    }
    println!("{direction}: {same} the same, {refused} refused by both, {on_purpose:?}, {} differ", differ.len());
    let some: Vec<_> = differ.iter().take(8).map(|one| one.chars().take(2500).collect::<String>()).collect();
    assert!(differ.is_empty(), "{}", some.join("\n"));
    assert!(same > 300, "too few are compared");
}

#[test]
fn schemas_and_values_become_json_as_in_java() {
    compare("to", to_json, |_| None);
}

#[test]
fn json_becomes_schemas_and_values_as_in_java() {
    compare("from", from_json, |compared| {
        let Compared { question, theirs, ours } = compared;
        let value = parsed(&question["value"]);
        match (theirs, ours) {
            // The struct itself is made in Java too; JsonConverter, which tells us of it, doesn't write it.
            (Err(error), Ok(_)) if error.contains("null value for field that is required") => {
                Some("null required field")
            }
            // Java makes 0, false, null or other digits of what has another type.
            (_, Err(error)) if error.contains("doesn't fit the schema") && !value.is_null() => Some("another type"),
            (Ok(theirs), Ok(ours)) if unnumbered(theirs).is_some_and(|all| Some(all) == unnumbered(ours)) => {
                Some("members in the order of hash codes")
            }
            _ => None,
        }
    });
}
