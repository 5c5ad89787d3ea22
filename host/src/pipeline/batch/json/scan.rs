//! Validates JSON text as RFC 8259 has it and says where values end. Does not build values, nor does it
//! check UTF-8 itself: it says whether there is anything but ASCII to check.

use super::super::columns::ValueKind;
use super::swar::{HIGH, before_mark, load, specials};

/// How deep objects and arrays may nest.
pub(in super::super) const DEPTH_LIMIT: usize = 500;

/// Why a text is no JSON, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Problem {
    /// The position in the scanned bytes.
    pub(in super::super) position: usize,
    /// What is wrong there.
    pub(in super::super) what: &'static str,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.what, self.position)
    }
}

/// A pass over JSON text. Positions go in and come out as numbers, so that they stay in registers.
pub(in super::super) struct Scanner<'a> {
    bytes: &'a [u8],
    high: u64,
    problem: Problem,
}

impl<'a> Scanner<'a> {
    pub(in super::super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, high: 0, problem: Problem { position: 0, what: "it is no JSON" } }
    }

    /// Tells whether bytes above ASCII may have been passed, and forgets them.
    #[inline]
    pub(in super::super) fn take_high(&mut self) -> bool {
        std::mem::take(&mut self.high) & HIGH != 0
    }

    /// Asks for a check like that of bytes that were passed.
    #[inline(always)]
    pub(in super::super) fn note_high(&mut self, bits: u64) {
        self.high |= bits;
    }

    /// Returns the bytes that are scanned.
    #[inline(always)]
    pub(in super::super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns what was wrong where the last call answered none.
    pub(in super::super) fn problem(&self) -> Problem {
        self.problem
    }

    #[inline(always)]
    pub(in super::super) fn byte(&self, pos: usize) -> u8 {
        self.bytes.get(pos).copied().unwrap_or(0)
    }

    #[cold]
    #[inline(never)]
    pub(in super::super) fn fail(&mut self, position: usize, what: &'static str) -> Option<usize> {
        let what = if position < self.bytes.len() { what } else { "the text ends too early" };
        self.problem = Problem { position: position.min(self.bytes.len()), what };
        None
    }

    /// Returns the position of the first byte from `pos` on that is no white space.
    #[inline(always)]
    pub(in super::super) fn skip_space(&self, pos: usize) -> usize {
        if self.byte(pos) > b' ' { pos } else { self.skip_spaces(pos) }
    }

    #[inline(never)]
    fn skip_spaces(&self, pos: usize) -> usize {
        let rest = self.bytes.get(pos..).unwrap_or_default();
        let spaces = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        pos + spaces
    }

    /// Returns the end of the value that starts at `pos`, which lies inside of `depth` others.
    #[inline(always)]
    pub(in super::super) fn value(&mut self, pos: usize, depth: usize) -> Option<usize> {
        match self.byte(pos) {
            b'"' => self.string(pos + 1),
            b'{' => self.object(pos, depth),
            b'[' => self.array(pos, depth),
            _ => self.scalar(pos),
        }
    }

    /// Returns the end of the string whose characters start at `pos`.
    #[inline(always)]
    pub(in super::super) fn string(&mut self, mut pos: usize) -> Option<usize> {
        loop {
            let word = load(self.bytes, pos);
            self.high |= word;
            let marks = specials(word);
            if marks == 0 {
                pos += 8;
                continue;
            }
            pos += before_mark(marks);
            if self.byte(pos) == b'"' {
                return Some(pos + 1);
            }
            pos = self.escape(pos)?;
        }
    }

    #[inline(never)]
    fn escape(&mut self, pos: usize) -> Option<usize> {
        if self.byte(pos) != b'\\' {
            return self.fail(pos, "a control character in a string must be escaped");
        }
        match self.byte(pos + 1) {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(pos + 2),
            b'u' => {
                let digits = self.bytes.get(pos + 2..pos + 6).unwrap_or_default();
                let valid = digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit);
                if valid { Some(pos + 6) } else { self.fail(pos, "\\u needs four hexadecimal digits") }
            }
            _ => self.fail(pos + 1, "there is no such escape in a string"),
        }
    }

    /// Returns the end of a number or literal.
    #[inline(always)]
    fn scalar(&mut self, pos: usize) -> Option<usize> {
        match self.byte(pos) {
            b'-' | b'0'..=b'9' => self.number(pos),
            b't' => self.literal(pos, b"true"),
            b'f' => self.literal(pos, b"false"),
            b'n' => self.literal(pos, b"null"),
            _ => self.fail(pos, "a value is expected"),
        }
    }

    #[inline(always)]
    fn literal(&mut self, pos: usize, word: &'static [u8]) -> Option<usize> {
        let end = pos + word.len();
        if self.bytes.get(pos..end) == Some(word) { Some(end) } else { self.fail(pos, "a value is expected") }
    }

    #[inline(always)]
    fn number(&mut self, start: usize) -> Option<usize> {
        let mut pos = start + usize::from(self.byte(start) == b'-');
        pos = if self.byte(pos) == b'0' { pos + 1 } else { self.digits(pos)? };
        if self.byte(pos) == b'.' {
            pos = self.digits(pos + 1)?;
        }
        if self.byte(pos) | 0x20 == b'e' {
            let sign = usize::from(matches!(self.byte(pos + 1), b'+' | b'-'));
            pos = self.digits(pos + 1 + sign)?;
        }
        Some(pos)
    }

    /// Returns the end of one or more digits.
    #[inline(always)]
    fn digits(&mut self, start: usize) -> Option<usize> {
        let mut pos = start;
        while self.byte(pos).wrapping_sub(b'0') < 10 {
            pos += 1;
        }
        if pos == start { self.fail(pos, "a digit is expected") } else { Some(pos) }
    }

    /// Returns the end of the object that starts at `pos`, which lies inside of `depth` others.
    #[inline(never)]
    fn object(&mut self, pos: usize, depth: usize) -> Option<usize> {
        self.descend(pos, depth)?;
        let mut pos = self.skip_space(pos + 1);
        if self.byte(pos) == b'}' {
            return Some(pos + 1);
        }
        loop {
            if self.byte(pos) != b'"' {
                return self.fail(pos, "a key in quotes is expected");
            }
            let key_end = self.string(pos + 1)?;
            let value = self.colon(key_end)?;
            let end = self.value(value, depth + 1)?;
            let behind = self.skip_space(end);
            pos = match self.byte(behind) {
                b',' => self.skip_space(behind + 1),
                b'}' => return Some(behind + 1),
                _ => return self.fail(behind, "a comma or closing bracket is expected"),
            };
        }
    }

    /// Returns the end of the array that starts at `pos`, which lies inside of `depth` others.
    #[inline(never)]
    fn array(&mut self, pos: usize, depth: usize) -> Option<usize> {
        self.descend(pos, depth)?;
        let mut pos = self.skip_space(pos + 1);
        if self.byte(pos) == b']' {
            return Some(pos + 1);
        }
        loop {
            let end = self.value(pos, depth + 1)?;
            let behind = self.skip_space(end);
            pos = match self.byte(behind) {
                b',' => self.skip_space(behind + 1),
                b']' => return Some(behind + 1),
                _ => return self.fail(behind, "a comma or closing bracket is expected"),
            };
        }
    }

    /// Refuses an object or array inside of too many others: the scanner's own stack is finite.
    #[inline(always)]
    fn descend(&mut self, pos: usize, depth: usize) -> Option<usize> {
        if depth < DEPTH_LIMIT { Some(pos) } else { self.fail(pos, "objects and arrays nest deeper than 500 levels") }
    }

    /// Returns where the value starts of the key that ends at `pos`.
    #[inline(always)]
    pub(in super::super) fn colon(&mut self, pos: usize) -> Option<usize> {
        let pos = self.skip_space(pos);
        if self.byte(pos) != b':' {
            return self.fail(pos, "a colon is expected");
        }
        Some(self.skip_space(pos + 1))
    }
}

