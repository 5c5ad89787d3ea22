//! `airlock:connect/offsets`: the stored offsets of a source connector.

use super::super::bindings::airlock::connect::offsets::Host;
use super::super::state::State;

impl Host for State {
    async fn read(&mut self, partitions: Vec<String>) -> wasmtime::Result<Result<Vec<Option<String>>, String>> {
        self.count_host_call()?;
        let Some((connector, store)) = self.setting.offsets.clone() else {
            return Ok(Err("only a source's own guest has stored offsets".to_owned()));
        };
        let read = store.read(&connector, &partitions).await;
        Ok(read.map_err(|error| error.to_string()))
    }
}
