//! Schemas and values there and back, and what hostile schemas and damaged bytes do.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::pipeline::registry::connect::Schema;
use crate::pipeline::registry::{Definition, Referenced};

fn decoder(schema: &Value) -> AvroDecoder {
    AvroDecoder::new(Definition::of(&schema.to_string()), &AvroOptions::default()).unwrap()
}

fn refused(schema: &Value) -> String {
    AvroDecoder::new(Definition::of(&schema.to_string()), &AvroOptions::default()).unwrap_err()
}

fn encoder(schema: &Value) -> AvroEncoder {
    AvroEncoder::new(Some(schema.to_string().as_bytes()), &AvroOptions::default()).unwrap()
}

fn decoded(decoder: &AvroDecoder, bytes: &[u8]) -> Result<Value, String> {
    let mut json = Vec::new();
    decoder.decode(bytes, &mut json).map(|()| serde_json::from_slice(&json).unwrap())
}

/// A schema of Connect with all there is.
fn everything() -> Value {
    let logical = |base: &str, name: &str| json!({"type": base, "optional": true, "name": format!("org.apache.kafka.connect.data.{name}"), "version": 1});
    let mut decimal = logical("bytes", "Decimal");
    decimal["parameters"] = json!({"scale": "2"});
    let inner = json!({"type": "struct", "optional": true, "name": "com.example.Inner",
        "fields": [{"type": "int8", "optional": false, "field": "n"}]});
    let fields = [
        ("a", json!({"type": "int8", "optional": false})),
        ("b", json!({"type": "int16", "optional": true, "default": 300})),
        ("c", json!({"type": "int64", "optional": false})),
        ("d", json!({"type": "float", "optional": false})),
        ("e", json!({"type": "double", "optional": true})),
        ("f", json!({"type": "bytes", "optional": true})),
        ("g", decimal),
        ("h", logical("int32", "Date")),
        ("i", logical("int64", "Timestamp")),
        ("j", json!({"type": "array", "optional": false, "items": {"type": "string", "optional": true}})),
        (
            "k",
            json!({"type": "map", "optional": false, "keys": {"type": "string", "optional": false},
            "values": {"type": "boolean", "optional": false}}),
        ),
        (
            "l",
            json!({"type": "map", "optional": true, "keys": {"type": "int32", "optional": false},
            "values": {"type": "string", "optional": false}}),
        ),
        ("m", inner.clone()),
        ("n", inner),
    ];
    let fields: Vec<Value> = fields
        .into_iter()
        .map(|(name, mut schema)| {
            schema["field"] = name.into();
            schema
        })
        .collect();
    json!({"type": "struct", "optional": false, "name": "com.example.All", "version": 3, "fields": fields})
}

fn payload() -> Value {
    json!({"a": -128, "b": null, "c": i64::MIN, "d": 1.5, "e": null, "f": "AP8=", "g": "bg==", "h": -1, "i": 12,
        "j": ["é\"\u{0}", null], "k": {"x": true}, "l": [[7, "seven"]], "m": {"n": 5}, "n": null})
}

#[test]
fn all_types_come_back() {
    let encoder = encoder(&everything());
    let mut bytes = Vec::new();
    assert_eq!(encoder.encode(payload().to_string().as_bytes(), &mut bytes), Ok(true));
    let decoder = decoder(&serde_json::from_str(&encoder.text().unwrap()).unwrap());
    let mut expected = payload();
    // A null becomes the default, as Struct.get has it.
    expected["b"] = 300.into();
    assert_eq!(decoded(&decoder, &bytes), Ok(expected));
    let schema: Value = serde_json::from_slice(decoder.schema().unwrap()).unwrap();
    assert_eq!(connect(&schema), connect(&everything()));
}

fn connect(json: &Value) -> Schema {
    Schema::parse(json).unwrap()
}

#[test]
fn bytes_alone_have_no_length_on_the_wire() {
    let schema = json!({"type": "bytes", "optional": false});
    let mut bytes = Vec::new();
    assert_eq!(encoder(&schema).encode(b"\"AP8=\"", &mut bytes), Ok(true));
    assert_eq!(bytes, [0, 0xff]);
    assert_eq!(decoded(&decoder(&json!("bytes")), &bytes), Ok(json!("AP8=")));
}

