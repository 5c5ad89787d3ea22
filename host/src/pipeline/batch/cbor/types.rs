//! A schema as a tree of types, made once from the JSON form of Kafka's `JsonConverter`, so that values can be
//! converted without a look at the schema's text.

use std::collections::HashMap;

use super::super::columns::ValueKind;
use super::super::json::{append_quoted, elements, kind, members, unescaped};
use super::{append_cbor, append_text};

/// How many bytes the defaults of one schema may have in all, converted.
const DEFAULTS_LIMIT: usize = 4 << 20;
/// Up to how many fields of a struct are compared one by one.
const FEW: usize = 8;

/// A schema of Kafka Connect.
#[derive(Debug)]
pub(in super::super) struct Type {
    pub(super) kind: Kind,
    pub(super) optional: bool,
    /// What stands for null, and for a field that isn't there.
    pub(super) default: Option<Constant>,
}

/// A value, ready to be written.
#[derive(Debug)]
pub(super) struct Constant {
    pub(super) cbor: Vec<u8>,
    /// The same with the nulls in it that other defaults stand for in `cbor`, where it has such.
    with_nulls: Option<Vec<u8>>,
}

impl Constant {
    /// Returns the value as the schema has it: no defaults of inner schemas stand for nulls.
    pub(super) fn with_nulls(&self) -> &[u8] {
        self.with_nulls.as_ref().unwrap_or(&self.cbor)
    }
}

/// What a null stands for, or a field that isn't there, whose schema has a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Nulls {
    /// For itself: it may be in a required field then.
    Stored,
    /// For the default.
    Default,
    /// For itself, as if there were no default.
    Null,
}

/// The types of Kafka Connect, and its logical types.
#[derive(Debug)]
pub(super) enum Kind {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Float,
    Double,
    Text,
    Bytes,
    Decimal {
        scale: i32,
    },
    Date,
    Time,
    Timestamp,
    Array(Box<Type>),
    /// A map; with keys of text its JSON form is an object, otherwise an array of pairs.
    Map(Box<(Type, Type)>),
    Struct(Fields),
}

/// The fields of a struct, in order.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) list: Vec<Field>,
    by_name: HashMap<Vec<u8>, usize>,
}

/// A field of a struct.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// The name in quotes and a colon.
    pub(super) json: Vec<u8>,
    /// The name as CBOR text.
    pub(super) cbor: Vec<u8>,
    pub(super) value: Type,
}

impl Type {
    /// Reads a schema that is valid JSON, nested at most as deep as a schema may.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(in super::super) fn parse(schema: &[u8]) -> Result<Type, String> {
        let mut room = DEFAULTS_LIMIT;
        Type::parse_within(schema, &mut room)
    }

    /// Tells whether null stands for a value.
    pub(in super::super) fn has_default(&self) -> bool {
        self.default.is_some()
    }

    /// Tells whether it is bytes, and no Decimal.
    pub(in super::super) fn is_bytes(&self) -> bool {
        matches!(self.kind, Kind::Bytes)
    }

    /// Returns the name of its type, in Java's letters, unless that is bytes.
    pub(in super::super) fn other_than_bytes(&self) -> Option<&'static str> {
        Some(match self.kind {
            Kind::Bytes | Kind::Decimal { .. } => return None,
            Kind::Boolean => "BOOLEAN",
            Kind::Int8 => "INT8",
            Kind::Int16 => "INT16",
            Kind::Int32 | Kind::Date | Kind::Time => "INT32",
            Kind::Int64 | Kind::Timestamp => "INT64",
            Kind::Float => "FLOAT32",
            Kind::Double => "FLOAT64",
            Kind::Text => "STRING",
            Kind::Array(_) => "ARRAY",
            Kind::Map(_) => "MAP",
            Kind::Struct(_) => "STRUCT",
        })
    }

    fn parse_within(schema: &[u8], room: &mut usize) -> Result<Type, String> {
        if kind(schema) != ValueKind::Object {
            return Err("a schema must be a JSON object".to_owned());
        }
        let said = Said::of(schema);
        let name = said.name.and_then(characters).unwrap_or_default();
        let type_name = said.type_name.and_then(characters).ok_or("a schema must have a text `type`")?;
        let optional = said.optional == Some(b"true");
        said.check_parameters()?;
        let kind = Kind::parse(&type_name, &name, (&said, room))?;
        let mut parsed = Type { kind, optional, default: None };
        parsed.default = said.default.map_or(Ok(None), |default| parsed.constant(default, room))?;
        Ok(parsed)
    }

    /// Converts a default.
    fn constant(&self, default: &[u8], room: &mut usize) -> Result<Option<Constant>, String> {
        let mut converted = |nulls: Nulls| {
            let mut cbor = Vec::new();
            append_cbor(default, Some((self, nulls)), &mut cbor, *room)
                .map_err(|fault| format!("a schema's default does not fit its type: {fault}"))?;
            *room = room.saturating_sub(cbor.len());
            Ok::<_, String>(cbor)
        };
        let cbor = converted(Nulls::Default)?;
        // A null of an optional type is none.
        if kind(default) == ValueKind::Null {
            return Ok(None);
        }
        let with_nulls = Some(converted(Nulls::Stored)?).filter(|with_nulls| *with_nulls != cbor);
        Ok(Some(Constant { cbor, with_nulls }))
    }
}

