//! Topics, partitions, timestamps and headers.

use super::*;

fn opened(rows: usize) -> Batch {
    let mut batch = batch_of(&vec!["{}"; rows]);
    batch.open_call(Call::default()).unwrap();
    batch
}

fn topics(names: &[&str], rows: &[u32]) -> TopicColumn {
    TopicColumn { names: path(names), rows: rows.to_vec() }
}

#[test]
fn topics_are_set_by_row_and_originals_stay() {
    let mut batch = opened(3);
    assert_eq!(batch.topics(), topics(&["orders"], &[0, 0, 0]));
    batch.set_topics(topics(&["unused", "b", "a", "b"], &[3, 2, 1])).unwrap();
    assert_eq!(batch.topics(), topics(&["b", "a"], &[0, 1, 0]));
    assert_eq!(batch.original_topics(), topics(&["orders"], &[0, 0, 0]));
    batch.enter_step(1, Some(vec![1])).unwrap();
    assert_eq!(batch.topics(), topics(&["a"], &[0]));
    batch.commit_call();
    batch.encode();
    let names: Vec<String> = batch.outgoing().map(|(_, row)| row.topic).collect();
    assert_eq!(names, ["b", "a", "b"]);
    assert!(batch.origins().iter().all(|origin| origin.topic == "orders"));
}

#[test]
fn many_names_that_kafka_forbids_do_not_take_quadratic_time() {
    let started = std::time::Instant::now();
    let names: Vec<String> = (0..2_000_000).map(|name| format!("{name}/")).collect();
    let mut batch = opened(50_000);
    batch.set_topics(TopicColumn { names, rows: (0..50_000).rev().collect() }).unwrap();
    batch.commit_call();
    assert_eq!(rejections(&batch).len(), 50_000);
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_refused_column_of_topics_has_rejected_no_row() {
    let names: Vec<String> = (0..150_000).map(|name| format!("{name}{}", "/".repeat(1_000))).collect();
    let mut batch = opened(150_000);
    assert!(is_invalid(batch.set_topics(TopicColumn { names, rows: (0..150_000).collect() })));
    batch.commit_call();
    assert_eq!((rejections(&batch).len(), batch.live_rows()), (0, 150_000));
}

#[test]
fn rows_with_names_that_kafka_forbids_are_rejected() {
    let long = "a".repeat(250);
    for name in ["", ".", "..", "a/b", "a b", "é", "a\0", &long] {
        let mut batch = opened(2);
        batch.set_topics(topics(&["unused name", name, "b"], &[1, 2])).unwrap();
        batch.commit_call();
        let rejected = rejections(&batch);
        assert!(matches!(&rejected[..], [(0, why)] if why.contains("can't be a topic")), "{name}: {rejected:?}");
        assert_eq!(batch.outgoing().map(|(_, row)| row.topic).collect::<Vec<_>>(), ["b"]);
    }
    let mut batch = opened(1);
    for name in ["...", "A-b_c.9", &long[1..]] {
        batch.set_topics(topics(&[name], &[0])).unwrap();
    }
    assert!(is_invalid(batch.set_topics(topics(&["a"], &[1]))));
    assert!(is_invalid(batch.set_topics(topics(&["a"], &[0, 0]))));
}

#[test]
fn partitions_and_timestamps_have_minus_one_for_none() {
    let mut batch = opened(2);
    assert_eq!((batch.partitions(), batch.timestamps()), (vec![3, 3], vec![1_000, 1_001]));
    batch.set_partitions(vec![-1, 5]).unwrap();
    batch.set_timestamps(vec![9, -1]).unwrap();
    assert!(is_invalid(batch.set_partitions(vec![-2, 0])));
    assert!(is_invalid(batch.set_partitions(vec![0])));
    assert!(is_invalid(batch.set_timestamps(vec![0, -2])));
    batch.commit_call();
    batch.encode();
    let rows: Vec<_> = batch.outgoing().map(|(_, row)| (row.partition, row.timestamp)).collect();
    assert_eq!(rows, [(None, Some(9)), (Some(5), None)]);
    assert_eq!(batch.original_partitions(), [3, 3]);
}

#[test]
fn headers_are_replaced_for_all_rows() {
    let mut batch = opened(2);
    let before = batch.headers();
    assert_eq!((before.counts, before.values.lengths), (vec![2, 2], vec![1, -1, 1, -1]));
    let values = column(&[Ok("x"), Err(NULL), Ok("")]);
    batch.set_headers(HeaderColumn { counts: vec![0, 3], keys: path(&["a", "b", "é"]), values }).unwrap();
    batch.commit_call();
    batch.encode();
    let rows: Vec<_> = batch.outgoing().map(|(_, row)| row.headers).collect();
    let expected = [("a", Some("x")), ("b", None), ("é", Some(""))];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.map(|value| value.as_bytes().to_vec())));
    assert_eq!(rows, [Vec::new(), expected.to_vec()]);
}

#[test]
fn headers_that_do_not_fit_are_refused() {
    let mut batch = opened(2);
    let mut refuse = |counts: &[u32], keys: &[&str], values| {
        assert!(is_invalid(batch.set_headers(HeaderColumn { counts: counts.to_vec(), keys: path(keys), values })));
    };
    refuse(&[1], &["a"], column(&[Ok("x")]));
    refuse(&[1, 0], &["a", "b"], column(&[Ok("x"), Ok("y")]));
    refuse(&[u32::MAX, u32::MAX], &["a"], column(&[Ok("x")]));
    refuse(&[1, 0], &["a"], column(&[Ok("x"), Ok("y")]));
    refuse(&[1, 0], &["a"], column(&[Err(ABSENT)]));
    refuse(&[1, 0], &["a"], BytesColumn { lengths: vec![9], data: vec![0] });
    assert_eq!(batch.headers().counts, [2, 2]);
}
