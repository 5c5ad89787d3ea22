//! Which parts of an expression may match nothing, and which have groups, as it is read.

/// What a part matches at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    /// It may match nothing.
    Nothing,
    /// A character.
    Character,
}

impl Least {
    /// Sorts a part by whether it may match nothing.
    pub(super) fn nothing_if(may_be_empty: impl FnOnce() -> bool) -> Self {
        if may_be_empty() { Least::Nothing } else { Least::Character }
    }
}

/// What becomes of what a group matched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Group {
    /// It can be told.
    Kept,
    #[default]
    Forgotten,
}

/// The part that is being read, and those around it.
#[derive(Debug)]
pub(super) struct Parts {
    here: Part,
    around: Vec<Part>,
    unclear: Option<String>,
}

/// Alternatives, up to the point that is read.
#[derive(Debug, Default)]
struct Part {
    group: Group,
    /// Whether a group that is kept is in it.
    has_groups: bool,
    /// Whether one of the alternatives before this one may match nothing.
    empty_alternative: bool,
    /// Whether something in this alternative, before the last atom, can't match nothing.
    is_full: bool,
    last: Atom,
}

/// What a quantifier is for.
#[derive(Debug, Default)]
struct Atom {
    /// Whether it can't match nothing.
    is_full: bool,
    group: Group,
    has_groups: bool,
}

impl Part {
    fn may_be_empty(&self) -> bool {
        self.empty_alternative || !(self.is_full || self.last.is_full)
    }
}

impl Parts {
    pub(super) fn new() -> Self {
        Parts { here: Part::default(), around: Vec::new(), unclear: None }
    }

    /// Reads something that isn't a group.
    pub(super) fn atom(&mut self, least: Least) {
        self.push(Atom { is_full: least == Least::Character, ..Atom::default() });
    }

    fn push(&mut self, atom: Atom) {
        self.here.is_full |= self.here.last.is_full;
        self.here.has_groups |= atom.group == Group::Kept || atom.has_groups;
        self.here.last = atom;
    }

    pub(super) fn alternative(&mut self) {
        let Part { group, has_groups, .. } = self.here;
        self.here = Part { group, has_groups, empty_alternative: self.here.may_be_empty(), ..Part::default() };
    }

    pub(super) fn open(&mut self, group: Group) {
        self.around.push(std::mem::replace(&mut self.here, Part { group, ..Part::default() }));
    }

    pub(super) fn close(&mut self) {
        let closed = std::mem::replace(&mut self.here, self.around.pop().unwrap_or_default());
        let (is_full, Part { group, has_groups, .. }) = (!closed.may_be_empty(), closed);
        self.push(Atom { is_full, group, has_groups });
    }

    /// Reads how often the last atom is matched: `*`, `+`, `?` or `{least,most}`.
    pub(super) fn quantifier(&mut self, quantifier: &str) {
        let counts = quantifier.trim_matches(['{', '}']);
        let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
        let is_zero = |count: &str| !count.is_empty() && count.bytes().all(|digit| digit == b'0');
        let once = quantifier == "?" || most.trim_start_matches('0') == "1" || is_zero(most);
        let Atom { is_full, group, has_groups } = self.here.last;
        let no_match = is_zero(most) && (group == Group::Kept || has_groups);
        // Java doesn't take back what groups in it matched, where it gives back a match of the whole.
        let is_unclear = no_match || (has_groups && quantifier != "?") || (!is_full && !once);
        if is_unclear && self.unclear.is_none() {
            self.unclear = Some(quantifier.to_owned());
        }
        self.here.last.is_full &= !matches!(quantifier, "*" | "?") && !is_zero(least);
    }

    /// Returns the first quantifier after which what the groups are isn't what it is in Java.
    pub(super) fn unclear(self) -> Option<String> {
        self.unclear
    }
}
