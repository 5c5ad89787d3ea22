//! What the host keeps beside an instance: its WASI context, its limits, and what its calls asked for.
//! The imports in `imports` work on it; `instance` makes and reads it.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::account::Account;
use super::capability::Opened;
use super::limits::{Limits, SpaceLimiter};
use super::meter::Meter;
use crate::pipeline::batch::{Batch, SchemaTable};
use crate::pipeline::edges::{OffsetStore, SinkRequest};

/// What a guest's instance is made with, beyond its component.
#[derive(Clone)]
pub(crate) struct Setting {
    /// What it is an instance of, for errors: the component's name and version.
    pub(crate) component: String,
    /// Who runs it, for logs: `connector-task`.
    pub(crate) scope: String,
    /// One account per step that the instance runs; a connector's guest has one.
    pub(crate) accounts: Vec<Arc<Account>>,
    pub(crate) limits: Limits,
    /// The task's schemas, shared by its batches and instances.
    pub(crate) schemas: Arc<Mutex<SchemaTable>>,
    /// A source's stored offsets: the connector's name and where they are.
    pub(crate) offsets: Option<(String, Arc<dyn OffsetStore>)>,
    /// Told when the guest asks for new task configurations.
    pub(crate) reconfigure: Option<mpsc::Sender<()>>,
}

/// The data of an instance's store.
pub(crate) struct State {
    pub(crate) setting: Setting,
    pub(crate) granted: Opened,
    pub(crate) http: WasiHttpCtx,
    pub(crate) table: ResourceTable,
    pub(crate) space: SpaceLimiter,
    pub(crate) meter: Arc<Meter>,
    /// The step that runs now, counted from the instance's first.
    pub(crate) step: usize,
    /// CPU time of the call in progress that was charged already, in nanoseconds.
    charged: u64,
    /// Calls into the host during the call in progress.
    host_calls: u64,
    pub(crate) sink_requests: Vec<SinkRequest>,
    /// Lines logged since the flood gate was reset, and lines it kept back.
    pub(crate) log_lines: super::imports::log::Gate,
}

/// The guest made more host calls than allowed.
#[derive(Debug, thiserror::Error)]
#[error("more than {0} calls into the host during one call")]
pub(crate) struct TooManyHostCalls(u64);

impl State {
    pub(crate) fn new(setting: Setting, granted: Opened) -> Self {
        let space = SpaceLimiter::new(setting.limits);
        Self {
            setting,
            granted,
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            space,
            meter: Arc::default(),
            step: 0,
            charged: 0,
            host_calls: 0,
            sink_requests: Vec::new(),
            log_lines: Default::default(),
        }
    }

    /// Prepares for a call of an export.
    pub(crate) fn begin_call(&mut self) {
        self.meter.reset();
        (self.step, self.charged, self.host_calls) = (0, 0, 0);
        self.space.refused = None;
        self.log_lines.reset();
    }

    /// Counts a call into the host.
    pub(crate) fn count_host_call(&mut self) -> wasmtime::Result<()> {
        self.host_calls += 1;
        if self.host_calls > self.setting.limits.host_calls {
            return Err(TooManyHostCalls(self.setting.limits.host_calls).into());
        }
        Ok(())
    }

    /// Returns the batch of the call in progress, and counts the host call.
    pub(crate) fn batch(&mut self, batch: &Resource<Batch>) -> wasmtime::Result<&mut Batch> {
        self.count_host_call()?;
        Ok(self.table.get_mut(batch)?)
    }

    /// Returns the account of the step that runs now.
    pub(crate) fn account(&self) -> Option<&Arc<Account>> {
        self.setting.accounts.get(self.step).or(self.setting.accounts.last())
    }

    /// Charges the CPU time since the last charge to the step that runs now. `used` is the whole call's.
    pub(crate) fn charge(&mut self, used: u64) {
        let since = used.saturating_sub(self.charged);
        self.charged = used;
        if let Some(account) = self.account() {
            Account::add(&account.cpu_nanos, since);
        }
    }

    /// Counts bytes that cross the boundary.
    pub(crate) fn count_bytes(&self, bytes: usize) {
        if let Some(account) = self.account() {
            Account::add(&account.bytes, bytes as u64);
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.granted.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.granted.client, table: &mut self.table, ctx: &mut self.http }
    }
}
