//! From Connect's schemas to JSON Schema.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::names::{ENUM, GENERAL_ENUM, ID, INDEX, NAMESPACE, NULL_SYMBOL, PARAMETERS, TYPE, VERSION};
use super::write::write;
use super::{JsonSchemaOptions, is_object, is_union};
use crate::pipeline::registry::connect::{DECIMAL, Kind, Schema};

/// The name of Confluent's values of any type, which aren't converted.
const VARIANT: &str = "org.apache.kafka.connect.data.Variant";

/// Returns the JSON Schema.
///
/// # Errors
/// Says why there is none.
pub(super) fn from_connect(schema: &Schema, options: &JsonSchemaOptions) -> Result<Value, String> {
    Making { options, ids: HashSet::new() }.schema(schema, None)
}

struct Making<'a> {
    options: &'a JsonSchemaOptions,
    /// What was written down already, and is referred to from then on.
    ids: HashSet<String>,
}

impl Making<'_> {
    /// Returns a schema, or a reference where it is written down already.
    fn inside(&mut self, schema: &Schema, index: Option<usize>) -> Result<Value, String> {
        match schema.parameters.get(ID) {
            Some(id) if self.ids.contains(id) => Ok(json!({ "$ref": id })),
            _ => self.schema(schema, index),
        }
    }

    fn schema(&mut self, schema: &Schema, index: Option<usize>) -> Result<Value, String> {
        let id = schema.parameters.get(ID).cloned();
        self.ids.extend(id.clone());
        let with_index = |json: &mut Map<String, Value>| {
            if let Some(id) = &id {
                json.insert("id".to_owned(), id.as_str().into());
            }
            if let Some(index) = index {
                json.insert(INDEX.to_owned(), index.into());
            }
        };
        let mut outer = Map::new();
        if matches!(schema.kind, Kind::Struct(_)) && is_union(schema) {
            with_index(&mut outer);
            outer.insert("oneOf".to_owned(), self.members(schema)?);
        } else if schema.optional {
            let inner = match schema.kind {
                Kind::Struct(_) => self.schema(&Schema { optional: false, ..schema.clone() }, None)?,
                _ => Value::Object(self.bare(schema)?),
            };
            with_index(&mut outer);
            outer.insert("oneOf".to_owned(), json!([{ "type": "null" }, inner]));
        } else {
            outer = self.bare(schema)?;
            with_index(&mut outer);
        }
        Ok(Value::Object(outer))
    }

    /// Returns the members of a union, each with its place.
    fn members(&mut self, schema: &Schema) -> Result<Value, String> {
        let mut members: Vec<Value> = schema.optional.then(|| json!({ "type": "null" })).into_iter().collect();
        if let Kind::Struct(fields) = &schema.kind {
            for (index, (_, field)) in fields.iter().enumerate() {
                members.push(self.schema(&Schema { optional: false, ..field.clone() }, Some(index))?);
            }
        }
        Ok(Value::Array(members))
    }

    /// Returns the schema of values that are there.
    fn bare(&mut self, schema: &Schema) -> Result<Map<String, Value>, String> {
        let mut json = Map::new();
        self.kind(schema, &mut json)?;
        let mut set = |key: &str, value: Option<Value>| value.map(|value| json.insert(key.to_owned(), value));
        set("title", schema.name.clone().map(Value::from));
        set("description", schema.doc.clone().map(Value::from));
        if let Some(default) = &schema.default {
            let mut text = Vec::new();
            write(schema, default, self.options, &mut text).map_err(|problem| format!("the default: {problem}"))?;
            let default: Value = serde_json::from_slice(&text).map_err(|error| format!("the default: {error}"))?;
            set("default", Some(default));
        }
        set(VERSION, schema.version.map(Value::from));
        let own = schema.parameters.iter().filter(|(key, _)| !key.starts_with(NAMESPACE));
        let own: Map<String, Value> = own.map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        set(PARAMETERS, (!own.is_empty()).then_some(Value::Object(own)));
        Ok(json)
    }

    fn kind(&mut self, schema: &Schema, json: &mut Map<String, Value>) -> Result<(), String> {
        let mut typed = |name: &str, connect: Option<&str>| {
            json.insert("type".to_owned(), name.into());
            connect.map(|connect| json.insert(TYPE.to_owned(), connect.into()));
        };
        match &schema.kind {
            Kind::Int8 => typed("integer", Some("int8")),
            Kind::Int16 => typed("integer", Some("int16")),
            Kind::Int32 => typed("integer", Some("int32")),
            Kind::Int64 => typed("integer", Some("int64")),
            Kind::Float32 => typed("number", Some("float32")),
            Kind::Float64 => typed("number", Some("float64")),
            Kind::Boolean => typed("boolean", None),
            Kind::Text => match self.symbols(schema) {
                Some(symbols) => drop(json.insert("enum".to_owned(), symbols)),
                None => typed("string", None),
            },
            Kind::Bytes if schema.is(DECIMAL) && self.options.numeric_decimals => typed("number", Some("bytes")),
            Kind::Bytes => typed("string", Some("bytes")),
            Kind::Array(items) => {
                typed("array", None);
                json.insert("items".to_owned(), self.inside(items, None)?);
            }
            Kind::Map(inside) if is_object(&inside.0) => {
                typed("object", Some("map"));
                json.insert("additionalProperties".to_owned(), self.schema(&inside.1, None)?);
            }
            Kind::Map(inside) => {
                typed("array", Some("map"));
                let (key, value) = (self.schema(&inside.0, Some(0))?, self.schema(&inside.1, Some(1))?);
                let entry = json!({ "type": "object", "properties": { "key": key, "value": value } });
                json.insert("items".to_owned(), entry);
            }
            Kind::Struct(_) if schema.is(VARIANT) => return Err(format!("values of {VARIANT} can't be written")),
            Kind::Struct(fields) => {
                typed("object", None);
                if !self.options.additional_properties {
                    json.insert("additionalProperties".to_owned(), false.into());
                }
                let mut properties = Map::new();
                for (index, (name, field)) in fields.iter().enumerate() {
                    properties.insert(name.clone(), self.inside(field, Some(index))?);
                }
                if !properties.is_empty() {
                    json.insert("properties".to_owned(), Value::Object(properties));
                }
            }
        }
        Ok(())
    }

    /// Returns the symbols of an enum, where text is one.
    fn symbols(&self, schema: &Schema) -> Option<Value> {
        let known = |name: &&str| schema.parameters.contains_key(*name);
        [ENUM, GENERAL_ENUM].iter().find(|name| known(name))?;
        let prefix = format!("{}.", if self.options.generalized { GENERAL_ENUM } else { ENUM });
        let symbols = schema.parameters.keys().filter_map(|key| key.strip_prefix(&prefix));
        Some(symbols.map(|symbol| if symbol == NULL_SYMBOL { Value::Null } else { symbol.into() }).collect())
    }
}
