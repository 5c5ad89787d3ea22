//! `GET /`: what this worker is.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Rest;

pub(super) fn routes() -> Router<Rest> {
    Router::new().route("/", get(server_info))
}

/// Connect's `ServerInfo`.
#[derive(Serialize)]
struct ServerInfo {
    version: &'static str,
    commit: &'static str,
    kafka_cluster_id: String,
}

async fn server_info(State(rest): State<Rest>) -> Json<ServerInfo> {
    Json(ServerInfo {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("AIRLOCK_COMMIT").unwrap_or("unknown"),
        kafka_cluster_id: rest.herder.launch().kafka_cluster_id(),
    })
}
