//! What is measured: each of Kafka's transforms, with one configuration that people use, some with two; and five of
//! them in a row.

use serde_json::{Map, Value, json};

/// A configuration, the same text on both sides.
type Config = &'static [(&'static str, &'static str)];

/// Which records have a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Headers {
    None,
    Half,
    All,
}

/// Transforms, and what their records need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) name: &'static str,
    steps: &'static [(&'static str, Config)],
    /// The name of a header: the records without it pass the only step by.
    header: Option<&'static str>,
    pub(super) headers: Headers,
    /// Whether the transform makes a key: keys are JSON then, and null at first.
    pub(super) makes_key: bool,
    /// Whether it works on records without a schema.
    plain: bool,
}

const CASE: Case = Case { name: "", steps: &[], header: None, headers: Headers::None, makes_key: false, plain: true };

/// The steps of the case `five in a row`, each of which is a case of its own too.
pub(super) const FIVE: [&str; 5] = ["ReplaceField", "MaskField", "InsertField", "Cast", "TimestampConverter"];

const CAST: (&str, Config) = ("Cast$Value", &[("spec", "id:int32,amount:string")]);
const INSERT_FIELD: (&str, Config) = ("InsertField$Value", &[("static.field", "source"), ("static.value", "web")]);
const MASK_FIELD: (&str, Config) = ("MaskField$Value", &[("fields", "ssn"), ("replacement", "****")]);
const REPLACE_FIELD: (&str, Config) = ("ReplaceField$Value", &[("exclude", "phone")]);
const TIMESTAMP_CONVERTER: (&str, Config) = (
    "TimestampConverter$Value",
    &[("field", "created"), ("format", "yyyy-MM-dd'T'HH:mm:ss'Z'"), ("target.type", "unix")],
);
const METADATA: Config = &[("topic.field", "topic"), ("offset.field", "offset"), ("timestamp.field", "at")];
const MOVE: Config = &[("fields", "ssn"), ("headers", "ssn"), ("operation", "move")];
const DAILY: Config = &[("topic.format", "${topic}-${timestamp}"), ("timestamp.format", "yyyyMMdd")];

/// All cases.
pub(super) const CASES: [Case; 19] = [
    Case { name: "Cast", steps: &[CAST], ..CASE },
    Case { name: "DropHeaders", steps: &[("DropHeaders", &[("headers", "trace")])], headers: Headers::All, ..CASE },
    Case { name: "ExtractField", steps: &[("ExtractField$Value", &[("field", "address")])], ..CASE },
    Case { name: "Filter", steps: &[("Filter", &[])], header: Some("trace"), headers: Headers::Half, ..CASE },
    Case { name: "Flatten", steps: &[("Flatten$Value", &[("delimiter", "_")])], ..CASE },
    Case { name: "HeaderFrom", steps: &[("HeaderFrom$Value", MOVE)], headers: Headers::All, ..CASE },
    Case { name: "HoistField", steps: &[("HoistField$Value", &[("field", "customer")])], ..CASE },
    Case { name: "InsertField", steps: &[INSERT_FIELD], ..CASE },
    Case { name: "InsertField, metadata", steps: &[("InsertField$Value", METADATA)], ..CASE },
    Case {
        name: "InsertHeader",
        steps: &[("InsertHeader", &[("header", "source"), ("value.literal", "web")])],
        headers: Headers::All,
        ..CASE
    },
    Case { name: "MaskField", steps: &[MASK_FIELD], ..CASE },
    Case { name: "RegexRouter", steps: &[("RegexRouter", &[("regex", "(.*)s"), ("replacement", "old_$1")])], ..CASE },
    Case { name: "ReplaceField", steps: &[REPLACE_FIELD], ..CASE },
    Case {
        name: "ReplaceField, renames",
        steps: &[("ReplaceField$Value", &[("renames", "id:customer_id,note:remark")])],
        ..CASE
    },
    Case {
        name: "SetSchemaMetadata",
        steps: &[("SetSchemaMetadata$Value", &[("schema.name", "shop.Person"), ("schema.version", "2")])],
        plain: false,
        ..CASE
    },
    Case { name: "TimestampConverter", steps: &[TIMESTAMP_CONVERTER], ..CASE },
    Case { name: "TimestampRouter", steps: &[("TimestampRouter", DAILY)], ..CASE },
    Case { name: "ValueToKey", steps: &[("ValueToKey", &[("fields", "id")])], makes_key: true, ..CASE },
    Case {
        name: "five in a row",
        steps: &[REPLACE_FIELD, MASK_FIELD, INSERT_FIELD, CAST, TIMESTAMP_CONVERTER],
        ..CASE
    },
];

/// A case, and whether its records have a schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    pub(super) case: Case,
    pub(super) schemas: bool,
}

/// Returns what is measured, of those cases whose name holds `wanted`.
pub(super) fn works(wanted: &str) -> Vec<Work> {
    let cases = || CASES.into_iter().filter(|case| case.name.contains(wanted));
    let plain = cases().filter(|case| case.plain).map(|case| Work { case, schemas: false });
    plain.chain(cases().map(|case| Work { case, schemas: true })).collect()
}

impl Work {
    /// The name in figures.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", if self.schemas { "schemas" } else { "plain" }, self.case.name)
    }

    /// The steps as Kafka's classes are told of them.
    pub(super) fn steps(&self) -> Value {
        let step = |(class, config): &(&str, Config)| {
            let mut step = json!({ "class": class_name(class), "config": map(config) });
            if let Some(header) = self.case.header {
                step["predicate"] = json!({ "class": class_name(PREDICATE), "config": { "name": header } });
            }
            step
        };
        self.case.steps.iter().map(step).collect()
    }

    /// The steps as a connector's configuration.
    pub(super) fn chain(&self) -> Value {
        let mut chain = Map::new();
        let mut names = Vec::new();
        for (index, (class, config)) in self.case.steps.iter().enumerate() {
            let name = format!("t{index}");
            let mut set = |key: &str, value: &str| chain.insert(format!("transforms.{name}.{key}"), json!(value));
            set("type", &class_name(class));
            config.iter().for_each(|(key, value)| drop(set(key, value)));
            if self.case.header.is_some() {
                set("predicate", "p");
            }
            names.push(name);
        }
        chain.insert("transforms".to_owned(), json!(names.join(",")));
        if let Some(header) = self.case.header {
            chain.insert("predicates".to_owned(), json!("p"));
            chain.insert("predicates.p.type".to_owned(), json!(class_name(PREDICATE)));
            chain.insert("predicates.p.name".to_owned(), json!(header));
        }
        Value::Object(chain)
    }
}

const PREDICATE: &str = "predicates.HasHeaderKey";

fn class_name(class: &str) -> String {
    format!("org.apache.kafka.connect.transforms.{class}")
}

fn map(config: Config) -> Map<String, Value> {
    config.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect()
}
