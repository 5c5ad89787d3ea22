//! Makes a task out of its connector's guests and Kafka clients, and runs it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::launch::{WasmLaunch, failure, source_offsets};
use super::own_registry::{self, Reaching};
use super::{Failure, TaskSpec};
use crate::config::connector::{ConnectorConfig, Topics};
use crate::config::converter::{Converter, HeaderConverter};
use crate::kafka::admin::{Admin, TopicCreation, TopicSettings};
use crate::kafka::client_config;
use crate::kafka::consumer::{ConsumerSpec, KafkaConsumer};
use crate::kafka::producer::KafkaProducer;
use crate::pipeline::PluginNames;
use crate::pipeline::batch::{Content, Contents, SchemaTable};
use crate::pipeline::control::TaskControl;
use crate::pipeline::dead_letter::{ContextHeaders, DeadLetters};
use crate::pipeline::edges::Transform;
use crate::pipeline::isolation::IsolationBudget;
use crate::pipeline::metrics::TaskMetrics;
use crate::pipeline::registry::RegistryCodec;
use crate::pipeline::sink_task::{SinkParts, SinkTask, TaskSettings};
use crate::pipeline::source_task::{SourceParts, SourceTask};
use crate::pipeline::template::BatchTemplate;
use crate::plugin::guests::Surroundings;
use crate::record::{ComponentRef, Part, TaskId};
use crate::registry::RegistryClient;

/// The most rows that a source is asked for at once; as many as a consumer polls, `max.poll.records`.
const SOURCE_BATCH_ROWS: u32 = 500;

/// How many partitions a topic gets in development mode.
const DEV_PARTITIONS: i32 = 1;

impl WasmLaunch {
    /// Runs a sink's task until it is told to stop or fails.
    pub(super) async fn run_sink(&self, task: TaskSpec) -> Result<(), Failure> {
        let connector = task.connector.clone();
        let settings = self.settings(&task)?;
        let around = self.task_surroundings(&task, &settings);
        let transforms = self.transforms(&connector, &around).await?;
        let sink = self.catalog.sink_guest(&connector.class, &task.config, &around).map_err(failure)?;
        let dead_letters = self.dead_letters(&task).await?;
        let metrics = self.counted(&task);
        let consumer = Box::new(self.consumer(&task, &settings).await?);
        let parts = SinkParts { consumer, transforms, sink: Box::new(sink), dead_letters, metrics };
        SinkTask::new(settings, parts, control(task)).run().await.map_err(failure)
    }

    /// Runs a source's task until it is told to stop or fails.
    pub(super) async fn run_source(&self, task: TaskSpec) -> Result<(), Failure> {
        let connector = task.connector.clone();
        let settings = self.settings(&task)?;
        let mut around = self.task_surroundings(&task, &settings);
        let transforms = self.transforms(&connector, &around).await?;
        around.offsets = source_offsets(&connector, &self.offsets);
        let source = self.catalog.source_guest(&connector.class, &task.config, &around).map_err(failure)?;
        let client = client_config::source_producer(&self.worker, &connector, &task.id).map_err(failure)?;
        let creation = self.dev_topics(&connector, &task.id)?;
        let producer = Arc::new(KafkaProducer::start(&client, creation).map_err(failure)?);
        let parts = SourceParts {
            source: Box::new(source),
            transforms,
            producer,
            offsets: self.offsets.clone(),
            dead_letters: self.dead_letters(&task).await?,
            metrics: self.counted(&task),
        };
        SourceTask::new(settings, parts, control(task)).run().await.map_err(failure)
    }

    fn settings(&self, task: &TaskSpec) -> Result<TaskSettings, Failure> {
        let (worker, connector) = (&self.worker, &task.connector);
        let key = self.reaching("key.converter", connector.key_converter.as_ref(), &worker.key_converter)?;
        let value = self.reaching("value.converter", connector.value_converter.as_ref(), &worker.value_converter)?;
        let header = connector.header_converter.as_ref().unwrap_or(&worker.header_converter);
        let steps = connector.chain.iter().map(|step| (step.alias.clone(), step.class.clone()));
        Ok(TaskSettings {
            id: task.id.clone(),
            errors: connector.errors.clone(),
            commit_interval: worker.offset_flush_interval,
            commit_timeout: worker.offset_flush_timeout,
            tick: worker.airlock.tick,
            batch_max_rows: SOURCE_BATCH_ROWS,
            batch_max_bytes: u32::try_from(worker.airlock.batch_max_bytes).unwrap_or(u32::MAX),
            isolation: IsolationBudget { calls: worker.airlock.isolation_calls, cpu: worker.airlock.isolation_cpu },
            names: PluginNames {
                key_converter: key.0.class().to_owned(),
                value_converter: value.0.class().to_owned(),
                header_converter: header.class().to_owned(),
                steps: steps.collect(),
                connector: connector.class.clone(),
                components: self.components_of(connector),
            },
            template: template((key, value), header)?,
        })
    }

    /// Returns the components that hold a connector's classes, by the names that its configuration has for them.
    fn components_of(&self, connector: &ConnectorConfig) -> BTreeMap<String, ComponentRef> {
        let steps = connector.chain.iter().map(|step| &step.class);
        let classes = steps.chain([&connector.class]);
        classes.filter_map(|class| Some((class.clone(), self.catalog.find(class)?.0.component.clone()))).collect()
    }

