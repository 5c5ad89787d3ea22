//! `GET /health` (KIP-1017): whether the worker can be relied on.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Rest;

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
