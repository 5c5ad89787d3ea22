//! Compares two answers to one case as Connect values, and says where they part.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::case::{Answer, Outcome, Verdict};

/// How the bytes are compared that a converter gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// One by one.
    Exact,
    /// As JSON trees: keys in any order, and numbers by their text, so that `1.0` isn't `1.00`.
    Json,
    /// As JSON trees: keys in any order, and numbers by their exact value.
    JsonValues,
}

/// Where two answers part first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The place, such as `results[0].record.value.value.struct.fields.a`.
    pub path: String,
    /// What is there in the first answer, as JSON, or `absent`.
    pub wanted: String,
    /// What is there in the second.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, wanted, found } = self;
        write!(formatter, "{path}: wanted {wanted}, found {found}")
    }
}

/// Returns where `found` parts first from `wanted`; none if they are equal.
///
/// The order of a map's entries, of a schema's parameters and of a struct's set fields is of no account (that of a
/// schema's fields is), nor are the messages and causes of errors. Floats are equal by their bits.
pub fn difference(wanted: &Answer, found: &Answer, bytes: Bytes) -> Option<Difference> {
    part("", Some(&plain(&wanted.verdict, bytes)), Some(&plain(&found.verdict, bytes)))
}

fn part(path: &str, wanted: Option<&Value>, found: Option<&Value>) -> Option<Difference> {
    match (wanted, found) {
        (Some(Value::Object(wanted)), Some(Value::Object(found))) => {
            let others = found.keys().filter(|key| !wanted.contains_key(*key));
            wanted.keys().chain(others).find_map(|key| part(&inside(path, key), wanted.get(key), found.get(key)))
        }
        (Some(Value::Array(wanted)), Some(Value::Array(found))) => (0..wanted.len().max(found.len()))
            .find_map(|at| part(&format!("{path}[{at}]"), wanted.get(at), found.get(at))),
        _ if wanted == found => None,
        _ => {
            let text = |side: Option<&Value>| side.map_or_else(|| "absent".to_owned(), Value::to_string);
            Some(Difference { path: path.to_owned(), wanted: text(wanted), found: text(found) })
        }
    }
}

fn inside(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Returns JSON that is equal for what counts as equal.
fn plain(verdict: &Verdict, bytes: Bytes) -> Value {
    match verdict {
        Verdict::Results(results) => {
            json!({ "results": results.iter().map(|outcome| plain_outcome(outcome, bytes)).collect::<Vec<_>>() })
        }
        Verdict::ConfigError(failure) => json!({ "config-error": failure.class }),
        Verdict::CaseError(error) => json!({ "case-error": error }),
    }
}

fn plain_outcome(outcome: &Outcome, bytes: Bytes) -> Value {
    match outcome {
        Outcome::Error(failure) => json!({ "error": failure.class }),
        Outcome::Bytes(Some(given)) if bytes != Bytes::Exact => match tree(given, bytes) {
            Some(tree) => json!({ "json": tree }),
            None => json!({ "not-json": given }),
        },
        other => without_order(serde_json::to_value(other).unwrap_or_default()),
    }
}

/// Turns maps into objects by the JSON of their keys. An array beneath `map` is a map's entries: a field or a
/// parameter of that name has no array there.
pub(super) fn without_order(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .map(|(key, value)| match value {
                Value::Array(entries) if key == "map" => (key, Value::Object(by_key(entries))),
                value => (key, without_order(value)),
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(without_order).collect(),
        scalar => scalar,
    }
}

fn by_key(entries: Vec<Value>) -> Map<String, Value> {
    let mut map = Map::new();
    for entry in entries {
        let Value::Array(entry) = entry else { continue };
        let mut entry = entry.into_iter().map(without_order);
        let (key, value) = (entry.next().unwrap_or_default(), entry.next().unwrap_or_default());
        insert(&mut map, key.to_string(), value);
    }
    map
}

/// Keeps what comes under a name that is there already, since no answer should have two.
fn insert(map: &mut Map<String, Value>, mut name: String, value: Value) {
    while map.contains_key(&name) {
        name.push_str(" again");
    }
    map.insert(name, value);
}

/// Returns the tree, with numbers as objects that hold their text; none if it isn't JSON.
pub(super) fn tree(bytes: &[u8], rule: Bytes) -> Option<Value> {
    branch(serde_json::from_slice(bytes).ok()?, rule)
}

fn branch(raw: &RawValue, rule: Bytes) -> Option<Value> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'{' => {
            let Members(members) = serde_json::from_str(text).ok()?;
            let mut map = Map::new();
            for (name, member) in members {
                insert(&mut map, name, branch(member, rule)?);
            }
            Some(Value::Object(map))
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            items.into_iter().map(|item| branch(item, rule)).collect()
        }
        b'-' | b'0'..=b'9' if rule == Bytes::JsonValues => Some(json!({ "number": number(text) })),
        b'-' | b'0'..=b'9' => Some(json!({ "number": text })),
        _ => serde_json::from_str(text).ok(),
    }
}

/// Returns one text for all ways to write a number; its own text if the exponent is beyond reason.
pub(super) fn number(text: &str) -> String {
    let (sign, magnitude) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.parse::<i32>() else { return text.to_owned() };
    let digits = format!("{whole}{fraction}");
    let shifted = digits.trim_end_matches('0');
    let zeros = digits.len() as i64 - shifted.len() as i64;
    match shifted.trim_start_matches('0') {
        "" => format!("{sign}0"),
        digits => format!("{sign}{digits}e{}", i64::from(exponent) - fraction.len() as i64 + zeros),
    }
}

