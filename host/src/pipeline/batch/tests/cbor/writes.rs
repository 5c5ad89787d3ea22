//! What becomes of values that are written.

use minicbor::Encoder;

use super::*;

type Write = fn(&mut Encoder<&mut Vec<u8>>);

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
    assert_eq!(written(Content::Text, None, &bytes).unwrap(), "aGk=");
    assert_eq!(written(Content::Text, Some(&simple("float")), &[5]).unwrap(), "5.0");
    assert_eq!(written(Content::Text, None, &[0x82, 0xf5, 0xf6]).unwrap(), "[true,null]");
    let refused = "ByteArrayConverter is not compatible with objects of type java.lang.String";
    assert_eq!(written(Content::Opaque, None, &text).unwrap_err(), refused);
}

#[test]
fn null_with_a_default_becomes_the_default_where_it_is_converted() {
    let schema = r#"{"type":"string","optional":true,"default":"d"}"#;
    assert_eq!(typed(schema, "null").as_deref(), Ok("\"d\""));
    assert_eq!(payload(schema, &[0xf6]).unwrap(), "\"d\"");
    assert_eq!(payload(&simple("string"), &[0xf6]).unwrap_err(), "row 0: there is no value for a required field");
}

#[test]
fn what_is_written_without_a_schema_becomes_json() {
    let json = |write: Write| written(Content::JSON, None, &made(write)).unwrap();
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
        assert_eq!(written(Content::JSON, None, &unhex(hex)).unwrap(), text);
    }
    let envelope = written(Content::JSON_WITH_SCHEMA, None, &[0x01]).unwrap();
    assert_eq!(envelope, r#"{"schema":null,"payload":1}"#);
}

#[test]
fn what_is_written_with_a_schema_is_what_javas_converter_writes() {
    let cases: [(String, Write, &str); 11] = [
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
            format!(r#"{{"type":"map","keys":{0},"values":{0},"optional":false}}"#, simple("int8")),
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
    assert_eq!(written(Content::JSON, Some(ORDER), &cbor).unwrap(), r#"{"id":1,"note":null,"count":7}"#);
}

#[test]
fn a_value_that_its_schema_does_not_allow_is_named_with_its_place() {
    let field = |write: Write| {
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
    let mut batch = open(Content::JSON, &["1", "2"]);
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
    let mut batch = open(Content::JSON_WITH_SCHEMA, &[&envelope]);
    let longer =
        ORDER.replace("],\"optional\"", ",{\"type\":\"boolean\",\"optional\":false,\"field\":\"paid\"}],\"optional\"");
    let id = lock(batch.schema_table()).intern(longer.as_bytes()).unwrap();
    batch.set_schemas(Part::Value, vec![id]).unwrap();
    let cbor = made(|to| drop(to.map(2).unwrap().str("id").unwrap().u8(1).unwrap().str("paid").unwrap().bool(true)));
    batch.write(Part::Value, Form::Cbor, one(&cbor)).unwrap();
    assert_eq!(
        shown(&batch.read(Part::Value, Form::Cbor).unwrap().data),
        r#"{"id": 1, "note": null, "count": null, "paid": true}"#
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

#[test]
fn a_source_appends_values_of_the_schemas_that_it_names() {
    let mut batch = Batch::new(Contents { key: Content::Text, value: Content::JSON_WITH_SCHEMA });
    let id = lock(batch.schema_table()).intern(ORDER.as_bytes()).unwrap();
    let mut rows = super::super::sources::rows(Form::Cbor, &[Err(NULL); 3]);
    let cbor = made(|to| drop(to.map(1).unwrap().str("id").unwrap().u8(1)));
    rows.values = BytesColumn { lengths: vec![cbor.len() as i32, NULL, cbor.len() as i32], data: cbor.repeat(2) };
    rows.value_schemas = vec![id, 0, 0];
    let append = |batch: &mut Batch, rows: SourceRows| {
        batch.open_call(Call { access: Access::Poll, ..Call::default() }).unwrap();
        let appended = batch.append(rows);
        batch.commit_call();
        appended
    };
    append(&mut batch, rows.clone()).unwrap();
    let typed = format!("{{\"schema\":{ORDER},\"payload\":{{\"id\":1,\"note\":null,\"count\":7}}}}");
    let untyped = r#"{"schema":null,"payload":{"id":1}}"#.to_owned();
    assert_eq!(values_of(&mut batch), [Some(typed), None, Some(untyped)]);
    rows.values.data[1..4].copy_from_slice(b"\x62no");
    assert!(is_invalid(append(&mut batch, rows)));
    assert_eq!(batch.total_rows(), 3);
}
