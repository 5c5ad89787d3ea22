//! Changes one field of an object's text, however deep, and leaves all other text as it is. For whole rows
//! of many, `payloads` has a faster way; this one is for what lies below and for repeated keys.

use std::collections::HashSet;

use super::super::columns::ValueKind;
use super::object::{Member, last_member, members, names};
use super::scan::kind;
use super::text::{append_quoted, unescaped};

/// What a choice by kind comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Choice<'a> {
    Keep,
    /// Writes this JSON text.
    Put(&'a [u8]),
    Remove,
    /// Rejects the row with the reason of this number.
    Reject(u32),
}

/// The change of a field, for one row. Values are JSON text.
pub(in super::super) enum Leaf<'a> {
    /// Gives it another name; a field that has the name already goes.
    Rename(&'a [u8]),
    /// Keeps only the fields of these names in it, if it is an object.
    Retain(&'a HashSet<Vec<u8>>),
    /// Does what its kind calls for.
    Choose(&'a dyn Fn(ValueKind) -> Choice<'a>),
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Rewritten {
    /// There was nothing to change; nothing was appended.
    Unchanged,
    /// The whole changed text was appended.
    Changed,
    /// What should hold the field is of this kind.
    NoObject(ValueKind),
    /// The row is to be rejected with the reason of this number.
    Rejected(u32),
}

/// Appends `object`, which is valid JSON, with a change to the field at `path`.
pub(in super::super) fn rewrite(object: &[u8], path: &[&[u8]], leaf: &Leaf<'_>, out: &mut Vec<u8>) -> Rewritten {
    let kind = kind(object);
    let start = out.len();
    let rewritten = match path {
        _ if kind != ValueKind::Object => below_no_object(kind, leaf),
        [] => retain(object, leaf, out),
        [name] if !matches!(leaf, Leaf::Retain(_)) => rewrite_field(object, name, leaf, out),
        [name, below @ ..] => rewrite_below(object, (name, below), leaf, out),
    };
    if rewritten != Rewritten::Changed {
        out.truncate(start);
    }
    rewritten
}

/// A change below what is no object: nothing is there to be changed, and nothing can be added.
fn below_no_object(kind: ValueKind, leaf: &Leaf<'_>) -> Rewritten {
    match absent(leaf) {
        Choice::Put(_) => Rewritten::NoObject(kind),
        Choice::Reject(reason) => Rewritten::Rejected(reason),
        Choice::Keep | Choice::Remove => Rewritten::Unchanged,
    }
}

/// Appends `value` inside of as many new objects as `path` has names.
pub(in super::super) fn append_wrapped(path: &[&[u8]], value: &[u8], out: &mut Vec<u8>) {
    for name in path {
        out.push(b'{');
        append_quoted(out, name);
        out.push(b':');
    }
    out.extend_from_slice(value);
    out.extend(path.iter().map(|_| b'}'));
}

fn rewrite_below(object: &[u8], (name, below): (&[u8], &[&[u8]]), leaf: &Leaf<'_>, out: &mut Vec<u8>) -> Rewritten {
    let start = out.len();
    let mut writer = Writer::new(object, out);
    let mut last = None;
    let mut changed = false;
    for member in members(object) {
        if !names(member.key_in(object), name) {
            writer.keep(&member);
            continue;
        }
        let mut value = Vec::new();
        let rewritten = rewrite(member.value_in(object), below, leaf, &mut value);
        // If the row goes on although this one can't be changed, a later one hides it: what the change was
        // meant for must not survive in it. A plain value has nothing of the kind.
        let refused = matches!(rewritten, Rewritten::Rejected(_) | Rewritten::NoObject(_));
        let hides = refused && kind(member.value_in(object)) == ValueKind::Object;
        match rewritten {
            Rewritten::Changed => writer.replace(&member, &value),
            _ if hides => writer.skip(),
            _ => writer.keep(&member),
        }
        changed |= hides || rewritten == Rewritten::Changed;
        last = Some(rewritten);
    }
    match last {
        Some(Rewritten::Changed | Rewritten::Unchanged) if changed => {
            writer.finish();
            Rewritten::Changed
        }
        Some(rewritten) => rewritten,
        None => {
            out.truncate(start);
            add_below(object, (name, below), leaf, out)
        }
    }
}

fn add_below(object: &[u8], (name, below): (&[u8], &[&[u8]]), leaf: &Leaf<'_>, out: &mut Vec<u8>) -> Rewritten {
    let Choice::Put(value) = absent(leaf) else { return add_field(object, name, leaf, out) };
    let mut wrapped = Vec::new();
    append_wrapped(below, value, &mut wrapped);
    add_field(object, name, &Leaf::Choose(&|_| Choice::Put(&wrapped)), out)
}

/// Returns what is to be done where the field is absent.
fn absent<'a>(leaf: &Leaf<'a>) -> Choice<'a> {
    match leaf {
        Leaf::Choose(choose) => choose(ValueKind::Absent),
        Leaf::Rename(_) | Leaf::Retain(_) => Choice::Keep,
    }
}

