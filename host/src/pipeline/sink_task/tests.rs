//! A sink task among scripted fakes, in virtual time. What chance brings is the simulation's.

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::*;
use crate::config::connector::Tolerance;
use crate::pipeline::dead_letter::ContextHeaders;
use crate::pipeline::edges::{CallError, SinkRequest};
use crate::pipeline::fake::*;
use crate::record::{CommitOffset, Offset};

mod poison;

/// A task that can be looked at.
struct Bench {
    journal: Journal,
    consumer: FakeConsumer,
    sink: FakeSink,
    letters: Arc<FakeProducer>,
    metrics: Arc<TaskMetrics>,
    tolerance: Tolerance,
    isolation: IsolationBudget,
}

impl Bench {
    fn new(polled: Vec<Polled>) -> Self {
        let journal = Journal::default();
        let mut consumer = FakeConsumer { journal: journal.clone(), ..FakeConsumer::default() };
        consumer.polled.push_back(Polled::Assigned(vec![partition(0)]));
        consumer.polled.extend(polled);
        let sink = FakeSink { journal: journal.clone(), ..FakeSink::default() };
        let letters = Arc::new(FakeProducer { journal: journal.clone(), ..FakeProducer::default() });
        Self {
            journal,
            consumer,
            sink,
            letters,
            metrics: metrics(),
            tolerance: Tolerance::All,
            isolation: settings(Tolerance::All).isolation,
        }
    }

    /// Runs the task until `script` has ended, and then stops it.
    async fn run<F: Future<Output = ()>>(self, script: impl FnOnce(Herder) -> F) -> Result<(), TaskError> {
        let (control, herder) = control();
        let settings = TaskSettings { isolation: self.isolation, ..settings(self.tolerance) };
        let letters = DeadLetters::new(self.letters, "dead", settings.id.clone(), ContextHeaders::Added);
        let parts = SinkParts {
            consumer: Box::new(self.consumer),
            transforms: Vec::new(),
            sink: Box::new(self.sink),
            dead_letters: Some(letters),
            metrics: self.metrics,
        };
        let shutdown = herder.shutdown.clone();
        let task = SinkTask::new(settings, parts, control);
        let script = async {
            script(herder).await;
            shutdown.cancel();
        };
        tokio::join!(task.run(), script).0
    }

    async fn run_for(self, seconds: u64) -> Result<(), TaskError> {
        self.run(|_| sleep(Duration::from_secs(seconds))).await
    }
}

fn fails(error: CallError) -> (Vec<SinkRequest>, Option<CallError>) {
    (Vec::new(), Some(error))
}

