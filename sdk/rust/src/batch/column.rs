//! Columns: one value per row, as they cross the border to the host. What a column holds is told by
//! [`Cell`]; where columns come from and go to, by [`Fields`](crate::Fields).

use super::cell::{Cell, read_cell};
use crate::error::BatchError;

/// A column of byte strings: JSON texts, CBOR, or Kafka's own bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BytesColumn {
    pub(crate) lengths: Vec<i32>,
    pub(crate) data: Vec<u8>,
}

impl BytesColumn {
    /// Returns an empty column with room for `rows` rows of `bytes` bytes in all.
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        Self { lengths: Vec::with_capacity(rows), data: Vec::with_capacity(bytes) }
    }

    /// Adds a row.
    ///
    /// ```
    /// use airlock_sdk::{BytesColumn, Cell};
    /// let mut column = BytesColumn::default();
    /// column.push(Cell::Value("17"));
    /// column.push(Cell::<&str>::Null);
    /// assert_eq!(column.iter().collect::<Vec<_>>(), [Cell::Value(&b"17"[..]), Cell::Null]);
    /// ```
    pub fn push(&mut self, cell: Cell<impl AsRef<[u8]>>) {
        push_bytes(&mut self.lengths, cell, |bytes| self.data.extend_from_slice(bytes.as_ref()));
    }

    /// Returns what each row holds, in order.
    pub fn iter(&self) -> impl Iterator<Item = Cell<&[u8]>> {
        let mut rest = self.data.as_slice();
        self.lengths.iter().map(move |&length| {
            read_cell(length, |length| {
                let (value, after) = rest.split_at_checked(length)?;
                rest = after;
                Some(value)
            })
        })
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Returns how many bytes all rows have together.
    pub fn byte_size(&self) -> usize {
        self.data.len()
    }
}

/// A column of text: the decoded characters of JSON strings. Quotes and escapes are the host's work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextColumn {
    pub(crate) lengths: Vec<i32>,
    pub(crate) data: String,
}

impl TextColumn {
    /// Returns an empty column with room for `rows` rows of `bytes` bytes in all.
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        Self { lengths: Vec::with_capacity(rows), data: String::with_capacity(bytes) }
    }

    pub(crate) fn from_bytes(column: BytesColumn) -> Result<Self, BatchError> {
        let data = String::from_utf8(column.data)
            .map_err(|error| BatchError::InvalidArgument(format!("a column of text is not UTF-8: {error}")))?;
        Ok(Self { lengths: column.lengths, data })
    }

    /// Adds a row.
    pub fn push(&mut self, cell: Cell<impl AsRef<str>>) {
        push_bytes(&mut self.lengths, cell.map(Text), |text| self.data.push_str(text.0.as_ref()));
    }

    /// Returns what each row holds, in order.
    ///
    /// ```
    /// use airlock_sdk::{Cell, TextColumn};
    /// let mut shouted = TextColumn::default();
    /// shouted.push(Cell::Value("hello".to_uppercase()));
    /// shouted.push(Cell::<&str>::Other);
    /// assert_eq!(shouted.iter().collect::<Vec<_>>(), [Cell::Value("HELLO"), Cell::Other]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = Cell<&str>> {
        let mut rest = self.data.as_str();
        self.lengths.iter().map(move |&length| {
            read_cell(length, |length| {
                let (value, after) = rest.split_at_checked(length)?;
                rest = after;
                Some(value)
            })
        })
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }
}

/// A column of 64-bit integers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntColumn {
    pub(crate) states: Vec<i8>,
    pub(crate) values: Vec<i64>,
}

/// A column of doubles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FloatColumn {
    pub(crate) states: Vec<i8>,
    pub(crate) values: Vec<f64>,
}

macro_rules! number_column {
    ($column:ident, $number:ty) => {
        impl $column {
            /// Adds a row.
            pub fn push(&mut self, cell: Cell<$number>) {
                self.states.push(cell.state() as i8);
                self.values.push(cell.value().unwrap_or_default());
            }

            /// Returns what each row holds, in order.
            pub fn iter(&self) -> impl Iterator<Item = Cell<$number>> {
                let states = self.states.iter().copied().map(i32::from).chain(std::iter::repeat(0));
                self.values.iter().zip(states).map(|(&value, state)| read_cell(state, |_| Some(value)))
            }

            /// Returns how many rows there are.
            pub fn len(&self) -> usize {
                self.values.len()
            }

            /// Returns whether there are no rows.
            pub fn is_empty(&self) -> bool {
                self.values.is_empty()
            }
        }

        impl From<Vec<$number>> for $column {
            /// Makes a column in which every row has a value.
            fn from(values: Vec<$number>) -> Self {
                Self { states: Vec::new(), values }
            }
        }

        impl FromIterator<Cell<$number>> for $column {
            fn from_iter<I: IntoIterator<Item = Cell<$number>>>(cells: I) -> Self {
                let mut column = Self::default();
                cells.into_iter().for_each(|cell| column.push(cell));
                column
            }
        }
    };
}

