//! Names that Avro takes, and what becomes of others where `scrub.invalid.names` is on.

use super::AvroOptions;
use super::schema::split_name;

/// Checks a full name as Avro does, which takes any namespace.
pub(super) fn check_full_name(name: &str) -> Result<(), String> {
    check_name(split_name(name).1)
}

pub(super) fn check_name(name: &str) -> Result<(), String> {
    // Java looks at letters of 16 bits.
    let letter = |letter: char| letter.len_utf16() == 1 && letter.is_alphabetic() || letter == '_';
    let mut letters = name.chars();
    let digit = |next: char| next.len_utf16() == 1 && next.is_numeric();
    if letters.next().is_some_and(letter) && letters.all(|next| letter(next) || digit(next)) {
        return Ok(());
    }
    Err(format!("Illegal name for Avro: {name:?}; set scrub.invalid.names to true, or rename it"))
}

/// Returns a name that Avro takes, where that is asked for.
pub(super) fn scrub_name(name: &str, options: &AvroOptions) -> String {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !options.scrub || name.is_empty() || name.bytes().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return name.to_owned();
    }
    // As Java: percent-encoded like a form's value, then whatever still doesn't fit is an underscore.
    let mut out = String::with_capacity(name.len() + 8);
    for byte in name.bytes() {
        match byte {
            byte if fits(byte) => out.push(byte.into()),
            b' ' | b'.' | b'-' | b'*' => out.push('_'),
            byte => out.push_str(&format!("_{byte:02X}")),
        }
    }
    if out.starts_with(|first: char| first.is_ascii_digit()) { format!("x{out}") } else { out }
}

pub(super) fn scrub_full_name(name: &str, options: &AvroOptions) -> String {
    name.split('.').map(|part| scrub_name(part, options)).collect::<Vec<_>>().join(".")
}
