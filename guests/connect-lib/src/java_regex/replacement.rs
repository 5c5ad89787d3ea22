//! Replacements in Java's syntax: `$1`, `${name}`, and a backslash before what is meant literally.

use regex_lite::Captures;

use super::Regex;

/// A replacement for a match.
pub struct Replacement(Vec<Piece>);

enum Piece {
    Literal(String),
    Group(usize),
}

impl Replacement {
    /// Parses a replacement for matches of `regex`. The error says what to change, for people.
    pub fn parse(java: &str, regex: &Regex) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = java;
        while let Some(at) = rest.find(['$', '\\']) {
            let (literal, special) = rest.split_at(at);
            pieces.push(Piece::Literal(literal.to_owned()));
            let (piece, after) = special_piece(special, regex).map_err(|reason| format!("is {java:?}: {reason}"))?;
            pieces.push(piece);
            rest = after;
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        Ok(Replacement(pieces))
    }

    /// Appends what takes the place of a match. A group that took no part is empty.
    pub(super) fn append(&self, captures: &Captures<'_>, to: &mut String) {
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => to.push_str(text),
                Piece::Group(number) => to.push_str(captures.get(*number).map_or("", |found| found.as_str())),
            }
        }
    }
}

/// Parses what starts with a dollar sign or a backslash. Returns also what follows it.
fn special_piece<'a>(special: &'a str, regex: &Regex) -> Result<(Piece, &'a str), String> {
    if let Some(escaped) = special.strip_prefix('\\') {
        let literal = escaped.chars().next().ok_or("a character must follow the backslash at the end")?;
        let after = escaped.split_at(literal.len_utf8()).1;
        return Ok((Piece::Literal(literal.to_string()), after));
    }
    let reference = special.strip_prefix('$').unwrap_or(special);
    if let Some(named) = reference.strip_prefix('{') {
        let (name, after) = named.split_once('}').ok_or("a group's name lacks its closing brace")?;
        let number = regex.group_named(name).ok_or_else(|| format!("the regular expression has no group {name:?}"))?;
        return Ok((Piece::Group(number), after));
    }
    let (number, length) = group_number(reference, regex.groups())
        .ok_or("a group's number or {name} must follow each dollar sign; write \\$ for a dollar sign itself")?;
    if number > regex.groups() {
        return Err(format!("the regular expression has no group {number}"));
    }
    Ok((Piece::Group(number), reference.split_at(length).1))
}

/// Reads a group's number: the first digit always, further digits as long as there is such a group.
fn group_number(reference: &str, groups: usize) -> Option<(usize, usize)> {
    let mut digits = reference.bytes().map_while(|byte| char::from(byte).to_digit(10)).map(|digit| digit as usize);
    let mut number = digits.next()?;
    let mut length = 1;
    for digit in digits {
        let longer = number.checked_mul(10)?.checked_add(digit)?;
        if longer > groups {
            break;
        }
        number = longer;
        length += 1;
    }
    Some((number, length))
}
