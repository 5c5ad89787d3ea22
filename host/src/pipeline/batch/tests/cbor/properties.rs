//! Random values there and back as CBOR, and random CBOR.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::super::json::{elements, kind, last_member, members, unescaped};
use super::super::generate::documents;
use super::*;

/// A value as it comes in, and as it must come back; none is a field that isn't there.
type Pair = (Option<Value>, Value);

fn schema() -> impl Strategy<Value = Value> {
    let logical =
        |base: &str, name: &str| json!({ "type": base, "name": format!("org.apache.kafka.connect.data.{name}") });
    let mut leaves: Vec<Value> = ["boolean", "int8", "int16", "int32", "int64", "float", "double", "string", "bytes"]
        .iter()
        .map(|name| json!({ "type": name }))
        .collect();
    leaves.extend([logical("int32", "Date"), logical("int32", "Time"), logical("int64", "Timestamp")]);
    leaves.push(
        json!({ "type": "bytes", "name": "org.apache.kafka.connect.data.Decimal", "parameters": { "scale": "3" } }),
    );
    leaves.push(json!({ "type": "int16", "default": 7 }));
    leaves.push(json!({ "type": "string", "default": "d\"é" }));
    let leaf = proptest::sample::select(leaves);
    let nested = leaf.prop_recursive(4, 24, 5, |inner| {
        let fields = proptest::collection::vec(inner.clone(), 0..12).prop_map(|fields| {
            let named = fields.into_iter().enumerate().map(|(index, mut field)| {
                field["field"] = json!(format!("f\"{index}"));
                field
            });
            json!({ "type": "struct", "fields": named.collect::<Vec<_>>() })
        });
        let map = |keys: &'static str| move |values: Value| json!({ "type": "map", "keys": { "type": keys }, "values": values });
        prop_oneof![
            2 => fields,
            1 => inner.clone().prop_map(|items| json!({ "type": "array", "items": items })),
            1 => inner.clone().prop_map(map("string")),
            1 => inner.prop_map(map("int32")),
        ]
    });
    (nested, any::<bool>()).prop_map(|(mut schema, optional)| {
        schema["optional"] = json!(optional);
        schema
    })
}

/// Values of a schema.
fn value(schema: &Value) -> BoxedStrategy<Pair> {
    let default = schema.get("default").cloned();
    let nothing = default.clone().or_else(|| (schema["optional"] == true).then_some(Value::Null));
    let some = present(schema);
    match nothing {
        None => some,
        Some(stands) => prop_oneof![
            3 => some,
            1 => Just((Some(Value::Null), stands.clone())),
            1 => Just((None, stands)),
        ]
        .boxed(),
    }
}

fn same<T: Into<Value>>(value: T) -> Pair {
    let value = value.into();
    (Some(value.clone()), value)
}

