//! Flattens JSON objects in one pass. Leaves to `flatten` what is unusual: names with escapes, names that occur twice,
//! and objects of very many fields. Rows of a topic are mostly alike, so what stood between the values of the last one
//! is looked for first.

use memchr::memchr2;

use crate::json_members;

/// Up to how many fields are compared with each other.
const MOST_FIELDS: usize = 64;

/// Flattens one object after the other, in the same memory.
pub(crate) struct FlatJson {
    /// As it is written within quotes.
    delimiter: Vec<u8>,
    out: Vec<u8>,
    /// What stands before the names of the current object's fields.
    prefix: Vec<u8>,
    /// Where the names are in `out`.
    names: Vec<(usize, usize)>,
    shape: Shape,
}

/// All of an object but its values: what stands before each of them, and after the last.
#[derive(Default)]
struct Shape {
    /// As in the object, and as in the flat one.
    before: [Vec<u8>; 2],
    /// Where a piece ends in both, and whether it is the same in both.
    pieces: Vec<([usize; 2], bool)>,
    /// What the last pieces are followed by: how far the object and the flat one are dealt with.
    dealt: [usize; 2],
    /// Whether there are objects inside; none until all is known.
    nested: Option<bool>,
}

impl FlatJson {
    pub(crate) fn new(delimiter: &str) -> Self {
        let quoted = json_members::quoted(delimiter);
        let delimiter = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().as_bytes().to_vec();
        FlatJson { delimiter, out: Vec::new(), prefix: Vec::new(), names: Vec::new(), shape: Shape::default() }
    }

    /// Flattens a value, valid JSON without blanks around it, and tells whether it was an object with objects inside.
    /// None where it is unusual.
    pub(crate) fn flatten(&mut self, json: &[u8]) -> Option<bool> {
        if json.first() != Some(&b'{') {
            return Some(false);
        }
        self.out.clear();
        if let Some(nested) = self.shape.nested
            && self.shape.flatten(json, &mut self.out).is_some()
        {
            return Some(nested);
        }
        self.learn(json)
    }

    fn learn(&mut self, json: &[u8]) -> Option<bool> {
        self.shape.forget();
        self.out.clear();
        self.prefix.clear();
        self.names.clear();
        self.out.push(b'{');
        let mut nested = false;
        let end = self.object((json, 1), &mut nested)?;
        self.out.push(b'}');
        if nested && (self.names.len() > MOST_FIELDS || self.has_twins()) {
            return None;
        }
        self.shape.note((json, end), (&self.out, self.out.len()));
        self.shape.nested = Some(nested);
        Some(nested)
    }

    /// Returns what was made last.
    pub(crate) fn json(&self) -> &[u8] {
        &self.out
    }

    /// Appends the fields of an object, whose bracket stands before `at`; returns where it ends.
    fn object(&mut self, (json, mut at): (&[u8], usize), nested: &mut bool) -> Option<usize> {
        loop {
            at = after_blanks(json, at);
            match json.get(at)? {
                b'}' => return Some(at + 1),
                b',' => at = after_blanks(json, at + 1),
                _ => {}
            }
            let name_end = plain_text_end(json, at)?;
            let name = json.get(at + 1..name_end - 1)?;
            at = after_blanks(json, name_end);
            at = after_blanks(json, at + 1);
            if json.get(at) == Some(&b'{') {
                *nested = true;
                let outer = self.prefix.len();
                if outer > 0 {
                    self.prefix.extend_from_slice(&self.delimiter);
                }
                self.prefix.extend_from_slice(name);
                at = self.object((json, at + 1), nested)?;
                self.prefix.truncate(outer);
                continue;
            }
            let end = value_end(json, at)?;
            self.put(name);
            self.shape.note((json, at), (&self.out, self.out.len()));
            self.out.extend_from_slice(json.get(at..end)?);
            self.shape.dealt = [end, self.out.len()];
            at = end;
        }
    }

    fn put(&mut self, name: &[u8]) {
        if !self.names.is_empty() {
            self.out.push(b',');
        }
        self.out.push(b'"');
        let start = self.out.len();
        if !self.prefix.is_empty() {
            self.out.extend_from_slice(&self.prefix);
            self.out.extend_from_slice(&self.delimiter);
        }
        self.out.extend_from_slice(name);
        self.names.push((start, self.out.len()));
        self.out.extend_from_slice(b"\":");
    }

    fn has_twins(&self) -> bool {
        let name = |(start, end): (usize, usize)| self.out.get(start..end);
        let before = |index: usize| self.names.get(..index).unwrap_or_default();
        self.names.iter().enumerate().any(|(index, this)| {
            let same = |other: &&(usize, usize)| other.1 - other.0 == this.1 - this.0;
            before(index).iter().filter(same).any(|other| name(*other) == name(*this))
        })
    }
}

impl Shape {
    fn forget(&mut self) {
        self.before.iter_mut().for_each(Vec::clear);
        self.pieces.clear();
        (self.dealt, self.nested) = ([0, 0], None);
    }

    /// Adds a piece of each: from where it was dealt with up to here.
    fn note(&mut self, (json, at): (&[u8], usize), (flat, end): (&[u8], usize)) {
        let piece = json.get(self.dealt[0]..at).unwrap_or_default();
        let piece_flat = flat.get(self.dealt[1]..end).unwrap_or_default();
        let [before, before_flat] = &mut self.before;
        before.extend_from_slice(piece);
        before_flat.extend_from_slice(piece_flat);
        self.pieces.push(([before.len(), before_flat.len()], piece == piece_flat));
    }

