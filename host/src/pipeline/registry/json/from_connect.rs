//! From Connect's schemas to JSON Schema.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::exact::{Json, Members};
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
pub(super) fn from_connect(schema: &Schema, options: &JsonSchemaOptions) -> Result<Json, String> {
    Making { options, ids: HashSet::new() }.schema(schema, None)
}

struct Making<'a> {
    options: &'a JsonSchemaOptions,
    /// What was written down already, and is referred to from then on.
    ids: HashSet<String>,
}

impl Making<'_> {
    /// Returns a schema, or a reference where it is written down already.
    fn inside(&mut self, schema: &Schema, index: Option<usize>) -> Result<Json, String> {
        match schema.parameters.get(ID) {
            Some(id) if self.ids.contains(id) => Ok(json!({ "$ref": id }).into()),
            _ => self.schema(schema, index),
        }
    }

    fn schema(&mut self, schema: &Schema, index: Option<usize>) -> Result<Json, String> {
        let id = schema.parameters.get(ID).cloned();
        self.ids.extend(id.clone());
        let place = id.map(|id| ("id".to_owned(), id.into()));
        let place = place.into_iter().chain(index.map(|index| (INDEX.to_owned(), index.into())));
        let mut outer = Members::new();
        if matches!(schema.kind, Kind::Struct(_)) && is_union(schema) {
            outer.extend(place);
            outer.insert("oneOf".to_owned(), self.members(schema)?);
        } else if schema.optional {
            let inner = match schema.kind {
                Kind::Struct(_) => self.schema(&Schema { optional: false, ..schema.clone() }, None)?,
                _ => Json::Object(self.bare(schema)?),
            };
            outer.extend(place);
            outer.insert("oneOf".to_owned(), Json::Array(vec![null(), inner]));
        } else {
            outer = self.bare(schema)?;
            outer.extend(place);
        }
        Ok(Json::Object(outer))
    }

    /// Returns the members of a union, each with its place.
    fn members(&mut self, schema: &Schema) -> Result<Json, String> {
        let mut members: Vec<Json> = schema.optional.then(null).into_iter().collect();
        if let Kind::Struct(fields) = &schema.kind {
            for (index, (_, field)) in fields.iter().enumerate() {
                members.push(self.schema(&Schema { optional: false, ..field.clone() }, Some(index))?);
            }
        }
        Ok(Json::Array(members))
    }

    /// Returns the schema of values that are there.
    fn bare(&mut self, schema: &Schema) -> Result<Members, String> {
        let mut json = Members::new();
        self.kind(schema, &mut json)?;
        let mut set = |key: &str, value: Option<Json>| value.map(|value| json.insert(key.to_owned(), value));
        set("title", schema.name.clone().map(Json::from));
        set("description", schema.doc.clone().map(Json::from));
        if let Some(default) = &schema.default {
            let mut text = Vec::new();
            let written = write(schema, default, self.options, &mut text).and_then(|_| Json::exact(text));
            set("default", Some(written.map_err(|problem| format!("the default: {problem}"))?));
        }
        set(VERSION, schema.version.map(Json::from));
        let own = schema.parameters.iter().filter(|(key, _)| !key.starts_with(NAMESPACE));
        let own: Map<String, Value> = own.map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        set(PARAMETERS, (!own.is_empty()).then(|| Value::Object(own).into()));
        Ok(json)
    }

    fn kind(&mut self, schema: &Schema, json: &mut Members) -> Result<(), String> {
        let mut typed = |name: &str, connect: &str| {
            json.insert("type".to_owned(), name.into());
            json.extend((!connect.is_empty()).then(|| (TYPE.to_owned(), connect.into())));
        };
        match &schema.kind {
            Kind::Int8 => typed("integer", "int8"),
            Kind::Int16 => typed("integer", "int16"),
            Kind::Int32 => typed("integer", "int32"),
            Kind::Int64 => typed("integer", "int64"),
            Kind::Float32 => typed("number", "float32"),
            Kind::Float64 => typed("number", "float64"),
            Kind::Boolean => typed("boolean", ""),
            Kind::Text => match self.symbols(schema) {
                Some(symbols) => drop(json.insert("enum".to_owned(), symbols.into())),
                None => typed("string", ""),
            },
            Kind::Bytes if schema.is(DECIMAL) && self.options.numeric_decimals => typed("number", "bytes"),
            Kind::Bytes => typed("string", "bytes"),
            Kind::Array(items) => {
                typed("array", "");
                json.insert("items".to_owned(), self.inside(items, None)?);
            }
            Kind::Map(inside) => self.map((&inside.0, &inside.1), json)?,
            Kind::Struct(_) if schema.is(VARIANT) => return Err(format!("values of {VARIANT} can't be written")),
            Kind::Struct(fields) => self.object(fields, json)?,
        }
        Ok(())
    }

    fn map(&mut self, (keys, values): (&Schema, &Schema), json: &mut Members) -> Result<(), String> {
        json.insert("type".to_owned(), if is_object(keys) { "object" } else { "array" }.into());
        json.insert(TYPE.to_owned(), "map".into());
        if is_object(keys) {
            json.insert("additionalProperties".to_owned(), self.schema(values, None)?);
            return Ok(());
        }
        let (key, value) = (self.schema(keys, Some(0))?, self.schema(values, Some(1))?);
        let entry = Members::from_iter([("key".to_owned(), key), ("value".to_owned(), value)]);
        let items = [("type".to_owned(), "object".into()), ("properties".to_owned(), Json::Object(entry))];
        json.insert("items".to_owned(), Json::Object(Members::from_iter(items)));
        Ok(())
    }

    fn object(&mut self, fields: &[(String, Schema)], json: &mut Members) -> Result<(), String> {
        json.insert("type".to_owned(), "object".into());
        if !self.options.additional_properties {
            json.insert("additionalProperties".to_owned(), false.into());
        }
        let mut properties = Members::new();
        for (index, (name, field)) in fields.iter().enumerate() {
            properties.insert(name.clone(), self.inside(field, Some(index))?);
        }
        if !properties.is_empty() {
            json.insert("properties".to_owned(), Json::Object(properties));
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

fn null() -> Json {
    json!({ "type": "null" }).into()
}
