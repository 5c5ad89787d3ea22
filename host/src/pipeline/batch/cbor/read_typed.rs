//! From JSON text to CBOR with a schema, by the rules of `JsonConverter.convertToConnect`. It is stricter where
//! that would change a value without a word: integers out of range, text for a number.

use std::str::from_utf8;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minicbor::data::Tag;
use num_bigint::BigInt;

use super::super::json::unescaped;
use super::decimal::{Decimal, MOST_BYTES, TOO_LONG};
use super::fault::Fault;
use super::from_json::{FromJson, MAP, Next, encode};
use super::types::{Constant, Fields, Kind, Nulls, Type};

/// The tag of days since 1970 (RFC 8943).
pub(super) const DAYS: u64 = 100;
/// The tag of seconds since 1970.
pub(super) const SECONDS: u64 = 1;
/// The milliseconds of a day, which `Time` may come to.
pub(super) const DAY: i64 = 86_400_000;

impl FromJson<'_> {
    /// Appends the value that starts at `start`, as its schema says; returns where it ends.
    pub(super) fn typed(&mut self, start: usize, schema: &Type) -> Result<usize, Fault> {
        self.check_room(0)?;
        if self.scanner.byte(start) == b'n' {
            self.without_value(schema)?;
            return Ok(start + 4);
        }
        match &schema.kind {
            Kind::Text if self.scanner.byte(start) == b'"' => self.string(start),
            Kind::Array(items) => self.typed_array(start, items),
            Kind::Map(inside) if inside.0.kind.is_text() => self.typed_object(start, &inside.1),
            Kind::Map(inside) => self.pairs(start, (&inside.0, &inside.1)),
            Kind::Struct(fields) => self.structure(start, fields),
            kind => {
                let (token, end) = self.token(start)?;
                self.scalar(token, kind)?;
                Ok(end)
            }
        }
    }

    /// Appends what stands for null.
    fn without_value(&mut self, schema: &Type) -> Result<(), Fault> {
        match (&schema.default, self.nulls) {
            (Some(Constant { cbor, .. }), Nulls::Default) => {
                self.check_room(cbor.len())?;
                self.out.extend_from_slice(cbor);
            }
            (Some(_), Nulls::Stored) => encode(self.out, |encoder| encoder.null().map(drop)),
            _ if schema.optional => encode(self.out, |encoder| encoder.null().map(drop)),
            _ => return Err(Fault::new("there is no value for a required field")),
        }
        Ok(())
    }

    fn scalar(&mut self, token: &[u8], kind: &Kind) -> Result<(), Fault> {
        let out = &mut *self.out;
        match kind {
            Kind::Boolean => match token {
                b"true" => encode(out, |encoder| encoder.bool(true).map(drop)),
                b"false" => encode(out, |encoder| encoder.bool(false).map(drop)),
                _ => return Err(Fault::expected("a boolean", &start_of(token))),
            },
            Kind::Int8 => append_int(out, integer(token, (i8::MIN.into(), i8::MAX.into()))?),
            Kind::Int16 => append_int(out, integer(token, (i16::MIN.into(), i16::MAX.into()))?),
            Kind::Int32 => append_int(out, integer(token, (i32::MIN.into(), i32::MAX.into()))?),
            Kind::Int64 => append_int(out, integer(token, (i64::MIN, i64::MAX))?),
            Kind::Time => append_int(out, integer(token, (0, DAY))?),
            Kind::Date => {
                let days = integer(token, (i32::MIN.into(), i32::MAX.into()))?;
                encode(out, |encoder| encoder.tag(Tag::new(DAYS))?.i64(days).map(drop));
            }
            Kind::Timestamp => append_timestamp(out, integer(token, (i64::MIN, i64::MAX))?)?,
            Kind::Float => {
                let number = number(token, (f32::NAN, f32::INFINITY), f32::is_finite)?;
                encode(out, |encoder| encoder.f32(number).map(drop));
            }
            Kind::Double => {
                let number = number(token, (f64::NAN, f64::INFINITY), f64::is_finite)?;
                encode(out, |encoder| encoder.f64(number).map(drop));
            }
            Kind::Bytes => {
                let bytes = bytes(token)?;
                self.check_room(bytes.len())?;
                encode(self.out, |encoder| encoder.bytes(&bytes).map(drop));
            }
            Kind::Decimal { scale } => {
                let unscaled = unscaled(token, *scale)?;
                let exponent = scale.checked_neg().unwrap_or(i32::MAX);
                Decimal { unscaled, exponent }.append_cbor(self.out);
            }
            _ => return Err(Fault::expected("a string", &start_of(token))),
        }
        Ok(())
    }

    fn typed_array(&mut self, start: usize, items: &Type) -> Result<usize, Fault> {
        self.check_bracket(start, (b'[', "an array"))?;
        self.array(start, |this, item, number| this.typed(item, items).map_err(|fault| fault.in_element(number as u64)))
    }

    fn typed_object(&mut self, start: usize, values: &Type) -> Result<usize, Fault> {
        self.check_bracket(start, (b'{', "an object"))?;
        self.object(start, |this, value| this.typed(value, values).map_err(|fault| fault.in_field("a map's value")))
    }

    /// Appends a map that is an array of pairs in JSON.
    fn pairs(&mut self, start: usize, (keys, values): (&Type, &Type)) -> Result<usize, Fault> {
        self.check_bracket(start, (b'[', "an array of pairs"))?;
        let (head, first) = (self.open(MAP), self.entries.len());
        let mut pos = start + 1;
        loop {
            match self.next(pos) {
                Next::Item(pair) => pos = self.pair(pair, (keys, values))?,
                Next::End(end) => {
                    self.close_map(head, first);
                    return Ok(end);
                }
            }
        }
    }

    fn pair(&mut self, start: usize, (keys, values): (&Type, &Type)) -> Result<usize, Fault> {
        let no_pair = || Fault::new("each entry of a map must be an array of a key and a value");
        self.check_bracket(start, (b'[', "an array of a key and a value"))?;
        let Next::Item(key) = self.next(start + 1) else { return Err(no_pair()) };
        let from = self.out.len();
        let behind = self.typed(key, keys).map_err(|fault| fault.in_field("a map's key"))?;
        self.note_key(from)?;
        let Next::Item(value) = self.next(behind) else { return Err(no_pair()) };
        let behind = self.typed(value, values).map_err(|fault| fault.in_field("a map's value"))?;
        let Next::End(end) = self.next(behind) else { return Err(no_pair()) };
        Ok(end)
    }

    /// Appends a struct: its fields in their order. Members that are no fields are left out.
    fn structure(&mut self, start: usize, fields: &Fields) -> Result<usize, Fault> {
        self.check_bracket(start, (b'{', "an object"))?;
        let first = self.places.len();
        self.places.resize(first + fields.list.len(), 0);
        let (mut pos, mut likely) = (start + 1, 0);
        let end = loop {
            let key = match self.next(pos) {
                Next::Item(key) => key,
                Next::End(end) => break end,
            };
            let (key_end, value) = self.key(key)?;
            let name = unescaped(self.text.get(key + 1..key_end.saturating_sub(1)).unwrap_or_default());
            if let Some(index) = fields.find(&name, likely) {
                likely = index + 1;
                // Of a repeated key the last counts.
                if let Some(place) = self.places.get_mut(first + index) {
                    *place = value;
                }
            }
            pos = self.token(value)?.1;
        };
        encode(self.out, |encoder| encoder.map(fields.list.len() as u64).map(drop));
        for (index, field) in fields.list.iter().enumerate() {
            self.check_room(field.cbor.len())?;
            self.out.extend_from_slice(&field.cbor);
            let converted = match self.places.get(first + index) {
                Some(0) | None => self.without_value(&field.value),
                Some(place) => self.typed(*place, &field.value).map(drop),
            };
            converted.map_err(|fault| fault.in_field(&field.name))?;
        }
        self.places.truncate(first);
        Ok(end)
    }

    fn check_bracket(&self, start: usize, (bracket, expected): (u8, &str)) -> Result<(), Fault> {
        if self.scanner.byte(start) == bracket {
            return Ok(());
        }
        Err(Fault::expected(expected, &start_of(self.text.get(start..).unwrap_or_default())))
    }
}

