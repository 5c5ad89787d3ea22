//! A call that is undone has not been.

use proptest::prelude::*;

use super::generate::{Tree, documents, operations};
use super::*;

/// All that can be seen of a batch.
#[derive(Debug, PartialEq)]
struct Seen {
    outgoing: Vec<(u32, crate::pipeline::edges::Outgoing)>,
    values: BytesColumn,
    kinds: Vec<ValueKind>,
    topics: TopicColumn,
    schemas: Vec<u32>,
    counts: Counts,
    rejected: Vec<(u32, String)>,
    live: usize,
}

fn seen(batch: &mut Batch) -> Seen {
    // Encoding may reject rows, so all else is looked at first.
    let values = batch.read(Part::Value, Form::Json).unwrap();
    let (kinds, topics, schemas) = (batch.kinds(Part::Value), batch.topics(), batch.schemas(Part::Value));
    let (counts, rejected, live) = (batch.counts(), rejections(batch), batch.live_rows());
    batch.encode();
    Seen { outgoing: batch.outgoing().collect(), values, kinds, topics, schemas, counts, rejected, live }
}

#[derive(Debug, Clone)]
enum Write {
    Edit(Vec<EditOperation>),
    Whole(Vec<Result<String, i32>>),
    Topics(String),
    Partitions(i32),
    Timestamps(i64),
    Headers(u8),
    Discard(u32),
    Reject(u32),
    Step(u32),
    Expand(u32),
}

fn write(rows: usize) -> impl Strategy<Value = Write> {
    let text =
        prop_oneof![Just(Ok("{\"a\":{\"b\":1}}".to_owned())), Just(Ok("5".to_owned())), Just(Err(-1)), Just(Err(-3))];
    prop_oneof![
        4 => operations(rows).prop_map(Write::Edit),
        1 => proptest::collection::vec(text, rows).prop_map(Write::Whole),
        1 => "[a-z]{1,5}".prop_map(Write::Topics),
        1 => (-1i32..9).prop_map(Write::Partitions),
        1 => (-1i64..9).prop_map(Write::Timestamps),
        1 => any::<u8>().prop_map(Write::Headers),
        1 => any::<u32>().prop_map(Write::Discard),
        1 => any::<u32>().prop_map(Write::Reject),
        1 => any::<u32>().prop_map(Write::Step),
        1 => any::<u32>().prop_map(Write::Expand),
    ]
}

fn case() -> impl Strategy<Value = (Vec<Tree>, Vec<Write>, Vec<Write>)> {
    documents().prop_flat_map(|documents| {
        let rows = documents.len();
        let writes = || proptest::collection::vec(write(rows), 0..6);
        (Just(documents), writes(), writes())
    })
}

/// Makes a write; one that does not fit, since rows have gone, is refused, and that is no matter.
fn make(batch: &mut Batch, write: &Write, step: u32) {
    let rows = batch.row_count();
    let chosen = |bits: u32| (0..rows).filter(|row| bits >> (row % 32) & 1 == 1).collect::<Vec<_>>();
    let all = |value: i64| vec![value; rows as usize];
    let _ = match write {
        Write::Edit(operations) => batch.edit(Part::Value, operations.clone()),
        Write::Whole(texts) => {
            let texts: Vec<_> = texts.iter().map(|text| text.as_deref().map_err(|sentinel| *sentinel)).collect();
            batch.write(Part::Value, Form::Json, column(&texts))
        }
        Write::Topics(name) => {
            batch.set_topics(TopicColumn { names: vec![name.clone()], rows: vec![0; rows as usize] })
        }
        Write::Partitions(partition) => batch.set_partitions(vec![*partition; rows as usize]),
        Write::Timestamps(timestamp) => batch.set_timestamps(all(*timestamp)),
        Write::Headers(value) => {
            let keys = vec![format!("h{value}"); rows as usize];
            let values = BytesColumn { lengths: vec![1; rows as usize], data: vec![*value; rows as usize] };
            batch.set_headers(HeaderColumn { counts: vec![1; rows as usize], keys, values })
        }
        Write::Discard(bits) => batch.discard(&chosen(*bits)),
        Write::Reject(bits) => batch.reject(&chosen(*bits), "bad".to_owned()),
        Write::Step(bits) => {
            let live = batch.rows.live.iter().filter(|row| batch.rows.mark(**row) == super::super::table::Mark::Keep);
            let rows = (0..live.count() as u32).filter(|row| bits >> (row % 32) & 1 == 1).collect();
            batch.enter_step(step, Some(rows))
        }
        Write::Expand(bits) => {
            let copies = |row: u32| (0..((bits >> (row % 16 * 2)) & 3)).map(move |_| row);
            batch.expand(&(0..rows).flat_map(copies).collect::<Vec<_>>())
        }
    };
}

