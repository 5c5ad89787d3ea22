//! What has failed is restarted where somebody wants that.

use super::*;
use crate::worker::task_state::RestartStatus;

/// A connector whose task always fails, restarted twice at most.
const FAILING: [(&str, &str); 3] =
    [("fake.task", "no disk"), ("airlock.restart.max", "2"), ("airlock.restart.backoff.ms", "1000")];

fn shown(story: &Story) -> Option<RestartStatus> {
    story.herder.task_status("c", 0).unwrap().status.restart
}

fn runs(story: &Story) -> usize {
    story.launch.take_log().iter().filter(|what| what.starts_with("run c-0")).count()
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_is_left_alone_unless_told_otherwise() {
    let story = Story::with(&[("fake.task", "no disk")]).await;
    story.expect("RUNNING 0:FAILED").await;
    assert_eq!(runs(&story), 1);
    advance(Duration::from_secs(3600)).await;
    story.expect("RUNNING 0:FAILED").await;
    assert_eq!(runs(&story), 0);
    assert_eq!(shown(&story), None, "the status is Kafka Connect's");
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_is_restarted_after_growing_waits_up_to_its_limit() {
    let story = Story::with(&FAILING).await;
    for (failures, wait) in [(1, 1000), (2, 2000)] {
        story.expect("RUNNING 0:FAILED").await;
        assert_eq!(runs(&story), 1, "failure {failures}");
        let status = shown(&story).unwrap();
        assert_eq!((status.failures, status.next_ms.is_some()), (failures, true));
        advance(Duration::from_millis(wait - 1)).await;
        story.expect("RUNNING 0:FAILED").await;
        assert_eq!(runs(&story), 0, "not before its time");
        advance(Duration::from_millis(1)).await;
    }
    story.expect("RUNNING 0:FAILED").await;
    assert_eq!(runs(&story), 1);
    assert_eq!(shown(&story), Some(RestartStatus { failures: 3, next_ms: None }));
    advance(Duration::from_secs(3600)).await;
    story.expect("RUNNING 0:FAILED").await;
    assert_eq!(runs(&story), 0);
}

#[tokio::test(start_paused = true)]
async fn whoever_restarts_a_task_lets_its_count_begin_anew() {
    let story = Story::with(&FAILING).await;
    story.expect("RUNNING 0:FAILED").await;
    advance(Duration::from_secs(1)).await;
    story.expect("RUNNING 0:FAILED").await;
    assert_eq!(shown(&story).map(|status| status.failures), Some(2));
    story.herder.restart_task("c", 0).unwrap();
    story.expect("RUNNING 0:FAILED").await;
    assert_eq!(shown(&story).map(|status| status.failures), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_is_deleted_waits_for_no_restart() {
    let story = Story::with(&FAILING).await;
    story.expect("RUNNING 0:FAILED").await;
    let begun = Instant::now();
    story.herder.delete("c").await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_does_not_start_is_restarted() {
    let story = Story::with(&[("fake.start", "no network"), ("airlock.restart.max", "1")]).await;
    story.expect("FAILED").await;
    assert_eq!(story.launch.take_log(), ["start c"]);
    advance(Duration::from_secs(1)).await;
    story.expect("FAILED").await;
    assert_eq!(story.launch.take_log(), ["start c"]);
    advance(Duration::from_secs(3600)).await;
    story.expect("FAILED").await;
    assert!(story.launch.take_log().is_empty());
}