#[test]
fn values_without_a_schema_come_back() {
    let options = AvroOptions::default();
    let encoder = AvroEncoder::new(None, &options).unwrap();
    let text = encoder.text().unwrap();
    let decoder = AvroDecoder::new(Definition::of(&text), &options).unwrap();
    assert_eq!(decoder.schema(), None);
    let value = json!({"a": [1, 1.5, "x", true, null], "": {"b": {}}});
    let mut bytes = Vec::new();
    assert_eq!(encoder.encode(value.to_string().as_bytes(), &mut bytes), Ok(true));
    assert_eq!(decoded(&decoder, &bytes), Ok(value));
}

#[test]
fn a_null_is_no_value_or_refused() {
    let optional = json!({"type": "string", "optional": true});
    assert_eq!(encoder(&optional).encode(b"null", &mut Vec::new()), Ok(false));
    let required = json!({"type": "string", "optional": false});
    assert!(encoder(&required).encode(b"null", &mut Vec::new()).is_err());
}

#[test]
fn a_union_is_a_struct_of_its_members() {
    let record = json!({"type": "record", "name": "u", "fields": [{"name": "v", "type": ["null", "int", "string"]}]});
    let decoder = decoder(&record);
    assert_eq!(decoded(&decoder, &[2, 6]), Ok(json!({"v": {"int": 3, "string": null}})));
    assert_eq!(decoded(&decoder, &[4, 2, b'x']), Ok(json!({"v": {"int": null, "string": "x"}})));
    assert_eq!(decoded(&decoder, &[0]), Ok(json!({"v": null})));
    let schema = serde_json::from_slice(decoder.schema().unwrap()).unwrap();
    for payload in [json!({"v": {"string": "x"}}), json!({"v": null})] {
        let mut bytes = Vec::new();
        encoder(&schema).encode(payload.to_string().as_bytes(), &mut bytes).unwrap();
        assert_eq!(bytes[0], if payload["v"].is_null() { 0 } else { 4 });
    }
}

