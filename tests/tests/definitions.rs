//! The keys of each standard transform and predicate are those of Kafka Connect's class of that name: their names,
//! types, defaults, importance and what forms show of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use airlock::config::infos::ConfigKeyInfo;
use airlock::plugin::limits::Limits;
use airlock_tests::oracle::client::definitions;
use airlock_tests::sandbox::Sandbox;
use serde_json::Value;

const TRANSFORMS: [&str; 27] = [
    "Cast$Key",
    "Cast$Value",
    "DropHeaders",
    "ExtractField$Key",
    "ExtractField$Value",
    "Filter",
    "Flatten$Key",
    "Flatten$Value",
    "HeaderFrom$Key",
    "HeaderFrom$Value",
    "HoistField$Key",
    "HoistField$Value",
    "InsertField$Key",
    "InsertField$Value",
    "InsertHeader",
    "MaskField$Key",
    "MaskField$Value",
    "RegexRouter",
    "ReplaceField$Key",
    "ReplaceField$Value",
    "SetSchemaMetadata$Key",
    "SetSchemaMetadata$Value",
    "TimestampConverter$Key",
    "TimestampConverter$Value",
    "TimestampRouter",
    "ValueToKey",
    "predicates.HasHeaderKey",
];
const PREDICATES: [&str; 2] = ["predicates.RecordIsTombstone", "predicates.TopicNameMatches"];

#[tokio::test]
async fn the_keys_of_each_standard_plugin_are_kafka_s() {
    let sandbox = Sandbox::open(Limits::default()).unwrap().with_built_in().await.unwrap();
    let classes: Vec<String> = TRANSFORMS
        .iter()
        .chain(&PREDICATES)
        .map(|class| format!("org.apache.kafka.connect.transforms.{class}"))
        .collect();
    let kafka = definitions(&classes.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let (mut differ, mut compared) = (Vec::new(), 0);
    for class in &classes {
        let (_, plugin) = sandbox.catalog.find(class).unwrap();
        let ours: Vec<Value> = plugin.definition.keys().iter().map(shown).collect();
        for wanted in kafka[class].as_array().unwrap() {
            match ours.iter().find(|key| key["name"] == wanted["name"]) {
                Some(key) if key == wanted => compared += 1,
                found => differ.push(format!("{class}: {wanted}\n    here: {found:?}")),
            }
        }
        let more =
            ours.iter().filter(|key| !kafka[class].as_array().unwrap().iter().any(|of| of["name"] == key["name"]));
        differ.extend(more.map(|key| format!("{class}: only here: {key}")));
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(compared > 50, "only {compared} keys were compared");
}

/// What is compared of a key: not its documentation, which is ours.
fn shown(key: &airlock::config::definition::ConfigKey) -> Value {
    let mut shown = serde_json::to_value(ConfigKeyInfo::from(key)).unwrap();
    let object = shown.as_object_mut().unwrap();
    object.remove("documentation");
    object.remove("dependents");
    shown
}
