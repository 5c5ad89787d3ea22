//! What several guests need that do as Kafka Connect does.

#[cfg(not(target_family = "wasm"))]
pub mod cases;
pub mod field_path;
pub mod header_list;
pub mod header_text;
pub mod java_number;
pub mod java_regex;
pub mod json_members;
pub mod part;
pub mod typed;
