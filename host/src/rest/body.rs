//! Request bodies: their content type and their size. What stands in them is for each resource.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};

use super::RestError;

/// The most bytes that a JSON body may have.
const JSON_MAX_BYTES: usize = 4 << 20;

/// A body that claims to be JSON.
///
/// A request without that content type is refused: a page in a browser can't send one without asking first.
pub(super) struct JsonBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = RestError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, RestError> {
        if !has_content_type(request.headers(), "application/json") {
            return Err(RestError::bare(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let read = axum::body::to_bytes(request.into_body(), JSON_MAX_BYTES).await;
        read.map(Self).map_err(|error| match is_too_large(&error) {
            true => too_large(&format!("a JSON body may have {JSON_MAX_BYTES} bytes")),
            false => RestError::new(StatusCode::BAD_REQUEST, format!("the body can't be read: {error}")),
        })
    }
}

/// Whether a request says that its body is of this media type, parameters aside.
pub(super) fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(wanted))
}

/// Makes the error for a body over its limit.
pub(super) fn too_large(limit: &str) -> RestError {
    RestError::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is too large: {limit}"))
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        if error.to_string() == "length limit exceeded" {
            return true;
        }
        source = error.source();
    }
    false
}
