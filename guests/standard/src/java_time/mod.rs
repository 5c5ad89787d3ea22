//! Moments in text, as Java writes and reads them. All is in UTC, and in English.

mod calendar;
mod format;
mod pattern;

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

    /// Returns a moment, in milliseconds since 1970, in text.
    pub(crate) fn format(&self, moment: i64) -> String {
        format::format(&self.items, moment)
    }
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
