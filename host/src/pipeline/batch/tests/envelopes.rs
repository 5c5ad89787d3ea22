//! JSON with schemas.

use super::*;

const STRUCT: &str = r#"{"type":"struct","fields":[{"field":"a","type":"int64"}],"optional":false}"#;

fn batch(values: &[&str]) -> Batch {
    let mut batch = Batch::new(Contents { key: Content::Text, value: Content::JSON_WITH_SCHEMA });
    for (offset, value) in (0..).zip(values) {
        push(&mut batch, offset, Some(value.as_bytes()));
    }
    batch.decode();
    batch
}

fn envelope(schema: &str, payload: &str) -> String {
    format!("{{\"schema\":{schema},\"payload\":{payload}}}")
}

#[test]
fn the_payload_is_what_guests_see() {
    let spaced = STRUCT.replace(':', " : ");
    let rows = [
        envelope(STRUCT, r#"{"a":1}"#),
        envelope(STRUCT, r#"{"a":2}"#),
        format!(" {} ", envelope(&spaced, r#"{"a":3}"#)),
    ];
    let mut batch = batch(&[&rows[0], &rows[1], &rows[2], r#"{"payload":5,"schema":null}"#]);
    let json = rows_of(&batch.read(Part::Value, Form::Json).unwrap());
    assert_eq!(json, [ok(r#"{"a":1}"#), ok(r#"{"a":2}"#), ok(r#"{"a":3}"#), ok("5")]);
    assert_eq!(batch.schemas(Part::Value), [1, 1, 1, 0]);
    let raw = rows_of(&batch.read(Part::Value, Form::Raw).unwrap());
    assert_eq!(raw, [ok(&rows[0]), ok(&rows[1]), ok(&rows[2]), ok(r#"{"payload":5,"schema":null}"#)]);
}

#[test]
fn an_edited_payload_goes_out_in_a_new_envelope() {
    let rows = [envelope(STRUCT, r#"{"a":1}"#), envelope("null", r#"{"a":1}"#), envelope(STRUCT, r#"{"b":1}"#)];
    let mut batch = batch(&[&rows[0], &rows[1], &rows[2]]);
    edit(&mut batch, vec![replace(&["a"], "7")]).unwrap();
    let expected = [envelope(STRUCT, r#"{"a":7}"#), envelope("null", r#"{"a":7}"#), rows[2].clone()];
    assert_eq!(values_of(&mut batch), expected.map(Some));
}

#[test]
fn what_is_no_envelope_is_rejected_in_javas_words() {
    let rows = [
        "{}",
        r#"{"schema":null}"#,
        r#"{"payload":1}"#,
        r#"{"schema":null,"payload":1,"x":2}"#,
        "1",
        r#"{"schema":{"type":"int"},"payload":1}"#,
        r#"{"schema":{"type":"string"},"payload":1}"#,
        r#"{"schema":{"type":"string"},"payload":null}"#,
        r#"{"schema":null,"payload":1"#,
        "",
    ];
    let batch = batch(&rows);
    let reasons = rejections(&batch);
    assert_eq!(reasons.len(), 9);
    for (_, reason) in &reasons[..5] {
        assert!(reason.starts_with("JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields"));
    }
    assert_eq!(batch.tombstones(), [0]);
}

#[test]
fn an_envelope_that_starts_like_the_last_one_is_checked_to_its_end() {
    let good = envelope("null", "1");
    let injected = r#"{"schema":null,"payload":1,"more":2}"#;
    let batch = batch(&[&good, injected, r#"{"schema":null,"payload":}"#, r#"{"schema":null,"payload":1}}"#, &good]);
    assert_eq!(batch.live_rows(), 2);
}

#[test]
fn equal_schemas_have_equal_ids() {
    let mut table = SchemaTable::default();
    let first = table.intern(STRUCT.as_bytes()).unwrap();
    let same = r#" {"fields":[{"type":"int64","optional":false,"f\u0069eld":"a"}],"type":"struct"} "#;
    assert_eq!((first, table.intern(same.as_bytes()).unwrap()), (1, 1));
    let optional = STRUCT.replace("false", "true");
    assert_eq!(table.intern(optional.as_bytes()).unwrap(), 2);
    assert_eq!(table.get(1).as_deref(), Some(STRUCT.as_bytes()));
    assert_eq!((table.get(0), table.get(3)), (None, None));
}

#[test]
fn what_is_no_schema_has_no_id() {
    let mut table = SchemaTable::default();
    let bad = [
        "",
        "{",
        "1",
        "{}",
        r#"{"type":"int"}"#,
        r#"{"type":"struct"}"#,
        r#"{"type":"array"}"#,
        r#"{"type":"map","keys":{"type":"string"}}"#,
        r#"{"type":"struct","fields":[{"type":"string"}]}"#,
        r#"{"type":"struct","fields":[{"field":"a"}]}"#,
    ];
    for text in bad {
        assert!(table.intern(text.as_bytes()).is_err(), "{text}");
    }
    let deep = format!("{}{{\"type\":\"string\"}}{}", r#"{"type":"array","items":"#.repeat(200), "}".repeat(200));
    assert!(table.intern(deep.as_bytes()).is_err());
}

#[test]
fn schemas_are_set_by_id_and_stay_when_values_are_written() {
    let schemas: Arc<Mutex<SchemaTable>> = Arc::default();
    let text = schemas.lock().unwrap().intern(br#"{"type":"string","optional":true}"#).unwrap();
    let contents = Contents { key: Content::Opaque, value: Content::JSON_WITH_SCHEMA };
    let mut batch = Batch::with_schemas(contents, schemas);
    push(&mut batch, 0, Some(envelope("null", "1").as_bytes()));
    push(&mut batch, 1, None);
    batch.open_call(Call::default()).unwrap();
    assert!(is_invalid(batch.set_schemas(Part::Value, vec![9, 0])));
    batch.set_schemas(Part::Value, vec![text, 0]).unwrap();
    batch.write(Part::Value, Form::Json, column(&[Ok("\"x\""), Ok("null")])).unwrap();
    batch.commit_call();
    let expected = [envelope(r#"{"type":"string","optional":true}"#, "\"x\""), envelope("null", "null")];
    assert_eq!(values_of(&mut batch), expected.map(Some));
}

#[test]
fn raw_bytes_bring_their_schema() {
    let mut batch = batch(&[&envelope("null", "1")]);
    batch.open_call(Call::default()).unwrap();
    batch.write(Part::Value, Form::Raw, column(&[Ok(&envelope(STRUCT, "{}"))])).unwrap();
    assert_eq!(batch.schemas(Part::Value), [1]);
    batch.abort_call();
    assert_eq!((batch.schemas(Part::Value), batch.kinds(Part::Value)), (vec![0], vec![ValueKind::Integer]));
}

#[test]
fn a_payload_that_its_schema_forbids_is_rejected_when_it_is_encoded() {
    let mut batch = batch(&[&envelope(STRUCT, "{}"), &envelope(STRUCT, "{}")]);
    batch.open_call(Call::default()).unwrap();
    batch.write(Part::Value, Form::Json, column(&[Ok("1"), Err(OTHER)])).unwrap();
    batch.commit_call();
    assert_eq!(values_of(&mut batch), [Some(envelope(STRUCT, "{}"))]);
    let row = batch.rejected().next().unwrap();
    assert_eq!((row.origin, row.rejection.stage), (0, Stage::ValueConverter));
}
