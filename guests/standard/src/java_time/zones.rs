//! Names of time zones. Java knows some six hundred, each with the history of its zone; these are those that people
//! write, as long as their zones have had one offset.

use super::{DAY, calendar};

/// A name and what it stands for.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) name: &'static str,
    /// Minutes east of UTC, summer time included.
    pub(super) offset: i64,
    /// The first year for which that is so.
    since: i64,
}

impl Zone {
    /// Tells whether the name had its offset at a moment.
    pub(super) fn holds_at(&self, moment: i64) -> bool {
        moment.saturating_add(self.offset * 60_000) >= calendar::new_year(self.since) * DAY
    }
}

/// Where several zones have a name, it is that of the zone that Java finds first: `IST` is Israel's.
const ZONES: [Zone; 46] = [
    zone("ACST", 570, 1901),
    zone("ADT", -180, 1903),
    zone("AEDT", 660, 1901),
    zone("AEST", 600, 1901),
    zone("AKDT", -480, 1984),
    zone("AKST", -540, 1984),
    zone("AST", -240, 1903),
    zone("AWST", 480, 1901),
    zone("BRT", -180, 1915),
    zone("BST", 60, 1972),
    zone("CAT", 120, 1910),
    zone("CDT", -300, 1937),
    zone("CEST", 120, 1946),
    zone("CET", 60, 1946),
    zone("COT", -300, 1915),
    zone("CST", -360, 1937),
    zone("EAT", 180, 1943),
    zone("EDT", -240, 1901),
    zone("EEST", 180, 1932),
    zone("EET", 120, 1932),
    zone("EST", -300, 1901),
    zone("GST", 240, 1921),
    zone("HKT", 480, 1946),
    zone("HST", -600, 1948),
    zone("ICT", 420, 1976),
    zone("IDT", 180, 1919),
    zone("IST", 120, 1919),
    zone("JST", 540, 1901),
    zone("KST", 540, 1962),
    zone("MDT", -360, 1901),
    zone("MEST", 120, 1941),
    zone("MET", 60, 1941),
    zone("MSK", 180, 2012),
    zone("MST", -420, 1901),
    zone("NZDT", 780, 1947),
    zone("NZST", 720, 1947),
    zone("PDT", -420, 1901),
    zone("PET", -300, 1909),
    zone("PKT", 300, 1952),
    zone("PST", -480, 1901),
    zone("SAST", 120, 1945),
    zone("SGT", 480, 1983),
    zone("WAT", 60, 1920),
    zone("WEST", 60, 1997),
    zone("WET", 0, 1997),
    zone("WIB", 420, 1965),
];

const fn zone(name: &'static str, offset: i64, since: i64) -> Zone {
    Zone { name, offset, since }
}

/// Returns the zone that a text begins with, in any case; the name has to end there.
pub(super) fn find(text: &str) -> Option<&'static Zone> {
    let end = text.find(|character: char| !character.is_alphabetic()).unwrap_or(text.len());
    let name = text.get(..end)?;
    ZONES.iter().find(|zone| zone.name.eq_ignore_ascii_case(name))
}
