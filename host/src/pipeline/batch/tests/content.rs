//! Strings, bytes and keys: parts that are no JSON.

use super::*;

fn batch(content: Content, values: &[&[u8]]) -> Batch {
    let mut batch = Batch::new(Contents { key: content.clone(), value: content });
    for (offset, value) in (0..).zip(values) {
        batch.push(NewRow {
            topic: "t",
            partition: 0,
            offset,
            timestamp: -1,
            key: Some(value),
            value: Some(value),
            headers: &[],
        });
    }
    batch.decode();
    batch
}

fn written(batch: &mut Batch, rows: &[Result<&str, i32>]) -> Vec<Option<String>> {
    batch.open_call(Call::default()).unwrap();
    batch.write(Part::Value, Form::Json, column(rows)).unwrap();
    batch.commit_call();
    values_of(batch)
}

#[test]
fn text_reads_as_a_json_string_and_passes_through_unchanged() {
    let mut batch = batch(Content::Text, &[b"say \"hi\"\n", b"", b"\xff"]);
    let json = rows_of(&batch.read(Part::Value, Form::Json).unwrap());
    assert_eq!(json, [ok(r#""say \"hi\"\n""#), ok("\"\""), ok("\"\u{fffd}\"")]);
    assert_eq!(batch.kinds(Part::Value), [ValueKind::Text; 3]);
    batch.encode();
    let values: Vec<_> = batch.outgoing().map(|(_, row)| (row.value.unwrap(), row.timestamp)).collect();
    assert_eq!(values, [(b"say \"hi\"\n".to_vec(), None), (Vec::new(), None), (b"\xff".to_vec(), None)]);
}

#[test]
fn text_is_written_without_quotes_and_other_json_as_it_is() {
    let mut batch = batch(Content::Text, &[b"a", b"b", b"c", b"d"]);
    let rows = [Ok(r#" "x\n\ud83d\ude00\ud800" "#), Ok("{\"a\": 1}"), Err(NULL), Err(OTHER)];
    let expected = [Some("x\n😀?"), Some("{\"a\": 1}"), None, Some("d")].map(|text| text.map(str::to_owned));
    assert_eq!(written(&mut batch, &rows), expected);
}

#[test]
fn fields_of_text_and_bytes_are_refused_in_javas_words() {
    for (content, class) in [(Content::Text, "java.lang.String"), (Content::Opaque, "[B")] {
        let mut batch = batch(content, &[b"{\"a\":1}"]);
        assert_eq!(batch.field_kinds(Part::Value, &path(&["a"])).unwrap(), [ValueKind::Absent]);
        edit(&mut batch, vec![remove(&["a"])]).unwrap();
        assert_eq!(rejections(&batch)[0].1, format!("Only Struct objects supported for [field edit], found: {class}"));
    }
}

#[test]
fn bytes_are_not_json() {
    let mut batch = batch(Content::Opaque, &[b"{}", b""]);
    assert_eq!(rows_of(&batch.read(Part::Value, Form::Json).unwrap()), [Err(OTHER), Err(OTHER)]);
    batch.open_call(Call::default()).unwrap();
    batch.write(Part::Value, Form::Raw, BytesColumn { lengths: vec![2, -3], data: vec![0xff, 0] }).unwrap();
    batch.commit_call();
    assert_eq!(batch.kinds(Part::Value), [ValueKind::Text, ValueKind::Text]);
    batch.encode();
    let values: Vec<_> = batch.outgoing().map(|(_, row)| row.value).collect();
    assert_eq!(values, [Some(vec![0xff, 0]), Some(Vec::new())]);
}

/// What ByteArrayConverter makes of JSON that a guest writes in the place of bytes, with this schema or with that which
/// stays.
fn bytes_of(schema: Option<&str>, json: &str) -> Result<Vec<u8>, String> {
    let mut batch = batch(Content::Opaque, &[b"\xff"]);
    batch.open_call(Call::default()).unwrap();
    if let Some(schema) = schema {
        let id = batch.schema_table().lock().unwrap().intern(schema.as_bytes()).unwrap();
        batch.set_schemas(Part::Value, vec![id]).unwrap();
    }
    batch.write(Part::Value, Form::Json, column(&[Ok(json)])).unwrap();
    assert_eq!(rows_of(&batch.read(Part::Value, Form::Json).unwrap()), [ok(json)]);
    batch.commit_call();
    batch.encode();
    let rejected = batch.rejected().next().map(|row| (row.rejection.stage, row.rejection.reason.clone()));
    match rejected {
        Some((stage, reason)) => {
            assert_eq!(stage, Stage::ValueConverter);
            Err(reason)
        }
        None => Ok(batch.outgoing().next().unwrap().1.value.unwrap()),
    }
}

#[test]
fn what_is_written_over_bytes_must_be_bytes_where_it_goes_to_kafka() {
    let incompatible = "ByteArrayConverter is not compatible with objects of type";
    assert_eq!(bytes_of(None, "{\"a\":1}").unwrap_err(), format!("{incompatible} java.util.HashMap"));
    let of_struct = bytes_of(Some(r#"{"type":"struct","fields":[]}"#), "{}").unwrap_err();
    assert_eq!(of_struct, "Invalid schema type for ByteArrayConverter: STRUCT");
    assert_eq!(bytes_of(None, "\"/wA=\"").unwrap(), [0xff, 0]);
    assert_eq!(bytes_of(None, "\"no base 64\"").unwrap_err(), format!("{incompatible} java.lang.String"));
}

#[test]
fn texts_and_bytes_have_the_schema_of_their_converter_and_nulls_too() {
    for (content, kind) in [(Content::Text, "string"), (Content::Opaque, "bytes")] {
        let mut batch = Batch::new(Contents { key: content.clone(), value: content });
        push(&mut batch, 0, Some(b"a"));
        push(&mut batch, 1, None);
        batch.open_call(Call::default()).unwrap();
        assert!(batch.has_schemas(Part::Value));
        let ids = batch.schemas(Part::Value);
        assert_eq!(ids, [ids[0], ids[0]]);
        let text = batch.schema_text(ids[0]).unwrap();
        assert_eq!(std::str::from_utf8(&text).unwrap(), format!(r#"{{"type":"{kind}","optional":true}}"#));
        // A schema of its own changes no byte, and JSON of another kind has none unless it gets one.
        batch.set_schemas(Part::Value, vec![0, ids[0]]).unwrap();
        batch.write(Part::Value, Form::Json, column(&[Err(OTHER), Ok("{}")])).unwrap();
        assert_eq!(batch.schemas(Part::Value), [0, 0]);
        batch.commit_call();
        let recycled = batch.recycle();
        assert!(!recycled.has_schemas(Part::Value));
    }
}

#[test]
fn raw_bytes_that_a_guest_writes_must_be_what_the_converter_reads() {
    let mut batch = batch(Content::JSON, &[b"{}", b"{}"]);
    batch.open_call(Call::default()).unwrap();
    assert!(is_invalid(batch.write(Part::Value, Form::Raw, column(&[Ok("{}"), Ok("{")]))));
    batch.write(Part::Value, Form::Raw, column(&[Ok(" {\"a\" :1} "), Ok("")])).unwrap();
    batch.commit_call();
    assert_eq!(values_of(&mut batch), [Some(" {\"a\" :1} ".to_owned()), None]);
}

#[test]
fn keys_are_edited_like_values() {
    let mut batch = batch(Content::JSON, &[br#"{"a":1}"#]);
    batch.open_call(Call::default()).unwrap();
    batch.edit(Part::Key, vec![put(&["b"], "2")]).unwrap();
    batch.commit_call();
    batch.encode();
    let (_, row) = batch.outgoing().next().unwrap();
    assert_eq!((row.key.unwrap(), row.value.unwrap()), (br#"{"a":1,"b":2}"#.to_vec(), br#"{"a":1}"#.to_vec()));
}

#[test]
fn a_malformed_key_rejects_the_row_with_its_own_stage() {
    let batch = batch(Content::JSON, &[b"{"]);
    let row = batch.rejected().next().unwrap();
    assert_eq!((row.rejection.stage, row.record.key), (Stage::KeyConverter, Some(&b"{"[..])));
    assert_eq!(batch.live_rows(), 0);
}

#[test]
fn raw_values_read_in_one_piece_are_those_that_came() {
    let mut batch = Batch::new(Contents { key: Content::Opaque, value: Content::Opaque });
    for (offset, value) in (0..).zip([Some(&b"one"[..]), None, Some(b""), Some(b"two"), Some(b"three")]) {
        push(&mut batch, offset, value);
    }
    batch.open_call(Call::default()).unwrap();
    let came = [ok("one"), Err(NULL), ok(""), ok("two"), ok("three")];
    assert_eq!(rows_of(&batch.read(Part::Value, Form::Raw).unwrap()), came);
    batch.commit_call();
    batch.open_call(Call { rows: Some(vec![0, 3]), ..Call::default() }).unwrap();
    assert_eq!(rows_of(&batch.read(Part::Value, Form::Raw).unwrap()), [ok("one"), ok("two")]);
    batch.write(Part::Value, Form::Raw, column(&[Ok("won"), Err(OTHER)])).unwrap();
    assert_eq!(rows_of(&batch.read(Part::Value, Form::Raw).unwrap()), [ok("won"), ok("two")]);
}
