//! `/connectors` and everything below it.

use insta::assert_json_snapshot;

use super::*;

fn sink(pairs: &[(&str, Value)]) -> Value {
    let mut config = json!({ "connector.class": "FileStreamSink", "topics": "t" });
    pairs.iter().for_each(|(key, value)| config[*key] = value.clone());
    config
}

#[tokio::test(start_paused = true)]
async fn the_worker_tells_what_it_is() {
    let answer = Api::new().get("/").await;

    assert_eq!(answer["body"]["kafka_cluster_id"], "fake-cluster");
    assert_eq!(answer["body"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(answer["body"]["commit"].is_string());
}

#[tokio::test]
async fn while_plugins_are_loaded_only_what_needs_none_is_answered() {
    let api = Api::starting();
    for path in ["/", "/health", "/metrics"] {
        assert_ne!(api.get(path).await["body"], Value::Null, "{path}");
    }
    let config = json!({ "connector.class": "FileStreamSink", "topics": "t" });
    let answer = api.json("POST", "/connectors", json!({ "name": "sink", "config": config })).await;
    assert!(error(&answer).starts_with("503 the worker is still loading its plugins"), "{answer}");
    api.herder.set_ready();
    assert_eq!(api.get("/connectors").await["body"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn the_worker_is_healthy_once_it_has_started() {
    let api = Api::starting();

    assert_json_snapshot!("starting", api.get("/health").await);
    api.herder.set_ready();
    assert_json_snapshot!("healthy", api.get("/health").await);
}

#[tokio::test(start_paused = true)]
async fn metrics_are_text_for_prometheus() {
    let answer = Api::new().get("/metrics").await;

    assert!(answer["body"].as_str().unwrap().contains("airlock_records_total 7\n"));
}

#[tokio::test(start_paused = true)]
async fn a_created_connector_has_its_numbers_and_booleans_as_text() {
    let api = Api::new();

    let config = sink(&[("tasks.max", json!(1)), ("errors.log.enable", json!(true)), ("file", json!("f"))]);
    let answer = api.json("POST", "/connectors", json!({ "name": " sink ", "config": config })).await;

    assert_json_snapshot!("created", answer);
}

#[tokio::test(start_paused = true)]
async fn a_connector_is_shown_in_connects_shapes() {
    let api = Api::with_sink().await;

    assert_json_snapshot!("names", api.get("/connectors").await);
    assert_json_snapshot!("expanded", api.get("/connectors?expand=status&expand=info&expand=foo").await);
    assert_json_snapshot!("info", api.get("/connectors/sink").await);
    assert_json_snapshot!("config", api.get("/connectors/sink/config").await);
    assert_json_snapshot!("status", api.get("/connectors/sink/status").await);
    assert_json_snapshot!("tasks", api.get("/connectors/sink/tasks").await);
    assert_json_snapshot!("task_status", api.get("/connectors/sink/tasks/0/status").await);
    assert_eq!(api.get("/connectors/").await, api.get("/connectors").await);
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_shows_its_trace() {
    let api = Api::new();
    let config = sink(&[("fake.task", json!("disk full"))]);
    api.json("PUT", "/connectors/c/config", config).await;
    api.settle().await;

    assert_json_snapshot!("failed_task", api.get("/connectors/c/status").await);
    assert_json_snapshot!(
        "restarting",
        api.call("POST", "/connectors/c/restart?includeTasks=TRUE&onlyFailed=true").await
    );
}

#[tokio::test(start_paused = true)]
async fn a_configuration_is_put_and_patched() {
    let api = Api::new();

    let created = api.json("PUT", "/connectors/c/config", sink(&[("tasks.max", json!(2))])).await;
    assert_eq!((&created["status"], &created["location"]), (&json!(201), &json!("http://localhost:8083/connectors/c")));
    let updated = api.json("PUT", "/connectors/c/config", sink(&[("tasks.max", json!(3))])).await;
    assert_eq!((&updated["status"], &updated["body"]["config"]["tasks.max"]), (&json!(200), &json!("3")));
    let patched = api.json("PATCH", "/connectors/c/config", json!({ "tasks.max": null, "topics": "u" })).await;
    assert_json_snapshot!("patched", patched);
}

#[tokio::test(start_paused = true)]
async fn verbs_answer_with_connects_statuses() {
    let api = Api::with_sink().await;

    for (method, path, status) in [
        ("PUT", "/connectors/sink/pause", 202),
        ("PUT", "/connectors/sink/resume", 202),
        ("PUT", "/connectors/sink/stop", 204),
        ("PUT", "/connectors/sink/resume", 202),
        ("POST", "/connectors/sink/restart", 204),
        ("POST", "/connectors/sink/restart?includeTasks=foo", 204),
        ("POST", "/connectors/sink/restart?onlyFailed=true", 202),
        ("DELETE", "/connectors/sink", 204),
    ] {
        let answer = api.call(method, path).await;
        assert_eq!(answer["status"], status, "{method} {path}");
        assert_eq!(answer.get("body").is_some(), path.contains("onlyFailed"), "{method} {path}");
        api.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_restarts() {
    let api = Api::with_sink().await;

    assert_eq!(api.call("POST", "/connectors/sink/tasks/0/restart").await, json!({ "status": 204 }));
    let answer = api.call("POST", "/connectors/sink/tasks/7/restart").await;
    assert_eq!(error(&answer), "404 Task sink-7 not found");
}

/// Connect's standalone mode answers 500 for stop and both restarts; as in its distributed mode, we don't.
#[tokio::test(start_paused = true)]
async fn an_unknown_connector_is_not_found_with_connects_words() {
    let api = Api::new();

    for (method, path, message) in [
        ("GET", "/connectors/x", "404 Connector x not found"),
        ("GET", "/connectors/x/config", "404 Connector x not found"),
        ("GET", "/connectors/x/status", "404 No status found for connector x"),
        ("GET", "/connectors/x/tasks", "404 Connector x not found"),
        ("GET", "/connectors/x/tasks/0/status", "404 No status found for task x-0"),
        ("DELETE", "/connectors/x", "404 Connector x not found"),
        ("PUT", "/connectors/x/pause", "404 Unknown connector x"),
        ("PUT", "/connectors/x/resume", "404 Unknown connector x"),
        ("PUT", "/connectors/x/stop", "404 Connector x not found"),
        ("POST", "/connectors/x/restart", "404 Connector x not found"),
        ("POST", "/connectors/x/tasks/0/restart", "404 Connector x not found"),
    ] {
        assert_eq!(error(&api.call(method, path).await), message, "{method} {path}");
    }
    let patched = api.json("PATCH", "/connectors/x/config", json!({ "a": "b" })).await;
    assert_eq!(error(&patched), "404 Connector x not found");
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_once() {
    let api = Api::with_sink().await;

    let again = api.json("POST", "/connectors", json!({ "name": "sink", "config": sink(&[]) })).await;

    assert_eq!(error(&again), "409 Connector sink already exists");
}

#[tokio::test(start_paused = true)]
async fn any_name_has_a_url() {
    let api = Api::new();

    let created = api.json("POST", "/connectors", json!({ "name": "a /b?ü", "config": sink(&[]) })).await;

    let location = "http://localhost:8083/connectors/a%20%2Fb%3F%C3%BC";
    assert_eq!(created["location"], location);
    let path = location.strip_prefix("http://localhost:8083").unwrap();
    assert_eq!(api.get(path).await["body"]["name"], "a /b?ü");
    assert_eq!(api.get("/connectors/%FF").await["status"], 404);
}

#[tokio::test(start_paused = true)]
async fn a_connector_can_begin_stopped() {
    let api = Api::new();

    let request = json!({ "name": "c", "initial_state": "stopped", "config": sink(&[]) });
    assert_eq!(api.json("POST", "/connectors", request).await["body"]["tasks"], json!([]));
    assert_eq!(api.get("/connectors/c/status").await["body"]["connector"]["state"], "STOPPED");
}
