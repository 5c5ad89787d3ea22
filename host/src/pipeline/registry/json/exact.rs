//! JSON whose numbers keep their digits: `Value`'s have 64 bits, and `1.10` is `1.1` in it, another decimal.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// JSON that is written.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Json {
    Plain(Value),
    Exact(Box<RawValue>),
    Array(Vec<Json>),
    Object(Members),
}

/// An object that is written.
pub(super) type Members = IndexMap<String, Json>;

impl Json {
    /// Takes JSON text as it stands.
    ///
    /// # Errors
    /// Says that it is no JSON.
    pub(super) fn exact(text: Vec<u8>) -> Result<Json, String> {
        let text = String::from_utf8(text).map_err(|error| error.to_string())?;
        RawValue::from_string(text).map(Json::Exact).map_err(|error| error.to_string())
    }

    /// Returns an object's member, where it is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self {
            Json::Object(members) => match members.get(name)? {
                Json::Plain(value) => value.as_str(),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<T: Into<Value>> From<T> for Json {
    fn from(value: T) -> Json {
        Json::Plain(value.into())
    }
}

/// How a document's `default`s are written, by where their values are.
#[derive(Debug, Default)]
pub(super) struct Defaults<'a>(HashMap<*const Value, &'a str>);

impl<'a> Defaults<'a> {
    /// Adds those of a document, and of what is within it. `json` is what `text` was parsed into.
    pub(super) fn add(&mut self, json: &Value, text: &'a str) {
        if !text.contains("\"default\"") {
            return;
        }
        match json {
            Value::Object(members) => {
                let Ok(texts) = serde_json::from_str::<IndexMap<String, &'a RawValue>>(text) else { return };
                for (name, json) in members {
                    let Some(text) = texts.get(name) else { continue };
                    if name == "default" {
                        self.0.insert(std::ptr::from_ref(json), text.get());
                    }
                    self.add(json, text.get());
                }
            }
            Value::Array(items) => {
                let Ok(texts) = serde_json::from_str::<Vec<&'a RawValue>>(text) else { return };
                items.iter().zip(texts).for_each(|(json, text)| self.add(json, text.get()));
            }
            _ => {}
        }
    }

    /// Returns how a default is written.
    pub(super) fn text(&self, default: &Value) -> String {
        self.0.get(&std::ptr::from_ref(default)).map_or_else(|| default.to_string(), |text| (*text).to_owned())
    }
}
