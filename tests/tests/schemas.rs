//! Equal schemas stay one schema: what a standard transform makes of a schema is made once, however many batches and
//! records have it, so that converters and sinks can keep what they derive from it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use airlock::pipeline::batch::{Batch, Content, Contents, NewRow};
use airlock::pipeline::edges::Transform as _;
use airlock::plugin::guests::Surroundings;
use airlock::plugin::limits::Limits;
use airlock::record::Part;
use airlock_tests::sandbox::Sandbox;
use serde_json::{Value, json};

const BATCHES: usize = 3;
const ROWS: i64 = 40;

fn batch(around: &Surroundings) -> Batch {
    let contents = Contents { key: Content::JSON_WITH_SCHEMA, value: Content::JSON_WITH_SCHEMA };
    let mut batch = Batch::with_schemas(contents, around.schemas.clone());
    for offset in 0..ROWS {
        let schema = json!({ "type": "struct", "name": "s", "optional": false, "fields": [
            { "type": "int64", "optional": false, "field": "a" },
            { "type": "struct", "optional": true, "field": "n", "fields": [
                { "type": "string", "optional": true, "field": "b" },
            ] },
        ] });
        let payload = json!({ "a": offset, "n": if offset % 3 == 0 { Value::Null } else { json!({ "b": "x" }) } });
        let envelope = json!({ "schema": schema, "payload": payload }).to_string();
        let value = Some(envelope.as_bytes());
        batch.push(NewRow { topic: "topic", partition: 0, offset, timestamp: 7, key: None, value, headers: &[] });
    }
    batch.decode();
    batch
}

#[tokio::test]
async fn equal_schemas_in_are_equal_schemas_out() {
    let sandbox = Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap();
    for (class, part, config, changes) in [
        ("Cast$Value", Part::Value, json!({ "spec": "a:string" }), true),
        ("ExtractField$Value", Part::Value, json!({ "field": "a" }), true),
        ("Flatten$Value", Part::Value, json!({}), true),
        ("HeaderFrom$Value", Part::Value, json!({ "fields": "a", "headers": "h", "operation": "move" }), true),
        ("HoistField$Value", Part::Value, json!({ "field": "whole" }), true),
        (
            "InsertField$Value",
            Part::Value,
            json!({ "timestamp.field": "t", "static.field": "s", "static.value": "v" }),
            true,
        ),
        ("MaskField$Value", Part::Value, json!({ "fields": "a" }), false),
        ("ReplaceField$Value", Part::Value, json!({ "renames": "a:z" }), true),
        ("SetSchemaMetadata$Value", Part::Value, json!({ "schema.name": "other", "schema.version": "2" }), true),
        ("TimestampConverter$Value", Part::Value, json!({ "field": "a", "target.type": "Date" }), true),
        ("ValueToKey", Part::Key, json!({ "fields": "a" }), true),
    ] {
        let around = Surroundings { scope: "test".to_owned(), ..Surroundings::default() };
        let mut chain = json!({
            "transforms": "t", "transforms.t.type": format!("org.apache.kafka.connect.transforms.{class}"),
        });
        for (key, value) in config.as_object().unwrap() {
            chain[format!("transforms.t.{key}")] = value.clone();
        }
        let mut guests = sandbox.chain_in(&chain, &around).unwrap();
        let mut made = Vec::new();
        for _ in 0..BATCHES {
            let (out, result) = guests[0].apply(batch(&around), None).await;
            result.unwrap();
            assert_eq!(out.rejected().count(), 0, "{class}");
            made.extend(out.schemas(part));
        }
        made.dedup();
        let table = around.schemas.lock().unwrap();
        assert!(matches!(made.as_slice(), [id] if *id != 0), "{class}: {made:?}");
        assert_eq!((table.get(2).is_some(), table.get(3).is_some()), (changes, false), "{class}");
    }
}
