//! Reads `sasl.jaas.config`: one login module with a user name and a password. Knows no other modules.

/// What a login module says.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Login {
    pub(super) username: String,
    pub(super) password: String,
}

const MODULES: [&str; 2] = ["PlainLoginModule", "ScramLoginModule"];

/// Parses `<class> required username="…" password="…";`.
///
/// # Errors
/// Says what to write; never repeats the text, which holds a password.
pub(super) fn parse(text: &str) -> Result<Login, String> {
    let (class, options) = text.trim().split_once(char::is_whitespace).ok_or_else(shape)?;
    if !MODULES.contains(&class.rsplit('.').next().unwrap_or_default()) {
        return Err(format!("{class} is not built in. Use one of: {}", MODULES.join(", ")));
    }
    let options = options_of(options).ok_or_else(shape)?;
    let option = |name: &str| options.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match (option("username"), option("password")) {
        (Some(username), Some(password)) => Ok(Login { username, password }),
        _ => Err(shape()),
    }
}

fn shape() -> String {
    "Write it as: org.apache.kafka.common.security.plain.PlainLoginModule required username=\"…\" password=\"…\";"
        .to_owned()
}

/// Reads the control flag and the options up to the semicolon, as Java's `StreamTokenizer` would.
fn options_of(text: &str) -> Option<Vec<(String, String)>> {
    let (flag, mut rest) = text.trim_start().split_once(char::is_whitespace)?;
    if !["required", "requisite", "sufficient", "optional"].contains(&flag.to_ascii_lowercase().as_str()) {
        return None;
    }
    let mut options = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.starts_with(';') {
            return Some(options);
        }
        let (key, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        options.push((key.trim().to_owned(), value));
        rest = after;
    }
}

/// Reads one value, quoted or bare, and returns what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    let Some(quote) = quote else {
        let end = text.find(|character: char| character.is_whitespace() || character == ';')?;
        return text.split_at_checked(end).map(|(value, rest)| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = text.chars();
    characters.next();
    while let Some(character) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?),
            end if end == quote => return Some((value, characters.as_str())),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_password_may_hold_spaces_quotes_and_semicolons() {
        let text = r#"org.apache.kafka.common.security.scram.ScramLoginModule required
            username="alice" password="a \"b\"; c" ;"#;
        let login = parse(text).unwrap();
        assert_eq!((login.username.as_str(), login.password.as_str()), ("alice", r#"a "b"; c"#));
    }

    #[test]
    fn bare_values_end_at_the_semicolon() {
        let login = parse("a.PlainLoginModule required username=alice password=secret;").unwrap();
        assert_eq!(login.password, "secret");
    }

    #[test]
    fn another_module_and_a_text_without_end_are_refused_without_the_password() {
        for text in ["com.sun.Krb5LoginModule required password=hush;", "a.PlainLoginModule required password=\"hush"] {
            let error = parse(text).unwrap_err();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
