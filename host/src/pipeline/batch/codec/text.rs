//! `StringConverter` with another character set than UTF-8.

use super::super::content::OPTIONAL_STRING;
use super::super::json::{Lone, append_quoted, append_unquoted};
use super::super::schema_table::SchemaTable;
use super::{Codec, Payload, java_utf8};
use crate::config::converter::Charset;

/// `StringConverter` with this character set.
#[derive(Debug)]
pub(in super::super) struct EncodedText {
    charset: Charset,
    /// The schema of all that is read: optional.
    schema: u32,
}

impl EncodedText {
    pub(in super::super) fn new(charset: Charset, schemas: &mut SchemaTable) -> Result<Self, String> {
        Ok(Self { charset, schema: schemas.intern(OPTIONAL_STRING)? })
    }
}

impl Codec for EncodedText {
    fn is_text(&self) -> bool {
        true
    }

    fn decode(&self, bytes: &[u8], _schemas: &mut SchemaTable, json: &mut Vec<u8>) -> Result<u32, String> {
        let text = match self.charset {
            Charset::Utf8 => java_utf8(bytes).into_owned(),
            Charset::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Charset::Ascii => bytes
                .iter()
                .map(|byte| if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER })
                .collect(),
            Charset::Utf16 => match bytes {
                [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
                [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
                all => utf16(all, u16::from_be_bytes),
            },
            Charset::Utf16Be => utf16(bytes, u16::from_be_bytes),
            Charset::Utf16Le => utf16(bytes, u16::from_le_bytes),
        };
        append_quoted(json, text.as_bytes());
        Ok(self.schema)
    }

    fn reads_all(&self) -> bool {
        true
    }

    fn constant_schema(&self) -> u32 {
        self.schema
    }

    fn encode(&self, payload: Payload<'_>, _schemas: &SchemaTable, bytes: &mut Vec<u8>) -> Result<(), String> {
        let mut text = Vec::new();
        match payload.json.first() {
            Some(b'"') => drop(append_unquoted(&mut text, payload.json, Lone::Replace)),
            _ => text.extend_from_slice(payload.json),
        }
        let text = String::from_utf8_lossy(&text);
        match self.charset {
            Charset::Utf8 => bytes.extend_from_slice(text.as_bytes()),
            Charset::Latin1 => bytes.extend(text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?'))),
            Charset::Ascii => {
                bytes.extend(text.chars().map(|letter| u8::try_from(letter).ok().filter(u8::is_ascii).unwrap_or(b'?')));
            }
            Charset::Utf16 if text.is_empty() => {}
            Charset::Utf16 => {
                bytes.extend([0xfe, 0xff]);
                bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            }
            Charset::Utf16Be => bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Charset::Utf16Le => bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        }
        Ok(())
    }
}

/// A byte order mark, read in the wrong order.
const REVERSED_MARK: u16 = 0xfffe;

/// Reads code units as Java does: one mark stands for a first half of a pair and what follows in the place of the second,
/// for a second half alone, and for what is left over at the end.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut units = units.iter().map(|pair| unit(*pair));
    let mut text = String::with_capacity(bytes.len());
    while let Some(first) = units.next() {
        let letter = match first {
            REVERSED_MARK => None,
            0xd800..=0xdbff => match units.next() {
                Some(second) => char::decode_utf16([first, second]).next().and_then(Result::ok),
                // With an odd byte behind it, it is one that is left over.
                None if !rest.is_empty() => break,
                None => None,
            },
            _ => char::from_u32(u32::from(first)),
        };
        text.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}
