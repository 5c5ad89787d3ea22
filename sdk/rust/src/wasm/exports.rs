//! What components export: the guest traits of wit-bindgen, answered from the tables of plugins. An instance
//! serves one run of steps, one connector or one task, so its state is one slot of each.

use std::cell::RefCell;
use std::marker::PhantomData;

use super::bindings::connectors::exports::airlock::connect::connector as wit_connector;
use super::bindings::imports::airlock::connect::plugin_info::{self, Kind};
use super::bindings::imports::airlock::connect::records as wit;
use super::bindings::plugin::exports::airlock::connect::plugin as wit_plugin;
use super::bindings::sinks::exports::airlock::connect::sink as wit_sink;
use super::bindings::sources::exports::airlock::connect::source as wit_source;
use super::bindings::transforms::exports::airlock::connect::{predicate as wit_predicate, transform as wit_transform};
use crate::batch::Batch;
use crate::error::Error;
use crate::plugin::registry::{
    ConnectorFunctions, Entry, PredicateFunctions, RunConnector, RunSink, RunSource, SinkFunctions, SourceFunctions,
    TransformFunctions,
};
use crate::plugin::steps::{Choice, Negate, Plugins as StepPlugins, StepChoice, Steps};
use crate::plugin::{Acknowledgement, Config, ExactlyOnce, PollLimits, SourcePosition};

type Pairs = Vec<(String, String)>;
type WitError = plugin_info::Error;

thread_local! {
    static STEPS: RefCell<Option<Steps>> = const { RefCell::new(None) };
    static CONNECTOR: RefCell<Option<Running>> = const { RefCell::new(None) };
    static SOURCE: RefCell<Option<Box<dyn RunSource>>> = const { RefCell::new(None) };
    static SINK: RefCell<Option<Box<dyn RunSink>>> = const { RefCell::new(None) };
}

/// Calls `run` with what the slot holds.
fn with<S, T>(
    slot: &'static std::thread::LocalKey<RefCell<Option<S>>>,
    run: impl FnOnce(&mut S) -> Result<T, Error>,
) -> Result<T, WitError> {
    let outcome = slot.with_borrow_mut(|slot| match slot {
        Some(state) => run(state),
        None => Err(Error::fatal("called before it was configured or started")),
    });
    Ok(outcome?)
}

fn describe<F>(entries: &[Entry<F>], kind: Kind) -> impl Iterator<Item = plugin_info::Description> {
    entries.iter().map(move |entry| (entry.describe)().into_wit(kind))
}

/// Finds a plugin and gives its configuration the defaults.
fn find<F: Copy>(entries: &[Entry<F>], plugin: &str, config: Pairs) -> Result<(F, Config), Error> {
    let (functions, description) = Entry::find(entries, plugin)?;
    Ok((functions, Config::new(&description.config, config)))
}

/// The plugins of a component.
pub trait Plugins {
    /// The transforms.
    const TRANSFORMS: &'static [Entry<TransformFunctions>] = &[];
    /// The predicates.
    const PREDICATES: &'static [Entry<PredicateFunctions>] = &[];
    /// The sources.
    const SOURCES: &'static [Entry<SourceFunctions>] = &[];
    /// The sinks.
    const SINKS: &'static [Entry<SinkFunctions>] = &[];
}

/// A component: which of its interfaces are exported is up to the export macro.
pub struct Component<P>(PhantomData<P>);

impl<P: Plugins> wit_plugin::Guest for Component<P> {
    fn describe() -> Vec<plugin_info::Description> {
        let steps = describe(P::TRANSFORMS, Kind::Transform).chain(describe(P::PREDICATES, Kind::Predicate));
        let connectors = describe(P::SOURCES, Kind::Source).chain(describe(P::SINKS, Kind::Sink));
        steps.chain(connectors).collect()
    }

    fn configure(steps: Vec<plugin_info::Step>) -> Result<(), WitError> {
        let plugins = StepPlugins { transforms: P::TRANSFORMS, predicates: P::PREDICATES };
        let steps = Steps::configure(plugins, steps.into_iter().map(Into::into).collect())?;
        STEPS.set(Some(steps));
        Ok(())
    }
}

