//! Days and Protobuf's dates, with the calendar that Java's `GregorianCalendar` has: the Julian one before 15 October
//! 1582.

/// The first day of the Gregorian calendar, in days since 1970.
const CUTOVER: i64 = -141_427;
/// Days from 1 March of the year 0 to 1970: in the Gregorian, and in the Julian calendar.
const GREGORIAN_EPOCH: i64 = 719_468;
const JULIAN_EPOCH: i64 = 719_470;

/// A year, a month from 1, and a day of it from 1.
pub(super) type Date = (i32, i32, i32);

/// Returns the date of a day.
///
/// # Errors
/// Says that it is before the year 1, or too far away.
pub(super) fn date(day: i64) -> Result<Date, String> {
    let (year, month, day_of_month) = if day >= CUTOVER { gregorian(day) } else { julian(day) };
    match i32::try_from(year) {
        Ok(year) if year > 0 => Ok((year, month as i32, day_of_month as i32)),
        _ => Err(format!("a Protobuf date has no year {year}")),
    }
}

/// Returns the day of a date.
///
/// # Errors
/// Says that there is no such date.
pub(super) fn day((year, month, day): Date) -> Result<i64, String> {
    let parts = (i64::from(year), i64::from(month), i64::from(day));
    let both = [from_gregorian(parts), from_julian(parts)];
    let found = both.into_iter().find(|found| date(*found) == Ok((year, month, day)));
    found.ok_or_else(|| format!("there is no date {year}-{month}-{day}"))
}

fn gregorian(day: i64) -> (i64, i64, i64) {
    let day = day + GREGORIAN_EPOCH;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    from_march(year + era * 400, of_era - (365 * year + year / 4 - year / 100))
}

fn julian(day: i64) -> (i64, i64, i64) {
    let day = day + JULIAN_EPOCH;
    let (era, of_era) = (day.div_euclid(1_461), day.rem_euclid(1_461));
    let year = (of_era - of_era / 1_460) / 365;
    from_march(year + era * 4, of_era - 365 * year)
}

/// Makes a date of a year that starts in March, and a day of it.
fn from_march(year: i64, of_year: i64) -> (i64, i64, i64) {
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + i64::from(month <= 2), month, day)
}

/// Returns a year that starts in March, and the day of it.
fn to_march((year, month, day): (i64, i64, i64)) -> (i64, i64) {
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    (year - i64::from(month <= 2), (153 * from_march + 2) / 5 + day - 1)
}

fn from_gregorian(date: (i64, i64, i64)) -> i64 {
    let (year, of_year) = to_march(date);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - GREGORIAN_EPOCH
}

fn from_julian(date: (i64, i64, i64)) -> i64 {
    let (year, of_year) = to_march(date);
    365 * year + year.div_euclid(4) + of_year - JULIAN_EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_those_of_java() {
        let known = [(0, (1970, 1, 1)), (CUTOVER, (1582, 10, 15)), (CUTOVER - 1, (1582, 10, 4)), (-719_164, (1, 1, 1))];
        for (number, parts) in known {
            assert_eq!((date(number), day(parts)), (Ok(parts), Ok(number)));
        }
        for number in (-719_000..2_932_896).step_by(13) {
            assert_eq!(date(number).and_then(day), Ok(number));
        }
    }

    #[test]
    fn dates_that_are_none_are_refused() {
        for parts in [(0, 0, 0), (2023, 2, 29), (1582, 10, 10), (2024, 13, 1), (2024, 1, i32::MAX), (-1, 1, 1)] {
            assert!(day(parts).is_err(), "{parts:?}");
        }
        assert!(date(-719_165).is_err() && date(i64::from(i32::MIN)).is_err());
        assert!(day((i32::MIN, i32::MIN, i32::MIN)).is_err());
    }
}
