//! Days since 1970 to dates and back, in Java's `GregorianCalendar`: Gregorian from 1582-10-15 on, Julian before.
//! Weeks are those of en-US: they begin on Sunday, and the first of a year has its 1 January.

/// 1582-10-15, the first day of the Gregorian calendar, in days since 1970.
pub(super) const CUTOVER: i64 = -141_427;
/// The days between 1 March of year 0 and 1970-01-01, Gregorian; and Julian.
const GREGORIAN_EPOCH: i64 = 719_468;
const JULIAN_EPOCH: i64 = 719_470;

/// The year of the cut-over.
pub(super) const CUTOVER_YEAR: i64 = 1582;

/// One of the two calendars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Gregorian,
    Julian,
}

/// A day of a year (1 BC is 0), of a month from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

/// Returns the date of a day.
pub(super) fn date(day: i64) -> Date {
    if day >= CUTOVER { gregorian(day) } else { julian(day) }
}

/// Returns the day of a date. What is left out between the calendars is told by the Julian one, as Java does.
pub(super) fn day(date: Date) -> i64 {
    let found = day_gregorian(date);
    if found >= CUTOVER { found } else { day_julian(date) }
}

/// Returns the day of the week, from Sunday as 0.
pub(super) fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

/// Returns the first day of a month, from 1, by one of the calendars.
pub(super) fn first_of_month(year: i64, month: i64, rule: Rule) -> i64 {
    let date = Date { year, month, day: 1 };
    match rule {
        Rule::Gregorian => day_gregorian(date),
        Rule::Julian => day_julian(date),
    }
}

/// Returns 1 January of a year.
pub(super) fn new_year(year: i64) -> i64 {
    day(Date { year, month: 1, day: 1 })
}

fn gregorian(day: i64) -> Date {
    let shifted = day + GREGORIAN_EPOCH;
    let era = shifted.div_euclid(146_097);
    let rest = shifted.rem_euclid(146_097);
    let year = (rest - rest / 1_460 + rest / 36_524 - rest / 146_096) / 365;
    from_march(era * 400 + year, rest - (365 * year + year / 4 - year / 100))
}

fn julian(day: i64) -> Date {
    let shifted = day + JULIAN_EPOCH;
    let rest = shifted.rem_euclid(1_461);
    let year = (rest - rest / 1_460) / 365;
    from_march(shifted.div_euclid(1_461) * 4 + year, rest - 365 * year)
}

/// Returns a date by its year from March to February, and the day of that year from 0.
fn from_march(year: i64, day: i64) -> Date {
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    if month < 10 { Date { year, month: month + 3, day } } else { Date { year: year + 1, month: month - 9, day } }
}

fn day_gregorian(date: Date) -> i64 {
    let (year, of_year) = to_march(date);
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - GREGORIAN_EPOCH
}

fn day_julian(date: Date) -> i64 {
    let (year, of_year) = to_march(date);
    365 * year + year.div_euclid(4) + of_year - JULIAN_EPOCH
}

fn to_march(date: Date) -> (i64, i64) {
    let (year, month) = if date.month > 2 { (date.year, date.month - 3) } else { (date.year - 1, date.month + 9) };
    (year, (153 * month + 2) / 5 + date.day - 1)
}
