//! Connectors that behave: every change leads where Connect says.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_new_connector_runs_its_tasks() {
    let story = Story::new();

    let info = story.create("c", &[("tasks.max", "2"), ("fake.tasks", "2")]).await;

    assert_eq!(info.tasks.len(), 2);
    story.expect("RUNNING 0:RUNNING 1:RUNNING").await;
    assert_eq!(story.launch.take_log(), ["start c", "ask c", "run c-0", "run c-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_once() {
    let story = Story::with(&[]).await;

    let refused = story.herder.create(request("c", &[])).await;

    assert_eq!(refused, Err(HerderError::AlreadyExists("c".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_begins_paused_or_stopped_has_no_tasks_until_it_is_resumed() {
    for (initial_state, states) in [(InitialState::Paused, "PAUSED"), (InitialState::Stopped, "STOPPED")] {
        let story = Story::new();
        story.herder.create(ConnectorRequest { initial_state, ..request("c", &[]) }).await.unwrap();
        story.expect(states).await;
        assert!(story.launch.take_log().is_empty());

        story.herder.resume("c").await.unwrap();

        story.expect("RUNNING 0:RUNNING").await;
    }
}

#[tokio::test(start_paused = true)]
async fn pause_keeps_the_tasks_and_resume_goes_on_with_them() {
    let story = Story::with(&[]).await;
    story.launch.take_log();

    story.herder.pause("c").await.unwrap();
    story.expect("PAUSED 0:PAUSED").await;
    story.herder.resume("c").await.unwrap();
    story.expect("RUNNING 0:RUNNING").await;

    assert_eq!(story.launch.take_log(), ["stop c", "start c", "ask c"]);
}

#[tokio::test(start_paused = true)]
async fn stop_removes_the_tasks_and_resume_brings_them_back() {
    let story = Story::with(&[]).await;
    story.launch.take_log();

    story.herder.stop("c").await.unwrap();
    assert_eq!(story.states(), "STOPPED");
    assert_eq!(story.launch.take_log(), ["stop c", "end c-0"]);

    story.herder.resume("c").await.unwrap();
    story.expect("RUNNING 0:RUNNING").await;
}

#[tokio::test(start_paused = true)]
async fn another_configuration_restarts_the_connector_and_its_tasks() {
    let story = Story::with(&[]).await;
    story.launch.take_log();

    let put = story.herder.put_config("c", body("c", &[("errors.tolerance", "all")])).await.unwrap();

    assert!(matches!(put, Put::Updated(info) if info.config["errors.tolerance"] == "all"));
    story.expect("RUNNING 0:RUNNING").await;
    assert_eq!(story.launch.take_log(), ["stop c", "start c", "ask c", "end c-0", "run c-0"]);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_for_nobody_creates_a_connector() {
    let story = Story::new();

    let put = story.herder.put_config("c", ConfigBody { nulls: Vec::new(), ..body("c", &[]) }).await.unwrap();

    assert!(matches!(put, Put::Created(_)));
    story.expect("RUNNING 0:RUNNING").await;
}

#[tokio::test(start_paused = true)]
async fn a_configuration_can_not_rename_a_connector() {
    let story = Story::with(&[]).await;

    let refused = story.herder.put_config("c", body("d", &[])).await.unwrap_err();

    assert_eq!(refused.to_string(), "Connector name configuration (d) doesn't match connector name in the URL (c)");
}

#[tokio::test(start_paused = true)]
async fn a_patch_changes_single_keys_and_a_null_removes_one() {
    let story = Story::with(&[("tasks.max", "2")]).await;
    let properties = Properties::from([("topics".to_owned(), "u".to_owned())]);

    let patch = ConfigBody { properties, nulls: vec!["tasks.max".to_owned()] };
    let info = story.herder.patch_config("c", patch).await.unwrap();

    let expected = body("c", &[("topics", "u")]).properties;
    assert_eq!(info.config, expected);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_connector_has_stopped() {
    let story = Story::with(&[]).await;
    story.launch.take_log();

    story.herder.delete("c").await.unwrap();

    assert_eq!(story.launch.take_log(), ["stop c", "end c-0"]);
    assert_eq!(story.herder.status("c"), Err(HerderError::NotFound("c".to_owned())));
    assert!(story.herder.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_restarted_connector_leaves_its_tasks_alone() {
    let story = Story::with(&[]).await;
    story.launch.take_log();

    let status = story.herder.restart("c", RestartRequest::default()).unwrap();

    assert_eq!(status.connector.state, State::Restarting);
    story.expect("RUNNING 0:RUNNING").await;
    assert_eq!(story.launch.take_log(), ["stop c", "start c", "ask c"]);
}

#[tokio::test(start_paused = true)]
async fn a_restart_may_include_tasks() {
    let story = Story::with(&[]).await;
    story.launch.take_log();

    let request = RestartRequest { include_tasks: true, only_failed: false };
    let status = story.herder.restart("c", request).unwrap();

    assert_eq!(status.tasks[0].status.state, State::Restarting);
    story.expect("RUNNING 0:RUNNING").await;
    assert_eq!(story.launch.take_log(), ["end c-0", "stop c", "start c", "ask c", "run c-0"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_restarts_alone_and_stays_paused() {
    let story = Story::with(&[("tasks.max", "2"), ("fake.tasks", "2")]).await;
    story.herder.pause("c").await.unwrap();
    story.expect("PAUSED 0:PAUSED 1:PAUSED").await;
    story.launch.take_log();

    story.herder.restart_task("c", 1).unwrap();

    story.expect("PAUSED 0:PAUSED 1:PAUSED").await;
    assert_eq!(story.launch.take_log(), ["end c-1", "run c-1"]);
    assert_eq!(story.herder.restart_task("c", 7).unwrap_err().to_string(), "Task c-7 not found");
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_stays_stopped_when_restarted() {
    let story = Story::with(&[]).await;
    story.herder.stop("c").await.unwrap();
    story.launch.take_log();

    story.herder.restart("c", RestartRequest { include_tasks: true, only_failed: false }).unwrap();

    story.expect("STOPPED").await;
    assert!(story.launch.take_log().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_for_reconfiguration_leaves_tasks_alone_that_do_not_change() {
    let story = Story::with(&[]).await;
    story.launch.take_log();

    story.launch.send("c", ConnectorEvent::RequestTaskReconfiguration);

    story.expect("RUNNING 0:RUNNING").await;
    assert_eq!(story.launch.take_log(), ["ask c"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_stops_everything_and_lets_nothing_new_begin() {
    let story = Story::with(&[]).await;
    story.create("d", &[]).await;
    story.launch.take_log();

    story.herder.shutdown().await;

    let mut log = story.launch.take_log();
    log.sort();
    assert_eq!(log, ["end c-0", "end d-0", "stop c", "stop d"]);
    assert_eq!(story.herder.create(request("e", &[])).await, Err(HerderError::ShuttingDown));
}

#[tokio::test(start_paused = true)]
async fn a_component_in_use_can_not_be_removed() {
    let story = Story::new();
    story.herder.put_component("up", "1", b"\0asm".as_slice().into()).await.unwrap();
    let chain = [("transforms", "x"), ("transforms.x.type", "Upload")];
    story.create("c", &chain).await;

    let refused = story.herder.delete_component("up", "1").await.unwrap_err();
    assert_eq!(refused.to_string(), "component up 1 is in use by c. Delete or change them first");

    story.herder.delete("c").await.unwrap();
    assert_eq!(story.herder.delete_component("up", "1").await, Ok(()));
    assert_eq!(story.herder.delete_component("up", "1").await.unwrap_err().to_string(), "component up 1 not found");
}
