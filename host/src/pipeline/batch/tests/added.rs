//! Headers by their converter: which are read, and what becomes of those that guests add.

use std::sync::{Arc, Mutex};

use super::*;
use crate::config::converter::{Converter, Primitive};

/// Makes a batch of one row that has the headers, all called `h`.
fn batch(converter: Option<&Converter>, headers: &[Option<&[u8]>]) -> Batch {
    let mut schemas = SchemaTable::default();
    let content = converter.map(|converter| Content::of(converter, &mut schemas).unwrap());
    let contents = Contents { key: Content::JSON, value: Content::JSON };
    let mut batch = Batch::with_schemas(contents, Arc::new(Mutex::new(schemas))).with_headers(content);
    let headers: Vec<HeaderRef<'_>> = headers.iter().map(|value| ("h", *value)).collect();
    for (offset, value) in [(0, &b"{}"[..]), (1, b"{")] {
        let value = Some(value);
        batch.push(NewRow { topic: "t", partition: 0, offset, timestamp: -1, key: None, value, headers: &headers });
    }
    batch.decode();
    batch
}

fn json() -> Converter {
    Converter::Json(Default::default())
}

/// The stages of what was rejected.
fn stages(batch: &Batch) -> Vec<Stage> {
    batch.rejected().map(|row| row.rejection.stage).collect()
}

/// Adds a header `new` to the first row, and returns its bytes, or why the row is rejected.
fn added(converter: &Converter, schema: Option<&str>, json: &str) -> Result<Option<String>, String> {
    let mut batch = batch(Some(converter), &[]);
    batch.open_call(Call::default()).unwrap();
    let id = schema.map_or(0, |schema| lock(batch.schema_table()).intern(schema.as_bytes()).unwrap());
    let values = column(&[if json.is_empty() { Err(NULL) } else { Ok(json) }]);
    let headers = HeaderColumn { counts: vec![1], keys: path(&["new"]), values };
    batch.add_headers(Form::Json, headers, &[id]).unwrap();
    batch.commit_call();
    let rejected = batch.rejected().next().filter(|row| row.rejection.stage == Stage::HeaderConverter);
    match rejected {
        Some(row) => Err(row.rejection.reason.clone()),
        None => {
            let (_, record) = batch.outgoing().next().unwrap();
            Ok(record.headers[0].1.clone().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        }
    }
}

#[test]
fn headers_that_the_converter_cannot_read_reject_the_row_unless_its_value_does() {
    let bad = [Some(&b"{\"schema\":null,\"payload\":1}"[..]), None, Some(b"x")];
    assert_eq!(stages(&batch(Some(&json()), &bad)), [Stage::HeaderConverter, Stage::ValueConverter]);
    assert_eq!(stages(&batch(Some(&json()), &bad[..2])), [Stage::ValueConverter]);
    let integer = Converter::Primitive(Primitive::Integer);
    assert_eq!(stages(&batch(Some(&integer), &[Some(&[0, 0, 0])])), [Stage::HeaderConverter, Stage::ValueConverter]);
    assert_eq!(stages(&batch(Some(&integer), &[Some(&[0, 0, 0, 1])])), [Stage::ValueConverter]);
    for any in [None, Some(&Converter::ByteArray), Some(&Converter::Text(crate::config::converter::Charset::Utf8))] {
        assert_eq!(stages(&batch(any, &[Some(&[0xff]), None])), [Stage::ValueConverter]);
    }
}

#[test]
fn the_converter_makes_bytes_of_headers_that_are_added() {
    let long = Some(r#"{"type":"int64"}"#);
    let envelope = r#"{"schema":{"type":"int64","optional":false},"payload":7}"#;
    assert_eq!(added(&json(), long, "7"), Ok(Some(envelope.to_owned())));
    assert_eq!(added(&json(), None, ""), Ok(None));
    assert_eq!(added(&Converter::Primitive(Primitive::Long), long, "65"), Ok(Some("\0\0\0\0\0\0\0A".to_owned())));
    let refused = added(&Converter::ByteArray, long, "7").unwrap_err();
    assert_eq!(refused, "Invalid schema type for ByteArrayConverter: INT64");
    let misfit = added(&json(), long, "\"a\"").unwrap_err();
    assert!(misfit.starts_with("the payload is not what its schema says"), "{misfit}");
}

#[test]
fn headers_that_were_there_stay_byte_by_byte_before_those_that_are_added() {
    let spaced = b" {\"payload\" : 1.50, \"schema\":null } ";
    let mut batch = batch(Some(&json()), &[Some(spaced), None]);
    batch.open_call(Call::default()).unwrap();
    let headers = |values| HeaderColumn { counts: vec![1], keys: path(&["new"]), values };
    batch.add_headers(Form::Json, headers(column(&[Ok("1")])), &[]).unwrap();
    batch.add_headers(Form::Raw, headers(column(&[Ok("{\"schema\":null,\"payload\": 2}")])), &[]).unwrap();
    assert!(is_invalid(batch.add_headers(Form::Raw, headers(column(&[Ok("{")])), &[])));
    assert!(is_invalid(batch.add_headers(Form::Json, headers(column(&[Ok("1")])), &[9])));
    assert!(is_invalid(batch.add_headers(Form::Json, headers(column(&[Ok("1")])), &[0, 0])));
    let none = HeaderColumn::default();
    assert!(is_invalid(batch.add_headers(Form::Json, none, &[])));
    batch.commit_call();
    let (_, record) = batch.outgoing().next().unwrap();
    let made = |text: &str| Some(text.as_bytes().to_vec());
    let values: Vec<_> = record.headers.into_iter().map(|(_, value)| value).collect();
    let (first, second) = (r#"{"schema":null,"payload":1}"#, r#"{"schema":null,"payload": 2}"#);
    assert_eq!(values, [Some(spaced.to_vec()), None, made(first), made(second)]);
}

#[test]
fn what_a_call_that_is_undone_has_added_is_gone() {
    let mut batch = batch(Some(&json()), &[None]);
    batch.open_call(Call::default()).unwrap();
    let values = column(&[Ok("1")]);
    batch.add_headers(Form::Json, HeaderColumn { counts: vec![1], keys: path(&["new"]), values }, &[]).unwrap();
    batch.abort_call();
    assert_eq!(batch.outgoing().next().unwrap().1.headers, [("h".to_owned(), None)]);
}

#[test]
fn simple_headers_are_texts_that_guests_make() {
    let mut batch = batch(None, &[]);
    assert!(batch.has_simple_headers());
    batch.open_call(Call::default()).unwrap();
    let headers = |value| HeaderColumn { counts: vec![1], keys: path(&["new"]), values: column(&[Ok(value)]) };
    assert!(is_unsupported(batch.add_headers(Form::Json, headers("1"), &[])));
    batch.add_headers(Form::Raw, headers("any"), &[]).unwrap();
    batch.commit_call();
    assert_eq!(batch.outgoing().next().unwrap().1.headers, [("new".to_owned(), Some(b"any".to_vec()))]);
}
