//! From Java's syntax of regular expressions to that of the `regex-lite` crate. Most of it is the same. A construct
//! that the crate lacks, or would read as something else, is an error that names it.

use std::iter::Peekable;
use std::str::Chars;

use super::parts::{Group, Least, Parts};

/// A translated expression.
pub(super) struct Translated {
    pub(super) text: String,
    /// The first quantifier for which the two agree on which texts match, but not on what the groups are.
    pub(super) unclear: Option<String>,
}

/// Translates an expression. The error names the construct that has no counterpart.
pub(super) fn translate(java: &str) -> Result<Translated, String> {
    let rest = java.chars().peekable();
    let mut translator = Translator::new(rest);
    while let Some(next) = translator.rest.next() {
        translator.step(next)?;
    }
    Ok(Translated { text: translator.out, unclear: translator.parts.unclear() })
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    /// How many brackets of character classes are open.
    class_depth: u32,
    parts: Parts,
    /// Whether a point is any character here, and in the groups around.
    dot_all: bool,
    around: Vec<bool>,
}

/// What a point is without the flag `s`: for the crate, only the first of these ends a line.
const WITHIN_LINE: &str = "[^\\n\\r\\x{85}\\x{2028}\\x{2029}]";

impl<'a> Translator<'a> {
    fn new(rest: Peekable<Chars<'a>>) -> Self {
        let parts = Parts::new();
        Translator { rest, out: String::new(), class_depth: 0, parts, dot_all: false, around: Vec::new() }
    }

    fn open(&mut self, group: Group) {
        self.parts.open(group);
        self.around.push(self.dot_all);
    }

    fn step(&mut self, next: char) -> Result<(), String> {
        match next {
            '\\' => self.escape(),
            _ if self.class_depth > 0 => self.in_class(next),
            '[' => self.open_class(),
            '(' => self.group(),
            '*' | '+' | '?' => self.quantifier(next.to_string()),
            '{' => self.counted(),
            '.' if !self.dot_all => {
                self.parts.atom(Least::Character);
                self.out.push_str(WITHIN_LINE);
                Ok(())
            }
            _ => {
                match next {
                    '|' => self.parts.alternative(),
                    ')' => {
                        self.parts.close();
                        self.dot_all = self.around.pop().unwrap_or(self.dot_all);
                    }
                    _ => self.parts.atom(Least::nothing_if(|| matches!(next, '^' | '$'))),
                }
                self.out.push(next);
                Ok(())
            }
        }
    }

    /// Opens a class. A bracket that closes it at once is a literal, in both syntaxes.
    fn open_class(&mut self) -> Result<(), String> {
        self.parts.atom(Least::Character);
        self.class_depth += 1;
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        if self.rest.next_if_eq(&']').is_some() {
            self.literal(']');
        }
        self.refuse_posix()
    }

    /// In Java a bracket in a class adds another class to it: the crate takes the sum without the brackets.
    fn in_class(&mut self, next: char) -> Result<(), String> {
        match (next, self.rest.peek()) {
            ('[', Some('^')) => return Err(refusal("[^ within brackets", "write the characters themselves")),
            ('[', _) => {
                self.class_depth += 1;
                return self.refuse_posix();
            }
            (']', _) => {
                self.class_depth -= 1;
                if self.class_depth == 0 {
                    self.out.push(']');
                }
            }
            ('&', Some('&')) => return Err(refusal("&&", "write the characters themselves")),
            ('-', _) => self.out.push('-'),
            _ => self.literal(next),
        }
        Ok(())
    }

