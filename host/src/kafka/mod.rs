//! Kafka's clients: the only folder that knows rdkafka. [`consumer`] and [`producer`] stand behind the
//! pipeline's [`edges`](crate::pipeline::edges). Decides nothing about records.

mod context;
mod error;

pub mod client_config;

pub mod consumer;
pub mod producer;

pub mod group_offsets;
pub mod topic_log;

pub mod admin;
pub mod mock;

pub use error::KafkaSetupError;
