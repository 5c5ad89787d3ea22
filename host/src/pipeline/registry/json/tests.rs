//! What hostile schemas and values do. The conversions themselves are compared with Java's in `tests/tests`.

use serde_json::json;

use super::*;

fn decoder(schema: &Value) -> Result<JsonDecoder, String> {
    JsonDecoder::new(Definition::of(&schema.to_string()), &JsonSchemaOptions::default())
}

#[test]
fn recursive_schemas_and_those_without_a_type_are_refused() {
    let recursive = json!({"type": "object", "properties": {"n": {"$ref": "#"}}});
    assert!(decoder(&recursive).unwrap_err().contains("recursive"));
    let both = json!({"allOf": [{"$ref": "#"}, {"type": "string"}]});
    assert!(decoder(&both).unwrap_err().contains("refers to itself"));
    for schema in [json!({}), json!(true), json!({"type": "null"}), json!({"not": {}}), json!({"type": "array"})] {
        assert!(decoder(&schema).is_err(), "{schema}");
    }
    let elsewhere = json!({"$ref": "http://127.0.0.1:1/x.json"});
    assert!(decoder(&elsewhere).unwrap_err().contains("refers to http://127.0.0.1:1/x.json"));
}

#[test]
fn a_schema_that_grows_with_its_references_is_refused() {
    let mut definitions = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"oneOf": [{"$ref": format!("#/definitions/{}", level + 1)}, {"type": "null"}]});
        let own = json!({"type": "object", "properties": {"a": next, "b": next, "c": next}});
        definitions.insert(level.to_string(), json!({"oneOf": [own, {"type": "null"}]}));
    }
    definitions.insert("40".to_owned(), json!({"type": "string"}));
    let schema = json!({"$ref": "#/definitions/0", "definitions": definitions});
    assert!(decoder(&schema).unwrap_err().contains("a JSON Schema"));
}

#[test]
fn values_of_another_type_are_refused_with_their_place() {
    let decoder = decoder(&json!({"type": "object", "properties": {"n": {"type": "integer"}}})).unwrap();
    let mut out = Vec::new();
    assert_eq!(decoder.decode(br#"{"n":"7"}"#, &mut out).unwrap_err(), "n: \"7\" doesn't fit the schema");
    for damaged in [&b""[..], b"{", b"{} {}", b"\xff", b"[]"] {
        assert!(decoder.decode(damaged, &mut Vec::new()).is_err(), "{damaged:?}");
    }
}

#[test]
fn the_default_of_a_decimal_keeps_its_digits() {
    let options = JsonSchemaOptions { numeric_decimals: true, ..JsonSchemaOptions::default() };
    let text = r#"{"type":"object","properties":{"price":{"type":"number","connect.type":"bytes","default":1.10,
        "title":"org.apache.kafka.connect.data.Decimal","connect.parameters":{"scale":"2"}}}}"#;
    let decoder = JsonDecoder::new(Definition::of(text), &options).unwrap();
    let schema: Value = serde_json::from_slice(decoder.schema().unwrap()).unwrap();
    assert_eq!(schema["fields"][0]["default"], "bg==", "110");

    let encoder = JsonEncoder::new(decoder.schema(), &options).unwrap();
    assert!(encoder.text().unwrap().contains(r#""default":1.10,"#), "{}", encoder.text().unwrap());
}
