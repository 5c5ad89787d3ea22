//! Which keys follow each other in the objects of a batch: a tree whose paths are sequences of keys. Rows
//! mostly repeat the row before, so a row's keys are found by comparing them with the expected ones. Does
//! not know what became of the fields; see `layouts`.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::json::{Prefix, Scanner, unescaped};
use super::layouts::Layouts;

/// Stands for a node, name or layout that there is none of.
pub(super) const NONE: u32 = u32::MAX;
/// The node of an object without members.
pub(super) const ROOT: u32 = 0;
/// How many names, or children of a node, are compared one by one; more are looked up by hash.
const FEW: usize = 16;

/// How many nodes and names are kept for the next batch, and how many bytes they have.
const MOST_KEPT: usize = 500;
const MOST_KEPT_BYTES: usize = 64 << 10;

/// The distinct names of fields, unescaped.
#[derive(Default)]
pub(super) struct Names {
    texts: Vec<Arc<[u8]>>,
    /// The numbers of all names, once they are more than a few.
    ids: HashMap<Arc<[u8]>, u32>,
}

impl Names {
    /// Returns the number of a name.
    pub(super) fn intern(&mut self, name: &[u8]) -> u32 {
        if let Some(id) = self.find(name) {
            return id;
        }
        let id = self.texts.len() as u32;
        let text: Arc<[u8]> = name.into();
        self.texts.push(Arc::clone(&text));
        if self.texts.len() == FEW + 1 {
            self.ids.extend(self.texts.iter().cloned().zip(0..));
        } else if self.texts.len() > FEW {
            self.ids.insert(text, id);
        }
        id
    }

    /// Returns the number of a name that some row or guest used before.
    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        if self.texts.len() > FEW {
            return self.ids.get(name).copied();
        }
        self.texts.iter().position(|text| **text == *name).map(|id| id as u32)
    }

    /// Returns the name of a number.
    pub(super) fn text(&self, id: u32) -> &[u8] {
        self.texts.get(id as usize).map(|text| &**text).unwrap_or_default()
    }
}

/// A sequence of keys, by its last one.
struct Node {
    /// The first bytes of what stands between the value before and this key's value.
    prefix: Prefix,
    /// Not 0 where the bytes in between are more than ASCII.
    high: u64,
    glue_start: usize,
    glue_len: u32,
    key_offset: u32,
    name: u32,
    parent: u32,
    /// How many children there are.
    children: u32,
    /// The child of the last row that came here.
    predicted: u32,
    /// Another child of the same parent; all of them form a ring.
    sibling: u32,
    layout: u32,
}

/// A key that was found in a row, and where.
pub(super) struct Key<'a> {
    /// All bytes between the value before and this key's value.
    pub(super) glue: &'a [u8],
    /// Where in them the key's opening quote is.
    pub(super) offset: usize,
    /// The key without quotes.
    pub(super) text: &'a [u8],
}

/// The tree.
pub(super) struct Shapes {
    nodes: Vec<Node>,
    glue: Vec<u8>,
    /// The children of nodes that have more than a few, by parent and name.
    edges: HashMap<(u32, u32), u32>,
    pub(super) names: Names,
}

impl Default for Shapes {
    fn default() -> Self {
        let root = Node {
            prefix: Prefix::default(),
            high: 0,
            glue_start: 0,
            glue_len: 0,
            key_offset: 0,
            name: NONE,
            parent: NONE,
            children: 0,
            predicted: NONE,
            sibling: NONE,
            layout: NONE,
        };
        Self { nodes: vec![root], glue: Vec::new(), edges: HashMap::new(), names: Names::default() }
    }
}

impl Shapes {
    /// Keeps what was seen for rows to come, with the layouts that stay, unless it is much.
    pub(super) fn reset(&mut self, layouts: &mut Layouts) {
        let Shapes { nodes, glue, edges: _, names } = self;
        let bytes = || glue.len() + names.texts.iter().map(|text| text.len()).sum::<usize>();
        if nodes.len() > MOST_KEPT || names.texts.len() > MOST_KEPT || bytes() > MOST_KEPT_BYTES {
            *layouts = Layouts::default();
            *self = Shapes::default();
            return;
        }
        let kept = layouts.reset();
        for node in nodes.iter_mut().filter(|node| node.layout as usize >= kept) {
            node.layout = NONE;
        }
    }

    /// Tells where the key and the value are of the member that most rows have after `node`, if this row
    /// has it at `pos` too.
    #[inline(always)]
    pub(super) fn predicted(&self, node: u32, scanner: &mut Scanner<'_>, pos: usize) -> Option<(u32, usize, usize)> {
        let bytes = scanner.bytes();
        let child = self.nodes.get(node as usize)?.predicted;
        let expected = self.nodes.get(child as usize)?;
        let len = expected.glue_len as usize;
        if !expected.prefix.is_at(bytes, pos) || (len > Prefix::LEN && !self.matches_rest(expected, bytes, pos)) {
            return None;
        }
        // The key was scanned before, in a row that may have failed the check that this asks for.
        scanner.note_high(expected.high);
        Some((child, pos + expected.key_offset as usize, pos + len))
    }

