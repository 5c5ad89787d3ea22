//! Facts about the REST API, told through its routes with a fake launch. Shapes, statuses and words were
//! compared with Apache Kafka Connect 4.3.1 in standalone mode; where they differ a test says so.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::Rest;
use crate::config::converter::{Charset, Converter, HeaderConverter, JsonConverter};
use crate::config::restart::RestartConfig;
use crate::worker::fake::FakeLaunch;
use crate::worker::herder::{DefaultConverters, Herder, HerderSettings};

mod bodies;
mod components;
mod connectors;
mod plugins;
mod server;

/// The routes, and the herder behind them.
struct Api {
    router: Router,
    herder: Herder,
}

impl Api {
    fn new() -> Self {
        let api = Self::starting();
        api.herder.set_ready();
        api
    }

    /// Routes of a worker that is still loading its plugins.
    fn starting() -> Self {
        let settings = HerderSettings {
            worker_id: "127.0.0.1:8083".to_owned(),
            graceful_shutdown_timeout: Duration::from_secs(5),
            restart: RestartConfig::default(),
            converters: DefaultConverters {
                key: Converter::Text(Charset::Utf8),
                value: Converter::Json(JsonConverter { schemas_enable: false, ..JsonConverter::default() }),
                header: HeaderConverter::Simple,
            },
        };
        let herder = Herder::new(Arc::new(FakeLaunch::default()), settings);
        let mut registry = Registry::default();
        let records = Counter::<u64>::default();
        records.inc_by(7);
        registry.register("airlock_records", "Records", records);
        let router = Rest::new(herder.clone(), Arc::new(registry), 64).router();
        Self { router, herder }
    }

    /// Routes with a sink `sink` of one task, which runs.
    async fn with_sink() -> Self {
        let api = Self::new();
        let config = json!({ "connector.class": "FileStreamSink", "topics": "t" });
        let answer = api.json("POST", "/connectors", json!({ "name": "sink", "config": config })).await;
        assert_eq!(answer["status"], 201, "{answer}");
        api.settle().await;
        api
    }

    /// Lets everything run that can run without time passing.
    async fn settle(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    async fn get(&self, path: &str) -> Value {
        self.send(path, Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn call(&self, method: &str, path: &str) -> Value {
        let request = Request::builder().method(Method::try_from(method).unwrap()).uri(path);
        self.send(path, request.body(Body::empty()).unwrap()).await
    }

    async fn json(&self, method: &str, path: &str, body: Value) -> Value {
        self.typed(method, path, ("application/json", body.to_string().as_bytes())).await
    }

    async fn typed(&self, method: &str, path: &str, (media_type, body): (&str, &[u8])) -> Value {
        let request = Request::builder().method(Method::try_from(method).unwrap()).uri(path);
        let request = request.header("content-type", media_type).header("host", "localhost:8083");
        self.send(path, request.body(Body::from(body.to_vec())).unwrap()).await
    }

    /// Returns an answer as `{status, location?, body?}`; a body that isn't JSON as text.
    async fn send(&self, path: &str, request: Request<Body>) -> Value {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let mut shown = json!({ "status": answer.status().as_u16() });
        if let Some(location) = answer.headers().get("location") {
            shown["location"] = json!(location.to_str().unwrap());
        }
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        if !body.is_empty() {
            let text = || json!(String::from_utf8_lossy(&body));
            shown["body"] = serde_json::from_slice(&body).unwrap_or_else(|_| text());
        }
        assert!(shown["status"] != 500, "{path}: {shown}");
        shown
    }
}

/// Returns the message of an error, after its status: `404 Connector x not found`.
fn error(answer: &Value) -> String {
    assert_eq!(answer["body"]["error_code"], answer["status"], "{answer}");
    format!("{} {}", answer["status"], answer["body"]["message"].as_str().unwrap())
}
