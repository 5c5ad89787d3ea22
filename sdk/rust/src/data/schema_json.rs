//! Schemas in the JSON form of Kafka's `JsonConverter`, as rows' ids stand for them.

use std::rc::Rc;

use serde_json::{Map, Value as Json};

use super::schema::{Field, Kind, Schema};
use super::{value_json, within};

impl Schema {
    /// Reads the JSON form of Kafka's `JsonConverter`, such as [`schemas::json`](crate::schemas::json) returns.
    ///
    /// ```
    /// use airlock_sdk::data::Schema;
    /// let json = r#"{"type":"int32","optional":true,"name":"age","version":2}"#;
    /// let schema = Schema::from_json(json.as_bytes())?;
    /// assert_eq!(schema, Schema::int32().optional().named("age").version(2));
    /// assert_eq!(schema.to_json(), json.as_bytes());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn from_json(json: &[u8]) -> Result<Schema, String> {
        let json = serde_json::from_slice(json).map_err(|error| format!("a schema is no JSON: {error}"))?;
        parse(&json)
    }

    /// Returns the JSON form of Kafka's `JsonConverter`, for [`schemas::intern`](crate::schemas::intern).
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        append(self, None, &mut out);
        out
    }
}

fn parse(json: &Json) -> Result<Schema, String> {
    let object = json.as_object().ok_or("a schema must be a JSON object")?;
    let text = |key: &str| object.get(key).and_then(Json::as_str).map(str::to_owned);
    let kind = parse_kind(object)?;
    let mut schema = Schema {
        kind,
        optional: object.get("optional") == Some(&Json::Bool(true)),
        default: None,
        name: text("name"),
        version: object.get("version").and_then(Json::as_i64).and_then(|version| i32::try_from(version).ok()),
        doc: text("doc"),
        parameters: parse_parameters(object.get("parameters"))?,
    };
    if schema.lacks_scale() {
        return Err("a schema of a Decimal needs an integer in quotes as `parameters.scale`".to_owned());
    }
    if let Some(default) = object.get("default").filter(|default| !default.is_null()) {
        let default = value_json::parse(&schema, default).map_err(|problem| within("a schema's default", problem))?;
        schema.default = Some(default);
    }
    Ok(schema)
}

fn parse_kind(object: &Map<String, Json>) -> Result<Kind, String> {
    let name = object.get("type").and_then(Json::as_str).ok_or("a schema must have a text `type`")?;
    let inside = |key: &str| match object.get(key) {
        Some(schema) => parse(schema).map(Rc::new),
        None => Err(format!("a schema of type {name} needs `{key}`")),
    };
    Ok(match name {
        "int8" => Kind::Int8,
        "int16" => Kind::Int16,
        "int32" => Kind::Int32,
        "int64" => Kind::Int64,
        "float" => Kind::Float32,
        "double" => Kind::Float64,
        "boolean" => Kind::Boolean,
        "string" => Kind::String,
        "bytes" => Kind::Bytes,
        "array" => Kind::Array(inside("items")?),
        "map" => Kind::Map(inside("keys")?, inside("values")?),
        "struct" => Kind::Struct(parse_fields(object.get("fields"))?),
        _ => return Err(format!("unknown schema type: {name}")),
    })
}

fn parse_fields(fields: Option<&Json>) -> Result<Vec<Field>, String> {
    let fields = fields.and_then(Json::as_array).ok_or("a schema of type struct needs an array `fields`")?;
    let mut parsed: Vec<Field> = Vec::with_capacity(fields.len());
    for field in fields {
        let name = field.get("field").and_then(Json::as_str);
        let name = name.ok_or("each field of a struct's schema needs a text `field`")?;
        if parsed.iter().any(|known| known.name == name) {
            return Err(format!("a struct's schema has two fields {name}"));
        }
        parsed.push(Field::new(name, parse(field)?));
    }
    Ok(parsed)
}

fn parse_parameters(parameters: Option<&Json>) -> Result<Vec<(String, String)>, String> {
    let parameters = parameters.and_then(Json::as_object).into_iter().flatten();
    let texts = parameters.map(|(name, value)| match value {
        Json::String(value) => Ok((name.clone(), value.clone())),
        _ => Err("a schema's parameters must be text".to_owned()),
    });
    texts.collect()
}

/// Appends a schema, as the field of this name where it is one. The order of keys is Java's.
fn append(schema: &Schema, field: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"type":""#);
    out.extend_from_slice(schema.kind.name().as_bytes());
    out.push(b'"');
    append_inside(&schema.kind, out);
    out.extend_from_slice(if schema.optional { br#","optional":true"# } else { br#","optional":false"# });
    append_text("name", schema.name.as_deref(), out);
    if let Some(version) = schema.version {
        out.extend_from_slice(format!(r#","version":{version}"#).as_bytes());
    }
    append_text("doc", schema.doc.as_deref(), out);
    if !schema.parameters.is_empty() {
        let texts = schema.parameters.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str())));
        out.extend_from_slice(br#","parameters":"#);
        out.extend_from_slice(Json::Object(texts.collect()).to_string().as_bytes());
    }
    if let Some(default) = &schema.default {
        append_default(schema, default, out);
    }
    append_text("field", field, out);
    out.push(b'}');
}

/// Appends the default. One that isn't of the schema's type, which only a plugin can make, is written as text, for
/// the host to refuse.
fn append_default(schema: &Schema, default: &super::Value, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(br#","default":"#);
    if let Err(problem) = value_json::append(schema, default, out) {
        out.truncate(start);
        append_text("default", Some(&problem), out);
    }
}

fn append_inside(kind: &Kind, out: &mut Vec<u8>) {
    match kind {
        Kind::Array(items) => {
            out.extend_from_slice(br#","items":"#);
            append(items, None, out);
        }
        Kind::Map(keys, values) => {
            out.extend_from_slice(br#","keys":"#);
            append(keys, None, out);
            out.extend_from_slice(br#","values":"#);
            append(values, None, out);
        }
        Kind::Struct(fields) => {
            out.extend_from_slice(br#","fields":["#);
            for (index, field) in fields.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                append(&field.schema, Some(&field.name), out);
            }
            out.push(b']');
        }
        _ => {}
    }
}

fn append_text(key: &str, text: Option<&str>, out: &mut Vec<u8>) {
    if let Some(text) = text {
        out.extend_from_slice(format!(r#","{key}":"#).as_bytes());
        value_json::append_string(text, out);
    }
}
