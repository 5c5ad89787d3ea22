//! `/components`: uploading, listing and removing WebAssembly components. Airlock's own; Connect has nothing
//! like it.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::routing::get;
use axum::{Json, Router};
use futures_util::StreamExt;
use serde::Serialize;
use tokio::time::timeout;

use super::body::{has_content_type, too_large};
use super::path::Segments;
use super::{Rest, RestError};
use crate::config::infos::ConfigKeyInfo;
use crate::worker::{ComponentInfo, PluginInfo, PluginKind, Stored};

/// How long a client may take until the next bytes of an upload are there.
const UPLOAD_STALL: Duration = Duration::from_secs(30);

/// The longest name or version.
const NAME_MAX: usize = 128;

pub(super) fn routes() -> Router<Rest> {
    Router::new()
        .route("/components", get(list))
        .route("/components/{name}/versions/{version}", get(one).put(upload).delete(delete))
}

#[derive(Serialize)]
struct Component {
    name: String,
    version: String,
    digest: String,
    size: u64,
    plugins: Vec<Plugin>,
}

#[derive(Serialize)]
struct Plugin {
    class: String,
    aliases: Vec<String>,
    #[serde(rename = "type")]
    kind: PluginKind,
    version: String,
    documentation: String,
    capabilities: Vec<String>,
    config: Vec<ConfigKeyInfo>,
}

impl From<ComponentInfo> for Component {
    fn from(info: ComponentInfo) -> Self {
        Self {
            name: info.component.name.to_string(),
            version: info.component.version.to_string(),
            digest: info.component.digest.to_string(),
            size: info.size,
            plugins: info.plugins.into_iter().map(Plugin::from).collect(),
        }
    }
}

impl From<PluginInfo> for Plugin {
    fn from(info: PluginInfo) -> Self {
        Self {
            config: info.definition.keys().iter().map(ConfigKeyInfo::from).collect(),
            class: info.class,
            aliases: info.aliases,
            kind: info.kind,
            version: info.version,
            documentation: info.documentation,
            capabilities: info.capabilities,
        }
    }
}

async fn list(State(rest): State<Rest>) -> Json<Vec<Component>> {
    let mut components: Vec<Component> = rest.herder.launch().components().into_iter().map(Component::from).collect();
    components.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    Json(components)
}

async fn one(
    State(rest): State<Rest>,
    Segments((name, version)): Segments<(String, String)>,
) -> Result<Json<Component>, RestError> {
    Ok(Json(rest.herder.component(&name, &version)?.into()))
}

/// Stores a component: 201 when it is new, 200 when the same bytes were there before.
async fn upload(
    State(rest): State<Rest>,
    Segments((name, version)): Segments<(String, String)>,
    request: Request,
) -> Result<(StatusCode, Json<Component>), RestError> {
    check_name("name", &name)?;
    check_name("version", &version)?;
    if !has_content_type(request.headers(), "application/wasm") {
        let message = "a component is sent with the header Content-Type: application/wasm";
        return Err(RestError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > rest.component_max_bytes) {
        return Err(over_limit(&rest)); // Before a byte of it is read.
    }
    let _permit = rest.uploads.acquire().await;
    let bytes = receive(&rest, request.into_body()).await?;
    Ok(match rest.herder.put_component(&name, &version, bytes).await? {
        Stored::Created(info) => (StatusCode::CREATED, Json(info.into())),
        Stored::Unchanged(info) => (StatusCode::OK, Json(info.into())),
    })
}

async fn delete(
    State(rest): State<Rest>,
    Segments((name, version)): Segments<(String, String)>,
) -> Result<StatusCode, RestError> {
    rest.herder.delete_component(&name, &version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads an upload into memory, up to the limit.
async fn receive(rest: &Rest, body: Body) -> Result<Bytes, RestError> {
    let limit = usize::try_from(rest.component_max_bytes).unwrap_or(usize::MAX);
    let mut stream = body.into_data_stream();
    let mut received = Vec::new();
    loop {
        let next = timeout(UPLOAD_STALL, stream.next()).await;
        let Ok(next) = next else {
            let message = format!("no bytes of the component came for {} s", UPLOAD_STALL.as_secs());
            return Err(RestError::new(StatusCode::REQUEST_TIMEOUT, message));
        };
        let Some(chunk) = next else { return Ok(received.into()) };
        let broken = |error| RestError::new(StatusCode::BAD_REQUEST, format!("the upload broke off: {error}"));
        let chunk = chunk.map_err(broken)?;
        if received.len().saturating_add(chunk.len()) > limit {
            return Err(over_limit(rest));
        }
        received.extend_from_slice(&chunk);
    }
}

fn over_limit(rest: &Rest) -> RestError {
    too_large(&format!("a component may have airlock.component.max.bytes = {} bytes", rest.component_max_bytes))
}

/// Names and versions become file names: nothing in them may lead elsewhere.
fn check_name(what: &str, text: &str) -> Result<(), RestError> {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || "._-+".contains(character);
    let is_right = text.len() <= NAME_MAX && text.chars().all(is_allowed);
    if is_right && text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return Ok(());
    }
    let message = format!(
        "the component's {what} {text:?} can't be used. Use up to {NAME_MAX} letters, digits, '.', '_', '-' and '+', \
         the first a letter or digit"
    );
    Err(RestError::new(StatusCode::BAD_REQUEST, message))
}
