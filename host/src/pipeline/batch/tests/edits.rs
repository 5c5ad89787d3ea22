//! What each change does to fields.

use super::*;

const ROW: &str = r#"{"id":1,"ssn":"123","n":1.10}"#;

#[test]
fn remove_takes_the_field_away_and_leaves_all_other_text() {
    assert_eq!(edited(&[ROW], vec![remove(&["ssn"])]), [r#"{"id":1,"n":1.10}"#]);
    assert_eq!(edited(&[ROW], vec![remove(&["id"])]), [r#"{"ssn":"123","n":1.10}"#]);
    assert_eq!(edited(&[ROW], vec![remove(&["n"])]), [r#"{"id":1,"ssn":"123"}"#]);
    assert_eq!(edited(&[ROW], vec![remove(&["id"]), remove(&["ssn"]), remove(&["n"])]), ["{}"]);
}

#[test]
fn a_row_that_an_edit_does_not_concern_keeps_its_bytes() {
    let spaced = " { \"id\" : 1 ,\t\"x\":[1, 2] } \n";
    let operations = vec![remove(&["ssn"]), replace(&["other"], "1"), rename(&["y"], "z")];
    assert_eq!(edited(&[spaced], operations), [spaced]);
}

#[test]
fn untouched_fields_keep_escapes_numbers_order_and_duplicates() {
    let row = r#"{ "\u0061" : 1e400, "b":12345678901234567890123,"x":0 , "b":-0.0,"c":"\ud83d\ude00\/" }"#;
    let expected = r#"{ "\u0061" : 1e400, "b":12345678901234567890123,"b":-0.0,"c":"\ud83d\ude00\/"}"#;
    assert_eq!(edited(&[row], vec![remove(&["x"])]), [expected]);
}

#[test]
fn put_replaces_in_place_or_adds_at_the_end() {
    assert_eq!(edited(&[ROW], vec![put(&["ssn"], " null ")]), [r#"{"id":1,"ssn":null,"n":1.10}"#]);
    assert_eq!(edited(&[ROW], vec![put(&["a\"b"], "[1, 2]")]), [r#"{"id":1,"ssn":"123","n":1.10,"a\"b":[1, 2]}"#]);
    assert_eq!(edited(&["{}"], vec![put(&["a"], "1"), put(&["b"], "2")]), [r#"{"a":1,"b":2}"#]);
}

#[test]
fn replace_writes_only_where_the_field_is_even_if_it_is_null() {
    let rows = [r#"{"a":null}"#, r#"{"b":1}"#];
    assert_eq!(edited(&rows, vec![replace(&["a"], "7")]), [r#"{"a":7}"#, r#"{"b":1}"#]);
}

#[test]
fn rename_keeps_the_place_and_ousts_the_field_of_that_name() {
    assert_eq!(edited(&[ROW], vec![rename(&["id"], "n")]), [r#"{"n":1,"ssn":"123"}"#]);
    assert_eq!(edited(&[ROW], vec![rename(&["id"], "id")]), [ROW]);
    assert_eq!(edited(&[ROW], vec![rename(&["nothing"], "n")]), [ROW]);
    assert_eq!(edited(&[ROW], vec![rename(&["id"], "é\n")]), [r#"{"é\n":1,"ssn":"123","n":1.10}"#]);
}

#[test]
fn by_kind_does_what_is_listed_for_the_kind() {
    let mask = [(ValueKind::Text, KindOutcome::Put(b"\"*\"".to_vec())), (ValueKind::Integer, KindOutcome::Remove)];
    let rows = [r#"{"a":"x"}"#, r#"{"a":1,"b":2}"#, r#"{"a":1.5}"#, r#"{"b":2}"#];
    let expected = [r#"{"a":"*"}"#, r#"{"b":2}"#, r#"{"a":1.5}"#, r#"{"b":2}"#];
    assert_eq!(edited(&rows, vec![by_kind(&["a"], &mask)]), expected);
    let absent = [(ValueKind::Absent, KindOutcome::Put(b"0".to_vec()))];
    assert_eq!(edited(&[r#"{"b":2}"#], vec![by_kind(&["a"], &absent)]), [r#"{"b":2,"a":0}"#]);
}

#[test]
fn by_kind_can_reject_a_row_with_a_reason() {
    let mut batch = batch_of(&[r#"{"a":"x"}"#, r#"{"a":1}"#]);
    let reject = [(ValueKind::Text, KindOutcome::Reject("no text please".to_owned()))];
    edit(&mut batch, vec![by_kind(&["a"], &reject), put(&["b"], "1")]).unwrap();
    assert_eq!(rejections(&batch), [(0, "no text please".to_owned())]);
    assert_eq!(values_of(&mut batch), [Some(r#"{"a":1,"b":1}"#.to_owned())]);
}

#[test]
fn retain_keeps_only_the_named_fields_in_their_order() {
    assert_eq!(edited(&[ROW], vec![retain(&[], &["n", "id", "x"])]), [r#"{"id":1,"n":1.10}"#]);
    assert_eq!(edited(&[ROW], vec![retain(&[], &[])]), ["{}"]);
    assert_eq!(edited(&[r#"{ "id" : 1 }"#], vec![retain(&[], &["id"])]), [r#"{ "id" : 1 }"#]);
    let after_edits = vec![put(&["new"], "2"), rename(&["id"], "number"), retain(&[], &["new", "number"])];
    assert_eq!(edited(&[ROW], after_edits), [r#"{"number":1,"new":2}"#]);
    assert_eq!(edited(&[r#"{"a":1,"b":2,"\u0061":3}"#], vec![retain(&[], &["a"])]), [r#"{"a":1,"\u0061":3}"#]);
}

#[test]
fn retain_below_a_field_keeps_what_is_no_object() {
    let rows = [r#"{"a":{"x":1,"y":2},"b":0}"#, r#"{"a":[1]}"#, r#"{"a":null}"#, r#"{"b":0}"#];
    let expected = [r#"{"a":{"y":2},"b":0}"#, r#"{"a":[1]}"#, r#"{"a":null}"#, r#"{"b":0}"#];
    assert_eq!(edited(&rows, vec![retain(&["a"], &["y"])]), expected);
    let repeated = r#"{"a":{"x":1},"a":{"x":{"y":1,"z":2}}}"#;
    assert_eq!(edited(&[repeated], vec![retain(&["a"], &[])]), [r#"{"a":{},"a":{}}"#]);
    assert_eq!(edited(&[repeated], vec![retain(&["a", "x"], &["z"])]), [r#"{"a":{"x":1},"a":{"x":{"z":2}}}"#]);
}

#[test]
fn an_edit_of_some_rows_takes_their_cells_of_a_column_and_leaves_the_others() {
    let rows = [r#"{"a":0}"#, r#"{"a":1}"#, "[]", r#"{"a":3}"#];
    let mut batch = batch_of(&rows);
    batch.open_call(Call::default()).unwrap();
    let column = FieldColumn::Json(column(&[Ok("10"), Ok("11"), Ok("12"), Ok("13")]));
    let operations =
        vec![operation(&["a"], FieldChange::Put(FieldValue::Column(column))), rename(&["a"], "b"), remove(&["c"])];
    batch.edit_rows(Part::Value, operations.clone(), Some(&[1, 3])).unwrap();
    for rows in [&[1, 1][..], &[3, 1], &[4]] {
        assert!(is_invalid(batch.edit_rows(Part::Value, operations.clone(), Some(rows))), "{rows:?}");
    }
    batch.edit_rows(Part::Value, operations, Some(&[])).unwrap();
    batch.commit_call();
    let expected = [r#"{"a":0}"#, r#"{"b":11}"#, "[]", r#"{"b":13}"#];
    assert_eq!(values_of(&mut batch), expected.map(|row| Some(row.to_owned())));
}

#[test]
fn an_edit_of_the_whole_value_rejects_by_kind() {
    let rows = [Some("{}"), Some("[1]"), Some("null"), None, Some("1"), Some(" \"x\" ")];
    let mut batch = Batch::new(Contents { key: Content::Text, value: Content::JSON });
    for (offset, row) in (0..).zip(rows) {
        push(&mut batch, offset, row.map(str::as_bytes));
    }
    batch.decode();
    let reject = |text: &str| KindOutcome::Reject(text.to_owned());
    let outcomes =
        [(ValueKind::Absent, reject("none")), (ValueKind::Null, reject("null")), (ValueKind::Text, reject("text"))];
    edit(&mut batch, vec![by_kind(&[], &outcomes)]).unwrap();
    let expected = [(2, "null"), (3, "none"), (5, "text")].map(|(row, reason)| (row, reason.to_owned()));
    assert_eq!(rejections(&batch), expected);
    edit(&mut batch, vec![by_kind(&[], &[(ValueKind::Object, reject("object"))])]).unwrap();
    assert_eq!(rejections(&batch).len(), 4);
    assert_eq!(values_of(&mut batch), [Some("[1]".to_owned()), Some("1".to_owned())]);
}

#[test]
fn other_changes_of_the_whole_value_are_refused_and_say_what_is_possible() {
    let mut batch = batch_of(&["{}"]);
    batch.open_call(Call::default()).unwrap();
    let put_object = [(ValueKind::Null, KindOutcome::Put(b"{}".to_vec()))];
    for change in [put(&[], "1"), remove(&[]), rename(&[], "a"), by_kind(&[], &put_object)] {
        let refused = batch.edit(Part::Value, vec![change]);
        assert!(
            matches!(&refused, Err(BatchError::InvalidArgument(words)) if words.contains("only retain")),
            "{refused:?}"
        );
    }
}

#[test]
fn repeated_keys_are_all_hit_however_they_are_written() {
    let row = r#"{"ssn":"1","x":0,"s\u0073n":"2"}"#;
    assert_eq!(edited(&[row], vec![remove(&["ssn"])]), [r#"{"x":0}"#]);
    assert_eq!(edited(&[row], vec![put(&["ssn"], "9")]), [r#"{"ssn":9,"x":0,"s\u0073n":9}"#]);
    assert_eq!(edited(&[row], vec![rename(&["ssn"], "t")]), [r#"{"t":"1","x":0,"t":"2"}"#]);
    let mask = [(ValueKind::Text, KindOutcome::Put(b"\"*\"".to_vec()))];
    assert_eq!(edited(&[row], vec![by_kind(&["ssn"], &mask)]), [r#"{"ssn":"*","x":0,"s\u0073n":"*"}"#]);
}

#[test]
fn a_secret_does_not_survive_behind_a_repeated_key() {
    // The last one is kept, as it is no text; the one that it hides is what the mask was meant for.
    let mask = [(ValueKind::Text, KindOutcome::Put(b"\"*\"".to_vec()))];
    assert_eq!(edited(&[r#"{"a":"secret","b":1,"a":null}"#], vec![by_kind(&["a"], &mask)]), [r#"{"b":1,"a":null}"#]);
    let nested = r#"{"p":{"a":"secret"},"p":{"a":"secret","a":1}}"#;
    assert_eq!(edited(&[nested], vec![by_kind(&["p", "a"], &mask)]), [r#"{"p":{"a":"*"},"p":{"a":1}}"#]);
    let unreachable = r#"{"p":{"a":{"b":"secret"},"a":5},"p":7,"p":{}}"#;
    let masked = r#"{"p":{"a":{"b":"*"},"a":5},"p":7,"p":{}}"#;
    assert_eq!(edited(&[unreachable], vec![by_kind(&["p", "a", "b"], &mask)]), [masked]);
}

#[test]
fn columns_write_remove_and_leave_by_row() {
    let rows = [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, r#"{"b":4}"#];
    let texts = column(&[Ok("[1]"), Err(ABSENT), Err(OTHER), Err(NULL)]);
    let change = FieldChange::Put(FieldValue::Column(FieldColumn::Json(texts)));
    let expected = [r#"{"a":[1]}"#, r#"{}"#, r#"{"a":3}"#, r#"{"b":4,"a":null}"#];
    assert_eq!(edited(&rows, vec![operation(&["a"], change)]), expected);
    let texts = column(&[Ok("say \"é\"\n\u{1}"), Err(OTHER), Err(OTHER), Ok("")]);
    let change = FieldChange::Replace(FieldValue::Column(FieldColumn::Text(texts)));
    let expected = ["{\"a\":\"say \\\"é\\\"\\n\\u0001\"}", rows[1], rows[2], rows[3]];
    assert_eq!(edited(&rows, vec![operation(&["a"], change)]), expected);
}

#[test]
fn numbers_are_written_as_json_has_them() {
    let integers = IntegerColumn { states: Vec::new(), values: vec![i64::MIN, 7] };
    let change = FieldChange::Put(FieldValue::Column(FieldColumn::Integer(integers)));
    assert_eq!(edited(&["{}", "{}"], vec![operation(&["a"], change)]), [r#"{"a":-9223372036854775808}"#, r#"{"a":7}"#]);
    let numbers = NumberColumn { states: vec![0, -1, -3], values: vec![1e300, f64::NAN, 0.5] };
    let change = FieldChange::Put(FieldValue::Column(FieldColumn::Number(numbers)));
    assert_eq!(edited(&["{}", "{}", "{}"], vec![operation(&["a"], change)]), [r#"{"a":1e300}"#, r#"{"a":null}"#, "{}"]);
}

#[test]
fn nested_fields_change_in_place() {
    let row = r#"{"a":{"b":{"c":1, "d" :2},"x":[{"c":1}]},"z":0}"#;
    assert_eq!(edited(&[row], vec![remove(&["a", "b", "c"])]), [r#"{"a":{"b":{"d" :2},"x":[{"c":1}]},"z":0}"#]);
    let two = vec![put(&["a", "b", "e"], "3"), rename(&["a", "x"], "y")];
    assert_eq!(edited(&[row], two), [r#"{"a":{"b":{"c":1, "d" :2,"e":3},"y":[{"c":1}]},"z":0}"#]);
    let then_outer = vec![put(&["a", "b"], "1"), remove(&["a", "x"]), rename(&["a"], "q"), remove(&["z"])];
    assert_eq!(edited(&[row], then_outer), [r#"{"q":{"b":1}}"#]);
}

#[test]
fn put_adds_missing_parents_and_other_changes_do_nothing() {
    assert_eq!(edited(&["{}"], vec![put(&["a", "b", "c"], "1")]), [r#"{"a":{"b":{"c":1}}}"#]);
    assert_eq!(edited(&[r#"{"a":{}}"#], vec![put(&["a", "b", "c"], "1")]), [r#"{"a":{"b":{"c":1}}}"#]);
    let nothing = vec![remove(&["a", "b"]), replace(&["a", "b"], "1"), rename(&["a", "b"], "c")];
    assert_eq!(edited(&["{}"], nothing), ["{}"]);
    let absent = [(ValueKind::Absent, KindOutcome::Put(b"0".to_vec()))];
    assert_eq!(edited(&["{}"], vec![by_kind(&["a", "b"], &absent)]), [r#"{"a":{"b":0}}"#]);
    let texts = column(&[Ok("x"), Err(OTHER), Err(ABSENT)]);
    let change = FieldChange::Put(FieldValue::Column(FieldColumn::Text(texts)));
    assert_eq!(edited(&["{}", "{}", "{}"], vec![operation(&["a", "b"], change)]), [r#"{"a":{"b":"x"}}"#, "{}", "{}"]);
}

#[test]
fn below_a_parent_that_is_no_object_there_is_nothing_to_change() {
    let changes = vec![remove(&["a", "b"]), replace(&["a", "b"], "1"), rename(&["a", "b"], "c")];
    let rows = [r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":"x"}"#];
    assert_eq!(edited(&rows, changes), rows);
}

#[test]
fn a_put_below_a_parent_that_is_no_object_rejects_the_row() {
    let mut batch = batch_of(&[r#"{"a":1}"#, r#"{"a":{}}"#, r#"{"a":null}"#]);
    edit(&mut batch, vec![put(&["a", "b"], "1")]).unwrap();
    let text = "Only Map objects supported in absence of schema for [field edit], found: ";
    assert_eq!(rejections(&batch), [(0, format!("{text}java.lang.Long")), (2, format!("{text}null"))]);
    assert_eq!(values_of(&mut batch), [Some(r#"{"a":{"b":1}}"#.to_owned())]);
}

#[test]
fn nulls_are_left_alone_and_other_values_rejected_in_javas_words() {
    let mut batch = batch_of(&["null", "", "1", "1.5", "\"x\"", "true", "[]", " {} "]);
    push(&mut batch, 8, None);
    edit(&mut batch, vec![remove(&["a"])]).unwrap();
    let found: Vec<_> =
        rejections(&batch).into_iter().map(|(_, text)| text.rsplit(' ').next().unwrap().to_owned()).collect();
    let classes = ["Long", "Double", "String", "Boolean"].map(|name| format!("java.lang.{name}"));
    assert_eq!(found[..4], classes);
    assert_eq!(found[4], "java.util.ArrayList");
    let left = [Some("null"), None, Some(" {} "), None].map(|value| value.map(str::to_owned));
    assert_eq!(values_of(&mut batch), left);
    assert!(batch.rejected().all(|row| row.rejection.step == Some(0) && row.rejection.exception == DATA_EXCEPTION));
}

#[test]
fn a_column_that_leaves_a_row_does_not_reject_it() {
    let texts = column(&[Err(OTHER), Ok("1")]);
    let change = FieldChange::Put(FieldValue::Column(FieldColumn::Json(texts)));
    assert_eq!(edited(&["5", "{}"], vec![operation(&["a"], change)]), ["5", r#"{"a":1}"#]);
}

#[test]
fn a_later_operation_sees_what_an_earlier_one_did() {
    let operations = vec![put(&["a"], "{\"b\":1}"), rename(&["a"], "c"), put(&["c", "b"], "2"), put(&["a"], "3")];
    assert_eq!(edited(&[r#"{"x":0}"#], operations), [r#"{"x":0,"c":{"b":2},"a":3}"#]);
}

#[test]
fn a_plain_value_behind_a_repeated_parent_stays() {
    let reject = [(ValueKind::Absent, KindOutcome::Reject("it has none".to_owned()))];
    let rows = [r#"{"a":{"b":1},"a":{"ssn":2}}"#, r#"{"a":5,"a":{"ssn":2}}"#];
    let expected = [r#"{"a":{"ssn":2}}"#, rows[1]];
    assert_eq!(edited(&rows, vec![by_kind(&["a", "ssn"], &reject)]), expected);
}
