//! `/connector-plugins`: what can be used, and with which configuration.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Serialize;

use super::body::JsonBody;
use super::path::{Parameters, Segments};
use super::{Rest, RestError};
use crate::config::connector::{Direction, connector_keys};
use crate::config::infos::{ConfigInfos, ConfigKeyInfo};
use crate::config::properties::parse_config_body;
use crate::worker::{PluginInfo, PluginKind};

pub(super) fn routes() -> Router<Rest> {
    Router::new()
        .route("/connector-plugins", get(list))
        .route("/connector-plugins/", get(list))
        .route("/connector-plugins/{class}/config", get(config))
        .route("/connector-plugins/{class}/config/validate", put(validate))
}

/// Connect's `PluginInfo`.
#[derive(Serialize)]
struct Listed {
    class: String,
    #[serde(rename = "type")]
    kind: PluginKind,
    version: String,
}

/// Lists every class name, by kind and name: in Connect, `MaskField$Key` and `MaskField$Value` are two.
async fn list(State(rest): State<Rest>, parameters: Parameters) -> Json<Vec<Listed>> {
    let connectors_only = parameters.flag("connectorsOnly").unwrap_or(true);
    let plugins = rest.herder.launch().plugins().into_iter();
    let wanted = plugins.filter(|plugin| !connectors_only || plugin.kind.is_connector());
    let mut listed: Vec<Listed> = wanted
        .flat_map(|PluginInfo { class, aliases, kind, version, .. }| {
            let classes = [class].into_iter().chain(aliases);
            classes.map(move |class| Listed { class, kind, version: version.clone() })
        })
        .collect();
    listed.sort_by(|one, other| (one.kind, &one.class).cmp(&(other.kind, &other.class)));
    Json(listed)
}

async fn config(
    State(rest): State<Rest>,
    Segments(class): Segments<String>,
) -> Result<Json<Vec<ConfigKeyInfo>>, RestError> {
    let launch = rest.herder.launch();
    let plugin = launch.find(&class).or_else(|| launch.plugins().into_iter().find(|plugin| is_named(plugin, &class)));
    let Some(plugin) = plugin else {
        return Err(RestError::new(StatusCode::NOT_FOUND, format!("Unknown plugin {class}.")));
    };
    let own: Vec<ConfigKeyInfo> = plugin.definition.keys().iter().map(ConfigKeyInfo::from).collect();
    let general = match plugin.kind {
        PluginKind::Source => connector_keys(Direction::Source),
        PluginKind::Sink => connector_keys(Direction::Sink),
        _ => return Ok(Json(own)),
    };
    let general = general.keys().iter().map(ConfigKeyInfo::from);
    let general: Vec<ConfigKeyInfo> = general.filter(|key| own.iter().all(|other| other.name != key.name)).collect();
    Ok(Json([own, general].concat()))
}

/// Whether `class` is the full or the simple name of a plugin that no component holds.
fn is_named(plugin: &PluginInfo, class: &str) -> bool {
    plugin.class == class || plugin.class.rsplit('.').next() == Some(class)
}

async fn validate(
    State(rest): State<Rest>,
    Segments(class): Segments<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<ConfigInfos>, RestError> {
    let config = parse_config_body(&body)?;
    if let Some(included) = config.properties.get("connector.class")
        && !without_suffix(included).ends_with(without_suffix(&class))
    {
        let message = format!("Included connector type {included} does not match request type {class}");
        return Err(RestError::new(StatusCode::BAD_REQUEST, message));
    }
    Ok(Json(rest.herder.validate(&config).await?))
}

fn without_suffix(class: &str) -> &str {
    class.strip_suffix("Connector").unwrap_or(class)
}
