//! What librdkafka tells about itself: log lines and errors of connections go to tracing.

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use tracing::{debug, error, info, warn};

use super::error::is_of_connection;

/// The context of a client that needs nothing but a log.
#[derive(Debug, Clone)]
pub(super) struct LogContext {
    /// The client's `client.id`.
    pub(super) client: String,
}

impl ClientContext for LogContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        log_line(&self.client, level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        log_error(&self.client, &error, reason);
    }
}

/// Logs a line of librdkafka's.
pub(super) fn log_line(client: &str, level: RDKafkaLogLevel, facility: &str, text: &str) {
    use RDKafkaLogLevel::{Alert, Critical, Debug, Emerg, Error, Info, Notice, Warning};
    match level {
        Emerg | Alert | Critical | Error => error!(client, facility, "librdkafka: {text}"),
        Warning => warn!(client, facility, "librdkafka: {text}"),
        Notice | Info => info!(client, facility, "librdkafka: {text}"),
        Debug => debug!(client, facility, "librdkafka: {text}"),
    }
}

/// Logs an error that librdkafka met and goes on after.
pub(super) fn log_error(client: &str, error: &KafkaError, reason: &str) {
    match is_of_connection(error) {
        true => debug!(client, %error, "librdkafka: {reason}"),
        false => warn!(client, %error, "librdkafka: {reason}"),
    }
}