#[test]
fn another_schema_is_written_by_name_with_its_defaults() {
    let data = json!({"type": "struct", "optional": false, "name": "p", "fields": [
        {"type": "string", "optional": false, "field": "gone"}, {"type": "int32", "optional": false, "field": "kept"}]});
    let latest = json!({"type": "record", "name": "p", "fields": [
        {"name": "added", "type": "string", "default": "new"}, {"name": "kept", "type": "long"}]});
    let encoder = encoder(&data).with_schema(Definition::of(&latest.to_string())).unwrap();
    let mut bytes = Vec::new();
    encoder.encode(br#"{"gone":"x","kept":3}"#, &mut bytes).unwrap();
    assert_eq!(decoded(&decoder(&latest), &bytes), Ok(json!({"added": "new", "kept": 3})));
    let without = json!({"type": "record", "name": "p", "fields": [{"name": "other", "type": "string"}]});
    let encoder = AvroEncoder::new(Some(data.to_string().as_bytes()), &AvroOptions::default()).unwrap();
    assert!(encoder.with_schema(Definition::of(&without.to_string())).unwrap_err().contains("other"));
}

#[test]
fn references_are_known_by_name() {
    let inner = json!({"type": "record", "name": "Inner", "namespace": "a", "fields": [{"name": "n", "type": "int"}]});
    let outer = json!({"type": "record", "name": "Outer", "fields": [{"name": "i", "type": "a.Inner"}]}).to_string();
    let references = [Referenced { name: "a.Inner".to_owned(), text: inner.to_string() }];
    let options = AvroOptions::default();
    let decoder = AvroDecoder::new(Definition { references: &references, ..Definition::of(&outer) }, &options).unwrap();
    assert_eq!(decoded(&decoder, &[2]), Ok(json!({"i": {"n": 1}})));
    assert!(AvroDecoder::new(Definition::of(&outer), &options).unwrap_err().contains("a.Inner is not defined"));
}

#[test]
fn hostile_schemas_are_refused() {
    let recursive = json!({"type": "record", "name": "r", "fields": [{"name": "r", "type": ["null", "r"]}]});
    assert!(refused(&recursive).contains("recursive"));
    // Each record has the one before it twice: what it comes to is 2 to the power of 40.
    let mut members = vec![json!({"type": "record", "name": "r0", "fields": []})];
    for number in 1..40 {
        let before = format!("r{}", number - 1);
        let fields = json!([{"name": "a", "type": before}, {"name": "b", "type": before}]);
        members.push(json!({"type": "record", "name": format!("r{number}"), "fields": fields}));
    }
    assert!(refused(&json!(members)).contains("more than 10000 types"));
    let mut deep = json!("int");
    for _ in 0..60 {
        deep = json!({"type": "array", "items": deep});
    }
    assert!(refused(&deep).contains("deeper"));
    for other in [
        json!(1),
        json!({}),
        json!({"type": "record"}),
        json!("r"),
        json!([["int"]]),
        json!("null"),
        json!({"type": "fixed", "name": "f", "size": u64::MAX}),
        json!({"type": "enum", "name": "e", "symbols": [1]}),
    ] {
        refused(&other);
    }
    assert!(AvroDecoder::new(Definition::of(&"[".repeat(100_000)), &AvroOptions::default()).is_err());
}

#[test]
fn items_that_take_no_bytes_end() {
    let empty = json!({"type": "array", "items": {"type": "record", "name": "e", "fields": []}});
    let mut bytes = vec![0xff; 9];
    bytes.push(1);
    // A block of as many items as there can be.
    bytes[0] = 0xfe;
    assert!(decoded(&decoder(&empty), &bytes).unwrap_err().contains("MiB"));
}

#[test]
fn values_that_do_not_fit_are_refused_with_their_place() {
    let encoder = encoder(&everything());
    for (field, wrong, words) in [
        ("a", json!(128), "a: expected an integer from -128 to 127, found 128"),
        ("c", json!("x"), "c: expected an integer"),
        ("f", json!("?"), "f: it is not base 64"),
        ("j", json!({}), "j: expected an array"),
        ("k", json!({"x": 1}), "k: x: expected a boolean"),
        ("a", Value::Null, "a: Found null value for non-optional schema"),
        ("m", json!({}), "m: n: Found null"),
    ] {
        let mut payload = payload();
        payload[field] = wrong;
        let found = encoder.encode(payload.to_string().as_bytes(), &mut Vec::new()).unwrap_err();
        assert!(found.starts_with(words), "{found}");
    }
}

#[test]
fn illegal_names_are_refused_or_scrubbed() {
    let schema = json!({"type": "struct", "optional": false, "name": "my ns.my-name",
        "fields": [{"type": "int32", "optional": false, "field": "1 a-b"}]});
    let bytes = schema.to_string().into_bytes();
    assert!(AvroEncoder::new(Some(&bytes), &AvroOptions::default()).unwrap_err().contains("scrub.invalid.names"));
    let options = AvroOptions { scrub: true, ..AvroOptions::default() };
    let encoder = AvroEncoder::new(Some(&bytes), &options).unwrap();
    let text: Value = serde_json::from_str(&encoder.text().unwrap()).unwrap();
    assert_eq!((&text["namespace"], &text["name"]), (&json!("my_ns"), &json!("my_name")));
    assert_eq!(text["fields"][0]["name"], "x1_a_b");
    let mut out = Vec::new();
    encoder.encode(br#"{"1 a-b":3}"#, &mut out).unwrap();
    assert_eq!(out, [6]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn numbers_and_texts_come_back(int in any::<i64>(), double in any::<f64>(), text in any::<String>()) {
        let schema = json!({"type": "struct", "optional": false, "fields": [
            {"type": "int64", "optional": false, "field": "i"}, {"type": "double", "optional": false, "field": "d"},
            {"type": "string", "optional": false, "field": "t"}]});
        let payload = json!({"i": int, "d": if double.is_finite() { json!(double) } else { json!("NaN") }, "t": text});
        let encoder = encoder(&schema);
        let mut bytes = Vec::new();
        encoder.encode(payload.to_string().as_bytes(), &mut bytes).unwrap();
        let decoder = decoder(&serde_json::from_str(&encoder.text().unwrap()).unwrap());
        prop_assert_eq!(decoded(&decoder, &bytes), Ok(payload));
    }

    #[test]
    fn damaged_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let text = encoder(&everything()).text().unwrap();
        let _ = decoded(&decoder(&serde_json::from_str(&text).unwrap()), &bytes);
        let anything = AvroEncoder::new(None, &AvroOptions::default()).unwrap().text().unwrap();
        let _ = decoded(&decoder(&serde_json::from_str(&anything).unwrap()), &bytes);
    }

    #[test]
    fn a_byte_that_is_changed_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let encoder = encoder(&everything());
        let mut bytes = Vec::new();
        encoder.encode(payload().to_string().as_bytes(), &mut bytes).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decoded(&decoder(&serde_json::from_str(&encoder.text().unwrap()).unwrap()), &bytes);
    }
}
