//! Guests and records that mean harm.

use std::time::{Duration, Instant};

use super::*;

/// Slow enough for any machine, far too short for quadratic work.
const LONG: Duration = Duration::from_secs(20);

#[test]
fn text_that_is_more_than_one_value_is_not_injected() {
    let mut batch = batch_of(&["{}", "{}"]);
    batch.open_call(Call::default()).unwrap();
    for text in ["1,\"admin\":true", "", " ", "1 2", "\"", "{\"a\":1}}", "nul", "\"\u{1}\""] {
        assert!(is_invalid(batch.edit(Part::Value, vec![put(&["a"], text)])), "{text}");
        assert!(is_invalid(batch.edit(Part::Value, vec![put(&["a", "b"], text)])), "{text}");
        let outcome = [(ValueKind::Absent, KindOutcome::Put(text.into()))];
        assert!(is_invalid(batch.edit(Part::Value, vec![by_kind(&["a"], &outcome)])), "{text}");
        let column = FieldColumn::Json(column(&[Ok("1"), Ok(text)]));
        assert!(is_invalid(batch.write_field(Part::Value, path(&["a"]), column)), "{text}");
    }
    batch.commit_call();
    assert_eq!(values_of(&mut batch), vec![Some("{}".to_owned()); 2]);
}

#[test]
fn a_value_of_a_column_can_not_borrow_from_the_next() {
    let mut batch = batch_of(&["{}", "{}"]);
    batch.open_call(Call::default()).unwrap();
    let split = column(&[Ok("\"a"), Ok("b\"")]);
    assert!(is_invalid(batch.write_field(Part::Value, path(&["a"]), FieldColumn::Json(split.clone()))));
    assert!(is_invalid(batch.write(Part::Value, Form::Json, split)));
    let halves = BytesColumn { lengths: vec![1, 1], data: "é".as_bytes().to_vec() };
    assert!(is_invalid(batch.write_field(Part::Value, path(&["a"]), FieldColumn::Text(halves))));
}

#[test]
fn lengths_that_lie_are_refused() {
    let mut batch = batch_of(&["{}", "{}"]);
    batch.open_call(Call::default()).unwrap();
    for lengths in
        [vec![1], vec![1, 1, 1], vec![i32::MAX, i32::MAX], vec![3, 0], vec![-4, 2], vec![i32::MIN, 2], vec![0, 0]]
    {
        let column = BytesColumn { lengths, data: b"12".to_vec() };
        assert!(is_invalid(batch.write_field(Part::Value, path(&["a"]), FieldColumn::Json(column.clone()))));
        assert!(is_invalid(batch.write(Part::Value, Form::Json, column)));
    }
    let numbers = |states: &[i8], count| NumberColumn { states: states.to_vec(), values: vec![f64::INFINITY; count] };
    for column in
        [numbers(&[], 2), numbers(&[-1, 1], 2), numbers(&[-1, -4], 2), numbers(&[-1], 2), numbers(&[-1, -1, -1], 3)]
    {
        assert!(is_invalid(batch.write_field(Part::Value, path(&["a"]), FieldColumn::Number(column))));
    }
    assert!(is_invalid(batch.write(Part::Value, Form::Json, column(&[Err(ABSENT), Err(OTHER)]))));
}

#[test]
fn paths_have_one_to_a_hundred_names() {
    let mut batch = batch_of(&["{}"]);
    batch.open_call(Call::default()).unwrap();
    let long = vec!["a".to_owned(); 101];
    for path in [Vec::new(), long.clone()] {
        assert!(is_invalid(batch.read_field(Part::Value, &path, FieldForm::Json)));
        assert!(is_invalid(batch.field_kinds(Part::Value, &path)));
        assert!(is_invalid(batch.remove_field(Part::Value, path)));
    }
    let change = FieldChange::Put(FieldValue::Constant(b"1".to_vec()));
    batch.edit(Part::Value, vec![EditOperation { path: long[1..].to_vec(), change }]).unwrap();
}

#[test]
fn edits_can_not_nest_deeper_than_rows_may() {
    let mut batch = batch_of(&["{}"]);
    batch.open_call(Call::default()).unwrap();
    let deep = format!("{}{}", "[".repeat(499), "]".repeat(499));
    assert!(is_invalid(batch.edit(Part::Value, vec![put(&["a", "b"], &deep)])));
    batch.edit(Part::Value, vec![put(&["a"], &deep)]).unwrap();
    batch.commit_call();
    let text = values_of(&mut batch)[0].clone().unwrap();
    assert_eq!(batch_of(&[&text]).live_rows(), 1);
}

