//! A live instance of a component, and the one door into it: [`Instance::call`]. It sets the limits, opens
//! a tracing span, accounts what was used, sorts what went wrong, and never lets a trapped instance be
//! called again (Invariant 5).

use std::time::Duration;

use futures_util::future::BoxFuture;
use tracing::Instrument as _;
use wasmtime::{Store, UpdateDeadline};

use super::account::Account;
use super::bindings::airlock::connect::plugin_info::Error as GuestError;
use super::capability::{Grants, Opened};
use super::component::{Exports, LinkedComponent};
use super::meter::Metered;
use super::state::{Setting, State};
use super::words;
use crate::pipeline::edges::CallError;

/// What a call of an export answers: its own error, or its result.
pub(crate) type Answer<R> = wasmtime::Result<Result<R, GuestError>>;

/// A live copy of a component.
pub(crate) struct Instance {
    store: Store<State>,
    exports: Exports,
    component: std::sync::Arc<LinkedComponent>,
    dead: bool,
    cpu: Duration,
}

/// The guest used up its CPU time.
#[derive(Debug, thiserror::Error)]
#[error("used more than {0} ms of CPU time (airlock.call.cpu.ms)")]
struct OutOfCpu(u128);

impl Instance {
    /// Makes an instance.
    ///
    /// # Errors
    /// A grant can't be opened, or the component can't be instantiated within its limits.
    pub(crate) async fn new(
        component: std::sync::Arc<LinkedComponent>,
        setting: Setting,
        grants: &Grants,
    ) -> Result<Self, CallError> {
        let granted = Opened::new(grants).map_err(|error| CallError::Fatal(error.to_string()))?;
        let mut store = new_store(&component, State::new(setting, granted));
        let meter = store.data().meter.clone();
        let timeout = store.data().setting.limits.call_timeout;
        let running = component.engine.running();
        store.data_mut().begin_call();
        let instantiate = Metered::new(component.pre.instantiate_async(&mut store), meter);
        let made = tokio::time::timeout(timeout, instantiate).await;
        drop(running);
        let failed = |error: &wasmtime::Error| CallError::Fatal(format!("can't be instantiated: {error:#}"));
        let made = made.map_err(|_| CallError::Fatal(format!("wasn't instantiated within {timeout:?}")))?;
        let instance = made.map_err(|error| failed(&error))?;
        let exports = Exports::load(&component.exports, &mut store, &instance).map_err(|error| failed(&error))?;
        let cpu = Duration::from_nanos(store.data().meter.total());
        Ok(Self { store, exports, component, dead: false, cpu })
    }

    /// Returns the store's data, between calls.
    pub(crate) fn state(&mut self) -> &mut State {
        self.store.data_mut()
    }

    /// Whether the instance trapped or ran out of time and can't be called any more.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead
    }

    /// Returns the CPU time of all its calls, and of making it.
    pub(crate) fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Calls an export: the only way into a guest.
    ///
    /// # Errors
    /// The guest's own error, a trap, or a limit reached; after the latter two the instance is dead.
    ///
    /// # Cancel safety
    /// A call that is cancelled leaves the instance dead.
    pub(crate) async fn call<R, F>(&mut self, export: &'static str, run: F) -> Result<R, CallError>
    where
        F: for<'a> FnOnce(&'a mut Store<State>, &'a Exports) -> BoxFuture<'a, Answer<R>>,
    {
        if std::mem::replace(&mut self.dead, true) {
            let place = self.place(export);
            return Err(CallError::Fatal(format!("{place}: the instance is gone after an earlier trap")));
        }
        let span = tracing::debug_span!("guest", export, scope = %self.store.data().setting.scope);
        self.store.set_epoch_deadline(1);
        self.store.data_mut().begin_call();
        let (meter, timeout) = (self.store.data().meter.clone(), self.store.data().setting.limits.call_timeout);
        let running = self.component.engine.running();
        let call = Metered::new(run(&mut self.store, &self.exports), meter.clone());
        let ended = tokio::time::timeout(timeout, call).instrument(span).await;
        drop(running);
        self.cpu += Duration::from_nanos(meter.total());
        self.settle_account(meter.total());
        if !matches!(ended, Ok(Ok(_))) {
            self.count_trap();
        }
        let answer = match ended {
            Err(_) => {
                return Err(CallError::TimedOut(format!(
                    "{} did not return within {} ms (airlock.call.timeout.ms)",
                    self.place(export),
                    timeout.as_millis()
                )));
            }
            Ok(Err(error)) => {
                let place = self.place(export);
                return Err(CallError::Trapped(words::explain(self.store.data_mut(), &place, &error)));
            }
            Ok(Ok(answer)) => answer,
        };
        self.dead = false;
        answer.map_err(|error| words::sort(&self.place(export), error, &self.store.data().granted.refusals.take()))
    }

    /// Names an export and whose it is, for errors.
    fn place(&self, export: &str) -> String {
        format!("{export} of {}", self.store.data().setting.component)
    }

    fn settle_account(&mut self, cpu_nanos: u64) {
        let state = self.store.data_mut();
        state.charge(cpu_nanos);
        let memory = state.space.memory() as u64;
        for account in &state.setting.accounts {
            Account::add(&account.calls, 1);
            account.memory.store(memory, std::sync::atomic::Ordering::Relaxed);
        }
    }

    fn count_trap(&mut self) {
        if let Some(account) = self.store.data().account() {
            Account::add(&account.traps, 1);
        }
    }
}

fn new_store(component: &LinkedComponent, state: State) -> Store<State> {
    let limits = state.setting.limits;
    let meter = state.meter.clone();
    let mut store = Store::new(component.engine.engine(), state);
    store.limiter(|state| &mut state.space);
    store.set_hostcall_fuel(limits.host_call_bytes);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if u128::from(meter.used()) > limits.call_cpu.as_nanos() {
            return Err(OutOfCpu(limits.call_cpu.as_millis()).into());
        }
        Ok(UpdateDeadline::Yield(1))
    });
    store
}
