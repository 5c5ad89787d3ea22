//! `/connectors/{name}/status`, and the verbs that change it: pause, resume, stop, restart.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};

use super::path::{Parameters, Segments};
use super::{Rest, RestError};
use crate::worker::herder::RestartRequest;
use crate::worker::task_state::ConnectorStatus;

pub(super) fn routes() -> Router<Rest> {
    Router::new()
        .route("/connectors/{name}/status", get(status))
        .route("/connectors/{name}/pause", put(pause))
        .route("/connectors/{name}/resume", put(resume))
        .route("/connectors/{name}/stop", put(stop))
        .route("/connectors/{name}/restart", post(restart))
}

async fn status(
    State(rest): State<Rest>,
    Segments(name): Segments<String>,
) -> Result<Json<ConnectorStatus>, RestError> {
    let status = rest.herder.status(&name).map_err(RestError::from);
    let not_found = |error: RestError| error.if_not_found(format!("No status found for connector {name}"));
    Ok(Json(status.map_err(not_found)?))
}

async fn pause(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<StatusCode, RestError> {
    rest.herder.pause(&name).await.map_err(|error| unknown(error.into(), &name))?;
    Ok(StatusCode::ACCEPTED)
}

async fn resume(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<StatusCode, RestError> {
    rest.herder.resume(&name).await.map_err(|error| unknown(error.into(), &name))?;
    Ok(StatusCode::ACCEPTED)
}

fn unknown(error: RestError, name: &str) -> RestError {
    error.if_not_found(format!("Unknown connector {name}"))
}

async fn stop(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<StatusCode, RestError> {
    rest.herder.stop(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Answers 204 where only the connector itself is meant, whatever its state; else 202 and the plan.
async fn restart(
    State(rest): State<Rest>,
    Segments(name): Segments<String>,
    parameters: Parameters,
) -> Result<Response, RestError> {
    let request = RestartRequest {
        include_tasks: parameters.flag("includeTasks").unwrap_or(false),
        only_failed: parameters.flag("onlyFailed").unwrap_or(false),
    };
    let status = rest.herder.restart(&name, request)?;
    if request == RestartRequest::default() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok((StatusCode::ACCEPTED, Json(status)).into_response())
}