number_column!(IntColumn, i64);
number_column!(FloatColumn, f64);

impl<T: AsRef<[u8]>> FromIterator<Cell<T>> for BytesColumn {
    fn from_iter<I: IntoIterator<Item = Cell<T>>>(cells: I) -> Self {
        let mut column = Self::default();
        cells.into_iter().for_each(|cell| column.push(cell));
        column
    }
}

impl<T: AsRef<str>> FromIterator<Cell<T>> for TextColumn {
    fn from_iter<I: IntoIterator<Item = Cell<T>>>(cells: I) -> Self {
        let mut column = Self::default();
        cells.into_iter().for_each(|cell| column.push(cell));
        column
    }
}

/// A column of one field, in one of four forms.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldColumn {
    /// JSON texts.
    Json(BytesColumn),
    /// The characters of JSON strings.
    Text(TextColumn),
    /// Integers.
    Int(IntColumn),
    /// Doubles.
    Float(FloatColumn),
}

impl From<BytesColumn> for FieldColumn {
    fn from(column: BytesColumn) -> Self {
        FieldColumn::Json(column)
    }
}

impl From<TextColumn> for FieldColumn {
    fn from(column: TextColumn) -> Self {
        FieldColumn::Text(column)
    }
}

impl From<IntColumn> for FieldColumn {
    fn from(column: IntColumn) -> Self {
        FieldColumn::Int(column)
    }
}

impl From<FloatColumn> for FieldColumn {
    fn from(column: FloatColumn) -> Self {
        FieldColumn::Float(column)
    }
}

/// Lets text be measured as bytes.
struct Text<T>(T);

impl<T: AsRef<str>> AsRef<[u8]> for Text<T> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref().as_bytes()
    }
}

fn push_bytes<T: AsRef<[u8]>>(lengths: &mut Vec<i32>, cell: Cell<T>, append: impl FnOnce(T)) {
    let state = cell.state();
    match cell {
        Cell::Value(value) => {
            // The host refuses a column of more than 2 GiB, so a wrapped length never gets anywhere.
            lengths.push(value.as_ref().len() as i32);
            append(value);
        }
        _ => lengths.push(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cells_come_back() {
        let cells = [Cell::Value("grün"), Cell::Null, Cell::Value(""), Cell::Absent, Cell::Other];
        assert_eq!(cells.into_iter().collect::<TextColumn>().iter().collect::<Vec<_>>(), cells);
        let bytes = cells.map(|cell| cell.map(str::as_bytes));
        assert_eq!(bytes.into_iter().collect::<BytesColumn>().iter().collect::<Vec<_>>(), bytes);
        let numbers = [Cell::Value(7), Cell::Null, Cell::Absent, Cell::Other];
        assert_eq!(numbers.into_iter().collect::<IntColumn>().iter().collect::<Vec<_>>(), numbers);
    }

    #[test]
    fn a_column_without_states_is_all_values() {
        assert_eq!(IntColumn::from(vec![1, 2]).iter().collect::<Vec<_>>(), [Cell::Value(1), Cell::Value(2)]);
    }

    #[test]
    fn lengths_beyond_the_text_read_as_other() {
        let column = TextColumn { lengths: vec![1, 99, 1, -7], data: "ab".to_owned() };
        assert_eq!(column.iter().collect::<Vec<_>>(), [Cell::Value("a"), Cell::Other, Cell::Value("b"), Cell::Other]);
        let split = TextColumn { lengths: vec![1], data: "ü".to_owned() };
        assert_eq!(split.iter().collect::<Vec<_>>(), [Cell::Other]);
    }

    #[test]
    fn text_must_be_utf_8() {
        let column = BytesColumn { lengths: vec![1], data: vec![0xff] };
        assert!(TextColumn::from_bytes(column).is_err());
    }
}
