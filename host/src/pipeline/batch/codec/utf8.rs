//! Bytes as text, as Java reads them.

use std::borrow::Cow;

/// Reads UTF-8 as `new String(bytes, UTF_8)` does: like [`String::from_utf8_lossy`], but half a surrogate pair, written
/// in three bytes, is one mark instead of three.
pub(crate) fn java_utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    // How many bytes the last mark may stand for as well.
    let mut left = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.valid().is_empty() {
            left = 0;
        }
        match chunk.invalid() {
            [] => {}
            [0x80..=0xbf] if left > 0 => left -= 1,
            invalid => {
                text.push(char::REPLACEMENT_CHARACTER);
                // Alone, this byte is followed by none of the bytes that make a letter with it.
                left = if invalid == [0xed] { 2 } else { 0 };
            }
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::java_utf8;

    /// What Java 17 answers.
    #[test]
    fn half_a_pair_is_one_mark() {
        for (bytes, text) in [
            (&b"plain \xc3\xa9"[..], "plain é"),
            (b"\xed\xa0\x80!", "\u{fffd}!"),
            (b"\xed\xbf\x9c\x8a", "\u{fffd}\u{fffd}"),
            (b"\xed\xb2\xc9\xdb4", "\u{fffd}\u{fffd}\u{fffd}4"),
            (b"\xed\xb2", "\u{fffd}"),
            (b"\xed4\x80", "\u{fffd}4\u{fffd}"),
            (b"\xed\xa0\x80\xed\xb0\x80", "\u{fffd}\u{fffd}"),
            (b"\xf0\x90\x80!", "\u{fffd}!"),
            (b"\xc0\xaf", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(java_utf8(bytes), text, "{bytes:x?}");
        }
    }
}
