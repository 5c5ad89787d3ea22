//! `/connectors/{name}/tasks`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::path::Segments;
use super::{Rest, RestError};
use crate::worker::task_state::{TaskInfo, TaskStatus};

pub(super) fn routes() -> Router<Rest> {
    Router::new()
        .route("/connectors/{name}/tasks", get(tasks))
        .route("/connectors/{name}/tasks/{task}/status", get(status))
        .route("/connectors/{name}/tasks/{task}/restart", post(restart))
}

async fn tasks(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<Json<Vec<TaskInfo>>, RestError> {
    Ok(Json(rest.herder.tasks(&name)?))
}

async fn status(
    State(rest): State<Rest>,
    Segments((name, task)): Segments<(String, u32)>,
) -> Result<Json<TaskStatus>, RestError> {
    let status = rest.herder.task_status(&name, task).map_err(RestError::from);
    let not_found = |error: RestError| error.if_not_found(format!("No status found for task {name}-{task}"));
    Ok(Json(status.map_err(not_found)?))
}

async fn restart(
    State(rest): State<Rest>,
    Segments((name, task)): Segments<(String, u32)>,
) -> Result<StatusCode, RestError> {
    rest.herder.restart_task(&name, task)?;
    Ok(StatusCode::NO_CONTENT)
}
