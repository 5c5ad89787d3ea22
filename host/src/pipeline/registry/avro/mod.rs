//! Avro, as Confluent's `AvroConverter` converts it: Connect's schemas from and to Avro's, and values between
//! Avro's binary form and the JSON text of payloads.

#[cfg(test)]
mod answers;
mod anything;
mod codec;
mod default;
mod from_connect;
mod input;
mod naming;
mod plan;
mod print;
mod read;
mod schema;
mod to_connect;
mod write;

#[cfg(test)]
mod tests;

pub use codec::{AvroDecoder, AvroEncoder};

use crate::config::converter::FormatOptions;

/// Confluent's keys of the conversion, with their defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct AvroOptions {
    /// `connect.meta.data`: whether Avro schemas tell what only Connect knows. Default: true.
    pub meta_data: bool,
    /// `enhanced.avro.schema.support`: enums stay enums, members of unions have full names. Default: false.
    pub enhanced: bool,
    /// `scrub.invalid.names`. Default: false.
    pub scrub: bool,
    /// `generalized.sum.type.support`. Default: false.
    pub generalized: bool,
    /// `ignore.default.for.nullables`. Default: false.
    pub ignore_default: bool,
    /// `discard.type.doc.default`. Default: false.
    pub discard_doc: bool,
    /// `allow.optional.map.keys`. Default: false.
    pub optional_keys: bool,
    /// `flatten.singleton.unions`. Default: true.
    pub flatten: bool,
}

impl AvroOptions {
    /// Reads the keys.
    pub(super) fn new(options: &FormatOptions) -> Self {
        Self {
            meta_data: options.is_on("connect.meta.data"),
            enhanced: options.is_on("enhanced.avro.schema.support"),
            scrub: options.is_on("scrub.invalid.names"),
            generalized: options.is_on("generalized.sum.type.support"),
            ignore_default: options.is_on("ignore.default.for.nullables"),
            discard_doc: options.is_on("discard.type.doc.default"),
            optional_keys: options.is_on("allow.optional.map.keys"),
            flatten: options.is_on("flatten.singleton.unions"),
        }
    }
}

impl Default for AvroOptions {
    fn default() -> Self {
        Self {
            meta_data: true,
            enhanced: false,
            scrub: false,
            generalized: false,
            ignore_default: false,
            discard_doc: false,
            optional_keys: false,
            flatten: true,
        }
    }
}

/// Confluent's names.
mod names {
    pub(super) const NAMESPACE: &str = "io.confluent.connect.avro";
    pub(super) const DEFAULT: &str = "io.confluent.connect.avro.ConnectDefault";
    pub(super) const MAP_ENTRY: &str = "MapEntry";
    pub(super) const UNION: &str = "io.confluent.connect.avro.Union";
    pub(super) const ENUM: &str = "io.confluent.connect.avro.Enum";
    pub(super) const GENERAL_UNION: &str = "org.apache.kafka.connect.data.Union";
    pub(super) const GENERAL_ENUM: &str = "org.apache.kafka.connect.data.Enum";
    pub(super) const UNION_FIELD: &str = "connect_union_field_";
    pub(super) const RECORD_DOC: &str = "io.confluent.connect.avro.record.doc";
    pub(super) const ENUM_DOC: &str = "io.confluent.connect.avro.enum.doc.";
    pub(super) const ENUM_DEFAULT: &str = "io.confluent.connect.avro.enum.default.";
    pub(super) const FIELD_DOC: &str = "io.confluent.connect.avro.field.doc.";
    pub(super) const FIELD_DEFAULT: &str = "io.confluent.connect.avro.field.default";
    pub(super) const FIXED_SIZE: &str = "connect.fixed.size";
    pub(super) const PRECISION: &str = "connect.decimal.precision";
}