    /// Returns a converter with where its registry may be: a connector's own, bounded by what is granted, or the worker's.
    fn reaching<'a>(
        &self,
        key: &str,
        own: Option<&'a Converter>,
        worker: &'a Converter,
    ) -> Result<Reaching<'a>, Failure> {
        let Some(own) = own else { return Ok((Cow::Borrowed(worker), None)) };
        own_registry::granted(&self.policy, key, own).map_err(|problems| {
            let all = problems.iter().map(|problem| format!("{}: {}", problem.key, problem.message));
            Failure::new(all.collect::<Vec<_>>().join("; "))
        })
    }

    fn task_surroundings(&self, task: &TaskSpec, settings: &TaskSettings) -> Surroundings {
        Surroundings {
            scope: task.id.to_string(),
            task: Some(task.id.clone()),
            schemas: settings.template.schemas.clone(),
            ..self.surroundings(&task.id.connector)
        }
    }

    async fn transforms(
        &self,
        connector: &ConnectorConfig,
        around: &Surroundings,
    ) -> Result<Vec<Box<dyn Transform>>, Failure> {
        let mut runs: Vec<Box<dyn Transform>> = Vec::new();
        for mut guest in self.catalog.chain_guests(&connector.chain, around).map_err(failure)? {
            let words = guest.describe(None);
            guest.start().await.map_err(|error| Failure::new(format!("{words}: {error}")))?;
            runs.push(Box::new(guest));
        }
        Ok(runs)
    }

    async fn consumer(&self, task: &TaskSpec, settings: &TaskSettings) -> Result<KafkaConsumer, Failure> {
        let connector = &task.connector;
        let topics = connector.topics.clone().unwrap_or(Topics::List(Vec::new()));
        if let (Some(creation), Topics::List(names)) = (self.dev_topics(connector, &task.id)?, &topics) {
            for name in names {
                creation.ensure(name).await.map_err(failure)?;
            }
        }
        let client = client_config::sink_consumer(&self.worker, connector, &task.id).map_err(failure)?;
        let client = if self.dev.is_some() { client.in_process() } else { client };
        let airlock = &self.worker.airlock;
        let spec = ConsumerSpec {
            topics,
            template: settings.template.clone(),
            batch_max_bytes: usize::try_from(airlock.batch_max_bytes).unwrap_or(usize::MAX),
            buffer_bytes: usize::try_from(airlock.task_buffer_bytes).unwrap_or(usize::MAX),
            dev: self.dev.clone(),
        };
        KafkaConsumer::start(client, spec).map_err(failure)
    }

    /// Makes the producer of dead letters, and their topic where it is absent: with one partition, as Kafka's
    /// `DeadLetterQueueReporter` does.
    async fn dead_letters(&self, task: &TaskSpec) -> Result<Option<DeadLetters>, Failure> {
        let Some(config) = &task.connector.dead_letters else { return Ok(None) };
        let settings = TopicSettings {
            partitions: Some(1),
            replication_factor: Some(i32::from(config.replication_factor)),
            ..TopicSettings::default()
        };
        let admin = self.admin(&task.connector, &task.id)?;
        admin.ensure_topic(&config.topic, &settings).await.map_err(failure)?;
        let client = client_config::dead_letter_producer(&self.worker, &task.connector, &task.id).map_err(failure)?;
        let producer = Arc::new(KafkaProducer::start(&client, None).map_err(failure)?);
        let headers = if config.context_headers { ContextHeaders::Added } else { ContextHeaders::None };
        Ok(Some(DeadLetters::new(producer, &config.topic, task.id.clone(), headers)))
    }

    fn admin(&self, connector: &ConnectorConfig, task: &TaskId) -> Result<Admin, Failure> {
        let client = client_config::connector_admin(&self.worker, connector, task).map_err(failure)?;
        match &self.dev {
            None => Admin::start(&client).map_err(failure),
            Some(cluster) => Admin::of_dev(&client, cluster.clone()).map_err(failure),
        }
    }

    /// In development mode topics are created with one partition; elsewhere that is the broker's matter.
    fn dev_topics(&self, connector: &ConnectorConfig, task: &TaskId) -> Result<Option<TopicCreation>, Failure> {
        if self.dev.is_none() {
            return Ok(None);
        }
        let settings = TopicSettings { partitions: Some(DEV_PARTITIONS), ..TopicSettings::default() };
        Ok(Some(TopicCreation { admin: self.admin(connector, task)?, settings }))
    }

    fn counted(&self, task: &TaskSpec) -> Arc<TaskMetrics> {
        let metrics = Arc::new(TaskMetrics::default());
        self.task_metrics.add(task.id.clone(), &metrics);
        metrics
    }
}

/// Makes the batches of a task that has these converters.
fn template((key, value): (Reaching<'_>, Reaching<'_>), header: &HeaderConverter) -> Result<BatchTemplate, Failure> {
    let mut schemas = SchemaTable::default();
    let mut content = |(converter, reach): Reaching<'_>, part| {
        let converter = converter.as_ref();
        let class = converter.class();
        let content = match converter {
            Converter::Registry(own) => RegistryClient::within(&own.registry, reach).map(|client| {
                Content::Coded(Arc::new(RegistryCodec::new(own.as_ref().clone(), part, Arc::new(client))))
            }),
            other => Content::of(other, &mut schemas),
        };
        content.map_err(|problem| Failure::new(format!("{class}: {problem}")))
    };
    let contents = Contents { key: content(key, Part::Key)?, value: content(value, Part::Value)? };
    let headers = match header {
        HeaderConverter::Simple => None,
        // No registry has schemas of headers: the part is of no account.
        HeaderConverter::Of(converter) => Some(content((Cow::Borrowed(converter), None), Part::Value)?),
    };
    Ok(BatchTemplate { contents, headers, schemas: Arc::new(Mutex::new(schemas)), ..BatchTemplate::default() })
}

fn control(task: TaskSpec) -> TaskControl {
    TaskControl { target: task.target, events: task.events, shutdown: task.shutdown }
}
