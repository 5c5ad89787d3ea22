//! Runs the cases of a guest's `cases/` in memory, which is quick and can be debugged. The worker runs the same cases on
//! the component, in its sandbox. For tests only.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;

use airlock_sdk::serde_json::{self, Value};
use airlock_sdk::testing::{self, Fate, Row, Rows};
use airlock_sdk::{Error, Transform, schemas};

/// Runs a plugin of this class, with this configuration, on the rows of a case.
pub type Run = fn(class: &str, config: &[(&str, &str)], case: &Value, rows: &Rows) -> Result<(), Error>;

/// Runs all cases of a guest, whose folder is `CARGO_MANIFEST_DIR`.
pub fn check_all(guest: &str, run: Run) {
    let mut count = 0;
    for file in std::fs::read_dir(Path::new(guest).join("cases")).unwrap() {
        let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        count += cases.len();
        cases.iter().for_each(|case| check(case, run));
    }
    assert!(count > 0, "{guest} has no cases");
}

fn check(case: &Value, run: Run) {
    // In memory all rows are JSON.
    let is_json = |content: &Value| content.as_str().is_some_and(|content| content.starts_with("json"));
    if !case["contents"].as_object().is_none_or(|contents| contents.values().all(is_json)) {
        return;
    }
    let input: Vec<Value> = case["input"].as_array().cloned().unwrap_or_default();
    let rows = Rows::new(input.iter().map(|row| to_row(row, case)));
    let class = case["plugin"].as_str().unwrap();
    let outcome = run(class, &pairs(&case["config"]), case, &rows);
    let name = &case["name"];
    match (&case["expect_config_error"], outcome) {
        (Value::Null, outcome) => outcome.unwrap(),
        (wanted, outcome) => {
            let Err(Error::InvalidConfig(problems)) = outcome else { panic!("{name}: {outcome:?}") };
            assert_eq!(problems[0].key, wanted["key"], "{name}");
            assert!(problems[0].message.contains(wanted["contains"].as_str().unwrap()), "{name}: {problems:?}");
        }
    }
    if let Some(out) = case["expect_out"].as_array() {
        let kept: Vec<usize> = (0..rows.len()).filter(|row| rows.fate(*row) == Fate::Kept).collect();
        assert_eq!(kept.len(), out.len(), "{name}");
        for (row, wanted) in kept.into_iter().zip(out) {
            check_row(&rows, row, wanted, &format!("{name}, row {row}"));
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
    let has_schema = case["contents"][part].as_str().is_some_and(|content| content.starts_with("json-with-schema"));
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

/// Applies a transform to the rows that the case's predicate, if it has one, chooses by `test`.
///
/// # Errors
/// The configuration is refused.
pub fn step<T: Transform>(
    (class, config): (&str, &[(&str, &str)]),
    (case, rows): (&Value, &Rows),
    test: impl FnOnce(&str, &[(&str, &str)], &Rows) -> Result<Vec<u32>, Error>,
) -> Result<(), Error> {
    let mut transform = testing::configure_as::<T>(class, config)?;
    if let Some(predicate) = case.get("predicate") {
        let class = predicate["plugin"].as_str().unwrap();
        let held = test(class, &pairs(&predicate["config"]), rows)?;
        let negate = predicate["negate"] == true;
        let chosen: Vec<u32> = (0..rows.len() as u32).filter(|row| held.contains(row) != negate).collect();
        rows.narrow(&chosen);
    }
    transform.apply(&rows.batch())
}

/// Tells the simple name of a class, without `$Key` and `$Value`.
pub fn simple_name(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class).trim_end_matches("$Key").trim_end_matches("$Value")
}

fn pairs(config: &Value) -> Vec<(&str, &str)> {
    let pairs = config.as_object().unwrap().iter();
    pairs.map(|(key, value)| (key.as_str(), value.as_str().unwrap())).collect()
}
