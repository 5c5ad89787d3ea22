//! Why a value can't be converted, and where in it.

use std::fmt;

/// How long the path to a value may get before its start is left out.
const PATH_LIMIT: usize = 400;
/// How much of a name or value is shown.
const SHOWN: usize = 60;

/// Why a value can't be converted.
#[derive(Debug)]
pub(in super::super) enum Fault {
    /// It, or something in it, is not what it has to be.
    Value(Box<Misfit>),
    /// The result would be too long for the batch.
    Full,
}

/// What is wrong, and where.
#[derive(Debug)]
pub(in super::super) struct Misfit {
    path: String,
    what: String,
}

impl Fault {
    /// Says what is wrong.
    #[cold]
    pub(in super::super) fn new(what: impl Into<String>) -> Fault {
        Fault::Value(Box::new(Misfit { path: String::new(), what: what.into() }))
    }

    /// Says what should have been there.
    #[cold]
    pub(super) fn expected(expected: &str, found: &str) -> Fault {
        Fault::new(format!("expected {expected}, found {found}"))
    }

    /// Says that it happened in a field.
    #[cold]
    pub(super) fn in_field(self, name: &str) -> Fault {
        self.within(|path| {
            let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
            format!("{}{dot}{path}", shown(name))
        })
    }

    /// Says that it happened in an element of an array.
    #[cold]
    pub(super) fn in_element(self, index: u64) -> Fault {
        self.within(|path| {
            let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
            format!("[{index}]{dot}{path}")
        })
    }

    fn within(mut self, longer: impl FnOnce(&str) -> String) -> Fault {
        if let Fault::Value(misfit) = &mut self
            && misfit.path.len() < PATH_LIMIT
        {
            misfit.path = longer(&misfit.path);
        }
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Full => f.write_str("it is too long"),
            Fault::Value(misfit) if misfit.path.is_empty() => f.write_str(&misfit.what),
            Fault::Value(misfit) => write!(f, "{}: {}", misfit.path, misfit.what),
        }
    }
}

/// Returns the start of a text, to be shown to people.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
