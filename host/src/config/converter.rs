//! Which converter stands between Kafka's bytes and values, from `key.converter` and `value.converter`. The
//! conversion itself is the pipeline's; here are only the names and the sub-keys. A further converter needs its
//! class in `CONVERTER_CLASSES`, its keys in `definitions`, and a variant that `Converter::parse` makes of them; one
//! with a schema registry needs a `Format`.

mod definitions;
mod kinds;
mod registry;

pub use kinds::{Charset, Primitive};
pub use registry::{
    Credentials, Format, FormatOptions, Pem, RegistryConfig, RegistryConverter, SubjectName, WriteWith,
};

use std::sync::Arc;

use super::definition::{ConfigDefinition, ConfigKey, Values};
use super::{Problem, Properties, trim};

/// A converter that the host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Converter {
    /// `org.apache.kafka.connect.json.JsonConverter`.
    Json(JsonConverter),
    /// `org.apache.kafka.connect.storage.StringConverter`, and its `converter.encoding`.
    Text(Charset),
    /// `org.apache.kafka.connect.converters.ByteArrayConverter`.
    ByteArray,
    /// A converter of one type, such as `org.apache.kafka.connect.converters.LongConverter`.
    Primitive(Primitive),
    /// One whose schemas are in a schema registry, such as `io.confluent.connect.avro.AvroConverter`.
    Registry(Box<RegistryConverter>),
}

/// What `JsonConverter`'s keys say. `schemas.cache.size` is checked, and has no effect: schemas are kept for as long
/// as a task runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonConverter {
    /// Whether a value travels in an envelope with its schema, `schemas.enable`. Default: true.
    pub schemas_enable: bool,
    /// The schema of all values that are read, in JSON, `schema.content`: they come without an envelope then. Counts
    /// with `schemas_enable` only.
    pub schema_content: Option<Arc<str>>,
    /// Whether decimals are written as numbers, `decimal.format` NUMERIC. Default: no, in base 64.
    pub numeric_decimals: bool,
    /// Whether a null becomes its schema's default, `replace.null.with.default`. Default: true.
    pub replace_null_with_default: bool,
}

impl Default for JsonConverter {
    fn default() -> Self {
        Self { schemas_enable: true, schema_content: None, numeric_decimals: false, replace_null_with_default: true }
    }
}

/// The class names of the converters that the host has, as `/connector-plugins` lists them.
pub const CONVERTER_CLASSES: [&str; 12] = [
    BOOLEAN,
    BYTE_ARRAY,
    "org.apache.kafka.connect.converters.DoubleConverter",
    "org.apache.kafka.connect.converters.FloatConverter",
    "org.apache.kafka.connect.converters.IntegerConverter",
    "org.apache.kafka.connect.converters.LongConverter",
    "org.apache.kafka.connect.converters.ShortConverter",
    JSON,
    TEXT,
    Format::Avro.class(),
    Format::JsonSchema.class(),
    Format::Protobuf.class(),
];

const BOOLEAN: &str = "org.apache.kafka.connect.converters.BooleanConverter";
const BYTE_ARRAY: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";
const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";
const TEXT: &str = "org.apache.kafka.connect.storage.StringConverter";

const SIMPLE_HEADER: &str = "org.apache.kafka.connect.storage.SimpleHeaderConverter";

/// The class names of the header converters that the host has: all of Kafka's converters are, too.
pub const HEADER_CONVERTER_CLASSES: [&str; 10] = {
    let [boolean, byte_array, double, float, integer, long, short, json, text, ..] = CONVERTER_CLASSES;
    [boolean, byte_array, double, float, integer, long, short, json, SIMPLE_HEADER, text]
};

/// A converter of headers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HeaderConverter {
    /// `org.apache.kafka.connect.storage.SimpleHeaderConverter`, Connect's default: headers are texts, whose types are
    /// found out. It reads and writes all.
    #[default]
    Simple,
    /// One that converts keys and values, too.
    Of(Converter),
}

impl HeaderConverter {
    /// Reads `header.converter` and its sub-keys; none if it isn't set.
    ///
    /// # Errors
    /// Returns a problem for an unknown class, or all those of its sub-keys.
    pub fn parse(properties: &Properties) -> Result<Option<HeaderConverter>, Vec<Problem>> {
        const KEY: &str = "header.converter";
        let Some(class) = properties.get(KEY).map(|class| trim(class)) else { return Ok(None) };
        match HEADER_CONVERTER_CLASSES.into_iter().find(|known| names(class, known)) {
            None => Err(vec![unknown(KEY, class, &HEADER_CONVERTER_CLASSES)]),
            Some(SIMPLE_HEADER) => Ok(Some(HeaderConverter::Simple)),
            Some(_) => Ok(Converter::parse(properties, KEY)?.map(HeaderConverter::Of)),
        }
    }

