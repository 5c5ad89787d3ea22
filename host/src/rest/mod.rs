//! The REST API: Kafka Connect's, in its exact shapes and status codes, and Airlock's own for components. One
//! file per resource. Decides nothing: every answer comes from the [`Herder`]. The only folder that uses axum.

use std::sync::Arc;

use axum::Router;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;
use tower_http::trace::TraceLayer;

use crate::worker::herder::Herder;

mod body;
mod error;
mod path;

mod root;

mod connectors;
mod lifecycle;
mod offsets;
mod tasks;

mod components;
mod plugins;

mod health;
mod metrics;

mod server;
#[cfg(test)]
mod tests;

pub use error::RestError;
pub use server::{BindError, Server};

/// How many components may be on their way at once: each is held in memory until it is stored.
const UPLOADS_AT_ONCE: usize = 2;

/// What the resources answer from.
#[derive(Clone)]
pub struct Rest {
    herder: Herder,
    metrics: Arc<Registry>,
    component_max_bytes: u64,
    uploads: Arc<Semaphore>,
}

impl Rest {
    /// Serves this herder, and these metrics at `/metrics`. A component may have up to
    /// `component_max_bytes` (`airlock.component.max.bytes`).
    pub fn new(herder: Herder, metrics: Arc<Registry>, component_max_bytes: u64) -> Self {
        Self { herder, metrics, component_max_bytes, uploads: Arc::new(Semaphore::new(UPLOADS_AT_ONCE)) }
    }

    /// Returns all routes.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .merge(root::routes())
            .merge(connectors::routes())
            .merge(lifecycle::routes())
            .merge(offsets::routes())
            .merge(tasks::routes())
            .merge(plugins::routes())
            .merge(components::routes())
            .merge(health::routes())
            .merge(metrics::routes())
            .fallback(error::not_found)
            .method_not_allowed_fallback(error::method_not_allowed)
            .layer(axum::middleware::from_fn_with_state(self.clone(), health::when_ready))
            // Its own word for an answer of 5xx would be an error, and 503 only means: not yet.
            .layer(TraceLayer::new_for_http().on_failure(()))
            .with_state(self)
    }
}