impl From<plugin_info::Step> for StepChoice {
    fn from(step: plugin_info::Step) -> Self {
        let predicate = step.predicate.map(|predicate| {
            let negate = if predicate.negate { Negate::Yes } else { Negate::No };
            (Choice { class_name: predicate.plugin, config: predicate.config }, negate)
        });
        StepChoice { plugin: Choice { class_name: step.plugin, config: step.config }, predicate }
    }
}

impl<P: Plugins> wit_transform::Guest for Component<P> {
    fn apply(batch: &wit::Batch) -> Result<(), WitError> {
        with(&STEPS, |steps| steps.apply(&Batch::new(batch)))
    }
}

impl<P: Plugins> wit_predicate::Guest for Component<P> {
    fn test(batch: &wit::Batch) -> Result<Vec<u32>, WitError> {
        with(&STEPS, |steps| steps.test(&Batch::new(batch)))
    }
}

/// Finds a source or sink, and gives its configuration the defaults.
fn find_connector<P: Plugins>(plugin: &str, config: Pairs) -> Result<(ConnectorFunctions, Config), Error> {
    match find(P::SOURCES, plugin, config.clone()) {
        Ok((functions, config)) => Ok((functions.connector, config)),
        Err(_) => find(P::SINKS, plugin, config).map(|(functions, config)| (functions.connector, config)),
    }
}

impl<P: Plugins> wit_connector::Guest for Component<P> {
    fn validate(plugin: String, config: Pairs) -> Vec<plugin_info::ConfigProblem> {
        match find_connector::<P>(&plugin, config) {
            Ok((functions, config)) => (functions.validate)(&config).into_iter().map(Into::into).collect(),
            Err(_) => Vec::new(),
        }
    }

    fn start(plugin: String, config: Pairs) -> Result<(), WitError> {
        let (functions, config) = find_connector::<P>(&plugin, config)?;
        CONNECTOR.set(Some(Running { connector: (functions.start)(&config)?, class_name: plugin }));
        Ok(())
    }

    fn task_configs(max_tasks: u32) -> Result<Vec<Pairs>, WitError> {
        with(&CONNECTOR, |running| running.connector.task_configs(max_tasks))
    }

    fn reconfigure(config: Pairs) -> Result<(), WitError> {
        with(&CONNECTOR, |running| {
            let (_, config) = find_connector::<P>(&running.class_name, config)?;
            running.connector.reconfigure(&config)
        })
    }

    fn stop() {
        if let Some(mut running) = CONNECTOR.take() {
            running.connector.stop();
        }
    }
}

/// A connector that was started, under the name that finds its description again.
struct Running {
    connector: Box<dyn RunConnector>,
    class_name: String,
}

impl<P: Plugins> wit_source::Guest for Component<P> {
    fn start(plugin: String, config: Pairs) -> Result<(), WitError> {
        let (functions, config) = find(P::SOURCES, &plugin, config)?;
        SOURCE.set(Some((functions.start)(&config)?));
        Ok(())
    }

    fn poll(out: &wit::Batch, max_wait_ms: u32, max_rows: u32, max_bytes: u32) -> Result<(), WitError> {
        let limits = PollLimits { max_wait_ms, max_rows, max_bytes };
        with(&SOURCE, |source| source.poll(&Batch::new(out), limits))
    }

    fn commit_records(acknowledged: Vec<wit_source::Acknowledgement>) -> Result<(), WitError> {
        let acknowledged: Vec<_> = acknowledged.into_iter().map(Into::into).collect();
        with(&SOURCE, |source| source.commit_records(&acknowledged))
    }

    fn commit(stored: Vec<wit_source::SourcePosition>) -> Result<(), WitError> {
        let stored: Vec<_> = stored.into_iter().map(Into::into).collect();
        with(&SOURCE, |source| source.commit(&stored))
    }

    fn update_offsets(pending: Vec<wit_source::SourcePosition>) -> Result<Vec<wit_source::SourcePosition>, WitError> {
        let pending = pending.into_iter().map(Into::into).collect();
        let updated = with(&SOURCE, |source| source.update_offsets(pending))?;
        Ok(updated.into_iter().map(Into::into).collect())
    }

