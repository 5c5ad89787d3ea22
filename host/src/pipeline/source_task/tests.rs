//! A source task among scripted fakes, in virtual time. What chance brings is the simulation's.

use tokio::time::sleep;

use super::*;
use crate::config::connector::Tolerance;
use crate::pipeline::edges::EdgeError;
use crate::pipeline::fake::*;

struct Bench {
    journal: Journal,
    source: FakeSource,
    producer: FakeProducer,
    offsets: FakeOffsets,
    metrics: Arc<TaskMetrics>,
    tolerance: Tolerance,
    retry_timeout: Option<Duration>,
    /// How the calls of the chain fail.
    chain: Script<Option<CallError>>,
}

impl Bench {
    fn new(polls: Vec<Result<Vec<&'static str>, CallError>>) -> Self {
        let journal = Journal::default();
        Self {
            source: FakeSource { journal: journal.clone(), polls: polls.into(), ..FakeSource::default() },
            producer: FakeProducer { journal: journal.clone(), ..FakeProducer::default() },
            offsets: FakeOffsets { journal: journal.clone(), ..FakeOffsets::default() },
            metrics: metrics(),
            tolerance: Tolerance::None,
            retry_timeout: Some(Duration::ZERO),
            chain: Script::default(),
            journal,
        }
    }

