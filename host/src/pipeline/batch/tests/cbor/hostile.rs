//! CBOR that means harm.

use std::time::{Duration, Instant};

use super::*;

/// Slow enough for any machine, far too short for quadratic work.
const LONG: Duration = Duration::from_secs(20);

const STRUCT: &str = r#"{"type":"struct","fields":[{"field":"a","type":"string","optional":true}]}"#;

/// What is answered to CBOR without a schema, and as the only field of a struct.
fn refused(cbor: &[u8]) -> String {
    let mut field = unhex("a16161");
    field.extend_from_slice(cbor);
    let inside = written(Content::JSON_WITH_SCHEMA, Some(STRUCT), &field).unwrap_err();
    assert!(inside.starts_with("row 0: "), "{inside}");
    written(Content::JSON, None, cbor).unwrap_err()
}

#[test]
fn lengths_that_are_not_there_are_refused() {
    for hex in [
        "9bffffffffffffffff",
        "bbffffffffffffffff6161",
        "5bffffffffffffffff",
        "7b7fffffffffffffff61",
        "9f01",
        "bf6161",
        "5f4101",
        "7f",
        "18",
        "",
        "fb00",
        "f93e",
    ] {
        let text = refused(&unhex(hex));
        assert!(text.ends_with("the CBOR ends too early"), "{hex}: {text}");
    }
}

#[test]
fn what_is_no_cbor_or_no_json_is_refused() {
    for hex in [
        "ff",
        "81ff",
        "bf6161ff",
        "1c",
        "fc",
        "5f6161ff",
        "7f4101ff",
        "62c328",
        "a1ff",
        "f7",
        "f0",
        "c100",
        "d8641a00",
        "c3",
        "c401",
        "c48101",
        "c483010203",
        "c482f600",
        "c4821b000000010000000001",
        "a10101",
        "a1f601",
        "c26161",
    ] {
        let text = refused(&unhex(hex));
        assert!(text.starts_with("row 0: ") && !text.contains("it is no JSON"), "{hex}: {text}");
    }
    // As Jackson writes them for Java.
    assert_eq!(written(Content::JSON, None, &unhex("f97e00")).unwrap(), "\"NaN\"");
    assert_eq!(written(Content::JSON, None, &unhex("f9fc00")).unwrap(), "\"-Infinity\"");
    assert!(refused(&unhex("62c328")).contains("utf-8") || refused(&unhex("62c328")).contains("UTF-8"));
    assert_eq!(refused(&unhex("a10101")), "row 0: expected text as the key of a map, found the integer 1");
    assert_eq!(refused(&unhex("0101")), "row 0: there are 1 bytes behind the value");
}

#[test]
fn deep_nesting_is_refused() {
    for (head, tail) in [("81", "01"), ("a16161", "01"), ("9f", "01"), ("c2", "4101"), ("c4", "01")] {
        for depth in [501, 100_000] {
            refused(&unhex(&format!("{}{tail}", head.repeat(depth))));
        }
    }
    let deepest = format!("{}01", "81".repeat(500));
    assert!(written(Content::JSON, None, &unhex(&deepest)).is_ok());
}

#[test]
fn large_numbers_do_not_take_quadratic_time() {
    let started = Instant::now();
    let mut bignum = unhex("c25a00400000");
    bignum.resize(bignum.len() + (4 << 20), 0xff);
    assert_eq!(refused(&bignum), "row 0: a number has more than 1000 digits");
    let decimal =
        r#"{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2147483647"}}"#;
    assert!(written(Content::JSON, Some(decimal), &unhex("c4821a7fffffff01")).is_err());
    assert_eq!(written(Content::JSON, None, &unhex("c4821a7fffffff01")).unwrap(), "1e2147483647");
    assert_eq!(written(Content::JSON, None, &unhex("c4823a7fffffff01")).unwrap(), "1e-2147483648");
    assert!(typed(decimal, "1e2147483647").unwrap_err().contains("places"));
    assert!(started.elapsed() < LONG);
}

#[test]
fn repeated_keys_do_not_take_quadratic_time() {
    let started = Instant::now();
    let count = 200_000;
    let cbor = made(|to| {
        to.map(count).unwrap();
        for index in 0..count {
            to.str(&(index % (count / 2)).to_string()).unwrap().u64(index).unwrap();
        }
    });
    let text = written(Content::JSON, None, &cbor).unwrap();
    assert!(text.starts_with("{\"0\":100000,\"1\":100001,"));
    let mut batch = batch_of(&[&text.replace("\"5\":100005", "\"4\":1")]);
    batch.open_call(Call::default()).unwrap();
    assert!(batch.read(Part::Value, Form::Cbor).unwrap().lengths[0] > 0);
    assert!(started.elapsed() < LONG);
}

#[test]
fn a_default_can_not_be_a_bomb() {
    let default = "x".repeat(200_000);
    let schema = format!(
        r#"{{"type":"array","items":{{"type":"struct","fields":[{{"field":"a","type":"string","default":"{default}"}}]}}}}"#
    );
    let mut batch = batch_of(&["1", &format!("[{}{{}}]", "{},".repeat(99_999))]);
    let id = lock(batch.schema_table()).intern(schema.as_bytes()).unwrap();
    batch.open_call(Call::default()).unwrap();
    batch.set_schemas(Part::Value, vec![0, id]).unwrap();
    let envelope = format!("{{\"schema\":{schema},\"payload\":[{}{{}}]}}", "{},".repeat(99_999));
    let reason = rejections(&self::open(Content::JSON_WITH_SCHEMA, &[&envelope])).remove(0).1;
    assert!(reason.ends_with("it is too long"), "{reason}");
    let cbor = made(|to| {
        to.array(100_000).unwrap();
        (0..100_000).for_each(|_| drop(to.map(0)));
    });
    let mut column = one(&cbor);
    column.lengths.insert(0, OTHER);
    batch.write(Part::Value, Form::Cbor, column).unwrap();
    batch.commit_call();
    assert_eq!(values_of(&mut batch).len(), 1);
    assert!(rejections(&batch).remove(0).1.ends_with("it is too long"));
    let nested = format!(
        r#"{{"type":"struct","fields":[{{"field":"b","default":[{}{{}}],{}]}}"#,
        "{},".repeat(999),
        &schema[1..]
    );
    assert!(lock(batch.schema_table()).intern(nested.as_bytes()).unwrap_err().contains("too long"));
}

#[test]
fn characters_that_grow_six_times_are_counted_before_they_are_written() {
    let mut cbor = unhex("7a03000000");
    cbor.resize(cbor.len() + 0x0300_0000, 0x01);
    let refused = written(Content::JSON, None, &cbor).unwrap_err();
    assert!(refused.starts_with("the batch would grow"), "{refused}");
}

#[test]
fn maps_of_very_many_keys_do_not_outgrow_memory() {
    let mut cbor = unhex("ba00800000");
    cbor.extend_from_slice(&b"\x60\x00".repeat(0x0080_0000));
    let refused = written(Content::JSON, None, &cbor).unwrap_err();
    assert!(refused.starts_with("the batch would grow"), "{refused}");
}