impl Kind {
    fn parse(type_name: &str, name: &str, (said, room): (&Said<'_>, &mut usize)) -> Result<Kind, String> {
        let logical = name.strip_prefix("org.apache.kafka.connect.data.");
        Ok(match (type_name, logical) {
            ("boolean", _) => Kind::Boolean,
            ("int8", _) => Kind::Int8,
            ("int16", _) => Kind::Int16,
            ("int32", Some("Date")) => Kind::Date,
            ("int32", Some("Time")) => Kind::Time,
            ("int32", _) => Kind::Int32,
            ("int64", Some("Timestamp")) => Kind::Timestamp,
            ("int64", _) => Kind::Int64,
            ("float", _) => Kind::Float,
            ("double", _) => Kind::Double,
            ("string", _) => Kind::Text,
            ("bytes", Some("Decimal")) => Kind::Decimal { scale: said.scale()? },
            ("bytes", _) => Kind::Bytes,
            ("array", _) => Kind::Array(Box::new(said.inside(("array", "items"), said.items, room)?)),
            ("map", _) => {
                let keys = said.inside(("map", "keys"), said.keys, room)?;
                Kind::Map(Box::new((keys, said.inside(("map", "values"), said.values, room)?)))
            }
            ("struct", _) => Kind::Struct(Fields::parse(said.fields, room)?),
            _ => return Err(format!("unknown schema type: {type_name}")),
        })
    }

    /// Tells whether values are text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Kind::Text)
    }
}

impl Fields {
    fn parse(fields: Option<&[u8]>, room: &mut usize) -> Result<Fields, String> {
        let Some(fields) = fields.filter(|fields| kind(fields) == ValueKind::Array) else {
            return Err("a schema of type struct needs an array `fields`".to_owned());
        };
        let mut parsed = Fields::default();
        for field in elements(fields) {
            let name = Said::of(field).field.and_then(characters);
            let name = name.ok_or("each field of a struct's schema needs a text `field`")?;
            if parsed.by_name.insert(name.clone().into_bytes(), parsed.list.len()).is_some() {
                return Err(format!("a struct's schema has two fields {name}"));
            }
            let (mut json, mut cbor) = (Vec::new(), Vec::new());
            append_quoted(&mut json, name.as_bytes());
            json.push(b':');
            append_text(&name, &mut cbor);
            let value = Type::parse_within(field, room)?;
            parsed.list.push(Field { name, json, cbor, value });
        }
        Ok(parsed)
    }

    /// Returns the number of the field with this name, which is likely the one of number `likely`.
    #[inline]
    pub(super) fn find(&self, name: &[u8], likely: usize) -> Option<usize> {
        if self.list.get(likely).is_some_and(|field| field.name.as_bytes() == name) {
            return Some(likely);
        }
        if self.list.len() <= FEW {
            return self.list.iter().position(|field| field.name.as_bytes() == name);
        }
        self.by_name.get(name).copied()
    }
}

/// What a schema's text says, by its keys.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) type_name: Option<&'a [u8]>,
    pub(super) name: Option<&'a [u8]>,
    pub(super) optional: Option<&'a [u8]>,
    pub(super) default: Option<&'a [u8]>,
    pub(super) version: Option<&'a [u8]>,
    pub(super) doc: Option<&'a [u8]>,
    pub(super) parameters: Option<&'a [u8]>,
    pub(super) items: Option<&'a [u8]>,
    pub(super) keys: Option<&'a [u8]>,
    pub(super) values: Option<&'a [u8]>,
    pub(super) fields: Option<&'a [u8]>,
    pub(super) field: Option<&'a [u8]>,
}

impl<'a> Said<'a> {
    pub(super) fn of(schema: &'a [u8]) -> Said<'a> {
        let mut said = Said::default();
        for member in members(schema) {
            let place = match &*unescaped(member.key_in(schema)) {
                b"type" => &mut said.type_name,
                b"name" => &mut said.name,
                b"optional" => &mut said.optional,
                b"default" => &mut said.default,
                b"version" => &mut said.version,
                b"doc" => &mut said.doc,
                b"parameters" => &mut said.parameters,
                b"items" => &mut said.items,
                b"keys" => &mut said.keys,
                b"values" => &mut said.values,
                b"fields" => &mut said.fields,
                b"field" => &mut said.field,
                _ => continue,
            };
            *place = Some(member.value_in(schema));
        }
        said
    }

    fn inside(&self, (of, key): (&str, &str), schema: Option<&[u8]>, room: &mut usize) -> Result<Type, String> {
        Type::parse_within(schema.ok_or_else(|| format!("a schema of type {of} needs `{key}`"))?, room)
    }

    fn check_parameters(&self) -> Result<(), String> {
        let parameters = self.parameters.filter(|value| kind(value) == ValueKind::Object).unwrap_or_default();
        match members(parameters).all(|member| kind(member.value_in(parameters)) == ValueKind::Text) {
            true => Ok(()),
            false => Err("Schema parameters must have string values.".to_owned()),
        }
    }

    /// Returns the scale of a Decimal.
    fn scale(&self) -> Result<i32, String> {
        let parameters = self.parameters.unwrap_or_default();
        let scale = members(parameters).filter(|member| &*unescaped(member.key_in(parameters)) == b"scale").last();
        let scale = scale.and_then(|member| characters(member.value_in(parameters)));
        let scale = scale.and_then(|scale| scale.parse().ok());
        scale.ok_or_else(|| "a schema of a Decimal needs an integer in quotes as `parameters.scale`".to_owned())
    }
}

/// Returns the characters of a JSON string.
fn characters(string: &[u8]) -> Option<String> {
    let inner = string.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    String::from_utf8(unescaped(inner).into_owned()).ok()
}