#[tokio::test(start_paused = true)]
async fn what_was_put_is_committed_once_at_the_interval_and_the_task_ends_cleanly() {
    let bench = Bench::new(vec![Polled::Records(batch(5, &["1", "2"])), Polled::Records(batch(7, &["3"]))]);
    let journal = bench.journal.clone();
    bench.run_for(25).await.unwrap();
    assert_eq!(journal.of("put"), ["put [5, 6]", "put [7]"]);
    assert_eq!(journal.of("commit"), ["commit t-0@8"]);
    assert_eq!(journal.of("pre-commit").len(), 3, "asked at each interval and at the end");
    assert!(journal.of("tick").len() >= 20, "the idle sink is called every second");
    let end: Vec<String> = [journal.of("close"), journal.of("stop"), journal.of("leave")].concat();
    assert_eq!(end, ["close 1", "stop", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_record_fails_a_task_without_tolerance_before_anything_is_put() {
    let mut bench = Bench::new(vec![Polled::Records(batch(5, &["1", "{oops"]))]);
    bench.tolerance = Tolerance::None;
    let (journal, letters) = (bench.journal.clone(), Arc::clone(&bench.letters));
    let error = bench.run_for(60).await.unwrap_err().to_string();
    assert!(error.starts_with("Tolerance exceeded in error handler: t-0@6 failed at VALUE_CONVERTER"), "{error}");
    assert!(error.contains("JsonConverter") && error.contains("errors.tolerance=all"), "{error}");
    assert_eq!((journal.of("put"), journal.of("commit")), (vec![], vec![]));
    assert_eq!(letters.sent.lock().unwrap().len(), 1, "it is reported all the same");
}

#[tokio::test(start_paused = true)]
async fn a_tolerated_record_is_dead_lettered_before_its_offset_is_committed() {
    let mut bench = Bench::new(vec![Polled::Records(batch(5, &["1", "{oops", "3"]))]);
    bench.sink.rejects = vec![7];
    let (journal, letters, metrics) = (bench.journal.clone(), Arc::clone(&bench.letters), Arc::clone(&bench.metrics));
    bench.run_for(15).await.unwrap();
    assert_eq!(journal.of("put"), ["put [5, 7]"]);
    let sent: Vec<_> = letters.sent.lock().unwrap().iter().map(|letter| letter.timestamp).collect();
    assert_eq!(sent, [Some(1006), Some(1007)]);
    assert_eq!(journal.of("commit"), ["commit t-0@8"]);
    let counts = [&metrics.records_polled, &metrics.records_sent, &metrics.records_rejected, &metrics.records_skipped];
    assert_eq!(counts.map(|counter| counter.get()), [3, 1, 2, 2]);
    assert_eq!(metrics.dead_letters.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_cannot_be_written_fails_the_task_and_commits_nothing() {
    let mut bench = Bench::new(vec![Polled::Records(batch(5, &["{oops"]))]);
    let answers = [Err(EdgeError::Fatal("record too large".to_owned()))];
    bench.letters = Arc::new(FakeProducer { answers: Script::new(answers), ..FakeProducer::default() });
    let journal = bench.journal.clone();
    let error = bench.run_for(60).await.unwrap_err().to_string();
    assert!(error.contains("topic dead") && error.contains("record too large"), "{error}");
    assert_eq!(journal.of("commit"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_asks_for_it_gets_the_same_rows_after_the_wait_that_it_asked_for() {
    let mut bench = Bench::new(vec![Polled::Records(batch(5, &["1", "2"]))]);
    let busy = || CallError::Retriable("busy".to_owned());
    let wait = SinkRequest::Timeout(Duration::from_secs(4));
    bench.sink.puts = Script::new([(vec![wait], Some(busy())), fails(busy())]);
    let (journal, metrics) = (bench.journal.clone(), Arc::clone(&bench.metrics));
    bench
        .run(|_| async {
            sleep(Duration::from_millis(3900)).await;
            assert_eq!(journal.of("put").len(), 1);
            sleep(Duration::from_millis(1000)).await;
            assert_eq!(journal.of("put"), ["put [5, 6]"; 3]);
        })
        .await
        .unwrap();
    assert_eq!(metrics.retries.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn partitions_that_go_during_a_retry_take_their_rows_along() {
    let mut bench = Bench::new(vec![Polled::Records(batch(5, &["1"])), Polled::Records(batch(6, &["2"]))]);
    let busy = || CallError::Retriable("busy".to_owned());
    bench.sink.puts = Script::new([(Vec::new(), None), fails(busy()), fails(busy())]);
    let (done, answered) = oneshot::channel();
    bench.consumer.taken.push_back(Polled::Revoked { partitions: vec![partition(0)], done });
    let journal = bench.journal.clone();
    bench.run_for(5).await.unwrap();
    answered.await.unwrap();
    assert_eq!(journal.of("put"), ["put [5]", "put [6]"]);
    assert_eq!(journal.of("commit"), ["commit t-0@6"]);
    assert_eq!(journal.of("seek"), Vec::<String>::new(), "they are another member's now");
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_gone_is_started_again_where_the_last_commit_was() {
    let polled = [5, 6, 7].map(|offset| Polled::Records(batch(offset, &["1"])));
    let mut bench = Bench::new(polled.into());
    let trap = CallError::Trapped("unreachable".to_owned());
    let commit = (vec![SinkRequest::Commit], None);
    bench.sink.puts = Script::new([commit, (Vec::new(), None), fails(trap)]);
    let journal = bench.journal.clone();
    bench.run_for(5).await.unwrap();
    assert_eq!(journal.of("commit")[0], "commit t-0@6");
    assert_eq!(journal.of("seek"), ["seek t-0@6"], "6 was put, and may be lost with the instance");
    assert_eq!(journal.of("start").len(), 2);
    assert_eq!(journal.of("open").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_paused_task_keeps_its_sink_alive_and_goes_on_later() {
    let bench = Bench::new(Vec::new());
    let journal = bench.journal.clone();
    bench
        .run(|mut herder| async move {
            sleep(Duration::from_millis(10)).await;
            herder.target.send(TargetState::Paused).unwrap();
            sleep(Duration::from_secs(5)).await;
            assert!(journal.of("tick").len() >= 4);
            herder.target.send(TargetState::Running).unwrap();
            sleep(Duration::from_millis(10)).await;
            let told: Vec<TaskEvent> = std::iter::from_fn(|| herder.events.try_recv().ok()).collect();
            assert_eq!(told, [TaskEvent::Running, TaskEvent::Paused, TaskEvent::Running]);
            assert_eq!((journal.of("pause").len(), journal.of("resume").len()), (1, 1));
        })
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_failed_is_made_again() {
    let mut bench = Bench::new(vec![Polled::Records(batch(5, &["1"]))]);
    bench.consumer.commits = Script::new([EdgeError::Retriable("not coordinator".to_owned())]);
    let (journal, metrics) = (bench.journal.clone(), Arc::clone(&bench.metrics));
    bench.run_for(25).await.unwrap();
    assert_eq!(journal.of("commit"), ["commit t-0@6"; 2]);
    assert_eq!((metrics.commits.get(), metrics.commit_failures.get()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_sink_may_keep_its_own_positions_and_reject_rows_later() {
    let mut bench = Bench::new(vec![Polled::Records(batch(5, &["1"]))]);
    let report = SinkRequest::Report { partition: partition(0), offset: Offset(5), reason: "late".to_owned() };
    bench.sink.requests = vec![SinkRequest::Seek(vec![(partition(0), CommitOffset(5))])];
    bench.sink.puts = Script::new([(vec![report], None)]);
    let (journal, letters) = (bench.journal.clone(), Arc::clone(&bench.letters));
    bench.run_for(5).await.unwrap();
    assert_eq!(journal.of("seek"), ["seek t-0@5"]);
    assert_eq!(letters.sent.lock().unwrap().len(), 1);
}
