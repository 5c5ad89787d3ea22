//! JSON without a schema as the values that Kafka's `JsonConverter` makes of it, in Java's types: integers are
//! longs, other numbers doubles. Integers beyond 64 bits keep their digits; Kafka's lose the upper ones.

use airlock_sdk::data::{Decimal, Value};

/// Parses JSON, which the host validated. What is no JSON after all ends where it goes wrong.
pub(super) fn parse(json: &[u8]) -> Value {
    Reader { rest: json }.value()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn value(&mut self) -> Value {
        match self.peek() {
            Some(b'"') => Value::String(self.string()),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            _ => self.scalar(),
        }
    }

    /// Skips blanks and returns the next byte, which stays.
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }

    fn skip(&mut self) {
        self.rest = self.rest.split_first().map_or(&[], |(_, rest)| rest);
    }

    /// Takes a comma, or the end of an array or object; returns whether it has ended.
    fn ends(&mut self, end: u8) -> bool {
        if self.peek() == Some(b',') {
            self.skip();
        }
        match self.peek() {
            Some(byte) if byte != end => false,
            _ => {
                self.skip();
                true
            }
        }
    }

    fn array(&mut self) -> Value {
        self.skip();
        let mut elements = Vec::new();
        while !self.ends(b']') {
            elements.push(self.value());
        }
        Value::Array(elements)
    }

    /// Of a repeated key the last value counts, in the place of the first.
    fn object(&mut self) -> Value {
        self.skip();
        let mut entries: Vec<(Value, Value)> = Vec::new();
        let mut known = std::collections::HashMap::new();
        while !self.ends(b'}') {
            let key = self.string();
            self.peek();
            self.skip();
            let value = self.value();
            let place = *known.entry(key.clone()).or_insert(entries.len());
            match entries.get_mut(place) {
                Some(entry) => entry.1 = value,
                None => entries.push((Value::String(key), value)),
            }
        }
        Value::Map(entries)
    }

    fn scalar(&mut self) -> Value {
        let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
        let length = self.rest.iter().position(is_end).unwrap_or(self.rest.len()).max(1);
        let (text, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = rest;
        match text {
            b"true" => Value::Boolean(true),
            b"false" => Value::Boolean(false),
            number => str::from_utf8(number).map_or(Value::Null, number_value),
        }
    }

    fn string(&mut self) -> String {
        self.skip();
        let mut units: Vec<u16> = Vec::new();
        let mut text = String::new();
        while let Some((&byte, rest)) = self.rest.split_first() {
            match byte {
                b'"' => {
                    self.rest = rest;
                    break;
                }
                b'\\' => {
                    self.rest = rest;
                    units.push(self.escape());
                    continue;
                }
                _ => {}
            }
            append_units(&mut text, &mut units);
            let length = self.rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(self.rest.len());
            let (plain, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
            text += &String::from_utf8_lossy(plain);
            self.rest = rest;
        }
        append_units(&mut text, &mut units);
        text
    }

    /// Takes an escape but for its backslash, and returns what it stands for.
    fn escape(&mut self) -> u16 {
        let kind = self.rest.first().copied().unwrap_or(b'\\');
        self.skip();
        match kind {
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let (code, rest) = self.rest.split_at_checked(4).unwrap_or((self.rest, &[]));
                self.rest = rest;
                str::from_utf8(code).ok().and_then(|code| u16::from_str_radix(code, 16).ok()).unwrap_or(0xfffd)
            }
            other => other.into(),
        }
    }
}

/// Half a surrogate pair alone becomes a question mark, as where Java writes UTF-8.
fn append_units(text: &mut String, units: &mut Vec<u16>) {
    text.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or('?')));
}

fn number_value(text: &str) -> Value {
    if !text.contains(['.', 'e', 'E']) {
        let large = || text.parse::<Decimal>().map_or(Value::Null, Value::Decimal);
        return text.parse().map_or_else(|_| large(), Value::Int64);
    }
    // By way of `BigDecimal`, which has no zero below zero.
    let (mantissa, _) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let is_zero = !mantissa.contains(|digit: char| ('1'..='9').contains(&digit));
    Value::Float64(if is_zero { 0.0 } else { text.parse().unwrap_or(f64::NAN) })
}
