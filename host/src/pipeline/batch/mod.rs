//! A batch of records, owned by the host.

/// A batch.
#[derive(Debug, Default)]
pub struct Batch {}
