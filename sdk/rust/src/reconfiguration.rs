//! Changes of a connector's tasks.

use crate::host;

/// Asks the host to call [`Connector::task_configs`](crate::Connector::task_configs) again.
pub fn request_task_reconfiguration() {
    host::request_task_reconfiguration();
}
