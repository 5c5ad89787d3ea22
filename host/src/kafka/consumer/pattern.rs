//! `topics.regex`: from Java's regular expressions to the POSIX extended ones that librdkafka matches with.

use std::iter::Peekable;
use std::str::Chars;

use crate::config::Problem;

/// Returns the subscription for all topics whose whole name matches: a name that starts with `^` is a pattern
/// to librdkafka.
///
/// # Errors
/// Names what POSIX can't express.
pub(super) fn subscription(java: &str) -> Result<String, Problem> {
    let translated = translate(java).map_err(|reason| Problem::invalid("topics.regex", java, &reason))?;
    Ok(format!("^({translated})$"))
}

fn translate(java: &str) -> Result<String, String> {
    let mut posix = String::with_capacity(java.len());
    let mut rest = java.chars().peekable();
    let mut in_brackets = false;
    // A dash that is no range stands last in brackets: POSIX has no escapes there.
    let mut dash = "";
    while let Some(character) = rest.next() {
        match character {
            '\\' if in_brackets && rest.peek() == Some(&'-') => {
                rest.next();
                dash = "-";
            }
            '\\' => escape(&mut posix, rest.next(), if in_brackets { Place::Brackets } else { Place::Outside })?,
            '[' if in_brackets => return Err(unsupported("nested brackets")),
            '[' => {
                in_brackets = true;
                posix.push('[');
            }
            ']' => {
                in_brackets = false;
                posix.push_str(std::mem::take(&mut dash));
                posix.push(']');
            }
            '&' if in_brackets && rest.peek() == Some(&'&') => return Err(unsupported("&& in brackets")),
            '(' if !in_brackets && rest.peek() == Some(&'?') => group(&mut rest)?.chars().for_each(|c| posix.push(c)),
            '*' | '+' | '?' | '}' if !in_brackets && matches!(rest.peek(), Some('+' | '?')) => {
                // Lazy or possessive: of no consequence where whole names are matched, but for the latter.
                posix.push(character);
                if rest.next() == Some('+') {
                    return Err(unsupported("a possessive quantifier"));
                }
            }
            other => posix.push(other),
        }
    }
    Ok(posix)
}

/// Where an escape stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Brackets,
    Outside,
}

fn escape(posix: &mut String, escaped: Option<char>, place: Place) -> Result<(), String> {
    let class = match escaped {
        Some('d') => Some("0-9"),
        Some('w') => Some("a-zA-Z0-9_"),
        Some('s') => Some("[:space:]"),
        _ => None,
    };
    match (class, escaped) {
        (Some(class), _) if place == Place::Brackets => posix.push_str(class),
        (Some(class), _) => posix.push_str(&format!("[{class}]")),
        (None, Some('D')) if place == Place::Outside => posix.push_str("[^0-9]"),
        (None, Some('W')) if place == Place::Outside => posix.push_str("[^a-zA-Z0-9_]"),
        (None, Some('S')) if place == Place::Outside => posix.push_str("[^[:space:]]"),
        (None, Some(letter)) if letter.is_ascii_alphanumeric() => return Err(unsupported(&format!("\\{letter}"))),
        // A topic's name has no character that must be escaped within brackets, and a backslash is none there.
        (None, Some(literal)) if place == Place::Brackets => posix.push(literal),
        (
            None,
            Some(literal @ ('.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' | '\\')),
        ) => {
            posix.push('\\');
            posix.push(literal);
        }
        (None, Some(literal)) => posix.push(literal),
        (None, None) => return Err("It ends within an escape".to_owned()),
    }
    Ok(())
}

/// Reads what follows the `(` of a group with a question mark; only groups that don't capture can be.
fn group(rest: &mut Peekable<Chars<'_>>) -> Result<&'static str, String> {
    rest.next();
    match rest.next() {
        Some(':') => Ok("("),
        _ => Err(unsupported("(?…) other than (?:…)")),
    }
}

fn unsupported(what: &str) -> String {
    format!("{what} can't be matched here: topics are matched as POSIX extended regular expressions. Rewrite it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javas_common_forms_become_posix() {
        for (java, posix) in [
            ("orders-.*", "^(orders-.*)$"),
            (r"db\.(?:a|b)\.t\d+", r"^(db\.(a|b)\.t[0-9]+)$"),
            (r"[\w\-.]+?", "^([a-zA-Z0-9_.-]+)$"),
            (r"a\-b\_c", "^(a-b_c)$"),
        ] {
            assert_eq!(subscription(java).unwrap(), posix);
        }
    }

    #[test]
    fn what_posix_cannot_express_is_refused_by_name() {
        for java in ["(?!x).*", "(?i)x", "a++", r"\bx", "[a&&[b]]", "x\\"] {
            let problem = subscription(java).unwrap_err();
            assert!(problem.key == "topics.regex" && problem.message.contains(java), "{problem:?}");
        }
    }
}
