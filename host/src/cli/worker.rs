//! What `dev`, `standalone` and `distributed` have in common: a worker from its start to the end of its last task.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use prometheus_client::registry::Registry;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{add_built_in, open_catalog};
use crate::config::Properties;
use crate::config::properties::ConnectorRequest;
use crate::config::worker::{Mode, Storage, WorkerConfig};
use crate::kafka::mock::DevCluster;
use crate::pipeline::edges::OffsetStore;
use crate::plugin::catalog::Catalog;
use crate::rest::{Rest, Server};
use crate::worker::herder::{Herder, HerderSettings};
use crate::worker::launch::{LaunchParts, WasmLaunch};
use crate::worker::offsets::OffsetFile;
use crate::worker::topics::Topics;

/// Where Kafka is.
pub(crate) enum Cluster {
    /// In this process.
    Dev(DevCluster),
    /// At `bootstrap.servers`.
    Remote,
}

/// Reads a file, or says which can't be.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("can't read {}", file.display()))
}

/// Parses a worker's configuration, and logs what has no effect.
pub(crate) fn parse(properties: &Properties, mode: Mode) -> anyhow::Result<WorkerConfig> {
    let config = WorkerConfig::parse(properties, mode).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(|problem| problem.message.clone()).collect();
        anyhow::Error::msg(problems.join("\n"))
    })?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    Ok(config)
}

/// Runs a worker until SIGTERM or SIGINT. REST answers at once; `ready` is called when all plugins are there.
pub(crate) async fn run(
    config: WorkerConfig,
    cluster: Cluster,
    connectors: Vec<ConnectorRequest>,
    ready: impl FnOnce(SocketAddr) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let stop = stopped_by_signals()?;
    let config = Arc::new(config);
    let catalog = open_catalog(&config.airlock)?;
    let dev = match cluster {
        Cluster::Dev(cluster) => Some(cluster),
        Cluster::Remote => None,
    };
    let opened = stop.run_until_cancelled(open_storage(&config)).await.transpose()?;
    let Some((offsets, topics)) = opened else { return Ok(()) };
    let parts = LaunchParts { catalog: catalog.clone(), worker: config.clone(), offsets, dev };
    let launch =
        Arc::new(WasmLaunch::new(parts).map_err(|problem| anyhow::anyhow!("{}: {}", problem.key, problem.message))?);
    let mut registry = Registry::default();
    launch.register(&mut registry);
    let server = Server::bind(&config.listeners).await?;
    let address = server.addresses().into_iter().next().context("listeners names no address")?;
    let mut herder = Herder::new(launch.clone(), HerderSettings::new(&config, config.worker_id(address)));
    let updates = topics.map(|topics| {
        herder = herder.clone().with_stores(topics.stores);
        topics.updates
    });
    let shutdown = CancellationToken::new();
    let rest = Rest::new(herder.clone(), Arc::new(registry), config.airlock.component_max_bytes);
    let serving = tokio::spawn(server.serve(rest, shutdown.clone()));
    tokio::spawn(async move { launch.find_cluster_id().await });
    let start = async {
        load_plugins(&catalog, &config.plugin_path).await?;
        if let Some(updates) = updates {
            tokio::spawn(herder.clone().follow(updates));
            herder.catch_up().await?;
        }
        herder.set_ready();
        tracing::info!(rest = %address, "the worker is ready");
        ready(address)?;
        for connector in connectors {
            let name = connector.name.clone();
            herder.create(connector).await.with_context(|| format!("connector {name}"))?;
        }
        anyhow::Ok(())
    };
    stop.run_until_cancelled(start).await.transpose()?;
    stop.cancelled().await;
    herder.shutdown().await;
    shutdown.cancel();
    serving.await??;
    Ok(())
}

/// Opens where source offsets are kept, and the other topics where there are some.
async fn open_storage(config: &WorkerConfig) -> anyhow::Result<(Arc<dyn OffsetStore>, Option<Topics>)> {
    match &config.storage {
        Storage::File(path) => Ok((Arc::new(OffsetFile::open(path.clone())?), None)),
        Storage::Topics(storage) => {
            let topics = Topics::open(config, storage).await?;
            Ok((topics.offsets.clone(), Some(topics)))
        }
    }
}

/// Adds the components that the program carries, those of `plugin.path`, and the uploads.
async fn load_plugins(catalog: &Catalog, folders: &[PathBuf]) -> anyhow::Result<()> {
    add_built_in(catalog).await?;
    for folder in folders {
        catalog.add_folder(folder).await;
    }
    catalog.add_uploads().await;
    Ok(())
}

/// Returns what is cancelled by SIGTERM or SIGINT. From here on neither ends the program by itself.
fn stopped_by_signals() -> std::io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("stopping after SIGTERM"),
            _ = interrupt.recv() => tracing::info!("stopping after SIGINT"),
        }
        told.cancel();
    });
    Ok(stop)
}
