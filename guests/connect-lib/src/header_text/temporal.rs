//! Dates, times and timestamps in texts, as Java's `SimpleDateFormat` reads and writes them in UTC: leniently, so
//! that a 13th month is a January, and what is behind the last part doesn't count.

use airlock_sdk::data::Value;

use super::digits;
use super::merge::{Type, Typed};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The first day of the Gregorian calendar, in days since 1970.
const GREGORIAN: i64 = -141_427;

/// Returns the text of milliseconds since 1970: a time for those before the second day, a date for whole days, a
/// timestamp for others. Which of the three a schema says is of no account.
pub(super) fn text(millis: i64) -> String {
    let (days, time) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let clock = format!("{:02}:{:02}:{:02}.{:03}Z", time / HOUR, time / MINUTE % 60, time / SECOND % 60, time % SECOND);
    if millis < DAY {
        return clock;
    }
    let (year, month, day) = civil(days);
    if time == 0 { format!("{year:04}-{month:02}-{day:02}") } else { format!("{year:04}-{month:02}-{day:02}T{clock}") }
}

/// Returns what a text of the right length is; none for all others.
pub(super) fn parse(text: &str) -> Option<Typed> {
    // A backslash before a colon keeps it from ending a token.
    let text = text.replace("\\:", ":");
    let (kind, millis) = match text.encode_utf16().count() {
        10 => (Type::Date, Reader(&text).date()?),
        13 => (Type::Time, Reader(&text).time()?),
        24 => {
            let mut reader = Reader(&text);
            let date = reader.date()?;
            reader.literal("T")?;
            (Type::Timestamp, date.wrapping_add(reader.time()?))
        }
        _ => return None,
    };
    Some(Typed::new(kind, Value::Moment(millis)))
}

struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn date(&mut self) -> Option<i64> {
        let year = self.number()?;
        self.literal("-")?;
        let month = self.number()?;
        self.literal("-")?;
        let day = self.number()?;
        Some(days(year, month, day).wrapping_mul(DAY))
    }

    fn time(&mut self) -> Option<i64> {
        let hour = self.number()?;
        self.literal(":")?;
        let minute = self.number()?;
        self.literal(":")?;
        let second = self.number()?;
        self.literal(".")?;
        let milli = self.number()?;
        self.literal("Z")?;
        Some(hour * HOUR + minute * MINUTE + second * SECOND + milli)
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    /// Takes what `DecimalFormat` does: a sign, digits, an exponent; or its word for no number, which counts as 0.
    fn number(&mut self) -> Option<i64> {
        let text = self.0.trim_start_matches([' ', '\t']);
        let (sign, mut rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
        if let Some(rest) = rest.strip_prefix("NaN") {
            self.0 = rest;
            return Some(0);
        }
        let digits = digits::take(&mut rest);
        let mut number: f64 = digits.parse().ok()?;
        if let Some(exponent) = rest.strip_prefix('E') {
            let (minus, mut after) = exponent.strip_prefix('-').map_or(("", exponent), |after| ("-", after));
            let exponent = digits::take(&mut after);
            if let Ok(scaled) = format!("{digits}e{minus}{exponent}").parse() {
                (number, rest) = (scaled, after);
            }
        }
        self.0 = rest;
        // Of a long Java takes the lower half, of a double the nearest integer.
        let number = sign * number;
        let long = number as i64;
        Some(i64::from(if long == i64::MAX || long == i64::MIN { number as i32 } else { long as i32 }))
    }
}

/// Returns the days since 1970 until a date, of the Julian calendar where it is before the Gregorian one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year + (month - 1).div_euclid(12);
    // Years that begin in March have their leap day at the end.
    let month = (month - 1).rem_euclid(12) + 1;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let start = year * 365 + year.div_euclid(4) + (month * 153 + 2) / 5 + day - 1;
    let gregorian = start - year.div_euclid(100) + year.div_euclid(400) - 719_468;
    if gregorian >= GREGORIAN { gregorian } else { start - 719_470 }
}

/// Returns the date of days since 1970, of the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    (era * 400 + year + i64::from(month <= 2), month, day)
}
