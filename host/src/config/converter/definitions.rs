//! The keys of each converter, with Kafka's types, defaults and groups.

use super::{BOOLEAN, BYTE_ARRAY, Format, JSON, TEXT, registry};
use crate::config::definition::{ConfigKey, ConfigType, Importance, Width};

/// How a converter is used: Connect sets it.
pub(super) const TYPE: &str = "converter.type";

/// Returns the keys of a class.
pub(super) fn keys(class: &str) -> Vec<ConfigKey> {
    let mut keys = vec![ConfigKey {
        name: TYPE.to_owned(),
        required: true,
        importance: Importance::Low,
        documentation: "Whether keys, values or headers are converted. Connect sets it.".to_owned(),
        valid_values: ["key", "value", "header"].map(str::to_owned).to_vec(),
        display_name: TYPE.to_owned(),
        ..ConfigKey::default()
    }];
    match class {
        JSON => keys.extend(json()),
        TEXT => keys.push(encoding()),
        // The others have no keys of their own.
        BOOLEAN | BYTE_ARRAY => {}
        other => keys.extend(Format::of_class(other).into_iter().flat_map(registry::keys)),
    }
    keys
}

fn json() -> [ConfigKey; 5] {
    let schemas = |order| ConfigKey {
        importance: Importance::High,
        group: "Schemas".to_owned(),
        order: Some(order),
        width: Width::Medium,
        ..ConfigKey::default()
    };
    let serialization = |order| ConfigKey {
        importance: Importance::Low,
        group: "Serialization".to_owned(),
        order: Some(order),
        width: Width::Medium,
        ..ConfigKey::default()
    };
    [
        ConfigKey {
            name: "schemas.enable".to_owned(),
            value_type: ConfigType::Boolean,
            default_value: Some("true".to_owned()),
            documentation: "Whether each key or value travels together with its schema.".to_owned(),
            display_name: "Enable Schemas".to_owned(),
            ..schemas(0)
        },
        ConfigKey {
            name: "schemas.cache.size".to_owned(),
            value_type: ConfigType::Int,
            default_value: Some("1000".to_owned()),
            documentation: "How many schemas Kafka Connect would keep; without effect here, where a task keeps all."
                .to_owned(),
            display_name: "Schema Cache Size".to_owned(),
            ..schemas(1)
        },
        ConfigKey {
            name: "schema.content".to_owned(),
            documentation: "A schema in JSON that all records are read by, which then come without one. Counts for \
                            sinks, and only with schemas.enable."
                .to_owned(),
            display_name: "Schema Content".to_owned(),
            ..schemas(2)
        },
        ConfigKey {
            name: "decimal.format".to_owned(),
            default_value: Some("BASE64".to_owned()),
            documentation: "How decimals are written: BASE64 (of the unscaled number) or NUMERIC, in any case."
                .to_owned(),
            valid_values: ["NUMERIC", "BASE64"].map(str::to_owned).to_vec(),
            any_case: true,
            display_name: "Decimal Format".to_owned(),
            ..serialization(0)
        },
        ConfigKey {
            name: "replace.null.with.default".to_owned(),
            value_type: ConfigType::Boolean,
            default_value: Some("true".to_owned()),
            documentation: "Whether a null becomes the default of its schema, where there is one.".to_owned(),
            display_name: "Replace null with default".to_owned(),
            ..serialization(1)
        },
    ]
}

fn encoding() -> ConfigKey {
    ConfigKey {
        name: "converter.encoding".to_owned(),
        default_value: Some("UTF-8".to_owned()),
        importance: Importance::High,
        documentation: "The character set of the bytes, by its name in Java.".to_owned(),
        display_name: "Encoding".to_owned(),
        width: Width::Medium,
        ..ConfigKey::default()
    }
}
