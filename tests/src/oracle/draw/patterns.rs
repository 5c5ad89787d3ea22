//! Java's patterns for dates (`SimpleDateFormat`).

use super::dice::Dice;

const DATES: [&str; 26] = [
    "yyyy-MM-dd",
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
    "yyyyMMdd",
    "dd/MM/yy",
    "yyyy-MM-dd'T'HH:mm:ssXXX",
    "EEE, d MMM yyyy HH:mm:ss Z",
    "EEEE d MMMM y",
    "h:mm a",
    "hh:mm:ss aa",
    "yyyy.D",
    "YYYY-'W'ww-u",
    "G yyyy",
    "HH:mm:ss.SSSSSS",
    "''yyyy''",
    "yyyy-MM-dd'T'HH:mm:ss.SSS z",
    "k:K",
    "F W",
    "M/d/yyyy",
    "yyyyMMddHHmmssSSS",
    "yyyyy",
    "MMM dd, yyyy",
    "L LLL",
    "EEE, dd MMM yyyy HH:mm:ss z",
    "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "ss's' 'o''clock'",
];
const BAD_DATES: [&str; 5] = ["yyyy-qq", "'open", "bbb", "yyyy-MM-ddTHH", "XXXX"];

const ZONES: [&str; 16] = [
    "UTC",
    "GMT",
    "GMT+02:00",
    "GMT-3:30",
    "+0530",
    "CET",
    "CEST",
    "EST",
    "pdt",
    "JST",
    "IST",
    "BST",
    "MSK",
    "SAST",
    "Pacific Standard Time",
    "XYZ",
];

/// Returns a pattern for dates, seldom a wrong one.
pub(super) fn date(dice: &mut Dice) -> String {
    if dice.percent(5) { dice.pick(&BAD_DATES) } else { dice.pick(&DATES) }.to_owned()
}

/// Patterns that write what a topic's name may have.
const OF_TOPICS: [&str; 10] = [
    "yyyyMMdd",
    "yyyy-MM-dd",
    "yyyy.D",
    "yyyyMMddHHmmssSSS",
    "yyyyy",
    "YYYY-'W'ww-u",
    "yyyy-MM-dd'T'HH.mm.ss.SSS'Z'",
    "EEE-d-MMM-yy-h-a",
    "EEEE_MMMM_y_G_z",
    "F.W.k.K.L.S.X",
];

/// Returns a pattern for dates that may stand in a topic's name, mostly.
pub(super) fn date_of_topic(dice: &mut Dice) -> String {
    if dice.percent(15) { date(dice) } else { dice.pick(&OF_TOPICS).to_owned() }
}

/// Returns a text that a pattern may read: numbers in range, mostly, in place of its letters.
pub(super) fn dated(dice: &mut Dice, pattern: &str) -> String {
    let mut text = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            text.extend(letters.by_ref().take_while(|letter| *letter != '\''));
        } else if letter.is_ascii_alphabetic() {
            let mut length = 1;
            while letters.next_if_eq(&letter).is_some() {
                length += 1;
            }
            text.push_str(&part(dice, letter, length));
        } else {
            text.push(letter);
        }
    }
    text
}

fn part(dice: &mut Dice, letter: char, length: usize) -> String {
    let (least, most) = match letter {
        'y' | 'Y' if length == 2 => (0, 99),
        'y' | 'Y' => dice.pick(&[(1990, 2040), (1990, 2040), (1, 9999)]),
        'M' | 'L' if length > 2 => return month(dice, length),
        'M' | 'L' | 'h' => (1, 12),
        'd' => (1, 28),
        'D' => (1, 365),
        'H' | 'K' | 'k' => (1, 11),
        'S' => (0, 10_i64.pow(length.min(9) as u32) - 1),
        'w' => (1, 52),
        'u' | 'F' | 'W' => (1, 4),
        'E' if length > 3 => return dice.pick(&["Monday", "Sunday", "Wednesday"]).to_owned(),
        'E' => return dice.pick(&["Mon", "Sun", "Wed"]).to_owned(),
        'a' => return dice.pick(&["AM", "PM"]).to_owned(),
        'G' => return dice.pick(&["AD", "BC"]).to_owned(),
        'z' => return dice.pick(&ZONES).to_owned(),
        'Z' => return dice.pick(&["+0000", "-0730", "+0200"]).to_owned(),
        'X' => return dice.pick(&["Z", "+02:00", "-08:00"]).to_owned(),
        _ => (0, 59),
    };
    let number = if dice.percent(3) { dice.between(0, 99_999) } else { dice.between(least, most) };
    format!("{number:0length$}")
}

fn month(dice: &mut Dice, length: usize) -> String {
    let names = ["Jan", "Feb", "Dec"];
    let long_names = ["January", "February", "December"];
    if length > 3 { dice.pick(&long_names) } else { dice.pick(&names) }.to_owned()
}
