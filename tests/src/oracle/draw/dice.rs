//! Chance, the same for the same seed.

#![allow(clippy::indexing_slicing, reason = "the index is drawn below the length")]

/// A source of chance.
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    /// Returns the dice of one case.
    pub(super) fn of(family: &str, seed: u64, number: u64) -> Self {
        // FNV-1a: families get different cases from one seed.
        let name = family.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut of_seed = fastrand::Rng::with_seed(name ^ seed);
        let base = of_seed.u64(..);
        Self(fastrand::Rng::with_seed(base.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
    }

    /// Returns true so many times in a hundred.
    pub(super) fn percent(&mut self, chance: u32) -> bool {
        self.0.u32(0..100) < chance
    }

    /// Returns a number of the range, both ends included.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.i64(least..=most)
    }

    /// Returns a number below another, which is above zero.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    /// Returns one of the items, of which there must be one.
    pub(super) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// Returns one of the items, or the other if there are none.
    pub(super) fn pick_or(&mut self, items: &[String], other: &str) -> String {
        if items.is_empty() { other.to_owned() } else { self.pick(items) }
    }

    /// Returns an item by its weight.
    pub(super) fn weighted<T: Clone>(&mut self, items: &[(u32, T)]) -> T {
        let sum: u32 = items.iter().map(|(weight, _)| weight).sum();
        let mut left = self.0.u32(..sum);
        let at = items.iter().position(|(weight, _)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        });
        items[at.unwrap_or_default()].1.clone()
    }

    /// Returns any bits at all.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// Returns bytes, seldom many.
    pub(super) fn bytes(&mut self) -> Vec<u8> {
        let length = self.weighted(&[(2, 0), (2, 1), (2, 2), (1, 4), (2, 8), (1, 33)]);
        (0..length).map(|_| self.0.u8(..)).collect()
    }
}