fn batch(documents: &[Tree]) -> Batch {
    let texts: Vec<String> = documents.iter().map(Tree::spaced).collect();
    batch_of(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn call(batch: &mut Batch, writes: &[Write]) {
    batch.open_call(Call::default()).unwrap();
    for (step, write) in (1..).zip(writes) {
        make(batch, write, step);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn an_aborted_call_leaves_no_trace((documents, first, second) in case()) {
        let mut plain = batch(&documents);
        call(&mut plain, &first);
        plain.commit_call();
        let mut aborted = batch(&documents);
        call(&mut aborted, &second);
        aborted.abort_call();
        call(&mut aborted, &first);
        aborted.commit_call();
        call(&mut aborted, &second);
        aborted.abort_call();
        prop_assert_eq!(seen(&mut aborted), seen(&mut plain));
        // And what follows is as if the aborted calls had not been.
        call(&mut aborted, &second);
        aborted.commit_call();
        call(&mut plain, &second);
        plain.commit_call();
        prop_assert_eq!(seen(&mut aborted), seen(&mut plain));
    }

    #[test]
    fn a_refused_edit_leaves_no_trace((documents, writes, _) in case()) {
        let mut plain = batch(&documents);
        call(&mut plain, &writes);
        let mut refused = batch(&documents);
        call(&mut refused, &writes);
        let bad = vec![put(&["a"], "{}"), put(&["b", "c"], "7"), rename(&["a"], "ssn"), put(&["a"], "1,\"admin\":true")];
        prop_assert!(is_invalid(refused.edit(Part::Value, bad)));
        plain.commit_call();
        refused.commit_call();
        prop_assert_eq!(seen(&mut refused), seen(&mut plain));
    }
}

#[test]
fn opening_a_call_undoes_one_that_was_left_open() {
    let mut batch = batch_of(&["{}"]);
    batch.open_call(Call::default()).unwrap();
    batch.edit(Part::Value, vec![put(&["a"], "1")]).unwrap();
    batch.open_call(Call::default()).unwrap();
    batch.commit_call();
    assert_eq!(values_of(&mut batch), [Some("{}".to_owned())]);
}

#[test]
fn a_record_is_reported_once_however_many_of_its_rows_are_rejected() {
    let mut batch = Batch::new(Contents { key: Content::Text, value: Content::JSON });
    push(&mut batch, 0, Some(b"{}"));
    push(&mut batch, 1, Some(b"{}"));
    batch.open_call(Call::default()).unwrap();
    batch.expand(&[0, 0, 0, 1]).unwrap();
    batch.reject(&[1], "one".to_owned()).unwrap();
    batch.reject(&[2, 3], "others".to_owned()).unwrap();
    batch.commit_call();
    let reported: Vec<_> = batch.unreported().map(|row| (row.origin, row.rejection.reason.clone())).collect();
    assert_eq!(reported, [(1, "others".to_owned()), (0, "one".to_owned())]);
    batch.set_reported();
    batch.open_call(Call::default()).unwrap();
    batch.reject(&[0], "late".to_owned()).unwrap();
    batch.commit_call();
    assert_eq!((batch.unreported().count(), batch.counts().rejected), (0, 4));
}
