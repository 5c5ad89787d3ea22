//! What guests see of fields and whole values.

use super::*;

fn field(batch: &Batch, names: &[&str], form: FieldForm) -> FieldColumn {
    batch.read_field(Part::Value, &path(names), form).unwrap()
}

fn json_field(batch: &Batch, names: &[&str]) -> Vec<Result<String, i32>> {
    let FieldColumn::Json(column) = field(batch, names, FieldForm::Json) else { panic!("asked for JSON") };
    rows_of(&column)
}

fn text_field(batch: &Batch, names: &[&str]) -> Vec<Result<String, i32>> {
    let FieldColumn::Text(column) = field(batch, names, FieldForm::Text) else { panic!("asked for text") };
    rows_of(&column)
}

#[test]
fn fields_read_as_json_text() {
    let batch = batch_of(&[r#"{"a": 1.10 }"#, r#"{"a":null}"#, r#"{"b":1}"#, "[1]", r#"{"a":1,"\u0061":{"x": 2}}"#]);
    assert_eq!(json_field(&batch, &["a"]), [ok("1.10"), Err(NULL), Err(ABSENT), Err(ABSENT), ok(r#"{"x": 2}"#)]);
    assert_eq!(json_field(&batch, &["a", "x"])[4], ok("2"));
    assert_eq!(json_field(&batch, &["never seen"]), vec![Err(ABSENT); 5]);
}

#[test]
fn fields_read_as_the_characters_of_strings() {
    let batch = batch_of(&[r#"{"a":"x\"\u00e9\ud83d\ude00\n"}"#, r#"{"a":""}"#, r#"{"a":5}"#, r#"{"a":"\ud800"}"#]);
    assert_eq!(text_field(&batch, &["a"]), [ok("x\"é😀\n"), ok(""), Err(OTHER), Err(OTHER)]);
}

#[test]
fn fields_read_as_integers_that_fit() {
    let rows = ["-0", "9223372036854775807", "9223372036854775808", "1.0", "\"1\"", "null"];
    let rows: Vec<String> = rows.iter().map(|row| format!("{{\"a\":{row}}}")).collect();
    let batch = batch_of(&rows.iter().map(String::as_str).chain(["{}"]).collect::<Vec<_>>());
    let FieldColumn::Integer(column) = field(&batch, &["a"], FieldForm::Integer) else { panic!("asked for integers") };
    assert_eq!(column.states, [0, 0, -3, -3, -3, -1, -2]);
    assert_eq!(column.values[..2], [0, i64::MAX]);
}

#[test]
fn fields_read_as_doubles() {
    let batch = batch_of(&[r#"{"a":1.5}"#, r#"{"a":3}"#, r#"{"a":1e400}"#, r#"{"a":true}"#]);
    let FieldColumn::Number(column) = field(&batch, &["a"], FieldForm::Number) else { panic!("asked for numbers") };
    assert_eq!(column.states, [0, 0, -3, -3]);
    assert_eq!(column.values[..2], [1.5, 3.0]);
}

#[test]
fn kinds_tell_values_apart() {
    use ValueKind::*;
    let row = r#"{"n":null,"b":false,"i":-1,"f":1e2,"t":"","a":[],"o":{}}"#;
    let batch = batch_of(&[row]);
    let kinds =
        ["n", "b", "i", "f", "t", "a", "o", "x"].map(|name| batch.field_kinds(Part::Value, &path(&[name])).unwrap()[0]);
    assert_eq!(kinds, [Null, Boolean, Integer, Fraction, Text, Array, Object, Absent]);
    let mut batch = batch_of(&["null", "", "1", "{}", " [] "]);
    push(&mut batch, 5, None);
    batch.decode();
    assert_eq!(batch.kinds(Part::Value), [Null, Absent, Integer, Object, Array, Absent]);
    assert_eq!(batch.tombstones(), [1, 5]);
}

#[test]
fn reads_see_the_writes_of_their_own_call() {
    let mut batch = batch_of(&[r#"{"a":"x"}"#, r#"{"b":2}"#]);
    batch.open_call(Call::default()).unwrap();
    batch.edit(Part::Value, vec![put(&["c"], "7"), rename(&["a"], "d")]).unwrap();
    assert_eq!(json_field(&batch, &["c"]), [ok("7"), ok("7")]);
    assert_eq!(text_field(&batch, &["d"]), [ok("x"), Err(ABSENT)]);
    assert_eq!(json_field(&batch, &["a"]), vec![Err(ABSENT); 2]);
    let whole = rows_of(&batch.read(Part::Value, Form::Json).unwrap());
    assert_eq!(whole, [ok(r#"{"d":"x","c":7}"#), ok(r#"{"b":2,"c":7}"#)]);
}

#[test]
fn whole_values_read_null_for_null_and_tombstone() {
    let mut batch = batch_of(&["null", "", " 5 ", "{}"]);
    assert_eq!(rows_of(&batch.read(Part::Value, Form::Json).unwrap()), [Err(NULL), Err(NULL), ok("5"), ok("{}")]);
    assert_eq!(rows_of(&batch.read(Part::Value, Form::Raw).unwrap()), [ok("null"), Err(NULL), ok(" 5 "), ok("{}")]);
    assert_eq!(rows_of(&batch.read(Part::Key, Form::Json).unwrap()), vec![ok("\"key\""); 4]);
}

#[test]
fn whole_values_are_replaced() {
    let mut batch = batch_of(&["{}", "{}", r#"{"a":1}"#]);
    batch.open_call(Call::default()).unwrap();
    let column = column(&[Ok(r#"{"a":{"b":2}}"#), Err(NULL), Err(OTHER)]);
    batch.write(Part::Value, Form::Json, column).unwrap();
    assert_eq!(json_field(&batch, &["a"]), [ok(r#"{"b":2}"#), Err(ABSENT), ok("1")]);
    batch.edit(Part::Value, vec![put(&["a", "c"], "3")]).unwrap_or_default();
    batch.commit_call();
    assert_eq!(values_of(&mut batch), [Some(r#"{"a":{"b":2,"c":3}}"#.to_owned()), None]);
    assert_eq!(rejections(&batch).len(), 1);
}