fn append_int(out: &mut Vec<u8>, integer: i64) {
    encode(out, |encoder| encoder.i64(integer).map(drop));
}

/// Appends seconds since 1970: an integer, or a double from which the milliseconds can be told.
fn append_timestamp(out: &mut Vec<u8>, milliseconds: i64) -> Result<(), Fault> {
    if milliseconds % 1_000 == 0 {
        encode(out, |encoder| encoder.tag(Tag::new(SECONDS))?.i64(milliseconds / 1_000).map(drop));
        return Ok(());
    }
    let seconds = milliseconds as f64 / 1_000.0;
    if milliseconds_of(seconds) != Some(milliseconds) {
        return Err(Fault::new("a double can't tell the milliseconds of this timestamp"));
    }
    encode(out, |encoder| encoder.tag(Tag::new(SECONDS))?.f64(seconds).map(drop));
    Ok(())
}

/// Returns the milliseconds next to these seconds, if 64 bits hold them.
pub(super) fn milliseconds_of(seconds: f64) -> Option<i64> {
    let milliseconds = (seconds * 1_000.0).round();
    // The largest double below 2^63 is far below it.
    let fits = milliseconds >= i64::MIN as f64 && milliseconds < i64::MAX as f64;
    fits.then_some(milliseconds as i64)
}

