//! A launch without wasm and Kafka. A connector's own properties say how it misbehaves, and a log tells what
//! was done, so a test is one story: given properties, when something is asked for, then the log and the
//! states are such.
//!
//! - `fake.validate`: `hang`
//! - `fake.start`: `hang`, or the trace to fail with
//! - `fake.configs`: `hang`, or how often asking for task configurations fails before it succeeds
//! - `fake.tasks`: how many tasks there are, 1 without it
//! - `fake.task`: `stuck` (ignores that it should stop), or the trace to fail with

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::connector_offsets::{ConnectorOffset, OffsetsChange, OffsetsError};
use super::{
    ComponentError, ComponentInfo, ConnectorEvent, Failure, Launch, PluginInfo, PluginKind, RunningConnector, Stored,
    TargetState, TaskEvent, TaskSpec,
};
use crate::config::connector::ConnectorConfig;
use crate::config::definition::{ConfigDefinition, ConfigKey, ConfigType, Importance};
use crate::config::{Problem, Properties};
use crate::record::{ComponentRef, Digest};

/// The fake.
#[derive(Default)]
pub(crate) struct FakeLaunch {
    log: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
    events: Mutex<BTreeMap<String, mpsc::Sender<ConnectorEvent>>>,
    uploads: Mutex<BTreeMap<(String, String), ComponentInfo>>,
}

impl FakeLaunch {
    /// Returns what was done since the last time.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }

    /// Lets a running connector say something.
    pub(crate) fn send(&self, connector: &str, event: ConnectorEvent) {
        self.events.lock().unwrap()[connector].try_send(event).unwrap();
    }

    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }
}

struct FakeConnector {
    config: Arc<ConnectorConfig>,
    log: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
}

fn property<'a>(config: &'a ConnectorConfig, key: &str) -> Option<&'a str> {
    config.properties.get(key).map(String::as_str)
}

#[async_trait]
impl RunningConnector for FakeConnector {
    async fn task_configs(&mut self, _max: u32) -> Result<Vec<Properties>, Failure> {
        let name = self.config.id.render();
        let asked = {
            let mut asked = self.asked.lock().unwrap();
            let asked = asked.entry(name.clone()).or_default();
            *asked += 1;
            *asked
        };
        self.log.lock().unwrap().push(format!("ask {name}"));
        match property(&self.config, "fake.configs") {
            Some("hang") => std::future::pending().await,
            Some(failures) if asked <= failures.parse().unwrap() => return Err(Failure::new("no tables yet")),
            _ => {}
        }
        let count: u32 = property(&self.config, "fake.tasks").unwrap_or("1").parse().unwrap();
        Ok((0..count).map(|task| [("task.id".to_owned(), task.to_string())].into()).collect())
    }

    async fn stop(&mut self) {
        self.log.lock().unwrap().push(format!("stop {}", self.config.id));
    }
}

/// Notes the end of a task, even when its future is dropped.
struct Ended(String, Arc<Mutex<Vec<String>>>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(format!("end {}", self.0));
    }
}

#[async_trait]
impl Launch for FakeLaunch {
    fn plugins(&self) -> Vec<PluginInfo> {
        let uploads = self.uploads.lock().unwrap();
        let uploaded = uploads.values().flat_map(|component| component.plugins.clone());
        built_in().into_iter().chain(uploaded).collect()
    }

    fn find(&self, class: &str) -> Option<PluginInfo> {
        let is_it = |full: &str| {
            let simple = full.rsplit('.').next().unwrap();
            full == class || simple == class || simple.strip_suffix("Connector") == Some(class)
        };
        self.plugins().into_iter().find(|plugin| is_it(&plugin.class) || plugin.aliases.iter().any(|a| is_it(a)))
    }

    async fn validate(&self, config: &ConnectorConfig) -> Vec<Problem> {
        if property(config, "fake.validate").is_some() {
            std::future::pending::<()>().await;
        }
        let path = property(config, "file").filter(|path| path.starts_with("/forbidden"));
        path.map(|path| Problem::new("file", format!("no directory above {path} is granted"))).into_iter().collect()
    }

    async fn start_connector(
        &self,
        config: Arc<ConnectorConfig>,
        events: mpsc::Sender<ConnectorEvent>,
    ) -> Result<Box<dyn RunningConnector>, Failure> {
        self.note(format!("start {}", config.id));
        match property(&config, "fake.start") {
            Some("hang") => std::future::pending().await,
            Some(trace) => return Err(Failure::new(trace)),
            None => {}
        }
        self.events.lock().unwrap().insert(config.id.render(), events);
        Ok(Box::new(FakeConnector { config, log: self.log.clone(), asked: self.asked.clone() }))
    }

