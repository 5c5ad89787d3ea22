//! The schemas of keys and values that have one (Kafka Connect's `Schema`), by the ids that rows carry.

use crate::error::Error;
use crate::host;

/// Returns the id of a schema, given in the JSON form of Kafka's `JsonConverter`. Ids live as long as the
/// instance; equal schemas get equal ids.
///
/// ```
/// use airlock_sdk::schemas;
/// let text = schemas::intern(br#"{"type":"string","optional":false}"#)?;
/// assert_eq!(schemas::json(text).unwrap(), br#"{"type":"string","optional":false}"#);
/// # Ok::<(), airlock_sdk::Error>(())
/// ```
///
/// # Errors
/// What is wrong with the text.
pub fn intern(json: &[u8]) -> Result<u32, Error> {
    host::intern_schema(json).map_err(Error::Fatal)
}

/// Returns the JSON form of a schema; none where the id is unknown.
pub fn json(id: u32) -> Option<Vec<u8>> {
    host::schema(id)
}
