//! What was made before, of which the oldest is forgotten.

use std::collections::VecDeque;

/// As many results as it may hold, the one that was used last in front. Few are needed at a time, so they are looked for
/// one by one; schemas are told apart by their address first.
pub(crate) struct Memo<K, V> {
    known: VecDeque<(K, V)>,
    most: usize,
}

impl<K: PartialEq, V: Clone> Memo<K, V> {
    /// Returns a memory of at most so many results.
    pub(crate) fn of(most: usize) -> Self {
        Memo { known: VecDeque::new(), most }
    }

    /// Returns what was made of this, or makes it.
    ///
    /// # Errors
    /// It can't be made; that isn't remembered.
    pub(crate) fn get<E>(&mut self, key: K, make: impl FnOnce(&K) -> Result<V, E>) -> Result<V, E> {
        if let Some(at) = self.known.iter().position(|(known, _)| *known == key)
            && let Some(entry) = self.known.remove(at)
        {
            let value = entry.1.clone();
            self.known.push_front(entry);
            return Ok(value);
        }
        let made = make(&key)?;
        self.known.push_front((key, made.clone()));
        self.known.truncate(self.most);
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::Memo;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut memo: Memo<i32, i32> = Memo::of(2);
        let mut made = Vec::new();
        for key in [1, 2, 1, 3, 1, 2] {
            let value = memo.get::<()>(key, |key| {
                made.push(*key);
                Ok(key * 10)
            });
            assert_eq!(value, Ok(key * 10));
        }
        assert_eq!(made, [1, 2, 3, 2]);
        assert_eq!(memo.get(9, |_| Err("no")), Err("no"));
    }
}
