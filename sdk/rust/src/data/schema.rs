//! Schemas, as `org.apache.kafka.connect.data.Schema` has them.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::value::Value;

/// The names of Kafka's logical types start with this.
const LOGICAL: &str = "org.apache.kafka.connect.data.";

/// What values are: a type, whether they may be null, and what people say about them.
///
/// Schemas are equal when all of that is, as `ConnectSchema.equals` has it: the order of parameters doesn't count,
/// that of fields does.
///
/// ```
/// use airlock_sdk::data::{Kind, Logical, Schema};
/// let price = Schema::decimal(2).optional().doc("In euros.");
/// assert_eq!(price.logical(), Some(Logical::Decimal { scale: 2 }));
/// let order = Schema::structure().field("price", price).field("count", Schema::int32()).named("order").version(1);
/// assert_eq!(order.field_named("count").map(|(index, field)| (index, &field.schema.kind)), Some((1, &Kind::Int32)));
/// ```
#[derive(Debug, Clone)]
pub struct Schema {
    /// The type.
    pub kind: Kind,
    /// Whether values may be null.
    pub optional: bool,
    /// What stands for null; never [`Value::Null`].
    pub default: Option<Value>,
    /// The name of a struct or of a logical type.
    pub name: Option<String>,
    /// The version of the schema.
    pub version: Option<i32>,
    /// What people should know about it.
    pub doc: Option<String>,
    /// Further properties, such as the scale of a Decimal.
    pub parameters: Vec<(String, String)>,
}

/// The types of Kafka Connect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 8-bit integers.
    Int8,
    /// 16-bit integers.
    Int16,
    /// 32-bit integers; days in a `Date`, milliseconds of the day in a `Time`.
    Int32,
    /// 64-bit integers; milliseconds since 1970 in a `Timestamp`.
    Int64,
    /// Numbers of single precision.
    Float32,
    /// Numbers of double precision.
    Float64,
    /// True or false.
    Boolean,
    /// Text.
    String,
    /// Bytes; the unscaled number in a `Decimal`.
    Bytes,
    /// Arrays of such elements.
    Array(Rc<Schema>),
    /// Maps of such keys and values.
    Map(Rc<Schema>, Rc<Schema>),
    /// Structs of these fields, no two with the same name.
    Struct(Vec<Field>),
}

/// A field of a struct; its index is its position.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// The name.
    pub name: String,
    /// What its values are.
    pub schema: Rc<Schema>,
}

/// Kafka's logical types: what a schema's name says beyond its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Logical {
    /// A [`Value::Decimal`] with this many digits behind the point.
    Decimal {
        /// The number of digits; may be negative.
        scale: i32,
    },
    /// A day, as a [`Value::Moment`] at its start (UTC).
    Date,
    /// A time of the day, as a [`Value::Moment`] on 1970-01-01 (UTC).
    Time,
    /// A [`Value::Moment`].
    Timestamp,
}

impl Field {
    /// Returns a field.
    pub fn new(name: impl Into<String>, schema: impl Into<Rc<Schema>>) -> Self {
        Field { name: name.into(), schema: schema.into() }
    }
}

impl Kind {
    /// Returns the type's name in JSON, such as `int32` or `double`.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Int8 => "int8",
            Kind::Int16 => "int16",
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Float32 => "float",
            Kind::Float64 => "double",
            Kind::Boolean => "boolean",
            Kind::String => "string",
            Kind::Bytes => "bytes",
            Kind::Array(_) => "array",
            Kind::Map(..) => "map",
            Kind::Struct(_) => "struct",
        }
    }

    /// Returns the type's name in Java, such as `INT32` or `FLOAT64`.
    pub fn java_name(&self) -> &'static str {
        match self {
            Kind::Int8 => "INT8",
            Kind::Int16 => "INT16",
            Kind::Int32 => "INT32",
            Kind::Int64 => "INT64",
            Kind::Float32 => "FLOAT32",
            Kind::Float64 => "FLOAT64",
            Kind::Boolean => "BOOLEAN",
            Kind::String => "STRING",
            Kind::Bytes => "BYTES",
            Kind::Array(_) => "ARRAY",
            Kind::Map(..) => "MAP",
            Kind::Struct(_) => "STRUCT",
        }
    }
}

macro_rules! primitives {
    ($($function:ident $kind:ident $words:literal),*) => { $(
        #[doc = concat!("Returns a schema of ", $words, ".")]
        pub fn $function() -> Self {
            Self::new(Kind::$kind)
        }
    )* };
}

/// What `SchemaBuilder` makes.
impl Schema {
    primitives! {
        int8 Int8 "8-bit integers", int16 Int16 "16-bit integers", int32 Int32 "32-bit integers",
        int64 Int64 "64-bit integers", float32 Float32 "numbers of single precision",
        float64 Float64 "numbers of double precision", boolean Boolean "true and false", string String "text",
        bytes Bytes "bytes"
    }

