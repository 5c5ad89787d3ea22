//! Requests that can't be understood. Connect answers 500 for most bad JSON; we answer 400.

use super::*;

#[tokio::test(start_paused = true)]
async fn bad_json_is_named_by_line_and_column() {
    let api = Api::new();
    let post = async |body: &str| error(&api.typed("POST", "/connectors", ("application/json", body.as_bytes())).await);

    assert_eq!(post("{\n nonsense").await, "400 the body is not valid JSON: key must be a string at line 2 column 2");
    assert_eq!(post("").await, "400 the body is not valid JSON: EOF while parsing a value at line 1 column 0");
    assert_eq!(
        post("[]").await,
        "400 the body is not what is expected: invalid type: sequence, expected a map at line 1 column 0"
    );
    assert_eq!(
        post(r#"{"name": "a", "config": {}, "foo": 1}"#).await,
        "400 the body is not what is expected: unknown field `foo`, expected one of `name`, `config`, `initial_state` \
         at line 1 column 33"
    );
}

#[tokio::test(start_paused = true)]
async fn a_nested_value_is_refused_by_its_key() {
    let body = json!({ "connector.class": "FileStreamSink", "topics": ["t"] });

    let answer = Api::new().json("PUT", "/connectors/c/config", body).await;

    assert_eq!(error(&answer), "400 topics: a value must be text, a number or a boolean, found an array");
}

#[tokio::test(start_paused = true)]
async fn a_null_is_refused_with_connects_words() {
    let body = json!({ "connector.class": "FileStreamSink", "topics": "t", "file": null });

    let answer = Api::new().json("PUT", "/connectors/c/config", body).await;

    let expected = "400 Connector configuration is invalid and contains the following 1 error(s):\n\
        Null value can not be supplied as the configuration value.\n\
        You can also find the above list of errors at the endpoint \
        `/connector-plugins/{connectorType}/config/validate`";
    assert_eq!(error(&answer), expected);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_configuration_lists_what_is_wrong() {
    let api = Api::new();
    let put = async |config: Value| error(&api.json("PUT", "/connectors/c/config", config).await);

    let many = json!({ "connector.class": "FileStreamSource", "tasks.max": 0, "errors.tolerance": "some" });
    let expected = "400 Connector configuration is invalid and contains the following 3 error(s):\n\
        Invalid value 0 for configuration tasks.max: Value must be at least 1\n\
        Invalid value some for configuration errors.tolerance: String must be one of: none, all\n\
        Missing required configuration \"topic\" which has no default value.\n\
        You can also find the above list of errors at the endpoint \
        `/connector-plugins/{connectorType}/config/validate`";
    assert_eq!(put(many).await, expected);
    assert_eq!(
        put(json!({ "topics": "t" })).await,
        "400 Connector config contains no connector type. Add the key connector.class"
    );
    assert_eq!(
        put(json!({ "connector.class": "FileStreamSink", "topics": "t", "name": "d" })).await,
        "400 Connector name configuration (d) doesn't match connector name in the URL (c)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_class_is_answered_with_the_known_ones() {
    for class in ["io.debezium.connector.postgresql.PostgresConnector", "RegexRouter"] {
        let answer = Api::new().json("PUT", "/connectors/c/config", json!({ "connector.class": class })).await;

        let expected = format!(
            "400 Failed to find any class that implements Connector and which name matches {class}, \
             available connectors are: org.apache.kafka.connect.file.FileStreamSinkConnector, \
             org.apache.kafka.connect.file.FileStreamSourceConnector. \
             To add one, upload its component with PUT /components/<name>/versions/<version>"
        );
        assert_eq!(error(&answer), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn only_json_is_taken_as_json() {
    let api = Api::new();

    for media_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let answer = api.typed("POST", "/connectors", (media_type, b"{}")).await;
        assert_eq!(error(&answer), "415 HTTP 415 Unsupported Media Type", "{media_type}");
    }
    let with_charset = ("application/json; charset=utf-8", b"{".as_slice());
    assert_eq!(api.typed("POST", "/connectors", with_charset).await["status"], 400);
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_is_refused() {
    let long = vec![b' '; (4 << 20) + 1];

    let answer = Api::new().typed("POST", "/connectors", ("application/json", &long)).await;

    assert_eq!(error(&answer), "413 the body is too large: a JSON body may have 4194304 bytes");
}

#[tokio::test(start_paused = true)]
async fn unknown_paths_and_methods_are_errors_in_connects_shape() {
    let api = Api::new();

    for (method, path, message) in [
        ("GET", "/nope", "404 HTTP 404 Not Found"),
        ("GET", "/connectors/x/tasks/abc/status", "404 HTTP 404 Not Found"),
        ("PUT", "/connectors", "405 HTTP 405 Method Not Allowed"),
        ("DELETE", "/", "405 HTTP 405 Method Not Allowed"),
        ("POST", "/connectors/sink", "405 HTTP 405 Method Not Allowed"),
    ] {
        assert_eq!(error(&api.call(method, path).await), message, "{method} {path}");
    }
}
