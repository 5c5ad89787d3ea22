//! Where the offsets of source connectors are kept: in a file, or in a topic.

mod java_map;
mod table;

mod file;
mod topic;

#[cfg(test)]
mod tests;

pub use file::{OffsetFile, OffsetFileError};
pub use topic::OffsetTopic;
