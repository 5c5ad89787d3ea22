//! Fields that were read to a moment, as Java's lenient calendar does it: of fields that contradict each other those
//! that were set last count, and numbers out of range run over.

use super::DAY;
use super::calendar::{self, Rule};

/// The last year that 64 bits of milliseconds hold.
const LAST_YEAR: i64 = 292_278_994;

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// 0 before Christ, 1 after.
    Era,
    Year,
    /// From 0.
    Month,
    WeekOfYear,
    WeekOfMonth,
    DayOfMonth,
    DayOfYear,
    /// From Sunday as 1.
    DayOfWeek,
    DayOfWeekInMonth,
    AmPm,
    Hour,
    HourOfDay,
    Minute,
    Second,
    Millisecond,
    /// Milliseconds east of UTC.
    Zone,
    WeekYear,
}

/// How many there are.
const FIELDS: usize = Field::WeekYear as usize + 1;

/// Fields with their values, and when each was set last.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// By field: the value, and its stamp, which is 0 where it was never set.
    set: [(i64, u32); FIELDS],
    next: u32,
}

/// How a day is told.
enum Way {
    OfMonth,
    WeekOfMonth,
    WeekdayInMonth,
    OfYear,
    WeekOfYear,
}

impl Fields {
    pub(super) fn set(&mut self, field: Field, value: i64) {
        self.next += 1;
        if let Some(set) = self.set.get_mut(field as usize) {
            *set = (value, self.next);
        }
    }

    pub(super) fn add_century(&mut self) {
        for field in [Field::Year, Field::WeekYear] {
            if let Some((value, 1..)) = self.set.get_mut(field as usize) {
                *value += 100;
            }
        }
    }

    /// Returns the moment; none where it is beyond 64 bits.
    pub(super) fn moment(&self) -> Option<i64> {
        let mut years = [Field::Year, Field::WeekYear].into_iter().filter_map(|field| self.get(field));
        if years.any(|year| year.abs() > LAST_YEAR) {
            return None;
        }
        let time = self.time();
        let day = match self.get(Field::WeekYear) {
            Some(year) if self.stamp(Field::WeekYear) > self.stamp(Field::Year) => self.week_date(year),
            _ => self.day(time.div_euclid(DAY)) - time.div_euclid(DAY),
        };
        let local = day.checked_mul(DAY)?.checked_add(time)?;
        local.checked_sub(self.get(Field::Zone).unwrap_or(0))
    }

    fn get(&self, field: Field) -> Option<i64> {
        self.set.get(field as usize).filter(|(_, stamp)| *stamp > 0).map(|(value, _)| *value)
    }

    /// Returns when a field was set; 0 for never.
    fn stamp(&self, field: Field) -> u32 {
        self.set.get(field as usize).map_or(0, |(_, stamp)| *stamp)
    }

    /// Returns when the later of two fields was set; 0 unless both were.
    fn both(&self, one: Field, two: Field) -> u32 {
        let (one, two) = (self.stamp(one), self.stamp(two));
        if one == 0 || two == 0 { 0 } else { one.max(two) }
    }

    fn time(&self) -> i64 {
        let value = |field| self.get(field).unwrap_or(0);
        let of_day = self.stamp(Field::HourOfDay);
        let mut half = self.both(Field::Hour, Field::AmPm);
        if half == 0 && of_day == 0 {
            half = self.stamp(Field::Hour).max(self.stamp(Field::AmPm));
        }
        let hour = if half > of_day { value(Field::Hour) + 12 * value(Field::AmPm) } else { value(Field::HourOfDay) };
        ((hour * 60 + value(Field::Minute)) * 60 + value(Field::Second)) * 1_000 + value(Field::Millisecond)
    }

    /// Returns the day, and so many more. Which calendar counts is told by the year, and by the outcome.
    fn day(&self, more: i64) -> i64 {
        let year = self.get(Field::Year).unwrap_or(1970);
        let year = if self.get(Field::Era) == Some(0) { 1 - year } else { year };
        let way = self.way();
        if year > calendar::CUTOVER_YEAR {
            let found = more + self.day_by(year, &way, Rule::Gregorian);
            if found >= calendar::CUTOVER {
                return found;
            }
        }
        let julian = more + self.day_by(year, &way, Rule::Julian);
        if year != calendar::CUTOVER_YEAR || matches!(way, Way::OfYear | Way::WeekOfYear) {
            return julian;
        }
        let gregorian = more + self.day_by(year, &way, Rule::Gregorian);
        if gregorian >= calendar::CUTOVER { gregorian } else { julian }
    }

