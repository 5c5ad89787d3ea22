//! Looks at eight bytes at a time: the part of the scanner that its speed comes from.

const ONES: u64 = 0x0101_0101_0101_0101;
/// The top bit of each byte.
pub(super) const HIGH: u64 = 0x8080_8080_8080_8080;

/// Returns the eight bytes at `pos`, the first one lowest; past the end zeros.
#[inline(always)]
pub(in super::super) fn load(bytes: &[u8], pos: usize) -> u64 {
    match bytes.get(pos..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => load_tail(bytes, pos),
    }
}

#[cold]
#[inline(never)]
fn load_tail(bytes: &[u8], pos: usize) -> u64 {
    let tail = bytes.get(pos..).unwrap_or_default();
    tail.iter().take(8).rev().fold(0, |word, byte| (word << 8) | u64::from(*byte))
}

/// Marks the bytes that end a plain run in a JSON string: quote, backslash, control character. The lowest
/// mark is exact; marks above it may be wrong.
#[inline(always)]
pub(super) fn specials(word: u64) -> u64 {
    // With this bit flipped, the quote (0x22) comes right behind the control characters.
    let quote_or_control = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
    (quote_or_control | backslash) & !word & HIGH
}

/// Returns how many bytes come before the lowest mark.
#[inline(always)]
pub(super) fn before_mark(marks: u64) -> usize {
    (marks.trailing_zeros() >> 3) as usize
}

/// A short text to be compared with, in words: its first 24 bytes, and a mask of those that it has.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Prefix {
    words: [u64; 3],
    masks: [u64; 3],
}

impl Prefix {
    /// How many bytes a prefix can have.
    pub(in super::super) const LEN: usize = 24;

    pub(in super::super) fn new(text: &[u8]) -> Self {
        let ones = [0xff; Self::LEN];
        let ones = ones.get(..text.len().min(Self::LEN)).unwrap_or_default();
        Self { words: load_three(text, 0), masks: load_three(ones, 0) }
    }

    /// Tells whether `bytes` has this prefix at `pos`.
    #[inline(always)]
    pub(in super::super) fn is_at(&self, bytes: &[u8], pos: usize) -> bool {
        let [a, b, c] = load_three(bytes, pos);
        let ([x, y, z], [m, n, o]) = (self.words, self.masks);
        ((a ^ x) & m) | ((b ^ y) & n) | ((c ^ z) & o) == 0
    }
}

#[inline(always)]
fn load_three(bytes: &[u8], pos: usize) -> [u64; 3] {
    let Some(chunk) = bytes.get(pos..).and_then(|rest| rest.first_chunk::<{ Prefix::LEN }>()) else {
        return load_three_near_end(bytes, pos);
    };
    [load(chunk, 0), load(chunk, 8), load(chunk, 16)]
}

#[cold]
#[inline(never)]
fn load_three_near_end(bytes: &[u8], pos: usize) -> [u64; 3] {
    [load(bytes, pos), load(bytes, pos + 8), load(bytes, pos + 16)]
}
