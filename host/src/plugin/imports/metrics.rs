//! `airlock:connect/metrics`: a plugin's own counters and gauges, kept in its step's account.

use super::super::account::GuestMetric;
use super::super::bindings::airlock::connect::metrics::Host;
use super::super::state::State;

impl Host for State {
    fn count(&mut self, name: String, increment: u64) -> wasmtime::Result<()> {
        self.count_host_call()?;
        if let Some(account) = self.account() {
            account.record(
                name,
                |metric| match metric {
                    GuestMetric::Counter(total) => *total = total.saturating_add(increment),
                    GuestMetric::Gauge(_) => {}
                },
                GuestMetric::Counter(0),
            );
        }
        Ok(())
    }

    fn gauge(&mut self, name: String, value: f64) -> wasmtime::Result<()> {
        self.count_host_call()?;
        if let Some(account) = self.account() {
            account.record(
                name,
                |metric| {
                    if let GuestMetric::Gauge(kept) = metric {
                        *kept = value;
                    }
                },
                GuestMetric::Gauge(value),
            );
        }
        Ok(())
    }
}
