//! Configurations: what goes into any of them, and mistakes.

use super::dice::Dice;
use super::records::Subject;
use super::words;
use crate::oracle::case::Config;

/// A configuration in the making.
#[derive(Default)]
pub(super) struct Draft(pub(super) Config);

impl Draft {
    /// Sets a key.
    pub(super) fn set(&mut self, key: &str, value: impl Into<String>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Sets a key so many times in a hundred.
    pub(super) fn maybe(&mut self, dice: &mut Dice, chance: u32, (key, value): (&str, String)) {
        if dice.percent(chance) {
            self.set(key, value);
        }
    }

    /// Sets whether defaults stand for nulls, which most transforms and converters may be told.
    pub(super) fn nulls(&mut self, dice: &mut Dice) {
        let value = dice.weighted(&[(8, "true"), (12, "false"), (1, "FALSE"), (1, "maybe")]);
        self.maybe(dice, 45, ("replace.null.with.default", value.to_owned()));
    }

    /// Makes a mistake, sometimes.
    pub(super) fn spoil(&mut self, dice: &mut Dice) {
        let keys: Vec<String> = self.0.keys().cloned().collect();
        if !dice.percent(7) || keys.is_empty() {
            return;
        }
        let key = dice.pick(&keys);
        let value = self.0.remove(&key).unwrap_or_default();
        let wrong = [None, Some(String::new()), Some(" ".to_owned()), Some(format!(" {value} ")), Some("?".to_owned())];
        if let Some(wrong) = dice.pick(&wrong) {
            self.0.insert(key, wrong);
        }
    }
}

/// Returns a field's name, mostly one that the records have.
pub(super) fn name(dice: &mut Dice, known: &[String]) -> String {
    if dice.percent(92) { dice.pick_or(known, "a") } else { words::field(dice) }
}

/// Returns so many names at most, at least one, as Kafka's lists are written.
pub(super) fn names(dice: &mut Dice, known: &[String], most: usize) -> String {
    let mut left = known.to_vec();
    let mut names = Vec::new();
    for _ in 0..=dice.below(most) {
        if left.is_empty() && !names.is_empty() {
            break;
        }
        let drawn = name(dice, &left);
        // The same twice is a mistake to some, and takes the effect of others away.
        if dice.percent(90) {
            left.retain(|other| *other != drawn);
        }
        names.push(drawn);
    }
    let comma = if dice.percent(80) { "," } else { " , " };
    names.join(comma)
}

/// Returns the way to a field in the syntax of version 2.
pub(super) fn path(dice: &mut Dice, subject: &Subject) -> String {
    let paths = subject.paths();
    let mut path = if paths.is_empty() { vec![words::field(dice)] } else { dice.pick(&paths) };
    if dice.percent(8) {
        path.push(words::field(dice));
    }
    let quote = dice.percent(10);
    let parts = path.iter().map(|part| match part {
        part if quote || part.contains('.') => format!("`{}`", part.replace('`', "\\`")),
        part => part.clone(),
    });
    let path = parts.collect::<Vec<_>>().join(".");
    if dice.percent(4) { dice.pick(&["`a", "a..b", ".", "`a`b", "a.", "a\\`b", "``"]).to_owned() } else { path }
}
