//! Errors as Connect answers them: `{"error_code": …, "message": …}` under the status of the same number.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::config::properties::PropertiesError;
use crate::worker::ComponentError;
use crate::worker::connector_offsets::OffsetsError;
use crate::worker::herder::HerderError;

/// An error on its way to a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RestError {
    /// The status.
    pub status: StatusCode,
    /// What is wrong and what to do.
    pub message: String,
}

impl RestError {
    /// Makes an error.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// Makes an error with the words that Connect has for a status itself.
    pub(super) fn bare(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or_default();
        Self::new(status, format!("HTTP {} {reason}", status.as_u16()))
    }

    /// Says it with other words where something was not found: Connect's differ from resource to resource.
    pub(super) fn if_not_found(self, message: impl Into<String>) -> Self {
        if self.status == StatusCode::NOT_FOUND { Self::new(self.status, message) } else { self }
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let body = json!({ "error_code": self.status.as_u16(), "message": self.message });
        (self.status, Json(body)).into_response()
    }
}

impl From<HerderError> for RestError {
    fn from(error: HerderError) -> Self {
        let status = match &error {
            HerderError::NotFound(_) | HerderError::TaskNotFound(_) => StatusCode::NOT_FOUND,
            HerderError::AlreadyExists(_) => StatusCode::CONFLICT,
            HerderError::Invalid(_) | HerderError::Offsets(OffsetsError::Invalid(_)) => StatusCode::BAD_REQUEST,
            HerderError::Offsets(OffsetsError::Failed(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            HerderError::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            HerderError::Component(ComponentError::Refused(_)) => StatusCode::BAD_REQUEST,
            HerderError::Component(ComponentError::Conflict(_)) => StatusCode::CONFLICT,
            HerderError::Component(ComponentError::NotFound { .. }) => StatusCode::NOT_FOUND,
            HerderError::Component(ComponentError::Internal(_)) | HerderError::NotStored(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, error.to_string())
    }
}

impl From<PropertiesError> for RestError {
    fn from(error: PropertiesError) -> Self {
        let message = match &error {
            PropertiesError::Json(error) if error.is_data() => format!("the body is not what is expected: {error}"),
            PropertiesError::Json(error) => format!("the body is not valid JSON: {error}"),
            PropertiesError::Value(problem) if problem.message.starts_with("Connector name") => problem.message.clone(),
            PropertiesError::Value(_) | PropertiesError::Syntax(_) => error.to_string(),
        };
        Self::new(StatusCode::BAD_REQUEST, message)
    }
}

/// Answers for a path that no resource has.
pub(super) async fn not_found() -> RestError {
    RestError::bare(StatusCode::NOT_FOUND)
}

/// Answers for a method that a resource does not have.
pub(super) async fn method_not_allowed() -> RestError {
    RestError::bare(StatusCode::METHOD_NOT_ALLOWED)
}