    #[inline(never)]
    fn matches_rest(&self, expected: &Node, bytes: &[u8], pos: usize) -> bool {
        let rest = self.glue_of(expected).get(Prefix::LEN..).unwrap_or_default();
        bytes.get(pos + Prefix::LEN..).is_some_and(|bytes| bytes.starts_with(rest))
    }

    fn glue_of(&self, node: &Node) -> &[u8] {
        self.glue.get(node.glue_start..node.glue_start + node.glue_len as usize).unwrap_or_default()
    }

    /// Returns the node that follows `node` by this key, which is expected from now on.
    #[inline(never)]
    pub(super) fn follow(&mut self, node: u32, key: &Key<'_>) -> u32 {
        let by_text = self.children(node).find(|(_, child)| self.glue_of(child) == key.glue);
        let child = match by_text.map(|(id, _)| id) {
            Some(child) => child,
            None => {
                let name = self.names.intern(&unescaped(key.text));
                match self.child(node, name) {
                    Some(child) => child,
                    None => self.grow(node, name, key),
                }
            }
        };
        self.predict(node, child);
        child
    }

    /// Walks a few children of a node from the predicted one on.
    fn children(&self, parent: u32) -> impl Iterator<Item = (u32, &Node)> {
        let first = self.nodes.get(parent as usize).map_or(NONE, |node| node.predicted);
        let mut next = Some(first);
        std::iter::from_fn(move || {
            let id = next?;
            let child = self.nodes.get(id as usize)?;
            next = Some(child.sibling).filter(|sibling| *sibling != first);
            Some((id, child))
        })
        .take(FEW)
    }

    /// Finds a child by its name.
    fn child(&self, parent: u32, name: u32) -> Option<u32> {
        if self.nodes.get(parent as usize)?.children as usize > FEW {
            return self.edges.get(&(parent, name)).copied();
        }
        self.children(parent).find(|(_, child)| child.name == name).map(|(id, _)| id)
    }

    fn grow(&mut self, parent: u32, name: u32, key: &Key<'_>) -> u32 {
        let child = self.nodes.len() as u32;
        let glue_start = self.glue.len();
        self.glue.extend_from_slice(key.glue);
        let Some(above) = self.nodes.get_mut(parent as usize) else { return child };
        above.children += 1;
        let (predicted, children) = (above.predicted, above.children as usize);
        if children > FEW {
            self.index_child((parent, name), child);
        }
        // The new child joins the ring behind the predicted one, or makes a ring of its own.
        let sibling = match self.nodes.get_mut(predicted as usize) {
            Some(predicted) => std::mem::replace(&mut predicted.sibling, child),
            None => child,
        };
        self.nodes.push(Node {
            prefix: Prefix::new(key.glue),
            high: if key.glue.is_ascii() { 0 } else { u64::MAX },
            glue_start,
            glue_len: key.glue.len() as u32,
            key_offset: key.offset as u32,
            name,
            parent,
            children: 0,
            predicted: NONE,
            sibling,
            layout: NONE,
        });
        child
    }

    /// Makes a child known by hash, and the few before it.
    fn index_child(&mut self, (parent, name): (u32, u32), child: u32) {
        if self.nodes.get(parent as usize).is_some_and(|parent| parent.children as usize == FEW + 1) {
            let few: Vec<_> = self.children(parent).map(|(id, node)| ((parent, node.name), id)).collect();
            self.edges.extend(few);
        }
        self.edges.insert((parent, name), child);
    }

    fn predict(&mut self, node: u32, child: u32) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.predicted = child;
        }
    }

    /// Returns the names along the path to a node.
    pub(super) fn path(&self, node: u32) -> Vec<u32> {
        let mut names = Vec::new();
        let mut at = node;
        while let Some(node) = self.nodes.get(at as usize)
            && node.parent != NONE
        {
            names.push(node.name);
            at = node.parent;
        }
        names.reverse();
        names
    }

    /// Returns the layout of untouched rows that end at this node, or [`NONE`].
    #[inline]
    pub(super) fn layout(&self, node: u32) -> u32 {
        self.nodes.get(node as usize).map_or(NONE, |node| node.layout)
    }

    /// Sets the layout of untouched rows that end at this node.
    pub(super) fn set_layout(&mut self, node: u32, layout: u32) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.layout = layout;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_not_kept_for_the_next_batch() {
        let mut shapes = Shapes::default();
        shapes.names.intern(b"short");
        shapes.reset(&mut Layouts::default());
        assert!(shapes.names.find(b"short").is_some());
        let long = vec![b'x'; 1 << 20];
        shapes.names.intern(&long);
        shapes.reset(&mut Layouts::default());
        assert!(shapes.names.find(&long).is_none());
    }
}
