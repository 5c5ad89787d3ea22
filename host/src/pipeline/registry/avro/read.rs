//! From Avro's binary form to the JSON text of payloads, as JsonConverter writes them. The bytes and the schema may
//! be anybody's: lengths are checked, and the text's is limited.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pipeline::batch::java_utf8;

use super::anything;
use super::write::minimal;

/// How long the text of one value may get.
const MOST_JSON: usize = 64 << 20;
/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// How values of a schema are read.
#[derive(Debug)]
pub(crate) enum Reader {
    Boolean,
    Int,
    Int8,
    Int16,
    Time,
    Long,
    Float,
    Double,
    Text,
    /// The symbols in quotes.
    Symbols(Vec<Vec<u8>>),
    /// Bytes; a fixed has a size.
    Bytes(Option<usize>),
    /// A Decimal's bytes, of which leading ones that say nothing are left out.
    Decimal(Option<usize>),
    Array(Box<Reader>),
    Map(Box<Reader>),
    Pairs {
        pair: Box<(Reader, Reader)>,
        key_first: bool,
        as_object: bool,
    },
    /// Names in quotes with a colon, and values.
    Record(Vec<(Vec<u8>, Reader)>),
    Union(Vec<Member>),
    /// Bytes as long as the input.
    Rest(Box<Reader>),
    /// A value without a schema.
    Anything,
}

/// A member of a union.
#[derive(Debug)]
pub(crate) enum Member {
    Null,
    /// A value as it is.
    Plain(Reader),
    /// A value as a struct's field, all others of which are null: what stands before and behind.
    Named {
        before: Vec<u8>,
        reader: Reader,
        behind: Vec<u8>,
    },
}

impl Reader {
    /// Returns a name in quotes with a colon.
    pub(super) fn key(name: &str) -> Vec<u8> {
        let mut key = quoted(name);
        key.push(b':');
        key
    }

    pub(super) fn symbols(symbols: &[String]) -> Reader {
        Reader::Symbols(symbols.iter().map(|symbol| quoted(symbol)).collect())
    }
}

impl Member {
    pub(super) fn named(keys: &[Vec<u8>], index: usize, reader: Reader) -> Member {
        let (mut before, mut behind) = (b"{".to_vec(), Vec::new());
        for (number, key) in keys.iter().enumerate() {
            let out = if number <= index { &mut before } else { &mut behind };
            if number > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            if number != index {
                out.extend_from_slice(b"null");
            }
        }
        behind.push(b'}');
        Member::Named { before, reader, behind }
    }
}

/// Appends a value as JSON text. Bytes behind it are of no account, as in Confluent's converter.
///
/// # Errors
/// Says why the bytes don't fit the schema; then `out` may hold a part of the text.
pub(crate) fn read(reader: &Reader, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    let most = out.len().saturating_add(MOST_JSON);
    let mut input = Input { bytes, out, most };
    match reader {
        Reader::Rest(inside) => {
            if matches!(**inside, Reader::Decimal(_)) {
                return input.decimal(bytes);
            }
            input.base64(bytes)
        }
        reader => input.value(reader),
    }
}

/// What is left of the bytes, and the text so far.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    pub(super) out: &'a mut Vec<u8>,
    most: usize,
}

impl<'a> Input<'a> {
    fn value(&mut self, reader: &Reader) -> Result<(), String> {
        self.check_room(0)?;
        match reader {
            Reader::Boolean => match self.take(1)? {
                [0] => self.out.extend_from_slice(b"false"),
                [1] => self.out.extend_from_slice(b"true"),
                _ => return Err("a boolean is neither 0 nor 1".to_owned()),
            },
            Reader::Int => return self.int().map(|int| self.show(int)),
            // As Java casts.
            Reader::Int8 => return self.int().map(|int| self.show(int as i8)),
            Reader::Int16 => return self.int().map(|int| self.show(int as i16)),
            Reader::Time => match self.int()? {
                time if (0..DAY).contains(&i64::from(time)) => self.show(time),
                time => return Err(format!("Time values must use number of milliseconds of a day, found {time}")),
            },
            Reader::Long => return self.long().map(|long| self.show(long)),
            Reader::Float => self.float()?,
            Reader::Double => self.double()?,
            Reader::Text => self.text()?,
            Reader::Symbols(symbols) => {
                let index = self.long()?;
                let symbol = usize::try_from(index).ok().and_then(|index| symbols.get(index));
                self.out.extend_from_slice(symbol.ok_or_else(|| format!("an enum has no symbol {index}"))?);
            }
            Reader::Bytes(fixed) => {
                let bytes = self.maybe_fixed(*fixed)?;
                self.base64(bytes)?;
            }
            Reader::Decimal(fixed) => {
                let bytes = self.maybe_fixed(*fixed)?;
                self.decimal(bytes)?;
            }
            Reader::Array(items) => self.array(|this| this.value(items))?,
            Reader::Map(values) => self.object(|this| {
                this.text()?;
                this.out.push(b':');
                this.value(values)
            })?,
            Reader::Pairs { pair, key_first, as_object } => self.pairs(pair, (*key_first, *as_object))?,
            Reader::Record(fields) => self.record(fields)?,
            Reader::Union(members) => self.union(members)?,
            Reader::Rest(inside) => return self.value(inside),
            Reader::Anything => return anything::read(self, 0),
        }
        Ok(())
    }

