//! What guests may call: the host's side of each imported interface of `airlock:connect`.

pub(super) mod border;
pub(crate) mod log;
mod metrics;
mod offsets;
mod records;
mod schemas;
mod sink_context;
mod source_context;
