//! JSON with schemas.

use super::*;

const STRUCT: &str = r#"{"type":"struct","fields":[{"field":"a","type":"int64","optional":false}],"optional":false}"#;

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
    let ids = batch.schemas(Part::Value);
    assert_ne!(ids[0], 0);
    assert_eq!(ids, [ids[0], ids[0], ids[0], 0]);
    let raw = rows_of(&batch.read(Part::Value, Form::Raw).unwrap());
    assert_eq!(raw, [ok(&rows[0]), ok(&rows[1]), ok(&rows[2]), ok(r#"{"payload":5,"schema":null}"#)]);
}

#[test]
fn an_edited_payload_goes_out_in_a_new_envelope() {
    let rows = [envelope(STRUCT, r#"{"a":1}"#), envelope("null", r#"{"a":1}"#), envelope(STRUCT, r#"{"a":1,"b":1}"#)];
    let mut batch = batch(&[&rows[0], &rows[1], &rows[2]]);
    edit(&mut batch, vec![replace(&["b"], "7"), replace(&["a"], "7")]).unwrap();
    let last = envelope(STRUCT, r#"{"a":7,"b":7}"#);
    let expected = [envelope(STRUCT, r#"{"a":7}"#), envelope("null", r#"{"a":7}"#), last];
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
    assert_eq!(reasons.len(), rows.len());
    for (_, reason) in reasons[..5].iter().chain(&reasons[9..]) {
        assert!(reason.starts_with("JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields"));
    }
    assert_eq!(batch.live_rows(), 0);
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
    let optional = STRUCT.replace("}],\"optional\":false", "}],\"optional\":true");
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
    batch.write(Part::Value, Form::Raw, column(&[Ok(&envelope(STRUCT, r#"{"a":0}"#))])).unwrap();
    assert_ne!(batch.schemas(Part::Value), [0]);
    batch.abort_call();
    assert_eq!((batch.schemas(Part::Value), batch.kinds(Part::Value)), (vec![0], vec![ValueKind::Integer]));
}

#[test]
fn a_payload_that_its_schema_forbids_is_rejected_when_it_is_encoded() {
    let good = envelope(STRUCT, r#"{"a":1}"#);
    let mut batch = batch(&[&good, &good]);
    batch.open_call(Call::default()).unwrap();
    batch.write(Part::Value, Form::Json, column(&[Ok("1"), Err(OTHER)])).unwrap();
    batch.commit_call();
    assert_eq!(values_of(&mut batch), [Some(good)]);
    let row = batch.rejected().next().unwrap();
    assert_eq!((row.origin, row.rejection.stage), (0, Stage::ValueConverter));
}

const PERSON: &str = concat!(
    r#"{"type":"struct","fields":[{"type":"int32","optional":true,"default":7,"field":"n"},"#,
    r#"{"type":"array","items":{"type":"string","optional":true,"default":"d"},"optional":true,"field":"l"}],"#,
    r#""optional":false}"#
);

const DEFAULTS: JsonSettings = JsonSettings { envelope: Envelope::Around, ..JsonSettings::PLAIN };
const NUMERIC: JsonSettings = JsonSettings { numeric_decimals: true, ..DEFAULTS };
const NULLS: JsonSettings = JsonSettings { replace_nulls: false, ..DEFAULTS };

/// Decodes a value and encodes it again, with an edit between that changes nothing but the row's bytes.
fn through(settings: JsonSettings, value: &str) -> Result<String, String> {
    let mut batch = Batch::new(Contents { key: Content::Text, value: Content::Json(settings) });
    push(&mut batch, 0, Some(value.as_bytes()));
    batch.decode();
    batch.open_call(Call::default()).unwrap();
    let json = batch.read(Part::Value, Form::Json).unwrap();
    if !json.lengths.is_empty() {
        batch.write(Part::Value, Form::Json, json).unwrap();
    }
    batch.commit_call();
    let value = values_of(&mut batch).pop().flatten();
    value.ok_or_else(|| rejections(&batch).remove(0).1)
}

#[test]
fn defaults_stand_for_nulls_where_the_converter_says_so() {
    let row = |payload: &str| envelope(PERSON, payload);
    let replaced = |payload: &str| through(DEFAULTS, &row(payload)).unwrap();
    assert_eq!(replaced(r#"{"n":null,"l":["a",null]}"#), row(r#"{"n":7,"l":["a","d"]}"#));
    assert_eq!(replaced("{}"), row(r#"{"n":7,"l":null}"#));
    assert_eq!(replaced(r#"{ "n" : 1, "x":0 }"#), row(r#"{ "n" : 1, "x":0 }"#));
    let kept = |payload: &str| through(NULLS, &row(payload)).unwrap();
    assert_eq!(kept(r#"{"n":null,"l":["a",null]}"#), row(r#"{"n":null,"l":["a",null]}"#));
    let required = PERSON.replace(r#""int32","optional":true"#, r#""int32","optional":false"#);
    let reason = through(NULLS, &envelope(&required, "{}")).unwrap_err();
    assert_eq!(reason, "the payload is not what its schema says: n: there is no value for a required field");
}

#[test]
fn nulls_that_a_plugin_writes_become_defaults_when_they_are_encoded() {
    for (settings, expected) in [(DEFAULTS, r#"{"n":7,"l":null}"#), (NULLS, r#"{"n":null,"l":null}"#)] {
        let mut batch = Batch::new(Contents { key: Content::Text, value: Content::Json(settings) });
        push(&mut batch, 0, Some(envelope(PERSON, r#"{"n":1}"#).as_bytes()));
        batch.decode();
        edit(
            &mut batch,
            vec![replace(&["n"], "null"), operation(&["l"], FieldChange::Put(FieldValue::Constant(b"null".to_vec())))],
        )
        .unwrap();
        assert_eq!(values_of(&mut batch), [Some(envelope(PERSON, expected))]);
    }
}

#[test]
fn what_an_edit_makes_of_a_row_must_be_what_its_schema_says() {
    let mut batch = batch(&[&envelope(STRUCT, r#"{"a":1}"#)]);
    edit(&mut batch, vec![replace(&["a"], "\"1\"")]).unwrap();
    assert_eq!(values_of(&mut batch), []);
    let row = batch.rejected().next().unwrap();
    assert!(row.rejection.reason.starts_with("the payload is not what its schema says: a: expected an integer"));
    assert_eq!(row.rejection.stage, Stage::ValueConverter);
}

#[test]
fn decimals_are_written_in_the_format_that_is_configured() {
    let decimal = |scale: &str| {
        let name = "org.apache.kafka.connect.data.Decimal";
        format!(r#"{{"type":"bytes","optional":false,"name":"{name}","version":1,"parameters":{{"scale":"{scale}"}}}}"#)
    };
    let of = |settings, scale, payload: &str| through(settings, &envelope(&decimal(scale), payload)).unwrap();
    assert_eq!(of(NUMERIC, "2", "\"nA==\""), envelope(&decimal("2"), "-1.00"));
    assert_eq!(of(NUMERIC, "-3", "\"AQ==\""), envelope(&decimal("-3"), "1E+3"));
    assert_eq!(of(NUMERIC, "9", "\"AQ==\""), envelope(&decimal("9"), "1E-9"));
    assert_eq!(of(NUMERIC, "6", "\"AQ==\""), envelope(&decimal("6"), "0.000001"));
    assert_eq!(of(DEFAULTS, "2", "1.5"), envelope(&decimal("2"), "\"AJY=\""));
    let default = decimal("1").replace("\"scale\":\"1\"}", "\"scale\":\"1\"},\"default\":\"BQ==\"");
    let numeric = default.replace("\"BQ==\"", "0.5");
    assert_eq!(through(NUMERIC, &envelope(&default, "2.5")).unwrap(), envelope(&numeric, "2.5"));
}

#[test]
fn schemas_are_written_as_java_writes_them() {
    let given = r#"{"fields":[{"type":"int8","field":"a","x":1,"version":1.5}],"type":"struct","parameters":{}}"#;
    let written = r#"{"type":"struct","fields":[{"type":"int8","optional":false,"field":"a"}],"optional":false}"#;
    assert_eq!(through(DEFAULTS, &envelope(given, r#"{"a":1}"#)).unwrap(), envelope(written, r#"{"a":1}"#));
}

#[test]
fn a_schema_apart_is_that_of_every_payload() {
    let mut table = SchemaTable::default();
    let id = table.intern(STRUCT.as_bytes()).unwrap();
    let content = Content::Json(JsonSettings { envelope: Envelope::Apart(id), ..JsonSettings::PLAIN });
    let contents = Contents { key: Content::Text, value: content };
    let mut batch = Batch::with_schemas(contents, Arc::new(Mutex::new(table)));
    push(&mut batch, 0, Some(br#"{"a":1}"#));
    push(&mut batch, 1, Some(br#"{"a":"x"}"#));
    push(&mut batch, 2, Some(envelope(STRUCT, r#"{"a":1}"#).as_bytes()));
    batch.decode();
    assert_eq!(batch.schemas(Part::Value), [id]);
    assert_eq!(rejections(&batch).len(), 2);
    edit(&mut batch, vec![replace(&["a"], "2")]).unwrap();
    assert_eq!(values_of(&mut batch), [Some(envelope(STRUCT, r#"{"a":2}"#))]);
}
