//! Moments in text, as Java writes and reads them. All is in UTC, and in English.

mod calendar;

/// The milliseconds of a day.
pub(crate) const DAY: i64 = 86_400_000;

/// Returns a moment as Connect writes it where nobody chose a format (`Values.dateFormatFor`): a time before the
/// second day, else a day at midnight, else both.
pub(crate) fn text(moment: i64) -> String {
    let (day, time) = (moment.div_euclid(DAY), moment.rem_euclid(DAY));
    let clock = {
        let (seconds, milliseconds) = (time / 1_000, time % 1_000);
        let (minutes, second) = (seconds / 60, seconds % 60);
        format!("{:02}:{:02}:{second:02}.{milliseconds:03}Z", minutes / 60, minutes % 60)
    };
    if moment < DAY {
        return clock;
    }
    let (year, month, day) = calendar::date(day);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if time == 0 { date } else { format!("{date}T{clock}") }
}
