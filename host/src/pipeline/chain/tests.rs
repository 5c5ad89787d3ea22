//! A chain whose steps trap, among callers that only wait.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::connector::Tolerance;
use crate::pipeline::batch::{Call, Section};
use crate::pipeline::fake::{Script, batch, metrics, settings};

/// Two steps in one call: the first discards each seventh row and makes two of each third one, the second traps
/// on the rows that come from guilty records.
#[derive(Default)]
struct Poisonous {
    first_step: u32,
    guilty: BTreeSet<i64>,
    /// What calls answer before anything else is looked at.
    answers: Script<Option<CallError>>,
    calls: Vec<usize>,
    takes: Duration,
}

#[async_trait]
impl Transform for Poisonous {
    async fn apply(&mut self, mut batch: Batch, section: Section) -> (Batch, Result<(), CallError>) {
        batch.open_call(Call { first_step: self.first_step, section, ..Call::default() }).unwrap();
        let offsets = batch.offsets();
        self.calls.push(offsets.len());
        let discarded: Vec<u32> = (0..).zip(&offsets).filter(|(_, at)| **at % 7 == 6).map(|(row, _)| row).collect();
        batch.discard(&discarded).unwrap();
        batch.enter_step(1, None).unwrap();
        let offsets = batch.offsets();
        let copies = |(row, at): (u32, &i64)| vec![row; if at % 3 == 2 { 2 } else { 1 }];
        batch.expand(&(0..).zip(&offsets).flat_map(copies).collect::<Vec<_>>()).unwrap();
        let poison = offsets.iter().find(|at| self.guilty.contains(at));
        let error = self.answers.next().flatten();
        match error.or(poison.map(|at| CallError::Trapped(format!("can't map {at}")))) {
            None => {
                batch.commit_call();
                (batch, Ok(()))
            }
            Some(error) => {
                batch.abort_call();
                (batch, Err(error))
            }
        }
    }

    fn describe(&self, step: Option<u32>) -> String {
        step.map_or("both steps".to_owned(), |step| format!("step {step}"))
    }

    fn cpu_used(&self) -> Duration {
        self.takes * u32::try_from(self.calls.len()).unwrap()
    }
}

struct Waiting {
    policy: ErrorPolicy,
    metrics: std::sync::Arc<TaskMetrics>,
    budget: IsolationBudget,
    answers: Script<Hand>,
}

impl Waiting {
    fn new(retry_timeout: Option<Duration>) -> Self {
        let settings = settings(Tolerance::All);
        let errors = crate::config::connector::ErrorsConfig { retry_timeout, ..settings.errors };
        let policy = ErrorPolicy::seeded(errors, CancellationToken::new(), 7);
        Self { policy, metrics: metrics(), budget: settings.isolation, answers: Script::default() }
    }
}

#[async_trait]
impl Caller for Waiting {
    fn policy(&mut self) -> &mut ErrorPolicy {
        &mut self.policy
    }

    fn metrics(&self) -> &TaskMetrics {
        &self.metrics
    }

    fn budget(&self) -> IsolationBudget {
        self.budget
    }

    async fn meanwhile(&mut self, until: Instant) -> Result<Hand, Stop> {
        sleep_until(until).await;
        Ok(self.answers.next().unwrap_or(Hand::Kept))
    }
}

fn numbered(rows: usize) -> Batch {
    batch(0, &vec!["1"; rows])
}

fn chain(guilty: &[i64], answers: Vec<Option<CallError>>) -> Chain {
    let poisonous =
        Poisonous { guilty: guilty.iter().copied().collect(), answers: Script::new(answers), ..Poisonous::default() };
    Chain::new(vec![Box::new(poisonous)])
}

fn live(batch: &Batch) -> Vec<i64> {
    let origins = batch.origins();
    batch.live_origins().map(|origin| origins[origin as usize].offset).collect()
}

fn rejected(batch: &Batch) -> Vec<i64> {
    batch.rejected().map(|row| row.record.offset).collect()
}

fn trap() -> Option<CallError> {
    Some(CallError::Trapped("leaked".to_owned()))
}

