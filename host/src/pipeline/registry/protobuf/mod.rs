//! Protobuf, as Confluent's `ProtobufConverter` converts it: Connect's schemas from and to .proto files, and values
//! between Protobuf's binary form and the JSON text of payloads. The files are compiled by protox.

mod bounds;
mod calendar;
mod codec;
mod decimal;
mod files;
mod from_connect;
mod indexes;
mod json;
mod known;
mod meta;
mod names;
mod plan;
mod print;
mod read;
mod to_connect;
mod write;
mod write_plan;

#[cfg(test)]
mod tests;

pub use codec::{ProtobufDecoder, ProtobufEncoder};
pub(super) use indexes::split as split_place;

use crate::config::converter::FormatOptions;

/// Confluent's keys of the conversion, with their defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct ProtobufOptions {
    /// `generalized.sum.type.support`: enums and unions as in other formats. Default: false.
    pub generalized: bool,
    /// `ignore.default.for.nullables`: a null stays one though there is a default. Default: false.
    pub ignore_default: bool,
    /// `enhanced.protobuf.schema.support`: names have their packages. Default: false.
    pub enhanced: bool,
    /// `scrub.invalid.names`. Default: false.
    pub scrub: bool,
    /// `int.for.enums`: enums are their numbers. Default: false.
    pub int_enums: bool,
    /// `optional.for.nullables`: what may be null has the label `optional`. Default: false.
    pub optional: bool,
    /// `optional.for.proto2`: a proto2 field that isn't set is null. Default: true.
    pub optional_proto2: bool,
    /// `wrapper.for.nullables`: what may be null is in a message such as `StringValue`. Default: false.
    pub wrapper: bool,
    /// `wrapper.for.raw.primitives`: such a message by itself is a primitive. Default: true.
    pub raw_wrapper: bool,
    /// `generate.struct.for.nulls`: a message that isn't set is one of defaults. Default: false.
    pub struct_for_nulls: bool,
    /// `generate.index.for.unions`: the fields of unions end with their index. Default: true.
    pub union_index: bool,
    /// `flatten.unions`: the members of unions are fields beside the others. Default: false.
    pub flatten: bool,
}

impl ProtobufOptions {
    /// Reads the keys of the converter.
    pub(super) fn new(options: &FormatOptions) -> Self {
        Self {
            generalized: options.is_on("generalized.sum.type.support"),
            ignore_default: options.is_on("ignore.default.for.nullables"),
            enhanced: options.is_on("enhanced.protobuf.schema.support"),
            scrub: options.is_on("scrub.invalid.names"),
            int_enums: options.is_on("int.for.enums"),
            optional: options.is_on("optional.for.nullables"),
            optional_proto2: options.is_on("optional.for.proto2"),
            wrapper: options.is_on("wrapper.for.nullables"),
            raw_wrapper: options.is_on("wrapper.for.raw.primitives"),
            struct_for_nulls: options.is_on("generate.struct.for.nulls"),
            union_index: options.is_on("generate.index.for.unions"),
            flatten: options.is_on("flatten.unions"),
        }
    }
}

impl Default for ProtobufOptions {
    fn default() -> Self {
        Self {
            generalized: false,
            ignore_default: false,
            enhanced: false,
            scrub: false,
            int_enums: false,
            optional: false,
            optional_proto2: true,
            wrapper: false,
            raw_wrapper: true,
            struct_for_nulls: false,
            union_index: true,
            flatten: false,
        }
    }
}
