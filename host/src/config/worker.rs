//! The worker's configuration, parsed once: Connect's keys and Airlock's own. Does not read files; see
//! [`super::properties`]. The keys and their defaults are in [`keys`].

use std::path::PathBuf;
use std::time::Duration;

use super::converter::{Converter, HeaderConverter};
use super::definition::Values;
use super::restart::RestartConfig;
use super::{Problem, Properties, trim, under};

pub mod keys;
mod listener;
mod override_policy;
mod storage;
#[cfg(test)]
mod tests;

pub use listener::Listener;
pub use override_policy::OverridePolicy;
pub use storage::{InternalTopic, Storage, TopicStorage};

/// How a worker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `airlock standalone`: the keys that Connect requires are required.
    Standalone,
    /// `airlock dev`: every key has a default.
    Dev,
    /// One of a cluster of workers, which share their state through topics.
    Distributed,
}

/// A worker's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// `bootstrap.servers`. Default: localhost:9092.
    pub bootstrap_servers: String,
    /// `key.converter`, for connectors that name none. Required; in dev mode StringConverter.
    pub key_converter: Converter,
    /// `value.converter`, for connectors that name none. Required; in dev mode JsonConverter without schemas.
    pub value_converter: Converter,
    /// `header.converter`, for connectors that name none. Default: SimpleHeaderConverter.
    pub header_converter: HeaderConverter,
    /// Where configurations, source offsets and statuses are kept.
    pub storage: Storage,
    /// `offset.flush.interval.ms`, how often settled offsets are committed. Default: 60 s.
    pub offset_flush_interval: Duration,
    /// `offset.flush.timeout.ms`, how long such a commit may take. Default: 5 s.
    pub offset_flush_timeout: Duration,
    /// `task.shutdown.graceful.timeout.ms`, how long all tasks together may take to stop. Default: 5 s.
    pub graceful_shutdown_timeout: Duration,
    /// `plugin.path`, directories with components. Default: none.
    pub plugin_path: Vec<PathBuf>,
    /// `listeners`, where REST is served. Default: http://127.0.0.1:8083.
    pub listeners: Vec<Listener>,
    /// `rest.advertised.host.name`, what others should call this worker. Default: none.
    pub advertised_host: Option<String>,
    /// `rest.advertised.port`. Default: none, the listener's.
    pub advertised_port: Option<u16>,
    /// `producer.*`, `consumer.*` and `admin.*`, without the prefixes.
    pub clients: ClientDefaults,
    /// `connector.client.config.override.policy`. Default: All.
    pub override_policy: OverridePolicy,
    /// Airlock's own keys.
    pub airlock: AirlockConfig,
    /// Every key as written, for those who look for keys of Kafka's clients.
    pub properties: Properties,
    /// What the user should know: unknown, unsupported and deprecated keys. To be logged once.
    pub warnings: Vec<String>,
}

/// What the worker sets for the Kafka clients of all connectors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientDefaults {
    /// `producer.*`
    pub producer: Properties,
    /// `consumer.*`
    pub consumer: Properties,
    /// `admin.*`
    pub admin: Properties,
}

/// The keys that only Airlock has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AirlockConfig {
    /// `airlock.data.dir`, where uploads are kept. Default: `airlock-data`.
    pub data_dir: PathBuf,
    /// `airlock.cache.dir`, where compiled components are kept. Only the worker's user may write it.
    /// Default: `cache` in the data directory.
    pub cache_dir: PathBuf,
    /// `airlock.grant.directories`, the directories below which plugins may be granted files. Default: none.
    pub grant_directories: Vec<PathBuf>,
    /// `airlock.grant.endpoints`, where plugins may be granted to connect to, as `host:port`. Default: nowhere.
    pub grant_endpoints: Vec<String>,
    /// `airlock.call.cpu.ms`, the CPU time that one call of a plugin may use. Default: 10 s.
    pub call_cpu: Duration,
    /// `airlock.call.timeout.ms`, how long one call of a plugin may take. Default: 60 s.
    pub call_timeout: Duration,
    /// `airlock.isolation.calls`, how many calls may go into finding the records of one batch that a plugin
    /// traps on. Default: 200, enough for a dozen among 500; a plugin that traps on more is broken.
    pub isolation_calls: u32,
    /// `airlock.isolation.cpu.ms`, the CPU time of these calls. Default: 5 min, enough for two records among 500
    /// that each use up `airlock.call.cpu.ms`.
    pub isolation_cpu: Duration,
    /// `airlock.memory.max.bytes`, the memory that one instance of a plugin may use. Default: 256 MiB.
    pub memory_max_bytes: u64,
    /// `airlock.component.max.bytes`, the size of an uploaded component. Default: 64 MiB.
    pub component_max_bytes: u64,
    /// `airlock.batch.max.bytes`, the size of a batch; a larger record travels alone. Default: 4 MiB.
    pub batch_max_bytes: u64,
    /// `airlock.task.buffer.bytes`, what a task may hold from poll to acknowledgement. Default: 32 MiB.
    pub task_buffer_bytes: u64,
    /// `airlock.tick.ms`, how often a waiting plugin is called. Default: 1 s.
    pub tick: Duration,
    /// How what has failed is restarted, `airlock.restart.*`.
    pub restart: RestartConfig,
}

