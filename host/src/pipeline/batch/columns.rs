//! The columns in which rows cross to guests and back, as the WIT interface `records` declares them.
//! What they mean for a batch is the business of [`super::Batch`].

/// A null, as a length or a state. JSON's `null` too, except where a whole value is asked for `raw`.
pub const NULL: i32 = -1;
/// The field is not there; on write, it is removed.
pub const ABSENT: i32 = -2;
/// On read, a value that the form asked for can't express; on write, the row is left as it is.
pub const OTHER: i32 = -3;

/// A form of whole keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The bytes as Kafka has them.
    Raw,
    /// JSON text; with a schema: the payload.
    Json,
    /// CBOR, typed values with standard tags.
    Cbor,
}

/// The kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// There is none: an absent field, or a tombstone.
    Absent,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction and exponent.
    Integer,
    /// Any other number.
    Fraction,
    /// A string; or bytes that the host can't see into.
    Text,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A column of byte strings: row i is the next `lengths[i]` bytes of `data`, or [`NULL`], [`ABSENT`],
/// [`OTHER`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BytesColumn {
    /// A length or a sentinel per row.
    pub lengths: Vec<i32>,
    /// The bytes of all rows.
    pub data: Vec<u8>,
}

/// A column of integers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntegerColumn {
    /// Per row 0 for a value, or a sentinel; empty on write: all rows have values.
    pub states: Vec<i8>,
    /// A value per row.
    pub values: Vec<i64>,
}

/// A column of doubles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NumberColumn {
    /// Per row 0 for a value, or a sentinel; empty on write: all rows have values.
    pub states: Vec<i8>,
    /// A value per row.
    pub values: Vec<f64>,
}

/// The form of a column of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldForm {
    /// JSON text of any value.
    Json,
    /// The decoded characters of JSON strings.
    Text,
    /// Integers that fit 64 bits.
    Integer,
    /// Numbers, rounded to a double.
    Number,
}

/// One field of every row.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldColumn {
    /// JSON texts.
    Json(BytesColumn),
    /// Decoded strings.
    Text(BytesColumn),
    /// Integers.
    Integer(IntegerColumn),
    /// Doubles.
    Number(NumberColumn),
}

/// A new value for a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// The same JSON text for every row.
    Constant(Vec<u8>),
    /// One value per row.
    Column(FieldColumn),
}

/// What [`FieldChange::ByKind`] does with a value.
#[derive(Debug, Clone, PartialEq)]
pub enum KindOutcome {
    /// Leaves it.
    Keep,
    /// Writes this JSON text, adding the field where it is absent.
    Put(Vec<u8>),
    /// Removes the field.
    Remove,
    /// Rejects the row with this reason.
    Reject(String),
}

/// A change to one field of every row.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldChange {
    /// Writes the value, adding the field at the end where it is absent.
    Put(FieldValue),
    /// Writes the value where the field is present, and nowhere else.
    Replace(FieldValue),
    /// Takes the field away.
    Remove,
    /// Gives the field another name in its place.
    Rename(String),
    /// Chooses by the kind of the present value; kinds that aren't listed are kept.
    ByKind(Vec<(ValueKind, KindOutcome)>),
    /// Of the object there, keeps only the fields of these names.
    Retain(Vec<String>),
}

/// One operation of [`super::Batch::edit`].
#[derive(Debug, Clone, PartialEq)]
pub struct EditOperation {
    /// The names from the outermost object inwards; none stand for the whole key or value.
    pub path: Vec<String>,
    /// What happens to that field.
    pub change: FieldChange,
}

/// Topics of rows: row i has the name `names[rows[i]]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicColumn {
    /// The distinct names.
    pub names: Vec<String>,
    /// For each row, which of `names`.
    pub rows: Vec<u32>,
}

/// Headers of rows: row i has the next `counts[i]` headers of `keys` and `values`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeaderColumn {
    /// How many headers each row has.
    pub counts: Vec<u32>,
    /// The keys of all rows' headers.
    pub keys: Vec<String>,
    /// Their values; one may be [`NULL`].
    pub values: BytesColumn,
}

/// Rows that a source appends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRows {
    /// The topic of each row; it says how many rows there are.
    pub topics: TopicColumn,
    /// Empty, or one per row; -1 lets the partitioner choose.
    pub partitions: Vec<i32>,
    /// Empty, or one per row; -1 for none.
    pub timestamps: Vec<i64>,
    /// The form of `keys` and `values`.
    pub form: Form,
    /// The keys.
    pub keys: BytesColumn,
    /// The values.
    pub values: BytesColumn,
    /// Empty, or one per row; 0 for none.
    pub key_schemas: Vec<u32>,
    /// Empty, or one per row; 0 for none.
    pub value_schemas: Vec<u32>,
    /// None: no row has a header.
    pub headers: Option<HeaderColumn>,
    /// The distinct source partitions, JSON texts.
    pub source_partitions: Vec<String>,
    /// For each row, which of `source_partitions`.
    pub source_partition_rows: Vec<u32>,
    /// For each row, its source offset, a JSON text.
    pub source_offsets: BytesColumn,
}

/// What is wrong with a call of a guest's on a batch, which is as before the call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// A bug of the guest: a wrong length, a row out of range, text that is no JSON.
    #[error("{0}")]
    InvalidArgument(String),
    /// Not possible for this batch or in this call.
    #[error("{0}")]
    Unsupported(String),
}