    /// Returns the class name.
    pub fn class(&self) -> &'static str {
        match self {
            HeaderConverter::Simple => SIMPLE_HEADER,
            HeaderConverter::Of(converter) => converter.class(),
        }
    }
}

impl Converter {
    /// Reads the converter named by `key` (such as `value.converter`) and its sub-keys; none if it isn't set.
    ///
    /// # Errors
    /// Returns a problem for an unknown class, or all those of its sub-keys.
    pub fn parse(properties: &Properties, key: &str) -> Result<Option<Converter>, Vec<Problem>> {
        let Some(class) = properties.get(key).map(|class| trim(class)) else { return Ok(None) };
        let full = full_class(class).ok_or_else(|| vec![unknown(key, class, &CONVERTER_CLASSES)])?;
        let values = ConfigDefinition::new(converter_keys(class, key)).parse(properties)?;
        let own = |name: &str| format!("{key}.{name}");
        let converter = match full {
            BYTE_ARRAY => Converter::ByteArray,
            TEXT => Converter::Text(charset(&values, &own("converter.encoding"))?),
            JSON => {
                let json = JsonConverter::new(&values, own);
                json.check(&own("schema.content"))?;
                Converter::Json(json)
            }
            other => match Format::of_class(other) {
                Some(format) => {
                    let reading = registry::Reading { key, values: &values, properties };
                    Converter::Registry(Box::new(reading.converter(format)?))
                }
                None => Primitive::ALL
                    .into_iter()
                    .find(|known| primitive_class(*known) == other)
                    .map(Converter::Primitive)
                    .ok_or_else(|| vec![unknown(key, class, &CONVERTER_CLASSES)])?,
            },
        };
        Ok(Some(converter))
    }

    /// Returns the class name.
    pub fn class(&self) -> &'static str {
        match self {
            Converter::Json(_) => JSON,
            Converter::Text(_) => TEXT,
            Converter::ByteArray => BYTE_ARRAY,
            Converter::Primitive(primitive) => primitive_class(*primitive),
            Converter::Registry(converter) => converter.format.class(),
        }
    }
}

impl JsonConverter {
    fn new(values: &Values, own: impl Fn(&str) -> String) -> Self {
        let content = values.text(&own("schema.content")).filter(|content| !content.is_empty());
        let format = values.text(&own("decimal.format")).unwrap_or_default();
        Self {
            schemas_enable: values.is_true(&own("schemas.enable")),
            schema_content: content.map(Arc::from),
            numeric_decimals: format.eq_ignore_ascii_case("NUMERIC"),
            replace_null_with_default: values.is_true(&own("replace.null.with.default")),
        }
    }

    /// Checks that the schema is JSON. What it says is looked at where its values are read.
    fn check(&self, key: &str) -> Result<(), Vec<Problem>> {
        let Some(content) = &self.schema_content else { return Ok(()) };
        match serde_json::from_str::<serde::de::IgnoredAny>(content) {
            Ok(_) => Ok(()),
            Err(error) => Err(vec![Problem::invalid(key, content, &format!("The schema is no JSON: {error}"))]),
        }
    }
}

/// Returns the keys that a converter's class has, as they stand in a configuration in which `key` names it; none for an
/// unknown class.
pub fn converter_keys(class: &str, key: &str) -> Vec<ConfigKey> {
    let keys = full_class(class).map(definitions::keys).unwrap_or_default();
    let prefixed = |own: ConfigKey| ConfigKey { name: format!("{key}.{}", own.name), ..own };
    // Connect sets the type itself.
    keys.into_iter().filter(|own| own.name != definitions::TYPE).map(prefixed).collect()
}

/// Returns what `/connector-plugins` tells of a converter's keys.
pub fn converter_definition(class: &str) -> ConfigDefinition {
    ConfigDefinition::new(full_class(class).map(definitions::keys).unwrap_or_default())
}

fn full_class(class: &str) -> Option<&'static str> {
    CONVERTER_CLASSES.into_iter().find(|known| names(class, known))
}

fn primitive_class(primitive: Primitive) -> &'static str {
    let [boolean, _, double, float, integer, long, short, ..] = CONVERTER_CLASSES;
    match primitive {
        Primitive::Boolean => boolean,
        Primitive::Short => short,
        Primitive::Integer => integer,
        Primitive::Long => long,
        Primitive::Float => float,
        Primitive::Double => double,
    }
}

/// Whether `class` is a full class name, the simple one behind its last dot, or that without `Converter`.
fn names(class: &str, full: &str) -> bool {
    let simple = full.rsplit('.').next().unwrap_or(full);
    class == full || class == simple || simple.strip_suffix("Converter") == Some(class)
}

fn unknown(key: &str, class: &str, known: &[&str]) -> Problem {
    let known = known.join(", ");
    Problem::invalid(key, class, &format!("Class {class} could not be found. Use one of: {known}"))
}

