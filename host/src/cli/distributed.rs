//! `airlock distributed`: a worker of a cluster, with Kafka Connect's own file and topics.

use std::path::PathBuf;

use anyhow::Context as _;

use super::worker::{self, Cluster};
use crate::config::properties::parse_properties;
use crate::config::worker::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct DistributedArguments {
    /// The worker's properties file, as `connect-distributed.sh` takes it.
    worker: PathBuf,
}

pub(crate) async fn run(arguments: DistributedArguments) -> anyhow::Result<()> {
    let file = &arguments.worker;
    let properties = parse_properties(&worker::read(file)?).with_context(|| file.display().to_string())?;
    let config = worker::parse(&properties, Mode::Distributed).with_context(|| file.display().to_string())?;
    worker::run(config, Cluster::Remote, Vec::new(), |_| Ok(())).await
}
