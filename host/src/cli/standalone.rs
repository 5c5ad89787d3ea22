//! `airlock standalone`: one worker, with Kafka Connect's own files.

use std::path::PathBuf;

use anyhow::Context as _;

use super::worker::{self, Cluster};
use crate::config::properties::{parse_connector_file, parse_properties};
use crate::config::worker::Mode;

#[derive(Debug, clap::Args)]
pub(crate) struct StandaloneArguments {
    /// The worker's properties file, as `connect-standalone.sh` takes it.
    worker: PathBuf,
    /// Connectors to start with: properties, or JSON as REST takes it.
    connectors: Vec<PathBuf>,
}

pub(crate) async fn run(arguments: StandaloneArguments) -> anyhow::Result<()> {
    let file = &arguments.worker;
    let properties = parse_properties(&worker::read(file)?).with_context(|| file.display().to_string())?;
    let config = worker::parse(&properties, Mode::Standalone).with_context(|| file.display().to_string())?;
    let mut connectors = Vec::new();
    for file in &arguments.connectors {
        let request = parse_connector_file(&worker::read(file)?).with_context(|| file.display().to_string())?;
        connectors.push(request);
    }
    worker::run(config, Cluster::Remote, connectors, |_| Ok(())).await
}
