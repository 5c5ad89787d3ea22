//! Converters whose schemas are in a schema registry: from schema to schema, and from bytes to the JSON text in
//! which the batch keeps typed rows. Talks to nobody: `crate::registry` does.

pub mod avro;

mod connect;
pub(crate) mod wire;