fn rewrite_field(object: &[u8], name: &[u8], leaf: &Leaf<'_>, out: &mut Vec<u8>) -> Rewritten {
    let Some(last) = last_member(object, name) else { return add_field(object, name, leaf, out) };
    let choice = match leaf {
        Leaf::Choose(choose) => choose(kind(last.value_in(object))),
        Leaf::Rename(to) => return rename(object, (name, to), out),
        Leaf::Retain(_) => return Rewritten::Unchanged,
    };
    if let Choice::Reject(reason) = choice {
        return Rewritten::Rejected(reason);
    }
    let mut writer = Writer::new(object, out);
    let mut changed = false;
    for member in members(object) {
        let choice = match (names(member.key_in(object), name), leaf) {
            (false, _) => Choice::Keep,
            (true, Leaf::Choose(choose)) if choice == Choice::Keep && member != last => {
                hidden(choose(kind(member.value_in(object))))
            }
            (true, _) => choice,
        };
        changed |= choice != Choice::Keep;
        match choice {
            Choice::Put(value) => writer.replace(&member, value),
            Choice::Keep => writer.keep(&member),
            Choice::Remove | Choice::Reject(_) => writer.skip(),
        }
    }
    if !changed {
        return Rewritten::Unchanged;
    }
    writer.finish();
    Rewritten::Changed
}

/// Returns what becomes of a field that a later one of the same name hides and that stays as it is: what the
/// change was meant for must not survive.
fn hidden(own: Choice<'_>) -> Choice<'_> {
    if own == Choice::Keep { Choice::Keep } else { Choice::Remove }
}

fn add_field(object: &[u8], name: &[u8], leaf: &Leaf<'_>, out: &mut Vec<u8>) -> Rewritten {
    let value = match absent(leaf) {
        Choice::Put(value) => value,
        Choice::Reject(reason) => return Rewritten::Rejected(reason),
        Choice::Keep | Choice::Remove => return Rewritten::Unchanged,
    };
    let mut writer = Writer::new(object, out);
    members(object).for_each(|member| writer.keep(&member));
    writer.add(name, value);
    writer.finish();
    Rewritten::Changed
}

fn rename(object: &[u8], (name, to): (&[u8], &[u8]), out: &mut Vec<u8>) -> Rewritten {
    if name == to {
        return Rewritten::Unchanged;
    }
    let mut writer = Writer::new(object, out);
    for member in members(object) {
        let key = member.key_in(object);
        if names(key, name) {
            writer.add(to, member.value_in(object));
        } else if names(key, to) {
            writer.skip();
        } else {
            writer.keep(&member);
        }
    }
    writer.finish();
    Rewritten::Changed
}

fn retain(object: &[u8], leaf: &Leaf<'_>, out: &mut Vec<u8>) -> Rewritten {
    let Leaf::Retain(kept) = leaf else { return Rewritten::Unchanged };
    let mut writer = Writer::new(object, out);
    let mut changed = false;
    for member in members(object) {
        if kept.contains(&*unescaped(member.key_in(object))) {
            writer.keep(&member);
        } else {
            writer.skip();
            changed = true;
        }
    }
    writer.finish();
    if changed { Rewritten::Changed } else { Rewritten::Unchanged }
}

/// Writes an object member by member; members that stay are copied in runs.
struct Writer<'a> {
    object: &'a [u8],
    out: &'a mut Vec<u8>,
    run: Option<(usize, usize)>,
    empty: bool,
}

impl<'a> Writer<'a> {
    fn new(object: &'a [u8], out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { object, out, run: None, empty: true }
    }

    fn keep(&mut self, member: &Member) {
        self.run = Some((self.run.map_or(member.key, |(start, _)| start), member.end));
    }

    /// Leaves out the next member.
    fn skip(&mut self) {
        self.flush();
    }

    fn replace(&mut self, member: &Member, value: &[u8]) {
        self.run = Some((self.run.map_or(member.key, |(start, _)| start), member.value));
        self.flush();
        self.out.extend_from_slice(value);
    }

    fn add(&mut self, name: &[u8], value: &[u8]) {
        self.flush();
        self.comma();
        append_quoted(self.out, name);
        self.out.push(b':');
        self.out.extend_from_slice(value);
    }

    fn flush(&mut self) {
        if let Some((start, end)) = self.run.take() {
            self.comma();
            self.out.extend_from_slice(self.object.get(start..end).unwrap_or_default());
        }
    }

    fn comma(&mut self) {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
    }

    fn finish(mut self) {
        self.flush();
        self.out.push(b'}');
    }
}
