//! `/connectors`: creating, changing and deleting them.

use axum::extract::State;
use axum::http::header::{HOST, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::body::JsonBody;
use super::path::{Parameters, Segments};
use super::{Rest, RestError};
use crate::config::Properties;
use crate::config::properties::{parse_config_body, parse_create_body};
use crate::worker::herder::Put;
use crate::worker::task_state::ConnectorInfo;

pub(super) fn routes() -> Router<Rest> {
    Router::new()
        .route("/connectors", get(list).post(create))
        .route("/connectors/", get(list).post(create))
        .route("/connectors/{name}", get(info).delete(delete))
        .route("/connectors/{name}/config", get(config).put(put_config).patch(patch_config))
}

async fn list(State(rest): State<Rest>, parameters: Parameters) -> Json<Value> {
    let names = rest.herder.names();
    let expand: Vec<&str> = parameters.all("expand").collect();
    if expand.is_empty() {
        return Json(json!(names));
    }
    let members = names.into_iter().filter_map(|name| {
        let expanded = expanded(&rest, &name, &expand)?;
        Some((name, expanded))
    });
    Json(Value::Object(members.collect()))
}

/// Returns the members that are asked for; none if the connector was deleted meanwhile.
fn expanded(rest: &Rest, name: &str, expand: &[&str]) -> Option<Value> {
    let mut members = Map::new();
    for member in expand {
        match *member {
            "status" => drop(members.insert("status".to_owned(), json!(rest.herder.status(name).ok()?))),
            "info" => drop(members.insert("info".to_owned(), json!(rest.herder.info(name).ok()?))),
            _ => {}
        }
    }
    Some(Value::Object(members))
}

async fn create(State(rest): State<Rest>, headers: HeaderMap, JsonBody(body): JsonBody) -> Result<Response, RestError> {
    let request = parse_create_body(&body)?;
    Ok(created(&headers, rest.herder.create(request).await?))
}

async fn info(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<Json<ConnectorInfo>, RestError> {
    Ok(Json(rest.herder.info(&name)?))
}

async fn delete(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<StatusCode, RestError> {
    rest.herder.delete(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn config(State(rest): State<Rest>, Segments(name): Segments<String>) -> Result<Json<Properties>, RestError> {
    Ok(Json(rest.herder.config(&name)?))
}

async fn put_config(
    State(rest): State<Rest>,
    Segments(name): Segments<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, RestError> {
    Ok(match rest.herder.put_config(&name, parse_config_body(&body)?).await? {
        Put::Created(info) => created(&headers, info),
        Put::Updated(info) => Json(info).into_response(),
    })
}

async fn patch_config(
    State(rest): State<Rest>,
    Segments(name): Segments<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<ConnectorInfo>, RestError> {
    Ok(Json(rest.herder.patch_config(&name, parse_config_body(&body)?).await?))
}

fn created(headers: &HeaderMap, info: ConnectorInfo) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let base = host.map(|host| format!("http://{host}")).unwrap_or_default();
    let location = format!("{base}/connectors/{}", encoded(&info.name));
    (StatusCode::CREATED, [(LOCATION, location)], Json(info)).into_response()
}

/// Writes a name so that it is one segment of a path.
fn encoded(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    name.bytes().map(byte).collect()
}
