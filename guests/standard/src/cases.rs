//! Runs the cases of `cases/` in memory, which is quick and can be debugged. The worker runs the same cases on the
//! component, in its sandbox.

use std::path::Path;

use airlock_sdk::serde_json::{self, Value};
use airlock_sdk::testing::{self, Fate, Row, Rows};
use airlock_sdk::{Error, Predicate, Transform, schemas};

use crate::cast::Cast;
use crate::drop_headers::DropHeaders;
use crate::extract_field::ExtractField;
use crate::filter::Filter;
use crate::flatten::Flatten;
use crate::has_header_key::HasHeaderKey;
use crate::header_from::HeaderFrom;
use crate::hoist_field::HoistField;
use crate::insert_field::InsertField;
use crate::insert_header::InsertHeader;
use crate::mask_field::MaskField;
use crate::record_is_tombstone::RecordIsTombstone;
use crate::regex_router::RegexRouter;
use crate::replace_field::ReplaceField;
use crate::set_schema_metadata::SetSchemaMetadata;
use crate::timestamp_converter::TimestampConverter;
use crate::timestamp_router::TimestampRouter;
use crate::topic_name_matches::TopicNameMatches;
use crate::value_to_key::ValueToKey;

#[test]
fn all_cases_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    for file in std::fs::read_dir(folder).unwrap() {
        let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        cases.iter().for_each(check);
    }
}

fn check(case: &Value) {
    let input: Vec<Value> = case["input"].as_array().cloned().unwrap_or_default();
    let rows = Rows::new(input.iter().map(|row| to_row(row, case)));
    let outcome = run(case, &rows);
    let name = &case["name"];
    match (&case["expect_config_error"], outcome) {
        (Value::Null, outcome) => outcome.unwrap(),
        (wanted, outcome) => {
            let Err(Error::InvalidConfig(problems)) = outcome else { panic!("{name}: {outcome:?}") };
            assert_eq!(problems[0].key, wanted["key"], "{name}");
            assert!(problems[0].message.contains(wanted["contains"].as_str().unwrap()), "{name}: {problems:?}");
        }
    }
    for (row, wanted) in case["expect"].as_array().into_iter().flatten().enumerate() {
        check_row(&rows, row, wanted, &format!("{name}, row {row}"));
    }
}

fn check_row(rows: &Rows, row: usize, wanted: &Value, name: &str) {
    if let Some(reason) = wanted["rejected"].as_str() {
        let found = rows.rejected(row).unwrap_or_else(|| panic!("{name}: not rejected but {}", rows.value(row)));
        assert!(found.contains(reason), "{name}: {found}");
        return;
    }
    let fate = if wanted["discarded"] == true { Fate::Discarded } else { Fate::Kept };
    assert_eq!(rows.fate(row), fate, "{name}");
    if let Some(topic) = wanted.get("topic") {
        assert_eq!(*topic, rows.topic(row), "{name}");
    }
    if let Some(headers) = wanted.get("headers") {
        let pair = |(key, value): (String, Option<Vec<u8>>)| {
            serde_json::json!([key, value.map(|value| String::from_utf8(value).unwrap())])
        };
        assert_eq!(*headers, rows.headers(row).into_iter().map(pair).collect::<Value>(), "{name}");
    }
    let (key_schema, value_schema) = rows.schemas(row);
    for (field, text, schema) in [("key", rows.key(row), key_schema), ("value", rows.value(row), value_schema)] {
        if let Some(wanted) = wanted.get(field) {
            // In memory a value without a schema has no envelope.
            let bare = wanted.get("schema").is_some_and(Value::is_null);
            let wanted = if bare { &wanted["payload"] } else { wanted };
            assert_eq!(*wanted, envelope(&text, schema), "{name}");
        }
        if let Some(wanted) = wanted.get(format!("{field}_text")) {
            // In memory blanks between values are not kept.
            let found: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::from_str::<Value>(wanted.as_str().unwrap()).unwrap(), found, "{name}");
        }
    }
}

fn envelope(text: &str, schema: u32) -> Value {
    let payload: Value = serde_json::from_str(text).unwrap();
    match schemas::json(schema) {
        None => payload,
        Some(schema) => {
            let schema: Value = serde_json::from_slice(&schema).unwrap();
            serde_json::json!({"schema": schema, "payload": payload})
        }
    }
}

