//! The keys that only `JsonSchemaConverter` has.

use super::{ConfigKey, ConfigType, Importance, flag};

/// Flags that count, and their defaults.
const FLAGS: [(&str, &str); 6] = [
    ("object.additional.properties", "true"),
    ("use.optional.for.nonrequired", "false"),
    ("generalized.sum.type.support", "false"),
    ("ignore.default.for.nullables", "false"),
    ("flatten.singleton.unions", "true"),
    ("ignore.modern.dialects", "false"),
];
/// Flags about Java's objects and rules, without effect on Connect's data, in Java as here; those that would have one
/// are refused unless they are off.
const WITHOUT_EFFECT: [(&str, &str); 8] = [
    ("preserve.additional.properties", "false"),
    ("json.fail.invalid.schema", "false"),
    ("json.fail.unknown.properties", "true"),
    ("json.validate.before.domain.rules", "false"),
    ("json.write.dates.iso8601", "false"),
    ("json.envelope.detection", "true"),
    ("json.oneof.for.nullables", "true"),
    ("json.indent.output", "false"),
];
/// Texts about Java's objects, likewise.
const JAVA: [(&str, Option<&str>, ConfigType); 7] = [
    ("json.schema.spec.version", Some("draft_7"), ConfigType::Text),
    ("json.schema.scan.packages", Some(""), ConfigType::List),
    ("json.default.property.inclusion", None, ConfigType::Text),
    ("json.key.type", Some("java.lang.Object"), ConfigType::Class),
    ("json.value.type", Some("java.lang.Object"), ConfigType::Class),
    ("type.property", Some("javaType"), ConfigType::Text),
    ("json.type.allowed.packages", Some("*"), ConfigType::List),
];

/// Returns them.
pub(super) fn keys() -> Vec<ConfigKey> {
    let mut keys: Vec<_> = FLAGS.iter().map(|(name, default)| flag(name, default)).collect();
    keys.push(ConfigKey {
        name: "decimal.format".to_owned(),
        default_value: Some("BASE64".to_owned()),
        importance: Importance::Low,
        documentation: "How decimals are written: BASE64 (of the unscaled number) or NUMERIC, in any case.".to_owned(),
        valid_values: ["NUMERIC", "BASE64"].map(str::to_owned).to_vec(),
        any_case: true,
        ..ConfigKey::default()
    });
    keys.extend(WITHOUT_EFFECT.iter().map(|(name, default)| ConfigKey {
        documentation: "Without effect on Connect's data.".to_owned(),
        ..flag(name, default)
    }));
    keys.extend(JAVA.iter().map(|(name, default, value_type)| ConfigKey {
        name: (*name).to_owned(),
        value_type: *value_type,
        default_value: default.map(str::to_owned),
        importance: Importance::Low,
        documentation: "About Java's classes: without effect on Connect's data.".to_owned(),
        ..ConfigKey::default()
    }));
    keys
}
