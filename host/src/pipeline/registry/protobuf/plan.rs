//! How values are read and written: what was decided once per schema.

use prost_reflect::FieldDescriptor;

/// How values of a type are read.
#[derive(Debug)]
pub(super) enum Reader {
    Int8,
    Int16,
    Int32,
    Int64,
    Float,
    Double,
    Boolean,
    Text,
    Bytes,
    /// An enum as its symbol.
    Symbol(prost_reflect::EnumDescriptor),
    /// An enum as its number.
    Number,
    /// A message such as `StringValue` as what is in it.
    Wrapped {
        field: FieldDescriptor,
        inside: Box<Reader>,
    },
    /// A `confluent.type.Decimal`; the schema's scale.
    Decimal(i32),
    Date,
    Time,
    Timestamp,
    Array(Box<Reader>),
    Map(Box<Entry>),
    Struct(Vec<Slot>),
}

/// How a map's entries are read.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key_field: FieldDescriptor,
    pub(super) value_field: FieldDescriptor,
    pub(super) key: Reader,
    pub(super) value: Reader,
    /// Whether the map is an object; otherwise an array of pairs.
    pub(super) as_object: bool,
}

/// A field of a struct: its name in quotes with a colon, and what is in it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) key: Vec<u8>,
    pub(super) source: From,
}

/// Where a struct's field comes from.
#[derive(Debug)]
pub(super) enum From {
    /// A field.
    Field(Member),
    /// The one of these that is set, as a struct's field.
    Union(Vec<(Vec<u8>, Member)>),
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) field: FieldDescriptor,
    pub(super) reader: Reader,
    /// Whether it has its default's value where it isn't set; otherwise it is null.
    pub(super) always: bool,
}
