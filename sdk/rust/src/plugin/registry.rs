//! The plugins of a component, as tables that the export macros fill. Nothing here knows wasm, so unit tests
//! run the same code.

use super::config::Config;
use super::connector::{Acknowledgement, Connector, ExactlyOnce, PollLimits, Sink, Source, SourcePosition};
use super::describe::Description;
use super::transform::{Predicate, Transform};
use crate::batch::{Batch, TopicPartition, TopicPartitionOffset};
use crate::error::{ConfigProblem, Error};

/// A plugin of some kind: how to describe it, and the functions of its kind.
#[derive(Clone, Copy)]
pub struct Entry<F> {
    pub(crate) describe: fn() -> Description,
    pub(crate) functions: F,
}

impl<F: Copy> Entry<F> {
    /// Finds a plugin by any of its class names.
    pub(crate) fn find(entries: &[Entry<F>], class_name: &str) -> Result<(F, Description), Error> {
        for entry in entries {
            let description = (entry.describe)();
            if description.is_called(class_name) {
                return Ok((entry.functions, description));
            }
        }
        Err(Error::fatal(format!("this component has no plugin {class_name}")))
    }
}

type Pairs = Vec<(String, String)>;

/// Makes a configured plugin of a configuration and the class name that the user wrote.
type Configure<T> = fn(&Config, &str) -> Result<Box<T>, Error>;

/// The functions of a transform.
#[derive(Clone, Copy)]
pub struct TransformFunctions {
    pub(crate) configure: Configure<dyn RunTransform>,
}

/// The functions of a predicate.
#[derive(Clone, Copy)]
pub struct PredicateFunctions {
    pub(crate) configure: Configure<dyn RunPredicate>,
}

/// A transform whose type is forgotten.
pub(crate) trait RunTransform {
    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error>;
}

impl<T: Transform> RunTransform for T {
    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        Transform::apply(self, batch)
    }
}

/// A predicate whose type is forgotten.
pub(crate) trait RunPredicate {
    fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error>;
}

impl<P: Predicate> RunPredicate for P {
    fn test(&self, batch: &Batch<'_>) -> Result<Vec<u32>, Error> {
        Predicate::test(self, batch)
    }
}

/// Lists a transform.
pub const fn transform<T: Transform + 'static>() -> Entry<TransformFunctions> {
    Entry {
        describe: T::describe,
        functions: TransformFunctions {
            configure: |config, class_name| Ok(Box::new(T::configure(config, class_name)?)),
        },
    }
}

/// Lists a predicate.
pub const fn predicate<P: Predicate + 'static>() -> Entry<PredicateFunctions> {
    Entry {
        describe: P::describe,
        functions: PredicateFunctions {
            configure: |config, class_name| Ok(Box::new(P::configure(config, class_name)?)),
        },
    }
}

/// The functions that a source and a sink share.
#[derive(Clone, Copy)]
pub(crate) struct ConnectorFunctions {
    pub(crate) validate: fn(&Config) -> Vec<ConfigProblem>,
    pub(crate) start: fn(&Config) -> Result<Box<dyn RunConnector>, Error>,
}

/// A connector whose type is forgotten.
pub(crate) trait RunConnector {
    fn task_configs(&mut self, max_tasks: u32) -> Result<Vec<Pairs>, Error>;
    fn reconfigure(&mut self, config: &Config) -> Result<(), Error>;
    fn stop(&mut self);
}

impl<C: Connector> RunConnector for C {
    fn task_configs(&mut self, max_tasks: u32) -> Result<Vec<Pairs>, Error> {
        let configs = Connector::task_configs(self, max_tasks)?;
        let pairs = |config: Config| config.given().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Ok(configs.into_iter().map(pairs).collect())
    }

    fn reconfigure(&mut self, config: &Config) -> Result<(), Error> {
        Connector::reconfigure(self, config)
    }

    fn stop(&mut self) {
        Connector::stop(self);
    }
}

const fn connector<C: Connector + 'static>(validate: fn(&Config) -> Vec<ConfigProblem>) -> ConnectorFunctions {
    ConnectorFunctions { validate, start: |config| Ok(Box::new(C::start(config)?)) }
}

