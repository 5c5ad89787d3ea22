//! Finds the fields of a row's JSON text and validates the text to its end. Does not copy anything.

use super::super::columns::ValueKind;
use super::super::json::{LOOKAHEAD, Problem, Scanner, check_utf8, kind};
use super::arena::Span;
use super::shapes::{Key, ROOT, Shapes};

/// A field as it stands in a row's text, by positions in the arena.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Where the key's opening quote is.
    pub(super) key: u32,
    /// Where the value starts.
    pub(super) value: u32,
    /// Just behind the value.
    pub(super) end: u32,
}

/// What a text turned out to be.
pub(super) enum Found {
    /// An object, by the node of its last key, and where it is.
    Object(u32, Span),
    /// Another value, and where it is.
    Other(ValueKind, Span),
}

/// Indexes texts, one after the other.
pub(super) struct Indexer<'a> {
    /// The bytes in which the texts are.
    pub(super) bytes: &'a [u8],
    /// The position of the first one in the arena.
    pub(super) base: usize,
    /// The tree of keys.
    pub(super) shapes: &'a mut Shapes,
    /// Where the fields go.
    pub(super) slots: &'a mut Vec<Slot>,
}

impl Indexer<'_> {
    /// Indexes one text. Its fields are appended to the slots, or none of them.
    ///
    /// # Errors
    /// Says what is wrong with a text that is no JSON, by position in it.
    pub(super) fn index(&mut self, text: Span) -> Result<Found, Problem> {
        let bytes = self.bytes;
        let (start, end) = (text.start as usize - self.base, text.end as usize - self.base);
        let first_slot = self.slots.len();
        let ahead = bytes.get(..(end + LOOKAHEAD).min(bytes.len())).unwrap_or_default();
        // A pass that looked too far can't have stopped exactly at the end, unless all was right.
        if let Ok((found, last)) = self.pass(ahead, start)
            && last == end
        {
            return Ok(found);
        }
        self.slots.truncate(first_slot);
        let exact = bytes.get(..end).unwrap_or_default();
        let outcome = match self.pass(exact, start) {
            Ok((found, last)) if last == end => return Ok(found),
            Ok((_, last)) => Problem { position: last, what: "there is more text after the value" },
            Err(problem) => problem,
        };
        self.slots.truncate(first_slot);
        Err(Problem { position: outcome.position.saturating_sub(start), ..outcome })
    }

    /// Returns the span between positions in `bytes`.
    #[inline(always)]
    fn span(&self, start: usize, end: usize) -> Span {
        Span { start: (self.base + start) as u32, end: (self.base + end) as u32 }
    }

    fn pass(&mut self, bytes: &[u8], start: usize) -> Result<(Found, usize), Problem> {
        let mut scanner = Scanner::new(bytes);
        let Some((found, end)) = self.text(&mut scanner, bytes, start) else { return Err(scanner.problem()) };
        let end = scanner.skip_space(end);
        if scanner.take_high() {
            let utf8 = check_utf8(bytes.get(start..end).unwrap_or_default());
            utf8.map_err(|problem| Problem { position: problem.position + start, ..problem })?;
        }
        Ok((found, end))
    }

    #[inline(always)]
    fn text(&mut self, scanner: &mut Scanner<'_>, bytes: &[u8], start: usize) -> Option<(Found, usize)> {
        let value = scanner.skip_space(start);
        if scanner.byte(value) == b'{' {
            let (node, end) = self.object(scanner, bytes, value)?;
            return Some((Found::Object(node, self.span(value, end)), end));
        }
        let end = scanner.value(value, 0)?;
        let span = self.span(value, end);
        Some((Found::Other(kind(bytes.get(value..end).unwrap_or_default()), span), end))
    }

    /// Indexes the object that starts at `start`; returns the node of its last key, and its end.
    #[inline(always)]
    fn object(&mut self, scanner: &mut Scanner<'_>, bytes: &[u8], start: usize) -> Option<(u32, usize)> {
        let mut node = ROOT;
        let mut pos = start;
        loop {
            let (key, value);
            match self.shapes.predicted(node, scanner, pos) {
                Some(expected) => (node, key, value) = expected,
                None => match self.unexpected(scanner, bytes, (node, pos))? {
                    Step::Member(member) => (node, key, value) = member,
                    Step::End(end) => return Some((node, end)),
                },
            }
            pos = scanner.value(value, 1)?;
            let Span { start, end } = self.span(value, pos);
            self.slots.push(Slot { key: (self.base + key) as u32, value: start, end });
            if scanner.byte(pos) == b'}' {
                return Some((node, pos + 1));
            }
        }
    }

    /// Reads on at `pos`, behind the value of `node`, where another key follows than in the rows before.
    #[inline(never)]
    fn unexpected(&mut self, scanner: &mut Scanner<'_>, bytes: &[u8], (node, pos): (u32, usize)) -> Option<Step> {
        let separator = scanner.skip_space(pos);
        let next = match scanner.byte(separator) {
            b'}' => return Some(Step::End(separator + 1)),
            b'{' if node == ROOT => scanner.skip_space(separator + 1),
            b',' if node != ROOT => scanner.skip_space(separator + 1),
            _ => scanner.fail(separator, "a comma or closing bracket is expected")?,
        };
        if scanner.byte(next) == b'}' && node == ROOT {
            return Some(Step::End(next + 1));
        }
        if scanner.byte(next) != b'"' {
            scanner.fail(next, "a key in quotes is expected")?;
        }
        let key_end = scanner.string(next + 1)?;
        let value = scanner.colon(key_end)?;
        let glue = bytes.get(pos..value).unwrap_or_default();
        let text = bytes.get(next + 1..key_end.saturating_sub(1)).unwrap_or_default();
        let child = self.shapes.follow(node, &Key { glue, offset: next - pos, text });
        Some(Step::Member((child, next, value)))
    }
}

/// What comes next in an object.
enum Step {
    /// A member: the node of its key, and where its key and value are.
    Member((u32, usize, usize)),
    /// The object's end.
    End(usize),
}
