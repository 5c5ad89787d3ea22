//! From JSON text, which was validated before, to CBOR. Here values without a schema; those with one are in
//! `read_typed`.

use std::convert::Infallible;
use std::str::from_utf8;

use minicbor::encode::{Encoder, Error};

use super::super::json::{Lone, Scanner, append_unquoted};
use super::decimal::{Decimal, MOST_DIGITS, TOO_LONG, append_integer, append_shown};
use super::fault::Fault;
use super::repeated::{COST, Entry, remove_repeated};
use super::types::Nulls;

/// The first byte of an array without elements, and of a map without entries.
pub(super) const ARRAY: u8 = 0x80;
/// See [`ARRAY`].
pub(super) const MAP: u8 = 0xa0;

/// Where to go on inside of an object or array.
pub(super) enum Next {
    /// The next key or element starts here.
    Item(usize),
    /// There is none; here the object or array ends.
    End(usize),
}

/// A conversion of one value.
pub(super) struct FromJson<'a> {
    pub(super) text: &'a [u8],
    pub(super) scanner: Scanner<'a>,
    pub(super) out: &'a mut Vec<u8>,
    most: usize,
    pub(super) nulls: Nulls,
    /// The entries of the maps that are open.
    pub(super) entries: Vec<Entry>,
    /// Where the fields of the structs that are open start; 0 for those that aren't there.
    pub(super) places: Vec<usize>,
    pub(super) scratch: Vec<u8>,
}

impl<'a> FromJson<'a> {
    pub(super) fn new(text: &'a [u8], out: &'a mut Vec<u8>, (most, nulls): (usize, Nulls)) -> Self {
        let scanner = Scanner::new(text);
        FromJson { text, scanner, out, most, nulls, entries: Vec::new(), places: Vec::new(), scratch: Vec::new() }
    }

    /// Appends the value that starts at `start`, without a schema; returns where it ends.
    pub(super) fn untyped(&mut self, start: usize) -> Result<usize, Fault> {
        self.check_room(0)?;
        match self.scanner.byte(start) {
            b'{' => return self.object(start, Self::untyped),
            b'[' => return self.array(start, |this, item, _| this.untyped(item)),
            b'"' => return self.string(start),
            _ => {}
        }
        let (token, end) = self.token(start)?;
        match token {
            b"null" => encode(self.out, |encoder| encoder.null().map(drop)),
            b"true" => encode(self.out, |encoder| encoder.bool(true).map(drop)),
            b"false" => encode(self.out, |encoder| encoder.bool(false).map(drop)),
            number => self.number(number)?,
        }
        Ok(end)
    }

    /// Refuses to go on where the output is too long.
    pub(super) fn check_room(&self, more: usize) -> Result<(), Fault> {
        if self.out.len().saturating_add(more) > self.most { Err(Fault::Full) } else { Ok(()) }
    }

    /// Returns the text of the value that starts at `start`, and where it ends.
    pub(super) fn token(&mut self, start: usize) -> Result<(&'a [u8], usize), Fault> {
        let end = self.scanner.value(start, 0).ok_or_else(no_json)?;
        Ok((self.text.get(start..end).unwrap_or_default(), end))
    }

    /// Returns what comes next at `pos`, behind an opening bracket or a value.
    pub(super) fn next(&self, pos: usize) -> Next {
        let pos = self.scanner.skip_space(pos);
        match self.scanner.byte(pos) {
            b',' => Next::Item(self.scanner.skip_space(pos + 1)),
            // A text that ends here is none that was validated.
            b'}' | b']' | 0 => Next::End(pos + 1),
            _ => Next::Item(pos),
        }
    }

    /// Returns where the key that starts at `key` ends, and where its value starts.
    pub(super) fn key(&mut self, key: usize) -> Result<(usize, usize), Fault> {
        let end = self.scanner.string(key + 1).ok_or_else(no_json)?;
        Ok((end, self.scanner.colon(end).ok_or_else(no_json)?))
    }

    /// Appends the string that starts at `start`; returns where it ends.
    pub(super) fn string(&mut self, start: usize) -> Result<usize, Fault> {
        let end = self.scanner.string(start + 1).ok_or_else(no_json)?;
        let inner = self.text.get(start + 1..end.saturating_sub(1)).unwrap_or_default();
        if memchr::memchr(b'\\', inner).is_none() {
            self.check_room(inner.len())?;
            encode(self.out, |encoder| encoder.str_len(inner.len() as u64).map(drop));
            self.out.extend_from_slice(inner);
            return Ok(end);
        }
        self.scratch.clear();
        if !append_unquoted(&mut self.scratch, self.text.get(start..end).unwrap_or_default(), Lone::Refuse) {
            return Err(Fault::new("a string has half of a surrogate pair"));
        }
        self.check_room(self.scratch.len())?;
        encode(self.out, |encoder| encoder.str_len(self.scratch.len() as u64).map(drop));
        self.out.extend_from_slice(&self.scratch);
        Ok(end)
    }

