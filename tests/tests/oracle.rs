//! Kafka Connect's own classes answer: facts that are known of them, and how much the drawn cases bring to light.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::iter;
use std::time::Instant;

use airlock::plugin::limits::Limits;
use airlock_tests::oracle::bridge::Bridge;
use airlock_tests::oracle::case::{Answer, Case, Nulls, Outcome, Question, Verdict};
use airlock_tests::oracle::client::Oracle;
use airlock_tests::oracle::draw::{FAMILIES, Family};
use airlock_tests::oracle::ours;
use airlock_tests::oracle::trial::Trial;
use airlock_tests::sandbox::Sandbox;
use serde_json::{Value, json};

const CASES: u64 = 300;
const SEED: u64 = 1;
/// One has nothing to configure and asks for nothing; the other takes for bytes, or for text, what it can't read.
const NEVER_FAIL: [&str; 2] = ["RecordIsTombstone", "SimpleHeaderConverter"];

fn ask(case: Value) -> Value {
    let case: Case = serde_json::from_value(case).unwrap();
    let answers = Oracle::start().unwrap().ask(&[case]).unwrap();
    serde_json::to_value(&answers[0]).unwrap()
}

fn transform(class: &str, config: Value, value: Value) -> Value {
    let record = json!({
        "topic": "t", "partition": 0, "offset": 1, "timestamp": null, "timestamp-type": "none",
        "key": { "schema": null, "value": null }, "value": value, "headers": [],
    });
    ask(json!({
        "id": 1, "kind": "transform", "class": format!("org.apache.kafka.connect.transforms.{class}"), "config": config,
        "direction": "sink", "records": [record],
    }))
}

fn convert(class: &str, config: Value, (operation, item): (&str, Value)) -> Value {
    ask(json!({
        "id": 1, "kind": "converter", "class": format!("org.apache.kafka.connect.{class}"), "config": config,
        "is-key": false, "operation": operation, "topic": "t", "header": "h", "items": [item],
    }))
}

fn with_schema(kind: &str, value: Value) -> Value {
    let schema = json!({ "type": "struct", "fields": [{ "name": "a", "schema": { "type": kind } }] });
    json!({ "schema": schema, "value": { "struct": { "fields": { "a": value } } } })
}

#[test]
fn a_masked_long_with_a_schema_is_zero() {
    let value = with_schema("int64", json!({ "int64": "9223372036854775807" }));
    let answer = transform("MaskField$Value", json!({ "fields": "a" }), value);
    assert_eq!(answer["results"][0]["record"]["value"], with_schema("int64", json!({ "int64": "0" })));
}

#[test]
fn a_text_with_a_point_is_no_int() {
    let value = with_schema("string", json!({ "string": "1.5" }));
    let answer = transform("Cast$Value", json!({ "spec": "a:int32" }), value);
    assert_eq!(answer["results"][0]["error"]["class"], "org.apache.kafka.connect.errors.DataException");
}

#[test]
fn a_float_that_is_cast_keeps_its_bits() {
    let value = with_schema("float64", json!({ "float64": "8000000000000000" }));
    let answer = transform("Cast$Value", json!({ "spec": "a:float32" }), value);
    let wanted = with_schema("float32", json!({ "float32": "80000000" }));
    assert_eq!(answer["results"][0]["record"]["value"], wanted);
}

#[test]
fn a_configuration_that_lacks_a_key_is_refused() {
    let answer = transform("HoistField$Value", json!({}), json!({ "schema": null, "value": null }));
    assert_eq!(answer["config-error"]["class"], "org.apache.kafka.common.config.ConfigException");
}

#[test]
fn json_without_a_schema_becomes_longs_and_doubles() {
    // {"a":[1,2.5]}
    let item = json!({ "bytes": "eyJhIjpbMSwyLjVdfQ==" });
    let answer = convert("json.JsonConverter", json!({ "schemas.enable": "false" }), ("to-connect", item));
    let list = json!({ "list": [{ "int64": "1" }, { "float64": "4004000000000000" }] });
    let wanted = json!({ "schema": null, "value": { "map": [[{ "string": "a" }, list]] } });
    assert_eq!(answer["results"][0]["typed"], wanted);
}