#[test]
fn edits_can_not_outgrow_memory() {
    let mut batch = batch_of(&vec!["{}"; 500]);
    batch.open_call(Call::default()).unwrap();
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    assert!(is_invalid(batch.edit(Part::Value, vec![put(&["a"], &large)])));
    assert!(is_invalid(batch.edit(Part::Value, vec![put(&[&large], "1")])));
    assert!(is_invalid(batch.edit(Part::Value, vec![rename(&["a"], &large)])));
    assert!(is_invalid(batch.edit(Part::Value, vec![remove(&["a"]); 1_001])));
    let copies: Vec<u32> = (0..3_000_000).map(|copy| copy / 6_000).collect();
    assert!(is_invalid(batch.expand(&copies)));
    assert!(is_invalid(batch.reject(&[0], "x".repeat(17 << 20))));
    batch.edit(Part::Value, vec![put(&["a"], "1")]).unwrap();
    batch.commit_call();
    assert_eq!(values_of(&mut batch), vec![Some("{\"a\":1}".to_owned()); 500]);
}

#[test]
fn copies_of_what_was_written_count_too() {
    let mut batch = batch_of(&["{}"]);
    batch.open_call(Call::default()).unwrap();
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    batch.edit(Part::Value, vec![put(&["a"], &large)]).unwrap();
    batch.enter_step(1, None).unwrap();
    assert!(is_invalid(batch.expand(&[0; 300])));
    batch.expand(&[0; 20]).unwrap();
    batch.commit_call();
    assert_eq!(values_of(&mut batch).len(), 20);
}

#[test]
fn five_hundred_different_shapes_are_edited_row_by_row() {
    let rows: Vec<String> = (0..500).map(|row| format!("{{\"k{row}\":1,\"ssn\":2,\"z{row}\":3}}")).collect();
    let operations = vec![remove(&["ssn"]), put(&["env"], "0"), rename(&["k7"], "k8"), put(&["a", "b"], "1")];
    let edited = edited(&rows.iter().map(String::as_str).collect::<Vec<_>>(), operations);
    for (row, text) in edited.iter().enumerate() {
        let key = if row == 7 { 8 } else { row };
        assert_eq!(*text, format!("{{\"k{key}\":1,\"z{row}\":3,\"env\":0,\"a\":{{\"b\":1}}}}"));
    }
}

#[test]
fn many_shapes_do_not_take_quadratic_time() {
    // Every row starts with another key, so the tree of keys has as many branches at its root.
    let started = Instant::now();
    let rows: Vec<String> = (0..200_000).map(|row| format!("{{\"k{row}\":1}}")).collect();
    let mut batch = batch_of(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    edit(&mut batch, vec![put(&["a"], "1"), remove(&["k5"])]).unwrap();
    assert_eq!(values_of(&mut batch).len(), 200_000);
    assert!(started.elapsed() < LONG);
}

#[test]
fn many_fields_do_not_take_quadratic_time() {
    let started = Instant::now();
    let fields: Vec<String> = (0..100_000).map(|field| format!("\"f{field}\":{field}")).collect();
    let row = format!("{{{}}}", fields.join(","));
    let same = format!("{{{}}}", vec!["\"a\":{\"b\":1}"; 100_000].join(","));
    let operations: Vec<_> = (0..200).map(|field| put(&[&format!("f{}", field * 700)], "0")).collect();
    let mut batch = batch_of(&[&row, &same]);
    edit(&mut batch, operations).unwrap();
    edit(&mut batch, vec![put(&["a", "b"], "2"), by_kind(&["a"], &[(ValueKind::Text, KindOutcome::Remove)])]).unwrap();
    let values = values_of(&mut batch);
    assert!(values[0].as_ref().unwrap().starts_with("{\"f0\":0,\"f1\":1,"));
    assert!(values[1].as_ref().unwrap().starts_with("{\"a\":{\"b\":2},\"a\":{\"b\":2},"));
    assert!(started.elapsed() < LONG);
}

#[test]
fn many_names_to_retain_do_not_take_quadratic_time() {
    let started = Instant::now();
    let names: Vec<String> = (0..400_000).map(|name| format!("n{name}")).collect();
    let fields: Vec<String> = (0..100_000).map(|field| format!("\"f{field}\":{field}")).collect();
    let row = format!("{{{},\"n7\":{{{},\"n8\":1}}}}", fields.join(","), fields.join(","));
    let retain = |path: &[&str]| operation(path, FieldChange::Retain(names.clone()));
    assert_eq!(edited(&[&row], vec![retain(&[]), retain(&["n7"])]), [r#"{"n7":{"n8":1}}"#]);
    assert!(started.elapsed() < LONG);
}

#[test]
fn many_operations_on_many_shapes_free_what_they_leave() {
    let rows: Vec<String> =
        (0..200).map(|row| format!("{{{}\"z\":{row}}}", format!("\"k{row}\":1,").repeat(100))).collect();
    let mut batch = batch_of(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let operations: Vec<_> = (0..100).flat_map(|_| [put(&["x"], "1"), remove(&["x"])]).collect();
    edit(&mut batch, operations).unwrap();
    let expected: Vec<_> = rows.into_iter().map(Some).collect();
    assert_eq!(values_of(&mut batch), expected);
}

#[test]
fn unterminated_rows_do_not_make_the_scanner_read_all_the_others() {
    let started = Instant::now();
    let mut rows = vec!["\""; 20_000];
    let long = "x".repeat(4 << 20);
    rows.push(&long);
    assert_eq!(batch_of(&rows).live_rows(), 0);
    assert!(started.elapsed() < LONG);
}