fn failure(result: Result<Option<Batch>, Stop>) -> String {
    match result {
        Err(Stop::Failed(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whichever rows are guilty, the others come out as if all had run at once without these: in order, with
    /// their copies beside them; and exactly the guilty ones are rejected, in the step that trapped.
    #[test]
    fn what_is_left_is_as_if_all_had_run_at_once(guilty in prop::collection::btree_set(0_i64..120, 0..8)) {
        let (mut caller, mut poisoned) = (Waiting::new(None), chain(&[], Vec::new()));
        let expected = block_on(poisoned.apply(numbered(120), &mut caller)).unwrap().unwrap();
        let expected: Vec<i64> = live(&expected).into_iter().filter(|at| !guilty.contains(at)).collect();
        // What the first step takes out never reaches the second.
        let guilty: Vec<i64> = guilty.into_iter().filter(|at| at % 7 != 6).collect();
        let batch = block_on(chain(&guilty, Vec::new()).apply(numbered(120), &mut caller)).unwrap().unwrap();
        prop_assert_eq!(live(&batch), expected);
        prop_assert_eq!(rejected(&batch), guilty);
        let counts = batch.counts();
        prop_assert_eq!(counts.consumed + counts.expanded, counts.kept + counts.discarded + counts.rejected);
        for row in batch.rejected() {
            prop_assert_eq!((row.rejection.stage, row.rejection.step), (Stage::Transformation, Some(1)));
            prop_assert!(row.rejection.reason.starts_with("can't map"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_leak_that_traps_on_an_innocent_row_rejects_nothing_and_the_third_fails_the_task() {
    let (mut caller, mut chain) = (Waiting::new(None), chain(&[], vec![trap(), None, trap(), None, trap(), None]));
    for _ in 0..2 {
        let batch = chain.apply(numbered(10), &mut caller).await.unwrap().unwrap();
        assert_eq!(rejected(&batch), [0; 0]);
    }
    let error = failure(chain.apply(numbered(10), &mut caller).await);
    assert!(error.contains("both steps trapped 3 times") && error.contains("t-0@0 to t-0@9: leaked"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn guilty_rows_do_not_count_as_traps_without_a_reason() {
    let (mut caller, mut chain) = (Waiting::new(None), chain(&[4], Vec::new()));
    for _ in 0..10 {
        let batch = chain.apply(numbered(10), &mut caller).await.unwrap().unwrap();
        assert_eq!(rejected(&batch), [4]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_or_a_retry_is_tried_as_long_as_the_keys_say_and_rejects_nothing() {
    for error in [CallError::TimedOut("too slow".to_owned()), CallError::Retriable("not now".to_owned())] {
        let mut waiting = Waiting::new(Some(Duration::from_secs(60)));
        let patient = &mut chain(&[], vec![Some(error.clone()); 5]);
        let batch = patient.apply(numbered(10), &mut waiting).await.unwrap().unwrap();
        assert_eq!(rejected(&batch), [0; 0]);
        // The tolerance is all, and still the task fails.
        let mut impatient = Waiting::new(Some(Duration::from_secs(1)));
        let told = failure(chain(&[], vec![Some(error.clone()); 50]).apply(numbered(10), &mut impatient).await);
        assert!(told.contains("TRANSFORMATION failed in step 1") && told.contains(&error.to_string()), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_in_the_middle_of_isolation_goes_on_with_it() {
    let mut caller = Waiting::new(Some(Duration::from_secs(60)));
    let later = || Some(CallError::Retriable("not now".to_owned()));
    let slow = || Some(CallError::TimedOut("too slow".to_owned()));
    let mut chain = chain(&[4], vec![None, None, later(), None, slow(), later(), None, slow()]);
    let batch = chain.apply(numbered(10), &mut caller).await.unwrap().unwrap();
    assert_eq!(rejected(&batch), [4]);
}

#[tokio::test(start_paused = true)]
async fn a_search_that_takes_too_much_fails_the_task_and_names_what_is_left() {
    let mut caller = Waiting::new(None);
    caller.budget = IsolationBudget { calls: 200, cpu: Duration::from_secs(30) };
    let poisonous = Poisonous { guilty: [4].into(), takes: Duration::from_secs(10), ..Poisonous::default() };
    let error = failure(Chain::new(vec![Box::new(poisonous)]).apply(numbered(500), &mut caller).await);
    assert!(
        error.contains("4 calls with 40000 ms of CPU time") && error.contains("airlock.isolation.cpu.ms"),
        "{error}"
    );
    assert!(error.starts_with("step 1 keeps trapping") && error.contains("among t-0@0 to t-0@"), "{error}");
    // Where nearly all rows are guilty it is the plugin that is broken.
    let error =
        failure(chain(&(0..500).collect::<Vec<_>>(), Vec::new()).apply(numbered(500), &mut Waiting::new(None)).await);
    assert!(error.contains("201 calls") && error.contains("mend the plugin"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_may_be_given_up_between_two_calls() {
    let mut caller = Waiting::new(None);
    caller.answers = Script::new([Hand::Kept, Hand::Kept, Hand::GivenUp]);
    assert!(chain(&[4], Vec::new()).apply(numbered(500), &mut caller).await.unwrap().is_none());
}
