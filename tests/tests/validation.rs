//! What `PUT /connector-plugins/{class}/config/validate` says of a wrong configuration of each standard transform and
//! predicate: at which key, and which words name the value and what is allowed.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use airlock_tests::airlock::Rest;
use airlock_tests::standalone::Standalone;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// A configuration that is wrong in one way: the class, its keys, the key at fault, words of the error.
type Wrong = (&'static str, Value, &'static str, &'static [&'static str]);

fn transforms() -> Vec<Wrong> {
    vec![
        ("Cast$Value", json!({}), "spec", &["Missing required configuration"]),
        ("Cast$Value", json!({ "spec": "" }), "spec", &["is empty", "at least one field"]),
        ("Cast$Value", json!({ "spec": "a:int9" }), "spec", &["int9", "int8", "float64", "string"]),
        ("Cast$Value", json!({ "spec": "a:b:int8" }), "spec", &["a:b:int8"]),
        ("Cast$Value", json!({ "spec": "int8,int16" }), "spec", &["int8"]),
        ("Cast$Key", json!({ "spec": "a:bytes" }), "spec", &["bytes"]),
        (
            "Cast$Key",
            json!({ "spec": "a:int8", "replace.null.with.default": "x" }),
            "replace.null.with.default",
            &["x"],
        ),
        ("DropHeaders", json!({}), "headers", &["Missing required configuration"]),
        ("DropHeaders", json!({ "headers": "" }), "headers", &["is empty"]),
        ("ExtractField$Value", json!({}), "field", &["Missing required configuration"]),
        (
            "ExtractField$Value",
            json!({ "field": "a", "field.syntax.version": "V3" }),
            "field.syntax.version",
            &["V3", "V1", "V2"],
        ),
        ("ExtractField$Value", json!({ "field": "`a", "field.syntax.version": "V2" }), "field", &["`a"]),
        ("HeaderFrom$Value", json!({ "headers": "h", "operation": "move" }), "fields", &["Missing required"]),
        (
            "HeaderFrom$Value",
            json!({ "fields": "", "headers": "h", "operation": "move" }),
            "fields",
            &["List must be non-empty"],
        ),
        ("HeaderFrom$Value", json!({ "fields": "f", "headers": "h" }), "operation", &["Missing required"]),
        (
            "HeaderFrom$Value",
            json!({ "fields": "f", "headers": "h", "operation": "take" }),
            "operation",
            &["take", "move", "copy"],
        ),
        (
            "HeaderFrom$Key",
            json!({ "fields": "f,g", "headers": "h", "operation": "copy" }),
            "headers",
            &["1 headers", "2"],
        ),
        ("HoistField$Value", json!({}), "field", &["Missing required configuration"]),
        ("InsertField$Value", json!({}), "static.field", &["No field insertion configured"]),
        ("InsertField$Value", json!({ "static.field": "f" }), "static.value", &["is missing", "static.field f"]),
        ("InsertHeader", json!({ "value.literal": "1" }), "header", &["Missing required configuration"]),
        ("InsertHeader", json!({ "header": "h" }), "value.literal", &["Missing required configuration"]),
        ("MaskField$Value", json!({}), "fields", &["Missing required configuration"]),
        ("MaskField$Value", json!({ "fields": "" }), "fields", &["List must be non-empty"]),
        ("MaskField$Value", json!({ "fields": "a", "replacement": "" }), "replacement", &["non-empty"]),
        ("RegexRouter", json!({ "replacement": "x" }), "regex", &["Missing required configuration"]),
        ("RegexRouter", json!({ "regex": "(", "replacement": "x" }), "regex", &["("]),
        ("RegexRouter", json!({ "regex": "(?=a)b", "replacement": "x" }), "regex", &["(?=a)b", "(?="]),
        ("RegexRouter", json!({ "regex": "(a)\\1", "replacement": "x" }), "regex", &["\\1", "back-references"]),
        ("RegexRouter", json!({ "regex": "a*+", "replacement": "x" }), "regex", &["a*+"]),
        ("RegexRouter", json!({ "regex": "a", "replacement": "$1" }), "replacement", &["$1"]),
        ("ReplaceField$Value", json!({ "renames": "a:b:c" }), "renames", &["a:b:c"]),
        ("ReplaceField$Value", json!({ "renames": "a" }), "renames", &["a"]),
        ("SetSchemaMetadata$Value", json!({ "schema.version": "one" }), "schema.version", &["one"]),
        ("TimestampConverter$Value", json!({}), "target.type", &["Missing required configuration"]),
        ("TimestampConverter$Value", json!({ "target.type": "time" }), "target.type", &["time", "Timestamp", "unix"]),
        ("TimestampConverter$Value", json!({ "target.type": "string" }), "format", &["is missing"]),
        ("TimestampConverter$Value", json!({ "target.type": "string", "format": "bad" }), "format", &["bad"]),
        (
            "TimestampConverter$Value",
            json!({ "target.type": "unix", "unix.precision": "days" }),
            "unix.precision",
            &["days", "nanoseconds", "seconds"],
        ),
        ("TimestampRouter", json!({ "timestamp.format": "bad" }), "timestamp.format", &["bad"]),
        ("ValueToKey", json!({}), "fields", &["Missing required configuration"]),
        ("ValueToKey", json!({ "fields": "" }), "fields", &["List must be non-empty"]),
        ("NoSuch", json!({}), "type", &["NoSuch"]),
    ]
}