fn charset(values: &Values, key: &str) -> Result<Charset, Vec<Problem>> {
    let name = values.text(key).unwrap_or_default();
    Charset::named(name).ok_or_else(|| {
        let known: Vec<&str> = Charset::ALL.into_iter().map(Charset::name).collect();
        vec![Problem::invalid(
            key,
            name,
            &format!("There is no such character set here. Use one of: {}", known.join(", ")),
        )]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Option<Converter>, String> {
        let properties = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Converter::parse(&properties, "value.converter")
            .map_err(|problems| problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn schemas_are_on_unless_switched_off() {
        let class = ("value.converter", "org.apache.kafka.connect.json.JsonConverter");

        assert_eq!(parse(&[class]), Ok(Some(Converter::Json(JsonConverter::default()))));
        let off = ("value.converter.schemas.enable", " False ");
        let plain = JsonConverter { schemas_enable: false, ..JsonConverter::default() };
        assert_eq!(parse(&[class, off]), Ok(Some(Converter::Json(plain))));
    }

    #[test]
    fn a_simple_name_is_enough() {
        assert_eq!(parse(&[("value.converter", "StringConverter")]), Ok(Some(Converter::Text(Charset::Utf8))));
        assert_eq!(parse(&[("value.converter", "Long")]), Ok(Some(Converter::Primitive(Primitive::Long))));
        assert_eq!(parse(&[("value.converter", "ByteArrayConverter")]), Ok(Some(Converter::ByteArray)));
        assert_eq!(parse(&[]), Ok(None));
    }

    #[test]
    fn an_unknown_converter_is_named_with_the_known_ones() {
        let message = parse(&[("value.converter", "com.example.AvroConverter")]).unwrap_err();

        assert!(message.starts_with("Invalid value com.example.AvroConverter for configuration"));
        assert!(message.contains("could not be found. Use one of: org.apache.kafka.connect.converters.Boolean"));
    }

    #[test]
    fn an_encoding_is_one_that_every_java_has() {
        let class = ("value.converter", "StringConverter");
        let with = |encoding| parse(&[class, ("value.converter.converter.encoding", encoding)]);

        assert_eq!(with("UTF8"), Ok(Some(Converter::Text(Charset::Utf8))));
        assert_eq!(with("latin1"), Ok(Some(Converter::Text(Charset::Latin1))));
        let refused = with("EBCDIC").unwrap_err();
        assert!(refused.ends_with("Use one of: US-ASCII, ISO-8859-1, UTF-8, UTF-16, UTF-16BE, UTF-16LE"), "{refused}");
    }

    #[test]
    fn every_wrong_key_of_a_converter_is_told() {
        let of = |key: &'static str, value| (key, value);
        let refused = parse(&[
            of("value.converter", "JsonConverter"),
            of("value.converter.schemas.enable", "maybe"),
            of("value.converter.decimal.format", "hex"),
            of("value.converter.schemas.cache.size", "x"),
        ])
        .unwrap_err();
        let words = [
            "Invalid value maybe for configuration value.converter.schemas.enable: Expected value to be either true or false",
            "Invalid value x for configuration value.converter.schemas.cache.size: Not a number of type INT",
            "Invalid value hex for configuration value.converter.decimal.format: String must be one of (case insensitive): \
             NUMERIC, BASE64",
        ];
        assert_eq!(refused.lines().collect::<Vec<_>>(), words);
    }

    #[test]
    fn decimals_nulls_and_the_schema_are_read() {
        let parsed = parse(&[
            ("value.converter", "JsonConverter"),
            ("value.converter.decimal.format", "numeric"),
            ("value.converter.replace.null.with.default", "false"),
            ("value.converter.schema.content", "{\"type\":\"int8\"}"),
        ]);
        let json = JsonConverter {
            schemas_enable: true,
            schema_content: Some(Arc::from("{\"type\":\"int8\"}")),
            numeric_decimals: true,
            replace_null_with_default: false,
        };
        assert_eq!(parsed, Ok(Some(Converter::Json(json))));
        assert!(parse(&[("value.converter", "Json"), ("value.converter.schema.content", "{")]).is_err());
    }

    #[test]
    fn header_converters_have_names_of_their_own() {
        let with = |class: &str| {
            let pairs = [("header.converter", class), ("header.converter.schemas.enable", "false")];
            HeaderConverter::parse(&pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
        };

        assert_eq!(with("SimpleHeaderConverter"), Ok(Some(HeaderConverter::Simple)));
        let json = JsonConverter { schemas_enable: false, ..JsonConverter::default() };
        let json = HeaderConverter::Of(Converter::Json(json));
        assert_eq!(with("org.apache.kafka.connect.json.JsonConverter"), Ok(Some(json)));
        assert!(with("io.confluent.connect.avro.AvroConverter").is_err());
        assert_eq!(HeaderConverter::parse(&Properties::default()), Ok(None));
    }
}
