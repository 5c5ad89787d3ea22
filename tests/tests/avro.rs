//! Confluent's `AvroData`, in Apicurio's fork, and Airlock's converter on the same drawn schemas and values, both
//! ways.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its output tells how much was compared"
)]

use airlock::pipeline::registry::Definition;
use airlock::pipeline::registry::avro::{AvroDecoder, AvroEncoder, AvroOptions};
use airlock_tests::oracle::bridge::Bridge;
use airlock_tests::oracle::case::{Answer, Item, Nulls, Operation, Outcome, Question, Verdict};
use airlock_tests::oracle::client::Oracle;
use airlock_tests::oracle::compare::{Bytes, difference};
use airlock_tests::oracle::draw::Family;
use airlock_tests::oracle::notation::Typed;
use serde_json::Value;

const CASES: u64 = 3_000;
const SEED: u64 = 1;

/// `JsonConverter` with its defaults.
const JSON: Bridge = Bridge::Payload(Nulls::Replaced);

/// Draws values with schemas, as they are once they came through a `JsonConverter`, with its bytes.
fn drawn(oracle: &mut Oracle) -> Vec<(Vec<u8>, Typed)> {
    let family = Family::named("JsonConverter").unwrap();
    let mut values = Vec::new();
    for number in 0..CASES {
        if let Question::Converter(case) = family.draw(SEED, number).question
            && case.operation == Operation::FromConnect
        {
            values.extend(case.items.into_iter().filter_map(|item| match item {
                Item::Typed(typed) if typed.schema.is_some() => Some(*typed),
                _ => None,
            }));
        }
    }
    let bytes: Vec<_> = JSON.to_bytes(oracle, values).unwrap().into_iter().flatten().flatten().collect();
    let typed = JSON.to_values(oracle, bytes.iter().cloned().map(Some).collect()).unwrap();
    // JsonConverter does not read all that it writes (infinities): what it read, it writes again.
    let typed: Vec<Typed> = typed.into_iter().flatten().collect();
    let bytes = JSON.to_bytes(oracle, typed.clone()).unwrap();
    bytes.into_iter().zip(typed).filter_map(|(bytes, typed)| Some((bytes??, typed))).collect()
}

/// Returns the Avro schema and the binary value that Airlock makes; none for a null.
fn encode(envelope: &[u8], options: &AvroOptions) -> Result<Option<(String, Vec<u8>)>, String> {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    let encoder = AvroEncoder::new(Some(envelope["schema"].to_string().as_bytes()), options)?;
    let text = encoder.text()?;
    let mut out = Vec::new();
    // The fork's bytes have a length even where they are all there is; those of the wire format have none.
    let some = encoder.encode(envelope["payload"].to_string().as_bytes(), &mut out)?;
    Ok(some.then_some((text, out)))
}

/// Returns JSON whose strings are escaped in one way; its members keep their order.
fn normal(text: &str) -> String {
    serde_json::from_str::<Value>(text).unwrap().to_string()
}

/// Takes apart what the fork wrote.
fn split(bytes: &[u8]) -> (String, Vec<u8>) {
    let (length, rest) = bytes.split_at(4);
    let (text, value) = rest.split_at(u32::from_be_bytes(length.try_into().unwrap()) as usize);
    (String::from_utf8(text.to_vec()).unwrap(), value.to_vec())
}

fn join(text: &str, value: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(value);
    out
}

fn has_bare_bytes(text: &str) -> bool {
    let json: Value = serde_json::from_str(text).unwrap();
    json == "bytes" || json["type"] == "bytes"
}

/// Puts the length before a value that is nothing but bytes.
fn lengthened(text: &str, value: Vec<u8>) -> Vec<u8> {
    if !has_bare_bytes(text) {
        return value;
    }
    let (mut length, mut out) = (value.len() << 1, Vec::new());
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(value);
    out
}

/// Removes the length before a value that is nothing but bytes.
fn shortened(text: &str, value: Vec<u8>) -> Vec<u8> {
    match has_bare_bytes(text) {
        true => value[value.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1..].to_vec(),
        false => value,
    }
}

fn decode(text: &str, value: &[u8], options: &AvroOptions) -> Result<Vec<u8>, String> {
    let decoder = AvroDecoder::new(Definition::of(text), options)?;
    let mut payload = Vec::new();
    decoder.decode(value, &mut payload)?;
    let schema = String::from_utf8(decoder.schema().unwrap_or(b"null").to_vec()).unwrap();
    Ok(format!("{{\"schema\":{schema},\"payload\":{}}}", String::from_utf8(payload).unwrap()).into_bytes())
}

fn answer(typed: &Typed) -> Answer {
    Answer { id: 0, verdict: Verdict::Results(vec![Outcome::Typed(Box::new(typed.clone()))]) }
}

