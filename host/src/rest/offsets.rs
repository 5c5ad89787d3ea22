//! `/connectors/{name}/offsets`: what is stored of a connector's progress (KIP-875).

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::body::JsonBody;
use super::path::Segments;
use super::{Rest, RestError};
use crate::worker::connector_offsets::{ConnectorOffset, OffsetsChange};

pub(super) fn routes() -> Router<Rest> {
    Router::new().route("/connectors/{name}/offsets", get(list).patch(alter).delete(reset))
}

#[derive(Debug, Serialize, Deserialize)]
struct Offsets {
    offsets: Option<Vec<ConnectorOffset>>,
}

async fn list(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<Json<Offsets>, RestError> {
    Ok(Json(Offsets { offsets: Some(rest.herder.offsets(&name).await?) }))
}

async fn alter(
    State(rest): State<Rest>,
    Segments(name): Segments<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, RestError> {
    let expected = |error| {
        let shape = r#"{"offsets": [{"partition": {...}, "offset": {...}}]}"#;
        RestError::new(StatusCode::BAD_REQUEST, format!("the body is not of the form {shape}: {error}"))
    };
    let wanted: Offsets = serde_json::from_slice(&body).map_err(expected)?;
    let change = OffsetsChange::Alter(wanted.offsets.unwrap_or_default());
    Ok(told(rest.herder.change_offsets(&name, change).await?))
}

async fn reset(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<Json<Value>, RestError> {
    Ok(told(rest.herder.change_offsets(&name, OffsetsChange::Reset).await?))
}

fn told(message: String) -> Json<Value> {
    Json(json!({ "message": message }))
}
