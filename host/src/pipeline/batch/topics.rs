//! The names of topics, by number. Does not know which row goes where.

use std::collections::HashMap;
use std::sync::Arc;

use super::recycle::empty;

/// The distinct topics of a batch.
#[derive(Debug, Default)]
pub(super) struct Topics {
    names: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, u32>,
    last: u32,
}

impl Topics {
    /// Returns the number of a topic.
    #[inline]
    pub(super) fn intern(&mut self, name: &str) -> u32 {
        // Neighbours mostly share their topic.
        if self.names.get(self.last as usize).is_some_and(|last| **last == *name) {
            return self.last;
        }
        self.last = match self.ids.get(name) {
            Some(id) => *id,
            None => {
                let name: Arc<str> = name.into();
                let id = self.names.len() as u32;
                self.names.push(Arc::clone(&name));
                self.ids.insert(name, id);
                id
            }
        };
        self.last
    }

    /// Forgets all topics.
    pub(super) fn reset(&mut self) {
        let Topics { names, ids, last } = self;
        empty(names);
        ids.clear();
        *last = 0;
    }

    /// Returns the name of a topic.
    pub(super) fn name(&self, id: u32) -> &str {
        self.names.get(id as usize).map(|name| &**name).unwrap_or_default()
    }

    /// Returns how many topics there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

/// Tells whether Kafka allows a topic of this name.
pub(super) fn is_legal(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=249).contains(&name.len()) && name != "." && name != ".." && name.bytes().all(legal)
}
