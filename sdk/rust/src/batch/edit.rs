//! Changes to fields, built first and then applied to all rows in one call of the host.

use super::column::FieldColumn;

/// The way to a field: the names from the outermost object inwards. A name may hold dots. [`Path::WHOLE`] is the
/// whole key or value.
///
/// ```
/// use airlock_sdk::Path;
/// let flat: Path = "email".into();
/// let nested: Path = ["contact", "e.mail"].into();
/// assert_eq!(flat.names(), ["email"]);
/// assert_eq!(nested.names(), ["contact", "e.mail"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(pub(crate) Vec<String>);

impl Path {
    /// The whole key or value. [`Edit::retain`] works there, and [`Edit::by_kind`] that keeps and rejects,
    /// which also sees tombstones ([`ValueKind::Absent`]) and nulls.
    pub const WHOLE: Path = Path(Vec::new());

    /// Returns the names.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl From<&str> for Path {
    fn from(name: &str) -> Self {
        Path(vec![name.to_owned()])
    }
}

impl From<&String> for Path {
    fn from(name: &String) -> Self {
        Path(vec![name.clone()])
    }
}

impl<const N: usize> From<[&str; N]> for Path {
    fn from(names: [&str; N]) -> Self {
        Path(names.iter().map(|&name| name.to_owned()).collect())
    }
}

impl From<&[String]> for Path {
    fn from(names: &[String]) -> Self {
        Path(names.to_vec())
    }
}

impl From<&Path> for Path {
    fn from(path: &Path) -> Self {
        path.clone()
    }
}

/// The kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Not there.
    Absent,
    /// JSON's null.
    Null,
    /// True or false.
    Boolean,
    /// A number without fraction or exponent.
    Integer,
    /// Any other number.
    Fraction,
    /// A string.
    Text,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// What [`Edit::by_kind`] does with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindOutcome {
    /// Leaves it.
    Keep,
    /// Writes this JSON text, adding the field where it is absent.
    Put(Vec<u8>),
    /// Takes the field away.
    Remove,
    /// Rejects the row with this reason.
    Reject(String),
}

impl KindOutcome {
    /// Writes this JSON text.
    pub fn put(json: impl Into<Vec<u8>>) -> Self {
        KindOutcome::Put(json.into())
    }
}

/// Changes to fields, applied in order to all rows in one call: [`Fields::edit`](crate::Fields::edit).
///
/// Rows whose key or value is null are left as they are; rows in which it is no object are rejected.
///
/// ```
/// use airlock_sdk::Edit;
/// let edit = Edit::new().put_constant("source", "\"web\"").remove("ssn").rename("mail", "email");
/// assert!(!edit.is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub(crate) operations: Vec<Operation>,
}

/// An operation as it will cross the boundary, so that an edit that is made once crosses without copies.
#[cfg(target_arch = "wasm32")]
type Operation = crate::wasm::bindings::imports::airlock::connect::records::EditOperation;
#[cfg(not(target_arch = "wasm32"))]
type Operation = (Path, Change);

/// A change to one field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    Put(FieldValue),
    Replace(FieldValue),
    Remove,
    Rename(String),
    ByKind(Vec<(ValueKind, KindOutcome)>),
    Retain(Vec<String>),
}

/// A new value for a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FieldValue {
    Constant(Vec<u8>),
    Column(FieldColumn),
}

impl Edit {
    /// Returns an edit that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Writes the same JSON text to every row, adding the field where it is absent.
    pub fn put_constant(self, path: impl Into<Path>, json: impl Into<Vec<u8>>) -> Self {
        self.with(path, Change::Put(FieldValue::Constant(json.into())))
    }

    /// Writes a column, adding the field where it is absent.
    pub fn put(self, path: impl Into<Path>, column: impl Into<FieldColumn>) -> Self {
        self.with(path, Change::Put(FieldValue::Column(column.into())))
    }

    /// Writes the same JSON text where the field is present (a null is present), and nowhere else.
    pub fn replace_constant(self, path: impl Into<Path>, json: impl Into<Vec<u8>>) -> Self {
        self.with(path, Change::Replace(FieldValue::Constant(json.into())))
    }

    /// Writes a column where the field is present (a null is present), and nowhere else.
    pub fn replace(self, path: impl Into<Path>, column: impl Into<FieldColumn>) -> Self {
        self.with(path, Change::Replace(FieldValue::Column(column.into())))
    }

    /// Takes the field away; of a repeated key, all.
    pub fn remove(self, path: impl Into<Path>) -> Self {
        self.with(path, Change::Remove)
    }

    /// Gives the field another name in its place; a field that has that name already goes.
    pub fn rename(self, path: impl Into<Path>, name: impl Into<String>) -> Self {
        self.with(path, Change::Rename(name.into()))
    }

    /// Chooses by the kind of the present value. Kinds that aren't listed are kept.
    pub fn by_kind(self, path: impl Into<Path>, outcomes: impl IntoIterator<Item = (ValueKind, KindOutcome)>) -> Self {
        self.with(path, Change::ByKind(outcomes.into_iter().collect()))
    }

    /// Of the object there, keeps only the fields of these names, where they are; a value that is no object
    /// stays.
    pub fn retain(self, path: impl Into<Path>, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(path, Change::Retain(names.into_iter().map(Into::into).collect()))
    }

    fn with(mut self, path: impl Into<Path>, change: Change) -> Self {
        self.operations.push(Operation::from((path.into(), change)));
        self
    }
}
