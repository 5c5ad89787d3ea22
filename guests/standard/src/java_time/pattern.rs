//! The patterns of Java's `SimpleDateFormat`.

/// The letters that a pattern may have, of JDK 17.
const LETTERS: &str = "GyMdkHmsSEDFwWahKzZYuXL";

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A letter, and how often it is repeated.
    Field(char, usize),
    /// Characters that stand for themselves.
    Literal(String),
}

/// Reads a pattern.
///
/// # Errors
/// Names the letter that has no meaning, or says that a quote is not closed.
pub(super) fn parse(pattern: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut rest = pattern.chars().peekable();
    let mut quoted = false;
    while let Some(character) = rest.next() {
        if character == '\'' {
            // Two quotes are one that stands for itself, within quotes too.
            if rest.next_if_eq(&'\'').is_some() {
                push_literal(&mut items, '\'');
            } else {
                quoted = !quoted;
            }
        } else if quoted || !character.is_ascii_alphabetic() {
            push_literal(&mut items, character);
        } else if LETTERS.contains(character) {
            let mut count = 1;
            while rest.next_if_eq(&character).is_some() {
                count += 1;
            }
            items.push(Item::Field(character, count));
        } else {
            return Err(format!("the letter {character:?} has no meaning: correct it, or quote it as '{character}'"));
        }
    }
    match items.iter().find(|item| matches!(item, Item::Field('X', 4..))) {
        _ if quoted => Err("a quote is not closed: add a ', or write '' for one that stands for itself".to_owned()),
        Some(_) => Err("there are more than three of the letter 'X': write X, XX or XXX".to_owned()),
        None => Ok(items),
    }
}

fn push_literal(items: &mut Vec<Item>, character: char) {
    match items.last_mut() {
        Some(Item::Literal(text)) => text.push(character),
        _ => items.push(Item::Literal(character.to_string())),
    }
}
