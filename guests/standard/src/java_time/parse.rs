//! Text to moments, by a pattern.

use super::pattern::Item;
use super::resolve::{Field, Fields};
use super::zones::{self, Zone};
use super::{DAY, DAYS_OF_WEEK, MONTHS, Parsed, calendar};
use crate::java_number::digit;

/// Reads a moment at the beginning of a text. `century` is where the hundred years of two digits begin.
///
/// # Errors
/// There is none; says why, if there is more to say.
pub(super) fn parse(items: &[Item], text: &str, century: i64) -> Result<Parsed, Option<String>> {
    let mut reader = Reader { rest: text, fields: Fields::default(), century, ambiguous: false, zone: None };
    for (index, item) in items.iter().enumerate() {
        match item {
            Item::Literal(literal) => reader.rest = reader.rest.strip_prefix(literal.as_str()).ok_or(None)?,
            Item::Field(letter, count) => {
                let next = items.get(index + 1);
                // Where digits of two fields touch, each has as many as the pattern has letters.
                let width = next.is_some_and(is_number).then_some(*count);
                let before_minus = matches!(next, Some(Item::Literal(text)) if text.starts_with('-'));
                reader.field((*letter, *count), Digits { width, before_minus })?;
            }
        }
    }
    if reader.rest.len() == text.len() {
        return Err(None);
    }
    let beyond = || Some("the year is beyond all that Java's dates can tell".to_owned());
    let mut moment = reader.fields.moment().ok_or_else(beyond)?;
    if reader.ambiguous && moment < century {
        reader.fields.add_century();
        moment = reader.fields.moment().ok_or_else(beyond)?;
    }
    match reader.zone {
        Some(zone) if !zone.holds_at(moment) => {
            Err(Some(format!("what the time zone {} was then isn't known here: write an offset", zone.name)))
        }
        zone => Ok(Parsed { moment, zone: zone.map(|zone| zone.name) }),
    }
}

/// Tells whether an item is read as digits.
fn is_number(item: &Item) -> bool {
    match item {
        Item::Field('M' | 'L', count) => *count <= 2,
        Item::Field(letter, _) => !"GEazZX".contains(*letter),
        Item::Literal(_) => false,
    }
}

/// How a number may go on.
#[derive(Clone, Copy)]
struct Digits {
    /// How many characters it may have at most.
    width: Option<usize>,
    /// Whether the pattern has a minus sign next.
    before_minus: bool,
}

struct Reader<'a> {
    rest: &'a str,
    fields: Fields,
    century: i64,
    ambiguous: bool,
    zone: Option<&'static Zone>,
}

