//! Rows that a sink traps on.

use super::*;

const LOG: [&str; 20] = ["1"; 20];

/// A bench whose consumer reads 20 records, some at once, and again after a seek.
fn bench(at_once: usize, poison: &[i64]) -> Bench {
    let mut bench = Bench::new(Vec::new());
    bench.consumer.log = LOG.to_vec();
    bench.consumer.at_once = at_once;
    bench.sink.poison = poison.to_vec();
    bench
}

/// Checks that these offsets became dead letters and all others were written in order, whatever came twice.
fn check(bench: &Finished, guilty: &[i64]) {
    let letters: Vec<_> = bench.letters.sent.lock().unwrap().iter().filter_map(|letter| letter.timestamp).collect();
    assert_eq!(letters, guilty.iter().map(|offset| 1000 + offset).collect::<Vec<_>>());
    let mut next = Vec::new();
    for offset in bench.written.lock().unwrap().iter().copied() {
        if !next.contains(&offset) {
            next.push(offset);
        }
    }
    assert_eq!(next, (0..20).filter(|offset| !guilty.contains(offset)).collect::<Vec<_>>());
    assert_eq!(bench.journal.of("commit").last().map(String::as_str), Some("commit t-0@20"));
}

/// What is left of a bench that ran.
struct Finished {
    journal: Journal,
    letters: Arc<FakeProducer>,
    written: Arc<std::sync::Mutex<Vec<i64>>>,
    metrics: Arc<TaskMetrics>,
    result: Result<(), TaskError>,
}

