//! What a column holds for one row, and the number that says so at the border. Columns themselves are in
//! `column.rs`.

/// The length or state of a null.
const NULL: i32 = -1;
/// The length or state of a field that is not there; written, it removes the field.
const ABSENT: i32 = -2;
/// Read: a value that the column's form can't express. Written: leaves the row as it is.
const OTHER: i32 = -3;

/// What a column holds for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<T> {
    /// A value.
    Value(T),
    /// JSON's null, or a key or value of no bytes.
    Null,
    /// The field is not there. Written, it removes the field.
    Absent,
    /// Read: a value that the form asked for can't express, such as a number in a column of text.
    /// Written: leaves the row as it is. So a column that is read, changed and written back never
    /// harms the rows that it could not read.
    Other,
}

impl<T> Cell<T> {
    /// Returns the value, if there is one.
    ///
    /// ```
    /// use airlock_sdk::Cell;
    /// assert_eq!(Cell::Value(7).value(), Some(7));
    /// assert_eq!(Cell::<i64>::Absent.value(), None);
    /// ```
    pub fn value(self) -> Option<T> {
        match self {
            Cell::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Changes the value, if there is one.
    ///
    /// ```
    /// use airlock_sdk::Cell;
    /// assert_eq!(Cell::Value(7).map(|n| n + 1), Cell::Value(8));
    /// assert_eq!(Cell::<i32>::Null.map(|n| n + 1), Cell::Null);
    /// ```
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Cell<U> {
        match self {
            Cell::Value(value) => Cell::Value(change(value)),
            Cell::Null => Cell::Null,
            Cell::Absent => Cell::Absent,
            Cell::Other => Cell::Other,
        }
    }

    /// Returns the state, or the length that stands for it: 0 for a value.
    pub(crate) fn state(&self) -> i32 {
        match self {
            Cell::Value(_) => 0,
            Cell::Null => NULL,
            Cell::Absent => ABSENT,
            Cell::Other => OTHER,
        }
    }
}

/// Reads a cell by its length. A length that the data can't satisfy reads as [`Cell::Other`].
pub(crate) fn read_cell<T>(length: i32, value: impl FnOnce(usize) -> Option<T>) -> Cell<T> {
    match length {
        NULL => Cell::Null,
        ABSENT => Cell::Absent,
        _ => usize::try_from(length).ok().and_then(value).map_or(Cell::Other, Cell::Value),
    }
}
