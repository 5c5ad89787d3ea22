//! Regular expressions of Java (`java.util.regex`) for topics, and replacements for their matches.

use super::dice::Dice;
use super::words;

const KNOWN: [&str; 24] = [
    ".*",
    "(.+)-(.+)",
    "(.*?)-(.*)",
    "(\\w+)",
    "([a-z]+).*",
    "(?<first>.)(.*)",
    "orders(.*)",
    "^orders.*$",
    "(orders|logs).*",
    "db\\.(\\w+)\\.(\\w+)",
    "(?i)ORDERS",
    "(?i:o)rders.*",
    "[^-]*",
    ".*\\d{4}.*",
    "(.)(.*)\\z",
    "\\Qorders.\\E.*",
    "x-y-z",
    "\\p{Lower}+",
    "[\\w.]+",
    "a{0,}",
    "[\\d\\-]*",
    "\\S+",
    "(?s).*",
    "\\x6frders",
];
/// What the Java classes take, and Airlock refuses.
const REFUSED: [&str; 16] = [
    "[a-z&&[^x]]+",
    "(?:a|b)*+",
    "\\p{javaLowerCase}*",
    "\\p{L}+",
    "(?u)\\w+",
    "(?U)\\w+",
    "(.)\\1.*|(.*)",
    "(?=o)orders",
    "(?!__).*",
    ".*(?<=4)",
    "(?x) orders # comment",
    "[[:alpha:]]+",
    "\\N{LATIN SMALL LETTER A}",
    "\\R?.*",
    "(a*)*",
    "(|a)+.*",
];
const WRONG: [&str; 8] = ["(", "[a", "*", "a{2,1}", "(?<n>a)(?<n>b)", "\\", "(?z)", "a**"];
const ATOMS: [&str; 20] = [
    ".",
    ".",
    "\\w",
    "\\w",
    "[a-z]",
    "[^-]",
    "[\\w.]",
    "\\d",
    "\\D",
    "\\p{Alpha}",
    "[^\\p{Upper}.]",
    "\\W",
    "\\S",
    "o",
    "-",
    "\\.",
    "_",
    "[a-c[x-z]]",
    "\\Qor\\E",
    "[rde]",
];
const EDGES: [&str; 6] = ["^", "$", "\\b", "\\B", "\\A", "\\z"];
const QUANTIFIERS: [&str; 11] = ["*", "*", "+", "+", "?", "{2}", "{1,2}", "{0,3}", "{2,}", "{0}", "{0,}"];
const REPLACEMENTS: [&str; 16] = [
    "$1", "x-$1", "$0", "$2-$1", "fixed", "${first}", "$1$2", "\\$1", "", "$10", "$9", "${none}", "$", "\\", "ü$1",
    "$1\\\\x",
];

/// Returns a regular expression that may match topics, seldom a wrong one.
pub(super) fn regex(dice: &mut Dice) -> String {
    match dice.below(100) {
        0..=3 => dice.pick(&WRONG).to_owned(),
        4 => dice.pick(&REFUSED).to_owned(),
        5..=13 => words::topic(dice),
        14..=24 => "(.*)".to_owned(),
        25..=29 => format!("{}|{}", dice.pick(&KNOWN), dice.pick(&KNOWN)),
        30..=55 => dice.pick(&KNOWN).to_owned(),
        number => {
            let composed = alternatives(dice, 3);
            if number % 2 == 0 { composed } else { format!("{composed}(.*)") }
        }
    }
}

fn alternatives(dice: &mut Dice, depth: usize) -> String {
    let count = dice.weighted(&[(8, 1), (2, 2), (1, 3)]);
    (0..count).map(|_| sequence(dice, depth)).collect::<Vec<_>>().join("|")
}

fn sequence(dice: &mut Dice, depth: usize) -> String {
    (0..dice.weighted(&[(1, 0), (6, 1), (8, 2), (4, 3)])).map(|_| piece(dice, depth)).collect()
}

fn piece(dice: &mut Dice, depth: usize) -> String {
    if dice.percent(4) {
        return dice.pick(&EDGES).to_owned();
    }
    let is_group = depth > 0 && dice.percent(33);
    let atom = match is_group {
        false => dice.pick(&ATOMS).to_owned(),
        true => format!("{}{})", dice.pick(&["(", "(", "(", "(?:", "(?i:"]), alternatives(dice, depth - 1)),
    };
    // Groups that may match nothing, or hold groups, can't be repeated.
    let can_repeat = !is_group || is_plain(&atom) || dice.percent(2);
    if !can_repeat || dice.percent(if is_group { 70 } else { 50 }) {
        return atom;
    }
    let reluctant = if dice.percent(25) { "?" } else { "" };
    let quantifier = dice.pick(&QUANTIFIERS);
    if is_group && quantifier == "{0}" && !dice.percent(2) {
        return atom;
    }
    format!("{atom}{quantifier}{reluctant}")
}

/// Tells whether a group holds none, and matches something in each of its alternatives.
fn is_plain(group: &str) -> bool {
    let start = ["(?i:", "(?:", "("].into_iter().find_map(|start| group.strip_prefix(start));
    let inner = start.and_then(|rest| rest.strip_suffix(')')).unwrap_or_default();
    let may_be_empty = inner.contains(['*', '?', '^', '$']) || inner.contains("{0");
    let is_edge = EDGES.iter().any(|edge| inner.contains(edge));
    !inner.contains('(') && !may_be_empty && !is_edge && inner.split('|').all(|way| !way.is_empty())
}

/// Returns what takes a match's place; groups mostly exist.
pub(super) fn replacement(dice: &mut Dice, regex: &str) -> String {
    // What each group took shows.
    let groups = regex.matches('(').count() - regex.matches("(?").count();
    if groups > 1 && dice.percent(50) {
        return (1..=groups).map(|group| format!("_${group}")).collect();
    }
    let common = if groups > 0 { ["$1-x", "routed", "t_$1", "$0.$1"] } else { ["$0-x", "routed", "t_$0", "r"] };
    if dice.percent(93) { dice.pick(&common) } else { dice.pick(&REPLACEMENTS) }.to_owned()
}