/// An object's members in order, two of one name included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::case::Failure;
    use crate::oracle::notation::Typed;

    fn answer(results: Vec<Outcome>) -> Answer {
        Answer { id: 1, verdict: Verdict::Results(results) }
    }

    fn typed(value: Value) -> Answer {
        let typed: Typed = serde_json::from_value(json!({ "schema": null, "value": value })).unwrap();
        answer(vec![Outcome::Typed(Box::new(typed))])
    }

    fn between(wanted: Value, found: Value) -> Option<String> {
        difference(&typed(wanted), &typed(found), Bytes::Exact).map(|difference| difference.to_string())
    }

    fn bytes(wanted: &str, found: &str, rule: Bytes) -> Option<String> {
        let of = |text: &str| answer(vec![Outcome::Bytes(Some(text.as_bytes().to_vec()))]);
        difference(&of(wanted), &of(found), rule).map(|difference| difference.to_string())
    }

    fn failure(class: &str, message: &str) -> Failure {
        Failure { class: class.to_owned(), message: Some(message.to_owned()), cause: None }
    }

    #[test]
    fn the_order_of_a_map_is_of_no_account() {
        let (a, b) = (json!([{ "string": "a" }, { "int8": 1 }]), json!([{ "string": "b" }, null]));
        assert_eq!(between(json!({ "map": [a, b] }), json!({ "map": [b, a] })), None);
    }

    #[test]
    fn a_map_in_a_map_is_found_by_the_keys() {
        let nested = |n: i8| json!({ "map": [[{ "string": "a" }, { "map": [[{ "int8": 1 }, { "int8": n }]] }]] });
        let path = r#"results[0].typed.value.map.{"string":"a"}.map.{"int8":1}.int8"#;
        assert_eq!(between(nested(2), nested(3)), Some(format!("{path}: wanted 2, found 3")));
    }

    #[test]
    fn one_more_entry_or_item_is_a_difference() {
        let entry = |n: i8| json!([{ "int8": n }, null]);
        let more = between(json!({ "map": [entry(1)] }), json!({ "map": [entry(1), entry(2)] }));
        assert_eq!(more.unwrap(), r#"results[0].typed.value.map.{"int8":2}: wanted absent, found null"#);
        assert!(between(json!({ "map": [entry(1)] }), json!({ "map": [entry(1), entry(1)] })).is_some());
        let more = between(json!({ "list": [] }), json!({ "list": [null] }));
        assert_eq!(more.unwrap(), "results[0].typed.value.list[0]: wanted absent, found null");
    }

    #[test]
    fn a_type_that_differs_is_a_difference() {
        let wanted = "results[0].typed.value.int32: wanted 1, found absent";
        assert_eq!(between(json!({ "int32": 1 }), json!({ "int16": 1 })).unwrap(), wanted);
        assert!(between(json!(null), json!({ "string": "" })).is_some());
    }

    #[test]
    fn floats_are_equal_by_their_bits() {
        let (zero, minus_zero) = (json!({ "float64": "0000000000000000" }), json!({ "float64": "8000000000000000" }));
        assert!(between(zero.clone(), minus_zero).is_some());
        assert_eq!(between(zero.clone(), zero), None);
        let (nan, other_nan) = (json!({ "float32": "7fc00000" }), json!({ "float32": "ffc00001" }));
        assert_eq!(between(nan, other_nan), None);
    }

    #[test]
    fn the_order_of_a_schemas_fields_counts() {
        let of = |names: [&str; 2]| {
            let fields = names.map(|name| json!({ "name": name, "schema": { "type": "int8" } }));
            let typed = json!({ "schema": { "type": "struct", "fields": fields }, "value": null });
            answer(vec![Outcome::Typed(Box::new(serde_json::from_value(typed).unwrap()))])
        };
        let found = difference(&of(["a", "b"]), &of(["b", "a"]), Bytes::Exact).unwrap();
        assert_eq!(found.path, "results[0].typed.schema.fields[0].name");
    }

    #[test]
    fn errors_are_equal_by_their_class() {
        let of = |class: &str, message: &str| answer(vec![Outcome::Error(failure(class, message))]);
        assert_eq!(difference(&of("A", "one"), &of("A", "other"), Bytes::Exact), None);
        let found = difference(&of("A", ""), &of("B", ""), Bytes::Exact).unwrap();
        assert_eq!(found.to_string(), r#"results[0].error: wanted "A", found "B""#);
        let refused = Answer { id: 1, verdict: Verdict::ConfigError(failure("A", "")) };
        assert!(difference(&of("A", ""), &refused, Bytes::Exact).is_some());
    }

    #[test]
    fn bytes_are_compared_as_told() {
        let (one, other) = (r#"{"a":[1.0,"x"],"b":null}"#, r#"{ "b": null, "a": [1.0, "\u0078"] }"#);
        assert!(bytes(one, other, Bytes::Exact).is_some());
        assert_eq!(bytes(one, other, Bytes::Json), None);
        assert_eq!(bytes("{}", "{", Bytes::Json).unwrap(), "results[0].json: wanted {}, found absent");
        assert!(bytes(r#"{"a":1,"a":1}"#, r#"{"a":1}"#, Bytes::Json).is_some());
    }

    #[test]
    fn numbers_in_bytes_are_compared_by_text_or_by_exact_value() {
        for (one, other) in [("1.0", "1.00"), ("1.0E10", "10000000000.0"), ("0", "0e5"), ("120e-1", "12")] {
            assert!(bytes(one, other, Bytes::Json).is_some(), "{one} {other}");
            assert_eq!(bytes(one, other, Bytes::JsonValues), None, "{one} {other}");
        }
        for (one, other) in [("1", "-1"), ("0", "-0"), ("9007199254740993", "9007199254740992"), ("1e3", "1e4")] {
            assert!(bytes(one, other, Bytes::JsonValues).is_some(), "{one} {other}");
        }
    }
}
