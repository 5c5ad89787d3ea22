//! Which positions may be committed: of sinks the contiguous settled prefix of each partition, of sources the
//! newest acknowledged offset with all earlier ones acknowledged. Talks to nobody.

mod sink;
mod source;

pub use sink::{PositionList, SinkOffsets};
pub use source::{SourceOffsets, Ticket};
