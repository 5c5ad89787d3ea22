//! Confluent's answers to drawn questions, next to Airlock's. The answers were made once by Confluent's own class
//! (`ProtobufData`, 8.5) and Google's runtime for Java. `AIRLOCK_PROTOBUF_ANSWERS` names a longer file of the same
//! form.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::{ProtobufDecoder, ProtobufEncoder, ProtobufOptions};
use crate::pipeline::registry::{Definition, Referenced};

const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/pipeline/registry/protobuf/answers.jsonl");

/// Why Java refuses what Airlock converts.
const MORE: [&str; 2] = [
    // Of a schema with a union behind a field that is optional, under `optional.for.nullables`.
    "Synthetic oneofs must come last",
    // JsonConverter, by which Java's answer was read: ProtobufData itself has such nulls.
    "null value for field that is required",
];

fn options(keys: &Value) -> ProtobufOptions {
    let mut options = ProtobufOptions::default();
    for (key, value) in keys.as_object().into_iter().flatten() {
        let flag = match key.as_str() {
            "generalized.sum.type.support" => &mut options.generalized,
            "ignore.default.for.nullables" => &mut options.ignore_default,
            "enhanced.protobuf.schema.support" => &mut options.enhanced,
            "scrub.invalid.names" => &mut options.scrub,
            "int.for.enums" => &mut options.int_enums,
            "optional.for.nullables" => &mut options.optional,
            "optional.for.proto2" => &mut options.optional_proto2,
            "wrapper.for.nullables" => &mut options.wrapper,
            "wrapper.for.raw.primitives" => &mut options.raw_wrapper,
            "generate.struct.for.nulls" => &mut options.struct_for_nulls,
            "generate.index.for.unions" => &mut options.union_index,
            "flatten.unions" => &mut options.flatten,
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
    let encoder = ProtobufEncoder::new(Some(schema.as_bytes()), &options(&question["options"]))?;
    let mut bytes = Vec::new();
    encoder.encode(question["payload"].to_string().as_bytes(), &mut bytes)?;
    Ok(json!({"text": encoder.text(), "name": encoder.record_name(), "bytes": hex(&bytes)}))
}

fn to_connect(question: &Value) -> Result<Value, String> {
    let references = question["refs"].as_object().into_iter().flatten();
    let references: Vec<_> = references
        .map(|(name, text)| Referenced { name: name.clone(), text: text.as_str().unwrap().to_owned() })
        .collect();
    let place: Vec<i32> = serde_json::from_value(question["indexes"].clone()).unwrap();
    let text = question["proto"].as_str().unwrap();
    let definition = Definition { text, references: &references, version: None, message: &place };
    let decoder = ProtobufDecoder::new(definition, &options(&question["options"]))?;
    let mut payload = Vec::new();
    decoder.decode(&unhex(question["bytes"].as_str().unwrap()), &mut payload)?;
    let schema: Value = serde_json::from_slice(decoder.schema()).unwrap();
    Ok(
        json!({"name": decoder.record_name(), "schema": schema, "payload": serde_json::from_slice::<Value>(&payload).unwrap()}),
    )
}

/// Puts an answer into a form in which equal ones are equal: maps and parameters have no order.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let sorted: BTreeMap<_, _> = object.iter().map(|(key, value)| (key.clone(), normal(value))).collect();
            let mut object: serde_json::Map<_, _> = sorted.into_iter().collect();
            // What Java's converter leaves out of a schema without them.
            object.retain(|key, value| !(key == "parameters" && value.as_object().is_some_and(|p| p.is_empty())));
            Value::Object(object)
        }
        Value::Array(list) => {
            let mut list: Vec<_> = list.iter().map(normal).collect();
            let pair = |item: &Value| item.as_array().is_some_and(|pair| pair.len() == 2 && !pair[0].is_object());
            if !list.is_empty() && list.iter().all(pair) {
                list.sort_by_key(Value::to_string);
            }
            Value::Array(list)
        }
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
    Ok(match answer.get("envelope") {
        Some(envelope) => {
            json!({"name": answer["name"], "schema": envelope["schema"], "payload": envelope["payload"]})
        }
        None => {
            let bytes = format!("{}{}", answer["indexes"].as_str().unwrap_or(""), answer["bytes"].as_str().unwrap());
            json!({"text": answer["text"], "name": answer["name"], "bytes": bytes})
        }
    })
}

#[test]
fn schemas_and_values_are_those_of_confluents_class() {
    let path = std::env::var("AIRLOCK_PROTOBUF_ANSWERS").unwrap_or_else(|_| ANSWERS.to_owned());
    let (mut same, mut refused, mut more, mut differ) = (0, 0, 0, Vec::new());
    for line in fs::read_to_string(path).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let question = &line["q"];
        let found = if question["op"] == "from" { from_connect(question) } else { to_connect(question) };
        match (wanted(&line), found) {
            (Ok(wanted), Ok(found)) if normal(&wanted) == normal(&found) => same += 1,
            (Err(_), Err(_)) => refused += 1,
            (Err(java), Ok(_)) if MORE.iter().any(|reason| java.contains(reason)) => more += 1,
            (Ok(wanted), Ok(found)) => {
                differ.push(format!("{}\n{question}", parting("", &normal(&wanted), &normal(&found)).unwrap()));
            }
            (wanted, found) => differ.push(format!("Java: {wanted:?}\nAirlock: {found:?}\n{question}")),
        }
    }
    let some = differ.iter().take(6).map(|one| one.chars().take(1_500).collect::<String>());
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), some.collect::<Vec<_>>().join("\n\n"));
    assert!(same > 200, "{same} the same, {refused} refused by both, {more} by Java only: too few are compared");
}