#[test]
fn a_struct_as_a_default_survives_the_notation() {
    let fields = json!([{ "name": "a", "schema": { "type": "int32" } }]);
    let default = json!({ "struct": { "fields": { "a": { "int32": 1 } } } });
    let schema = json!({ "type": "struct", "optional": true, "default": default, "fields": fields });
    let value = json!({ "schema": schema, "value": null });
    let answer = transform("DropHeaders", json!({ "headers": "x" }), value.clone());
    assert_eq!(answer["results"][0]["record"]["value"], value);
}

#[test]
fn half_a_surrogate_pair_survives_the_notation() {
    // "\ud800"
    let item = json!({ "bytes": "Ilx1ZDgwMCI=" });
    let answer = convert("json.JsonConverter", json!({ "schemas.enable": "false" }), ("to-connect", item));
    assert_eq!(answer["results"][0]["typed"]["value"], json!({ "utf16": "d800" }));
}

#[test]
fn a_header_of_mixed_numbers_becomes_a_list_of_the_widest() {
    // [1, 300]
    let item = json!({ "bytes": "WzEsIDMwMF0=" });
    let answer = convert("storage.SimpleHeaderConverter", json!({}), ("to-connect-header", item));
    let typed = &answer["results"][0]["typed"];
    assert_eq!(typed["schema"], json!({ "type": "array", "values": { "type": "int16" } }));
}

#[test]
fn a_case_that_breaks_the_notation_is_an_error_and_no_answer() {
    let case: Case = serde_json::from_value(json!({
        "id": 5, "kind": "transform", "class": "org.apache.kafka.connect.transforms.None", "config": {},
        "direction": "sink", "records": [],
    }))
    .unwrap();
    // More than the pipes hold follows it.
    let more = (0..3_000).map(|number| Family::named("Cast").unwrap().draw(SEED, number));
    let cases: Vec<_> = iter::once(case).chain(more).collect();
    let error = Oracle::start().unwrap().ask(&cases).unwrap_err();
    assert!(error.to_string().contains("case 5: java.lang.IllegalArgumentException"), "{error}");
}

/// What came of a family's cases. A case of several records may have both.
#[derive(Debug, Default)]
struct Share {
    effective: u64,
    failed: u64,
}

impl Share {
    fn count(&mut self, case: &Case, answer: &Answer) {
        let (mut effective, mut failed) = (false, false);
        match &answer.verdict {
            Verdict::Results(results) => {
                for (at, outcome) in results.iter().enumerate() {
                    failed |= matches!(outcome, Outcome::Error(_));
                    effective |= has_effect(case, at, outcome);
                }
            }
            Verdict::ConfigError(_) => failed = true,
            Verdict::CaseError(error) => panic!("{error}"),
        }
        self.effective += u64::from(effective);
        self.failed += u64::from(failed);
    }
}

fn has_effect(case: &Case, at: usize, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Record(record) => {
            let Question::Transform(transform) = &case.question else { return false };
            let given = serde_json::to_value(&transform.records[at]).unwrap();
            serde_json::to_value(record).unwrap() != given
        }
        Outcome::Dropped(()) => true,
        Outcome::Test(holds) => *holds,
        Outcome::Typed(typed) => typed.value.is_some(),
        Outcome::Bytes(bytes) => bytes.is_some(),
        Outcome::Error(_) => false,
    }
}

#[test]
fn drawn_cases_of_each_family_mostly_work_and_sometimes_fail() {
    let mut oracle = Oracle::start().unwrap();
    let started = Instant::now();
    let shares: Vec<(Family, Share)> = FAMILIES
        .into_iter()
        .map(|family| {
            let cases: Vec<_> = (0..CASES).map(|number| family.draw(SEED, number)).collect();
            let answers = oracle.ask(&cases).unwrap_or_else(|error| panic!("{family:?}: {error:#}"));
            let mut share = Share::default();
            cases.iter().zip(&answers).for_each(|(case, answer)| share.count(case, answer));
            println!("{:22} {:3} effective {:3} failed", family.name, share.effective, share.failed);
            (family, share)
        })
        .collect();
    println!("{} cases in {:?}", shares.len() as u64 * CASES, started.elapsed());
    for (family, share) in shares {
        assert!(share.effective * 3 >= CASES, "{family:?} is too wild: {share:?}");
        assert!(NEVER_FAIL.contains(&family.name) || share.failed * 20 >= CASES, "{family:?} is too tame: {share:?}");
    }
}

