//! The stored offsets of this source connector (Kafka's `OffsetStorageReader`).

use crate::error::Error;
use crate::host;

/// Returns the stored offset of each source partition, in the order asked; none where nothing is stored.
/// Partitions and offsets are JSON objects.
///
/// # Errors
/// A partition is no JSON object.
pub fn read(partitions: &[String]) -> Result<Vec<Option<String>>, Error> {
    host::read_offsets(partitions).map_err(Error::Fatal)
}
