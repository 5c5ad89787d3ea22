//! Converters whose bytes are no JSON: what comes of their bytes, and what of values.

use std::sync::{Arc, Mutex};

use super::*;
use crate::config::converter::{Charset, Converter, Primitive};

/// Makes a batch whose values are these bytes.
fn batch(converter: &Converter, values: &[Option<&[u8]>]) -> Batch {
    let mut schemas = SchemaTable::default();
    let contents = Contents { key: Content::Text, value: Content::of(converter, &mut schemas).unwrap() };
    let mut batch = Batch::with_schemas(contents, Arc::new(Mutex::new(schemas)));
    for (value, offset) in values.iter().zip(0..) {
        let row = NewRow { topic: "t", partition: 0, offset, timestamp: -1, key: None, value: *value, headers: &[] };
        batch.push(row);
    }
    batch.decode();
    batch
}

/// Returns values as JSON; the words of a rejection where there is one.
fn read(primitive: Primitive, values: &[&[u8]]) -> Vec<Result<String, String>> {
    let values: Vec<_> = values.iter().map(|value| Some(*value)).collect();
    let mut batch = batch(&Converter::Primitive(primitive), &values);
    let rejected: Vec<_> = batch.rejected().map(|row| (row.origin as usize, row.rejection.reason.clone())).collect();
    let column = batch.read(Part::Value, Form::Json).unwrap();
    let mut texts = texts(&column).into_iter();
    let of = |index: usize| match rejected.iter().find(|(origin, _)| *origin == index) {
        Some((_, reason)) => Err(reason.clone()),
        None => Ok(texts.next().unwrap()),
    };
    (0..values.len()).map(of).collect()
}

fn texts(column: &BytesColumn) -> Vec<String> {
    let mut rest = &*column.data;
    let text = |length: &i32| {
        let Ok(length) = usize::try_from(*length) else { return format!("{length}") };
        let (text, behind) = rest.split_at(length);
        rest = behind;
        String::from_utf8(text.to_vec()).unwrap()
    };
    column.lengths.iter().map(text).collect()
}

/// Writes JSON for a row that came as null, and returns Kafka's bytes.
fn write(converter: &Converter, schema: Option<&str>, json: &str) -> Result<Vec<u8>, String> {
    let mut batch = batch(converter, &[None]);
    batch.open_call(Call::default()).unwrap();
    let id = schema.map_or(0, |schema| batch.schema_table().lock().unwrap().intern(schema.as_bytes()).unwrap());
    batch.set_schemas(Part::Value, vec![id]).unwrap();
    let column = BytesColumn { lengths: vec![json.len() as i32], data: json.as_bytes().to_vec() };
    batch.write(Part::Value, Form::Json, column).unwrap();
    batch.commit_call();
    batch.encode();
    let rejected = batch.rejected().next().map(|row| row.rejection.reason.clone());
    match rejected {
        Some(reason) => Err(reason),
        None => Ok(batch.outgoing().next().unwrap().1.value.unwrap()),
    }
}

#[test]
fn bytes_of_a_type_are_its_values() {
    let ok = |text: &str| Ok(text.to_owned());
    assert_eq!(read(Primitive::Boolean, &[&[0], &[1]]), [ok("false"), ok("true")]);
    assert_eq!(read(Primitive::Short, &[&[0x80, 0]]), [ok("-32768")]);
    assert_eq!(read(Primitive::Integer, &[&[0, 0, 1, 0]]), [ok("256")]);
    assert_eq!(read(Primitive::Long, &[&i64::MIN.to_be_bytes()]), [ok("-9223372036854775808")]);
    let singles = [1.5_f32, f32::NAN, f32::NEG_INFINITY].map(f32::to_be_bytes);
    let singles: Vec<&[u8]> = singles.iter().map(|bytes| &bytes[..]).collect();
    assert_eq!(read(Primitive::Float, &singles), [ok("1.5"), ok("\"NaN\""), ok("\"-Infinity\"")]);
    let doubles = [5e-324_f64, -0.0].map(f64::to_be_bytes);
    let doubles: Vec<&[u8]> = doubles.iter().map(|bytes| &bytes[..]).collect();
    assert_eq!(read(Primitive::Double, &doubles), [ok("5e-324"), ok("-0.0")]);
}