/// How far the scanner may look behind a text's end. Whole words are faster to look at than parts of them.
pub(in super::super) const LOOKAHEAD: usize = 24;

/// Validates the text from `start` to `end` of `bytes`, which lies inside of `depth` objects, and returns where
/// its value starts and ends without white space.
pub(in super::super) fn value_within(
    bytes: &[u8],
    (start, end): (usize, usize),
    depth: usize,
) -> Result<(usize, usize), Problem> {
    let ahead = bytes.get(..(end + LOOKAHEAD).min(bytes.len())).unwrap_or_default();
    // A pass that looked too far can't have stopped exactly at the end, unless all was right.
    if let Ok((value, value_end, last)) = value_pass(ahead, start, depth)
        && last == end
    {
        return Ok((value, value_end));
    }
    let problem = match value_pass(bytes.get(..end).unwrap_or_default(), start, depth) {
        Ok((value, value_end, last)) if last == end => return Ok((value, value_end)),
        Ok((.., last)) => Problem { position: last, what: "there is more text after the value" },
        Err(problem) => problem,
    };
    Err(Problem { position: problem.position.saturating_sub(start), ..problem })
}

fn value_pass(bytes: &[u8], start: usize, depth: usize) -> Result<(usize, usize, usize), Problem> {
    let mut scanner = Scanner::new(bytes);
    let value = scanner.skip_space(start);
    let Some(end) = scanner.value(value, depth) else { return Err(scanner.problem()) };
    if scanner.take_high() {
        check_utf8(bytes.get(value..end).unwrap_or_default())?;
    }
    Ok((value, end, scanner.skip_space(end)))
}

/// Checks that `bytes` are UTF-8.
pub(in super::super) fn check_utf8(bytes: &[u8]) -> Result<(), Problem> {
    let error = |error: std::str::Utf8Error| Problem { position: error.valid_up_to(), what: "it is not UTF-8" };
    std::str::from_utf8(bytes).map(|_| ()).map_err(error)
}

/// Validates a whole text that lies inside of `depth` objects, and returns its value without white space.
pub(in super::super) fn trimmed_value(bytes: &[u8], depth: usize) -> Result<&[u8], Problem> {
    let (start, end) = value_within(bytes, (0, bytes.len()), depth)?;
    Ok(bytes.get(start..end).unwrap_or_default())
}

/// Returns the kind of a valid JSON value.
#[inline]
pub(in super::super) fn kind(value: &[u8]) -> ValueKind {
    match value.first() {
        Some(b'"') => ValueKind::Text,
        Some(b'{') => ValueKind::Object,
        Some(b'[') => ValueKind::Array,
        Some(b't' | b'f') => ValueKind::Boolean,
        Some(b'n') => ValueKind::Null,
        None => ValueKind::Absent,
        Some(_) if value.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => ValueKind::Fraction,
        Some(_) => ValueKind::Integer,
    }
}
