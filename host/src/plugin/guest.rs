//! What all guests share: a fresh instance where there is none, and calls that take a batch along.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use wasmtime::Store;
use wasmtime::component::Resource;

use super::capability::Grants;
use super::component::{Exports, LinkedComponent};
use super::instance::{Answer, Instance};
use super::state::{Setting, State};
use crate::pipeline::batch::{Batch, Call};
use crate::pipeline::edges::CallError;

/// What a guest's instances are made of.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) component: Arc<LinkedComponent>,
    pub(crate) setting: Setting,
    pub(crate) grants: Grants,
}

impl Recipe {
    /// Adds what is granted.
    pub(crate) fn with(self, grants: Grants) -> Self {
        Self { grants, ..self }
    }
}

/// A guest: at most one live instance, and how to make another.
pub(crate) struct Guest {
    recipe: Recipe,
    instance: Option<Instance>,
    /// What the instances that are gone used.
    cpu: Duration,
}

impl Guest {
    pub(crate) fn new(recipe: Recipe) -> Self {
        Self { recipe, instance: None, cpu: Duration::ZERO }
    }

    /// Makes a fresh instance, whatever there was.
    pub(crate) async fn renew(&mut self) -> Result<&mut Instance, CallError> {
        self.end();
        let Recipe { component, setting, grants } = self.recipe.clone();
        Ok(self.instance.insert(Instance::new(component, setting, &grants).await?))
    }

    /// Returns the instance, where one is alive.
    pub(crate) fn alive(&mut self) -> Option<&mut Instance> {
        self.instance.as_mut().filter(|instance| !instance.is_dead())
    }

    /// Returns the instance, or says that the guest must be started first.
    pub(crate) fn started(&mut self) -> Result<&mut Instance, CallError> {
        match self.instance.as_mut() {
            Some(instance) if !instance.is_dead() => Ok(instance),
            _ => Err(CallError::Fatal("the guest is not running: it trapped or was never started".to_owned())),
        }
    }

    /// Returns the digest of its component, for people.
    pub(crate) fn digest(&self) -> String {
        self.recipe.component.digest.to_string()
    }

    /// Ends the instance.
    pub(crate) fn end(&mut self) {
        self.cpu = self.cpu_used();
        self.instance = None;
    }

    /// Returns the CPU time of all its instances.
    pub(crate) fn cpu_used(&self) -> Duration {
        self.cpu + self.instance.as_ref().map_or(Duration::ZERO, Instance::cpu)
    }
}

/// Calls an export with a batch, as one transaction: what the guest did to it holds only where the call
/// returned ok. The batch comes back in either case.
pub(crate) async fn call_with_batch<R, F>(
    instance: &mut Instance,
    export: &'static str,
    (mut batch, call): (Batch, Call),
    run: F,
) -> (Batch, Result<R, CallError>)
where
    F: for<'a> FnOnce(&'a mut Store<State>, &'a Exports, Resource<Batch>) -> BoxFuture<'a, Answer<R>>,
{
    if let Err(error) = batch.open_call(call) {
        return (batch, Err(CallError::Fatal(format!("{export}: {error}"))));
    }
    let handle = match instance.state().table.push(batch) {
        Ok(handle) => handle,
        // The batch is gone with the table; the task fails, so that its records are read again.
        Err(error) => return (Batch::default(), Err(CallError::Fatal(format!("{export}: {error}")))),
    };
    let borrowed = Resource::new_borrow(handle.rep());
    let result = instance.call(export, |store, exports| run(store, exports, borrowed)).await;
    let mut batch = match instance.state().table.delete(handle) {
        Ok(batch) => batch,
        Err(error) => return (Batch::default(), Err(CallError::Fatal(format!("{export}: {error}")))),
    };
    match result {
        Ok(_) => batch.commit_call(),
        Err(_) => batch.abort_call(),
    }
    (batch, result)
}
