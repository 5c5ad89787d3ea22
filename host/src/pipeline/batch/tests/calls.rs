//! Steps, fates and copies of rows.

use proptest::prelude::*;

use super::*;

fn numbered(count: usize) -> Batch {
    let rows: Vec<String> = (0..count).map(|row| format!("{{\"n\":{row}}}")).collect();
    batch_of(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

fn numbers(batch: &Batch) -> Vec<i64> {
    let FieldColumn::Integer(column) = batch.read_field(Part::Value, &path(&["n"]), FieldForm::Integer).unwrap() else {
        panic!("asked for integers")
    };
    column.values
}

fn open(batch: &mut Batch, access: Access) {
    batch.open_call(Call { first_step: 4, access, ..Call::default() }).unwrap();
}

#[test]
fn rows_are_numbered_anew_at_each_step() {
    let mut batch = numbered(5);
    open(&mut batch, Access::Transform);
    batch.discard(&[1]).unwrap();
    batch.reject(&[3], "bad".to_owned()).unwrap();
    assert_eq!(numbers(&batch), [0, 1, 2, 3, 4]);
    batch.enter_step(1, None).unwrap();
    assert_eq!(numbers(&batch), [0, 2, 4]);
    batch.enter_step(2, Some(vec![0, 2])).unwrap();
    assert_eq!((numbers(&batch), batch.row_count()), (vec![0, 4], 2));
    batch.edit(Part::Value, vec![put(&["x"], "1")]).unwrap();
    batch.enter_step(3, None).unwrap();
    assert_eq!(numbers(&batch), [0, 2, 4]);
    batch.commit_call();
    let kept = ["{\"n\":0,\"x\":1}", "{\"n\":2}", "{\"n\":4,\"x\":1}"].map(|row| Some(row.to_owned()));
    assert_eq!(values_of(&mut batch), kept);
}

#[test]
fn rejections_name_the_step_of_the_chain() {
    let mut batch = numbered(2);
    open(&mut batch, Access::Transform);
    batch.enter_step(2, None).unwrap();
    batch.reject(&[1], "bad".to_owned()).unwrap();
    assert_eq!(batch.current_step(), 6);
    batch.commit_call();
    let row = batch.rejected().next().unwrap();
    assert_eq!((row.rejection.stage, row.rejection.step, row.record.offset), (Stage::Transformation, Some(6), 1));
    assert_eq!((row.record.topic, row.record.partition, row.record.timestamp), ("orders", 3, 1_001));
    assert_eq!(row.record.headers, [("trace", Some(&b"1"[..])), ("empty", None)]);
}

#[test]
fn the_current_step_stays_known_after_an_abort() {
    let mut batch = numbered(2);
    open(&mut batch, Access::Transform);
    batch.enter_step(3, None).unwrap();
    batch.abort_call();
    assert_eq!(batch.current_step(), 7);
}

#[test]
fn a_call_may_see_only_chosen_rows() {
    let mut batch = numbered(4);
    batch.open_call(Call { rows: Some(vec![1, 3]), ..Call::default() }).unwrap();
    assert_eq!((numbers(&batch), batch.offsets()), (vec![1, 3], vec![1, 3]));
    batch.discard(&[0]).unwrap();
    batch.commit_call();
    assert_eq!(numbers(&batch), [0, 2, 3]);
    assert!(is_invalid(batch.open_call(Call { rows: Some(vec![3]), ..Call::default() })));
    assert!(is_invalid(batch.open_call(Call { rows: Some(vec![1, 1]), ..Call::default() })));
}

#[test]
fn steps_are_entered_in_order() {
    let mut batch = numbered(4);
    open(&mut batch, Access::Transform);
    // A step is entered again to narrow its rows, as long as it has written nothing.
    batch.enter_step(0, None).unwrap();
    batch.enter_step(0, Some(vec![0, 2])).unwrap();
    batch.expand(&[0, 1, 1]).unwrap();
    assert!(is_invalid(batch.enter_step(0, None)));
    batch.enter_step(1, Some(vec![0])).unwrap();
    batch.discard(&[]).unwrap();
    assert!(is_invalid(batch.enter_step(1, None)));
    batch.enter_step(2, None).unwrap();
    assert!(is_invalid(batch.enter_step(1, None)));
    assert!(is_invalid(batch.enter_step(3, Some(vec![5]))));
    assert!(is_invalid(batch.enter_step(3, Some(vec![2, 1]))));
    assert!(is_invalid(batch.enter_step(u32::MAX, None)));
    assert_eq!(batch.current_step(), 6);
}

#[test]
fn a_first_step_can_not_widen_its_call() {
    let mut batch = numbered(4);
    batch.open_call(Call { rows: Some(vec![1, 3]), ..Call::default() }).unwrap();
    batch.enter_step(0, None).unwrap();
    assert_eq!(numbers(&batch), [1, 3]);
    batch.enter_step(0, Some(vec![1])).unwrap();
    assert_eq!(numbers(&batch), [3]);
    assert!(is_invalid(batch.enter_step(0, Some(vec![2]))));
}

#[test]
fn no_step_sees_rows_outside_of_its_section() {
    let mut batch = numbered(6);
    batch.open_call(Call { section: Some(2..5), rows: Some(vec![0, 2]), ..Call::default() }).unwrap();
    assert_eq!(numbers(&batch), [2, 4]);
    batch.expand(&[0, 0, 1]).unwrap();
    batch.enter_step(1, None).unwrap();
    assert_eq!(numbers(&batch), [2, 2, 3, 4]);
    batch.discard(&[2]).unwrap();
    batch.enter_step(2, Some(vec![1, 2])).unwrap();
    assert_eq!(numbers(&batch), [2, 4]);
    assert!(is_invalid(batch.enter_step(3, Some(vec![3]))));
    batch.commit_call();
    assert_eq!(numbers(&batch), [0, 1, 2, 2, 4, 5]);
}

#[test]
fn a_call_has_no_steps_but_its_own() {
    let mut batch = numbered(2);
    batch.open_call(Call { first_step: 3, steps: Some(2), ..Call::default() }).unwrap();
    batch.enter_step(1, None).unwrap();
    assert!(is_invalid(batch.enter_step(2, None)));
    assert_eq!(batch.current_step(), 4);
}

#[test]
fn a_section_that_is_out_of_range_is_refused() {
    let mut batch = numbered(3);
    for section in [2..4, 4..4] {
        let call = Call { section: Some(section), ..Call::default() };
        assert!(is_invalid(batch.open_call(call)));
    }
}

#[test]
fn a_rejection_outweighs_a_discard_and_the_first_one_counts() {
    let mut batch = numbered(2);
    open(&mut batch, Access::Transform);
    batch.discard(&[0]).unwrap();
    batch.reject(&[0, 1], "first".to_owned()).unwrap();
    batch.reject(&[1], "second".to_owned()).unwrap();
    batch.discard(&[1]).unwrap();
    batch.commit_call();
    assert_eq!(rejections(&batch), [(0, "first".to_owned()), (1, "first".to_owned())]);
}

#[test]
fn expand_puts_copies_where_their_row_was() {
    let mut batch = numbered(4);
    batch.open_call(Call { rows: Some(vec![1, 2, 3]), ..Call::default() }).unwrap();
    batch.edit(Part::Value, vec![put(&["first"], "true")]).unwrap();
    batch.enter_step(1, Some(vec![1, 2])).unwrap();
    batch.expand(&[0, 0, 0]).unwrap();
    let values = IntegerColumn { states: Vec::new(), values: vec![10, 11, 12] };
    batch.write_field(Part::Value, path(&["n"]), FieldColumn::Integer(values)).unwrap();
    batch.enter_step(2, None).unwrap();
    assert_eq!(numbers(&batch), [0, 10, 11, 12, 3]);
    batch.commit_call();
    assert_eq!(batch.counts(), Counts { consumed: 4, expanded: 2, kept: 5, discarded: 1, rejected: 0 });
    let live: Vec<u32> = batch.origins().iter().map(|origin| origin.live).collect();
    assert_eq!(live, [1, 3, 0, 1]);
    let expected = "{\"n\":11,\"first\":true}";
    assert_eq!(values_of(&mut batch)[2].as_deref(), Some(expected));
}

#[test]
fn copies_keep_what_earlier_steps_wrote_by_row() {
    let mut batch = numbered(2);
    open(&mut batch, Access::Transform);
    let texts = column(&[Ok("zero"), Ok("one")]);
    batch.write_field(Part::Value, path(&["t"]), FieldColumn::Text(texts)).unwrap();
    batch.set_partitions(vec![7, 8]).unwrap();
    batch.set_timestamps(vec![70, 80]).unwrap();
    batch.enter_step(1, None).unwrap();
    batch.expand(&[1, 1]).unwrap();
    assert_eq!((batch.partitions(), batch.timestamps(), batch.offsets()), (vec![8, 8], vec![80, 80], vec![1, 1]));
    assert_eq!(batch.original_partitions(), [3, 3]);
    batch.commit_call();
    assert_eq!(values_of(&mut batch), vec![Some(r#"{"n":1,"t":"one"}"#.to_owned()); 2]);
}

#[test]
fn expand_comes_once_and_first() {
    let mut batch = numbered(2);
    open(&mut batch, Access::Transform);
    assert!(is_invalid(batch.expand(&[1, 0])));
    assert!(is_invalid(batch.expand(&[2])));
    batch.expand(&[0, 1, 1]).unwrap();
    assert!(is_unsupported(batch.expand(&[0])));
    batch.enter_step(1, None).unwrap();
    batch.set_partitions(vec![0, 0, 0]).unwrap();
    assert!(is_unsupported(batch.expand(&[0])));
    batch.enter_step(2, None).unwrap();
    batch.expand(&[]).unwrap();
    batch.commit_call();
    assert_eq!(batch.counts(), Counts { consumed: 2, expanded: 1, kept: 0, discarded: 3, rejected: 0 });
}

#[test]
fn a_call_can_do_only_what_it_is_for() {
    let mut batch = numbered(2);
    assert!(is_unsupported(batch.discard(&[0])));
    open(&mut batch, Access::Predicate);
    assert_eq!(numbers(&batch), [0, 1]);
    assert!(is_unsupported(batch.edit(Part::Value, vec![remove(&["n"])])));
    assert!(is_unsupported(batch.reject(&[0], String::new())));
    assert!(is_unsupported(batch.expand(&[0])));
    assert!(is_unsupported(batch.set_partitions(vec![1, 1])));
    batch.commit_call();
    open(&mut batch, Access::Put);
    assert!(is_unsupported(batch.discard(&[0])));
    assert!(is_unsupported(batch.enter_step(1, None)));
    batch.reject(&[1], "full".to_owned()).unwrap();
    batch.commit_call();
    let row = batch.rejected().next().unwrap();
    assert_eq!((row.rejection.stage, row.rejection.step), (Stage::TaskPut, None));
    open(&mut batch, Access::Poll);
    assert!(is_unsupported(batch.write(Part::Value, Form::Json, column(&[Ok("1")]))));
}

#[test]
fn the_host_rejects_live_rows() {
    let mut batch = numbered(3);
    batch.reject_live(&[0], Rejection { stage: Stage::KafkaProduce, step: None, reason: "a".into(), exception: "E" });
    batch
        .reject_live(&[1, 9], Rejection { stage: Stage::KafkaProduce, step: None, reason: "b".into(), exception: "E" });
    assert_eq!(rejections(&batch), [(0, "a".to_owned()), (2, "b".to_owned())]);
    assert_eq!((batch.live_rows(), batch.total_rows(), numbers(&batch)), (1, 3, vec![1]));
}

/// What a step of a random chain does.
#[derive(Debug, Clone)]
enum Action {
    Enter(u64),
    Discard(u64),
    Reject(u64),
    Expand(Vec<usize>),
    Commit,
    Abort,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        any::<u64>().prop_map(Action::Enter),
        any::<u64>().prop_map(Action::Discard),
        any::<u64>().prop_map(Action::Reject),
        proptest::collection::vec(0usize..4, 0..12).prop_map(Action::Expand),
        Just(Action::Commit),
        Just(Action::Abort),
    ]
}

/// The model: for each row that goes on its origin, and how many did not.
#[derive(Debug, Clone, Default)]
struct Ledger {
    live: Vec<(u32, Mark)>,
    view: Vec<usize>,
    gone: [u64; 2],
    added: u64,
}

use super::super::table::Mark;

impl Ledger {
    fn settle(&mut self) {
        for (_, mark) in &self.live {
            self.gone[0] += u64::from(*mark == Mark::Discard);
            self.gone[1] += u64::from(matches!(mark, Mark::Reject(_)));
        }
        self.live.retain(|(_, mark)| *mark == Mark::Keep);
    }

    fn choose(&self, bits: u64, rows: usize) -> Vec<u32> {
        (0..rows as u32).filter(|row| bits >> (row % 64) & 1 == 1).collect()
    }

    fn mark(&mut self, rows: &[u32], mark: Mark) {
        for row in rows {
            let (_, old) = &mut self.live[self.view[*row as usize]];
            *old = if *old == Mark::Keep || matches!(mark, Mark::Reject(_)) { mark } else { *old };
        }
    }

    fn expand(&mut self, copies: &[usize]) -> Vec<u32> {
        let (mut live, mut view, mut origins) = (Vec::new(), Vec::new(), Vec::new());
        for (index, row) in self.live.clone().into_iter().enumerate() {
            let Some(position) = self.view.iter().position(|seen| *seen == index) else {
                live.push(row);
                continue;
            };
            let count = copies.get(position).copied().unwrap_or(1);
            self.gone[0] += u64::from(count == 0);
            self.added += count.saturating_sub(1) as u64;
            for _ in 0..count {
                origins.push(position as u32);
                view.push(live.len());
                live.push(row);
            }
        }
        (self.live, self.view) = (live, view);
        origins
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_row_is_lost_or_made_up(count in 0usize..8, actions in proptest::collection::vec(action(), 0..20)) {
        let mut batch = numbered(count);
        let mut ledger = Ledger { live: (0..count as u32).map(|row| (row, Mark::Keep)).collect(), ..Ledger::default() };
        ledger.view = (0..count).collect();
        let mut before = ledger.clone();
        batch.open_call(Call::default()).unwrap();
        let (mut step, mut expanded) = (0, false);
        for action in actions {
            match action {
                Action::Enter(bits) => {
                    ledger.settle();
                    let rows = ledger.choose(bits, ledger.live.len());
                    ledger.view = rows.iter().map(|row| *row as usize).collect();
                    (step, expanded) = (step + 1, false);
                    batch.enter_step(step, Some(rows)).unwrap();
                }
                Action::Discard(bits) => {
                    let rows = ledger.choose(bits, ledger.view.len());
                    ledger.mark(&rows, Mark::Discard);
                    batch.discard(&rows).unwrap();
                    expanded = true;
                }
                Action::Reject(bits) => {
                    let rows = ledger.choose(bits, ledger.view.len());
                    ledger.mark(&rows, Mark::Reject(0));
                    batch.reject(&rows, "bad".to_owned()).unwrap();
                    expanded = true;
                }
                Action::Expand(copies) if !expanded => {
                    let origins = ledger.expand(&copies);
                    batch.expand(&origins).unwrap();
                    expanded = true;
                }
                Action::Expand(_) => prop_assert!(is_unsupported(batch.expand(&[]))),
                Action::Commit | Action::Abort => {
                    if matches!(action, Action::Commit) {
                        batch.commit_call();
                        ledger.settle();
                        before = ledger.clone();
                    } else {
                        batch.abort_call();
                        ledger = before.clone();
                    }
                    ledger.view = (0..ledger.live.len()).collect();
                    (step, expanded) = (0, false);
                    batch.open_call(Call::default()).unwrap();
                }
            }
            let seen: Vec<i64> = ledger.view.iter().map(|index| i64::from(ledger.live[*index].0)).collect();
            prop_assert_eq!(numbers(&batch), seen);
            let counts = batch.counts();
            prop_assert_eq!(counts.consumed + counts.expanded, counts.kept + counts.discarded + counts.rejected);
        }
        batch.commit_call();
        ledger.settle();
        let counts = batch.counts();
        let gone = [counts.discarded, counts.rejected];
        prop_assert_eq!((counts.expanded, gone, counts.kept as usize), (ledger.added, ledger.gone, ledger.live.len()));
        batch.encode();
        let outgoing: Vec<u32> = batch.outgoing().map(|(origin, _)| origin).collect();
        prop_assert_eq!(outgoing, ledger.live.iter().map(|(origin, _)| *origin).collect::<Vec<_>>());
    }
}