impl WorkerConfig {
    /// Parses a worker's configuration.
    ///
    /// # Errors
    /// Returns which cluster of workers this is, `group.id`; a worker by itself has none.
    pub fn group_id(&self) -> &str {
        match &self.storage {
            Storage::File(_) => "airlock",
            Storage::Topics(topics) => &topics.group_id,
        }
    }

    /// Returns every problem found.
    pub fn parse(properties: &Properties, mode: Mode) -> Result<Self, Vec<Problem>> {
        let merged = keys::with_mode_defaults(properties, mode);
        let values = keys::definition(mode).parse(&merged);
        let mut problems = values.as_ref().err().cloned().unwrap_or_default();
        let values = values.unwrap_or_default();
        let key_converter = converter(&merged, "key.converter").map_err(|found| problems.extend(found));
        let value_converter = converter(&merged, "value.converter").map_err(|found| problems.extend(found));
        let header_converter = HeaderConverter::parse(&merged).map_err(|found| problems.extend(found));
        let mut keep = |problem| problems.push(problem);
        let listeners = listener::parse(&merged).map_err(&mut keep);
        let (Ok(key_converter), Ok(value_converter), Ok(header_converter), Ok(listeners)) =
            (key_converter, value_converter, header_converter, listeners)
        else {
            return Err(deduplicated(problems));
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let storage = storage::parse(&merged, &values, mode)?;
        let override_policy = OverridePolicy::parse(&values).map_err(|problem| vec![problem])?;
        Ok(Self {
            bootstrap_servers: values.list("bootstrap.servers").join(","),
            key_converter,
            value_converter,
            header_converter: header_converter.unwrap_or_default(),
            storage,
            offset_flush_interval: values.millis("offset.flush.interval.ms"),
            offset_flush_timeout: values.millis("offset.flush.timeout.ms"),
            graceful_shutdown_timeout: values.millis("task.shutdown.graceful.timeout.ms"),
            plugin_path: paths(&values, "plugin.path"),
            listeners,
            advertised_host: values.text("rest.advertised.host.name").map(str::to_owned),
            advertised_port: u16::try_from(values.integer("rest.advertised.port")).ok().filter(|port| *port > 0),
            clients: ClientDefaults {
                producer: under(properties, "producer."),
                consumer: under(properties, "consumer."),
                admin: under(properties, "admin."),
            },
            override_policy,
            airlock: airlock(&values),
            properties: properties.clone(),
            warnings: keys::warnings(properties, mode),
        })
    }

    /// Returns the worker's id in every status, `host:port`, given the address that REST is served at.
    pub fn worker_id(&self, served: std::net::SocketAddr) -> String {
        let host = self.advertised_host.clone().unwrap_or_else(|| served.ip().to_string());
        format!("{host}:{}", self.advertised_port.unwrap_or(served.port()))
    }
}

fn converter(properties: &Properties, key: &str) -> Result<Converter, Vec<Problem>> {
    let missing = || format!("Missing required configuration \"{key}\" which has no default value.");
    let mut converter = Converter::parse(properties, key)?.ok_or_else(|| vec![Problem::new(key, missing())])?;
    if let Converter::Registry(own) = &mut converter {
        let read = |path: &str| std::fs::read_to_string(path).map_err(|error| format!("It can't be read: {error}"));
        own.registry.read_stores(key, read)?;
    }
    Ok(converter)
}

/// A missing converter is found both by its key's definition and by its parser.
fn deduplicated(problems: Vec<Problem>) -> Vec<Problem> {
    let mut unique = Vec::new();
    for problem in problems {
        if !unique.contains(&problem) {
            unique.push(problem);
        }
    }
    unique
}

fn paths(values: &Values, key: &str) -> Vec<PathBuf> {
    values.list(key).iter().filter(|path| !trim(path).is_empty()).map(PathBuf::from).collect()
}

fn airlock(values: &Values) -> AirlockConfig {
    let data_dir = PathBuf::from(values.text("airlock.data.dir").unwrap_or_default());
    AirlockConfig {
        cache_dir: values.text("airlock.cache.dir").map_or_else(|| data_dir.join("cache"), PathBuf::from),
        data_dir,
        grant_endpoints: values.list("airlock.grant.endpoints").to_vec(),
        grant_directories: paths(values, "airlock.grant.directories"),
        call_cpu: values.millis("airlock.call.cpu.ms"),
        call_timeout: values.millis("airlock.call.timeout.ms"),
        isolation_calls: u32::try_from(values.integer("airlock.isolation.calls")).unwrap_or(u32::MAX),
        isolation_cpu: values.millis("airlock.isolation.cpu.ms"),
        memory_max_bytes: values.natural("airlock.memory.max.bytes"),
        component_max_bytes: values.natural("airlock.component.max.bytes"),
        batch_max_bytes: values.natural("airlock.batch.max.bytes"),
        task_buffer_bytes: values.natural("airlock.task.buffer.bytes"),
        tick: values.millis("airlock.tick.ms"),
        restart: RestartConfig::of_worker(values),
    }
}
