//! Decimal digits of all scripts, as Java's `Character.digit` knows them.

/// The zeros of the scripts; nine more digits follow each.
const ZEROS: [u32; 37] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// Returns a digit's value; none for what is no digit, or one beyond 16 bits, which Java sees as two characters.
pub(super) fn value(digit: char) -> Option<u8> {
    let code = u32::from(digit);
    ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10)).map(|value| value as u8)
}

/// Takes digits, as ASCII, from the beginning of a text.
pub(super) fn take(text: &mut &str) -> String {
    let mut digits = String::new();
    let mut rest = text.chars();
    while let Some(digit) = rest.clone().next().and_then(value) {
        rest.next();
        digits.push(char::from(b'0' + digit));
    }
    *text = rest.as_str();
    digits
}
