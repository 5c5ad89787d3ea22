//! Configurations as they come in: `.properties` files, connector files, JSON bodies. JSON scalars become
//! text, as Jackson does it for Connect. Checks no key.

use std::io;

use serde_json::Value;

use super::{Problem, Properties};

/// Why a file or body can't be read as a configuration.
#[derive(Debug, thiserror::Error)]
pub enum PropertiesError {
    /// The file is not a `.properties` file.
    #[error("not a .properties file: {0}")]
    Syntax(String),
    /// The body is not JSON.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The JSON is not a configuration.
    #[error("{}: {}", .0.key, .0.message)]
    Shape(Problem),
    /// The file can't be read.
    #[error("{0}")]
    Read(#[from] io::Error),
}

/// The state in which a new connector starts (KIP-980).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InitialState {
    /// Its tasks run.
    #[default]
    Running,
    /// Its tasks exist and wait.
    Paused,
    /// It has no tasks.
    Stopped,
}

/// A connector as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorRequest {
    /// Its name, trimmed; empty where none was given.
    pub name: String,
    /// Its configuration, with `name` put in.
    pub config: Properties,
    /// The state to start in.
    pub initial_state: InitialState,
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
/// Returns an error where the file is none of these, names no connector, or names two.
pub fn parse_connector_file(text: &[u8]) -> Result<ConnectorRequest, PropertiesError> {
    match serde_json::from_slice::<Value>(text) {
        Ok(json) => parse_connector_json(&json),
        Err(error) if text.trim_ascii_start().starts_with(b"{") => Err(error.into()),
        Err(_) => request(None, parse_properties(text)?),
    }
    .and_then(|request| match request.name.is_empty() {
        true => Err(PropertiesError::Shape(Problem::new("name", "the connector has no name. Add the key name"))),
        false => Ok(request),
    })
}

/// Reads `{name, config, initial_state?}` or a bare map. A name that nobody gave is empty.
///
/// # Errors
/// Returns an error for values that aren't scalars, and for two different names.
pub fn parse_connector_json(json: &Value) -> Result<ConnectorRequest, PropertiesError> {
    let Some(config) = json.get("config").filter(|config| config.is_object()) else {
        return request(None, properties_from_json(json)?);
    };
    let name = json.get("name").filter(|name| !name.is_null()).map(|name| scalar("name", name)).transpose()?;
    let mut request = request(name, properties_from_json(config)?)?;
    if let Some(state) = json.get("initial_state").filter(|state| !state.is_null()) {
        request.initial_state =
            InitialState::parse(&scalar("initial_state", state)?).map_err(PropertiesError::Shape)?;
    }
    Ok(request)
}

/// Reads a JSON object of scalars: numbers keep their text, booleans become `true` or `false`.
///
/// # Errors
/// Returns an error that names the key for a null, an array or an object.
pub fn properties_from_json(json: &Value) -> Result<Properties, PropertiesError> {
    let Value::Object(members) = json else {
        let found = format!("expected a JSON object of keys and values, found {}", kind(json));
        return Err(PropertiesError::Shape(Problem::new("config", found)));
    };
    members.iter().map(|(key, value)| Ok((key.clone(), scalar(key, value)?))).collect()
}

fn request(name: Option<String>, mut config: Properties) -> Result<ConnectorRequest, PropertiesError> {
    let name = name.or_else(|| config.get("name").cloned()).unwrap_or_default().trim().to_owned();
    match config.get("name") {
        Some(inner) if inner.trim() != name => {
            let message = "Connector name configuration in 'config' doesn't match the one specified in 'name'";
            return Err(PropertiesError::Shape(Problem::new("name", message)));
        }
        _ => drop(config.insert("name".to_owned(), name.clone())),
    }
    Ok(ConnectorRequest { name, config, initial_state: InitialState::default() })
}

fn scalar(key: &str, value: &Value) -> Result<String, PropertiesError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(boolean) => Ok(boolean.to_string()),
        other => {
            let message = format!("a value must be text, a number or a boolean, found {}", kind(other));
            Err(PropertiesError::Shape(Problem::new(key, message)))
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