    /// Appends an array, whose elements `append` appends, given where they start and their number.
    pub(super) fn array(
        &mut self,
        start: usize,
        mut append: impl FnMut(&mut Self, usize, usize) -> Result<usize, Fault>,
    ) -> Result<usize, Fault> {
        let head = self.open(ARRAY);
        let (mut pos, mut count) = (start + 1, 0);
        loop {
            match self.next(pos) {
                Next::Item(item) => pos = append(self, item, count)?,
                Next::End(end) => {
                    self.close((head, ARRAY), count);
                    return Ok(end);
                }
            }
            count += 1;
        }
    }

    /// Appends an object as a map, whose values `append` appends, given where they start.
    pub(super) fn object(
        &mut self,
        start: usize,
        mut append: impl FnMut(&mut Self, usize) -> Result<usize, Fault>,
    ) -> Result<usize, Fault> {
        let (head, first) = (self.open(MAP), self.entries.len());
        let mut pos = start + 1;
        loop {
            match self.next(pos) {
                Next::Item(key) => {
                    let start = self.out.len();
                    self.string(key)?;
                    self.note_key(start)?;
                    let (_, value) = self.key(key)?;
                    pos = append(self, value)?;
                }
                Next::End(end) => {
                    self.close_map(head, first);
                    return Ok(end);
                }
            }
        }
    }

    /// Starts an array or map whose length isn't known yet.
    pub(super) fn open(&mut self, major: u8) -> usize {
        self.out.push(major);
        self.out.len() - 1
    }

    /// Writes the length of an array or map that was opened at `head`.
    pub(super) fn close(&mut self, (head, major): (usize, u8), count: usize) {
        if let (Some(byte), 0..=23) = (self.out.get_mut(head), count) {
            *byte = major | count as u8;
            return;
        }
        let mut long = Vec::with_capacity(9);
        encode(&mut long, |encoder| match major {
            MAP => encoder.map(count as u64).map(drop),
            _ => encoder.array(count as u64).map(drop),
        });
        self.out.splice(head..=head, long);
    }

    /// Notes the key that starts at `start` and ends here. What that takes counts as if it were written.
    pub(super) fn note_key(&mut self, start: usize) -> Result<(), Fault> {
        self.entries.push(Entry { start, key_end: self.out.len() });
        self.check_room(self.entries.len() * COST)
    }

    /// Ends a map whose entries are those from `first` on.
    pub(super) fn close_map(&mut self, head: usize, first: usize) {
        let count = remove_repeated(self.out, self.entries.get(first..).unwrap_or_default());
        self.entries.truncate(first);
        self.close((head, MAP), count);
    }

    fn number(&mut self, number: &[u8]) -> Result<(), Fault> {
        let text = from_utf8(number).unwrap_or_default();
        if !number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            if let Ok(integer) = text.parse::<i64>() {
                encode(self.out, |encoder| encoder.i64(integer).map(drop));
                return Ok(());
            }
            if number.len() > MOST_DIGITS {
                return Err(Fault::new(TOO_LONG));
            }
            let decimal = Decimal::parse(number).map_err(Fault::new)?;
            append_integer(&decimal.unscaled, self.out);
            return Ok(());
        }
        if let Ok(double) = text.parse::<f64>()
            && self.is_shown_as(double, number)
        {
            encode(self.out, |encoder| encoder.f64(double).map(drop));
            return Ok(());
        }
        Decimal::parse(number).map_err(Fault::new)?.append_cbor(self.out);
        Ok(())
    }

    /// Tells whether a double's text is exactly the number that it came from.
    fn is_shown_as(&mut self, double: f64, number: &[u8]) -> bool {
        self.scratch.clear();
        append_shown(format_args!("{double:?}"), &mut self.scratch);
        self.scratch == number
    }
}

/// Appends what an encoder makes.
pub(super) fn encode(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), Error<Infallible>>,
) {
    // Writing to a vector can't fail.
    write(&mut Encoder::new(out)).unwrap_or_default();
}

/// What validated text can't come to.
#[cold]
pub(super) fn no_json() -> Fault {
    Fault::new("it is no JSON")
}
