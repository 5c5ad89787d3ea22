//! What a standard transform doesn't touch comes out as it went in, byte for byte, in JSON without a schema; and no
//! spelling of a name gets past one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use airlock::pipeline::batch::{Batch, Content, Contents, NewRow};
use airlock::pipeline::edges::Transform as _;
use airlock::plugin::limits::Limits;
use airlock_tests::sandbox::{Sandbox, values};
use serde_json::{Value, json};

/// Members that Java's converters would write in another way: number texts, escapes, blanks, repeated keys, order.
const UNTOUCHED: &str = r#""z":1.10,"huge":1e400,"long":123456789012345678901234567890,"e":-0.0E+2,"b":"\u0073\/é" , "twice":1,"a":[ 1.0,{"y":2,"x":1}],"twice":2"#;

fn batch(value: &str) -> Batch {
    let mut batch = Batch::new(Contents { key: Content::JSON, value: Content::JSON });
    let value = Some(value.as_bytes());
    batch.push(NewRow { topic: "topic", partition: 0, offset: 0, timestamp: 0, key: None, value, headers: &[] });
    batch.decode();
    batch
}

struct Checked {
    sandbox: Sandbox,
}

impl Checked {
    async fn open() -> Self {
        Self { sandbox: Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap() }
    }

    /// Runs one transform on one value.
    async fn apply(&self, class: &str, config: Value, value: &str) -> String {
        let mut chain = json!({
            "transforms": "t", "transforms.t.type": format!("org.apache.kafka.connect.transforms.{class}"),
        });
        for (key, value) in config.as_object().unwrap() {
            chain[format!("transforms.t.{key}")] = value.clone();
        }
        let mut guests = self.sandbox.chain(&chain).unwrap();
        let (mut batch, result) = guests[0].apply(batch(value), None).await;
        result.unwrap();
        let reasons: Vec<_> = batch.rejected().map(|rejected| rejected.rejection.reason.clone()).collect();
        assert!(reasons.is_empty(), "{class}: {reasons:?}");
        values(&mut batch).pop().unwrap()
    }

    /// Demands that a transform makes exactly this of a value.
    async fn check(&self, (class, config): (&str, Value), value: &str, wanted: &str) {
        assert_eq!(self.apply(class, config, value).await, wanted, "{class}");
    }
}

#[tokio::test]
async fn what_a_transform_leaves_alone_stays_byte_for_byte() {
    let checked = Checked::open().await;
    let row = format!(r#"{{"f":7,{UNTOUCHED}}}"#);
    let with = |first: &str| format!("{{{first}{UNTOUCHED}}}");
    let after = |last: &str| format!(r#"{{"f":7,{UNTOUCHED},{last}}}"#);
    for (class, config, wanted) in [
        ("Cast$Value", json!({ "spec": "f:string" }), with(r#""f":"7","#)),
        ("DropHeaders", json!({ "headers": "h" }), row.clone()),
        ("ExtractField$Value", json!({ "field": "long" }), "123456789012345678901234567890".to_owned()),
        ("ExtractField$Value", json!({ "field": "huge" }), "1e400".to_owned()),
        ("HeaderFrom$Value", json!({ "fields": "f", "headers": "h", "operation": "move" }), with("")),
        ("HeaderFrom$Value", json!({ "fields": "f", "headers": "h", "operation": "copy" }), row.clone()),
        ("HoistField$Value", json!({ "field": "whole" }), format!(r#"{{"whole":{row}}}"#)),
        ("InsertField$Value", json!({ "static.field": "n", "static.value": "v" }), after(r#""n":"v""#)),
        ("InsertHeader", json!({ "header": "h", "value.literal": "v" }), row.clone()),
        ("MaskField$Value", json!({ "fields": "f" }), with(r#""f":0,"#)),
        ("RegexRouter", json!({ "regex": "t.*", "replacement": "u" }), row.clone()),
        ("ReplaceField$Value", json!({ "exclude": "f" }), with("")),
        ("ReplaceField$Value", json!({ "renames": "f:g" }), with(r#""g":7,"#)),
        ("SetSchemaMetadata$Key", json!({ "schema.name": "n" }), row.clone()),
        ("TimestampConverter$Value", json!({ "field": "f", "target.type": "string", "format": "SSS" }), {
            with(r#""f":"007","#)
        }),
        ("TimestampRouter", json!({}), row.clone()),
        ("ValueToKey", json!({ "fields": "z,huge" }), row.clone()),
    ] {
        checked.check((class, config), &row, &wanted).await;
    }
}

#[tokio::test]
async fn fields_that_move_keep_their_text() {
    let checked = Checked::open().await;
    let nested = r#"{"n":{"z":1.10,"huge":1e400,"long":123456789012345678901234567890,"b":"\u0073\/é"}}"#;
    let flat = r#"{"n.z":1.10,"n.huge":1e400,"n.long":123456789012345678901234567890,"n.b":"\u0073\/é"}"#;
    checked.check(("Flatten$Value", json!({})), nested, flat).await;
    let kept = ("ReplaceField$Value", json!({ "include": "b,huge,a" }));
    let row = format!(r#"{{"f":7,{UNTOUCHED}}}"#);
    let out = checked.apply(kept.0, kept.1, &row).await;
    for text in [r#""huge":1e400"#, r#""b":"\u0073\/é""#, r#""a":[ 1.0,{"y":2,"x":1}]"#] {
        assert!(out.contains(text), "{text} isn't in {out}");
    }
}

#[tokio::test]
async fn no_spelling_of_a_name_gets_past_a_transform() {
    let checked = Checked::open().await;
    let row =
        r#"{"s\u0073n":"078-05-1120","a":1,"\u0073sn":"078-05-1121","ssn":"078-05-1122","d":{"\u0073\u0073n":"1"}}"#;
    let masked = |class: &'static str, config: Value| {
        let checked = &checked;
        async move { checked.apply(class, config, row).await }
    };
    for (class, config) in [
        ("MaskField$Value", json!({ "fields": "ssn", "replacement": "***" })),
        ("MaskField$Value", json!({ "fields": "ssn" })),
        ("ReplaceField$Value", json!({ "exclude": "ssn" })),
        ("ReplaceField$Value", json!({ "include": "a" })),
        ("HeaderFrom$Value", json!({ "fields": "ssn", "headers": "h", "operation": "move" })),
    ] {
        let out = masked(class, config.clone()).await;
        assert!(!out.contains("078-05"), "{class} {config}: {out}");
        assert!(out.contains(r#""a":1"#), "{class} {config}: {out}");
    }
    for value in [r#"{"a":1,"ssn":"9"}"#, r#"{"a":1,"\u0073sn":"9"}"#] {
        let renamed = checked.apply("ReplaceField$Value", json!({ "renames": "ssn:x" }), value).await;
        assert_eq!(renamed, r#"{"a":1,"x":"9"}"#);
    }
}