    fn stop() {
        if let Some(mut source) = SOURCE.take() {
            source.stop();
        }
    }

    fn alter_offsets(
        plugin: String,
        config: Pairs,
        positions: Vec<wit_source::SourcePosition>,
    ) -> Result<bool, WitError> {
        let (functions, config) = find(P::SOURCES, &plugin, config)?;
        let positions: Vec<_> = positions.into_iter().map(Into::into).collect();
        Ok((functions.alter_offsets)(&config, &positions)?)
    }

    fn exactly_once_support(plugin: String, config: Pairs) -> wit_source::ExactlyOnceAnswer {
        match find(P::SOURCES, &plugin, config).map(|(functions, config)| (functions.exactly_once_support)(&config)) {
            Ok(ExactlyOnce::Supported) => wit_source::ExactlyOnceAnswer::Supported,
            Ok(ExactlyOnce::Unsupported) | Err(_) => wit_source::ExactlyOnceAnswer::Unsupported,
        }
    }

    fn can_define_transaction_boundaries(plugin: String, config: Pairs) -> bool {
        find(P::SOURCES, &plugin, config)
            .is_ok_and(|(functions, config)| (functions.can_define_transaction_boundaries)(&config))
    }
}

impl From<wit_source::Acknowledgement> for Acknowledgement {
    fn from(it: wit_source::Acknowledgement) -> Self {
        Acknowledgement { row: it.row, topic: it.topic, partition: it.partition, offset: it.offset }
    }
}

impl From<wit_source::SourcePosition> for SourcePosition {
    fn from(position: wit_source::SourcePosition) -> Self {
        SourcePosition { partition: position.partition, offset: position.offset }
    }
}

impl From<SourcePosition> for wit_source::SourcePosition {
    fn from(position: SourcePosition) -> Self {
        wit_source::SourcePosition { partition: position.partition, offset: position.offset }
    }
}

impl<P: Plugins> wit_sink::Guest for Component<P> {
    fn start(plugin: String, config: Pairs) -> Result<(), WitError> {
        let (functions, config) = find(P::SINKS, &plugin, config)?;
        SINK.set(Some((functions.start)(&config)?));
        Ok(())
    }

    fn open(partitions: Vec<wit::TopicPartition>) -> Result<(), WitError> {
        let partitions: Vec<_> = partitions.into_iter().map(Into::into).collect();
        with(&SINK, |sink| sink.open(&partitions))
    }

    fn put(batch: &wit::Batch) -> Result<(), WitError> {
        with(&SINK, |sink| sink.put(&Batch::new(batch)))
    }

    fn flush(offsets: Vec<wit::TopicPartitionOffset>) -> Result<(), WitError> {
        let offsets: Vec<_> = offsets.into_iter().map(Into::into).collect();
        with(&SINK, |sink| sink.flush(&offsets))
    }

    fn pre_commit(offsets: Vec<wit::TopicPartitionOffset>) -> Result<Vec<wit::TopicPartitionOffset>, WitError> {
        let offsets = offsets.into_iter().map(Into::into).collect();
        let committable = with(&SINK, |sink| sink.pre_commit(offsets))?;
        Ok(committable.into_iter().map(Into::into).collect())
    }

    fn close(partitions: Vec<wit::TopicPartition>) -> Result<(), WitError> {
        let partitions: Vec<_> = partitions.into_iter().map(Into::into).collect();
        with(&SINK, |sink| sink.close(&partitions))
    }

    fn stop() {
        if let Some(mut sink) = SINK.take() {
            sink.stop();
        }
    }

    fn alter_offsets(plugin: String, config: Pairs, offsets: Vec<wit::TopicPartitionOffset>) -> Result<bool, WitError> {
        let (functions, config) = find(P::SINKS, &plugin, config)?;
        let offsets: Vec<_> = offsets.into_iter().map(Into::into).collect();
        Ok((functions.alter_offsets)(&config, &offsets)?)
    }
}
