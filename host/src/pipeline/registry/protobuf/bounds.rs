//! What a .proto text may be at most, checked before it is parsed: parsers go down a level with each bracket, and
//! the text may be anybody's.

/// How many bytes the text of one file may have.
const MOST_TEXT: usize = 1 << 20;
/// How deep brackets may nest.
const DEPTH: usize = 100;

/// Checks a file's text.
///
/// # Errors
/// Says what is too much.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text.len() > MOST_TEXT {
        return Err(format!("the .proto text has more than {} KiB", MOST_TEXT >> 10));
    }
    let (mut depth, mut place, mut before) = (0_usize, Place::Code, b' ');
    for byte in text.bytes() {
        match byte {
            // Wherever it is: a lexer may see it otherwise than this one.
            b'{' | b'[' | b'(' | b'<' => depth += 1,
            b'}' | b']' | b')' | b'>' if place == Place::Code => depth = depth.saturating_sub(1),
            _ => {}
        }
        place = place.next(before, byte)?;
        before = match (before, byte) {
            // A backslash that is escaped escapes nothing.
            (b'\\', b'\\') => b' ',
            _ => byte,
        };
        if depth > DEPTH {
            return Err(format!("the .proto text nests deeper than {DEPTH} brackets"));
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    Line,
    Block,
    Quoted(u8),
}

impl Place {
    fn next(self, before: u8, byte: u8) -> Result<Place, String> {
        Ok(match (self, before, byte) {
            (Place::Code, b'/', b'/') | (Place::Code, _, b'#') => Place::Line,
            (Place::Code, b'/', b'*') => Place::Block,
            (Place::Code, _, b'"' | b'\'') => Place::Quoted(byte),
            (Place::Line, _, b'\n') | (Place::Block, b'*', b'/') => Place::Code,
            (Place::Block, b'/', b'*') => return Err("a comment of the .proto text is in another one".to_owned()),
            (Place::Quoted(_), _, b'\n') => return Err("a string of the .proto text has no end".to_owned()),
            (Place::Quoted(quote), before, byte) if byte == quote && before != b'\\' => Place::Code,
            (place, ..) => place,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_counted_wherever_a_parser_may_see_them() {
        let nested = |open: &str, close: &str| check(&format!("{}{}", open.repeat(101), close.repeat(101)));

        assert!(nested("message A {", "}").unwrap_err().contains("nests deeper"));
        assert!(nested("[ /* ] */", "").is_err());
        assert!(nested("{ \"}\" ", "").is_err());
        assert!(nested("{ # }\n", "").is_err());
        assert!(check(&"a {}\n\"\\\"\" // it's {\n".repeat(90)).is_ok());
        assert!(check("/* /* */ } */").is_err());
        assert!(check(&" ".repeat((1 << 20) + 1)).unwrap_err().contains("KiB"));
        assert!(check(&"message A { map<string, int32> a = 1; /* it's */ } '\\\\' ".repeat(5000)).is_ok());
    }
}
