//! Paths to fields as configurations write them, in both syntaxes of Kafka (KIP-821).

use airlock_sdk::{Config, ConfigKey, Error, Importance};

const SYNTAX: &str = "field.syntax.version";

/// Describes the key that says how paths are written.
pub fn syntax_key() -> ConfigKey {
    ConfigKey::text(SYNTAX).default("V1").importance(Importance::High).documentation(
        "How fields are named: V1 takes the name of a field as it is; in V2 dots lead to the fields of fields, and \
         backticks surround names that hold dots.",
    )
}

/// Returns the names on the way to a field, the value of this key.
///
/// # Errors
/// There is no such syntax, or the path has a backtick too few; the message says which key.
pub fn parse(key: &str, text: &str, config: &Config) -> Result<Vec<String>, Error> {
    let version = config.text(SYNTAX)?.trim();
    if version.eq_ignore_ascii_case("V1") {
        return Ok(vec![text.to_owned()]);
    }
    if !version.eq_ignore_ascii_case("V2") {
        let message = format!("is {version:?}: String must be one of (case insensitive): V1, V2");
        return Err(Error::invalid(SYNTAX, message));
    }
    if text.is_empty() {
        return Err(Error::invalid(key, "is empty: name a field, or set field.syntax.version to V1"));
    }
    steps(text).map_err(|at| {
        let fix = format!("consider adding a backslash before backtick at position {at} to escape it");
        Error::invalid(key, format!("Incomplete backtick pair in path: [{text}], {fix}"))
    })
}

/// Returns the names of a path of syntax V2; the position of a backtick that has no end is an error.
fn steps(text: &str) -> Result<Vec<String>, usize> {
    let mut steps = Vec::new();
    let mut rest = Some(text);
    while let Some(path) = rest {
        let (name, after) = match path.strip_prefix('`') {
            Some(quoted) => quoted_name(quoted).ok_or_else(|| position(text, path))?,
            None => match path.split_once('.') {
                Some((name, after)) => (name.to_owned(), Some(after)),
                None => (path.to_owned(), None),
            },
        };
        steps.push(name);
        rest = after;
    }
    Ok(steps)
}

/// In characters of Java, which are of 16 bits.
fn position(text: &str, rest: &str) -> usize {
    text.get(..text.len() - rest.len()).unwrap_or_default().encode_utf16().count()
}

/// Reads up to a backtick that a dot or the end follows; a backslash before it takes it for a part of the name, which
/// must not end the path. Any other backtick is a part of the name, and the backslash before it too.
fn quoted_name(text: &str) -> Option<(String, Option<&str>)> {
    let mut name = String::new();
    let mut start = 0;
    for (at, _) in text.match_indices('`') {
        let inside = text.get(start..at)?;
        let escaped = text.get(..at)?.ends_with('\\');
        match (text.get(at + 1..)?, escaped) {
            ("", true) => return None,
            ("", false) => return Some((name + inside, None)),
            (after, escaped) if after.starts_with('.') => {
                if !escaped {
                    return Some((name + inside, after.get(1..)));
                }
                name += inside.strip_suffix('\\').unwrap_or(inside);
                name.push('`');
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn paths_are_those_of_kafka() {
        let cases: [(&str, &[&str]); 14] = [
            ("a", &["a"]),
            ("a.b", &["a", "b"]),
            ("a..b", &["a", "", "b"]),
            (".a", &["", "a"]),
            ("a.", &["a", ""]),
            ("`a.b`.c", &["a.b", "c"]),
            ("a.`b.c`", &["a", "b.c"]),
            ("`a`.", &["a", ""]),
            ("``.a", &["", "a"]),
            ("a`b.c", &["a`b", "c"]),
            ("`a`b`.c", &["a`b", "c"]),
            (r"`a\`.b`.c", &["a`.b", "c"]),
            (r"`a\`b`.c", &[r"a\`b", "c"]),
            (r"\`a.b", &[r"\`a", "b"]),
        ];
        for (path, wanted) in cases {
            assert_eq!(steps(path).unwrap(), wanted, "{path}");
        }
        assert_eq!([steps("`a.b"), steps(r"ü.`b\`"), steps("a.`b`c")], [Err(0), Err(2), Err(2)]);
    }
}
