//! Configurations as they come in: `.properties` files, connector files, JSON bodies. JSON scalars become
//! text, as Jackson does it for Connect. Checks no key.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Problem, Properties, trim};

/// Connect's words for a key whose value is JSON's `null`.
pub const NULL_VALUE: &str = "Null value can not be supplied as the configuration value.";

/// Why a file or body can't be read as a configuration.
#[derive(Debug, thiserror::Error)]
pub enum PropertiesError {
    /// It is not a `.properties` file.
    #[error("not a .properties file: {0}")]
    Syntax(String),
    /// It is not JSON, or not the object that is expected. The text names line and column.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A key's value can't be used.
    #[error("{}: {}", .0.key, .0.message)]
    Value(Problem),
}

/// The state in which a new connector starts (KIP-980).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InitialState {
    /// It has tasks, and they run.
    #[default]
    Running,
    /// It has no tasks until it is resumed.
    Paused,
    /// It has no tasks, and shows that it is stopped.
    Stopped,
}

impl InitialState {
    /// Reads a state by its name, in any case.
    ///
    /// # Errors
    /// Returns a problem of `initial_state` for any other word.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text.to_ascii_uppercase().as_str() {
            "RUNNING" => Ok(InitialState::Running),
            "PAUSED" => Ok(InitialState::Paused),
            "STOPPED" => Ok(InitialState::Stopped),
            _ => Err(Problem::new("initial_state", format!("{text} is not one of RUNNING, PAUSED, STOPPED"))),
        }
    }
}

/// A JSON object of scalars, as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigBody {
    /// The keys that have a value.
    pub properties: Properties,
    /// The keys whose value is `null`.
    pub nulls: Vec<String>,
}

/// A connector as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorRequest {
    /// Its name, trimmed; empty where none was given.
    pub name: String,
    /// Its configuration, `name` included.
    pub config: ConfigBody,
    /// The state to start in.
    pub initial_state: InitialState,
}

/// Reads the text of a `.properties` file, with Java's escapes and continuation lines.
///
/// # Errors
/// Returns an error for a malformed escape.
pub fn parse_properties(text: &[u8]) -> Result<Properties, PropertiesError> {
    let mut properties = Properties::new();
    java_properties::PropertiesIter::new(text)
        .read_into(|key, value| drop(properties.insert(key, value)))
        .map_err(|error| PropertiesError::Syntax(error.to_string()))?;
    Ok(properties)
}

/// Reads a connector's file: a JSON object `{name, config, initial_state?}`, a bare JSON map, or properties.
///
/// # Errors
/// Returns an error where the file is none of these, or names no connector or two.
pub fn parse_connector_file(text: &[u8]) -> Result<ConnectorRequest, PropertiesError> {
    let request = if !text.trim_ascii_start().starts_with(b"{") {
        let config = ConfigBody { properties: parse_properties(text)?, nulls: Vec::new() };
        request(None, config, None)?
    } else if has_config_object(text)? {
        parse_create_body(text)?
    } else {
        request(None, parse_config_body(text)?, None)?
    };
    if request.name.is_empty() {
        return Err(invalid("name", "the connector has no name. Add the key name"));
    }
    Ok(request)
}

/// Reads the body of `POST /connectors`: `{name, config, initial_state?}`.
///
/// # Errors
/// Returns an error for other members, a missing `config`, values that aren't scalars, or two names.
pub fn parse_create_body(text: &[u8]) -> Result<ConnectorRequest, PropertiesError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body<'a> {
        #[serde(borrow)]
        name: Option<&'a RawValue>,
        #[serde(borrow)]
        config: BTreeMap<String, &'a RawValue>,
        #[serde(borrow)]
        initial_state: Option<&'a RawValue>,
    }
    if !text.trim_ascii_start().starts_with(b"{") {
        parse_config_body(text)?; // Serde would take an array for the members in order.
    }
    let body: Body<'_> = serde_json::from_slice(text)?;
    let text_of = |key, raw: Option<&RawValue>| raw.map_or(Ok(None), |raw| scalar(key, raw));
    let name = text_of("name", body.name)?;
    let state = text_of("initial_state", body.initial_state)?;
    request(name, config_body(body.config)?, state)
}

/// Reads a JSON object of scalars: numbers keep their text, booleans become `true` or `false`.
///
/// # Errors
/// Returns an error that names the key for an array or an object.
pub fn parse_config_body(text: &[u8]) -> Result<ConfigBody, PropertiesError> {
    config_body(serde_json::from_slice::<BTreeMap<String, &RawValue>>(text)?)
}

/// Tells a wrapped connector file from a bare map.
fn has_config_object(text: &[u8]) -> Result<bool, PropertiesError> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(text)?;
    Ok(members.get("config").is_some_and(|config| config.get().starts_with('{')))
}

fn config_body(members: BTreeMap<String, &RawValue>) -> Result<ConfigBody, PropertiesError> {
    let mut body = ConfigBody::default();
    for (key, raw) in members {
        match scalar(&key, raw)? {
            Some(text) => drop(body.properties.insert(key, text)),
            None => body.nulls.push(key),
        }
    }
    Ok(body)
}

