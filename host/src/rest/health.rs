//! `GET /health` (KIP-1017): whether the worker can be relied on. Until it can, other requests are put off.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Rest, RestError};

/// What a worker that is still loading its plugins answers by itself.
const ANSWERED_AT_ONCE: [&str; 3] = ["/", "/health", "/metrics"];

pub(super) fn routes() -> Router<Rest> {
    Router::new().route("/health", get(health))
}

async fn health(State(rest): State<Rest>) -> (StatusCode, Json<Value>) {
    let (status, word, message) = if rest.herder.is_ready() {
        (StatusCode::OK, "healthy", "Worker has completed startup and is ready to handle requests.")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "starting", "Worker is still starting up.")
    };
    (status, Json(json!({ "status": word, "message": message })))
}

/// Puts requests off that need plugins while they are still being loaded: a connector whose plugin isn't
/// there yet must not be told that there is none.
pub(super) async fn when_ready(State(rest): State<Rest>, request: Request, next: Next) -> Response {
    if rest.herder.is_ready() || ANSWERED_AT_ONCE.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let error = RestError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the worker is still loading its plugins. Try again, or wait until GET /health answers 200",
    );
    ([(header::RETRY_AFTER, HeaderValue::from_static("1"))], error).into_response()
}
