//! Walks the members of an object that was validated before.

use super::scan::Scanner;
use super::text::unescaped;

/// A member of an object, by positions in the object's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Member {
    /// Where the key's opening quote is.
    pub(in super::super) key: usize,
    /// Just behind the key's closing quote.
    pub(in super::super) key_end: usize,
    /// Where the value starts.
    pub(in super::super) value: usize,
    /// Just behind the value.
    pub(in super::super) end: usize,
}

impl Member {
    /// Returns the value's text within the object's.
    pub(in super::super) fn value_in<'a>(&self, object: &'a [u8]) -> &'a [u8] {
        object.get(self.value..self.end).unwrap_or_default()
    }

    /// Returns the key's text without quotes.
    pub(in super::super) fn key_in<'a>(&self, object: &'a [u8]) -> &'a [u8] {
        object.get(self.key + 1..self.key_end.saturating_sub(1)).unwrap_or_default()
    }
}

/// Walks the members of a valid object; anything else has none.
pub(in super::super) fn members(object: &[u8]) -> impl Iterator<Item = Member> {
    let mut scanner = Scanner::new(object);
    let mut pos = if object.first() == Some(&b'{') { Some(1) } else { None };
    std::iter::from_fn(move || {
        let key = scanner.skip_space(pos?);
        if scanner.byte(key) != b'"' {
            return None;
        }
        let key_end = scanner.string(key + 1)?;
        let value = scanner.colon(key_end)?;
        let end = scanner.value(value, 0)?;
        let comma = scanner.skip_space(end);
        pos = if scanner.byte(comma) == b',' { Some(comma + 1) } else { None };
        Some(Member { key, key_end, value, end })
    })
}

/// Tells whether a key, given without quotes, has the characters `name`.
pub(in super::super) fn names(key: &[u8], name: &[u8]) -> bool {
    // Escapes only make a key longer.
    key.len() >= name.len() && (key == name || *unescaped(key) == *name)
}

/// Returns the last member of a valid object that has this name.
pub(in super::super) fn last_member(object: &[u8], name: &[u8]) -> Option<Member> {
    members(object).filter(|member| names(member.key_in(object), name)).last()
}

/// Walks the elements of a valid array; anything else has none.
pub(in super::super) fn elements(array: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut scanner = Scanner::new(array);
    let mut pos = if array.first() == Some(&b'[') { Some(1) } else { None };
    std::iter::from_fn(move || {
        let start = scanner.skip_space(pos?);
        if matches!(scanner.byte(start), b']' | 0) {
            return None;
        }
        let end = scanner.value(start, 0)?;
        let comma = scanner.skip_space(end);
        pos = if scanner.byte(comma) == b',' { Some(comma + 1) } else { None };
        array.get(start..end)
    })
}
