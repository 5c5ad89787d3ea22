//! Counts what came out, from the topics and files alone.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, Result};

/// What came out of one connector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many went in.
    pub sent: u64,
    /// How many never came out.
    pub lost: u64,
    /// How many came out more than once, counting each further time.
    pub duplicated: u64,
    /// How many came out for the first time behind a later one of their partition.
    pub out_of_order: u64,
}

/// Counts numbers, which came out in this order, each within a partition.
pub(super) fn count(sent: u64, came: impl Iterator<Item = (u64, u64)>) -> Tally {
    let mut seen = HashSet::new();
    let mut newest: BTreeMap<u64, u64> = BTreeMap::new();
    let mut tally = Tally { sent, ..Tally::default() };
    for (partition, number) in came {
        if !seen.insert(number) {
            tally.duplicated += 1;
            continue;
        }
        let newest = newest.entry(partition).or_default();
        if number < *newest {
            tally.out_of_order += 1;
        }
        *newest = number.max(*newest);
    }
    tally.lost = (0..sent).filter(|number| !seen.contains(number)).count() as u64;
    tally
}

/// Returns the number in a text such as `s-17`.
///
/// # Errors
/// When it is another text.
pub(super) fn number(text: &str, kind: &str) -> Result<u64> {
    let digits = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
    digits.and_then(|digits| digits.parse().ok()).with_context(|| format!("{text:?} came out, which nobody sent"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_twice_or_late_is_counted() {
        let of = |came: &[(u64, u64)]| {
            let tally = count(4, came.iter().copied());
            (tally.lost, tally.duplicated, tally.out_of_order)
        };
        assert_eq!(of(&[(0, 0), (1, 1), (0, 2), (1, 3)]), (0, 0, 0));
        assert_eq!(of(&[(1, 1), (0, 0), (1, 3), (0, 2)]), (0, 0, 0), "partitions have no order among them");
        assert_eq!(of(&[(0, 0), (0, 1), (0, 0), (0, 1), (0, 2), (0, 3)]), (0, 2, 0), "a repetition is no disorder");
        assert_eq!(of(&[(0, 0), (0, 3), (0, 2)]), (1, 0, 1));
    }
}
