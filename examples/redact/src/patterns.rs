//! Finds what looks like an e-mail address or a phone number, word by word. Knows nothing of records.

/// Replaces e-mail addresses and phone numbers in a text.
pub(crate) fn redact(text: &str, replacement: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        match address(rest).or_else(|| phone_number(rest)) {
            Some(length) => {
                out.push_str(replacement);
                rest = rest.split_at(length).1;
            }
            None => {
                // No match starts within a word, so the whole word is taken.
                let word = rest
                    .find(|c: char| !is_word(c))
                    .filter(|length| *length > 0)
                    .unwrap_or_else(|| if is_word(next) { rest.len() } else { next.len_utf8() });
                let (taken, after) = rest.split_at(word);
                out.push_str(taken);
                rest = after;
            }
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns how long the e-mail address is that the text starts with: `name@host.domain`.
fn address(text: &str) -> Option<usize> {
    let name = text.find(|c: char| !is_word(c) && !".+-%".contains(c))?;
    let host = text.get(name..)?.strip_prefix('@')?;
    let end = host.find(|c: char| !c.is_alphanumeric() && !".-".contains(c)).unwrap_or(host.len());
    let host = host.get(..end)?.trim_end_matches(['.', '-']);
    if name > 0 && host.contains('.') { Some(name + 1 + host.len()) } else { None }
}

/// Returns how long the phone number is that the text starts with: at least seven digits, maybe with a plus sign
/// before and blanks, points, hyphens or brackets between.
fn phone_number(text: &str) -> Option<usize> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '(') {
        return None;
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+ .-()/".contains(c)).unwrap_or(text.len());
    let number = text.get(..end)?.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if (7..=15).contains(&digits) { Some(number.len()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn addresses_go_and_the_rest_stays() {
        assert_eq!(redact("a.b+c@mail.example.org, x@y", "#"), "#, x@y");
        assert_eq!(redact("grüße an ünï@exämple.de!", "#"), "grüße an #!");
        assert_eq!(redact("@handle at example.com", "#"), "@handle at example.com");
    }

    #[test]
    fn numbers_of_seven_digits_or_more_go() {
        assert_eq!(redact("(030) 901820-0.", "#"), "#.");
        assert_eq!(redact("room 42, 1999", "#"), "room 42, 1999");
        assert_eq!(redact("B7654321", "#"), "B7654321");
    }
}
