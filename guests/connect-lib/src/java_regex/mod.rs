//! Java's regular expressions and replacements, as far as topics need them, on the `regex-lite` crate: it matches
//! in linear time, and its `\d`, `\w`, `\s`, `\b` and its letter case are ASCII alone, as Java's are. What it
//! lacks or takes for something else is refused, naming the construct: see `translate`.

mod parts;
mod replacement;
mod translate;

pub use replacement::Replacement;

/// A compiled expression.
pub struct Regex {
    whole: regex_lite::Regex,
    first: regex_lite::Regex,
    /// Why what the groups are may not be what they are in Java.
    unclear: Option<String>,
}

impl Regex {
    /// Compiles an expression in Java's syntax. The error says what to change, for people.
    pub fn parse(java: &str) -> Result<Self, String> {
        let translated = translate::translate(java).map_err(|reason| format!("is {java:?}: {reason}"))?;
        let (whole, first) = (format!("\\A(?:{})\\z", translated.text), &translated.text);
        let unclear = translated.unclear.map(|quantifier| {
            let problem =
                "it repeats what may match nothing, or has groups in it, and what these are differs from Java";
            format!("is {java:?}: {quantifier} can't be used here: {problem}; repeat a text or a group alone")
        });
        Ok(Regex { whole: compile(&whole, java)?, first: compile(first, java)?, unclear })
    }

    /// Compiles an expression for [`replace`](Self::replace).
    pub fn parse_for_groups(java: &str) -> Result<Self, String> {
        let regex = Self::parse(java)?;
        match regex.unclear {
            Some(problem) => Err(problem),
            None => Ok(regex),
        }
    }

    /// Returns whether the expression matches all of `text` (Java's `matches`).
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// Replaces the first match (Java's `replaceFirst`), if the expression also matches all of `text`. The
    /// first match may be shorter than the whole, as with `a|ab`.
    pub fn replace(&self, text: &str, replacement: &Replacement) -> Option<String> {
        if !self.matches(text) {
            return None;
        }
        let captures = self.first.captures(text)?;
        let found = captures.get(0)?;
        let mut replaced = text.get(..found.start())?.to_owned();
        replacement.append(&captures, &mut replaced);
        replaced.push_str(text.get(found.end()..)?);
        Some(replaced)
    }

    /// Returns how many groups there are besides the whole match.
    fn groups(&self) -> usize {
        self.first.captures_len() - 1
    }

    /// Returns the number of a named group.
    fn group_named(&self, name: &str) -> Option<usize> {
        self.first.capture_names().position(|candidate| candidate == Some(name))
    }
}

