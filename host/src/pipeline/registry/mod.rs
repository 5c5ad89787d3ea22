//! Converters whose schemas are in a schema registry: from schema to schema, and from bytes to the JSON text in
//! which the batch keeps typed rows. A task fetches and registers schemas before it converts: rows are converted
//! without a wait. The client itself is elsewhere, behind `edges::SchemaRegistry`.

pub mod avro;
pub mod json;
pub mod protobuf;

mod codec;
mod connect;
mod format;
mod prepare;
mod wire;

#[cfg(test)]
mod tests;

pub use codec::RegistryCodec;
pub use format::{Definition, Referenced, ValueDecoder, ValueEncoder};
pub(super) use prepare::Preparation;