impl Reader<'_> {
    fn field(&mut self, (letter, count): (char, usize), digits: Digits) -> Result<(), Option<String>> {
        let start = self.rest;
        self.rest = start.trim_start_matches([' ', '\t']);
        if self.rest.is_empty() {
            return Err(None);
        }
        // Blanks count among the characters of a number.
        let blanks = start.len() - self.rest.len();
        let digits = Digits { width: digits.width.map(|width| width.saturating_sub(blanks)), ..digits };
        let is_name = matches!((letter, count), ('G' | 'E' | 'a', _) | ('M' | 'L', 3..));
        if is_name && self.rest.len() < start.len() {
            // Java skips blanks, and then looks for names in front of them.
            return Err(None);
        }
        match (letter, count) {
            ('G', _) => self.name(Field::Era, 0, &ERAS),
            ('M' | 'L', 3..) => self.name(Field::Month, 0, &MONTHS),
            ('E', _) => self.name(Field::DayOfWeek, 1, &DAYS_OF_WEEK),
            ('a', _) => self.name(Field::AmPm, 0, &["AM", "PM"]),
            ('z' | 'Z', _) => self.zone(),
            ('X', _) => self.iso_zone(count),
            _ => {
                let start = self.rest;
                let value = self.number(digits)?;
                self.put(letter, value);
                if matches!(letter, 'y' | 'Y') && count <= 2 {
                    self.two_digits(letter, value, start);
                }
                Ok(())
            }
        }
    }

    fn put(&mut self, letter: char, value: i64) {
        let (field, value) = match letter {
            'y' => (Field::Year, value),
            'Y' => (Field::WeekYear, value),
            'M' | 'L' => (Field::Month, value - 1),
            'w' => (Field::WeekOfYear, value),
            'W' => (Field::WeekOfMonth, value),
            'D' => (Field::DayOfYear, value),
            'd' => (Field::DayOfMonth, value),
            'F' => (Field::DayOfWeekInMonth, value),
            'u' if (1..=7).contains(&value) => (Field::DayOfWeek, value % 7 + 1),
            'u' => (Field::DayOfWeek, value),
            'k' => (Field::HourOfDay, if value == 24 { 0 } else { value }),
            'H' => (Field::HourOfDay, value),
            'h' => (Field::Hour, if value == 12 { 0 } else { value }),
            'K' => (Field::Hour, value),
            'm' => (Field::Minute, value),
            's' => (Field::Second, value),
            _ => (Field::Millisecond, value),
        };
        self.fields.set(field, value);
    }

    /// Puts a year of two digits into the hundred years from eighty years ago.
    fn two_digits(&mut self, letter: char, value: i64, start: &str) {
        let read = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        if read.chars().count() != 2 || !read.chars().all(|character| digit(character).is_some()) {
            return;
        }
        let first = calendar::date(self.century.div_euclid(DAY)).year;
        let ambiguous = first % 100;
        self.ambiguous = value == ambiguous;
        let year = value + first / 100 * 100 + if value < ambiguous { 100 } else { 0 };
        self.put(letter, year);
    }

    /// Reads the longest of the names, whole or of three letters, in any case.
    fn name(&mut self, field: Field, first: i64, names: &[&str]) -> Result<(), Option<String>> {
        let mut found: Option<(usize, i64)> = None;
        for (index, name) in (first..).zip(names) {
            for name in [Some(*name), name.get(..3)].into_iter().flatten() {
                let here = self.rest.get(..name.len()).is_some_and(|here| here.eq_ignore_ascii_case(name));
                if here && found.is_none_or(|(length, _)| length < name.len()) {
                    found = Some((name.len(), index));
                }
            }
        }
        let (length, index) = found.ok_or(None)?;
        self.skip(length);
        self.fields.set(field, index);
        Ok(())
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Reads an integer, as `NumberFormat` does: of any script's digits, maybe with a minus sign and an exponent.
    fn number(&mut self, digits: Digits) -> Result<i64, Option<String>> {
        let whole = self.rest;
        let limit = match digits.width {
            // All of them must be there.
            Some(width) => match whole.char_indices().nth(width) {
                Some((end, _)) => end,
                None if whole.chars().count() == width => whole.len(),
                None => return Err(None),
            },
            None => whole.len(),
        };
        let text = whole.get(..limit).unwrap_or_default();
        let (negative, unsigned) = (text.starts_with('-'), text.strip_prefix('-').unwrap_or(text));
        let (value, rest) = magnitude(unsigned).ok_or(None)?;
        self.skip(text.len() - rest.len());
        let value = if negative { -value } else { value };
        if digits.before_minus && negative {
            return self.before_minus(value);
        }
        Ok(value)
    }

    /// Takes a number's minus sign for one that the pattern has, if it is not there behind the number.
    fn before_minus(&mut self, value: i64) -> Result<i64, Option<String>> {
        // In English the sign is in front, and so never behind what was read.
        if self.rest.is_empty() || self.rest.starts_with('-') { Ok(value) } else { Err(None) }
    }

    fn zone(&mut self) -> Result<(), Option<String>> {
        if let Some(sign) = sign_of(self.rest) {
            self.skip(1);
            return self.offset(sign, Shape::Rfc);
        }
        if self.rest.get(..3).is_some_and(|name| name.eq_ignore_ascii_case("GMT")) {
            self.skip(3);
            let Some(sign) = sign_of(self.rest) else {
                self.fields.set(Field::Zone, 0);
                return Ok(());
            };
            self.skip(1);
            return self.offset(sign, Shape::Gmt);
        }
        for name in ["Coordinated Universal Time", "UTC"] {
            if self.rest.get(..name.len()).is_some_and(|here| here.eq_ignore_ascii_case(name)) {
                self.skip(name.len());
                return Ok(());
            }
        }
        let unknown = || Some("the time zone isn't known here: write an offset such as +0100".to_owned());
        let zone = zones::find(self.rest).ok_or_else(unknown)?;
        self.skip(zone.name.len());
        self.fields.set(Field::Zone, zone.offset * 60_000);
        self.zone = Some(zone);
        Ok(())
    }

    fn iso_zone(&mut self, count: usize) -> Result<(), Option<String>> {
        if self.rest.starts_with('Z') {
            self.skip(1);
            self.fields.set(Field::Zone, 0);
            return Ok(());
        }
        let sign = sign_of(self.rest).ok_or(None)?;
        self.skip(1);
        self.offset(
            sign,
            if count == 1 {
                Shape::Hours
            } else if count == 3 {
                Shape::Colon
            } else {
                Shape::Rfc
            },
        )
    }

    fn offset(&mut self, sign: i64, shape: Shape) -> Result<(), Option<String>> {
        let mut hours = self.ascii_digit().ok_or(None)?;
        let more = if shape == Shape::Gmt && self.rest.starts_with(':') { None } else { self.ascii_digit() };
        match (more, shape) {
            (Some(digit), _) => hours = hours * 10 + digit,
            (None, Shape::Gmt) => {}
            (None, _) => return Err(None),
        }
        let mut minutes = 0;
        if shape != Shape::Hours {
            if matches!(shape, Shape::Gmt | Shape::Colon) {
                self.rest = self.rest.strip_prefix(':').ok_or(None)?;
            }
            minutes = self.ascii_digit().ok_or(None)? * 10 + self.ascii_digit().ok_or(None)?;
        }
        if hours > 23 || minutes > 59 {
            return Err(None);
        }
        self.fields.set(Field::Zone, sign * (hours * 60 + minutes) * 60_000);
        Ok(())
    }

    fn ascii_digit(&mut self) -> Option<i64> {
        let digit = self.rest.chars().next()?.to_digit(10)?;
        self.skip(1);
        Some(digit.into())
    }
}

