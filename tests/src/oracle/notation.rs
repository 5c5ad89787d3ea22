//! Connect's schemas, values and records as Rust types, and as the JSON that `tests/oracle/README.md` describes.
//! Knows nothing of where they come from.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A value, or null.
pub type Value = Option<Datum>;

/// A value that isn't null, by the Java class that it has at run time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datum {
    /// `java.lang.Boolean`.
    Boolean(bool),
    /// `java.lang.Byte`.
    Int8(i8),
    /// `java.lang.Short`.
    Int16(i16),
    /// `java.lang.Integer`.
    Int32(i32),
    /// `java.lang.Long`; decimal text in JSON.
    Int64(#[serde(with = "super::text::decimal")] i64),
    /// `java.lang.Float`.
    Float32(Float),
    /// `java.lang.Double`.
    Float64(Double),
    /// `java.lang.String`.
    String(String),
    /// A `java.lang.String` that has half of a surrogate pair alone: its UTF-16 code units.
    Utf16(#[serde(with = "super::text::utf16")] Vec<u16>),
    /// `byte[]` or `java.nio.ByteBuffer`.
    Bytes(#[serde(with = "super::text::base64")] Vec<u8>),
    /// `java.util.List`.
    List(Vec<Value>),
    /// `java.util.Map`, whose order is of no account when answers are compared.
    Map(Vec<(Value, Value)>),
    /// `org.apache.kafka.connect.data.Struct`.
    Struct(Struct),
    /// `java.math.BigDecimal`.
    Decimal(Decimal),
    /// `java.util.Date`: milliseconds since 1970.
    Date(i64),
    /// A value of any other class, as its `toString` tells it. The oracle answers these, and takes none.
    Other(Other),
}

/// A float, equal to another if both have the same bits. All NaN are one, as in Java's `equals`.
#[derive(Clone, Copy, Debug)]
pub struct Float(pub f32);

impl Float {
    /// Returns the bits, as `Float.floatToIntBits` does.
    pub fn bits(self) -> u32 {
        if self.0.is_nan() { 0x7fc0_0000 } else { self.0.to_bits() }
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

/// A double, equal to another if both have the same bits. All NaN are one, as in Java's `equals`.
#[derive(Clone, Copy, Debug)]
pub struct Double(pub f64);

impl Double {
    /// Returns the bits, as `Double.doubleToLongBits` does.
    pub fn bits(self) -> u64 {
        if self.0.is_nan() { 0x7ff8_0000_0000_0000 } else { self.0.to_bits() }
    }
}

impl PartialEq for Double {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

/// A struct's fields, by name. One that is missing was never set, which to Connect is the same as null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Struct {
    /// Its schema, where that isn't the schema that its place has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Box<Schema>>,
    /// The fields in the order of the schema.
    pub fields: IndexMap<String, Value>,
}

/// A decimal: `unscaled` × 10^-`scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decimal {
    /// Decimal digits, perhaps after a minus.
    pub unscaled: String,
    /// Digits behind the point; below zero, zeros before it.
    pub scale: i32,
}

/// A value of a class without a notation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Other {
    /// The Java class's name.
    pub class: String,
    /// What its `toString` gives.
    pub text: String,
}

/// The types that a schema can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Eight bits, signed.
    Int8,
    /// Sixteen bits, signed.
    Int16,
    /// 32 bits, signed.
    Int32,
    /// 64 bits, signed.
    Int64,
    /// 32 bits, floating.
    Float32,
    /// 64 bits, floating.
    Float64,
    /// True or false.
    Boolean,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A list of `values`.
    Array,
    /// `keys` to `values`.
    Map,
    /// Named `fields`.
    Struct,
}

/// A schema. What is absent is null in Java.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The type.
    #[serde(rename = "type")]
    pub kind: Type,
    /// Whether null is allowed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// What stands for null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Value,
    /// The name; a logical type's too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// The documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The parameters; none at all isn't the same as an empty map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<IndexMap<String, String>>,
    /// A struct's fields, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Field>>,
    /// A map's keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Box<Schema>>,
    /// A map's values, or an array's items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Box<Schema>>,
}

impl Schema {
    /// Returns a schema of this type with nothing else said.
    pub fn of(kind: Type) -> Self {
        let (optional, default, name, version, doc) = (false, None, None, None, None);
        Self { kind, optional, default, name, version, doc, parameters: None, fields: None, keys: None, values: None }
    }

    /// Returns the fields; none unless it is a struct's.
    pub fn fields(&self) -> &[Field] {
        self.fields.as_deref().unwrap_or_default()
    }
}

/// A field of a struct's schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The name.
    pub name: String,
    /// What it holds.
    pub schema: Schema,
}

/// A value with its schema, if it has one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Typed {
    /// The schema; none for schemaless data.
    pub schema: Option<Schema>,
    /// The value.
    pub value: Value,
}

/// A record's header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The name; several headers may have the same.
    pub key: String,
    /// The value.
    #[serde(flatten)]
    pub value: Typed,
}

/// Who set a sink record's timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampType {
    /// Nobody: it has none.
    None,
    /// The producer.
    CreateTime,
    /// The broker.
    LogAppendTime,
}

/// A sink record or a source record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The topic.
    pub topic: String,
    /// The partition; sink records always have one.
    pub partition: Option<i32>,
    /// The offset, of sink records only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// Who set it, of sink records only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_type: Option<TimestampType>,
    /// The key.
    pub key: Typed,
    /// The value.
    pub value: Typed,
    /// The headers, in order.
    pub headers: Vec<Header>,
}
