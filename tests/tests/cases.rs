//! Runs every guest's cases (`guests/**/cases/*.json`, `examples/*/cases/*.json`) on its component in the real
//! sandbox, without Kafka. `guests/README.md` says what a case may hold.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use airlock::config::{Problem, Properties};
use airlock::pipeline::batch::{Batch, Content, Contents, NewRow};
use airlock::pipeline::edges::{
    CallError, EdgeError, OffsetStore, Outgoing, PollLimits, Sink as _, Source as _, SourcePosition, Transform as _,
};
use airlock::plugin::capability::{FilePolicy, GrantPolicy};
use airlock::plugin::describe::Kind;
use airlock::plugin::guests::Surroundings;
use airlock::plugin::limits::Limits;
use airlock::record::{CommitOffset, TopicPartition};
use airlock_tests::airlock::root;
use airlock_tests::sandbox::Sandbox;
use serde_json::{Value, json};

#[tokio::test]
async fn all_cases_hold_in_the_sandbox() {
    let sandbox = Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap();
    let sandbox = with_examples(sandbox).await;
    let wanted = std::env::var("AIRLOCK_GUEST").unwrap_or_default();
    let mut count = 0;
    for file in case_files().into_iter().filter(|file| file.to_string_lossy().contains(&wanted)) {
        let cases: Vec<Value> = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        for case in &cases {
            let name = format!("{}: {}", file.strip_prefix(root()).unwrap().display(), case["name"].as_str().unwrap());
            Run { sandbox: &sandbox, name, folder: tempfile::tempdir().unwrap() }.check(case).await;
            count += 1;
        }
    }
    assert!(count > 0, "no case was found for {wanted:?}");
}

fn case_files() -> Vec<PathBuf> {
    let mut folders = vec![root().join("guests"), root().join("examples")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == "json") && path.parent().unwrap().ends_with("cases")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
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
        let plugin = case["plugin"].as_str().unwrap();
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
        if let Some(wanted) = case["expect"].as_array() {
            self.compare_rows(&mut batch, wanted);
        }
    }

    fn compare_problem(&self, problems: &[Problem], wanted: &Value) {
        assert_eq!(wanted["key"], problems[0].key, "{}", self.name);
        assert!(problems[0].message.contains(wanted["contains"].as_str().unwrap()), "{}: {problems:?}", self.name);
    }

    fn compare_rows(&self, batch: &mut Batch, wanted: &[Value]) {
        let name = &self.name;
        batch.encode();
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
        pairs.map(|(key, value)| (key.clone(), self.in_folder(value.as_str().unwrap()))).collect()
    }

    fn around(&self) -> Surroundings {
        let files = FilePolicy::new(vec![self.folder.path().to_owned()]);
        let policy = GrantPolicy { files, ..GrantPolicy::default() };
        Surroundings { scope: self.name.clone(), policy, ..Surroundings::default() }
    }

    async fn transform(&self, case: &Value) -> Result<Batch, CallError> {
        let mut chain = json!({ "transforms": "t", "transforms.t.type": case["plugin"] });
        for (key, value) in self.config(case) {
            chain[format!("transforms.t.{key}")] = json!(value);
        }
        if let Some(predicate) = case.get("predicate") {
            chain["predicates"] = json!("p");
            chain["predicates.p.type"] = predicate["plugin"].clone();
            chain["transforms.t.predicate"] = json!("p");
            chain["transforms.t.negate"] = json!((predicate["negate"] == true).to_string());
            for (key, value) in predicate["config"].as_object().into_iter().flatten() {
                chain[format!("predicates.p.{key}")] = value.clone();
            }
        }
        let around = self.around();
        let mut guests =
            self.sandbox.chain_in(&chain, &around).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        guests[0].start().await?;
        let (batch, result) = guests[0].apply(batch(case, &around), None).await;
        result.map(|()| batch)
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
        let contents = Contents { key: Content::Json, value: Content::Json };
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

fn content(case: &Value, part: &str) -> Content {
    match case["contents"][part].as_str() {
        None | Some("json") => Content::Json,
        Some("json-with-schema") => Content::JsonWithSchema,
        Some("text") => Content::Text,
        Some("opaque") => Content::Opaque,
        Some(other) => panic!("no content {other}"),
    }
}

/// A batch with the schemas of its guest's task: their ids mean nothing to others.
fn batch(case: &Value, around: &Surroundings) -> Batch {
    let contents = Contents { key: content(case, "key"), value: content(case, "value") };
    let mut batch = Batch::with_schemas(contents, around.schemas.clone());
    for (at, row) in (0..).zip(case["input"].as_array().into_iter().flatten()) {
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
}

/// Uploads what `guests/build.sh` made of `examples`.
async fn with_examples(mut sandbox: Sandbox) -> Sandbox {
    for entry in fs::read_dir(root().join("target/components/examples")).unwrap() {
        sandbox = sandbox.with(entry.unwrap().path().to_str().unwrap()).await.unwrap();
    }
    sandbox
}

#[test]
fn every_guest_and_example_has_cases() {
    let mut guests = vec![root().join("guests/standard")];
    for parent in ["guests/sources", "guests/sinks", "examples"] {
        guests.extend(fs::read_dir(root().join(parent)).unwrap().map(|entry| entry.unwrap().path()));
    }
    guests.retain(|guest| guest.join("Cargo.toml").is_file());
    assert!(guests.len() >= 4, "{guests:?}");
    let files = case_files();
    guests.retain(|guest| !files.iter().any(|file| file.starts_with(guest)));
    assert!(guests.is_empty(), "no cases in {guests:?}");
}
