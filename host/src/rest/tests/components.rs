//! `/components`.

use insta::assert_json_snapshot;

use super::*;

const WASM: (&str, &[u8]) = ("application/wasm", b"\0asm1");
const PATH: &str = "/components/redact/versions/1.0.0";

#[tokio::test(start_paused = true)]
async fn an_upload_tells_what_is_inside_and_can_be_repeated() {
    let api = Api::new();

    let created = api.typed("PUT", PATH, WASM).await;
    assert_json_snapshot!("uploaded", created);
    let again = api.typed("PUT", PATH, WASM).await;
    assert_eq!((&again["status"], &again["body"]), (&json!(200), &created["body"]));
    assert_eq!(api.get(PATH).await["body"], created["body"]);
    assert_eq!(api.get("/components").await["body"], json!([created["body"]]));
    let plugins = api.get("/connector-plugins?connectorsOnly=false").await.to_string();
    assert!(plugins.contains("org.example.Upload"));
}

#[tokio::test(start_paused = true)]
async fn another_digest_under_the_same_version_is_a_conflict() {
    let api = Api::new();
    api.typed("PUT", PATH, WASM).await;

    let answer = api.typed("PUT", PATH, ("application/wasm", b"\0asm2")).await;

    assert!(error(&answer).starts_with("409 redact 1.0.0 is sha256:31"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_component_is_refused_and_not_stored() {
    let api = Api::new();

    let answer = api.typed("PUT", PATH, ("application/wasm", b"<html>")).await;

    assert_eq!(error(&answer), "400 not a WebAssembly component: bad magic number");
    assert_eq!(error(&api.get(PATH).await), "404 component redact 1.0.0 not found");
}

#[tokio::test(start_paused = true)]
async fn an_upload_says_that_it_is_wasm() {
    let answer = Api::new().typed("PUT", PATH, ("application/octet-stream", WASM.1)).await;

    assert_eq!(error(&answer), "415 a component is sent with the header Content-Type: application/wasm");
}

#[tokio::test(start_paused = true)]
async fn an_upload_over_the_limit_is_refused_whether_or_not_it_tells_its_length() {
    let api = Api::new();
    let expected = "413 the body is too large: a component may have airlock.component.max.bytes = 64 bytes";

    assert_eq!(error(&api.typed("PUT", PATH, ("application/wasm", &[0; 65])).await), expected);
    let told = Request::put(PATH).header("content-type", "application/wasm").header("content-length", "65");
    assert_eq!(error(&api.send(PATH, told.body(Body::empty()).unwrap()).await), expected);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_stalls_is_given_up() {
    let stalled = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = Request::put(PATH).header("content-type", "application/wasm").body(stalled).unwrap();

    let answer = Api::new().send(PATH, request).await;

    assert_eq!(error(&answer), "408 no bytes of the component came for 30 s");
}

#[tokio::test(start_paused = true)]
async fn names_and_versions_can_not_lead_elsewhere() {
    let api = Api::new();

    for path in ["/components/..%2Fx/versions/1", "/components/.x/versions/1", "/components/x/versions/1%2F2"] {
        assert_eq!(api.typed("PUT", path, WASM).await["status"], 400, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_in_use_stays() {
    let api = Api::new();
    api.typed("PUT", PATH, WASM).await;
    let config = json!({
        "connector.class": "FileStreamSink", "topics": "t", "transforms": "r", "transforms.r.type": "Upload"
    });
    assert_eq!(api.json("PUT", "/connectors/c/config", config).await["status"], 201);

    let refused = api.call("DELETE", PATH).await;
    assert_eq!(error(&refused), "409 component redact 1.0.0 is in use by c. Delete or change them first");

    api.call("DELETE", "/connectors/c").await;
    assert_eq!(api.call("DELETE", PATH).await, json!({ "status": 204 }));
    assert_eq!(error(&api.call("DELETE", PATH).await), "404 component redact 1.0.0 not found");
}
