//! Which texts are JSON.

use proptest::prelude::*;

use super::generate::document;
use super::*;

fn accepts(text: &[u8]) -> bool {
    // A row before and one behind: the scanner looks ahead, and expects the keys of the row before.
    let mut batch = Batch::new(Contents { key: Content::Opaque, value: Content::JSON });
    push(&mut batch, 0, Some(br#"{"a":1,"b":{"a":[1,"x"]},"ssn":"1"}"#));
    push(&mut batch, 1, Some(text));
    push(&mut batch, 2, Some(br#"1,"x":"y"}}]"#));
    batch.decode();
    batch.fate(1).is_some_and(|_| batch.rejected().all(|row| row.origin != 1))
}

fn serde_accepts(text: &[u8]) -> bool {
    let ignored = serde_json::from_slice::<serde::de::IgnoredAny>(text);
    text.is_empty() || (ignored.is_ok() && std::str::from_utf8(text).is_ok())
}

#[test]
fn json_is_what_the_standard_says() {
    let good = [
        "{}",
        " [ ] ",
        "0",
        "-0.0e-1",
        "\"\"",
        "\"\\u00e9\\ud800\"",
        "true",
        "[1,[2,{\"a\":[]}]]",
        "{\"\":{\"\":1}}",
        "\"\u{7f}é\"",
        "1E400",
        "null\r\n\t ",
    ];
    let bad = [
        "{",
        "}",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{'a':1}",
        "01",
        "-",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "tru",
        "nulll",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\u{0}\"",
        "[1}",
        "{\"a\":[}",
        "1 2",
        "{}{}",
        "\u{feff}{}",
        "//",
        "[1 2]",
        "{\"a\":1]",
        "\"\\u123\"",
        "\u{b}1",
    ];
    for text in good {
        assert!(accepts(text.as_bytes()), "{text}");
    }
    for text in bad {
        assert!(!accepts(text.as_bytes()), "{text}");
        assert!(!serde_accepts(text.as_bytes()), "serde: {text}");
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_even_in_a_key_seen_before() {
    let mut batch = Batch::new(Contents { key: Content::Opaque, value: Content::JSON });
    for offset in 0..2 {
        push(&mut batch, offset, Some(b"{\"\xff\":1}"));
        push(&mut batch, offset, Some(b"{\"a\":\"\xc3\"}"));
        push(&mut batch, offset, Some("{\"é\":1}".as_bytes()));
    }
    batch.decode();
    assert_eq!(batch.live_rows(), 2);
}

#[test]
fn a_sequence_of_bytes_is_not_completed_by_the_next_row() {
    let mut batch = batch_of(&[]);
    push(&mut batch, 0, Some(b"{\"a\":\"\xc3"));
    push(&mut batch, 1, Some(b"\xa9\"}"));
    push(&mut batch, 2, Some(b"12"));
    push(&mut batch, 3, Some(b"3"));
    batch.decode();
    assert_eq!(batch.kinds(Part::Value), [ValueKind::Integer, ValueKind::Integer]);
    assert_eq!(rows_of(&batch.read(Part::Value, Form::Json).unwrap()), [ok("12"), ok("3")]);
}

#[test]
fn five_hundred_levels_are_possible_and_no_more() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let mixed = |depth: usize| format!("{}1{}", "{\"a\":[".repeat(depth / 2), "]}".repeat(depth / 2));
    for text in [nested, objects, mixed] {
        assert!(accepts(text(500).as_bytes()));
        assert!(!accepts(text(502).as_bytes()));
    }
    assert!(!accepts("[".repeat(100_000).as_bytes()));
    let crossed = nested(200).replacen("]]", "]}", 1);
    assert!(!accepts(crossed.as_bytes()));
}

#[test]
fn a_rejection_says_where_the_text_is_wrong() {
    let batch = batch_of(&["{}", r#"{"a":tru}"#]);
    let [(1, reason)] = &rejections(&batch)[..] else { panic!("one row is malformed") };
    let expected =
        "Converting byte[] to Kafka Connect data failed due to serialization error: a value is expected at byte 5";
    assert_eq!(reason, expected);
    let row = batch.rejected().next().unwrap();
    assert_eq!((row.rejection.stage, row.rejection.step), (Stage::ValueConverter, None));
    assert_eq!(row.record.value, Some(&br#"{"a":tru}"#[..]));
}

#[derive(Debug, Clone)]
enum Damage {
    Cut(usize),
    Set(usize, u8),
    Insert(usize, u8),
    Delete(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![proptest::sample::select(&b"\"\\{}[],:0123456789eE+-.tfn \n\x00\x1fu/"[..]), any::<u8>(),];
    prop_oneof![
        any::<usize>().prop_map(Damage::Cut),
        (any::<usize>(), byte.clone()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (any::<usize>(), byte).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        any::<usize>().prop_map(Damage::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn damaged_text_is_accepted_if_serde_json_accepts_it(
        document in document(),
        damages in proptest::collection::vec(damage(), 0..4),
    ) {
        let mut text = document.spaced().into_bytes();
        for damage in damages {
            let len = text.len().max(1);
            match damage {
                Damage::Cut(at) => text.truncate(at % len),
                Damage::Set(at, byte) if !text.is_empty() => text[at % len] = byte,
                Damage::Insert(at, byte) => text.insert(at % len, byte),
                Damage::Delete(at) if !text.is_empty() => { text.remove(at % len); }
                _ => {}
            }
        }
        prop_assert_eq!(accepts(&text), serde_accepts(&text), "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn any_bytes_are_accepted_if_serde_json_accepts_them(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(accepts(&text), serde_accepts(&text));
    }
}
