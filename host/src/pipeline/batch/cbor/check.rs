//! Whether JSON text is what its schema says: one pass that builds nothing. It only says yes where that is plain to
//! see; all else is left to the conversion, which is slower, exact, and says what is wrong where.

use std::str::from_utf8;

use super::super::json::Scanner;
use super::read_typed::DAY;
use super::types::{Fields, Kind, Nulls, Type};

/// How many fields of a struct can be told apart here.
const MOST_FIELDS: usize = 512;
const WORDS: usize = MOST_FIELDS / 64;
/// Up to how many digits fit 64 bits whatever they are.
const PLAIN_DIGITS: usize = 18;
/// Up to how many characters a number without exponent is finite in single precision.
const FINITE: usize = 38;

/// How a text relates to its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Fit {
    /// It is what the schema says.
    Fits,
    /// It is, once defaults stand for nulls, or once decimals are in the notation that is written.
    Rewrite,
    /// It may be.
    Unsure,
}

/// What is looked for besides types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Rules {
    /// What a null stands for.
    pub(in super::super) nulls: Nulls,
    /// How decimals have to be written; none: either way.
    pub(in super::super) decimals: Option<Decimals>,
}

/// How decimals are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Decimals {
    /// The unscaled number in base 64.
    Base64,
    /// As numbers.
    Numeric,
}

/// Looks at validated JSON text without blanks around it.
pub(in super::super) fn fit(json: &[u8], schema: &Type, rules: Rules) -> Fit {
    let mut check = Check { scanner: Scanner::new(json), rules, rewrite: false };
    match check.value(0, schema) {
        None => Fit::Unsure,
        Some(_) if check.rewrite => Fit::Rewrite,
        Some(_) => Fit::Fits,
    }
}

struct Check<'a> {
    scanner: Scanner<'a>,
    rules: Rules,
    rewrite: bool,
}

