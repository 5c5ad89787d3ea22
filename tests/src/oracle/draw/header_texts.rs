//! Texts as headers hold them, for Connect's inference of types: numbers, times, lists, maps, and nearly those.

use super::dice::Dice;
use super::words;

/// Returns a text that means something to `Values.parseString`, or nearly.
pub(super) fn any(dice: &mut Dice) -> String {
    let text = nested(dice, 3);
    match dice.below(12) {
        0 => format!(" {text} "),
        1 => text.chars().take(dice.below(6)).collect(),
        2 => format!("{text}{}", dice.pick(&["]", "}", ",", "\"", "\\", " x", ":"])),
        _ => text,
    }
}

fn nested(dice: &mut Dice, depth: usize) -> String {
    let compound = if depth == 0 { 0 } else { 3 };
    match dice.weighted(&[(6, 0), (compound, 1), (compound, 2)]) {
        0 => scalar(dice),
        1 => {
            let items: Vec<_> = (0..dice.below(4)).map(|_| item(dice, depth - 1)).collect();
            format!("[{}]", items.join(comma(dice)))
        }
        _ => {
            let entries: Vec<_> = (0..dice.below(4)).map(|_| entry(dice, depth - 1)).collect();
            format!("{{{}}}", entries.join(comma(dice)))
        }
    }
}

/// Returns an item, mostly a number, so that lists of one type come up.
fn item(dice: &mut Dice, depth: usize) -> String {
    if dice.percent(50) { dice.between(-200, 70_000).to_string() } else { nested(dice, depth) }
}

fn entry(dice: &mut Dice, depth: usize) -> String {
    let key = if dice.percent(70) { format!("\"{}\"", words::field(dice)) } else { item(dice, 0) };
    format!("{key}{}{}", dice.pick(&[":", " : ", ":"]), item(dice, depth))
}

fn comma(dice: &mut Dice) -> &'static str {
    dice.weighted(&[(9, ","), (4, ", "), (1, ",,")])
}

fn scalar(dice: &mut Dice) -> String {
    match dice.below(6) {
        0..=1 => words::number(dice),
        2 => dice.pick(&["true", "false", "null", "TRUE", "nul", "True"]).to_owned(),
        3 => format!("\"{}\"", words::text(dice).replace('\\', "\\\\").replace('"', "\\\"")),
        _ => words::text(dice),
    }
}
