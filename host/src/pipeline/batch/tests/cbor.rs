//! Whole keys and values as CBOR: what becomes of what.

use std::fmt::Write as _;

use minicbor::data::Type as Item;
use minicbor::{Decoder, Encoder};

use super::*;

/// Shows CBOR in its diagnostic notation.
pub(super) fn shown(cbor: &[u8]) -> String {
    let mut decoder = Decoder::new(cbor);
    let text = item(&mut decoder);
    assert_eq!(decoder.position(), cbor.len(), "{text}");
    text
}

fn item(decoder: &mut Decoder<'_>) -> String {
    match decoder.datatype().unwrap() {
        Item::Bool => decoder.bool().unwrap().to_string(),
        Item::Null => decoder.null().map(|()| "null".to_owned()).unwrap(),
        Item::F32 => format!("{:?}_2", decoder.f32().unwrap()),
        Item::F64 => format!("{:?}_3", decoder.f64().unwrap()),
        Item::String => format!("{:?}", decoder.str().unwrap()),
        Item::Bytes => decoder.bytes().unwrap().iter().fold("h".to_owned(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        }),
        Item::Tag => format!("{}({})", decoder.tag().unwrap().as_u64(), item(decoder)),
        Item::Array => {
            let items: Vec<_> = (0..decoder.array().unwrap().unwrap()).map(|_| item(decoder)).collect();
            format!("[{}]", items.join(", "))
        }
        Item::Map => {
            let count = decoder.map().unwrap().unwrap();
            let entries: Vec<_> = (0..count).map(|_| format!("{}: {}", item(decoder), item(decoder))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        _ => i128::from(decoder.int().unwrap()).to_string(),
    }
}

/// A batch of these values, of which the first call is open.
fn open(content: Content, values: &[&str]) -> Batch {
    let mut batch = Batch::new(Contents { key: Content::Text, value: content });
    for (offset, value) in (0..).zip(values) {
        push(&mut batch, offset, Some(value.as_bytes()));
    }
    batch.open_call(Call::default()).unwrap();
    batch
}

fn read(content: Content, values: &[&str]) -> Vec<Result<String, i32>> {
    let column = open(content, values).read(Part::Value, Form::Cbor).unwrap();
    bytes_of(&column).into_iter().map(|row| row.map(|cbor| shown(&cbor))).collect()
}

/// What is read of one value with a schema.
pub(super) fn typed(schema: &str, payload: &str) -> Result<String, i32> {
    read(Content::JsonWithSchema, &[&format!("{{\"schema\":{schema},\"payload\":{payload}}}")]).remove(0)
}

fn bytes_of(column: &BytesColumn) -> Vec<Result<Vec<u8>, i32>> {
    let mut rest = &column.data[..];
    let mut row = |length: &i32| {
        let (bytes, behind) = rest.split_at(usize::try_from(*length).map_err(|_| *length)?);
        rest = behind;
        Ok(bytes.to_vec())
    };
    column.lengths.iter().map(&mut row).collect()
}

pub(super) fn one(cbor: &[u8]) -> BytesColumn {
    BytesColumn { lengths: vec![cbor.len() as i32], data: cbor.to_vec() }
}

/// What a value becomes that is written over another: its JSON text for Kafka, or why not.
pub(super) fn written(content: Content, schema: Option<&str>, cbor: &[u8]) -> Result<String, String> {
    let mut batch =
        open(content, &[if content == Content::JsonWithSchema { r#"{"schema":null,"payload":0}"# } else { "0" }]);
    let ids = schema.map(|schema| lock(batch.schema_table()).intern(schema.as_bytes()).unwrap());
    batch.set_schemas(Part::Value, vec![ids.unwrap_or(0)]).unwrap();
    batch.write(Part::Value, Form::Cbor, one(cbor)).map_err(|error| match error {
        BatchError::InvalidArgument(text) => text,
        BatchError::Unsupported(text) => format!("unsupported: {text}"),
    })?;
    batch.commit_call();
    let text = values_of(&mut batch).remove(0).unwrap_or_else(|| "(tombstone)".to_owned());
    assert_eq!(rejections(&batch), []);
    Ok(text)
}

/// What a value of this schema becomes, its payload only.
fn payload(schema: &str, cbor: &[u8]) -> Result<String, String> {
    let text = written(Content::JsonWithSchema, Some(schema), cbor)?;
    Ok(text.strip_prefix(&format!("{{\"schema\":{schema},\"payload\":")).unwrap().strip_suffix('}').unwrap().to_owned())
}

pub(super) fn made(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes));
    bytes
}

fn simple(name: &str) -> String {
    format!(r#"{{"type":"{name}","optional":false}}"#)
}

fn logical(type_name: &str, name: &str) -> String {
    format!(
        r#"{{"type":"{type_name}","name":"org.apache.kafka.connect.data.{name}","version":1,"parameters":{{"scale":"2"}}}}"#
    )
}

#[test]
fn json_without_a_schema_reads_as_typed_values() {
    let pairs = [
        (
            r#" {"b":1, "a":[true,false,null,"x\n\u00e9"], "b":"last"} "#,
            r#"{"a": [true, false, null, "x\né"], "b": "last"}"#,
        ),
        ("-5", "-5"),
        ("18446744073709551615", "18446744073709551615"),
        ("-18446744073709551616", "-18446744073709551616"),
        ("18446744073709551616", "2(h010000000000000000)"),
        ("-18446744073709551617", "3(h010000000000000000)"),
        ("1.5", "1.5_3"),
        ("12345678.9", "12345678.9_3"),
        ("1.10", "4([-2, 110])"),
        ("1e400", "4([400, 1])"),
        ("0.1000000000000000055", "4([-19, 1000000000000000055])"),
        ("[]", "[]"),
        ("{}", "{}"),
        ("\"\"", "\"\""),
    ];
    for (json, cbor) in pairs {
        assert_eq!(read(Content::Json, &[json]), [ok(cbor)], "{json}");
    }
    assert_eq!(
        read(Content::Json, &["null", "", "\"\\ud800\"", "1e3000000000"]),
        [Err(NULL), Err(NULL), Err(OTHER), Err(OTHER)]
    );
    assert_eq!(read(Content::Json, &[&"1".repeat(2_000)]), [Err(OTHER)]);
}

#[test]
fn long_arrays_and_maps_have_their_length_in_front() {
    for count in [23, 24, 255, 256, 65_536] {
        let numbers = vec!["1"; count].join(",");
        let members: Vec<_> = (0..count).map(|index| format!("\"{index}\":1")).collect();
        let read = open(Content::Json, &[&format!("[{numbers}]"), &format!("{{{}}}", members.join(","))])
            .read(Part::Value, Form::Cbor)
            .unwrap();
        let rows = bytes_of(&read);
        assert_eq!(Decoder::new(rows[0].as_ref().unwrap()).array().unwrap(), Some(count as u64));
        assert_eq!(Decoder::new(rows[1].as_ref().unwrap()).map().unwrap(), Some(count as u64));
        assert_eq!(shown(rows[1].as_ref().unwrap()).matches(": 1").count(), count);
    }
}

#[test]
fn text_and_bytes_are_text_and_bytes() {
    assert_eq!(read(Content::Text, &["aé"]), [ok("\"aé\"")]);
    assert_eq!(read(Content::Opaque, &["ab"]), [ok("h6162")]);
    let text = made(|encoder| drop(encoder.str("hé")));
    let bytes = made(|encoder| drop(encoder.bytes(b"hi")));
    let null = made(|encoder| drop(encoder.null()));
    assert_eq!(written(Content::Text, None, &text).unwrap(), "hé");
    assert_eq!(written(Content::Opaque, None, &bytes).unwrap(), "hi");
    assert_eq!(written(Content::Opaque, None, &null).unwrap(), "(tombstone)");
    assert_eq!(written(Content::Text, None, &bytes).unwrap_err(), "row 0: expected text, found a byte string");
    assert_eq!(written(Content::Opaque, None, &text).unwrap_err(), "row 0: expected a byte string, found text");
}

#[test]
fn edits_of_the_same_call_are_read() {
    let mut batch = open(Content::Json, &[r#"{"a":1,"b":2}"#]);
    batch.edit(Part::Value, vec![put(&["c"], "1.10"), remove(&["a"])]).unwrap();
    let column = batch.read(Part::Value, Form::Cbor).unwrap();
    assert_eq!(shown(&column.data), r#"{"b": 2, "c": 4([-2, 110])}"#);
}

#[test]
fn values_of_a_schema_read_as_it_says() {
    let map = |keys: &str| format!(r#"{{"type":"map","keys":{},"values":{}}}"#, simple(keys), simple("int8"));
    let cases = [
        (simple("boolean"), "true", "true"),
        (simple("int8"), "-128", "-128"),
        (simple("int64"), "9223372036854775807", "9223372036854775807"),
        (simple("float"), "0.1", "0.1_2"),
        (simple("double"), "1", "1.0_3"),
        (simple("double"), "\"-Infinity\"", "-inf_3"),
        (simple("string"), r#""é""#, "\"é\""),
        (simple("bytes"), r#""AQI=""#, "h0102"),
        (format!(r#"{{"type":"array","items":{}}}"#, simple("double")), "[1,2.5]", "[1.0_3, 2.5_3]"),
        (map("string"), r#"{"b":1,"a":2,"b":3}"#, r#"{"a": 2, "b": 3}"#),
        (map("int32"), "[[1,2],[3,4],[1,5]]", "{3: 4, 1: 5}"),
        (logical("bytes", "Decimal"), r#""0sA=""#, "4([-2, -11584])"),
        (logical("bytes", "Decimal"), "1.1", "4([-2, 110])"),
        (logical("int32", "Date"), "20780", "100(20780)"),
        (logical("int32", "Time"), "86399999", "86399999"),
        (logical("int64", "Timestamp"), "1763886600000", "1(1763886600)"),
        (logical("int64", "Timestamp"), "1763886600123", "1(1763886600.123_3)"),
    ];
    for (schema, json, cbor) in cases {
        assert_eq!(typed(&schema, json), ok(cbor), "{schema} {json}");
    }
}

#[test]
fn values_that_their_schema_does_not_allow_read_as_other() {
    let array = |items: &str| format!(r#"{{"type":"array","items":{items}}}"#);
    let cases = [
        (simple("int8"), "128"),
        (simple("double"), "1e400"),
        (simple("bytes"), "\"?\""),
        (array(&simple("int8")), "[\"1\"]"),
        (array(&simple("boolean")), "[1]"),
        (array(&simple("string")), "[null]"),
        (logical("bytes", "Decimal"), "1.001"),
        (logical("int32", "Time"), "86400001"),
        (logical("int64", "Timestamp"), "9223372036854775807"),
        (format!(r#"{{"type":"map","keys":{0},"values":{0}}}"#, simple("int8")), "[[1]]"),
    ];
    for (schema, json) in cases {
        assert_eq!(typed(&schema, json), Err(OTHER), "{schema} {json}");
    }
}

const ORDER: &str = concat!(
    r#"{"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"},"#,
    r#"{"type":"string","optional":true,"field":"note"},"#,
    r#"{"type":"int32","optional":false,"default":7,"field":"count"}],"optional":false}"#
);

#[test]
fn a_struct_has_all_its_fields_in_order() {
    assert_eq!(typed(ORDER, r#"{"count":1,"x":0,"id":5,"id":6}"#), ok(r#"{"id": 6, "note": null, "count": 1}"#));
    assert_eq!(typed(ORDER, r#"{"id":5,"count":null}"#), ok(r#"{"id": 5, "note": null, "count": 7}"#));
    assert_eq!(typed(ORDER, "{}"), Err(OTHER));
    assert_eq!(typed(&ORDER.replace("],\"optional\":false", "],\"optional\":true"), "null"), Err(NULL));
}

#[test]
fn null_with_a_default_reads_as_the_default() {
    let schema = r#"{"type":"string","optional":true,"default":"d"}"#;
    assert_eq!(typed(schema, "null"), ok("\"d\""));
    assert_eq!(payload(schema, &[0xf6]).unwrap(), "\"d\"");
    assert_eq!(payload(&simple("string"), &[0xf6]).unwrap_err(), "row 0: there is no value for a required field");
}

#[test]
fn what_is_written_without_a_schema_becomes_json() {
    let json = |write: fn(&mut Encoder<&mut Vec<u8>>)| written(Content::Json, None, &made(write)).unwrap();
    assert_eq!(
        json(|to| drop(to.map(2).unwrap().str("a\"").unwrap().u8(1).unwrap().str("b").unwrap().null())),
        r#"{"a\"":1,"b":null}"#
    );
    assert_eq!(
        json(|to| drop(
            to.begin_map().unwrap().str("a").unwrap().u8(1).unwrap().str("a").unwrap().u8(2).unwrap().end()
        )),
        r#"{"a":2}"#
    );
    assert_eq!(
        json(|to| drop(to.begin_array().unwrap().bool(true).unwrap().f64(0.1).unwrap().f32(0.1).unwrap().end())),
        "[true,0.1,0.1]"
    );
    assert_eq!(json(|to| drop(to.begin_str().unwrap().str("ab").unwrap().str("c").unwrap().end())), "\"abc\"");
    assert_eq!(json(|to| drop(to.bytes(b"\x01\x02"))), "\"AQI=\"");
    let tagged = [
        ("c48221190101", "2.57"),
        ("c4820501", "1e5"),
        ("c249010000000000000000", "18446744073709551616"),
        ("c340", "-1"),
        ("f93e00", "1.5"),
        ("1bffffffffffffffff", "18446744073709551615"),
    ];
    for (hex, text) in tagged {
        assert_eq!(written(Content::Json, None, &unhex(hex)).unwrap(), text);
    }
    let envelope = written(Content::JsonWithSchema, None, &[0x01]).unwrap();
    assert_eq!(envelope, r#"{"schema":null,"payload":1}"#);
}

pub(super) fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|index| u8::from_str_radix(&hex[index * 2..index * 2 + 2], 16).unwrap()).collect()
}

#[test]
fn what_is_written_with_a_schema_is_what_javas_converter_writes() {
    let cases: [(String, fn(&mut Encoder<&mut Vec<u8>>), &str); 11] = [
        (simple("float"), |to| drop(to.f32(1e10)), "1.0E10"),
        (simple("double"), |to| drop(to.f64(12_345_678.9)), "1.23456789E7"),
        (simple("double"), |to| drop(to.u8(5)), "5.0"),
        (simple("double"), |to| drop(to.f64(f64::NAN)), "\"NaN\""),
        (simple("bytes"), |to| drop(to.bytes(b"\x01\x02")), "\"AQI=\""),
        (
            logical("bytes", "Decimal"),
            |to| drop(to.tag(minicbor::data::Tag::new(4)).unwrap().array(2).unwrap().i8(-1).unwrap().i8(11)),
            "\"bg==\"",
        ),
        (logical("int32", "Date"), |to| drop(to.tag(minicbor::data::Tag::new(100)).unwrap().i32(-1)), "-1"),
        (
            logical("int64", "Timestamp"),
            |to| drop(to.tag(minicbor::data::Tag::new(1)).unwrap().f64(1_763_886_600.123)),
            "1763886600123",
        ),
        (logical("int64", "Timestamp"), |to| drop(to.tag(minicbor::data::Tag::new(1)).unwrap().i64(-2)), "-2000"),
        (
            format!(r#"{{"type":"map","keys":{0},"values":{0}}}"#, simple("int8")),
            |to| drop(to.map(2).unwrap().i8(1).unwrap().i8(2).unwrap().i8(1).unwrap().i8(3)),
            "[[1,3]]",
        ),
        (
            ORDER.to_owned(),
            |to| drop(to.map(2).unwrap().str("count").unwrap().u8(2).unwrap().str("id").unwrap().u8(1)),
            r#"{"id":1,"note":null,"count":2}"#,
        ),
    ];
    for (schema, write, json) in cases {
        assert_eq!(payload(&schema, &made(write)).unwrap(), json, "{schema}");
    }
}

#[test]
fn a_schema_counts_without_an_envelope_too() {
    let cbor = made(|to| drop(to.map(1).unwrap().str("id").unwrap().u8(1)));
    assert_eq!(written(Content::Json, Some(ORDER), &cbor).unwrap(), r#"{"id":1,"note":null,"count":7}"#);
}

#[test]
fn a_value_that_its_schema_does_not_allow_is_named_with_its_place() {
    let field = |write: fn(&mut Encoder<&mut Vec<u8>>)| {
        let inner = format!(r#"{{"type":"array","items":{ORDER}}}"#);
        let schema =
            format!(r#"{{"type":"struct","fields":[{},"field":"items"}}]}}"#, inner.strip_suffix('}').unwrap());
        let cbor = made(|to| write(to.map(1).unwrap().str("items").unwrap().array(1).unwrap()));
        payload(&schema, &cbor).unwrap_err()
    };
    assert_eq!(
        field(|to| drop(to.map(1).unwrap().str("id").unwrap().str("x"))),
        "row 0: items[0].id: expected an integer from -9223372036854775808 to 9223372036854775807, found text"
    );
    assert_eq!(field(|to| drop(to.map(0))), "row 0: items[0].id: there is no value for a required field");
    assert_eq!(
        field(|to| drop(to.map(1).unwrap().str("price").unwrap().u8(1))),
        "row 0: items[0]: the schema has no field price; set one that has it first (set-schemas)"
    );
    assert_eq!(field(|to| drop(to.u8(1))), "row 0: items[0]: expected a map, found the integer 1");
    assert_eq!(
        field(|to| drop(to.map(2).unwrap().str("id").unwrap().u8(1).unwrap().str("count").unwrap().u64(1 << 31))),
        "row 0: items[0].count: expected an integer from -2147483648 to 2147483647, found the integer 2147483648"
    );
    assert!(payload(&simple("float"), &made(|to| drop(to.f64(0.1)))).unwrap_err().contains("single precision"));
    assert!(payload(&logical("int32", "Date"), &[1]).unwrap_err().contains("expected a Date: tag 100"));
}

#[test]
fn a_refused_write_changes_nothing() {
    let mut batch = open(Content::Json, &["1", "2"]);
    let column = BytesColumn { lengths: vec![1, 1], data: vec![0x05, 0xff] };
    assert!(is_invalid(batch.write(Part::Value, Form::Cbor, column)));
    let column = BytesColumn { lengths: vec![OTHER, NULL], data: Vec::new() };
    batch.write(Part::Value, Form::Cbor, column).unwrap();
    batch.commit_call();
    assert_eq!(values_of(&mut batch), [Some("1".to_owned()), None]);
}

#[test]
fn a_schema_is_made_set_and_written_in_one_call() {
    let envelope = format!("{{\"schema\":{ORDER},\"payload\":{{\"id\":1,\"count\":2}}}}");
    let mut batch = open(Content::JsonWithSchema, &[&envelope]);
    let longer = ORDER.replace("],\"optional\"", ",{\"type\":\"boolean\",\"field\":\"paid\"}],\"optional\"");
    let id = lock(batch.schema_table()).intern(longer.as_bytes()).unwrap();
    batch.set_schemas(Part::Value, vec![id]).unwrap();
    let cbor = made(|to| drop(to.map(2).unwrap().str("id").unwrap().u8(1).unwrap().str("paid").unwrap().bool(true)));
    batch.write(Part::Value, Form::Cbor, one(&cbor)).unwrap();
    assert_eq!(
        shown(&batch.read(Part::Value, Form::Cbor).unwrap().data),
        r#"{"id": 1, "note": null, "count": 7, "paid": true}"#
    );
    batch.commit_call();
    let payload = r#"{"id":1,"note":null,"count":7,"paid":true}"#;
    assert_eq!(values_of(&mut batch), [Some(format!("{{\"schema\":{longer},\"payload\":{payload}}}"))]);
}

#[test]
fn schemas_that_no_value_can_have_are_refused() {
    let mut table = SchemaTable::default();
    let decimal = r#"{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal"}"#;
    let bad = [
        (r#"{"type":"int8","default":300}"#, "a schema's default does not fit its type"),
        (r#"{"type":"struct","fields":[{"field":"a","type":"int8"},{"field":"a","type":"int8"}]}"#, "two fields a"),
        (decimal, "parameters.scale"),
    ];
    for (schema, words) in bad {
        let refused = table.intern(schema.as_bytes()).unwrap_err();
        assert!(refused.contains(words), "{refused}");
    }
}