    fn way(&self) -> Way {
        let weekday = self.stamp(Field::DayOfWeek);
        let (week_of_month, in_month, week_of_year) =
            (self.stamp(Field::WeekOfMonth), self.stamp(Field::DayOfWeekInMonth), self.stamp(Field::WeekOfYear));
        let of_month = self.stamp(Field::DayOfMonth);
        let of_year = self.stamp(Field::DayOfYear);
        let mut by_week = self.both(Field::WeekOfMonth, Field::DayOfWeek);
        let mut by_weekday = self.both(Field::DayOfWeekInMonth, Field::DayOfWeek);
        let by_year = self.both(Field::WeekOfYear, Field::DayOfWeek);
        let mut best = of_month.max(by_week).max(by_weekday).max(of_year).max(by_year);
        if best == 0 {
            // Nothing tells a day as a whole.
            (by_week, by_weekday) = (week_of_month, in_month.max(weekday));
            best = by_week.max(by_weekday).max(week_of_year);
            if best == 0 {
                return Way::OfMonth;
            }
        }
        if best == of_month {
            return Way::OfMonth;
        }
        let in_week = best == by_week && week_of_month >= week_of_year;
        if in_week || (best == by_weekday && in_month >= week_of_year) {
            let is_week = if by_week == by_weekday { week_of_month >= in_month } else { best == by_week };
            return if is_week { Way::WeekOfMonth } else { Way::WeekdayInMonth };
        }
        if best == of_year { Way::OfYear } else { Way::WeekOfYear }
    }

    fn day_by(&self, year: i64, way: &Way, rule: Rule) -> i64 {
        let month = match way {
            Way::OfYear | Way::WeekOfYear => 0,
            _ => self.get(Field::Month).unwrap_or(0),
        };
        let (year, month) = (year + month.div_euclid(12), month.rem_euclid(12));
        let first = calendar::first_of_month(year, month + 1, rule);
        let weekday = self.get(Field::DayOfWeek);
        match way {
            Way::OfMonth => first + self.get(Field::DayOfMonth).unwrap_or(1) - 1,
            Way::OfYear => first + self.get(Field::DayOfYear).unwrap_or(1) - 1,
            Way::WeekOfMonth => in_week(first, weeks(self.get(Field::WeekOfMonth).unwrap_or(0) - 1), weekday),
            Way::WeekOfYear => in_week(first, 7 * (self.get(Field::WeekOfYear).unwrap_or(0) - 1), weekday),
            Way::WeekdayInMonth => {
                let (weekday, count) = (weekday.unwrap_or(1), self.get(Field::DayOfWeekInMonth).unwrap_or(1));
                if count >= 0 {
                    return on_or_before(first + weeks(count) - 1, weekday);
                }
                let length = calendar::first_of_month(year + month / 11, (month + 1) % 12 + 1, rule) - first;
                on_or_before(first + length + weeks(count + 1) - 1, weekday)
            }
        }
    }

    /// Returns a day by its week's year.
    fn week_date(&self, year: i64) -> i64 {
        let mut weekday = self.get(Field::DayOfWeek).unwrap_or(1);
        let mut week = self.get(Field::WeekOfYear).unwrap_or(1);
        if !(1..=7).contains(&weekday) {
            // Out of range it is a day from Monday as 1.
            week += (weekday - 1).div_euclid(7);
            weekday = ((weekday - 1).rem_euclid(7) + 1) % 7 + 1;
        }
        let mut start = Fields::default();
        let before_christ = match self.get(Field::Era) {
            Some(era) => era == 0,
            None => self.get(Field::Year).is_some_and(|year| year <= 0),
        };
        start.set(Field::Era, i64::from(!before_christ));
        start.set(Field::Year, year);
        start.set(Field::WeekOfYear, 1);
        start.set(Field::DayOfWeek, 1);
        start.day(0) + weekday - 1 + weeks(week - 1)
    }
}

/// Returns a day of the week that has the first day, or so many days later.
fn in_week(first: i64, later: i64, weekday: Option<i64>) -> i64 {
    let sunday = on_or_before(first, 1);
    on_or_before(sunday + 6, weekday.unwrap_or(1)) + later
}

/// Returns the days of weeks, in Java's 32 bits.
fn weeks(count: i64) -> i64 {
    (count as i32).wrapping_mul(7).into()
}

fn on_or_before(day: i64, weekday: i64) -> i64 {
    day - (calendar::weekday(day) - (weekday - 1)).rem_euclid(7)
}
