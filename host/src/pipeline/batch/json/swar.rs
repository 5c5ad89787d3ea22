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
    let quote = word ^ (ONES * 0x22);
    let backslash = word ^ (ONES * 0x5c);
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    (below(quote, 1) | below(backslash, 1) | below(word, 0x20)) & HIGH
}

/// Returns how many bytes come before the lowest mark.
#[inline(always)]
pub(super) fn before_mark(marks: u64) -> usize {
    (marks.trailing_zeros() >> 3) as usize
}

/// The bytes of a word below `len`, for `len` up to 8.
const MASKS: [u64; 9] =
    [0, 0xff, 0xffff, 0xff_ffff, 0xffff_ffff, 0xff_ffff_ffff, 0xffff_ffff_ffff, 0xff_ffff_ffff_ffff, u64::MAX];

/// Tells whether `bytes` has at `pos` the first `len` bytes of `prefix`; at most 24.
#[inline(always)]
pub(in super::super) fn matches_prefix(bytes: &[u8], pos: usize, prefix: &[u64; 3], len: usize) -> bool {
    let [first, second, third] = prefix;
    let mask = |from: usize| MASKS.get(len.saturating_sub(from).min(8)).copied().unwrap_or_default();
    let mut differs = (load(bytes, pos) ^ first) & mask(0);
    if len > 8 {
        differs |= (load(bytes, pos + 8) ^ second) & mask(8);
    }
    if len > 16 {
        differs |= (load(bytes, pos + 16) ^ third) & mask(16);
    }
    differs == 0
}
