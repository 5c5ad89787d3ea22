//! One component, compiled and linked, from which instances are made. Knows which interfaces it exports.

use std::sync::Arc;

use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup;

use super::bindings::Everything;
use super::bindings::exports::airlock::connect::{connector, plugin, predicate, sink, source, transform};
use super::engine::TickingEngine;
use super::state::State;
use crate::record::Digest;

/// Links components against WASI and our own imports.
#[derive(Clone)]
pub(crate) struct Toolchain {
    pub(crate) engine: TickingEngine,
    linker: Arc<Linker<State>>,
}

impl Toolchain {
    /// Starts an engine and links every import that there is.
    pub(crate) fn start() -> wasmtime::Result<Self> {
        let engine = TickingEngine::start()?;
        let mut linker = Linker::new(engine.engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        linker.allow_shadowing(true);
        ip_name_lookup::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
        linker.allow_shadowing(false);
        Everything::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
        Ok(Self { engine, linker: Arc::new(linker) })
    }

    /// Links a compiled component.
    pub(crate) fn link(&self, digest: Digest, component: &Component) -> wasmtime::Result<LinkedComponent> {
        let pre = self.linker.instantiate_pre(component)?;
        let exports = ExportIndices {
            plugin: plugin::GuestIndices::new(&pre)?,
            transform: transform::GuestIndices::new(&pre).ok(),
            predicate: predicate::GuestIndices::new(&pre).ok(),
            connector: connector::GuestIndices::new(&pre).ok(),
            source: source::GuestIndices::new(&pre).ok(),
            sink: sink::GuestIndices::new(&pre).ok(),
        };
        Ok(LinkedComponent { engine: self.engine.clone(), digest, pre, exports })
    }
}

/// A component ready to be instantiated.
pub(crate) struct LinkedComponent {
    pub(crate) engine: TickingEngine,
    pub(crate) digest: Digest,
    pub(crate) pre: InstancePre<State>,
    pub(crate) exports: ExportIndices,
}

/// Where the exported interfaces are; none where one isn't exported.
pub(crate) struct ExportIndices {
    pub(crate) plugin: plugin::GuestIndices,
    pub(crate) transform: Option<transform::GuestIndices>,
    pub(crate) predicate: Option<predicate::GuestIndices>,
    pub(crate) connector: Option<connector::GuestIndices>,
    pub(crate) source: Option<source::GuestIndices>,
    pub(crate) sink: Option<sink::GuestIndices>,
}

/// The exports of one instance.
pub(crate) struct Exports {
    pub(crate) plugin: plugin::Guest,
    transform: Option<transform::Guest>,
    predicate: Option<predicate::Guest>,
    connector: Option<connector::Guest>,
    source: Option<source::Guest>,
    sink: Option<sink::Guest>,
}

/// A plugin's kind needs an interface that its component doesn't export.
#[derive(Debug, thiserror::Error)]
#[error("the component doesn't export airlock:connect/{0}@0.1.0, although it describes a plugin of that kind")]
pub(crate) struct MissingExport(&'static str);

impl Exports {
    /// Finds the exports in a new instance.
    pub(crate) fn load(
        indices: &ExportIndices,
        store: &mut wasmtime::Store<State>,
        instance: &wasmtime::component::Instance,
    ) -> wasmtime::Result<Self> {
        macro_rules! optional {
            ($interface:ident) => {
                match &indices.$interface {
                    None => None,
                    Some(found) => Some(found.load(&mut *store, instance)?),
                }
            };
        }
        Ok(Self {
            plugin: indices.plugin.load(&mut *store, instance)?,
            transform: optional!(transform),
            predicate: optional!(predicate),
            connector: optional!(connector),
            source: optional!(source),
            sink: optional!(sink),
        })
    }

    pub(crate) fn transform(&self) -> wasmtime::Result<&transform::Guest> {
        Ok(self.transform.as_ref().ok_or(MissingExport("transform"))?)
    }

    pub(crate) fn predicate(&self) -> wasmtime::Result<&predicate::Guest> {
        Ok(self.predicate.as_ref().ok_or(MissingExport("predicate"))?)
    }

    pub(crate) fn connector(&self) -> wasmtime::Result<&connector::Guest> {
        Ok(self.connector.as_ref().ok_or(MissingExport("connector"))?)
    }

    pub(crate) fn source(&self) -> wasmtime::Result<&source::Guest> {
        Ok(self.source.as_ref().ok_or(MissingExport("source"))?)
    }

    pub(crate) fn sink(&self) -> wasmtime::Result<&sink::Guest> {
        Ok(self.sink.as_ref().ok_or(MissingExport("sink"))?)
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::component::Resource;

    use super::*;
    use crate::pipeline::batch::Batch;
    use crate::plugin::built_in::BUILT_IN;
    use crate::plugin::capability::Grants;
    use crate::plugin::instance::Instance;
    use crate::plugin::limits::Limits;
    use crate::plugin::state::Setting;

    /// A toolchain of a later version, whose batches have one method more.
    fn later() -> Toolchain {
        let mut toolchain = Toolchain::start().unwrap();
        let linker = Arc::get_mut(&mut toolchain.linker).unwrap();
        let mut records = linker.instance("airlock:connect/records@0.1.0").unwrap();
        records.func_wrap("[method]batch.byte-size", |_, (_,): (Resource<Batch>,)| Ok((0_u64,))).unwrap();
        toolchain
    }

    /// Imports may grow: what was compiled before knows nothing of it, and runs.
    #[tokio::test]
    async fn a_component_of_today_runs_on_a_host_whose_batches_can_do_more() {
        let toolchain = later();
        for (name, bytes) in BUILT_IN {
            let component = Component::new(toolchain.engine.engine(), bytes).unwrap();
            let linked = Arc::new(toolchain.link(Digest([0; 32]), &component).unwrap());
            let setting = Setting {
                component: (*name).to_owned(),
                scope: "test".to_owned(),
                accounts: Vec::new(),
                limits: Limits::default(),
                schemas: Arc::default(),
                offsets: None,
                reconfigure: None,
            };
            let mut instance = Instance::new(linked, setting, &Grants::default()).await.unwrap();
            let plugins = instance
                .call("plugin.describe", |store, exports| {
                    Box::pin(async move { Ok(Ok(exports.plugin.call_describe(store).await?)) })
                })
                .await;
            assert!(!plugins.unwrap().is_empty(), "{name}");
        }
    }
}
