//! Which parts of an expression may match nothing, as it is read.

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

/// The part that is being read, and those around it.
#[derive(Debug)]
pub(super) struct Parts {
    here: Part,
    around: Vec<Part>,
    repeats_nothing: Option<String>,
}

/// Alternatives, up to the point that is read.
#[derive(Debug)]
struct Part {
    /// Whether one of the alternatives before this one may match nothing.
    alternative: bool,
    /// Whether all of this alternative may, but the last atom.
    before: bool,
    /// Whether the last atom may.
    last: bool,
}

impl Part {
    const EMPTY: Part = Part { alternative: false, before: true, last: true };

    fn may_be_empty(&self) -> bool {
        self.alternative || (self.before && self.last)
    }
}

impl Parts {
    pub(super) fn new() -> Self {
        Parts { here: Part::EMPTY, around: Vec::new(), repeats_nothing: None }
    }

    /// Reads something that no quantifier was read for yet.
    pub(super) fn atom(&mut self, least: Least) {
        self.here.before &= self.here.last;
        self.here.last = least == Least::Nothing;
    }

    pub(super) fn alternative(&mut self) {
        self.here = Part { alternative: self.here.may_be_empty(), ..Part::EMPTY };
    }

    pub(super) fn open(&mut self) {
        self.around.push(std::mem::replace(&mut self.here, Part::EMPTY));
    }

    pub(super) fn close(&mut self) {
        let group = Least::nothing_if(|| self.here.may_be_empty());
        self.here = self.around.pop().unwrap_or(Part::EMPTY);
        self.atom(group);
    }

    /// Reads how often the last atom is matched: `*`, `+`, `?` or `{least,most}`.
    pub(super) fn quantifier(&mut self, quantifier: &str) {
        let counts = quantifier.trim_matches(['{', '}']);
        let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
        let is_zero = |count: &str| !count.is_empty() && count.bytes().all(|digit| digit == b'0');
        let once = quantifier == "?" || matches!(most.trim_start_matches('0'), "1") || is_zero(most);
        if self.here.last && !once && self.repeats_nothing.is_none() {
            self.repeats_nothing = Some(quantifier.to_owned());
        }
        self.here.last |= matches!(quantifier, "*" | "?") || is_zero(least);
    }

    /// Returns the first quantifier that repeats what may match nothing.
    pub(super) fn repeats_nothing(self) -> Option<String> {
        self.repeats_nothing
    }
}
