//! Round trips through both encodings, equality, defaults and nulls, and the driver on rows in memory.

use std::rc::Rc;

use super::{Datum, Decimal, Derived, Outcome, Schema, SchemaCache, Value, apply, typed_rows};
use crate::batch::{BytesColumn, Cell, Form};
use crate::error::Error;
use crate::schemas;
use crate::testing::{Fate, Row, Rows};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Values of all types, with their JSON and their CBOR.
fn samples() -> Vec<(Schema, Value, &'static str, &'static str)> {
    let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
    let point = Schema::structure().field("x", Schema::int8()).field("y", Schema::float32().optional());
    vec![
        (Schema::int8(), Value::Int8(-128), "-128", "387f"),
        (Schema::int16(), Value::Int16(300), "300", "19012c"),
        (Schema::int32(), Value::Int32(-70_000), "-70000", "3a0001116f"),
        (Schema::int64(), Value::Int64(i64::MAX), "9223372036854775807", "1b7fffffffffffffff"),
        (Schema::float32(), Value::Float32(1e10), "1.0E10", "fa501502f9"),
        (Schema::float64(), Value::Float64(-0.1), "-0.1", "fbbfb999999999999a"),
        (Schema::float64(), Value::Float64(f64::NAN), r#""NaN""#, "fb7ff8000000000000"),
        (Schema::float32(), Value::Float32(f32::NEG_INFINITY), r#""-Infinity""#, "faff800000"),
        (Schema::boolean(), Value::Boolean(true), "true", "f5"),
        (Schema::string(), Value::from("a\"ü"), r#""a\"ü""#, "64 6122c3bc"),
        (Schema::bytes(), Value::Bytes(vec![0, 255]), r#""AP8=""#, "4200ff"),
        (Schema::decimal(2), decimal("1.10"), r#""bg==""#, "c4 82 21 186e"),
        (Schema::decimal(-3), decimal("-5E+3"), r#""+w==""#, "c4 82 03 24"),
        (
            Schema::decimal(0),
            decimal("-18446744073709551617"),
            r#""/v//////////""#,
            "c4 82 00 c3 49 010000000000000000",
        ),
        (
            Schema::decimal(1),
            decimal("1844674407370955161.6"),
            r#""AQAAAAAAAAAA""#,
            "c4 82 20 c2 49 010000000000000000",
        ),
        (Schema::date(), Value::Moment(-86_400_000), "-1", "d864 20"),
        (Schema::time(), Value::Moment(86_399_999), "86399999", "1a05265bff"),
        (Schema::timestamp(), Value::Moment(1_000_000), "1000000", "c1 1903e8"),
        (Schema::timestamp(), Value::Moment(-1), "-1", "c1 fbbf50624dd2f1a9fc"),
        (Schema::array(Schema::int16()), Value::Array(vec![Value::Int16(1), Value::Int16(2)]), "[1,2]", "820102"),
        (
            Schema::map(Schema::string(), Schema::date().optional()),
            Value::Map(vec![("a".into(), Value::Moment(86_400_000)), ("b".into(), Value::Null)]),
            r#"{"a":1,"b":null}"#,
            "a2 6161 d86401 6162 f6",
        ),
        (
            Schema::map(Schema::int8(), point.clone()),
            Value::Map(vec![(Value::Int8(1), Value::Struct(vec![Value::Int8(2), Value::Null]))]),
            r#"[[1,{"x":2,"y":null}]]"#,
            "a1 01 a2 6178 02 6179 f6",
        ),
        (
            Schema::structure().field("p", point).field("t", Schema::string().optional()),
            Value::Struct(vec![Value::Struct(vec![Value::Int8(1), Value::Float32(0.5)]), Value::Null]),
            r#"{"p":{"x":1,"y":0.5},"t":null}"#,
            "a2 6170 a2 6178 01 6179 fa3f000000 6174 f6",
        ),
    ]
}

#[test]
fn every_type_goes_through_cbor_and_json_and_back() {
    for (schema, value, json, cbor) in samples() {
        let (mut as_cbor, mut as_json) = (Vec::new(), Vec::new());
        super::encode(&schema, &value, &mut as_cbor).unwrap();
        assert_eq!(hex(&as_cbor), cbor.replace(' ', ""), "{json}");
        assert_eq!(super::decode(&schema, &as_cbor).unwrap(), value);
        super::append_json(&schema, &value, &mut as_json).unwrap();
        assert_eq!(text(&as_json), json);
        assert_eq!(super::from_json(&schema, &serde_json::from_str(json).unwrap()).unwrap(), value);
    }
}

#[test]
fn schemas_are_written_as_java_writes_them() {
    let price = Schema::decimal(2).optional().default(Value::Decimal(Decimal::new(110, 2))).unwrap();
    let schema = Schema::structure()
        .field("price", price)
        .field("ids", Schema::array(Schema::int64().optional()))
        .field("by day", Schema::map(Schema::date(), Schema::float64()).doc("sums"))
        .named("order")
        .version(3)
        .doc("An \"order\".");
    let json = concat!(
        r#"{"type":"struct","fields":[{"type":"bytes","optional":true,"#,
        r#""name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"},"default":"bg==","#,
        r#""field":"price"},{"type":"array","items":{"type":"int64","optional":true},"optional":false,"field":"ids"},"#,
        r#"{"type":"map","keys":{"type":"int32","optional":false,"name":"org.apache.kafka.connect.data.Date","#,
        r#""version":1},"values":{"type":"double","optional":false},"optional":false,"doc":"sums","field":"by day"}],"#,
        r#""optional":false,"name":"order","version":3,"doc":"An \"order\"."}"#,
    );
    assert_eq!(text(&schema.to_json()), json);
    assert_eq!(Schema::from_json(json.as_bytes()).unwrap(), schema);
    for (schema, ..) in samples() {
        assert_eq!(Schema::from_json(&schema.to_json()).unwrap(), schema);
    }
}

#[test]
fn schemas_that_are_none_are_told_why() {
    let pairs = [
        ("[]", "a schema must be a JSON object"),
        (r#"{"type":"date"}"#, "unknown schema type: date"),
        (r#"{"type":"array"}"#, "a schema of type array needs `items`"),
        (r#"{"type":"struct"}"#, "a schema of type struct needs an array `fields`"),
        (
            r#"{"type":"struct","fields":[{"type":"int8","field":"a"},{"type":"int8","field":"a"}]}"#,
            "a struct's schema has two fields a",
        ),
        (r#"{"type":"int8","default":300}"#, "a schema's default: expected an integer of 8 bits, found 300"),
        (
            r#"{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal"}"#,
            "a schema of a Decimal needs an integer in quotes as `parameters.scale`",
        ),
    ];
    for (json, problem) in pairs {
        assert_eq!(Schema::from_json(json.as_bytes()).unwrap_err(), problem);
    }
}

#[test]
fn schemas_are_equal_as_javas_are() {
    let schema = || Schema::int32().parameter("a", "1").parameter("b", "2");
    assert_eq!(schema(), Schema::int32().parameter("b", "2").parameter("a", "1"));
    let others = [
        schema().optional(),
        schema().named("n"),
        schema().version(1),
        schema().doc("d"),
        schema().parameter("a", "2"),
        schema().parameter("c", "3"),
        schema().default(Value::Int32(0)).unwrap(),
        schema().copy_basics(super::Kind::Int64),
    ];
    assert!(others.iter().all(|other| *other != schema()));
    let (x, y) = (Schema::structure().field("x", Schema::int8()), Schema::structure().field("y", Schema::int8()));
    assert_ne!(x, y);
    assert_ne!(Value::Float64(0.0), Value::Float64(-0.0));
    assert_ne!(Value::Decimal(Decimal::new(1, 0)), Value::Decimal(Decimal::new(10, 1)));
    let entries = [(Value::from("a"), Value::Null), (Value::from("b"), Value::Null)];
    let reversed = entries.iter().rev().cloned().collect();
    assert_eq!(Value::Map(entries.to_vec()), Value::Map(reversed));
}

#[test]
fn nulls_stay_and_required_values_must_be_there() {
    let count = Schema::int32().default(Value::Int32(7)).unwrap();
    let schema = Schema::structure().field("count", count).field("name", Schema::string());
    let mut cbor = Vec::new();
    super::encode(&schema, &Value::Struct(vec![Value::Null, "a".into()]), &mut cbor).unwrap();
    assert_eq!(super::decode(&schema, &cbor).unwrap(), Value::Struct(vec![Value::Null, "a".into()]));
    // A field that isn't there, and another order.
    let out_of_order = [&[0xa1, 0x64], &b"name"[..], &[0x61, b'a']].concat();
    assert_eq!(super::decode(&schema, &out_of_order).unwrap(), Value::Struct(vec![Value::Null, "a".into()]));
    let missing = super::decode(&schema, &[0xa0]).unwrap_err();
    assert_eq!(missing, "name: there is no value for a required field");
    let null = super::encode(&schema, &Value::Struct(vec![Value::Null, Value::Null]), &mut cbor).unwrap_err();
    assert_eq!(null, missing);
}

#[test]
fn values_that_are_not_their_schemas_are_told_where() {
    let structure = Schema::structure().field("list", Schema::array(Schema::int8()));
    let list = Value::Struct(vec![Value::Array(vec![Value::Int8(1), Value::Int16(1)])]);
    let pairs = [
        (structure.clone(), list, "list: [1]: expected an int8, found an int16"),
        (structure, Value::Struct(vec![]), "the schema has 1 fields, the struct 0"),
        (Schema::bytes(), Value::Decimal(Decimal::new(1, 0)), "expected bytes, found a decimal"),
        (Schema::decimal(1), Value::Bytes(vec![1]), "expected a decimal, found bytes"),
        (Schema::decimal(1), Value::Decimal(Decimal::new(123, 2)), "the schema's Decimal can't hold it at scale 1"),
        (Schema::date(), Value::Int32(1), "expected a moment, found an int32"),
        (Schema::date(), Value::Moment(1), "expected a Date, which is the start of a day, found the milliseconds 1"),
        (Schema::time(), Value::Moment(-1), "expected a Time, which has no days, found the milliseconds -1"),
        (Schema::string(), Value::Null, "there is no value for a required field"),
        (Schema::timestamp(), Value::Moment(i64::MAX), "a double can't tell the milliseconds of this timestamp"),
    ];
    for (schema, value, problem) in pairs {
        assert_eq!(super::encode(&schema, &value, &mut Vec::new()).unwrap_err(), problem);
        if !problem.contains("double") {
            assert_eq!(super::append_json(&schema, &value, &mut Vec::new()).unwrap_err(), problem);
        }
    }
    assert!(Schema::int8().default(Value::Int16(1)).is_err() && Schema::int8().default(Value::Null).is_err());
}

#[test]
fn only_rows_that_change_are_written_and_schemas_come_first() {
    let id = schemas::intern(&Schema::int32().optional().to_json()).unwrap();
    let rows = Rows::new([
        Row::json("1").schemas(0, id),
        Row::json("2").schemas(0, id),
        Row::json(r#"{"n":3}"#),
        Row::json("4").schemas(0, id),
        Row::json("5").schemas(0, id),
        Row::json("null").schemas(0, id),
        Row::json("\"6\"").schemas(0, id),
        Row::json("7").schemas(0, id),
    ]);
    let wide = Rc::new(Schema::int64());
    let mut seen = Vec::new();
    let batch = rows.batch();
    let typed = typed_rows(&batch.value());
    apply(batch.value(), &mut SchemaCache::default(), &typed, |row, datum| {
        seen.push(row);
        let put = |value| Ok(Outcome::Put(Datum::new(Rc::clone(&wide), value)));
        match datum.value {
            Value::Int32(1) => Ok(Outcome::Keep),
            Value::Int32(2) => put(Value::Int64(2 << 40)),
            Value::Int32(4) => Ok(Outcome::PutJson(br#"{"four":4}"#.to_vec())),
            Value::Int32(5) => Err("five".to_owned()),
            Value::Int32(7) => put(Value::Int32(7)),
            value => Ok(Outcome::Put(Datum { value, schema: Rc::new(Schema::string().optional()) })),
        }
    })
    .unwrap();
    assert_eq!(seen, [0, 1, 3, 4, 5, 7]);
    let values: Vec<String> = (0..6).map(|row| rows.value(row)).collect();
    assert_eq!(values, ["1", "2199023255552", r#"{"n":3}"#, r#"{"four":4}"#, "5", "null"]);
    let schemas: Vec<u32> = (0..6).map(|row| rows.schemas(row).1).collect();
    assert_eq!(schemas, [id, id + 1, 0, 0, id, id + 2]);
    let fates = [4, 6, 7].map(|row| rows.rejected(row).unwrap());
    assert_eq!(fates, ["five", "it is not what its schema says", "expected an int64, found an int32"]);
    assert_eq!([rows.fate(0), rows.fate(1), rows.fate(3)], [Fate::Kept, Fate::Kept, Fate::Kept]);
}

#[test]
fn a_value_without_a_schema_is_written_as_json() {
    let id = schemas::intern(&Schema::int8().to_json()).unwrap();
    let rows = Rows::new([Row::json("1").schemas(0, id), Row::json("2").schemas(0, id), Row::json("3").schemas(0, id)]);
    apply(rows.batch().value(), &mut SchemaCache::default(), &[0, 1, 2], |row, datum| {
        let map = Value::Map(vec![("a".into(), Value::Array(vec![datum.value, Value::Bytes(vec![1]), Value::Null]))]);
        let values = [map, Value::Null, Value::Moment(1)];
        Ok(Outcome::PutPlain(values.get(row as usize).cloned().unwrap()))
    })
    .unwrap();
    assert_eq!(rows.value(0), r#"{"a":[1,"AQ==",null]}"#);
    assert_eq!(rows.batch().tombstones(), [1]);
    assert_eq!([rows.schemas(0).1, rows.schemas(1).1, rows.schemas(2).1], [0, 0, id]);
    assert_eq!(rows.rejected(2).as_deref(), Some("a moment needs a schema"));
}

#[test]
fn each_schema_is_parsed_interned_and_derived_once() {
    let mut cache = SchemaCache::default();
    let id = schemas::intern(&Schema::string().doc("once").to_json()).unwrap();
    let schema = cache.schema(id).unwrap();
    assert!(Rc::ptr_eq(&schema, &cache.schema(id).unwrap()));
    assert_eq!([cache.id(&schema), cache.id(&Rc::new(Schema::clone(&schema)))], [Ok(id), Ok(id)]);
    assert!(cache.schema(4_000).is_err());
    for version in 0..3_000 {
        cache.id(&Rc::new(Schema::string().doc("once").version(version % 3))).unwrap();
    }
    assert_eq!(cache.id(&schema), Ok(id));
    let (mut derived, mut calls): (Derived<u32>, u32) = (Derived::default(), 0);
    for _ in 0..2 {
        let made = derived.get(&schema, |_| {
            calls += 1;
            Err("no".to_owned())
        });
        assert_eq!((made, calls), (Err("no".to_owned()), 1));
    }
}

#[test]
fn rows_in_memory_have_the_form_cbor() -> Result<(), Error> {
    let id = schemas::intern(&Schema::decimal(1).to_json())?;
    let rows = Rows::new([Row::json("\"Cw==\"").schemas(0, id), Row::json(r#"{"a":[1,-2.5,true]}"#), Row::tombstone()]);
    let values = rows.batch().value();
    let column = values.read_whole(Form::Cbor)?;
    let read: Vec<_> = column.iter().map(|cell| cell.map(hex)).collect();
    let plain = "a1616183 01 fbc004000000000000 f5".replace(' ', "");
    assert_eq!(read, [Cell::Value("c482200b".to_owned()), Cell::Value(plain), Cell::Null]);
    values.write_whole(Form::Cbor, column)?;
    assert_eq!([rows.value(0), rows.value(1)], [r#""Cw==""#, r#"{"a":[1,-2.5,true]}"#]);
    let wrong: BytesColumn = [Cell::Value([0x01]), Cell::Other, Cell::Other].into_iter().collect();
    assert!(values.write_whole(Form::Cbor, wrong).is_err());
    Ok(())
}
