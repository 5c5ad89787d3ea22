//! `airlock:connect/transaction-context` and `reconfiguration`.

use super::super::bindings::airlock::connect::{reconfiguration, transaction_context};
use super::super::state::State;

/// Transactions that a connector defines need `exactly.once.source.support`, which no worker of this
/// version has: Kafka gives such a task no transaction context, so that a call of it is the guest's bug.
fn no_transactions() -> wasmtime::Error {
    wasmtime::format_err!("no transaction context: the connector's transaction.boundary is not 'connector'")
}

impl transaction_context::Host for State {
    fn commit_transaction(&mut self) -> wasmtime::Result<()> {
        Err(no_transactions())
    }

    fn commit_transaction_after(&mut self, _row: u32) -> wasmtime::Result<()> {
        Err(no_transactions())
    }

    fn abort_transaction(&mut self) -> wasmtime::Result<()> {
        Err(no_transactions())
    }

    fn abort_transaction_after(&mut self, _row: u32) -> wasmtime::Result<()> {
        Err(no_transactions())
    }
}

impl reconfiguration::Host for State {
    fn request_task_reconfiguration(&mut self) -> wasmtime::Result<()> {
        self.count_host_call()?;
        if let Some(reconfigure) = &self.setting.reconfigure {
            // A request that is waiting already covers this one.
            reconfigure.try_send(()).ok();
        }
        Ok(())
    }
}
