//! Repeated keys: of those the last counts, as in Java's maps.

use std::collections::HashMap;

/// Up to how many keys are compared with each other.
const FEW: usize = 16;

/// How many bytes it may take to tell whether a key is repeated, for each.
pub(super) const COST: usize = 64;

/// A key and its value in an output; they end where the next ones start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Where the key starts.
    pub(super) start: usize,
    /// Where the key ends.
    pub(super) key_end: usize,
}

/// Takes the entries out of the end of `out` whose key comes again behind; returns how many are left.
pub(super) fn remove_repeated(out: &mut Vec<u8>, entries: &[Entry]) -> usize {
    let repeated = repeated(out, entries);
    if repeated.is_empty() {
        return entries.len();
    }
    let end = out.len();
    let ends = entries.iter().skip(1).map(|next| next.start).chain([end]);
    let mut gone = repeated.iter().copied().peekable();
    let mut to = entries.first().map_or(end, |entry| entry.start);
    for (index, (entry, entry_end)) in entries.iter().zip(ends).enumerate() {
        if gone.next_if_eq(&index).is_some() {
            continue;
        }
        out.copy_within(entry.start..entry_end, to);
        to += entry_end - entry.start;
    }
    out.truncate(to);
    entries.len() - repeated.len()
}

/// Returns the numbers of the entries whose key comes again, ascending.
fn repeated(out: &[u8], entries: &[Entry]) -> Vec<usize> {
    let key = |entry: &Entry| out.get(entry.start..entry.key_end).unwrap_or_default();
    let mut repeated = Vec::new();
    if entries.len() <= FEW {
        for (index, entry) in entries.iter().enumerate() {
            if entries.iter().skip(index + 1).any(|later| key(later) == key(entry)) {
                repeated.push(index);
            }
        }
        return repeated;
    }
    let mut last = HashMap::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        repeated.extend(last.insert(key(entry), index));
    }
    repeated.sort_unstable();
    repeated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(keys: &[&str]) -> (usize, String) {
        let (mut out, mut entries) = (b"[".to_vec(), Vec::new());
        for (index, key) in keys.iter().enumerate() {
            let start = out.len();
            out.extend_from_slice(key.as_bytes());
            entries.push(Entry { start, key_end: out.len() });
            out.extend_from_slice(format!("{index};").as_bytes());
        }
        let left = remove_repeated(&mut out, &entries);
        (left, String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_last_of_equal_keys_stays_in_its_place() {
        assert_eq!(left(&[]), (0, "[".to_owned()));
        assert_eq!(left(&["a", "b", "ab"]), (3, "[a0;b1;ab2;".to_owned()));
        assert_eq!(left(&["a", "b", "a", "a"]), (2, "[b1;a3;".to_owned()));
        let many: Vec<String> = (0..40).map(|key| format!("k{}_", key % 20)).collect();
        let (count, text) = left(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((count, text.starts_with("[k0_20;k1_21;")), (20, true));
    }
}
