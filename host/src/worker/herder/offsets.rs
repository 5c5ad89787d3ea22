//! Offsets, as far as connectors matter: they are changed only while nothing of the connector runs.

use super::entry::Target;
use super::{Herder, HerderError, SETTLE_WAIT};
use crate::worker::connector_offsets::{ConnectorOffset, OffsetsChange, OffsetsError};
use crate::worker::task_state::State;

impl Herder {
    /// Returns what is stored of a connector's progress.
    ///
    /// # Errors
    /// Returns an error where there is no such connector, or Kafka does not answer.
    pub async fn offsets(&self, name: &str) -> Result<Vec<ConnectorOffset>, HerderError> {
        let config = self.entry(name)?.config();
        Ok(self.launch.offsets(config).await?)
    }

    /// Changes what is stored of a stopped connector's progress. Returns what to tell.
    ///
    /// # Errors
    /// Returns an error where there is no such connector, it isn't stopped, or the change is refused.
    pub async fn change_offsets(&self, name: &str, change: OffsetsChange) -> Result<String, HerderError> {
        if change == OffsetsChange::Alter(Vec::new()) {
            let message = "Partitions / offsets need to be provided for an alter offsets request";
            return Err(OffsetsError::Invalid(message.to_owned()).into());
        }
        // Nobody resumes it meanwhile.
        let _turn = self.turn(name).await;
        let entry = self.entry(name)?;
        if entry.target() == Target::Stopped {
            entry.settled(entry.revision(), SETTLE_WAIT.max(self.settings.graceful_shutdown_timeout)).await;
        }
        if entry.target() != Target::Stopped || entry.shown().connector.state != State::Stopped {
            return Err(OffsetsError::Invalid(format!(
                "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for \
                 the specified connector by issuing a 'PUT' request to the '/connectors/{name}/stop' endpoint"
            ))
            .into());
        }
        Ok(self.launch.change_offsets(entry.config(), change).await?)
    }
}