/// Decodes nothing with a text that may be anybody's.
fn compiled(text: &str) -> Result<ProtobufDecoder, String> {
    ProtobufDecoder::new(Definition::of(text), &ProtobufOptions::default())
}

#[test]
fn hostile_texts_are_refused_with_a_reason() {
    let nested = (0..90).fold(String::new(), |inside, number| format!("message M{number} {{ {inside} }}"));
    let option = format!("option x = {} {};", "{ a: ".repeat(5_000), "}".repeat(5_000));
    let field = format!("message A {{ int32 a = 1 [(x) = {}1{}]; }}", "[".repeat(90), "]".repeat(90));
    // Each message has the next one twice: a thousand million fields once they are spelled out.
    let twice = |number: i32| format!("message M{number} {{ M{0} a = 1; M{0} b = 2; }}", number + 1);
    let wide = (0..30).map(twice).chain(["message M30 { int32 a = 1; }".to_owned()]).collect::<String>();
    let deep = |number: i32| format!("message M{number} {{ M{} a = 1; }}", number + 1);
    let deep = (0..60).map(deep).chain(["message M60 {}".to_owned()]).collect::<String>();
    for (text, reason) in [
        (nested.as_str(), "recursion limit"),
        (&option, "brackets"),
        (&field, "not valid"),
        (&wide, "more than 20000 fields"),
        (&deep, "nest deeper than 40"),
        ("message A { A a = 1; }", "is recursive"),
        ("message A { B b = 1; } message B { repeated A a = 1; }", "is recursive"),
        ("import 'nowhere.proto'; message A {}", "nowhere.proto"),
        ("import 'airlock/schema.proto'; message A {}", "not valid"),
        ("message A { optional group G = 1 { optional int32 a = 1; } }", "groups"),
        ("message", "not valid"),
        ("", "no message"),
        ("{\"type\":\"string\"}", "not valid"),
    ] {
        let syntax = if text.contains("group") { "proto2" } else { "proto3" };
        let problem = compiled(&format!("syntax = \"{syntax}\"; {text}")).unwrap_err();
        assert!(problem.contains(reason), "{problem}\n{}", text.chars().take(200).collect::<String>());
    }
}

#[test]
fn hostile_messages_are_refused_with_a_reason() {
    let text = "syntax = 'proto3'; import 'google/protobuf/duration.proto';
        message A { string a = 1; google.protobuf.Duration d = 2; }";
    let decoder = compiled(text).unwrap();
    let deep = [0x1b_u8].repeat(100_000);
    for bytes in [&b"\x0a\x01\xff"[..], b"\x0a\xff\xff\xff\xff\x0f", b"\xff", b"\x12\x01\x0b", &deep] {
        assert!(decoder.decode(bytes, &mut Vec::new()).is_err(), "{:?}", &bytes[..bytes.len().min(9)]);
    }
    let mut payload = Vec::new();
    decoder.decode(b"", &mut payload).unwrap();
    assert_eq!(payload, br#"{"a":"","d":null}"#);
}

#[test]
fn a_registered_file_is_written_by_name() {
    let schema = json!({"type": "struct", "name": "b.P", "fields": [
        {"field": "name", "type": "string"}, {"field": "age", "type": "int32", "optional": true},
        {"field": "more", "type": "int32", "optional": true},
        {"field": "m", "type": "map", "keys": {"type": "string"}, "values": {"type": "int64"}},
    ]});
    let text = "syntax = 'proto3'; package b; message O {}
        message P { int64 age = 4; string name = 9; map<string, sint64> m = 2; }";
    let encoder = ProtobufEncoder::new(Some(schema.to_string().as_bytes()), &ProtobufOptions::default()).unwrap();
    let encoder = encoder.with_schema(Definition::of(text)).unwrap();
    let encode = |payload: Value| {
        let mut bytes = Vec::new();
        encoder.encode(payload.to_string().as_bytes(), &mut bytes).map(|()| bytes)
    };
    let bytes = encode(json!({"name": "x", "age": 3, "more": null, "m": {"b": -1, "a": 0}})).unwrap();
    assert_eq!(bytes, b"\x02\x02\x12\x05\x0a\x01b\x10\x01\x12\x03\x0a\x01a\x20\x03\x4a\x01x");
    assert!(encode(json!({"name": "x", "more": 1, "m": {}})).unwrap_err().contains("no field more"));
    assert!(encode(json!(null)).is_err());
}
