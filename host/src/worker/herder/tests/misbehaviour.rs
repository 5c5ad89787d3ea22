//! Connectors and tasks that hang or fail: they harm nobody but themselves.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_start_that_hangs_holds_up_nobody() {
    let story = Story::new();

    let begun = Instant::now();
    let info = story.create("c", &[("fake.start", "hang")]).await;

    assert_eq!((info.tasks.len(), begun.elapsed()), (0, SETTLE_WAIT));
    assert_eq!(story.states(), "UNASSIGNED");
    let begun = Instant::now();
    story.create("d", &[]).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_connector_is_deleted_paused_or_changed_during_its_start() {
    let story = Story::with(&[("fake.start", "hang")]).await;

    story.herder.pause("c").await.unwrap();
    story.expect("PAUSED").await;
    story.herder.resume("c").await.unwrap();
    story.expect("UNASSIGNED").await;
    story.herder.put_config("c", body("c", &[])).await.unwrap();
    story.expect("RUNNING 0:RUNNING").await;
    story.herder.put_config("c", body("c", &[("fake.start", "hang")])).await.unwrap();
    let begun = Instant::now();
    story.herder.delete("c").await.unwrap();

    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn asking_for_tasks_may_hang_too() {
    let story = Story::with(&[("fake.configs", "hang")]).await;
    story.expect("RUNNING").await;

    story.herder.restart("c", RestartRequest::default()).unwrap();
    story.expect("RUNNING").await;
    story.herder.delete("c").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_shows_its_trace_until_the_restart() {
    let story = Story::with(&[("fake.start", "no such host")]).await;

    story.expect("FAILED").await;
    assert_eq!(story.trace(), "no such host");
    story.launch.take_log();
    let request = RestartRequest { only_failed: true, include_tasks: false };
    story.herder.restart("c", request).unwrap();
    assert_eq!(story.states(), "RESTARTING");
    story.expect("FAILED").await;
    assert_eq!(story.launch.take_log(), ["start c"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_connector_does_not_become_paused() {
    let story = Story::with(&[("fake.start", "no such host")]).await;

    story.herder.pause("c").await.unwrap();

    story.expect("FAILED").await;
}

#[tokio::test(start_paused = true)]
async fn failing_task_configurations_are_asked_for_again_after_growing_waits() {
    let story = Story::with(&[("fake.configs", "2")]).await;
    story.expect("FAILED").await;
    assert_eq!(story.trace(), "no tables yet");

    advance(Duration::from_millis(250)).await;
    story.expect("FAILED").await;
    advance(Duration::from_millis(499)).await;
    story.expect("FAILED").await;
    advance(Duration::from_millis(1)).await;
    story.expect("RUNNING 0:RUNNING").await;

    assert_eq!(story.launch.take_log(), ["start c", "ask c", "ask c", "ask c", "run c-0"]);
}

#[tokio::test(start_paused = true)]
async fn more_tasks_than_tasks_max_fail_the_connector_unless_that_is_not_enforced() {
    let story = Story::with(&[("fake.tasks", "2")]).await;
    story.expect("FAILED").await;
    assert!(story.trace().starts_with("connector c asks for 2 tasks, more than tasks.max = 1."));

    let lenient = body("c", &[("fake.tasks", "2"), ("tasks.max.enforce", "false")]);
    story.herder.put_config("c", lenient).await.unwrap();
    story.expect("RUNNING 0:RUNNING 1:RUNNING").await;
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_gives_up_leaves_its_tasks_running() {
    let story = Story::with(&[]).await;

    story.launch.send("c", ConnectorEvent::Failed(Failure::new("lost the source")));

    story.expect("FAILED 0:RUNNING").await;
    assert_eq!(story.trace(), "lost the source");
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_shows_its_trace_and_its_connector_runs_on() {
    let story = Story::with(&[("fake.task", "disk full")]).await;

    story.expect("RUNNING 0:FAILED").await;
    let status = story.herder.task_status("c", 0).unwrap().status;
    assert_eq!((status.trace.as_deref(), status.version.as_deref()), (Some("disk full"), Some("1.0.0")));
    story.launch.take_log();
    let request = RestartRequest { include_tasks: true, only_failed: true };
    let restarting = story.herder.restart("c", request).unwrap();
    assert_eq!(restarting.connector.state, State::Running);
    assert_eq!(restarting.tasks[0].status.state, State::Restarting);
    story.expect("RUNNING 0:FAILED").await;
    assert_eq!(story.launch.take_log(), ["run c-0", "end c-0"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_stop_is_cancelled_after_the_graceful_timeout() {
    let story = Story::with(&[("fake.task", "stuck"), ("tasks.max", "3"), ("fake.tasks", "3")]).await;
    story.expect("RUNNING 0:RUNNING 1:RUNNING 2:RUNNING").await;
    story.launch.take_log();

    let begun = Instant::now();
    story.herder.delete("c").await.unwrap();

    assert_eq!(begun.elapsed(), Duration::from_secs(5));
    assert_eq!(story.launch.take_log(), ["stop c", "end c-0", "end c-1", "end c-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_takes_the_graceful_timeout_in_total() {
    let story = Story::new();
    for name in ["c", "d", "e"] {
        story.create(name, &[("fake.task", "stuck")]).await;
    }

    let begun = Instant::now();
    story.herder.shutdown().await;

    assert_eq!(begun.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_connector_of_the_same_name_waits_for_the_deletion() {
    let story = Story::with(&[("fake.task", "stuck")]).await;
    story.expect("RUNNING 0:RUNNING").await;
    story.launch.take_log();

    let (deleted, created) = tokio::join!(story.herder.delete("c"), story.herder.create(request("c", &[])));

    assert_eq!((deleted.is_ok(), created.is_ok()), (true, true));
    story.expect("RUNNING 0:RUNNING").await;
    assert_eq!(story.launch.take_log(), ["stop c", "end c-0", "start c", "ask c", "run c-0"]);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_configuration_changes_nothing() {
    let story = Story::with(&[]).await;
    story.launch.take_log();

    let refused = story.herder.put_config("c", body("c", &[("tasks.max", "0")])).await.unwrap_err();

    let expected = "Connector configuration is invalid and contains the following 1 error(s):\n\
        Invalid value 0 for configuration tasks.max: Value must be at least 1\n\
        You can also find the above list of errors at the endpoint \
        `/connector-plugins/{connectorType}/config/validate`";
    assert_eq!(refused, HerderError::Invalid(expected.to_owned()));
    assert!(story.launch.take_log().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_connector_of_the_same_name_waits_even_if_nobody_waits_for_the_deletion() {
    let story = Story::with(&[("fake.task", "stuck")]).await;
    story.expect("RUNNING 0:RUNNING").await;
    story.launch.take_log();

    let given_up = tokio::time::timeout(Duration::from_secs(1), story.herder.delete("c")).await;
    assert!(given_up.is_err());
    story.create("c", &[]).await;
    story.expect("UNASSIGNED").await;
    advance(Duration::from_secs(5)).await;

    story.expect("RUNNING 0:RUNNING").await;
    assert_eq!(story.launch.take_log(), ["stop c", "end c-0", "start c", "ask c", "run c-0"]);
}

#[tokio::test(start_paused = true)]
async fn a_validation_that_hangs_holds_up_nobody_else() {
    let story = Story::new();
    story.herder.put_component("up", "1", b"\0asm".as_slice().into()).await.unwrap();
    let herder = story.herder.clone();
    let hanging = tokio::spawn(async move { herder.create(request("c", &[("fake.validate", "hang")])).await });
    tokio::task::yield_now().await;

    let begun = Instant::now();
    story.herder.delete_component("up", "1").await.unwrap();
    story.create("d", &[]).await;

    assert_eq!((begun.elapsed(), hanging.is_finished()), (Duration::ZERO, false));
    hanging.abort();
}