/// How many records of each family both sides must be compared on, at least. Drawn are as many cases as above;
/// `just oracle` draws more.
const COMPARED: usize = 300;
/// Headers that nobody touches aren't converted. What it infers is shown by InsertHeader where JsonConverter writes headers,
/// what it writes by HeaderFrom.
const NOT_THERE: [&str; 1] = ["SimpleHeaderConverter"];

#[tokio::test]
async fn transforms_predicates_and_converters_do_what_kafka_s_do() {
    let sandbox = Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap();
    let (there, missing): (Vec<_>, Vec<_>) =
        FAMILIES.into_iter().partition(|family| ours::is_there(&sandbox, &family.draw(SEED, 0)));
    assert_eq!(missing.iter().map(|family| family.name).collect::<Vec<_>>(), NOT_THERE);
    assert_equal(Trial { sandbox: &sandbox, oracle: Oracle::start().unwrap(), headers: Bridge::Header }, &there).await;
}

/// Those that add headers, and one that reads them.
const OF_HEADERS: [&str; 4] = ["InsertHeader", "HeaderFrom", "EventRouter", "ExtractNewRecordState"];

#[tokio::test]
async fn headers_have_kafka_s_schemas_where_their_converter_writes_schemas() {
    let sandbox = Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap();
    let headers = Bridge::Payload(Nulls::Replaced);
    let families = OF_HEADERS.map(|name| Family::named(name).unwrap());
    assert_equal(Trial { sandbox: &sandbox, oracle: Oracle::start().unwrap(), headers }, &families).await;
}

#[allow(clippy::print_stdout, reason = "cargo shows it where the test fails")]
async fn assert_equal(mut trial: Trial<'_>, families: &[Family]) {
    let mut differences = Vec::new();
    for family in families {
        let cases = (0..CASES).map(|number| family.draw(SEED, number)).collect();
        let tally = trial.run(cases).await.unwrap();
        println!("{:22} {} compared, {} excluded", family.name, tally.compared, tally.excluded);
        assert!(tally.compared >= COMPARED, "{family:?}: too few can be compared: {tally:?}");
        differences.extend(tally.found);
    }
    assert!(differences.is_empty(), "{} differ: {:#?}", differences.len(), differences.first());
}

/// Cases that differed once.
const DIFFERED: &str = include_str!("../oracle/differed.jsonl");
/// What Kafka's own unit tests of transforms, `JsonConverter` and `Values` are about, on data of our own.
const SUBJECTS: &str = include_str!("../oracle/subjects.jsonl");
/// Values of each key of each transform and predicate: missing, empty, blank, wrong, written in odd ways.
const CONFIGURATIONS: &str = include_str!("../oracle/configurations.jsonl");

async fn assert_none_differs(cases: &str) {
    let sandbox = Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap();
    let mut trial = Trial { sandbox: &sandbox, oracle: Oracle::start().unwrap(), headers: Bridge::Header };
    let cases: Vec<Case> = cases.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() > 10);
    let tally = trial.run(cases).await.unwrap();
    assert!(tally.found.is_empty(), "{} differ: {:#?}", tally.found.len(), tally.found.first());
}

#[tokio::test]
async fn what_differed_once_does_not_differ_again() {
    assert_none_differs(DIFFERED).await;
}

#[tokio::test]
async fn the_subjects_of_kafka_s_own_tests_do_not_differ() {
    assert_none_differs(SUBJECTS).await;
}

#[tokio::test]
async fn configurations_are_read_as_kafka_reads_them() {
    assert_none_differs(CONFIGURATIONS).await;
}
