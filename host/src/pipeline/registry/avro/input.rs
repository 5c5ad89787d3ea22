//! What is left of Avro's binary form, and the JSON text so far. The bytes may be anybody's: lengths are checked, and
//! the text's is limited.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::write::minimal;
use crate::pipeline::batch::java_utf8;

/// How long the text of one value may get.
const MOST_JSON: usize = 64 << 20;

/// What is left of the bytes, and the text so far.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    pub(super) out: &'a mut Vec<u8>,
    most: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8], out: &'a mut Vec<u8>) -> Input<'a> {
        let most = out.len().saturating_add(MOST_JSON);
        Input { bytes, out, most }
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

    /// Reads a map's entries. `entry` appends a key and a value, and returns where the value begins. As in
    /// JsonConverter, a map whose keys are all text is an object, another one an array of pairs.
    pub(super) fn map(&mut self, mut entry: impl FnMut(&mut Self) -> Result<usize, String>) -> Result<(), String> {
        let start = self.out.len();
        let mut entries = Vec::new();
        self.blocks(&mut |this: &mut Self| {
            let key = this.out.len();
            let value = entry(this)?;
            entries.push((key, value, this.out.len()));
            Ok(())
        })?;
        let raw = self.out.split_off(start);
        let part = |from: usize, to: usize| raw.get(from - start..to - start).unwrap_or_default();
        let as_object = entries.iter().all(|(key, value, _)| part(*key, *value).first() == Some(&b'"'));
        self.out.push(if as_object { b'{' } else { b'[' });
        for (index, (key, value, end)) in entries.into_iter().enumerate() {
            self.out.extend_from_slice(match (index, as_object) {
                (0, true) => b"",
                (0, false) => b"[",
                (_, true) => b",",
                (_, false) => b",[",
            });
            self.out.extend_from_slice(part(key, value));
            self.out.push(if as_object { b':' } else { b',' });
            self.out.extend_from_slice(part(value, end));
            if !as_object {
                self.out.push(b']');
            }
        }
        self.out.push(if as_object { b'}' } else { b']' });
        Ok(())
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

    pub(super) fn maybe_fixed(&mut self, fixed: Option<usize>) -> Result<&'a [u8], String> {
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

    pub(super) fn base64(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.check_room(bytes.len() * 2)?;
        self.out.push(b'"');
        self.out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    pub(super) fn decimal(&mut self, bytes: &[u8]) -> Result<(), String> {
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
        // As in Java's Avro, whatever isn't 1 is false.
        let truth: &[u8] = if self.take(1)? == [1] { b"true" } else { b"false" };
        self.out.extend_from_slice(truth);
        Ok(())
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
