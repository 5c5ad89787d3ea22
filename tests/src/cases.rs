//! Cases: a plugin, its configuration, rows, and what must come of them, run in the real sandbox without Kafka.
//! `guests/README.md` says what a case may hold. A case that doesn't hold panics, with its name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use airlock::config::{Problem, Properties};
use airlock::pipeline::batch::{Batch, Content, Contents, Envelope, JsonSettings, NewRow};
use airlock::pipeline::edges::{
    CallError, EdgeError, OffsetStore, Outgoing, PollLimits, Sink as _, Source as _, SourcePosition, Transform as _,
};
use airlock::plugin::capability::{FilePolicy, GrantPolicy};
use airlock::plugin::describe::Kind;
use airlock::plugin::guests::Surroundings;
use airlock::record::{CommitOffset, TopicPartition};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// Reads the cases of a file.
pub fn read(file: &Path) -> Vec<Value> {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Runs one case of the file named, and checks what came of it.
pub async fn check(sandbox: &Sandbox, file: &str, case: &Value) {
    let name = format!("{file}: {}", case["name"].as_str().unwrap_or("a case without a name"));
    Run { sandbox, name, folder: tempfile::tempdir().unwrap() }.check(case).await;
}

/// One case on its way.
struct Run<'a> {
    sandbox: &'a Sandbox,
    name: String,
    folder: tempfile::TempDir,
}

