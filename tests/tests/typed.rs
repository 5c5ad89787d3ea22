//! Guests that work on typed values, in the real sandbox.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use airlock::pipeline::batch::{Batch, Content, Contents, NewRow};
use airlock::pipeline::edges::Transform as _;
use airlock::plugin::guests::Surroundings;
use airlock::plugin::limits::Limits;
use airlock_tests::sandbox::{Sandbox, values};
use serde_json::json;

async fn probe() -> Sandbox {
    Sandbox::open(Limits::default()).unwrap().with("tests/probe.wasm").await.unwrap()
}

/// A batch of these envelopes; its rows' schemas are those of the guests around.
fn typed(around: &Surroundings, values: &[&str]) -> Batch {
    let contents = Contents { key: Content::Opaque, value: Content::JSON_WITH_SCHEMA };
    let mut batch = Batch::with_schemas(contents, around.schemas.clone());
    for (offset, value) in (0..).zip(values) {
        let value = Some(value.as_bytes()).filter(|value| !value.is_empty());
        batch.push(NewRow { topic: "topic", partition: 0, offset, timestamp: 0, key: None, value, headers: &[] });
    }
    batch.decode();
    batch
}

#[tokio::test]
async fn a_guest_gives_typed_values_a_schema_of_its_own() {
    let sandbox = probe().await;
    let around = Surroundings { scope: "test".to_owned(), ..Surroundings::default() };
    let chain = json!({ "transforms": "step", "transforms.step.type": "probe.AddField" });
    let mut guests = sandbox.chain_in(&chain, &around).unwrap();
    let decimal = r#"{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"},"field":"price"}"#;
    let date =
        r#"{"type":"int32","optional":true,"name":"org.apache.kafka.connect.data.Date","version":1,"field":"day"}"#;
    let schema = |more: &str| format!(r#"{{"type":"struct","fields":[{decimal},{date}{more}],"optional":false}}"#);
    let added = r#",{"type":"boolean","optional":false,"field":"checked"}"#;
    let envelope = |schema: &str, payload: &str| format!(r#"{{"schema":{schema},"payload":{payload}}}"#);
    let values =
        [envelope(&schema(""), r#"{"day":20780,"price":"bg=="}"#), String::new(), envelope("null", r#"{"a":1.10}"#)];
    let expected = [
        envelope(&schema(added), r#"{"price":"bg==","day":20780,"checked":true}"#),
        String::new(),
        envelope("null", r#"{"a":1.10,"checked":true}"#),
    ];
    for _ in 0..2 {
        let (mut out, result) = guests[0].apply(typed(&around, &[&values[0], &values[1], &values[2]]), None).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(self::values(&mut out), expected);
    }
    // That of the keys' bytes, one schema that came, and one that was made, however many batches there are.
    let table = around.schemas.lock().unwrap();
    assert!(table.get(3).is_some() && table.get(4).is_none());
}

#[tokio::test]
async fn a_guest_that_writes_other_types_than_the_schema_has_is_told_the_field() {
    let sandbox = probe().await;
    let around = Surroundings { scope: "test".to_owned(), ..Surroundings::default() };
    let chain = json!({ "transforms": "step", "transforms.step.type": "probe.CountUp" });
    let mut guests = sandbox.chain_in(&chain, &around).unwrap();
    let row = |quantity: i32| {
        let field = r#"{"type":"int8","optional":false,"field":"quantity"}"#;
        let schema = format!(r#"{{"type":"struct","fields":[{field}],"optional":false}}"#);
        format!(r#"{{"schema":{schema},"payload":{{"quantity":{quantity}}}}}"#)
    };
    let (mut out, result) = guests[0].apply(typed(&around, &[&row(5), &row(126)]), None).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(values(&mut out), [row(6), row(127)]);
    let (mut out, result) = guests[0].apply(typed(&around, &[&row(5), &row(127)]), None).await;
    let words = result.unwrap_err().to_string();
    let expected = "row 1: quantity: expected an integer from -128 to 127, found the integer 128";
    assert!(words.contains(expected), "{words}");
    assert_eq!(values(&mut out), [row(5), row(127)]);
}

#[tokio::test]
async fn a_guest_works_on_values_of_all_types() {
    let sandbox = probe().await;
    let around = Surroundings { scope: "test".to_owned(), ..Surroundings::default() };
    let chain = json!({ "transforms": "step", "transforms.step.type": "probe.Typed" });
    let mut guests = sandbox.chain_in(&chain, &around).unwrap();
    let logical = |base: &str, name: &str, more: &str| {
        format!(r#""type":"{base}","optional":true,"name":"org.apache.kafka.connect.data.{name}","version":1{more}"#)
    };
    let fields = [
        r#""type":"int8","optional":false"#.to_owned(),
        r#""type":"int16","optional":true,"default":300"#.to_owned(),
        r#""type":"int64","optional":true"#.to_owned(),
        r#""type":"float","optional":false"#.to_owned(),
        r#""type":"bytes","optional":false"#.to_owned(),
        logical("bytes", "Decimal", r#","parameters":{"scale":"2"}"#),
        logical("int32", "Date", ""),
        logical("int32", "Time", ""),
        logical("int64", "Timestamp", ""),
        r#""type":"array","items":{"type":"int32","optional":true},"optional":false"#.to_owned(),
        r#""type":"map","keys":{"type":"int8","optional":false},"values":{"type":"string","optional":true},"optional":false"#
            .to_owned(),
    ];
    let fields: Vec<String> =
        (b'a'..).zip(&fields).map(|(name, of)| format!(r#"{{{of},"field":"{}"}}"#, name as char)).collect();
    let schema = |version: u32| {
        let fields = fields.join(",");
        format!(r#"{{"type":"struct","fields":[{fields}],"optional":true,"name":"all","version":{version}}}"#)
    };
    let envelope = |schema: &str, payload: &str| format!(r#"{{"schema":{schema},"payload":{payload}}}"#);
    let text = r#"{"type":"string","optional":false}"#;
    let given = [
        envelope(
            &schema(4),
            r#"{"a":5,"c":9007199254740993,"d":1e10,"e":"AP8=","f":"bg==","g":-1,"h":86399999,"i":-1,"j":[1,null],"k":[[1,"x"]]}"#,
        ),
        envelope(&schema(4), "null"),
        envelope(text, "\"plain\""),
        envelope(text, r#""kept  as it \u0069s""#),
        envelope(r#"{"type":"int8"}"#, "127"),
        envelope(r#"{"type":"int8"}"#, "300"),
        String::new(),
        envelope("null", r#"{"a":1}"#),
    ];
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let (mut out, result) = guests[0].apply(typed(&around, &given), None).await;
    assert!(result.is_ok(), "{result:?}");
    let changed = r#"{"a":6,"b":301,"c":9007199254740994,"d":1.0E10,"e":"AP8=","f":"ANw=","g":-1,"h":86399999,"i":-1,"j":[2,null],"k":[[1,"x"]]}"#;
    let expected = [
        envelope(&schema(5), changed),
        envelope(&schema(5), "null"),
        envelope("null", r#"{"plain":true}"#),
        given[3].to_owned(),
        String::new(),
        given[7].to_owned(),
    ];
    let rejected: Vec<_> = out.rejected().map(|row| (row.origin, row.rejection.reason.clone())).collect();
    assert_eq!(values(&mut out), expected);
    let misfit = "the payload is not what its schema says: expected an integer from -128 to 127, found 300";
    assert_eq!(rejected, [(4, "a number gets too large".to_owned()), (5, misfit.to_owned())]);
}
