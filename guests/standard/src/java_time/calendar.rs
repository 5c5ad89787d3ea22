//! Days since 1970 to dates and back, in Java's `GregorianCalendar`: Gregorian from 1582-10-15 on, Julian before.

/// 1582-10-15, the first day of the Gregorian calendar, in days since 1970.
pub(super) const CUTOVER: i64 = -141_427;
/// The days between 1 March of year 0 and 1970-01-01, Gregorian; and Julian.
const GREGORIAN_EPOCH: i64 = 719_468;
const JULIAN_EPOCH: i64 = 719_470;

/// Returns the year (1 BC is 0), the month from 1 and the day of the month from 1.
pub(super) fn date(day: i64) -> (i64, i64, i64) {
    if day >= CUTOVER { gregorian(day) } else { julian(day) }
}

fn gregorian(day: i64) -> (i64, i64, i64) {
    let shifted = day + GREGORIAN_EPOCH;
    let era = shifted.div_euclid(146_097);
    let rest = shifted.rem_euclid(146_097);
    let year = (rest - rest / 1_460 + rest / 36_524 - rest / 146_096) / 365;
    let of_year = rest - (365 * year + year / 4 - year / 100);
    from_march(era * 400 + year, of_year)
}

fn julian(day: i64) -> (i64, i64, i64) {
    let shifted = day + JULIAN_EPOCH;
    let era = shifted.div_euclid(1_461);
    let rest = shifted.rem_euclid(1_461);
    let year = (rest - rest / 1_460) / 365;
    from_march(era * 4 + year, rest - 365 * year)
}

/// Returns a date by its year from March to February, and the day of that year from 0.
fn from_march(year: i64, day: i64) -> (i64, i64, i64) {
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}