fn present(schema: &Value) -> BoxedStrategy<Pair> {
    let logical = schema["name"].as_str().and_then(|name| name.rsplit('.').next()).unwrap_or_default();
    match (schema["type"].as_str().unwrap(), logical) {
        ("boolean", _) => any::<bool>().prop_map(same).boxed(),
        ("int8", _) => any::<i8>().prop_map(same).boxed(),
        ("int16", _) => any::<i16>().prop_map(same).boxed(),
        (_, "Time") => (0..=86_400_000).prop_map(same::<i32>).boxed(),
        (_, "Timestamp") => (-4_000_000_000_000_000_i64..4_000_000_000_000_000).prop_map(same::<i64>).boxed(),
        ("int32", _) => any::<i32>().prop_map(same).boxed(),
        ("int64", _) => any::<i64>().prop_map(same).boxed(),
        ("float", _) => any::<f32>().prop_map(|number| same(number.to_string().parse::<f64>().unwrap_or(0.5))).boxed(),
        ("double", _) => any::<f64>().prop_map(|number| same(if number.is_finite() { number } else { 0.5 })).boxed(),
        ("string", _) => ".{0,12}".prop_map(same).boxed(),
        (_, "Decimal") => any::<i128>().prop_map(|unscaled| same(decimal(unscaled))).boxed(),
        ("bytes", _) => any::<Vec<u8>>().prop_map(|bytes| same(STANDARD.encode(bytes))).boxed(),
        ("array", _) => proptest::collection::vec(element(&schema["items"]), 0..30)
            .prop_map(|pairs| both(pairs, |values| Value::Array(values.collect())))
            .boxed(),
        ("map", _) if schema["keys"]["type"] == "string" => {
            proptest::collection::btree_map(".{0,4}", element(&schema["values"]), 0..30)
                .prop_map(|pairs| {
                    let (keys, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
                    both(pairs, |values| Value::Object(keys.clone().into_iter().zip(values).collect()))
                })
                .boxed()
        }
        ("map", _) => proptest::collection::btree_map(any::<i32>(), element(&schema["values"]), 0..30)
            .prop_map(|pairs| {
                let (keys, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
                both(pairs, |values| {
                    Value::Array(keys.iter().zip(values).map(|(key, value)| json!([key, value])).collect())
                })
            })
            .boxed(),
        _ => structure(schema),
    }
}

/// Java's `BigInteger.toByteArray` in base 64: no more bytes than it takes.
fn decimal(unscaled: i128) -> String {
    let bytes = unscaled.to_be_bytes();
    let start = (0..15)
        .take_while(|&at| (bytes[at] == 0 && bytes[at + 1] < 0x80) || (bytes[at] == 0xff && bytes[at + 1] >= 0x80))
        .count();
    STANDARD.encode(&bytes[start..])
}

/// A value that can't be left out.
fn element(schema: &Value) -> BoxedStrategy<Pair> {
    value(schema).prop_map(|(input, output)| (Some(input.unwrap_or(Value::Null)), output)).boxed()
}

fn both(pairs: Vec<Pair>, make: impl Fn(&mut dyn Iterator<Item = Value>) -> Value) -> Pair {
    let (input, output): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    (Some(make(&mut input.into_iter().flatten())), make(&mut output.into_iter()))
}

fn structure(schema: &Value) -> BoxedStrategy<Pair> {
    let fields = schema["fields"].as_array().unwrap();
    let names: Vec<_> = fields.iter().map(|field| field["field"].as_str().unwrap().to_owned()).collect();
    let values: Vec<_> = fields.iter().map(value).collect();
    (values, any::<bool>())
        .prop_map(move |(values, backwards)| {
            let (input, output): (Vec<_>, Vec<_>) = values.into_iter().unzip();
            let mut input: Vec<_> =
                names.iter().cloned().zip(input).filter_map(|(name, value)| Some((name, value?))).collect();
            if backwards {
                input.reverse();
            }
            let output = names.iter().cloned().zip(output).collect();
            (Some(Value::Object(input.into_iter().collect())), Value::Object(output))
        })
        .boxed()
}

fn with_schema() -> impl Strategy<Value = (Value, Pair)> {
    schema().prop_flat_map(|schema| (Just(schema.clone()), element(&schema)))
}

/// Reads all rows as CBOR and writes them back.
fn there_and_back(content: Content, texts: &[String]) -> Vec<Option<String>> {
    let mut batch = Batch::new(Contents { key: Content::Text, value: content });
    for (offset, text) in (0..).zip(texts) {
        push(&mut batch, offset, Some(text.as_bytes()));
    }
    batch.open_call(Call::default()).unwrap();
    let column = batch.read(Part::Value, Form::Cbor).unwrap();
    assert!(column.lengths.iter().all(|length| *length >= NULL), "{texts:?}: {:?}", column.lengths);
    batch.write(Part::Value, Form::Cbor, column).unwrap();
    batch.commit_call();
    values_of(&mut batch)
}

/// A number by its digits: those, and the exponent of ten.
fn digits(number: &[u8]) -> (String, i64) {
    let text = std::str::from_utf8(number).unwrap().to_ascii_lowercase();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let plain = mantissa.replace('.', "");
    let (sign, plain) = plain.strip_prefix('-').map_or(("", &*plain), |rest| ("-", rest));
    let plain = plain.trim_start_matches('0');
    let sign = if plain.is_empty() { "" } else { sign };
    (format!("{sign}{plain}"), exponent.parse::<i64>().unwrap() - places as i64)
}

/// Checks that two JSON texts say the same, numbers as `number` shows them.
fn check_same<T: PartialEq + std::fmt::Debug>(left: &[u8], right: &[u8], number: fn(&[u8]) -> T) {
    assert_eq!(kind(left) == ValueKind::Object, kind(right) == ValueKind::Object);
    match kind(left) {
        ValueKind::Object => {
            let keys = |text: &[u8]| -> BTreeMap<Vec<u8>, ()> {
                members(text).map(|member| (unescaped(member.key_in(text)).into_owned(), ())).collect()
            };
            assert_eq!(keys(left), keys(right));
            for key in keys(left).keys() {
                let value = |text| last_member(text, key).unwrap();
                check_same(value(left).value_in(left), value(right).value_in(right), number);
            }
        }
        ValueKind::Array => {
            assert_eq!(elements(left).count(), elements(right).count());
            elements(left).zip(elements(right)).for_each(|(left, right)| check_same(left, right, number));
        }
        ValueKind::Integer | ValueKind::Fraction => assert_eq!(number(left), number(right)),
        _ => {
            assert_eq!(serde_json::from_slice::<Value>(left).unwrap(), serde_json::from_slice::<Value>(right).unwrap())
        }
    }
}

/// Writes CBOR that may be anything; it is refused, or becomes JSON.
fn attempt((content, schema): (Content, Option<&str>), cbor: &[u8]) {
    let mut batch = Batch::new(Contents { key: Content::Text, value: content });
    push(&mut batch, 0, None);
    let id = schema.map_or(0, |schema| lock(batch.schema_table()).intern(schema.as_bytes()).unwrap());
    batch.open_call(Call::default()).unwrap();
    batch.set_schemas(Part::Value, vec![id]).unwrap();
    match batch.write(Part::Value, Form::Cbor, one(cbor)) {
        Ok(()) => {
            batch.commit_call();
            batch.encode();
            assert_eq!(batch.outgoing().count() + batch.rejected().count(), 1);
        }
        Err(error) => assert!(!format!("{error:?}").contains("it is no JSON"), "{error:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn values_with_a_schema_come_back_the_same((schema, (input, output)) in with_schema()) {
        let envelope = json!({ "schema": schema, "payload": input }).to_string();
        let back = there_and_back(Content::JSON_WITH_SCHEMA, std::slice::from_ref(&envelope));
        // A null without a default comes as no value at all, and goes as a tombstone.
        prop_assert_eq!(back[0].is_none(), output.is_null());
        if let Some(back) = &back[0] {
            let back = last_member(back.as_bytes(), b"payload").unwrap().value_in(back.as_bytes());
            let expected = output.to_string();
            // serde_json reads some doubles a little off.
            let number = |text: &[u8]| std::str::from_utf8(text).unwrap().parse::<f64>().unwrap();
            check_same(expected.as_bytes(), back, number);
        }
    }

    #[test]
    fn json_without_a_schema_keeps_every_digit(documents in documents()) {
        let texts: Vec<String> = documents.iter().map(super::super::generate::Tree::spaced).collect();
        for (text, back) in texts.iter().zip(there_and_back(Content::JSON, &texts)) {
            let back = back.unwrap_or_else(|| "null".to_owned());
            check_same(text.trim().as_bytes(), back.as_bytes(), digits);
        }
    }

    #[test]
    fn numbers_keep_every_digit(number in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?") {
        let back = there_and_back(Content::JSON, std::slice::from_ref(&number));
        prop_assert_eq!(digits(back[0].as_ref().unwrap().as_bytes()), digits(number.as_bytes()));
    }

    #[test]
    fn random_bytes_are_refused_or_json((bytes, schema) in (any::<Vec<u8>>(), schema())) {
        let schema = schema.to_string();
        attempt((Content::JSON, None), &bytes);
        attempt((Content::JSON_WITH_SCHEMA, Some(&schema)), &bytes);
        attempt((Content::Text, None), &bytes);
        attempt((Content::Opaque, None), &bytes);
    }

    #[test]
    fn damaged_values_are_refused_or_json(
        ((schema, (input, _)), damage) in (with_schema(), proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4))
    ) {
        let envelope = json!({ "schema": schema, "payload": input }).to_string();
        let mut batch = Batch::new(Contents { key: Content::Text, value: Content::JSON_WITH_SCHEMA });
        push(&mut batch, 0, Some(envelope.as_bytes()));
        batch.open_call(Call::default()).unwrap();
        let mut cbor = batch.read(Part::Value, Form::Cbor).unwrap().data;
        for (position, byte) in damage {
            let position = position % cbor.len().max(1);
            if let Some(place) = cbor.get_mut(position) {
                *place = byte;
            }
        }
        attempt((Content::JSON, None), &cbor);
        attempt((Content::JSON_WITH_SCHEMA, Some(&schema.to_string())), &cbor);
    }
}
