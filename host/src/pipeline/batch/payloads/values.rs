//! Turns the columns that guests write into JSON text in the arena, one value per row. Where the values go
//! is the business of `change`.

use super::super::columns::{ABSENT, BatchError, BytesColumn, FieldColumn, IntegerColumn, NULL, NumberColumn, OTHER};
use super::super::json::{append_quoted, check_utf8, value_within};
use super::Payloads;
use super::arena::Span;
use super::operation::invalid;

/// What a guest's column says for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// This JSON text.
    Value(Span),
    Remove,
    /// The row is left as it is.
    Leave,
}

/// Checks that a column of bytes has `rows` rows, none with a length below `lowest`, and as many bytes as they
/// say.
pub(in super::super) fn check_lengths(column: &BytesColumn, rows: usize, lowest: i32) -> Result<(), BatchError> {
    if column.lengths.len() != rows {
        return Err(invalid(format!("a column has {} rows where there are {rows}", column.lengths.len())));
    }
    if let Some((row, length)) = column.lengths.iter().enumerate().find(|(_, length)| **length < lowest) {
        return Err(invalid(format!("row {row} of a column has the length {length}; {lowest} is the lowest allowed")));
    }
    let bytes: u64 = column.lengths.iter().map(|length| (*length).max(0) as u64).sum();
    if bytes != column.data.len() as u64 {
        return Err(invalid(format!("a column's lengths add up to {bytes}, but it has {} bytes", column.data.len())));
    }
    Ok(())
}

/// Checks a column as [`check_lengths`] does, and walks its values.
pub(in super::super) fn checked_rows(
    column: &BytesColumn,
    rows: usize,
    lowest: i32,
) -> Result<impl Iterator<Item = Result<&[u8], i32>>, BatchError> {
    check_lengths(column, rows, lowest)?;
    let mut rest = &*column.data;
    Ok(column.lengths.iter().map(move |length| {
        let (value, behind) = rest.split_at_checked(usize::try_from(*length).map_err(|_| *length)?).ok_or(OTHER)?;
        rest = behind;
        Ok(value)
    }))
}

impl Payloads {
    /// Checks a column for fields that lie inside of `depth` objects, and stores its values.
    pub(super) fn write_column(
        &mut self,
        column: FieldColumn,
        rows: usize,
        depth: usize,
    ) -> Result<Vec<Written>, BatchError> {
        // The column's place in the batch counts too, or empty values would cost nothing.
        self.arena.charge((rows * size_of::<Span>()) as u64)?;
        match column {
            FieldColumn::Json(column) => self.write_json(column, rows, depth),
            FieldColumn::Text(column) => self.write_text(&column, rows),
            FieldColumn::Integer(IntegerColumn { states, values }) => {
                self.write_numbers(&states, (&values, rows), |out, value| {
                    out.extend_from_slice(value.to_string().as_bytes())
                })
            }
            FieldColumn::Number(NumberColumn { states, values }) => {
                if let Some(row) =
                    values.iter().zip(0..).position(|(value, row)| !value.is_finite() && is_value(&states, row))
                {
                    return Err(invalid(format!(
                        "row {row} of a column of numbers is not finite; JSON has no such numbers"
                    )));
                }
                self.write_numbers(&states, (&values, rows), |out, value| {
                    out.extend_from_slice(format!("{value:?}").as_bytes());
                })
            }
        }
    }

    fn write_json(&mut self, column: BytesColumn, rows: usize, depth: usize) -> Result<Vec<Written>, BatchError> {
        check_lengths(&column, rows, OTHER)?;
        let null = self.write_null(&column.lengths)?;
        let mut span = self.arena.adopt(column.data)?;
        let (bytes, base) = self.arena.around(span);
        let mut written = Vec::with_capacity(rows);
        for (row, length) in column.lengths.iter().enumerate() {
            let Ok(length) = u32::try_from(*length) else {
                written.push(without_value(*length, null));
                continue;
            };
            span.end = span.start + length;
            let text = (span.start as usize - base, span.end as usize - base);
            let (start, end) = value_within(bytes, text, depth)
                .map_err(|problem| invalid(format!("row {row} of a column is no JSON: {problem}")))?;
            written.push(Written::Value(Span { start: (base + start) as u32, end: (base + end) as u32 }));
            span.start = span.end;
        }
        Ok(written)
    }

    fn write_text(&mut self, column: &BytesColumn, rows: usize) -> Result<Vec<Written>, BatchError> {
        let values = checked_rows(column, rows, OTHER)?;
        let null = self.write_null(&column.lengths)?;
        let mut written = Vec::with_capacity(rows);
        for (row, value) in values.enumerate() {
            written.push(match value {
                Ok(text) => {
                    check_utf8(text).map_err(|problem| invalid(format!("row {row} of a column of text: {problem}")))?;
                    Written::Value(self.arena.write_with(|out| append_quoted(out, text))?)
                }
                Err(sentinel) => without_value(sentinel, null),
            });
        }
        Ok(written)
    }

    fn write_numbers<T: Copy>(
        &mut self,
        states: &[i8],
        (values, rows): (&[T], usize),
        write: impl Fn(&mut Vec<u8>, T),
    ) -> Result<Vec<Written>, BatchError> {
        if values.len() != rows || (!states.is_empty() && states.len() != rows) {
            let (values, states) = (values.len(), states.len());
            return Err(invalid(format!(
                "a column has {values} values and {states} states where there are {rows} rows"
            )));
        }
        if let Some(state) = states.iter().find(|state| !(OTHER..=0).contains(&i32::from(**state))) {
            return Err(invalid(format!("a column has the state {state}; 0, -1, -2 and -3 are possible")));
        }
        let null = self.write_null(states)?;
        let mut written = Vec::with_capacity(rows);
        for (row, value) in values.iter().enumerate() {
            written.push(match states.get(row) {
                None | Some(0) => Written::Value(self.arena.write_with(|out| write(out, *value))?),
                Some(state) => without_value(i32::from(*state), null),
            });
        }
        Ok(written)
    }

    /// Stores the text of null, if one of these lengths or states asks for it.
    fn write_null<T: Copy + Into<i32>>(&mut self, sentinels: &[T]) -> Result<Span, BatchError> {
        let needed = sentinels.iter().any(|sentinel| (*sentinel).into() == NULL);
        if needed { self.arena.write(b"null") } else { Ok(Span::default()) }
    }
}

fn is_value(states: &[i8], row: usize) -> bool {
    states.get(row).is_none_or(|state| *state == 0)
}

fn without_value(sentinel: i32, null: Span) -> Written {
    match sentinel {
        NULL => Written::Value(null),
        ABSENT => Written::Remove,
        _ => Written::Leave,
    }
}
