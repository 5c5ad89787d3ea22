//! Between JSON strings and their characters. Strings come in valid; see `scan`.

use std::borrow::Cow;

use super::swar::{before_mark, load, specials};

/// What to do with half of a surrogate pair, which JSON can write and UTF-8 can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Lone {
    /// Answer that the string can't be decoded.
    Refuse,
    /// Write a question mark, as Java does when it encodes.
    Replace,
    /// Write the three bytes that UTF-8 would have for it, so that different keys stay different.
    Keep,
}

/// Appends `text` as a JSON string.
pub(in super::super) fn append_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let mut done = 0;
    let mut pos = 0;
    while pos < text.len() {
        let marks = specials(load(text, pos));
        if marks == 0 {
            pos += 8;
            continue;
        }
        pos += before_mark(marks);
        let Some(byte) = text.get(pos) else { break };
        out.extend_from_slice(text.get(done..pos).unwrap_or_default());
        append_escape(out, *byte);
        pos += 1;
        done = pos;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    out.push(b'"');
}

#[cold]
fn append_escape(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// Returns the characters of a key or string, given without its quotes.
pub(in super::super) fn unescaped(inner: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    append_unescaped(&mut out, inner, Lone::Keep);
    Cow::Owned(out)
}

/// Appends the characters of a JSON string, given with its quotes. Where that is refused, nothing is appended.
pub(in super::super) fn append_unquoted(out: &mut Vec<u8>, string: &[u8], lone: Lone) -> bool {
    let inner = string.get(1..string.len().saturating_sub(1)).unwrap_or_default();
    let start = out.len();
    let decoded = append_unescaped(out, inner, lone);
    if !decoded {
        out.truncate(start);
    }
    decoded
}

fn append_unescaped(out: &mut Vec<u8>, mut inner: &[u8], lone: Lone) -> bool {
    while let Some(run) = memchr::memchr(b'\\', inner) {
        let (plain, escape) = inner.split_at(run);
        out.extend_from_slice(plain);
        let (code, rest) = escaped_character(escape);
        inner = rest;
        match (char::from_u32(code), lone) {
            (Some(character), _) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            (None, Lone::Refuse) => return false,
            (None, Lone::Replace) => out.push(b'?'),
            (None, Lone::Keep) => {
                let continuation = |bits: u32| 0x80 | (bits & 0x3f) as u8;
                out.extend_from_slice(&[0xe0 | (code >> 12) as u8, continuation(code >> 6), continuation(code)]);
            }
        }
    }
    out.extend_from_slice(inner);
    true
}

/// Returns the character of the escape that `text` starts with, or half of a pair, and what follows.
fn escaped_character(text: &[u8]) -> (u32, &[u8]) {
    let rest = text.get(2..).unwrap_or_default();
    let code = match text.get(1) {
        Some(b'n') => 0x0a,
        Some(b'r') => 0x0d,
        Some(b't') => 0x09,
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'u') => return unicode_escape(text),
        Some(byte) => u32::from(*byte),
        None => 0,
    };
    (code, rest)
}

fn unicode_escape(text: &[u8]) -> (u32, &[u8]) {
    let first = hexadecimal(text);
    let rest = text.get(6..).unwrap_or_default();
    if (0xd800..0xdc00).contains(&first) && rest.starts_with(b"\\u") {
        let second = hexadecimal(rest);
        if (0xdc00..0xe000).contains(&second) {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return (code, rest.get(6..).unwrap_or_default());
        }
    }
    (first, rest)
}

/// Returns the number of an escape `\uXXXX`.
fn hexadecimal(escape: &[u8]) -> u32 {
    let digits = escape.get(2..6).unwrap_or_default();
    digits.iter().fold(0, |code, digit| (code << 4) | char::from(*digit).to_digit(16).unwrap_or_default())
}