impl Check<'_> {
    /// Returns where the value that starts at `start` ends; none where it isn't plain to see that it fits.
    fn value(&mut self, start: usize, schema: &Type) -> Option<usize> {
        let first = self.scanner.byte(start);
        if first == b'n' {
            self.without_value(schema)?;
            return Some(start + 4);
        }
        match &schema.kind {
            Kind::Boolean => match first {
                b't' => Some(start + 4),
                b'f' => Some(start + 5),
                _ => None,
            },
            Kind::Text if first == b'"' => self.scanner.string(start + 1),
            Kind::Int8 => self.int(start, (i8::MIN.into(), i8::MAX.into())),
            Kind::Int16 => self.int(start, (i16::MIN.into(), i16::MAX.into())),
            Kind::Int32 | Kind::Date => self.int(start, (i32::MIN.into(), i32::MAX.into())),
            Kind::Int64 | Kind::Timestamp => self.int(start, (i64::MIN, i64::MAX)),
            Kind::Time => self.int(start, (0, DAY)),
            Kind::Float => self.float(start, |text| text.parse::<f32>().is_ok_and(f32::is_finite)),
            Kind::Double => self.float(start, |text| text.parse::<f64>().is_ok_and(f64::is_finite)),
            Kind::Bytes if first == b'"' => self.base64(start).map(|(end, _)| end),
            Kind::Decimal { scale } => self.decimal(start, *scale),
            Kind::Array(items) if first == b'[' => self.items(start, |check, item| check.value(item, items)),
            Kind::Map(inside) if first == b'{' && inside.0.kind.is_text() => self.entries(start, &inside.1),
            Kind::Map(inside) if first == b'[' && !inside.0.kind.is_text() => {
                self.items(start, |check, pair| check.pair(pair, (&inside.0, &inside.1)))
            }
            Kind::Struct(fields) if first == b'{' => self.structure(start, fields),
            _ => None,
        }
    }

    fn without_value(&mut self, schema: &Type) -> Option<()> {
        match (schema.default.is_some(), self.rules.nulls) {
            (true, Nulls::Default) => self.rewrite = true,
            (true, Nulls::Stored) => {}
            _ if schema.optional => {}
            _ => return None,
        }
        Some(())
    }

    fn int(&self, start: usize, (least, most): (i64, i64)) -> Option<usize> {
        let negative = self.scanner.byte(start) == b'-';
        let first = start + usize::from(negative);
        let (mut pos, mut integer) = (first, 0_i64);
        while let digit @ b'0'..=b'9' = self.scanner.byte(pos) {
            integer = integer.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            pos += 1;
        }
        let integer = match pos - first {
            0..=PLAIN_DIGITS if negative => -integer,
            0..=PLAIN_DIGITS => integer,
            _ => from_utf8(self.scanner.bytes().get(start..pos)?).ok()?.parse().ok()?,
        };
        let is_whole = pos > first && !matches!(self.scanner.byte(pos), b'.' | b'e' | b'E');
        (is_whole && (least..=most).contains(&integer)).then_some(pos)
    }

    fn float(&mut self, start: usize, is_finite: fn(&str) -> bool) -> Option<usize> {
        if let Some(end) = self.number(start) {
            return Some(end);
        }
        let end = self.scanner.value(start, 0)?;
        let text = from_utf8(self.scanner.bytes().get(start..end)?).ok()?;
        let is_number = matches!(text.as_bytes().first(), Some(b'-' | b'0'..=b'9')) && is_finite(text);
        (is_number || matches!(text, "\"NaN\"" | "\"Infinity\"" | "\"-Infinity\"")).then_some(end)
    }

    fn number(&self, start: usize) -> Option<usize> {
        let mut pos = start;
        while matches!(self.scanner.byte(pos), b'0'..=b'9' | b'.' | b'-') {
            pos += 1;
        }
        let is_plain = pos > start && !matches!(self.scanner.byte(pos), b'e' | b'E') && pos - start <= FINITE;
        is_plain.then_some(pos)
    }

    /// Returns where bytes end, and how many characters they have.
    fn base64(&mut self, start: usize) -> Option<(usize, usize)> {
        let end = self.scanner.string(start + 1)?;
        let text = self.scanner.bytes().get(start + 1..end - 1)?;
        let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
        let digits = text.get(..text.len() - padding)?;
        let is_base64 = text.len().is_multiple_of(4) && padding <= 2;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        (is_base64 && digits.iter().all(plain)).then_some((end, text.len()))
    }

    fn decimal(&mut self, start: usize, scale: i32) -> Option<usize> {
        if self.scanner.byte(start) == b'"' {
            let (end, length) = self.base64(start)?;
            self.rewrite |= self.rules.decimals == Some(Decimals::Numeric);
            return (1..=FINITE).contains(&length).then_some(end);
        }
        let end = self.number(start)?;
        let text = self.scanner.bytes().get(start..end)?;
        let places = text.iter().position(|byte| *byte == b'.').map_or(0, |point| text.len() - point - 1);
        self.rewrite |= self.rules.decimals == Some(Decimals::Base64);
        (i32::try_from(places).ok()? <= scale).then_some(end)
    }

    fn items(&mut self, start: usize, mut item: impl FnMut(&mut Self, usize) -> Option<usize>) -> Option<usize> {
        let mut pos = self.scanner.skip_space(start + 1);
        if self.scanner.byte(pos) == b']' {
            return Some(pos + 1);
        }
        loop {
            let end = item(self, pos)?;
            pos = self.scanner.skip_space(end);
            match self.scanner.byte(pos) {
                b',' => pos = self.scanner.skip_space(pos + 1),
                b']' => return Some(pos + 1),
                _ => return None,
            }
        }
    }

    fn pair(&mut self, start: usize, (keys, values): (&Type, &Type)) -> Option<usize> {
        let mut index = 0;
        if self.scanner.byte(start) != b'[' {
            return None;
        }
        let end = self.items(start, |check, item| {
            index += 1;
            match index {
                1 => check.value(item, keys),
                2 => check.value(item, values),
                _ => None,
            }
        });
        end.filter(|_| index == 2)
    }

    fn entries(&mut self, start: usize, values: &Type) -> Option<usize> {
        self.members(start, |check, _, value| check.value(value, values))
    }

    fn members(
        &mut self,
        start: usize,
        mut member: impl FnMut(&mut Self, (usize, usize), usize) -> Option<usize>,
    ) -> Option<usize> {
        let mut pos = self.scanner.skip_space(start + 1);
        if self.scanner.byte(pos) == b'}' {
            return Some(pos + 1);
        }
        loop {
            let key_end = self.scanner.string(pos + 1)?;
            let value = self.scanner.colon(key_end)?;
            let end = member(self, (pos + 1, key_end - 1), value)?;
            pos = self.scanner.skip_space(end);
            match self.scanner.byte(pos) {
                b',' => pos = self.scanner.skip_space(pos + 1),
                b'}' => return Some(pos + 1),
                _ => return None,
            }
        }
    }

    fn structure(&mut self, start: usize, fields: &Fields) -> Option<usize> {
        if fields.list.len() > MOST_FIELDS {
            return None;
        }
        let (mut seen, mut likely, mut count) = ([0_u64; WORDS], 0, 0);
        let end = self.members(start, |check, (key, key_end), value| {
            let name = check.scanner.bytes().get(key..key_end)?;
            let Some(index) = fields.find(name, likely) else {
                // Escapes may hide a field's name; other members are of no account.
                return if name.contains(&b'\\') { None } else { check.scanner.value(value, 0) };
            };
            likely = index + 1;
            let (word, bit) = (seen.get_mut(index / 64)?, 1 << (index % 64));
            // Of a repeated key the last counts.
            if *word & bit != 0 {
                return None;
            }
            *word |= bit;
            count += 1;
            check.value(value, &fields.list.get(index)?.value)
        })?;
        if count < fields.list.len() {
            let missing = |index: usize| seen.get(index / 64).is_none_or(|word| word & (1 << (index % 64)) == 0);
            for (_, field) in fields.list.iter().enumerate().filter(|(index, _)| missing(*index)) {
                self.without_value(&field.value)?;
            }
        }
        Some(end)
    }
}