    /// Runs the task until `script` has ended, and then stops it.
    async fn run<F: Future<Output = ()>>(self, script: impl FnOnce(Herder) -> F) -> Result<(), TaskError> {
        let (control, herder) = control();
        let parts = SourceParts {
            source: Box::new(self.source),
            transforms: vec![Box::new(Rejecting { failures: self.chain })],
            producer: Arc::new(self.producer),
            offsets: Arc::new(self.offsets),
            dead_letters: None,
            metrics: self.metrics,
        };
        let shutdown = herder.shutdown.clone();
        let mut settings = settings(self.tolerance);
        settings.errors.retry_timeout = self.retry_timeout;
        let task = SourceTask::new(settings, parts, control);
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

#[tokio::test(start_paused = true)]
async fn rows_are_produced_acknowledged_and_their_offsets_stored() {
    let bench = Bench::new(vec![Ok(vec!["1", "2"]), Ok(vec!["3"])]);
    let (journal, metrics) = (bench.journal.clone(), Arc::clone(&bench.metrics));
    bench.run_for(12).await.unwrap();
    assert_eq!(journal.of("acknowledged"), ["acknowledged [Some(1), Some(2)]", "acknowledged [Some(3)]"]);
    assert_eq!(journal.of("stored"), [r#"stored c {"at":3}"#]);
    assert_eq!(journal.of("told"), ["told 1"]);
    assert_eq!(journal.of("stop"), ["stop"]);
    assert_eq!((metrics.records_polled.get(), metrics.records_sent.get()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn shutdown_stores_what_is_acknowledged() {
    let bench = Bench::new(vec![Ok(vec!["1"])]);
    let journal = bench.journal.clone();
    bench.run_for(1).await.unwrap();
    assert_eq!(journal.of("stored"), [r#"stored c {"at":1}"#]);
}

#[tokio::test(start_paused = true)]
async fn offsets_that_could_not_be_stored_are_stored_the_next_time() {
    let mut bench = Bench::new(vec![Ok(vec!["1"])]);
    bench.offsets.failures = Script::new([EdgeError::Retriable("no room".to_owned())]);
    let journal = bench.journal.clone();
    bench
        .run(|_| async {
            sleep(Duration::from_secs(21)).await;
            assert_eq!((journal.of("failed").len(), journal.of("stored").len()), (1, 1));
        })
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rejected_row_fails_a_task_without_tolerance_and_names_its_source_position() {
    let bench = Bench::new(vec![Ok(vec!["1", "\"bad\""])]);
    let journal = bench.journal.clone();
    let error = bench.run_for(60).await.unwrap_err().to_string();
    assert!(
        error
            .contains(r#"source record {"f":1} {"at":2} failed at TRANSFORMATION in step mask (MaskField): it is bad"#),
        "{error}"
    );
    assert_eq!(journal.of("produce"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_tolerated_row_is_left_out_and_its_offset_goes_on() {
    let mut bench = Bench::new(vec![Ok(vec!["1", "\"bad\""])]);
    bench.tolerance = Tolerance::All;
    let (journal, metrics) = (bench.journal.clone(), Arc::clone(&bench.metrics));
    bench.run_for(12).await.unwrap();
    assert_eq!(journal.of("acknowledged"), ["acknowledged [Some(1), None]"]);
    assert_eq!(journal.of("stored"), [r#"stored c {"at":2}"#]);
    assert_eq!(metrics.records_skipped.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn records_that_may_succeed_later_are_sent_again_and_no_others() {
    let mut bench = Bench::new(vec![Ok(vec!["1", "2", "3"])]);
    let later = || Err(EdgeError::Retriable("no leader".to_owned()));
    bench.producer.answers = Script::new([Ok(()), later(), later()]);
    let journal = bench.journal.clone();
    bench.run_for(12).await.unwrap();
    assert_eq!(journal.of("produce"), ["produce 3", "produce 2"]);
    assert_eq!(journal.of("stored"), [r#"stored c {"at":3}"#]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_the_broker_refuses_fails_the_task_and_stores_only_what_came_before() {
    let mut bench = Bench::new(vec![Ok(vec!["1", "2", "3"])]);
    let refused = Err(EdgeError::Fatal("too large".to_owned()));
    bench.producer.answers = Script::new([Ok(()), refused, Ok(())]);
    let journal = bench.journal.clone();
    let error = bench.run_for(60).await.unwrap_err().to_string();
    assert!(error.contains("KAFKA_PRODUCE") && error.contains("too large"), "{error}");
    assert_eq!(journal.of("stored"), [r#"stored c {"at":1}"#]);
}

#[tokio::test(start_paused = true)]
async fn the_source_is_ticked_while_kafka_takes_its_time_and_while_it_is_paused() {
    let mut bench = Bench::new(vec![Ok(vec!["1"])]);
    bench.producer.takes = Duration::from_millis(5500);
    let journal = bench.journal.clone();
    bench
        .run(|mut herder| async move {
            sleep(Duration::from_secs(5)).await;
            assert!(journal.of("tick").len() >= 4, "{:?}", journal.of("tick"));
            herder.target.send(TargetState::Paused).unwrap();
            sleep(Duration::from_secs(10)).await;
            assert!(journal.of("tick").len() >= 12);
            herder.target.send(TargetState::Running).unwrap();
            sleep(Duration::from_millis(1500)).await;
            let told: Vec<TaskEvent> = std::iter::from_fn(|| herder.events.try_recv().ok()).collect();
            assert_eq!(told, [TaskEvent::Running, TaskEvent::Paused, TaskEvent::Running]);
        })
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_gone_is_started_again_after_its_offsets_are_stored() {
    let bench = Bench::new(vec![Ok(vec!["1"]), Err(CallError::Trapped("unreachable".to_owned())), Ok(vec!["2"])]);
    let (journal, metrics) = (bench.journal.clone(), Arc::clone(&bench.metrics));
    bench.run_for(5).await.unwrap();
    assert_eq!(journal.of("start").len(), 2);
    assert_eq!(journal.of("stored"), [r#"stored c {"at":1}"#, r#"stored c {"at":2}"#]);
    assert_eq!(metrics.restarts.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_is_ticked_while_its_chain_waits_and_its_poison_is_left_out() {
    let mut bench = Bench::new(vec![Ok(vec!["1", "\"poison\"", "3"])]);
    bench.tolerance = Tolerance::All;
    bench.retry_timeout = None;
    let later = || Some(CallError::Retriable("not now".to_owned()));
    bench.chain = Script::new([later(), later(), later(), later(), later()]);
    let journal = bench.journal.clone();
    bench.run_for(20).await.unwrap();
    assert!(journal.of("tick").len() >= 5, "{:?}", journal.of("tick"));
    assert_eq!(journal.of("acknowledged"), ["acknowledged [Some(1), None, Some(2)]"]);
    assert_eq!(journal.of("stored"), [r#"stored c {"at":3}"#]);
}

#[tokio::test(start_paused = true)]
async fn poison_fails_a_source_task_without_tolerance_and_is_named() {
    let bench = Bench::new(vec![Ok(vec!["1", "\"poison\"", "3", "\"poison\""])]);
    let error = bench.run_for(20).await.unwrap_err().to_string();
    let named = r#"source record {"f":1} {"at":2} failed at TRANSFORMATION in step mask (MaskField): it is poison"#;
    assert!(error.contains(named), "{error}");
    assert!(error.contains(r#"failed too: source record {"f":1} {"at":4}"#), "{error}");
}
