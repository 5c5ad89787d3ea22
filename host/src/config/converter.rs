//! Which converter stands between Kafka's bytes and values, from `key.converter` and `value.converter`. The
//! conversion itself is the pipeline's; here are only the names and the sub-keys.

use super::{Problem, Properties, trim, under};

/// A converter that the host has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Converter {
    /// `org.apache.kafka.connect.json.JsonConverter`.
    Json {
        /// Whether a value travels in an envelope with its schema, `schemas.enable`. Default: true.
        schemas_enable: bool,
    },
    /// `org.apache.kafka.connect.storage.StringConverter`.
    Text,
    /// `org.apache.kafka.connect.converters.ByteArrayConverter`.
    ByteArray,
}

/// The class names of the converters that the host has, as `/connector-plugins` lists them.
pub const CONVERTER_CLASSES: [&str; 3] = [
    "org.apache.kafka.connect.converters.ByteArrayConverter",
    "org.apache.kafka.connect.json.JsonConverter",
    "org.apache.kafka.connect.storage.StringConverter",
];

impl Converter {
    /// Reads the converter named by `key` (such as `value.converter`) and its sub-keys; none if it isn't set.
    ///
    /// # Errors
    /// Returns a problem for an unknown class or a sub-key that can't be used.
    pub fn parse(properties: &Properties, key: &str) -> Result<Option<Converter>, Problem> {
        let Some(class) = properties.get(key).map(|class| trim(class)) else { return Ok(None) };
        let own = under(properties, &format!("{key}."));
        let is = |full: &str| class == full || full.rsplit('.').next() == Some(class);
        let [bytes, json, text] = CONVERTER_CLASSES;
        if is(json) {
            let schemas_enable = schemas_enable(&own, key)?;
            return Ok(Some(Converter::Json { schemas_enable }));
        }
        if is(text) {
            return check_encoding(&own, key).map(|()| Some(Converter::Text));
        }
        if is(bytes) {
            return Ok(Some(Converter::ByteArray));
        }
        let known = CONVERTER_CLASSES.join(", ");
        Err(Problem::invalid(key, class, &format!("Class {class} could not be found. Use one of: {known}")))
    }

    /// Returns the class name.
    pub fn class(self) -> &'static str {
        let [bytes, json, text] = CONVERTER_CLASSES;
        match self {
            Converter::Json { .. } => json,
            Converter::Text => text,
            Converter::ByteArray => bytes,
        }
    }
}

fn schemas_enable(own: &Properties, key: &str) -> Result<bool, Problem> {
    let Some(text) = own.get("schemas.enable") else { return Ok(true) };
    match trim(text).to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::invalid(&format!("{key}.schemas.enable"), text, "Expected value to be either true or false")),
    }
}

fn check_encoding(own: &Properties, key: &str) -> Result<(), Problem> {
    let Some(text) = own.get("converter.encoding") else { return Ok(()) };
    match text.to_ascii_lowercase().replace('-', "").as_str() {
        "utf8" => Ok(()),
        _ => Err(Problem::invalid(&format!("{key}.converter.encoding"), text, "Only UTF-8 is supported. Use UTF-8")),
    }
}
