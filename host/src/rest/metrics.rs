//! `GET /metrics`: the worker's metrics in OpenMetrics text, as Prometheus reads it.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;

use super::{Rest, RestError};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) fn routes() -> Router<Rest> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(rest): State<Rest>) -> Result<Response, RestError> {
    let mut text = String::new();
    encode(&mut text, &rest.metrics)
        .map_err(|error| RestError::new(StatusCode::INTERNAL_SERVER_ERROR, format!("no metrics: {error}")))?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