fn to_row(row: &Value, case: &Value) -> Row {
    let (key, key_schema) = payload(row, case, "key");
    let (value, value_schema) = payload(row, case, "value");
    let mut to = value.map_or_else(Row::tombstone, |json| Row::json(&json)).schemas(key_schema, value_schema);
    if let Some(key) = key {
        to = to.key(&key);
    }
    for header in row["headers"].as_array().into_iter().flatten() {
        to = to.header(header[0].as_str().unwrap(), header[1].as_str().map(str::as_bytes));
    }
    let number = |name: &str, default: i64| row[name].as_i64().unwrap_or(default);
    to.topic(row["topic"].as_str().unwrap_or("test"))
        .partition(number("partition", 0) as i32)
        .offset(number("offset", 0))
        .timestamp(number("timestamp", -1))
}

/// Returns the JSON of a key or value, and its schema.
fn payload(row: &Value, case: &Value, part: &str) -> (Option<String>, u32) {
    let has_schema = case["contents"][part] == "json-with-schema";
    match (&row[format!("{part}_text")], &row[part]) {
        (Value::String(text), _) => (Some(text.clone()), 0),
        (_, Value::Null) => (None, 0),
        (_, value) if !has_schema => (Some(value.to_string()), 0),
        (_, value) => match &value["schema"] {
            Value::Null => (Some(value["payload"].to_string()), 0),
            schema => (Some(value["payload"].to_string()), schemas::intern(schema.to_string().as_bytes()).unwrap()),
        },
    }
}

fn run(case: &Value, rows: &Rows) -> Result<(), Error> {
    let class_name = case["plugin"].as_str().unwrap();
    let config = pairs(&case["config"]);
    match class_name.rsplit('.').next().unwrap().trim_end_matches("$Key").trim_end_matches("$Value") {
        "DropHeaders" => step::<DropHeaders>(class_name, &config, case, rows),
        "ExtractField" => step::<ExtractField>(class_name, &config, case, rows),
        "Flatten" => step::<Flatten>(class_name, &config, case, rows),
        "HoistField" => step::<HoistField>(class_name, &config, case, rows),
        "SetSchemaMetadata" => step::<SetSchemaMetadata>(class_name, &config, case, rows),
        "ValueToKey" => step::<ValueToKey>(class_name, &config, case, rows),
        "Cast" => step::<Cast>(class_name, &config, case, rows),
        "Filter" => step::<Filter>(class_name, &config, case, rows),
        "HeaderFrom" => step::<HeaderFrom>(class_name, &config, case, rows),
        "InsertField" => step::<InsertField>(class_name, &config, case, rows),
        "InsertHeader" => step::<InsertHeader>(class_name, &config, case, rows),
        "MaskField" => step::<MaskField>(class_name, &config, case, rows),
        "RegexRouter" => step::<RegexRouter>(class_name, &config, case, rows),
        "ReplaceField" => step::<ReplaceField>(class_name, &config, case, rows),
        "TimestampConverter" => step::<TimestampConverter>(class_name, &config, case, rows),
        "TimestampRouter" => step::<TimestampRouter>(class_name, &config, case, rows),
        other => panic!("no transform {other}"),
    }
}

fn step<T: Transform>(class_name: &str, config: &[(&str, &str)], case: &Value, rows: &Rows) -> Result<(), Error> {
    let mut transform = testing::configure_as::<T>(class_name, config)?;
    let Some(predicate) = case.get("predicate") else {
        return transform.apply(&rows.batch());
    };
    let config = pairs(&predicate["config"]);
    let held = match predicate["plugin"].as_str().unwrap().rsplit('.').next().unwrap() {
        "HasHeaderKey" => test::<HasHeaderKey>(&config, rows),
        "RecordIsTombstone" => test::<RecordIsTombstone>(&config, rows),
        "TopicNameMatches" => test::<TopicNameMatches>(&config, rows),
        other => panic!("no predicate {other}"),
    }?;
    let negate = predicate["negate"] == true;
    let chosen: Vec<u32> = (0..rows.len() as u32).filter(|row| held.contains(row) != negate).collect();
    rows.narrow(&chosen);
    transform.apply(&rows.batch())
}

fn test<P: Predicate>(config: &[(&str, &str)], rows: &Rows) -> Result<Vec<u32>, Error> {
    testing::configure_predicate::<P>(config)?.test(&rows.batch())
}

fn pairs(config: &Value) -> Vec<(&str, &str)> {
    let pairs = config.as_object().unwrap().iter();
    pairs.map(|(key, value)| (key.as_str(), value.as_str().unwrap())).collect()
}
