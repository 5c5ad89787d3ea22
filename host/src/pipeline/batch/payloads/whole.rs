//! Makes a checked change whose path is empty: it is about whole keys and values.

use std::collections::HashSet;

use super::layouts::{LEAVE, NO_OBJECT};
use super::operation::{Change, KINDS, Operation, Outcome, Refusal, Target, kind_index};
use super::shapes::NONE;
use super::{Payloads, ValueKind};

impl Payloads {
    /// Makes a change to whole keys or values; returns the rows that must be rejected.
    pub(super) fn apply_to_whole(&mut self, operation: &Operation, targets: &[Target]) -> Vec<(u32, Refusal)> {
        match &operation.change {
            Change::ByKind(outcomes) => self.refused_by_kind(outcomes, targets),
            Change::Retain(names) => self.retain(names, targets),
            // The check refuses all others.
            Change::Put(_) | Change::Replace(_) | Change::Remove | Change::Rename(_) => Vec::new(),
        }
    }

    fn refused_by_kind(&self, outcomes: &[Outcome; KINDS], targets: &[Target]) -> Vec<(u32, Refusal)> {
        let of = |kind: ValueKind| outcomes.get(kind_index(kind)).copied();
        let takes_objects = of(ValueKind::Object) == Some(Outcome::Keep);
        let refused = targets.iter().filter_map(|target| {
            if takes_objects && self.cell(target.row).layout < NO_OBJECT {
                return None;
            }
            match of(self.kind(target.row)) {
                Some(Outcome::Reject(reason)) => Some((target.row, Refusal::Reason(reason))),
                _ => None,
            }
        });
        refused.collect()
    }

    fn retain(&mut self, names: &HashSet<Vec<u8>>, targets: &[Target]) -> Vec<(u32, Refusal)> {
        // Names that nobody used before are of no row.
        let names: HashSet<u32> = names.iter().filter_map(|name| self.shapes.names.find(name)).collect();
        let mut next = vec![NONE; self.layouts.len()];
        let mut refused = Vec::new();
        for target in targets {
            let layout = self.cell(target.row).layout;
            match next.get_mut(layout as usize) {
                Some(next) => {
                    if *next == NONE {
                        *next = self.layouts.retain(layout, &names);
                    }
                    self.set_layout(target.row, *next);
                }
                None if layout == LEAVE => {}
                None => refused.push((target.row, Refusal::NoObject(self.no_object(target.row)))),
            }
        }
        refused
    }
}