/// How an offset is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `hh`.
    Hours,
    /// `hhmm`.
    Rfc,
    /// `hh:mm`.
    Colon,
    /// `h:mm` or `hh:mm`.
    Gmt,
}

const ERAS: [&str; 2] = ["BC", "AD"];

fn sign_of(text: &str) -> Option<i64> {
    match text.chars().next()? {
        '+' => Some(1),
        '-' => Some(-1),
        _ => None,
    }
}

/// Reads digits and an exponent; returns Java's `intValue`, and what is left.
fn magnitude(text: &str) -> Option<(i64, &str)> {
    // Almost all are short and in ASCII.
    let (mut short, mut length) = (0, 0);
    for byte in text.bytes().take_while(u8::is_ascii_digit).take(10) {
        (short, length) = (short * 10 + i64::from(byte - b'0'), length + 1);
    }
    if (1..10).contains(&length) && text.as_bytes().get(length).is_none_or(|next| next.is_ascii() && *next != b'E') {
        return Some((short, text.get(length..).unwrap_or_default()));
    }
    let mut rest = text.trim_start_matches(|character| digit(character).is_some());
    let digits = text.get(..text.len() - rest.len()).filter(|digits| !digits.is_empty())?;
    let mut value: i128 = 0;
    for character in digits.chars() {
        value = (value * 10 + i128::from(digit(character)?)).min(i128::from(u64::MAX));
    }
    if let Some(power) = rest.strip_prefix('E') {
        let negative = power.starts_with('-');
        let unsigned = power.strip_prefix('-').unwrap_or(power);
        let after = unsigned.trim_start_matches(|character| digit(character).is_some());
        if after.len() < unsigned.len() {
            let places = unsigned.chars().map_while(digit).fold(0_u32, |number, digit| (number * 10 + digit).min(99));
            for _ in 0..places {
                value = if negative { value / 10 } else { (value * 10).min(i128::from(u64::MAX)) };
            }
            rest = after;
        }
    }
    let int = match i64::try_from(value) {
        Ok(long) => i64::from(long as i32),
        Err(_) => i64::from(i32::MAX),
    };
    Some((int, rest))
}
