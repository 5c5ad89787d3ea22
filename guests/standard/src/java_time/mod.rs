//! Moments in text, as Java writes and reads them. All is in UTC, and in English.

mod calendar;
mod format;
mod parse;
mod pattern;
mod resolve;
mod zones;

/// The milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS_OF_WEEK: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A moment that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Milliseconds since 1970.
    pub(crate) moment: i64,
    /// The name of the time zone that it was told in, unless it is UTC.
    pub(crate) zone: Option<&'static str>,
}

/// Java's `SimpleDateFormat`.
#[derive(Debug)]
pub(crate) struct Format {
    items: Vec<pattern::Item>,
}

impl Format {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it, and what to do.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let items = pattern::parse(pattern).map_err(|problem| format!("is {pattern:?}, but {problem}"))?;
        Ok(Format { items })
    }

    /// Reads the moment that a text begins with. `century` is where the hundred years of
    /// years of two digits begin: [`century`].
    ///
    /// # Errors
    /// There is none; says why, if there is more to say than that.
    pub(crate) fn parse(&self, text: &str, century: i64) -> Result<Parsed, Option<String>> {
        parse::parse(&self.items, text, century)
    }

    /// Returns for how many milliseconds the text of a moment is the same, from multiples of it on.
    pub(crate) fn unit(&self) -> i64 {
        let units = self.items.iter().map(|item| match item {
            pattern::Item::Field('S', _) => 1,
            pattern::Item::Field('s', _) => 1_000,
            pattern::Item::Field('m', _) => 60_000,
            pattern::Item::Field('H' | 'k' | 'K' | 'h' | 'a', _) => 3_600_000,
            _ => DAY,
        });
        units.min().unwrap_or(DAY)
    }

    /// Returns a moment, in milliseconds since 1970, in text.
    pub(crate) fn format(&self, moment: i64) -> String {
        format::format(&self.items, moment)
    }
}

/// Returns where the hundred years begin that Java puts years of two digits into: eighty years before `now`.
pub(crate) fn century(now: i64) -> i64 {
    let date = calendar::date(now.div_euclid(DAY));
    let leap = calendar::new_year(date.year - 79) - calendar::new_year(date.year - 80) == 366;
    let day = if (date.month, date.day) == (2, 29) && !leap { 28 } else { date.day };
    calendar::day(calendar::Date { year: date.year - 80, day, ..date }) * DAY + now.rem_euclid(DAY)
}

/// Returns a moment as Connect writes it where nobody chose a format (`Values.dateFormatFor`): a time before the
/// second day, else a day at midnight, else both.
pub(crate) fn text(moment: i64) -> String {
    let pattern = match moment {
        _ if moment < DAY => "HH:mm:ss.SSS'Z'",
        _ if moment % DAY == 0 => "yyyy-MM-dd",
        _ => "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
    };
    Format::new(pattern).map(|format| format.format(moment)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23, so that years of two digits are from 1946-11-23 on.
    const NOW: i64 = 1_795_453_200_000;

    fn read(pattern: &str, text: &str) -> Option<i64> {
        Format::new(pattern).unwrap().parse(text, century(NOW)).ok().map(|parsed| parsed.moment)
    }

    #[test]
    fn contradictions_and_numbers_out_of_range_are_settled_as_in_java() {
        assert_eq!(read("YYYY-'W'ww-u", "1581-W4-080-2"), Some(-12_266_035_200_000));
        assert_eq!(read("yyMMdd", "32 32-Mon UTC--08 "), Some(1_961_798_400_000));
        assert_eq!(read("yyyy w EEE", "1584 1E38 Wed"), Some(1_298_785_928_342_400_000));
        assert_eq!(read("yyyyMMddHHmmss", "1582 100000 32-a 0 "), Some(-12_243_311_968_000));
        assert_eq!(read("yyMMdd", "99 -08-Mon "), None);
    }

    #[test]
    fn names_of_time_zones_count_since_they_have_one_offset() {
        assert_eq!(read("yyyy-MM-dd HH z", "2024-07-01 12 pdt"), read("yyyy-MM-dd HH Z", "2024-07-01 12 -0700"));
        assert_eq!(read("yyyy-MM-dd HH z", "2024-07-01 12 IST."), read("yyyy-MM-dd HH Z", "2024-07-01 12 +0200"));
        assert_eq!(read("yyyy z", "1972 BST"), Some(63_068_400_000));
        for text in ["1970 BST", "2010 MSK", "2024 PSTX", "2024 Pacific Standard Time", "2024 XYZ"] {
            assert_eq!(read("yyyy z", text), None, "{text}");
        }
    }
}