fn compile(translated: &str, java: &str) -> Result<regex_lite::Regex, String> {
    regex_lite::Regex::new(translated).map_err(|error| format!("is {java:?}, which is no regular expression: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(regex: &str, replacement: &str, topic: &str) -> Option<String> {
        let regex = Regex::parse_for_groups(regex).unwrap();
        let replacement = Replacement::parse(replacement, &regex).unwrap();
        regex.replace(topic, &replacement)
    }

    #[test]
    fn a_match_must_be_whole() {
        assert_eq!(replaced("orders", "x", "orders-eu"), None);
        assert_eq!(replaced(r"pg\.public\.(.*)", "$1-events", "pg.public.users"), Some("users-events".into()));
        assert_eq!(replaced("(.*)-events", "$1", "users-events"), Some("users".into()));
    }

    #[test]
    fn the_first_match_is_replaced_even_if_it_is_not_the_whole() {
        assert_eq!(replaced("a|ab", "x", "ab"), Some("xb".into()));
    }

    #[test]
    fn groups_go_by_number_and_by_name() {
        assert_eq!(replaced("(?<left>[a-z]+)-([0-9]+)", "${left}_$2", "a-1"), Some("a_1".into()));
        assert_eq!(replaced("(a)(b)?", "[$1$2]", "a"), Some("[a]".into()));
        assert_eq!(replaced("(a).*", "$12", "ab"), Some("a2".into()));
        assert_eq!(replaced("a", r"\$1\\", "a"), Some(r"$1\".into()));
    }

    #[test]
    fn java_s_own_constructs_match_as_in_java() {
        for (regex, topic) in [
            (r"\Qa.b\E\d+", "a.b17"),
            (r"\p{Lower}+\p{Digit}", "abc1"),
            (r"[\p{Upper}_]+", "A_B"),
            (r"(?i)orders", "ORDERS"),
            (r"\x6frders\Z", "orders"),
            (r"\060\-\<?", "0-<"),
            ("[a-c[x-z]]+$", "axz"),
            (r"[^\p{Upper}]+", "abc"),
            (r"\P{Upper}+", "abc"),
            ("[]^a]+", "]^a"),
            (r"[\Q+-\E]+", "-+"),
        ] {
            assert!(Regex::parse(regex).unwrap().matches(topic), "{regex} should match {topic}");
        }
        assert!(!Regex::parse(r"\Qa.b\E").unwrap().matches("axb"));
        assert!(!Regex::parse(r"[^\p{Upper}]+").unwrap().matches("A"));
    }

    #[test]
    fn a_point_ends_at_each_end_of_a_line() {
        for end in ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"] {
            let text = format!("a{end}b");
            let matches = |regex: &str| Regex::parse(regex).unwrap().matches(&text);
            assert!(
                !matches("a.b") && !matches("(?s:a).b") && !matches("(?s)(?-s)a.b") && !matches("((?s)a).b"),
                "{end:?}"
            );
            assert!(matches("(?s)a.b") && matches("(?s:a.b)") && matches("((?s)a.)b") && matches("a[^x]b"), "{end:?}");
        }
        assert!(Regex::parse("a.b").unwrap().matches("aéb"));
    }

    #[test]
    fn what_would_match_something_else_is_refused_by_name() {
        for (regex, construct) in [
            ("(?!internal).*", "(?!"),
            ("(?=a).*", "(?="),
            ("(?<=a)b", "(?<="),
            ("(?<!a)b", "(?<!"),
            ("(?>a)b", "(?>"),
            (r"(a)\1", r"\1"),
            (r"(?<n>a)\k<n>", r"\k"),
            ("a*+", "*+"),
            ("a++b", "++"),
            ("a{1,2}+", "}+"),
            ("a**", "**"),
            (r"\p{javaLowerCase}", r"\p{javaLowerCase}"),
            (r"\p{IsLatin}", r"\p{IsLatin}"),
            ("(?x)a", "(?x"),
            ("(?P<n>a)", "(?P"),
            ("[[:alpha:]]", "[:"),
            ("[a-z&&[^q]]", "&&"),
            ("[a-z[^q]]", "[^"),
            (r"\R", r"\R"),
            ("a{,3}", "{,"),
        ] {
            let reason = Regex::parse(regex).map(|_| ()).expect_err(regex);
            assert!(reason.contains(construct), "{regex}: {reason}");
        }
        assert!(Regex::parse("(a").is_err());
    }

    #[test]
    fn repetitions_after_which_groups_are_unclear_are_refused_for_groups_alone() {
        for regex in [
            "((a)b)*",
            "(?:(.)){2,}",
            "((a)|b){0,1}",
            "(a){0}",
            "(?:x(a)){0,0}",
            "(?i:a(b))+?",
            "(a*)*",
            "(|a)+",
            "(?:(a?)b*){2,}",
            "(^)*a",
            r"(\b|a)+?",
            "(?<n>a*|b){0,3}",
            "((?i)a{0,2})+",
        ] {
            let reason = Regex::parse_for_groups(regex).map(|_| ()).expect_err(regex);
            assert!(reason.contains("may match nothing"), "{regex}: {reason}");
            assert!(Regex::parse(regex).is_ok(), "{regex}");
        }
        for regex in [
            "(a)*(b){2,}",
            "((a)b)?",
            "((a)+b)",
            "(?:a(b)|(c))?",
            "(?:ab){0}",
            "(a*)?",
            "(a+)*",
            "(a*b)+",
            "(?:a|b?c)*",
            "(a*){1}",
            r"(\Qa\E)*",
            "(a*){0,1}",
            "([*])*",
        ] {
            assert!(Regex::parse_for_groups(regex).is_ok(), "{regex}");
        }
    }

    #[test]
    fn a_wrong_replacement_is_refused() {
        let regex = Regex::parse("(a)").unwrap();
        for replacement in ["$2", "${name}", "$", "a$x", "\\", "${1}", "${a"] {
            assert!(Replacement::parse(replacement, &regex).is_err(), "{replacement}");
        }
    }
}
