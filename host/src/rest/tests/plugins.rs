//! `/connector-plugins`.

use insta::assert_json_snapshot;

use super::*;

/// Returns `error_count` and, of each key with errors, its errors.
fn errors(answer: &Value) -> Value {
    let mut wrong = json!({ "error_count": answer["body"]["error_count"] });
    for config in answer["body"]["configs"].as_array().unwrap() {
        let value = &config["value"];
        if value["errors"] != json!([]) {
            wrong[value["name"].as_str().unwrap()] = value["errors"].clone();
        }
    }
    wrong
}

async fn validate(config: Value) -> Value {
    let class = config["connector.class"].as_str().unwrap_or("FileStreamSink");
    Api::new().json("PUT", &format!("/connector-plugins/{class}/config/validate"), config.clone()).await
}

#[tokio::test(start_paused = true)]
async fn plugins_are_listed_by_kind() {
    let api = Api::new();

    assert_json_snapshot!("connectors_only", api.get("/connector-plugins").await);
    assert_json_snapshot!("all_plugins", api.get("/connector-plugins?connectorsOnly=false").await);
}

#[tokio::test(start_paused = true)]
async fn a_plugin_shows_its_keys() {
    let api = Api::new();

    assert_json_snapshot!("transform_keys", api.get("/connector-plugins/RegexRouter/config").await);
    assert_json_snapshot!("sink_keys", api.get("/connector-plugins/FileStreamSink/config").await);
    assert_eq!(api.get("/connector-plugins/JsonConverter/config").await["status"], 200);
    assert_eq!(error(&api.get("/connector-plugins/Nope/config").await), "404 Unknown plugin Nope.");
}

#[tokio::test(start_paused = true)]
async fn a_right_configuration_has_no_errors_and_shows_no_secret() {
    let answer = validate(json!({
        "connector.class": "FileStreamSink", "name": "x", "topics": "t", "tasks.max": 1, "file": "f",
        "password": "hunter2"
    }))
    .await;

    assert!(!answer.to_string().contains("hunter2"));
    assert_json_snapshot!("validated", answer);
}

#[tokio::test(start_paused = true)]
async fn each_key_has_its_errors() {
    let answer = validate(json!({ "connector.class": "FileStreamSink", "tasks.max": "abc", "foo": null })).await;

    assert_eq!(answer["status"], 200);
    assert_json_snapshot!("key_errors", errors(&answer));
}

#[tokio::test(start_paused = true)]
async fn the_chain_is_validated_with_the_keys_of_its_plugins() {
    let answer = validate(json!({
        "connector.class": "FileStreamSource", "name": "x", "topic": "t",
        "transforms": "a,b,c,d",
        "transforms.a.type": "org.apache.kafka.connect.transforms.RegexRouter", "transforms.a.regex": "x",
        "transforms.b.type": "Nope",
        "transforms.c.type": "TopicNameMatches",
        "transforms.d.type": "RegexRouter", "transforms.d.regex": "a", "transforms.d.replacement": "b",
        "transforms.d.negate": "true",
        "predicates": "p,q,q", "predicates.p.type": "TopicNameMatches",
    }))
    .await;

    assert_json_snapshot!("chain_groups", answer["body"]["groups"]);
    assert_json_snapshot!("chain_errors", errors(&answer));
}

#[tokio::test(start_paused = true)]
async fn plugins_have_the_last_word() {
    let config = json!({ "connector.class": "FileStreamSink", "name": "x", "topics": "t", "file": "/forbidden/f" });
    let told = "no directory above /forbidden/f is granted";

    let answer = validate(config.clone()).await;
    assert_eq!(errors(&answer), json!({ "error_count": 1, "file": [told] }));

    let refused = error(&Api::new().json("PUT", "/connectors/x/config", config).await);
    assert!(refused.contains(&format!("the following 1 error(s):\nfile: {told}\nYou can also")), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn the_class_of_the_path_must_be_that_of_the_body() {
    let api = Api::new();
    let put = async |path: &str, class: &str| {
        let path = format!("/connector-plugins/{path}/config/validate");
        api.json("PUT", &path, json!({ "connector.class": class, "topics": "t" })).await
    };

    let full = "org.apache.kafka.connect.file.FileStreamSinkConnector";
    assert_eq!(put("FileStreamSink", full).await["status"], 200);
    assert_eq!(
        error(&put("FileStreamSink", "FileStreamSource").await),
        "400 Included connector type FileStreamSource does not match request type FileStreamSink"
    );
    assert_eq!(put("Nope", "Nope").await["status"], 400);
}