/// Joins the name outside of a configuration with the one inside.
fn request(
    name: Option<String>,
    mut config: ConfigBody,
    state: Option<String>,
) -> Result<ConnectorRequest, PropertiesError> {
    let inner = config.properties.get("name").map(|name| trim(name).to_owned());
    let name = name.map(|name| trim(&name).to_owned());
    if let (Some(inner), Some(name)) = (&inner, &name)
        && inner != name
    {
        let why = format!("Connector name configuration ({inner}) doesn't match connector name in the URL ({name})");
        return Err(invalid("name", &why));
    }
    let name = name.or(inner).unwrap_or_default();
    config.properties.insert("name".to_owned(), name.clone());
    let initial_state = state.as_deref().map_or(Ok(InitialState::default()), InitialState::parse);
    Ok(ConnectorRequest { name, config, initial_state: initial_state.map_err(PropertiesError::Value)? })
}

/// Returns a scalar's text, none for `null`.
fn scalar(key: &str, raw: &RawValue) -> Result<Option<String>, PropertiesError> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'"') => Ok(Some(serde_json::from_str(text)?)),
        Some(b'n') => Ok(None),
        Some(b'{') => Err(invalid(key, "a value must be text, a number or a boolean, found an object")),
        Some(b'[') => Err(invalid(key, "a value must be text, a number or a boolean, found an array")),
        _ => Ok(Some(text.to_owned())),
    }
}

fn invalid(key: &str, message: &str) -> PropertiesError {
    PropertiesError::Value(Problem::new(key, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn message(result: Result<impl std::fmt::Debug, PropertiesError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_properties_file_has_comments_escapes_and_continuation_lines() {
        let text = b"# a comment\na = one \\\n    two\nb\\:c: caf\\u00e9\nempty\n";

        let parsed = parse_properties(text).unwrap();

        assert_eq!(parsed, properties(&[("a", "one two"), ("b:c", "café"), ("empty", "")]));
    }

    #[test]
    fn json_scalars_become_text_and_numbers_keep_theirs() {
        let text = br#"{"a": 1.50, "b": 12345678901234567890, "c": true, "d": "x\u0041", "e": -1e3}"#;

        let body = parse_config_body(text).unwrap();

        let expected = [("a", "1.50"), ("b", "12345678901234567890"), ("c", "true"), ("d", "xA"), ("e", "-1e3")];
        assert_eq!(body.properties, properties(&expected));
    }

    #[test]
    fn a_null_is_not_a_value() {
        let body = parse_config_body(br#"{"a": null, "b": "x"}"#).unwrap();

        assert_eq!((body.nulls, body.properties), (vec!["a".to_owned()], properties(&[("b", "x")])));
    }

    #[test]
    fn a_nested_value_is_refused_by_its_key() {
        assert_eq!(
            message(parse_config_body(br#"{"topics": ["a"]}"#)),
            "topics: a value must be text, a number or a boolean, found an array"
        );
    }

    #[test]
    fn bad_json_is_named_by_line_and_column() {
        assert_eq!(message(parse_create_body(b"{\n \"name\": nonsense}")), "expected ident at line 2 column 11");
        assert!(message(parse_create_body(br#"{"name": "a"}"#)).starts_with("missing field `config` at line 1"));
        assert!(message(parse_create_body(br#"{"foo": "a"}"#)).starts_with("unknown field `foo`"));
    }

    #[test]
    fn the_name_is_trimmed_and_becomes_part_of_the_configuration() {
        let request = parse_create_body(br#"{"name": " sink ", "config": {"tasks.max": 2}}"#).unwrap();

        assert_eq!(request.name, "sink");
        assert_eq!(request.config.properties, properties(&[("name", "sink"), ("tasks.max", "2")]));
        assert_eq!(request.initial_state, InitialState::Running);
    }

    #[test]
    fn two_names_are_refused() {
        let text = br#"{"name": "a", "config": {"name": "b"}}"#;

        let expected = "name: Connector name configuration (b) doesn't match connector name in the URL (a)";
        assert_eq!(message(parse_create_body(text)), expected);
    }

    #[test]
    fn the_initial_state_is_read_in_any_case() {
        let request = parse_create_body(br#"{"name": "a", "config": {}, "initial_state": "stopped"}"#).unwrap();

        assert_eq!(request.initial_state, InitialState::Stopped);
        assert_eq!(
            message(parse_create_body(br#"{"name": "a", "config": {}, "initial_state": "bogus"}"#)),
            "initial_state: bogus is not one of RUNNING, PAUSED, STOPPED"
        );
    }

    #[test]
    fn a_connector_file_is_properties_a_bare_map_or_a_request() {
        let files: [&[u8]; 3] =
            [b"name=a\ntopics=t", br#"{"name": "a", "topics": "t"}"#, br#"{"name": "a", "config": {"topics": "t"}}"#];
        for file in files {
            let request = parse_connector_file(file).unwrap();
            assert_eq!(request.name, "a");
            assert_eq!(request.config.properties, properties(&[("name", "a"), ("topics", "t")]));
        }
    }

    #[test]
    fn a_connector_file_without_a_name_is_refused() {
        assert_eq!(message(parse_connector_file(b"topics=t")), "name: the connector has no name. Add the key name");
    }
}