impl Run<'_> {
    async fn check(&self, case: &Value) {
        for (file, text) in case["files"].as_object().into_iter().flatten() {
            fs::write(self.folder.path().join(file), text.as_str().unwrap()).unwrap();
        }
        let plugin = case["plugin"].as_str().or(case["steps"][0]["plugin"].as_str()).unwrap();
        let (_, description) =
            self.sandbox.catalog.find(plugin).unwrap_or_else(|| panic!("{}: no {plugin}", self.name));
        let outcome = match description.kind {
            Kind::Transform => self.transform(case).await,
            Kind::Sink => self.sink(case).await,
            Kind::Source => self.source(case).await,
            Kind::Predicate => panic!("{}: a predicate is tried behind a transform", self.name),
        };
        self.compare(case, outcome);
    }

    fn compare(&self, case: &Value, outcome: Result<Batch, CallError>) {
        let name = &self.name;
        if let Some(wanted) = case.get("expect_config_error") {
            let Err(CallError::InvalidConfig(problems)) = outcome else { panic!("{name}: {:?}", outcome.err()) };
            return self.compare_problem(&problems, wanted);
        }
        if let Some(wanted) = case.get("expect_error") {
            let Err(error) = outcome else { panic!("{name}: no error") };
            let (kind, words) = match &error {
                CallError::Retriable(words) => ("retriable", words),
                CallError::Fatal(words) => ("fatal", words),
                CallError::Trapped(words) => ("trapped", words),
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(wanted["kind"], kind, "{name}: {words}");
            return assert!(words.contains(wanted["contains"].as_str().unwrap()), "{name}: {words}");
        }
        let mut batch = outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        for (file, wanted) in case["expect_files"].as_object().into_iter().flatten() {
            let found = fs::read_to_string(self.folder.path().join(file)).unwrap();
            assert_eq!(Value::String(found), *wanted, "{name}");
        }
        batch.encode();
        if case.get("expect").is_some() {
            self.compare_rows(&batch, &rows(case, "expect"));
        }
        if case.get("expect_out").is_some() {
            self.compare_out(&batch, &rows(case, "expect_out"));
        }
    }

    fn compare_problem(&self, problems: &[Problem], wanted: &Value) {
        assert_eq!(wanted["key"], problems[0].key, "{}", self.name);
        assert!(problems[0].message.contains(wanted["contains"].as_str().unwrap()), "{}: {problems:?}", self.name);
    }

    /// Compares what goes out, whatever it came of.
    fn compare_out(&self, batch: &Batch, wanted: &[Value]) {
        let found: Vec<(u32, Outgoing)> = batch.outgoing().collect();
        assert_eq!(found.len(), wanted.len(), "{}: the number of rows that go out", self.name);
        for (at, ((_, record), wanted)) in found.iter().zip(wanted).enumerate() {
            self.compare_record(record, wanted, &format!("{}, outgoing row {at}", self.name));
        }
    }

    fn compare_rows(&self, batch: &Batch, wanted: &[Value]) {
        let name = &self.name;
        assert_eq!(batch.origins().len(), wanted.len(), "{name}: the number of rows");
        let rejected: Vec<(u32, String)> =
            batch.rejected().map(|row| (row.origin, row.rejection.reason.clone())).collect();
        let kept: Vec<(u32, Outgoing)> = batch.outgoing().collect();
        for (row, wanted) in (0..).zip(wanted) {
            let place = format!("{name}, row {row}");
            let reason = rejected.iter().find(|(origin, _)| *origin == row).map(|(_, reason)| reason);
            let record = kept.iter().find(|(origin, _)| *origin == row).map(|(_, record)| record);
            match (wanted["rejected"].as_str(), wanted["discarded"] == true) {
                (Some(words), _) => {
                    let reason = reason.unwrap_or_else(|| panic!("{place}: not rejected: {record:?}"));
                    assert!(reason.contains(words), "{place}: {reason}");
                }
                (None, true) => assert!(reason.is_none() && record.is_none(), "{place}: {reason:?} {record:?}"),
                (None, false) => {
                    let record = record.unwrap_or_else(|| panic!("{place}: not kept: {reason:?}"));
                    self.compare_record(record, wanted, &place);
                    compare_position(batch.source_position(row), wanted, |text| self.in_folder(text), &place);
                }
            }
        }
    }

    fn compare_record(&self, record: &Outgoing, wanted: &Value, place: &str) {
        if let Some(topic) = wanted.get("topic") {
            assert_eq!(*topic, record.topic, "{place}");
        }
        for (field, found) in [("partition", record.partition.map(i64::from)), ("timestamp", record.timestamp)] {
            if let Some(wanted) = wanted.get(field) {
                assert_eq!(wanted.as_i64(), found, "{place}, {field}");
            }
        }
        if let Some(count) = wanted["header_count"].as_u64() {
            assert_eq!(count, record.headers.len() as u64, "{place}: {:?}", record.headers);
        }
        for (field, bytes) in [("key", &record.key), ("value", &record.value)] {
            let text = bytes.as_ref().map(|bytes| String::from_utf8(bytes.clone()).unwrap());
            if let Some(exact) = wanted[format!("{field}_text")].as_str() {
                assert_eq!(text.as_deref(), Some(exact), "{place}, {field}");
            }
            if let Some(value) = wanted.get(field) {
                let found = text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
                assert_eq!(found, *value, "{place}, {field}");
            }
        }
        for header in wanted["headers"].as_array().into_iter().flatten() {
            let wanted = (header[0].as_str().unwrap(), header[1].as_str());
            let mut headers = record.headers.iter().map(|(key, value)| (key, value.as_deref()));
            let found = headers.any(|(key, value)| key == wanted.0 && value == wanted.1.map(str::as_bytes));
            assert!(found, "{place}: no header {header} among {:?}", record.headers);
        }
    }

    fn in_folder(&self, text: &str) -> String {
        text.replace("${dir}", &self.folder.path().display().to_string())
    }

    fn config(&self, case: &Value) -> Properties {
        let pairs = case["config"].as_object().into_iter().flatten();
        pairs.map(|(key, value)| (key.clone(), self.in_folder(&text(value)))).collect()
    }

    fn around(&self) -> Surroundings {
        let files = FilePolicy::new(vec![self.folder.path().to_owned()]);
        let policy = GrantPolicy { files, ..GrantPolicy::default() };
        Surroundings { scope: self.name.clone(), policy, ..Surroundings::default() }
    }

    async fn transform(&self, case: &Value) -> Result<Batch, CallError> {
        let mut chain = json!({});
        let steps = case["steps"].as_array().map_or(std::slice::from_ref(case), Vec::as_slice);
        let aliases: Vec<String> = (0..steps.len()).map(|step| format!("s{step}")).collect();
        chain["transforms"] = json!(aliases.join(","));
        for (alias, step) in aliases.iter().zip(steps) {
            self.add_step(&mut chain, alias, step);
        }
        let around = self.around();
        let mut guests =
            self.sandbox.chain_in(&chain, &around).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(guests.len(), 1, "{}: the steps of a case are of one component", self.name);
        guests[0].start().await?;
        let (batch, result) = guests[0].apply(batch(case, &around), None).await;
        result.map(|()| batch)
    }

    fn add_step(&self, chain: &mut Value, alias: &str, step: &Value) {
        chain[format!("transforms.{alias}.type")] = step["plugin"].clone();
        for (key, value) in self.config(step) {
            chain[format!("transforms.{alias}.{key}")] = json!(value);
        }
        let Some(predicate) = step.get("predicate") else { return };
        let listed = chain["predicates"].as_str().map(|listed| format!("{listed},")).unwrap_or_default();
        chain["predicates"] = json!(format!("{listed}{alias}p"));
        chain[format!("predicates.{alias}p.type")] = predicate["plugin"].clone();
        chain[format!("transforms.{alias}.predicate")] = json!(format!("{alias}p"));
        chain[format!("transforms.{alias}.negate")] = json!((predicate["negate"] == true).to_string());
        for (key, value) in predicate["config"].as_object().into_iter().flatten() {
            chain[format!("predicates.{alias}p.{key}")] = value.clone();
        }
    }

    /// Asks the connector first, as REST would.
    async fn validate(&self, case: &Value) -> Result<(), CallError> {
        let plugin = case["plugin"].as_str().unwrap();
        let guest = self.sandbox.catalog.connector_guest(plugin, &self.config(case), &self.around());
        let problems = guest.unwrap_or_else(|error| panic!("{}: {error}", self.name)).validate().await?;
        if problems.is_empty() {
            return Ok(());
        }
        Err(CallError::InvalidConfig(problems.into_iter().map(|(key, words)| Problem::new(key, words)).collect()))
    }

    async fn sink(&self, case: &Value) -> Result<Batch, CallError> {
        self.validate(case).await?;
        let plugin = case["plugin"].as_str().unwrap();
        let around = self.around();
        let mut sink = self.sandbox.catalog.sink_guest(plugin, &self.config(case), &around).unwrap();
        sink.start().await?;
        let partition = TopicPartition::new("test", 0);
        sink.open(std::slice::from_ref(&partition)).await?;
        let (batch, result) = sink.put(batch(case, &around), None).await;
        result?;
        let end = [(partition.clone(), CommitOffset(batch.total_rows() as i64))];
        assert_eq!(sink.pre_commit(&end).await?, end, "{}: all was written", self.name);
        sink.close(&[partition]).await?;
        sink.stop().await;
        Ok(batch)
    }

    async fn source(&self, case: &Value) -> Result<Batch, CallError> {
        self.validate(case).await?;
        let plugin = case["plugin"].as_str().unwrap();
        let stored = case["stored_offsets"].as_array().into_iter().flatten();
        let stored =
            stored.map(|one| (parse(&self.in_folder(&one["partition"].to_string())), one["offset"].to_string()));
        let offsets: std::sync::Arc<dyn OffsetStore> = std::sync::Arc::new(Stored(stored.collect()));
        let around = Surroundings { offsets: Some(("test".to_owned(), offsets)), ..self.around() };
        let mut source = self.sandbox.catalog.source_guest(plugin, &self.config(case), &around).unwrap();
        source.start().await?;
        let contents = Contents { key: Content::JSON, value: Content::JSON };
        let limits = PollLimits { max_wait: Duration::from_millis(50), max_rows: 500, max_bytes: 1 << 20 };
        let (batch, result) = source.poll(Batch::with_schemas(contents, around.schemas), limits).await;
        source.stop().await;
        result.map(|()| batch)
    }
}

