//! Connect's schemas as a tree, from and to the JSON form of Kafka's `JsonConverter`, in which the batch keeps
//! them. Defaults are in the form of payloads.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// The name of Connect's `Decimal`.
pub(crate) const DECIMAL: &str = "org.apache.kafka.connect.data.Decimal";
/// The name of Connect's `Date`.
pub(crate) const DATE: &str = "org.apache.kafka.connect.data.Date";
/// The name of Connect's `Time`.
pub(crate) const TIME: &str = "org.apache.kafka.connect.data.Time";
/// The name of Connect's `Timestamp`.
pub(crate) const TIMESTAMP: &str = "org.apache.kafka.connect.data.Timestamp";
/// The parameter of a `Decimal`.
pub(crate) const SCALE: &str = "scale";

/// A schema of Connect.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schema {
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<i64>,
    pub(crate) doc: Option<String>,
    pub(crate) parameters: IndexMap<String, String>,
    pub(crate) default: Option<Value>,
}

/// The types of Connect.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Boolean,
    Text,
    Bytes,
    Array(Box<Schema>),
    Map(Box<(Schema, Schema)>),
    Struct(Vec<(String, Schema)>),
}

impl Schema {
    /// Makes a required schema without a name.
    pub(crate) fn new(kind: Kind) -> Schema {
        let parameters = IndexMap::new();
        Schema { kind, optional: false, name: None, version: None, doc: None, parameters, default: None }
    }

    /// Makes the schema of a logical type; their versions are 1.
    pub(crate) fn logical(kind: Kind, name: &str) -> Schema {
        Schema { name: Some(name.to_owned()), version: Some(1), ..Schema::new(kind) }
    }

    /// Tells whether it has this name.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }

    /// Sets a parameter.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.parameters.insert(name.into(), value.into());
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn parse(json: &Value) -> Result<Schema, String> {
        let text = |key: &str| json.get(key).and_then(Value::as_str);
        let inside =
            |key: &str| Schema::parse(json.get(key).ok_or_else(|| format!("a schema of this type needs `{key}`"))?);
        let kind = match text("type").ok_or("a schema must have a text `type`")? {
            "int8" => Kind::Int8,
            "int16" => Kind::Int16,
            "int32" => Kind::Int32,
            "int64" => Kind::Int64,
            "float" => Kind::Float32,
            "double" => Kind::Float64,
            "boolean" => Kind::Boolean,
            "string" => Kind::Text,
            "bytes" => Kind::Bytes,
            "array" => Kind::Array(Box::new(inside("items")?)),
            "map" => Kind::Map(Box::new((inside("keys")?, inside("values")?))),
            "struct" => Kind::Struct(fields(json)?),
            other => return Err(format!("unknown schema type: {other}")),
        };
        let parameters = json.get("parameters").and_then(Value::as_object).into_iter().flatten();
        let parameters = parameters.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        Ok(Schema {
            kind,
            optional: json.get("optional") == Some(&Value::Bool(true)),
            name: text("name").map(str::to_owned),
            version: json.get("version").and_then(Value::as_i64),
            doc: text("doc").map(str::to_owned),
            parameters: parameters.collect(),
            default: json.get("default").filter(|default| !default.is_null()).cloned(),
        })
    }

    /// Returns the JSON form.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = Map::new();
        json.insert("type".to_owned(), self.kind.name().into());
        match &self.kind {
            Kind::Array(items) => drop(json.insert("items".to_owned(), items.to_json())),
            Kind::Map(inside) => {
                json.insert("keys".to_owned(), inside.0.to_json());
                json.insert("values".to_owned(), inside.1.to_json());
            }
            Kind::Struct(fields) => drop(json.insert("fields".to_owned(), fields.iter().map(field_json).collect())),
            _ => {}
        }
        json.insert("optional".to_owned(), self.optional.into());
        let mut set = |key: &str, value: Option<Value>| value.map(|value| json.insert(key.to_owned(), value));
        set("name", self.name.clone().map(Value::from));
        set("version", self.version.map(Value::from));
        set("doc", self.doc.clone().map(Value::from));
        set("parameters", (!self.parameters.is_empty()).then(|| json!(self.parameters)));
        set("default", self.default.clone());
        Value::Object(json)
    }
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Kind::Int8 => "int8",
            Kind::Int16 => "int16",
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Float32 => "float",
            Kind::Float64 => "double",
            Kind::Boolean => "boolean",
            Kind::Text => "string",
            Kind::Bytes => "bytes",
            Kind::Array(_) => "array",
            Kind::Map(_) => "map",
            Kind::Struct(_) => "struct",
        }
    }
}

fn fields(json: &Value) -> Result<Vec<(String, Schema)>, String> {
    let list = json.get("fields").and_then(Value::as_array).ok_or("a schema of type struct needs an array `fields`")?;
    let field = |field: &Value| {
        let name = field.get("field").and_then(Value::as_str).ok_or("each field of a struct needs a text `field`")?;
        Ok((name.to_owned(), Schema::parse(field)?))
    };
    list.iter().map(field).collect()
}

fn field_json((name, schema): &(String, Schema)) -> Value {
    let mut json = schema.to_json();
    if let Value::Object(json) = &mut json {
        json.insert("field".to_owned(), name.as_str().into());
    }
    json
}