    fn record(&mut self, fields: &[(Vec<u8>, Reader)]) -> Result<(), String> {
        self.out.push(b'{');
        for (index, (key, reader)) in fields.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(key);
            self.value(reader)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn union(&mut self, members: &[Member]) -> Result<(), String> {
        let index = self.long()?;
        let member = usize::try_from(index).ok().and_then(|index| members.get(index));
        match member.ok_or_else(|| format!("a union has no member {index}"))? {
            Member::Null => self.out.extend_from_slice(b"null"),
            Member::Plain(reader) => self.value(reader)?,
            Member::Named { before, reader, behind } => {
                self.check_room(before.len() + behind.len())?;
                self.out.extend_from_slice(before);
                self.value(reader)?;
                self.out.extend_from_slice(behind);
            }
        }
        Ok(())
    }

    pub(super) fn array(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.out.push(b'[');
        self.blocks(&mut item)?;
        self.out.push(b']');
        Ok(())
    }

    pub(super) fn object(&mut self, mut entry: impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.out.push(b'{');
        self.blocks(&mut entry)?;
        self.out.push(b'}');
        Ok(())
    }

    /// Reads the items of an array or map: blocks of them, each after their number, until one has none.
    fn blocks(&mut self, item: &mut impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        let mut first = true;
        loop {
            let mut count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // The block's size in bytes, so that it can be skipped.
                self.long()?;
                count = count.checked_neg().ok_or("an array has a block of an impossible length")?;
            }
            for _ in 0..count {
                if !std::mem::take(&mut first) {
                    self.out.push(b',');
                }
                // Ends what takes no bytes.
                self.check_room(0)?;
                item(self)?;
            }
        }
    }

    fn pairs(&mut self, pair: &(Reader, Reader), (key_first, as_object): (bool, bool)) -> Result<(), String> {
        let entry = |this: &mut Self| {
            if !as_object {
                this.out.push(b'[');
            }
            let between = if as_object { b':' } else { b',' };
            if key_first {
                this.value(&pair.0)?;
                this.out.push(between);
                this.value(&pair.1)?;
            } else {
                let start = this.out.len();
                this.value(&pair.1)?;
                let value = this.out.split_off(start);
                this.value(&pair.0)?;
                this.out.push(between);
                this.out.extend_from_slice(&value);
            }
            if !as_object {
                this.out.push(b']');
            }
            Ok(())
        };
        if as_object { self.object(entry) } else { self.array(entry) }
    }

    pub(super) fn check_room(&self, more: usize) -> Result<(), String> {
        match self.out.len().saturating_add(more) > self.most {
            true => Err(format!("it has more than {} MiB as text", MOST_JSON >> 20)),
            false => Ok(()),
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or("it ends too early")?;
        self.bytes = rest;
        Ok(taken)
    }

    /// Reads a number: seven bits a byte, the lowest first, its sign in the lowest of all.
    pub(super) fn long(&mut self) -> Result<i64, String> {
        let mut number = 0_u64;
        for (index, byte) in self.bytes.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * index as u32);
            if byte & 0x80 == 0 {
                self.bytes = self.bytes.get(index + 1..).unwrap_or_default();
                return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
            }
        }
        Err(if self.bytes.len() < 10 { "it ends too early" } else { "a number has too many bytes" }.to_owned())
    }

    pub(super) fn int(&mut self) -> Result<i32, String> {
        let long = self.long()?;
        i32::try_from(long).map_err(|_| format!("an int can't be {long}"))
    }

    fn length(&mut self) -> Result<usize, String> {
        let length = self.long()?;
        let length = usize::try_from(length).ok().filter(|length| *length <= self.bytes.len());
        length.ok_or_else(|| "it ends too early: a length is beyond its end".to_owned())
    }

    fn maybe_fixed(&mut self, fixed: Option<usize>) -> Result<&'a [u8], String> {
        let length = match fixed {
            Some(size) => size,
            None => self.length()?,
        };
        self.take(length)
    }

    pub(super) fn bytes(&mut self) -> Result<(), String> {
        let bytes = self.maybe_fixed(None)?;
        self.base64(bytes)
    }

    pub(super) fn text(&mut self) -> Result<(), String> {
        let length = self.length()?;
        let text = java_utf8(self.take(length)?);
        self.check_room(text.len())?;
        serde_json::to_writer(&mut *self.out, &text).map_err(|error| error.to_string())
    }

    fn base64(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.check_room(bytes.len() * 2)?;
        self.out.push(b'"');
        self.out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    fn decimal(&mut self, bytes: &[u8]) -> Result<(), String> {
        match bytes {
            [] => Err("a Decimal has no bytes".to_owned()),
            bytes => self.base64(minimal(bytes)),
        }
    }

    pub(super) fn float(&mut self) -> Result<(), String> {
        let number = f32::from_le_bytes(self.array_of()?);
        if number.is_finite() {
            self.out.extend_from_slice(format!("{number:?}").as_bytes());
        } else {
            self.not_finite(number.into());
        }
        Ok(())
    }

    pub(super) fn double(&mut self) -> Result<(), String> {
        let number = f64::from_le_bytes(self.array_of()?);
        if number.is_finite() {
            self.out.extend_from_slice(format!("{number:?}").as_bytes());
        } else {
            self.not_finite(number);
        }
        Ok(())
    }

    pub(super) fn boolean(&mut self) -> Result<(), String> {
        self.value(&Reader::Boolean)
    }

    fn array_of<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "it ends too early".to_owned())
    }

    /// Writes what JSON has no number for as Java does.
    fn not_finite(&mut self, number: f64) {
        self.out.extend_from_slice(match number {
            number if number.is_nan() => b"\"NaN\"",
            number if number > 0.0 => b"\"Infinity\"",
            _ => b"\"-Infinity\"",
        });
    }

    pub(super) fn show(&mut self, number: impl std::fmt::Display) {
        self.out.extend_from_slice(number.to_string().as_bytes());
    }
}

fn quoted(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).unwrap_or_default()
}
