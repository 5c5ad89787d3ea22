//! Texts in configurations, taken apart as Java does.

/// Splits at a character as Java's `String.split`: empty texts at the end are left out.
pub(crate) fn split(text: &str, at: char) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(at).collect();
    while parts.len() > 1 && parts.last() == Some(&"") {
        parts.pop();
    }
    if parts == [""] && !text.is_empty() { Vec::new() } else { parts }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn it_is_split_as_in_java() {
        assert_eq!(split("", ','), [""]);
        assert_eq!(split("a", ','), ["a"]);
        assert_eq!(split(",a,,b,,", ','), ["", "a", "", "b"]);
        assert!(split(",,", ',').is_empty());
    }
}