fn parted(wanted: &Typed, found: &Typed) -> Option<String> {
    difference(&answer(wanted), &answer(found), Bytes::Exact).map(|difference| difference.to_string())
}

#[derive(Default, Debug)]
struct Found {
    same: usize,
    refused: usize,
    differ: Vec<String>,
}

impl Found {
    fn add(&mut self, case: &[u8], difference: Option<String>) {
        match difference {
            None => self.same += 1,
            Some(difference) => self.differ.push(format!("{difference}\n  of {}", String::from_utf8_lossy(case))),
        }
    }

    fn check(self, what: &str) {
        let Self { same, refused, differ } = self;
        println!("{what}: {same} the same, {refused} refused by both, {} differ", differ.len());
        let some: Vec<_> = differ.iter().take(12).map(|one| one.chars().take(1500).collect::<String>()).collect();
        assert!(differ.is_empty(), "{}", some.join("\n"));
        assert!(same > 500, "too few are compared");
    }
}

#[test]
fn schemas_and_values_become_avro_as_in_java() {
    for enhanced in [false, true] {
        let options = AvroOptions { enhanced, ..AvroOptions::default() };
        let (mut oracle, java) = (Oracle::start().unwrap(), Bridge::Avro { enhanced });
        let drawn = drawn(&mut oracle);
        let wanted = java.to_bytes(&mut oracle, drawn.iter().map(|(_, typed)| typed.clone()).collect()).unwrap();
        let mut found = Found::default();
        for ((envelope, _), wanted) in drawn.iter().zip(wanted) {
            let difference = match (wanted, encode(envelope, &options)) {
                (None, Err(_)) => {
                    found.refused += 1;
                    continue;
                }
                // Java's Avro writes one of the two schemas, and values that nobody can read.
                (Some(_), Err(refused)) if refused.contains("Can't redefine") => {
                    found.refused += 1;
                    continue;
                }
                (Some(None), Ok(None)) => None,
                (Some(Some(wanted)), Ok(Some((text, value)))) => {
                    let (wanted_text, wanted) = split(&wanted);
                    let value = lengthened(&text, value);
                    if normal(&text) != normal(&wanted_text) {
                        Some(format!("wanted {wanted_text}\n  found {text}"))
                    } else if value == wanted {
                        None
                    } else {
                        // A HashMap's order is nobody's.
                        let both = vec![Some(join(&text, &wanted)), Some(join(&text, &value))];
                        let both = java.to_values(&mut oracle, both).unwrap();
                        match (&both[0], &both[1]) {
                            (Ok(wanted), Ok(found)) => parted(wanted, found),
                            (Err(_), Err(_)) => None,
                            both => Some(format!("{both:?}")),
                        }
                    }
                }
                (wanted, found) => {
                    let wanted = wanted.map(|wanted| wanted.map(|wanted| split(&wanted).0));
                    Some(format!("wanted {wanted:?}, found {found:?}"))
                }
            };
            found.add(envelope, difference);
        }
        found.check(&format!("to Avro, enhanced {enhanced}"));
    }
}

#[test]
fn avro_becomes_schemas_and_values_as_in_java() {
    for enhanced in [false, true] {
        let options = AvroOptions { enhanced, ..AvroOptions::default() };
        let (mut oracle, java) = (Oracle::start().unwrap(), Bridge::Avro { enhanced });
        let drawn = drawn(&mut oracle);
        let avro = java.to_bytes(&mut oracle, drawn.into_iter().map(|(_, typed)| typed).collect()).unwrap();
        let avro: Vec<Vec<u8>> = avro.into_iter().flatten().flatten().collect();
        let wanted = java.to_values(&mut oracle, avro.iter().cloned().map(Some).collect()).unwrap();
        let mut found = Found::default();
        for (bytes, wanted) in avro.iter().zip(wanted) {
            let (text, value) = split(bytes);
            let ours = decode(&text, &shortened(&text, value), &options);
            let difference = match (wanted, ours) {
                (Err(_), Err(_)) => {
                    found.refused += 1;
                    continue;
                }
                (Ok(wanted), Ok(ours)) => {
                    // Both through JsonConverter, in which rows live.
                    let wanted = JSON.round_trip(&mut oracle, vec![wanted]).unwrap().remove(0);
                    let ours_typed = JSON.to_values(&mut oracle, vec![Some(ours)]).unwrap().remove(0);
                    match (wanted, ours_typed) {
                        (Some(wanted), Ok(ours)) => parted(&wanted, &ours),
                        (None, _) => continue,
                        (Some(_), Err(error)) => Some(format!("JsonConverter: {error}")),
                    }
                }
                (wanted, found) => Some(format!(
                    "wanted {wanted:?}, found {:?}",
                    found.map(|found| String::from_utf8_lossy(&found).into_owned())
                )),
            };
            found.add(bytes, difference);
        }
        found.check(&format!("from Avro, enhanced {enhanced}"));
    }
}
