//! Airlock, a Kafka Connect worker whose plugins are WebAssembly components.
//!
//! The modules stand in the order in which a record meets them; read [`pipeline`] first. Each uses only
//! those above it.

pub mod record;

pub mod config;

pub mod pipeline;

pub mod kafka;

pub mod plugin;
pub mod registry;

pub mod worker;

pub mod rest;

pub mod cli;
