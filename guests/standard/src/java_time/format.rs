//! Moments to text, by a pattern.

use super::calendar::{self, Date};
use super::pattern::Item;
use super::{DAY, DAYS_OF_WEEK, MONTHS};

/// Returns a moment in text.
pub(super) fn format(items: &[Item], moment: i64) -> String {
    let fields = Fields::of(moment);
    let mut text = String::new();
    for item in items {
        match item {
            Item::Literal(literal) => text.push_str(literal),
            Item::Field(letter, count) => text.push_str(&fields.text(*letter, *count)),
        }
    }
    text
}

/// What a moment is in the calendar.
struct Fields {
    date: Date,
    day: i64,
    /// The milliseconds of the day.
    time: i64,
}

impl Fields {
    fn of(moment: i64) -> Self {
        let day = moment.div_euclid(DAY);
        Fields { date: calendar::date(day), day, time: moment.rem_euclid(DAY) }
    }

    fn text(&self, letter: char, count: usize) -> String {
        match (letter, count) {
            ('G', _) if self.date.year > 0 => "AD".to_owned(),
            ('G', _) => "BC".to_owned(),
            ('y', 2) => padded(self.year_of_era() % 100, 2),
            ('Y', 2) => {
                let year = self.week_year();
                format!("{}{}", if year < 0 { "-" } else { "" }, padded(year.abs() % 100, 2))
            }
            ('M' | 'L', 3..) => named(&MONTHS, self.date.month - 1, count),
            ('E', _) => named(&DAYS_OF_WEEK, calendar::weekday(self.day), count),
            ('a', _) if self.time < DAY / 2 => "AM".to_owned(),
            ('a', _) => "PM".to_owned(),
            ('z', 4..) => "Coordinated Universal Time".to_owned(),
            ('z', _) => "UTC".to_owned(),
            ('Z', _) => "+0000".to_owned(),
            ('X', _) => "Z".to_owned(),
            _ => padded(self.number(letter), count),
        }
    }

    fn number(&self, letter: char) -> i64 {
        let hour = self.time / 3_600_000;
        match letter {
            'y' => self.year_of_era(),
            'Y' => self.week_year(),
            'M' | 'L' => self.date.month,
            'w' => self.week_of_year(),
            'W' => {
                let first = calendar::day(Date { day: 1, ..self.date });
                (self.day - first + calendar::weekday(first)) / 7 + 1
            }
            'D' => self.day - calendar::new_year(self.date.year) + 1,
            'd' => self.date.day,
            'F' => (self.day - calendar::day(Date { day: 1, ..self.date })) / 7 + 1,
            'u' => (calendar::weekday(self.day) + 6) % 7 + 1,
            'H' => hour,
            'k' => (hour + 23) % 24 + 1,
            'K' => hour % 12,
            'h' => (hour + 11) % 12 + 1,
            'm' => self.time / 60_000 % 60,
            's' => self.time / 1_000 % 60,
            _ => self.time % 1_000,
        }
    }

    fn year_of_era(&self) -> i64 {
        if self.date.year > 0 { self.date.year } else { 1 - self.date.year }
    }

    /// Tells whether the week has the 1 January that follows on this year, which begins like the year `like`.
    fn is_in_next_year(&self, like: i64) -> bool {
        let days_left = calendar::new_year(self.date.year + 1) - self.day;
        days_left <= calendar::weekday(calendar::new_year(like))
    }

    fn week_year(&self) -> i64 {
        let year = self.date.year;
        // Java counts the next year on from the wrong side of the era before Christ.
        let next = if year > 0 { year + 1 } else { -year };
        year + i64::from(self.is_in_next_year(next))
    }

    fn week_of_year(&self) -> i64 {
        let first = calendar::new_year(self.date.year);
        if self.is_in_next_year(self.date.year + 1) { 1 } else { (self.day - first + calendar::weekday(first)) / 7 + 1 }
    }
}

fn named(names: &[&str], index: i64, count: usize) -> String {
    let name = names.get(index as usize).copied().unwrap_or_default();
    if count >= 4 { name.to_owned() } else { name.chars().take(3).collect() }
}

fn padded(number: i64, digits: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{:0>digits$}", number.unsigned_abs())
}