    /// Returns a schema of a type: required, without a name or anything else.
    pub fn new(kind: Kind) -> Self {
        let parameters = Vec::new();
        Schema { kind, optional: false, default: None, name: None, version: None, doc: None, parameters }
    }

    /// Returns a schema of arrays.
    pub fn array(elements: impl Into<Rc<Schema>>) -> Self {
        Self::new(Kind::Array(elements.into()))
    }

    /// Returns a schema of maps.
    pub fn map(keys: impl Into<Rc<Schema>>, values: impl Into<Rc<Schema>>) -> Self {
        Self::new(Kind::Map(keys.into(), values.into()))
    }

    /// Returns a schema of structs, still without fields.
    pub fn structure() -> Self {
        Self::new(Kind::Struct(Vec::new()))
    }

    /// Returns a schema of decimals with this many digits behind the point.
    pub fn decimal(scale: i32) -> Self {
        Self::logical_type(Kind::Bytes, "Decimal").parameter("scale", scale.to_string())
    }

    /// Returns a schema of days.
    pub fn date() -> Self {
        Self::logical_type(Kind::Int32, "Date")
    }

    /// Returns a schema of times of the day.
    pub fn time() -> Self {
        Self::logical_type(Kind::Int32, "Time")
    }

    /// Returns a schema of moments, with milliseconds.
    pub fn timestamp() -> Self {
        Self::logical_type(Kind::Int64, "Timestamp")
    }

    /// Lets values be null.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Sets what stands for null.
    ///
    /// # Errors
    /// The value isn't what the schema says, or null.
    pub fn default(mut self, value: Value) -> Result<Self, String> {
        if value == Value::Null {
            return Err("a default can't be null".to_owned());
        }
        super::encode(&self, &value, &mut Vec::new())
            .map_err(|problem| super::within("a schema's default", problem))?;
        self.default = Some(value);
        Ok(self)
    }

    /// Sets the name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the version.
    pub fn version(mut self, version: i32) -> Self {
        self.version = Some(version);
        self
    }

    /// Sets the words for people.
    pub fn doc(mut self, doc: impl Into<String>) -> Self {
        self.doc = Some(doc.into());
        self
    }

    /// Sets a parameter.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.parameters.retain(|(known, _)| *known != name);
        self.parameters.push((name, value.into()));
        self
    }

    /// Adds a field to a struct; on other types it does nothing.
    pub fn field(mut self, name: impl Into<String>, schema: impl Into<Rc<Schema>>) -> Self {
        if let Kind::Struct(fields) = &mut self.kind {
            fields.push(Field::new(name, schema));
        }
        self
    }

    /// Returns a schema of another type with the same name, version, doc and parameters, required and without a
    /// default: `SchemaUtil.copySchemaBasics`.
    pub fn copy_basics(&self, kind: Kind) -> Self {
        Schema {
            kind,
            optional: false,
            default: None,
            name: self.name.clone(),
            version: self.version,
            doc: self.doc.clone(),
            parameters: self.parameters.clone(),
        }
    }

    fn logical_type(kind: Kind, name: &str) -> Self {
        Self::new(kind).named(format!("{LOGICAL}{name}")).version(1)
    }
}

/// What a schema says.
impl Schema {
    /// Returns which of Kafka's logical types it is. A Decimal without a scale is none.
    pub fn logical(&self) -> Option<Logical> {
        match (self.name.as_deref()?.strip_prefix(LOGICAL)?, &self.kind) {
            ("Decimal", Kind::Bytes) => self.scale().map(|scale| Logical::Decimal { scale }),
            ("Date", Kind::Int32) => Some(Logical::Date),
            ("Time", Kind::Int32) => Some(Logical::Time),
            ("Timestamp", Kind::Int64) => Some(Logical::Timestamp),
            _ => None,
        }
    }

    /// Returns the fields of a struct.
    pub fn fields(&self) -> Option<&[Field]> {
        match &self.kind {
            Kind::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// Returns a field of a struct and its index.
    pub fn field_named(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields()?.iter().enumerate().find(|(_, field)| field.name == name)
    }

    /// Returns a parameter.
    pub fn parameter_named(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Tells whether it is said to be a Decimal, and lacks its scale.
    pub(super) fn lacks_scale(&self) -> bool {
        let name = self.name.as_deref().and_then(|name| name.strip_prefix(LOGICAL));
        self.kind == Kind::Bytes && name == Some("Decimal") && self.scale().is_none()
    }

    fn scale(&self) -> Option<i32> {
        self.parameter_named("scale")?.parse().ok()
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.optional == other.optional
            && self.version == other.version
            && self.name == other.name
            && self.doc == other.doc
            && self.default == other.default
            && self.parameters.len() == other.parameters.len()
            && self.parameters.iter().all(|(name, value)| other.parameter_named(name) == Some(value))
            && self.kind == other.kind
    }
}

impl Eq for Schema {}

impl Hash for Schema {
    /// Leaves out the default and parameters: schemas that differ in nothing else are rare.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.optional, self.version, &self.name, &self.doc, &self.kind).hash(state);
    }
}