fn integer(token: &[u8], (least, most): (i64, i64)) -> Result<i64, Fault> {
    let integer = from_utf8(token).ok().and_then(|text| text.parse::<i64>().ok());
    let integer = integer.filter(|integer| (least..=most).contains(integer));
    integer.ok_or_else(|| Fault::expected(&format!("an integer from {least} to {most}"), &start_of(token)))
}

/// Reads a number; Java writes those that JSON doesn't have in quotes.
fn number<T: std::str::FromStr + std::ops::Neg<Output = T> + Copy>(
    token: &[u8],
    (nan, infinity): (T, T),
    is_finite: fn(T) -> bool,
) -> Result<T, Fault> {
    match token {
        b"\"NaN\"" => return Ok(nan),
        b"\"Infinity\"" => return Ok(infinity),
        b"\"-Infinity\"" => return Ok(-infinity),
        _ => {}
    }
    let text = Some(token).filter(|token| matches!(token.first(), Some(b'-' | b'0'..=b'9')));
    let number = text.and_then(|token| from_utf8(token).ok()).and_then(|text| text.parse::<T>().ok());
    let number = number.filter(|number| is_finite(*number));
    number.ok_or_else(|| Fault::expected("a number in range", &start_of(token)))
}

/// Reads bytes as Java writes them, in base 64.
fn bytes(token: &[u8]) -> Result<Vec<u8>, Fault> {
    let inner = token.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let inner = inner.ok_or_else(|| Fault::expected("bytes in base 64", &start_of(token)))?;
    STANDARD.decode(&*unescaped(inner)).map_err(|error| Fault::new(format!("it is not base 64: {error}")))
}

/// Reads a Decimal's unscaled number: bytes, or a JSON number (`decimal.format` NUMERIC).
fn unscaled(token: &[u8], scale: i32) -> Result<BigInt, Fault> {
    if token.first() != Some(&b'"') {
        let is_number = matches!(token.first(), Some(b'-' | b'0'..=b'9'));
        let token = Some(token).filter(|_| is_number);
        let token = token.ok_or_else(|| Fault::expected("a Decimal's bytes or a number", "something else"))?;
        let decimal = Decimal::parse(token).map_err(Fault::new)?;
        return decimal.at_scale(scale).ok_or_else(|| Fault::new(format!("a Decimal has more than {scale} places")));
    }
    let bytes = bytes(token)?;
    match bytes.len() {
        0 => Err(Fault::new("a Decimal has no bytes")),
        1..=MOST_BYTES => Ok(BigInt::from_signed_bytes_be(&bytes)),
        _ => Err(Fault::new(TOO_LONG)),
    }
}

fn start_of(token: &[u8]) -> String {
    super::fault::shown(&String::from_utf8_lossy(token.get(..token.len().min(80)).unwrap_or_default()))
}