#[test]
fn bytes_of_a_wrong_length_are_rejected_in_java_s_words() {
    let words = |primitive, bytes: &[u8]| read(primitive, &[bytes]).remove(0).unwrap_err();
    let told = words(Primitive::Long, &[0; 7]);
    assert_eq!(told, "Failed to deserialize long: Size of data received by LongDeserializer is not 8, but 7");
    let told = words(Primitive::Float, &[]);
    assert_eq!(told, "Failed to deserialize float: Size of data received by Deserializer is not 4, but 0");
    let told = words(Primitive::Boolean, &[255]);
    assert_eq!(told, "Failed to deserialize boolean: Unexpected byte received by BooleanDeserializer: -1");
}

#[test]
fn values_of_a_type_have_its_optional_schema_and_go_out_as_they_came() {
    let bytes: &[u8] = &[0, 0, 0, 7];
    let mut batch = batch(&Converter::Primitive(Primitive::Integer), &[Some(bytes), None]);
    let schema = batch.schemas(Part::Value)[0];
    let text = batch.schema_table().lock().unwrap().get(schema).unwrap();
    assert_eq!(&*text, br#"{"type":"int32","optional":true}"#);
    assert_eq!(batch.tombstones(), [1]);
    batch.encode();
    let out: Vec<_> = batch.outgoing().map(|(_, row)| row.value).collect();
    assert_eq!(out, [Some(bytes.to_vec()), None]);
}

#[test]
fn values_are_written_by_their_type() {
    let of = |primitive| Converter::Primitive(primitive);
    assert_eq!(write(&of(Primitive::Short), Some(r#"{"type":"int16"}"#), "-2"), Ok(vec![0xff, 0xfe]));
    assert_eq!(write(&of(Primitive::Long), None, "1"), Ok(1_i64.to_be_bytes().to_vec()));
    assert_eq!(write(&of(Primitive::Double), None, "\"NaN\""), Ok(f64::NAN.to_be_bytes().to_vec()));
    assert_eq!(write(&of(Primitive::Float), None, "\"-Infinity\""), Ok(f32::NEG_INFINITY.to_be_bytes().to_vec()));
    assert_eq!(write(&of(Primitive::Boolean), None, "true"), Ok(vec![1]));
    let refused = [
        write(&of(Primitive::Short), Some(r#"{"type":"int32"}"#), "1"),
        write(&of(Primitive::Short), None, "32768"),
        write(&of(Primitive::Float), None, "1e39"),
        write(&of(Primitive::Float), None, "\"inf\""),
        write(&of(Primitive::Boolean), Some(r#"{"type":"string"}"#), "true"),
        write(&of(Primitive::Boolean), None, "1"),
    ];
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
}

#[test]
fn text_comes_and_goes_in_its_character_set() {
    for (charset, bytes) in [
        (Charset::Latin1, &b"\xe9\x00"[..]),
        (Charset::Utf16, b"\xfe\xff\x00\xe9\x00\x00"),
        (Charset::Utf16Be, b"\x00\xe9\x00\x00"),
        (Charset::Utf16Le, b"\xe9\x00\x00\x00"),
    ] {
        let converter = Converter::Text(charset);
        let read = batch(&converter, &[Some(bytes)]).read(Part::Value, Form::Json).unwrap();
        assert_eq!(texts(&read), ["\"é\\u0000\""], "{charset:?}");
        assert_eq!(write(&converter, None, "\"é\\u0000\"").as_deref(), Ok(bytes), "{charset:?}");
    }
    assert_eq!(write(&Converter::Text(Charset::Ascii), None, "\"é\""), Ok(b"?".to_vec()));
}