fn compare_position(found: Option<SourcePosition>, wanted: &Value, in_folder: impl Fn(&str) -> String, place: &str) {
    if let Some(partition) = wanted.get("source_partition") {
        let found = found.as_ref().map(|position| parse(&position.partition));
        assert_eq!(found, Some(parse(&in_folder(&partition.to_string()))), "{place}");
    }
    if let Some(offset) = wanted.get("source_offset") {
        let found = found.and_then(|position| position.offset).map(|offset| parse(&offset));
        assert_eq!(found.as_ref(), Some(offset), "{place}");
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A text, or lines of it.
fn text(value: &Value) -> String {
    let lines = value.as_array().map(|lines| lines.iter().map(text).collect::<Vec<_>>().join("\n"));
    lines.unwrap_or_else(|| value.as_str().unwrap().to_owned())
}

/// The rows of a case, as often as it says.
fn rows(case: &Value, name: &str) -> Vec<Value> {
    let rows = case[name].as_array().cloned().unwrap_or_default();
    vec![rows; case["repeat"].as_u64().unwrap_or(1) as usize].concat()
}

fn content(case: &Value, part: &str) -> Content {
    match case["contents"][part].as_str() {
        None | Some("json") => Content::JSON,
        Some("json-with-schema") => Content::JSON_WITH_SCHEMA,
        Some("json-with-schema-and-nulls") => {
            Content::Json(JsonSettings { envelope: Envelope::Around, replace_nulls: false, ..JsonSettings::PLAIN })
        }
        Some("text") => Content::Text,
        Some("opaque") => Content::Opaque,
        Some(other) => panic!("no content {other}"),
    }
}

/// A batch with the schemas of its guest's task: their ids mean nothing to others.
fn batch(case: &Value, around: &Surroundings) -> Batch {
    let contents = Contents { key: content(case, "key"), value: content(case, "value") };
    let mut batch = Batch::with_schemas(contents, around.schemas.clone());
    for (at, row) in (0..).zip(rows(case, "input")) {
        let bytes = |part: &str| match (&row[format!("{part}_text")], &row[part]) {
            (Value::String(text), _) => Some(text.clone().into_bytes()),
            (_, Value::Null) => None,
            (_, value) => Some(value.to_string().into_bytes()),
        };
        let (key, value) = (bytes("key"), bytes("value"));
        let headers = row["headers"].as_array().into_iter().flatten();
        let headers: Vec<_> =
            headers.map(|header| (header[0].as_str().unwrap(), header[1].as_str().map(str::as_bytes))).collect();
        let number = |name: &str, default: i64| row[name].as_i64().unwrap_or(default);
        batch.push(NewRow {
            topic: row["topic"].as_str().unwrap_or("test"),
            partition: number("partition", 0) as i32,
            offset: number("offset", at),
            timestamp: number("timestamp", -1),
            key: key.as_deref(),
            value: value.as_deref(),
            headers: &headers,
        });
    }
    batch.decode();
    batch
}

/// Offsets that were stored before.
struct Stored(Vec<(Value, String)>);

#[async_trait::async_trait]
impl OffsetStore for Stored {
    async fn read(&self, _: &str, partitions: &[String]) -> Result<Vec<Option<String>>, EdgeError> {
        let find = |partition: &String| {
            let wanted = parse(partition);
            self.0.iter().find(|(stored, _)| *stored == wanted).map(|(_, offset)| offset.clone())
        };
        Ok(partitions.iter().map(find).collect())
    }

    async fn store(&self, _: &str, _: &[SourcePosition]) -> Result<(), EdgeError> {
        Ok(())
    }

    async fn of_connector(&self, _: &str) -> Result<Vec<SourcePosition>, EdgeError> {
        Ok(Vec::new())
    }
}