async fn run(bench: Bench) -> Finished {
    let (journal, letters) = (bench.journal.clone(), Arc::clone(&bench.letters));
    let (written, metrics) = (Arc::clone(&bench.sink.written), Arc::clone(&bench.metrics));
    let result = bench.run_for(60).await;
    Finished { journal, letters, written, metrics, result }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_the_sink_traps_on_becomes_a_dead_letter_and_the_others_arrive_in_order() {
    for at_once in [1, 3, 20] {
        for guilty in [&[7][..], &[0], &[19], &[2, 17], &[4, 5, 6]] {
            let finished = run(bench(at_once, guilty)).await;
            finished.result.as_ref().unwrap();
            check(&finished, guilty);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_traps_when_the_buffer_is_flushed_is_found_among_all_that_came_before() {
    for at_once in [1, 3, 20] {
        for guilty in [&[7][..], &[0], &[2, 17]] {
            let mut bench = bench(at_once, guilty);
            bench.sink.buffers = true;
            let finished = run(bench).await;
            finished.result.as_ref().unwrap();
            check(&finished, guilty);
            assert_eq!(finished.journal.of("seek")[0], "seek t-0@0", "all that was buffered comes again");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_the_sink_rejects_as_a_whole_is_done() {
    let mut bench = bench(20, &[2]);
    bench.sink.rejects = vec![3, 4];
    let finished = run(bench).await;
    finished.result.as_ref().unwrap();
    check(&finished, &[2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_guilty_row_fails_a_task_without_tolerance_and_nothing_behind_it_is_written() {
    let mut bench = bench(20, &[7, 12]);
    bench.tolerance = Tolerance::None;
    let finished = run(bench).await;
    let error = finished.result.as_ref().unwrap_err().to_string();
    assert!(error.contains("t-0@7 failed at TASK_PUT in FakeConnector: can't write 7"), "{error}");
    assert_eq!(finished.written.lock().unwrap().iter().max(), Some(&6));
    assert_eq!(finished.journal.of("commit t-0@2"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_trap_that_does_not_come_again_rejects_nothing_and_the_third_fails_the_task() {
    let trap = || fails(CallError::Trapped("leaked".to_owned()));
    let fine = || (Vec::new(), None);
    let mut once = bench(5, &[]);
    once.sink.puts = Script::new([fine(), trap(), fine()]);
    let finished = run(once).await;
    finished.result.as_ref().unwrap();
    check(&finished, &[]);
    assert_eq!(finished.metrics.restarts.get(), 1);

    let mut thrice = bench(5, &[]);
    // Each trap is followed by a put of the suspected rows that succeeds.
    thrice.sink.puts = Script::new([trap(), fine(), trap(), fine(), trap(), fine()]);
    let finished = run(thrice).await;
    let error = finished.result.as_ref().unwrap_err().to_string();
    assert!(error.contains("3 times") && error.contains("no record is to blame"), "{error}");
    assert!(error.contains("leaked"), "{error}");
    assert!(finished.letters.sent.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_remote_that_is_down_for_hours_or_answers_too_late_rejects_nothing() {
    let mut down = bench(20, &[]);
    down.sink.puts = Script::new((0..200).map(|_| fails(CallError::Retriable("no route to host".to_owned()))));
    let (journal, letters) = (down.journal.clone(), Arc::clone(&down.letters));
    let written = Arc::clone(&down.sink.written);
    down.run_for(4 * 3600).await.unwrap();
    assert_eq!((journal.of("put").len(), written.lock().unwrap().len()), (201, 20));
    assert!(letters.sent.lock().unwrap().is_empty());

    let mut slow = bench(20, &[]);
    slow.sink.puts = Script::new((0..10).map(|_| fails(CallError::TimedOut("too slow".to_owned()))));
    let finished = run(slow).await;
    finished.result.as_ref().unwrap();
    check(&finished, &[]);
    assert_eq!(finished.metrics.restarts.get(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_can_not_now_in_the_middle_of_isolation_is_waited_for() {
    let mut bench = bench(20, &[7]);
    let later = || fails(CallError::Retriable("busy".to_owned()));
    let fine = || (Vec::new(), None);
    bench.sink.puts = Script::new([fine(), fine(), later(), later(), fine(), later()]);
    let finished = run(bench).await;
    finished.result.as_ref().unwrap();
    check(&finished, &[7]);
}

#[tokio::test(start_paused = true)]
async fn rows_that_the_sink_holds_back_are_never_lost_with_an_instance() {
    let mut bench = bench(5, &[]);
    bench.sink.holds_back = true;
    let trap = || fails(CallError::Trapped("unreachable".to_owned()));
    let fine = || (Vec::new(), None);
    bench.sink.puts = Script::new([fine(), fine(), trap(), fine(), fine(), trap(), fine(), trap(), trap()]);
    let finished = run(bench).await;
    let error = finished.result.as_ref().unwrap_err().to_string();
    assert!(error.contains("3 times"), "{error}");
    assert!(finished.letters.sent.lock().unwrap().is_empty(), "nobody can tell which row it was");
    assert!(finished.journal.of("seek").iter().all(|seek| seek == "seek t-0@0"));
}

#[tokio::test(start_paused = true)]
async fn a_search_without_end_fails_the_task_and_says_where_it_was() {
    let mut calls = bench(20, &(0..20).collect::<Vec<_>>());
    calls.isolation.calls = 8;
    let error = run(calls).await.result.unwrap_err().to_string();
    assert!(error.contains("9 calls with 0 ms") && error.contains("airlock.isolation.calls"), "{error}");
    assert!(error.contains("t-0@") && error.contains("FakeConnector"), "{error}");

    let mut cpu = bench(20, &[7]);
    (cpu.isolation.cpu, cpu.sink.put_takes) = (Duration::from_secs(20), Duration::from_secs(10));
    let error = run(cpu).await.result.unwrap_err().to_string();
    assert!(error.contains("30000 ms of CPU time"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn partitions_that_go_during_isolation_take_their_rows_along() {
    let mut bench = bench(20, &[7]);
    let (done, answered) = oneshot::channel();
    bench.consumer.taken.push_back(Polled::Revoked { partitions: vec![partition(0)], done });
    let (journal, letters) = (bench.journal.clone(), Arc::clone(&bench.letters));
    bench.run_for(60).await.unwrap();
    answered.await.unwrap();
    assert!(letters.sent.lock().unwrap().is_empty());
    assert!(journal.of("put").len() <= 3, "{:?}", journal.of("put"));
}