fn predicates() -> Vec<Wrong> {
    vec![
        ("HasHeaderKey", json!({}), "name", &["Missing required configuration"]),
        ("HasHeaderKey", json!({ "name": "" }), "name", &["non-empty"]),
        ("TopicNameMatches", json!({}), "pattern", &["Missing required configuration"]),
        ("TopicNameMatches", json!({ "pattern": "[" }), "pattern", &["["]),
        ("TopicNameMatches", json!({ "pattern": "(?<!a)b" }), "pattern", &["(?<!a)b"]),
        ("NoSuch", json!({}), "type", &["NoSuch"]),
    ]
}

/// Asks what is wrong, and demands one error at the key with the words.
fn check(rest: &Rest, prefix: &str, (config, wrong): (Value, &Wrong)) -> Result<()> {
    let (class, keys, key, words) = wrong;
    let mut config = config;
    for (name, value) in keys.as_object().into_iter().flatten() {
        config[format!("{prefix}.{name}")] = value.clone();
    }
    let answer = rest.send_json("PUT", "/connector-plugins/FileStreamSink/config/validate", &config)?.ok()?;
    let entries = answer["configs"].as_array().cloned().unwrap_or_default();
    let mut errors = Vec::new();
    for value in entries.iter().map(|entry| &entry["value"]) {
        for error in value["errors"].as_array().into_iter().flatten() {
            errors.push((value["name"].as_str().unwrap_or_default(), error.as_str().unwrap_or_default()));
        }
    }
    let [(name, error)] = errors.as_slice() else { anyhow::bail!("{class} {keys}: {errors:?}") };
    ensure!(*name == format!("{prefix}.{key}"), "{class} {keys}: the error is at {name}: {error}");
    for word in *words {
        ensure!(error.contains(word), "{class} {keys}: {word} is not in {error}");
    }
    Ok(())
}

#[test]
fn each_wrong_key_of_a_standard_plugin_is_named_with_its_value_and_what_is_allowed() -> Result<()> {
    // Nothing is asked of Kafka.
    let mut files = Standalone::new("127.0.0.1:9")?;
    let worker = files.start()?;
    let file = files.path("out");
    let connector = json!({ "connector.class": "FileStreamSink", "name": "c", "topics": "t", "file": file });
    let mut failed = Vec::new();
    for wrong in transforms() {
        let mut config = connector.clone();
        config["transforms"] = json!("x");
        config["transforms.x.type"] = json!(format!("org.apache.kafka.connect.transforms.{}", wrong.0));
        failed.extend(check(&worker.rest, "transforms.x", (config, &wrong)).err().map(|error| error.to_string()));
    }
    for wrong in predicates() {
        let mut config = connector.clone();
        config["transforms"] = json!("x");
        config["transforms.x.type"] = json!("org.apache.kafka.connect.transforms.Filter");
        config["transforms.x.predicate"] = json!("y");
        config["predicates"] = json!("y");
        config["predicates.y.type"] = json!(format!("org.apache.kafka.connect.transforms.predicates.{}", wrong.0));
        failed.extend(check(&worker.rest, "predicates.y", (config, &wrong)).err().map(|error| error.to_string()));
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}
