//! What plugin authors implement: a trait per kind of plugin, with defaults for every life-cycle hook that
//! few need. How they reach the host is told in [`registry`].

pub(crate) mod config;
pub(crate) mod connector;
pub(crate) mod describe;
pub(crate) mod registry;
pub(crate) mod steps;
pub(crate) mod transform;

pub use config::Config;
pub use connector::{
    Acknowledgement, Connector, ExactlyOnce, OneTask, PollLimits, SameTasks, Sink, Source, SourcePosition,
};
pub use describe::{Capability, ConfigKey, ConfigType, Description, Grant, Importance};
pub use transform::{Predicate, Transform};