    async fn run_task(&self, mut task: TaskSpec) -> Result<(), Failure> {
        self.note(format!("run {}", task.id));
        let _ended = Ended(task.id.to_string(), self.log.clone());
        if let Some(trace) = property(&task.connector, "fake.task").filter(|trace| *trace != "stuck") {
            return Err(Failure::new(trace));
        }
        loop {
            let event = match *task.target.borrow_and_update() {
                TargetState::Running => TaskEvent::Running,
                TargetState::Paused => TaskEvent::Paused,
            };
            task.events.send(event).await.unwrap();
            tokio::select! {
                changed = task.target.changed() => changed.unwrap(),
                () = task.shutdown.cancelled() => break,
            }
        }
        match property(&task.connector, "fake.task") {
            Some(_) => std::future::pending().await,
            None => Ok(()),
        }
    }

    /// Takes bytes that start with wasm's magic number, and gives them one transform, `org.example.Upload`.
    async fn put_component(&self, name: &str, version: &str, bytes: Bytes) -> Result<Stored, ComponentError> {
        if !bytes.starts_with(b"\0asm") {
            return Err(ComponentError::Refused("not a WebAssembly component: bad magic number".to_owned()));
        }
        let mut digest = [0; 32];
        digest[0] = bytes.last().copied().unwrap();
        let component = ComponentRef { name: name.into(), version: version.into(), digest: Digest(digest) };
        let mut uploads = self.uploads.lock().unwrap();
        if let Some(known) = uploads.get(&(name.to_owned(), version.to_owned())) {
            return match known.component.digest == component.digest {
                true => Ok(Stored::Unchanged(known.clone())),
                false => Err(ComponentError::Conflict(format!("{name} {version} is {}", known.component.digest))),
            };
        }
        let plugin = PluginInfo {
            component: Some(component.clone()),
            capabilities: vec!["filesystem".to_owned()],
            ..plugin("org.example.Upload", PluginKind::Transformation, vec![text("fields")])
        };
        let info = ComponentInfo { component, size: bytes.len() as u64, plugins: vec![plugin] };
        uploads.insert((name.to_owned(), version.to_owned()), info.clone());
        Ok(Stored::Created(info))
    }

    fn components(&self) -> Vec<ComponentInfo> {
        self.uploads.lock().unwrap().values().cloned().collect()
    }

    fn component(&self, name: &str, version: &str) -> Option<ComponentInfo> {
        self.uploads.lock().unwrap().get(&(name.to_owned(), version.to_owned())).cloned()
    }

    async fn delete_component(&self, name: &str, version: &str) -> Result<(), ComponentError> {
        self.uploads.lock().unwrap().remove(&(name.to_owned(), version.to_owned()));
        Ok(())
    }

    async fn offsets(&self, config: Arc<ConnectorConfig>) -> Result<Vec<ConnectorOffset>, OffsetsError> {
        Err(OffsetsError::Failed(format!("a fake has no offsets of {}", config.id)))
    }

    async fn change_offsets(&self, config: Arc<ConnectorConfig>, _: OffsetsChange) -> Result<String, OffsetsError> {
        Ok(format!("the offsets of {} were changed", config.id))
    }

    fn kafka_cluster_id(&self) -> String {
        "fake-cluster".to_owned()
    }
}

fn built_in() -> Vec<PluginInfo> {
    let required = |name| ConfigKey { required: true, ..text(name) };
    let secret = ConfigKey { value_type: ConfigType::Password, ..text("password") };
    vec![
        plugin("org.apache.kafka.connect.file.FileStreamSinkConnector", PluginKind::Sink, vec![text("file"), secret]),
        plugin(
            "org.apache.kafka.connect.file.FileStreamSourceConnector",
            PluginKind::Source,
            vec![text("file"), required("topic")],
        ),
        plugin(
            "org.apache.kafka.connect.transforms.RegexRouter",
            PluginKind::Transformation,
            vec![required("regex"), required("replacement")],
        ),
        plugin(
            "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
            PluginKind::Predicate,
            vec![required("pattern")],
        ),
        plugin("org.apache.kafka.connect.json.JsonConverter", PluginKind::Converter, Vec::new()),
    ]
}

fn plugin(class: &str, kind: PluginKind, keys: Vec<ConfigKey>) -> PluginInfo {
    PluginInfo {
        class: class.to_owned(),
        aliases: Vec::new(),
        kind,
        version: "1.0.0".to_owned(),
        documentation: "For tests.".to_owned(),
        definition: Arc::new(ConfigDefinition::new(keys)),
        capabilities: Vec::new(),
        component: None,
    }
}

fn text(name: &str) -> ConfigKey {
    let (name, documentation) = (name.to_owned(), "For tests.".to_owned());
    ConfigKey { name, documentation, importance: Importance::High, ..ConfigKey::default() }
}
