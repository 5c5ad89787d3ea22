//! From CBOR that a guest wrote to JSON text. Here values without a schema; those with one are in `write_typed`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minicbor::data::Type as Item;

use super::super::json::append_quoted;
use super::check::Decimals;
use super::decimal::{DECIMAL, NEGATIVE, POSITIVE, append_shown, not_finite};
use super::fault::Fault;
use super::reader::{Reader, check_depth, is_integer};
use super::repeated::{COST, Entry, remove_repeated};

/// Up to how many characters may be escaped without a look at how long they get.
const SHORT: usize = 1 << 16;

/// A conversion of one item.
pub(super) struct IntoJson<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) out: &'a mut Vec<u8>,
    most: usize,
    pub(super) decimals: Decimals,
    /// The entries of the maps that are open.
    pub(super) entries: Vec<Entry>,
    /// Where the fields of the structs that are open start; none for those that aren't there.
    pub(super) places: Vec<Option<usize>>,
}

impl<'a> IntoJson<'a> {
    pub(super) fn new(cbor: &'a [u8], out: &'a mut Vec<u8>, (most, decimals): (usize, Decimals)) -> Self {
        IntoJson { reader: Reader::new(cbor), out, most, decimals, entries: Vec::new(), places: Vec::new() }
    }

    /// Appends the next item, without a schema. It lies inside of `depth` others.
    pub(super) fn untyped(&mut self, depth: usize) -> Result<(), Fault> {
        self.check_room(0)?;
        match self.reader.item()? {
            Item::Map | Item::MapIndef => {
                check_depth(depth + 1)?;
                return self.map(|this| this.untyped(depth + 1));
            }
            Item::Array | Item::ArrayIndef => {
                check_depth(depth + 1)?;
                return self.array(|this| this.untyped(depth + 1));
            }
            Item::String | Item::StringIndef => return self.string(),
            Item::Bytes | Item::BytesIndef => return self.base64(),
            Item::Null => {
                self.reader.take_null()?;
                self.out.extend_from_slice(b"null");
            }
            Item::Bool => return self.boolean(),
            Item::F16 | Item::F32 | Item::F64 => return self.number(),
            Item::Tag => return self.tagged(),
            item if is_integer(item) => {
                let integer = self.reader.integer()?;
                append_shown(format_args!("{integer}"), self.out);
            }
            _ => return Err(self.reader.expected("a value that JSON has")),
        }
        Ok(())
    }

    /// Refuses to go on where the output is too long.
    pub(super) fn check_room(&self, more: usize) -> Result<(), Fault> {
        if self.out.len().saturating_add(more) > self.most { Err(Fault::Full) } else { Ok(()) }
    }

    pub(super) fn string(&mut self) -> Result<(), Fault> {
        let text = self.reader.text()?;
        self.append_string(&text)
    }

    fn append_string(&mut self, text: &str) -> Result<(), Fault> {
        self.check_room(if text.len() < SHORT { text.len() } else { escaped_len(text.as_bytes()) })?;
        append_quoted(self.out, text.as_bytes());
        Ok(())
    }

    /// Appends bytes as Java does.
    pub(super) fn base64(&mut self) -> Result<(), Fault> {
        let bytes = self.reader.bytes()?;
        self.append_base64(&bytes)
    }

    pub(super) fn append_base64(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let length = bytes.len().div_ceil(3) * 4;
        self.check_room(length + 2)?;
        self.out.push(b'"');
        let start = self.out.len();
        self.out.resize(start + length, 0);
        // There is exactly as much room as it takes.
        STANDARD.encode_slice(bytes, self.out.get_mut(start..).unwrap_or_default()).unwrap_or_default();
        self.out.push(b'"');
        Ok(())
    }

    pub(super) fn boolean(&mut self) -> Result<(), Fault> {
        let text: &[u8] = if self.reader.boolean()? { b"true" } else { b"false" };
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let single = self.reader.item()? == Item::F32;
        let number = self.reader.float()?;
        match single {
            _ if !number.is_finite() => self.out.extend_from_slice(not_finite(number).unwrap_or_default()),
            true => append_shown(format_args!("{:?}", number as f32), self.out),
            false => append_shown(format_args!("{number:?}"), self.out),
        }
        Ok(())
    }

    fn tagged(&mut self) -> Result<(), Fault> {
        let here = self.reader.position();
        match self.reader.tag()? {
            tag @ (POSITIVE | NEGATIVE) => {
                let integer = self.reader.tagged_integer(tag)?;
                append_shown(format_args!("{integer}"), self.out);
            }
            DECIMAL => self.reader.tagged_decimal()?.append_json(self.out),
            _ => {
                self.reader.go(here);
                return Err(self.reader.expected("a value that JSON has without a schema (of tags: 2, 3 and 4)"));
            }
        }
        Ok(())
    }

    /// Appends an array, whose elements `append` appends.
    pub(super) fn array(&mut self, mut append: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut left = self.reader.array()?;
        self.out.push(b'[');
        let mut index = 0;
        while self.reader.goes_on(&mut left)? {
            self.comma(index);
            append(self).map_err(|fault| fault.in_element(index))?;
            index += 1;
        }
        self.out.push(b']');
        Ok(())
    }

    /// Appends a map of text as an object, whose values `append` appends.
    pub(super) fn map(&mut self, mut append: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut left = self.reader.map()?;
        self.out.push(b'{');
        let first = self.entries.len();
        while self.reader.goes_on(&mut left)? {
            self.comma((self.entries.len() - first) as u64);
            let key = self.key()?;
            append(self).map_err(|fault| fault.in_field(&key))?;
        }
        self.close(first);
        self.out.push(b'}');
        Ok(())
    }

    /// Appends a map's key of text and a colon; returns its characters.
    fn key(&mut self) -> Result<Cow<'a, str>, Fault> {
        let (Item::String | Item::StringIndef) = self.reader.item()? else {
            return Err(self.reader.expected("text as the key of a map"));
        };
        let key = self.reader.text()?;
        let start = self.out.len();
        self.append_string(&key)?;
        self.note_key(start)?;
        self.out.push(b':');
        Ok(key)
    }

    /// Notes the key that starts at `start` and ends here. What that takes counts as if it were written.
    pub(super) fn note_key(&mut self, start: usize) -> Result<(), Fault> {
        self.entries.push(Entry { start, key_end: self.out.len() });
        self.check_room(self.entries.len() * COST)
    }

    /// Takes out the entries from `first` on whose key comes again.
    pub(super) fn close(&mut self, first: usize) {
        remove_repeated(self.out, self.entries.get(first..).unwrap_or_default());
        self.entries.truncate(first);
    }

    /// Appends a comma before all but the first.
    pub(super) fn comma(&mut self, index: u64) {
        if index > 0 {
            self.out.push(b',');
        }
    }
}

/// Returns how long a text gets in quotes.
fn escaped_len(text: &[u8]) -> usize {
    let extra = |byte: &u8| match byte {
        b'"' | b'\\' => 1,
        0..=0x1f => 5,
        _ => 0,
    };
    text.len() + text.iter().map(extra).sum::<usize>()
}
