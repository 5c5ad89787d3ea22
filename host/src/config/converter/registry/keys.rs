//! The definitions of the keys that Confluent's converters have.

mod json;

use super::Format;
use crate::config::definition::{ConfigKey, ConfigType, Importance};

/// `AvroConverter`'s flags and their defaults.
const AVRO_FLAGS: [(&str, &str); 8] = [
    ("connect.meta.data", "true"),
    ("enhanced.avro.schema.support", "false"),
    ("scrub.invalid.names", "false"),
    ("generalized.sum.type.support", "false"),
    ("ignore.default.for.nullables", "false"),
    ("discard.type.doc.default", "false"),
    ("allow.optional.map.keys", "false"),
    ("flatten.singleton.unions", "true"),
];

/// `ProtobufConverter`'s flags and their defaults.
const PROTOBUF_FLAGS: [(&str, &str); 14] = [
    ("generalized.sum.type.support", "false"),
    ("ignore.default.for.nullables", "false"),
    ("enhanced.protobuf.schema.support", "false"),
    ("scrub.invalid.names", "false"),
    ("int.for.enums", "false"),
    ("optional.for.nullables", "false"),
    ("optional.for.proto2", "true"),
    ("wrapper.for.nullables", "false"),
    ("wrapper.for.raw.primitives", "true"),
    ("generate.struct.for.nulls", "false"),
    ("generate.index.for.unions", "true"),
    ("flatten.unions", "false"),
    ("reference.lookup.only", "false"),
    ("skip.known.types", "true"),
];

/// Returns all keys of a format's converter.
pub(in super::super) fn keys(format: Format) -> Vec<ConfigKey> {
    registry_keys().into_iter().chain(own_keys(format)).collect()
}

/// Returns the keys that only a format's converter has.
pub(super) fn own_keys(format: Format) -> Vec<ConfigKey> {
    match format {
        Format::Avro => AVRO_FLAGS.iter().map(|(name, default)| flag(name, default)).collect(),
        Format::JsonSchema => json::keys(),
        Format::Protobuf => {
            let flags = PROTOBUF_FLAGS.iter().map(|(name, default)| flag(name, default));
            flags.chain([reference_strategy()]).collect()
        }
    }
}

fn reference_strategy() -> ConfigKey {
    ConfigKey {
        name: "reference.subject.name.strategy".to_owned(),
        value_type: ConfigType::Class,
        default_value: Some("io.confluent.kafka.serializers.subject.DefaultReferenceSubjectNameStrategy".to_owned()),
        importance: Importance::Low,
        documentation: "Without effect: what is registered refers to no other subject.".to_owned(),
        ..ConfigKey::default()
    }
}

fn registry_keys() -> Vec<ConfigKey> {
    let key = |name: &str, value_type: ConfigType, default: Option<&str>, documentation: &str| ConfigKey {
        name: name.to_owned(),
        value_type,
        default_value: default.map(str::to_owned),
        importance: Importance::Low,
        documentation: documentation.to_owned(),
        ..ConfigKey::default()
    };
    let default = Some("io.confluent.kafka.serializers.subject.TopicNameStrategy");
    let strategies = "What subjects are named after: TopicNameStrategy, RecordNameStrategy or TopicRecordNameStrategy.";
    use ConfigType::{Class, Int, List, Long, Password, Text};
    let mut keys = vec![
        ConfigKey {
            name: "schema.registry.url".to_owned(),
            value_type: List,
            required: true,
            importance: Importance::High,
            documentation: "The URLs of the schema registry, tried in turn.".to_owned(),
            ..ConfigKey::default()
        },
        flag("auto.register.schemas", "true"),
        flag("use.latest.version", "false"),
        flag("latest.compatibility.strict", "true"),
        flag("id.compatibility.strict", "true"),
        flag("normalize.schemas", "false"),
        key("use.schema.id", Int, Some("-1"), "The id of the schema to write with; -1 for none."),
        key("schemas.cache.config", Int, Some("1000"), "How many schemas are kept ready."),
        key("max.schemas.per.subject", Int, Some("1000"), "Without effect: schemas.cache.config counts."),
        key("key.subject.name.strategy", Class, default, strategies),
        key("value.subject.name.strategy", Class, default, strategies),
        key("basic.auth.credentials.source", Text, Some("URL"), "URL or USER_INFO."),
        key("basic.auth.user.info", Password, Some(""), "user:password, with USER_INFO."),
        key("schema.registry.basic.auth.user.info", Password, Some(""), "As basic.auth.user.info, which it is before."),
        key("bearer.auth.credentials.source", Text, None, "STATIC_TOKEN."),
        key("bearer.auth.token", Password, None, "The token, with STATIC_TOKEN."),
        key("http.connect.timeout.ms", Int, Some("60000"), "How long a connection may take to open."),
        key("http.read.timeout.ms", Int, Some("60000"), "How long an answer may take."),
        key("max.retries", Int, Some("3"), "How often a request that failed is sent again."),
        key("retries.wait.ms", Long, Some("1000"), "How long to wait before that the first time."),
        key("retries.max.wait.ms", Long, Some("20000"), "How long to wait at most."),
    ];
    for name in ["truststore.type", "truststore.location", "keystore.type", "keystore.location"] {
        keys.push(key(&format!("schema.registry.ssl.{name}"), Text, None, "TLS; only PEM is understood."));
    }
    for name in ["truststore.certificates", "keystore.certificate.chain", "keystore.key"] {
        keys.push(key(&format!("schema.registry.ssl.{name}"), Password, None, "TLS: PEM texts."));
    }
    keys
}

fn flag(name: &str, default: &str) -> ConfigKey {
    ConfigKey {
        name: name.to_owned(),
        value_type: ConfigType::Boolean,
        default_value: Some(default.to_owned()),
        importance: Importance::Low,
        documentation: "As in Confluent's converters.".to_owned(),
        ..ConfigKey::default()
    }
}
