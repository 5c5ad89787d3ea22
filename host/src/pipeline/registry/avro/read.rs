//! From Avro's binary form to the JSON text of payloads, as JsonConverter writes them.

use super::anything;
use super::input::Input;

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
        /// Whether keys are text, optional or not.
        text_keys: bool,
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
    let mut input = Input::new(bytes, out);
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

impl Input<'_> {
    fn value(&mut self, reader: &Reader) -> Result<(), String> {
        self.check_room(0)?;
        match reader {
            Reader::Boolean => self.boolean()?,
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
            Reader::Pairs { pair, key_first, text_keys: true } => self.map(|this| this.entry((pair, *key_first)))?,
            Reader::Pairs { pair, key_first, .. } => self.array(|this| {
                this.out.push(b'[');
                let behind = this.entry((pair, *key_first))?;
                this.out.insert(behind, b',');
                this.out.push(b']');
                Ok(())
            })?,
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

    /// Reads an entry of a map that is an array of records, and returns where its value begins.
    fn entry(&mut self, (pair, key_first): (&(Reader, Reader), bool)) -> Result<usize, String> {
        if key_first {
            self.value(&pair.0)?;
            let behind = self.out.len();
            return self.value(&pair.1).map(|()| behind);
        }
        let start = self.out.len();
        self.value(&pair.1)?;
        let value = self.out.split_off(start);
        self.value(&pair.0)?;
        let behind = self.out.len();
        self.out.extend_from_slice(&value);
        Ok(behind)
    }
}

fn quoted(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).unwrap_or_default()
}
