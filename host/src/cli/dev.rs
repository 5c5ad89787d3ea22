//! `airlock dev`: a worker that needs nothing, with a Kafka in its own process.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ValueEnum;

use super::worker::{self, Cluster};
use crate::config::Properties;
use crate::config::properties::parse_properties;
use crate::config::worker::Mode;
use crate::kafka::mock::DevCluster;

#[derive(Debug, clap::Args)]
pub(crate) struct DevArguments {
    /// Where REST listens.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8083")]
    listen: String,
    /// A directory whose files connectors may use; may be given several times. Default: the current one.
    #[arg(long, value_name = "DIRECTORY")]
    allow: Vec<PathBuf>,
    /// A worker's properties file to begin with.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to say that the worker is ready.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    /// For people.
    Text,
    /// One line of JSON: `rest`, `bootstrap_servers`.
    Json,
}

pub(crate) async fn run(arguments: DevArguments) -> anyhow::Result<()> {
    // Everything but the files that connectors write goes when the worker ends.
    let folder = tempfile::Builder::new().prefix("airlock-dev-").tempdir()?;
    let cluster = DevCluster::start()?;
    let servers = cluster.bootstrap_servers().to_owned();
    let properties = properties(&arguments, &servers, folder.path())?;
    let config = worker::parse(&properties, Mode::Dev)?;
    let ready = |rest: SocketAddr| say_ready(arguments.output, rest, &servers);
    worker::run(config, Cluster::Dev(cluster), Vec::new(), ready).await
}

fn properties(arguments: &DevArguments, servers: &str, folder: &std::path::Path) -> anyhow::Result<Properties> {
    let mut properties = match &arguments.config {
        None => Properties::new(),
        Some(file) => parse_properties(&worker::read(file)?)?,
    };
    let mut allowed = Vec::new();
    for directory in &arguments.allow {
        allowed.push(std::path::absolute(directory)?);
    }
    if allowed.is_empty() {
        allowed.push(std::env::current_dir()?);
    }
    let allowed: Vec<_> = allowed.iter().map(|directory| directory.display().to_string()).collect();
    let mut set = |key: &str, value: String| properties.insert(key.to_owned(), value);
    set("bootstrap.servers", servers.to_owned());
    set("listeners", format!("http://{}", arguments.listen));
    set("airlock.grant.directories", allowed.join(","));
    set("airlock.data.dir", folder.display().to_string());
    set("airlock.cache.dir", super::user_cache().display().to_string());
    // Writers wait for what readers have committed: that cluster keeps little.
    properties.entry("offset.flush.interval.ms".to_owned()).or_insert_with(|| "1000".to_owned());
    Ok(properties)
}

fn say_ready(output: Output, rest: SocketAddr, servers: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match output {
        Output::Json => {
            let line = serde_json::json!({ "rest": format!("http://{rest}"), "bootstrap_servers": servers });
            writeln!(out, "{line}")?;
        }
        Output::Text => {
            writeln!(out, "REST   http://{rest}")?;
            writeln!(
                out,
                "Kafka  {servers} (in this process: its records are gone when it ends, and of each partition"
            )?;
            writeln!(out, "       only the newest 4 MB or so are kept while it runs)")?;
        }
    }
    out.flush()
}

/// Whether a configuration can be read, for tests of the defaults.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::worker::WorkerConfig;

    #[test]
    fn a_development_worker_needs_no_configuration() {
        let arguments =
            DevArguments { listen: "127.0.0.1:0".to_owned(), allow: vec![], config: None, output: Output::Text };
        let properties = properties(&arguments, "127.0.0.1:1", std::path::Path::new("/tmp/x")).unwrap();
        let config = WorkerConfig::parse(&properties, Mode::Dev).unwrap();
        assert_eq!(config.bootstrap_servers, "127.0.0.1:1");
        assert_eq!(config.airlock.grant_directories, [std::env::current_dir().unwrap()]);
    }
}