    /// `[:alpha:]` is a class of letters for the crate, and of a colon and four letters for Java.
    fn refuse_posix(&mut self) -> Result<(), String> {
        match self.rest.peek() {
            Some(':') => Err(refusal("[:", "write \\p{Alpha} and the like")),
            _ => Ok(()),
        }
    }

    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            self.open(Group::Kept);
            return Ok(());
        }
        self.out.push('?');
        match self.rest.peek() {
            Some(':') => {
                self.out.extend(self.rest.next());
                self.open(Group::Forgotten);
                Ok(())
            }
            Some('<') => self.named_group(),
            Some(&sign @ ('=' | '!')) => Err(refusal(&format!("(?{sign}"), "look-around is not supported")),
            Some('>') => Err(refusal("(?>", "atomic groups are not supported")),
            _ => self.flags(),
        }
    }

    fn named_group(&mut self) -> Result<(), String> {
        self.rest.next();
        match self.rest.peek() {
            Some(&sign @ ('=' | '!')) => Err(refusal(&format!("(?<{sign}"), "look-around is not supported")),
            _ => {
                self.out.push('<');
                // The name is no part.
                self.out.extend(self.rest.by_ref().take_while(|next| *next != '>'));
                self.out.push('>');
                self.open(Group::Kept);
                Ok(())
            }
        }
    }

    /// Flags that mean the same in both: case, dot and lines.
    fn flags(&mut self) -> Result<(), String> {
        let (mut is_on, mut dot_all) = (true, self.dot_all);
        while let Some(flag) = self.rest.next() {
            match flag {
                'i' | 'm' => {}
                's' => dot_all = is_on,
                '-' => is_on = false,
                ':' | ')' => {
                    self.out.push(flag);
                    if flag == ':' {
                        self.open(Group::Forgotten);
                    }
                    self.dot_all = dot_all;
                    return Ok(());
                }
                _ => return Err(refusal(&format!("(?{flag}"), "only the flags i, m and s are supported")),
            }
            self.out.push(flag);
        }
        Ok(())
    }

    /// A quantifier, and the question mark that makes it reluctant.
    fn quantifier(&mut self, quantifier: String) -> Result<(), String> {
        self.out.push_str(&quantifier);
        self.parts.quantifier(&quantifier);
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        match self.rest.peek() {
            Some('+') => Err(refusal(&format!("{quantifier}+"), "possessive quantifiers are not supported")),
            Some(&next @ ('*' | '?' | '{')) => Err(refusal(&format!("{quantifier}{next}"), "one quantifier is enough")),
            _ => Ok(()),
        }
    }

    fn counted(&mut self) -> Result<(), String> {
        if self.rest.peek() == Some(&',') {
            return Err(refusal("{,", "write the lower number, as in {0,3}"));
        }
        let mut quantifier = "{".to_owned();
        for next in self.rest.by_ref() {
            quantifier.push(next);
            if next == '}' {
                return self.quantifier(quantifier);
            }
        }
        self.out.push_str(&quantifier);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(escaped) = self.rest.next() else {
            return Err("a character must follow the backslash at the end".to_owned());
        };
        if self.class_depth == 0 && escaped != 'Q' {
            self.parts.atom(Least::nothing_if(|| matches!(escaped, 'A' | 'z' | 'Z' | 'b' | 'B')));
        }
        match escaped {
            'Q' => self.quoted(),
            'p' | 'P' => return self.property(escaped),
            '0' => return self.octal(),
            'c' => {
                let control = self.rest.next().map_or(0, |next| u32::from(next) ^ 64);
                self.out.push_str(&format!("\\x{{{control:x}}}"));
            }
            'e' => self.out.push_str("\\x1B"),
            'Z' => self.out.push_str("\\z"),
            'b' if self.rest.peek() == Some(&'{') => return Err(refusal("\\b{", "write \\b alone")),
            'A' | 'z' | 'b' | 'B' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'a' | 'f' | 'n' | 'r' | 't' | 'x' | 'u' => {
                self.out.extend(['\\', escaped]);
            }
            '1'..='9' | 'k' => return Err(refusal(&format!("\\{escaped}"), "back-references are not supported")),
            _ if escaped.is_ascii_alphanumeric() => {
                return Err(refusal(&format!("\\{escaped}"), "it is not supported"));
            }
            _ => self.literal(escaped),
        }
        Ok(())
    }

    /// What is between `\Q` and `\E`, or the end, is meant literally.
    fn quoted(&mut self) {
        while let Some(next) = self.rest.next() {
            if next == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            if self.class_depth == 0 {
                self.parts.atom(Least::Character);
            }
            self.literal(next);
        }
    }

    /// Writes a character so that it stands for itself, in a class or out of one.
    fn literal(&mut self, literal: char) {
        if literal.is_ascii() && !literal.is_ascii_alphanumeric() {
            self.out.push_str(&format!("\\x{:02x}", u32::from(literal)));
        } else {
            self.out.push(literal);
        }
    }

    fn octal(&mut self) -> Result<(), String> {
        let mut code = 0;
        let mut digits = 0;
        while digits < 3
            && let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(8))
        {
            if code * 8 + digit > 0o377 {
                break;
            }
            code = code * 8 + digit;
            digits += 1;
            self.rest.next();
        }
        if digits == 0 {
            return Err("an octal digit must follow \\0".to_owned());
        }
        self.out.push_str(&format!("\\x{code:02x}"));
        Ok(())
    }

    /// Java's names of ASCII classes. All others are refused: topics are ASCII.
    fn property(&mut self, escape: char) -> Result<(), String> {
        let name: String = match self.rest.next() {
            Some('{') => self.rest.by_ref().take_while(|next| *next != '}').collect(),
            other => other.into_iter().collect(),
        };
        let posix = match name.as_str() {
            "Lower" => "lower",
            "Upper" => "upper",
            "ASCII" => "ascii",
            "Alpha" => "alpha",
            "Digit" => "digit",
            "Alnum" => "alnum",
            "Punct" => "punct",
            "Graph" => "graph",
            "Print" => "print",
            "Blank" => "blank",
            "Cntrl" => "cntrl",
            "XDigit" => "xdigit",
            "Space" => "space",
            _ => return Err(refusal(&format!("\\{escape}{{{name}}}"), "write the characters in brackets")),
        };
        let negation = if escape == 'P' { "^" } else { "" };
        let class = format!("[:{negation}{posix}:]");
        self.out.push_str(&if self.class_depth > 0 { class } else { format!("[{class}]") });
        Ok(())
    }
}

fn refusal(construct: &str, advice: &str) -> String {
    format!("{construct} can't be used here: {advice}")
}
