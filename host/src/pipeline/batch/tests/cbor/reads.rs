//! What values read as.

use minicbor::Decoder;

use super::*;

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
        assert_eq!(read(Content::JSON, &[json]), [ok(cbor)], "{json}");
    }
    assert_eq!(
        read(Content::JSON, &["null", "", "\"\\ud800\"", "1e3000000000"]),
        [Err(NULL), Err(NULL), Err(OTHER), Err(OTHER)]
    );
    assert_eq!(read(Content::JSON, &[&"1".repeat(2_000)]), [Err(OTHER)]);
}

#[test]
fn long_arrays_and_maps_have_their_length_in_front() {
    for count in [23, 24, 255, 256, 65_536] {
        let numbers = vec!["1"; count].join(",");
        let members: Vec<_> = (0..count).map(|index| format!("\"{index}\":1")).collect();
        let read = open(Content::JSON, &[&format!("[{numbers}]"), &format!("{{{}}}", members.join(","))])
            .read(Part::Value, Form::Cbor)
            .unwrap();
        let rows = bytes_of(&read);
        assert_eq!(Decoder::new(rows[0].as_ref().unwrap()).array().unwrap(), Some(count as u64));
        assert_eq!(Decoder::new(rows[1].as_ref().unwrap()).map().unwrap(), Some(count as u64));
        assert_eq!(shown(rows[1].as_ref().unwrap()).matches(": 1").count(), count);
    }
}

#[test]
fn edits_of_the_same_call_are_read() {
    let mut batch = open(Content::JSON, &[r#"{"a":1,"b":2}"#]);
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
        assert_eq!(typed(&schema, json).as_deref(), Ok(cbor), "{schema} {json}");
    }
}

#[test]
fn values_that_their_schema_does_not_allow_are_rejected() {
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
        (format!(r#"{{"type":"map","keys":{0},"values":{0}}}"#, simple("int8")), "[[1]]"),
    ];
    for (schema, json) in cases {
        let reason = typed(&schema, json).unwrap_err();
        assert!(reason.starts_with("the payload is not what its schema says: "), "{schema} {json}: {reason}");
    }
    // A double can't tell its milliseconds.
    assert_eq!(typed(&logical("int64", "Timestamp"), "9223372036854775807"), Err(OTHER.to_string()));
}

#[test]
fn a_struct_has_all_its_fields_in_order() {
    let shown = |payload| typed(ORDER, payload).unwrap();
    assert_eq!(shown(r#"{"count":1,"x":0,"id":5,"id":6}"#), r#"{"id": 6, "note": null, "count": 1}"#);
    assert_eq!(shown(r#"{"id":5,"count":null}"#), r#"{"id": 5, "note": null, "count": 7}"#);
    let reason = "the payload is not what its schema says: id: there is no value for a required field";
    assert_eq!(typed(ORDER, "{}"), Err(reason.to_owned()));
    let optional = ORDER.replace("],\"optional\":false", "],\"optional\":true");
    assert_eq!(typed(&optional, "null"), Err(NULL.to_string()));
}
