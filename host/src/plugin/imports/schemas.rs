//! `airlock:connect/schemas`: the task's interned schemas.

use std::sync::PoisonError;

use super::super::bindings::airlock::connect::schemas::Host;
use super::super::state::State;

impl Host for State {
    fn intern(&mut self, schema: Vec<u8>) -> wasmtime::Result<Result<u32, String>> {
        self.count_host_call()?;
        self.count_bytes(schema.len());
        let mut table = self.setting.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(table.intern(&schema))
    }

    fn schema(&mut self, id: u32) -> wasmtime::Result<Option<Vec<u8>>> {
        self.count_host_call()?;
        let table = self.setting.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        let schema = table.get(id).map(|schema| schema.to_vec());
        drop(table);
        self.count_bytes(schema.as_ref().map_or(0, Vec::len));
        Ok(schema)
    }
}
