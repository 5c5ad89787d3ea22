//! Confluent's answers to drawn questions, next to Airlock's. The answers were made once by Confluent's own class
//! (`AvroData`, 8.5) and Avro for Java, 1.12. `AIRLOCK_AVRO_ANSWERS` names a longer file of the same form.
//!
//! Left out of the draw is what Java puts into a wrong member of a union: a fixed next to bytes; with members numbered, a
//! value next to another one of its class, where null isn't last; any value where another member has a default.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::{AvroDecoder, AvroEncoder, AvroOptions};
use crate::pipeline::registry::Definition;

const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/pipeline/registry/avro/answers.jsonl");

/// Why Java refuses what Airlock converts.
const MORE: [&str; 8] = [
    // It looks for a value's member of a union by the value's class and schema: int8, int16 and fixed Decimals, map
    // entries and unions inside of records have none that fits.
    "Did not find matching union field for data",
    // It counts members without null on the way there, with null when it names them, or it names a fixed otherwise.
    "is not a valid field name",
    "Invalid Java object for schema",
    // It looks for fields by their scrubbed names, also in a schema that was written without scrubbing.
    "Schema.getField(String)",
    // The record of a map's entry has a key of text that isn't a union with null; Confluent writes no such record.
    "Invalid type for MAP",
    // A field has `connect.parameters` of its own that its type doesn't have: Java makes a schema without the inside.
    "Invalid default value",
    "No schema defined for",
    "Invalid Avro data for schemaless Connect data",
];

/// Why Airlock refuses what Java writes, and nobody reads as it was.
const FEWER: [&str; 2] = ["Can't redefine", "a fixed has"];

fn options(keys: &Value) -> AvroOptions {
    let mut options = AvroOptions::default();
    for (key, value) in keys.as_object().into_iter().flatten() {
        let flag = match key.as_str() {
            "connect.meta.data" => &mut options.meta_data,
            "enhanced.avro.schema.support" => &mut options.enhanced,
            "scrub.invalid.names" => &mut options.scrub,
            "generalized.sum.type.support" => &mut options.generalized,
            "ignore.default.for.nullables" => &mut options.ignore_default,
            "discard.type.doc.default" => &mut options.discard_doc,
            "allow.optional.map.keys" => &mut options.optional_keys,
            "flatten.singleton.unions" => &mut options.flatten,
            other => panic!("{other}"),
        };
        *flag = value == "true";
    }
    options
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Airlock's answer, in the form of the other one.
fn from_connect(question: &Value) -> Result<Value, String> {
    let schema = question["schema"].to_string();
    let schema = (!question["schema"].is_null()).then_some(schema.as_bytes());
    let encoder = AvroEncoder::new(schema, &options(&question["options"]))?;
    let mut bytes = Vec::new();
    let found = encoder.encode(question["payload"].to_string().as_bytes(), &mut bytes)?;
    Ok(json!({"text": encoder.text()?, "bytes": found.then(|| hex(&bytes))}))
}

fn to_connect(question: &Value) -> Result<Value, String> {
    let text = question["avro"].as_str().unwrap();
    let definition = Definition { version: question["version"].as_i64(), ..Definition::of(text) };
    let decoder = AvroDecoder::new(definition, &options(&question["options"]))?;
    let mut payload = Vec::new();
    decoder.decode(&unhex(question["bytes"].as_str().unwrap()), &mut payload)?;
    let schema = decoder.schema().map_or(Value::Null, |schema| serde_json::from_slice(schema).unwrap());
    Ok(json!({"schema": schema, "payload": serde_json::from_slice::<Value>(&payload).unwrap()}))
}

/// Puts an answer into a form in which equal ones are equal: maps and parameters have no order.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let sorted: BTreeMap<_, _> = object.iter().map(|(key, value)| (key.clone(), normal(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(list) => list.iter().map(normal).collect(),
        // 1E30 and 1e30 are one number.
        Value::Number(number) => number.as_i64().map_or_else(|| json!(number.as_f64()), Value::from),
        other => other.clone(),
    }
}

/// Returns where two answers part first.
fn parting(path: &str, java: &Value, airlock: &Value) -> Option<String> {
    let at =
        |key: &dyn std::fmt::Display, value: &Value, other: &Value| parting(&format!("{path}/{key}"), value, other);
    match (java, airlock) {
        (Value::Object(java), Value::Object(airlock)) if java.len() == airlock.len() => {
            java.iter().find_map(|(key, value)| at(key, value, airlock.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(java), Value::Array(airlock)) if java.len() == airlock.len() => {
            java.iter().zip(airlock).enumerate().find_map(|(index, (java, airlock))| at(&index, java, airlock))
        }
        _ if java == airlock => None,
        _ => Some(format!("{path}\nJava: {java}\nAirlock: {airlock}")),
    }
}

fn wanted(line: &Value) -> Result<Value, String> {
    let answer = &line["a"];
    if let Some(error) = answer["error"].as_str() {
        return Err(error.to_owned());
    }
    Ok(answer.get("envelope").unwrap_or(answer).clone())
}

/// Compares answers, an Avro schema's text letter for letter.
fn same(wanted: &Value, found: &Value) -> bool {
    // Of a null in a union by itself Java says nothing, with which its worker can't go on.
    wanted.is_null() && found["payload"].is_null() || normal(wanted) == normal(found)
}

#[test]
fn schemas_and_values_are_those_of_confluents_class() {
    let path = std::env::var("AIRLOCK_AVRO_ANSWERS").unwrap_or_else(|_| ANSWERS.to_owned());
    let (mut count, mut refused, mut more, mut fewer, mut differ) = (0, 0, 0, 0, Vec::new());
    for line in fs::read_to_string(path).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let question = &line["q"];
        let found = if question["op"] == "from" { from_connect(question) } else { to_connect(question) };
        match (wanted(&line), found) {
            (Ok(wanted), Ok(found)) if same(&wanted, &found) => count += 1,
            (Err(_), Err(_)) => refused += 1,
            (Err(java), Ok(_)) if MORE.iter().any(|reason| java.contains(reason)) => more += 1,
            (Ok(_), Err(airlock)) if FEWER.iter().any(|reason| airlock.contains(reason)) => fewer += 1,
            (Ok(wanted), Ok(found)) => {
                differ.push(format!("{}\n{question}", parting("", &normal(&wanted), &normal(&found)).unwrap()));
            }
            (wanted, found) => differ.push(format!("Java: {wanted:?}\nAirlock: {found:?}\n{question}")),
        }
    }
    let some = differ.iter().take(6).map(|one| one.chars().take(1_500).collect::<String>());
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), some.collect::<Vec<_>>().join("\n\n"));
    assert!(count > 400, "{count} the same, {refused} refused by both, {more} by Java, {fewer} by Airlock alone");
}