/// The functions of a source.
#[derive(Clone, Copy)]
pub struct SourceFunctions {
    pub(crate) connector: ConnectorFunctions,
    pub(crate) start: fn(&Config) -> Result<Box<dyn RunSource>, Error>,
    pub(crate) alter_offsets: fn(&Config, &[SourcePosition]) -> Result<bool, Error>,
    pub(crate) exactly_once_support: fn(&Config) -> ExactlyOnce,
    pub(crate) can_define_transaction_boundaries: fn(&Config) -> bool,
}

/// A source's task whose type is forgotten.
pub(crate) trait RunSource {
    fn poll(&mut self, out: &Batch<'_>, limits: PollLimits) -> Result<(), Error>;
    fn commit_records(&mut self, acknowledged: &[Acknowledgement]) -> Result<(), Error>;
    fn commit(&mut self, stored: &[SourcePosition]) -> Result<(), Error>;
    fn update_offsets(&mut self, pending: Vec<SourcePosition>) -> Result<Vec<SourcePosition>, Error>;
    fn stop(&mut self);
}

impl<S: Source> RunSource for S {
    fn poll(&mut self, out: &Batch<'_>, limits: PollLimits) -> Result<(), Error> {
        Source::poll(self, out, limits)
    }

    fn commit_records(&mut self, acknowledged: &[Acknowledgement]) -> Result<(), Error> {
        Source::commit_records(self, acknowledged)
    }

    fn commit(&mut self, stored: &[SourcePosition]) -> Result<(), Error> {
        Source::commit(self, stored)
    }

    fn update_offsets(&mut self, pending: Vec<SourcePosition>) -> Result<Vec<SourcePosition>, Error> {
        Source::update_offsets(self, pending)
    }

    fn stop(&mut self) {
        Source::stop(self);
    }
}

/// Lists a source.
pub const fn source<S: Source + 'static>() -> Entry<SourceFunctions> {
    Entry {
        describe: S::describe,
        functions: SourceFunctions {
            connector: connector::<S::Connector>(S::validate),
            start: |config| Ok(Box::new(S::start(config)?)),
            alter_offsets: S::alter_offsets,
            exactly_once_support: S::exactly_once_support,
            can_define_transaction_boundaries: S::can_define_transaction_boundaries,
        },
    }
}

/// The functions of a sink.
#[derive(Clone, Copy)]
pub struct SinkFunctions {
    pub(crate) connector: ConnectorFunctions,
    pub(crate) start: fn(&Config) -> Result<Box<dyn RunSink>, Error>,
    pub(crate) alter_offsets: fn(&Config, &[TopicPartitionOffset]) -> Result<bool, Error>,
}

/// A sink's task whose type is forgotten.
pub(crate) trait RunSink {
    fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), Error>;
    fn put(&mut self, batch: &Batch<'_>) -> Result<(), Error>;
    fn flush(&mut self, offsets: &[TopicPartitionOffset]) -> Result<(), Error>;
    fn pre_commit(&mut self, offsets: Vec<TopicPartitionOffset>) -> Result<Vec<TopicPartitionOffset>, Error>;
    fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), Error>;
    fn stop(&mut self);
}

impl<S: Sink> RunSink for S {
    fn open(&mut self, partitions: &[TopicPartition]) -> Result<(), Error> {
        Sink::open(self, partitions)
    }

    fn put(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        Sink::put(self, batch)
    }

    fn flush(&mut self, offsets: &[TopicPartitionOffset]) -> Result<(), Error> {
        Sink::flush(self, offsets)
    }

    fn pre_commit(&mut self, offsets: Vec<TopicPartitionOffset>) -> Result<Vec<TopicPartitionOffset>, Error> {
        Sink::pre_commit(self, offsets)
    }

    fn close(&mut self, partitions: &[TopicPartition]) -> Result<(), Error> {
        Sink::close(self, partitions)
    }

    fn stop(&mut self) {
        Sink::stop(self);
    }
}

/// Lists a sink.
pub const fn sink<S: Sink + 'static>() -> Entry<SinkFunctions> {
    Entry {
        describe: S::describe,
        functions: SinkFunctions {
            connector: connector::<S::Connector>(S::validate),
            start: |config| Ok(Box::new(S::start(config)?)),
            alter_offsets: S::alter_offsets,
        },
    }
}