    /// Flattens an object of this shape; none if it has another.
    fn flatten(&self, json: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let (mut rest, [mut start, mut start_flat]) = (json, [0, 0]);
        let [before, before_flat] = &self.before;
        // Copied at once is all up to the next piece that differs: copying is dear in a sandbox.
        let mut copied = 0;
        for (index, ([end, end_flat], is_same)) in self.pieces.iter().enumerate() {
            let at = json.len() - rest.len();
            rest = without_prefix(rest, before.get(start..*end)?)?;
            if !is_same {
                out.extend_from_slice(json.get(copied..at)?);
                out.extend_from_slice(before_flat.get(start_flat..*end_flat)?);
                copied = json.len() - rest.len();
            }
            (start, start_flat) = (*end, *end_flat);
            if index + 1 == self.pieces.len() {
                break;
            }
            if rest.first() == Some(&b'{') {
                return None;
            }
            rest = rest.get(value_end(rest, 0)?..)?;
        }
        out.extend_from_slice(json.get(copied..)?);
        rest.is_empty().then_some(())
    }
}

/// As `strip_prefix`, which compares byte by byte in a sandbox.
fn without_prefix<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    let ((words, tail), (wanted_words, wanted_tail)) = (head.as_chunks::<8>(), prefix.as_chunks::<8>());
    let words = words.iter().map(|word| u64::from_ne_bytes(*word));
    let same_words = words.eq(wanted_words.iter().map(|word| u64::from_ne_bytes(*word)));
    (same_words && tail.iter().eq(wanted_tail)).then_some(rest)
}

fn after_blanks(json: &[u8], mut at: usize) -> usize {
    while matches!(json.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Returns where the text ends that begins at `at`; none where it has escapes, or there is none.
fn plain_text_end(json: &[u8], at: usize) -> Option<usize> {
    let rest = json.get(at..)?.strip_prefix(b"\"")?;
    let end = memchr2(b'"', b'\\', rest)?;
    (rest.get(end) == Some(&b'"')).then_some(at + end + 2)
}

/// Returns where the value ends that begins at `at`, which is no object.
fn value_end(json: &[u8], at: usize) -> Option<usize> {
    match json.get(at)? {
        b'"' => text_end(json, at),
        b'[' => array_end(json, at),
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
            Some(at + json.get(at..)?.iter().position(is_end)?)
        }
    }
}

fn text_end(json: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr2(b'"', b'\\', json.get(at..)?)?;
        if json.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn array_end(json: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0_usize);
    loop {
        match json.get(at)? {
            b'"' => {
                at = text_end(json, at)?;
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FlatJson;

    fn flat(json: &str) -> Option<Option<String>> {
        let mut flat = FlatJson::new("\"");
        let nested = flat.flatten(json.as_bytes())?;
        Some(nested.then(|| String::from_utf8_lossy(flat.json()).into_owned()))
    }

    #[test]
    fn what_is_inside_is_lifted_as_it_is_written() {
        let wanted = r#"{"a\"n":1.10,"a\"b\"t":"x\"},{","l":[1, {"x":"]"}],"e":null}"#;
        let found = flat(r#"{ "a" : {"n":1.10 , "b":{"t":"x\"},{"}, "c":{}}, "l":[1, {"x":"]"}] ,"e":null }"#);
        assert_eq!(found, Some(Some(wanted.to_owned())));
        assert_eq!(flat(r#"{"a":{}}"#), Some(Some("{}".to_owned())));
        assert_eq!(flat(r#"{"":{"a":{"":1}}}"#), Some(Some(r#"{"a\"":1}"#.to_owned())));
    }

    #[test]
    fn rows_of_the_last_ones_shape_are_told_from_others() {
        let mut flat = FlatJson::new(".");
        for (json, wanted) in [
            (r#"{"a":{"b":1},"c":"x"}"#, Some(r#"{"a.b":1,"c":"x"}"#)),
            (r#"{"a":{"b":"\",\"c\":"},"c":[{"d":1}]}"#, Some(r#"{"a.b":"\",\"c\":","c":[{"d":1}]}"#)),
            (r#"{"a":{"b":{"d":2}},"c":"x"}"#, Some(r#"{"a.b.d":2,"c":"x"}"#)),
            (r#"{"a":{"b":{}},"c":"x"}"#, Some(r#"{"c":"x"}"#)),
            (r#"{"a":{"b":1},"c":"x","e":0}"#, Some(r#"{"a.b":1,"c":"x","e":0}"#)),
            (r#"{"a":{"b":1},"c":"x"}"#, Some(r#"{"a.b":1,"c":"x"}"#)),
            (r#"{"a":1,"c":"x"}"#, None),
            (r#"{"a":2,"c":"y"}"#, None),
            (r#"{"a":{},"c":"y"}"#, Some(r#"{"c":"y"}"#)),
            ("{}", None),
        ] {
            let nested = flat.flatten(json.as_bytes());
            assert_eq!(nested, Some(wanted.is_some()), "{json}");
            assert_eq!(wanted.unwrap_or(json).as_bytes(), flat.json(), "{json}");
        }
    }

    #[test]
    fn what_has_nothing_inside_or_is_unusual_is_left() {
        for json in ["{}", "[{}]", "1", r#"{"a":[{"b":1}]}"#] {
            assert_eq!(flat(json), Some(None), "{json}");
        }
        for json in [r#"{"a":{"b":1},"a":{"b":2}}"#, r#"{"\u0061":{"b":1}}"#] {
            assert_eq!(flat(json), None, "{json}");
        }
    }
}
