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

/// The class names of the header converters that are understood. Header values pass as bytes under each.
pub const HEADER_CONVERTER_CLASSES: [&str; 3] = [
    "org.apache.kafka.connect.converters.ByteArrayConverter",
    "org.apache.kafka.connect.storage.SimpleHeaderConverter",
    "org.apache.kafka.connect.storage.StringConverter",
];

/// Checks `header.converter`, if it is set.
///
/// # Errors
/// Returns a problem for an unknown class.
pub fn check_header_converter(properties: &Properties) -> Result<(), Problem> {
    let Some(class) = properties.get("header.converter").map(|class| trim(class)) else { return Ok(()) };
    match HEADER_CONVERTER_CLASSES.iter().any(|known| names(class, known)) {
        true => Ok(()),
        false => Err(unknown("header.converter", class, &HEADER_CONVERTER_CLASSES)),
    }
}

impl Converter {
    /// Reads the converter named by `key` (such as `value.converter`) and its sub-keys; none if it isn't set.
    ///
    /// # Errors
    /// Returns a problem for an unknown class or a sub-key that can't be used.
    pub fn parse(properties: &Properties, key: &str) -> Result<Option<Converter>, Problem> {
        let Some(class) = properties.get(key).map(|class| trim(class)) else { return Ok(None) };
        let own = under(properties, &format!("{key}."));
        let [bytes, json, text] = CONVERTER_CLASSES;
        if names(class, json) {
            let schemas_enable = schemas_enable(&own, key)?;
            return Ok(Some(Converter::Json { schemas_enable }));
        }
        if names(class, text) {
            return check_encoding(&own, key).map(|()| Some(Converter::Text));
        }
        if names(class, bytes) {
            return Ok(Some(Converter::ByteArray));
        }
        Err(unknown(key, class, &CONVERTER_CLASSES))
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

/// Whether `class` is a full class name or the simple one behind its last dot.
fn names(class: &str, full: &str) -> bool {
    class == full || full.rsplit('.').next() == Some(class)
}

fn unknown(key: &str, class: &str, known: &[&str]) -> Problem {
    let known = known.join(", ");
    Problem::invalid(key, class, &format!("Class {class} could not be found. Use one of: {known}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Option<Converter>, String> {
        let properties = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Converter::parse(&properties, "value.converter").map_err(|problem| problem.message)
    }

    #[test]
    fn schemas_are_on_unless_switched_off() {
        let class = ("value.converter", "org.apache.kafka.connect.json.JsonConverter");

        assert_eq!(parse(&[class]), Ok(Some(Converter::Json { schemas_enable: true })));
        let off = ("value.converter.schemas.enable", "false");
        assert_eq!(parse(&[class, off]), Ok(Some(Converter::Json { schemas_enable: false })));
    }

    #[test]
    fn a_simple_name_is_enough() {
        assert_eq!(parse(&[("value.converter", "StringConverter")]), Ok(Some(Converter::Text)));
        assert_eq!(parse(&[("value.converter", "ByteArrayConverter")]), Ok(Some(Converter::ByteArray)));
        assert_eq!(parse(&[]), Ok(None));
    }

    #[test]
    fn an_unknown_converter_is_named_with_the_known_ones() {
        let message = parse(&[("value.converter", "io.confluent.connect.avro.AvroConverter")]).unwrap_err();

        assert!(message.starts_with("Invalid value io.confluent.connect.avro.AvroConverter for configuration"));
        assert!(message.contains("could not be found. Use one of: org.apache.kafka.connect.converters.ByteArray"));
    }

    #[test]
    fn an_encoding_other_than_utf_8_is_refused() {
        let class = ("value.converter", "StringConverter");

        assert!(parse(&[class, ("value.converter.converter.encoding", "UTF8")]).is_ok());
        assert!(parse(&[class, ("value.converter.converter.encoding", "latin1")]).is_err());
    }

    #[test]
    fn header_converters_have_names_of_their_own() {
        let with = |class: &str| [("header.converter".to_owned(), class.to_owned())].into();

        assert_eq!(check_header_converter(&with("SimpleHeaderConverter")), Ok(()));
        assert!(check_header_converter(&with("org.apache.kafka.connect.json.JsonConverter")).is_err());
    }
}
