//! A text in tokens: delimiters of one character, which a backslash makes plain, and what is between them.

/// Where a text is read, with at most one token looked at ahead (`Values.Parser`).
pub(super) struct Tokens<'a> {
    text: &'a str,
    position: usize,
    ahead: Option<&'a str>,
}

/// Takes off what Java's `String.trim` does.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|character| character <= ' ')
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0, ahead: None }
    }

    /// Returns the whole text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Returns where the next token begins, to come back to.
    pub(super) fn mark(&self) -> usize {
        self.position - self.ahead.map_or(0, str::len)
    }

    pub(super) fn rewind(&mut self, mark: usize) {
        self.position = mark;
        self.ahead = None;
    }

    pub(super) fn has_next(&self) -> bool {
        self.ahead.is_some() || self.has_more()
    }

    /// Takes the next token; at the end an empty one.
    pub(super) fn next(&mut self) -> &'a str {
        match self.ahead.take() {
            Some(token) => token,
            None => self.read(),
        }
    }

    /// Takes so many tokens and returns them as one; none, and nothing is taken, where there are fewer.
    pub(super) fn next_joined(&mut self, count: usize) -> Option<&'a str> {
        let start = self.mark();
        for _ in 0..count {
            if !self.has_next() {
                self.rewind(start);
                return None;
            }
            self.next();
        }
        self.text.get(start..self.position)
    }

    /// Takes the next token if it is this one, but for blanks. Blank tokens before it are gone either way.
    pub(super) fn take(&mut self, wanted: &str) -> bool {
        if !self.has_next() {
            return false;
        }
        let mut token = self.next();
        while trim(token).is_empty() && self.has_more() {
            token = self.read();
        }
        let is_wanted = trim(token) == wanted;
        if !is_wanted {
            self.ahead = Some(token);
        }
        is_wanted
    }

    fn has_more(&self) -> bool {
        self.position < self.text.len()
    }

    fn read(&mut self) -> &'a str {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let mut escaped = false;
        let delimiter = rest.bytes().position(|byte| match byte {
            b'\\' => {
                escaped = !escaped;
                false
            }
            b':' | b',' | b'{' | b'}' | b'[' | b']' | b'"' => !std::mem::take(&mut escaped),
            _ => {
                escaped = false;
                false
            }
        });
        let length = delimiter.map_or(rest.len(), |length| length.max(1));
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }
}
