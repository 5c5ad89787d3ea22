//! Reads fields out of rows, as they are after all edits so far. Does not change anything.

use super::super::columns::{
    ABSENT, BatchError, BytesColumn, FieldColumn, FieldForm, IntegerColumn, NULL, NumberColumn, OTHER, ValueKind,
};
use super::super::json::{self, Lone, append_unquoted, last_member};
use super::layouts::{Field, NO_OBJECT, Source};
use super::operation::checked_path;
use super::shapes::NONE;
use super::{Cell, Notation, Payloads, Span};

/// Finds the same field in one row after the other.
struct Finder<'a> {
    payloads: &'a Payloads,
    name: Option<u32>,
    below: &'a [String],
    /// The layout of the last row, and the field in it.
    last: (u32, Option<Field>),
}

impl<'a> Finder<'a> {
    fn new(payloads: &'a Payloads, path: &'a [String]) -> Result<Self, BatchError> {
        checked_path(path)?;
        let (first, below) = path.split_first().map(|(first, below)| (first.as_str(), below)).unwrap_or_default();
        let name = payloads.shapes.names.find(first.as_bytes());
        Ok(Self { payloads, name, below, last: (NONE, None) })
    }

    /// Returns the JSON text of the field in a row.
    #[inline]
    fn find(&mut self, row: u32) -> Option<&'a [u8]> {
        let cell = self.payloads.cell(row);
        if cell.layout >= NO_OBJECT {
            return None;
        }
        if self.last.0 != cell.layout {
            let fields = self.payloads.layouts.fields(cell.layout);
            self.last = (cell.layout, fields.iter().rfind(|field| Some(field.name) == self.name).copied());
        }
        let mut text = self.payloads.value(row, cell, self.last.1?.source);
        for name in self.below {
            text = last_member(text, name.as_bytes())?.value_in(text);
        }
        Some(text)
    }
}

impl Payloads {
    /// Returns the JSON text of a field of a row.
    #[inline]
    pub(super) fn value(&self, row: u32, cell: Cell, source: Source) -> &[u8] {
        self.arena.get(match source {
            Source::Original(slot) => {
                let first = self.document(cell).map_or(NONE, |document| document.slots);
                let slot = self.slots.get(first as usize + slot as usize);
                slot.map_or(Span::default(), |slot| Span { start: slot.value, end: slot.end })
            }
            Source::Constant(span) => span,
            Source::Column(column) => self.column_value(column, row),
        })
    }

    /// Returns a row's value in a column.
    #[inline]
    pub(super) fn column_value(&self, column: u32, row: u32) -> Span {
        let column = self.columns.get(column as usize);
        column.and_then(|column| column.get(row as usize)).copied().unwrap_or_default()
    }

    /// Returns the kind of a field in each row.
    pub(in super::super) fn field_kinds(&self, rows: &[u32], path: &[String]) -> Result<Vec<ValueKind>, BatchError> {
        let mut finder = Finder::new(self, path)?;
        Ok(rows.iter().map(|row| json::kind(finder.find(*row).unwrap_or_default())).collect())
    }

    /// Returns a field of each row.
    pub(in super::super) fn read_field(
        &self,
        rows: &[u32],
        path: &[String],
        form: FieldForm,
    ) -> Result<FieldColumn, BatchError> {
        let mut finder = Finder::new(self, path)?;
        let mut find = |row: &u32| finder.find(*row);
        Ok(match form {
            FieldForm::Json => FieldColumn::Json(bytes(rows.iter().map(&mut find), |text, out| {
                out.extend_from_slice(text);
                true
            })),
            FieldForm::Text => FieldColumn::Text(bytes(rows.iter().map(&mut find), |text, out| {
                text.first() == Some(&b'"') && append_unquoted(out, text, Lone::Refuse)
            })),
            FieldForm::Integer => {
                let (states, values) = numbers(rows.iter().map(find));
                FieldColumn::Integer(IntegerColumn { states, values })
            }
            FieldForm::Number => {
                let (mut states, values) = numbers::<f64>(rows.iter().map(find));
                for (state, value) in states.iter_mut().zip(&values) {
                    *state = if value.is_finite() { *state } else { OTHER as i8 };
                }
                FieldColumn::Number(NumberColumn { states, values })
            }
        })
    }

    /// Says why a row's fields can't be changed although it has a value, in Java's words.
    pub(super) fn no_object(&self, row: u32) -> String {
        let cell = self.cell(row);
        let Some(document) = self.document(cell) else { return refusal("Map", "null") };
        match document.notation {
            Notation::Bytes => refusal("Struct", "[B"),
            Notation::Text => refusal("Struct", "java.lang.String"),
            Notation::Json => {
                let kind = if self.schema(row) == 0 { "Map" } else { "Struct" };
                refusal(kind, class_name(self.arena.get(document.span)))
            }
        }
    }
}

/// Says that a field can't be changed, in Java's words.
pub(super) fn refusal(wanted: &str, class: &str) -> String {
    let absence = if wanted == "Map" { " in absence of schema" } else { "" };
    format!("Only {wanted} objects supported{absence} for [field edit], found: {class}")
}

/// Returns the Java class that Kafka's `JsonConverter` makes of a JSON value without a schema.
pub(super) fn class_name(value: &[u8]) -> &'static str {
    class_of(json::kind(value))
}

/// Returns the Java class of values of a kind.
pub(super) fn class_of(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Absent | ValueKind::Null => "null",
        ValueKind::Boolean => "java.lang.Boolean",
        ValueKind::Integer => "java.lang.Long",
        ValueKind::Fraction => "java.lang.Double",
        ValueKind::Text => "java.lang.String",
        ValueKind::Array => "java.util.ArrayList",
        ValueKind::Object => "java.util.HashMap",
    }
}

/// Makes a column of bytes; `append` says whether it could.
fn bytes<'a>(
    texts: impl ExactSizeIterator<Item = Option<&'a [u8]>>,
    append: impl Fn(&[u8], &mut Vec<u8>) -> bool,
) -> BytesColumn {
    let mut column = BytesColumn { lengths: Vec::with_capacity(texts.len()), data: Vec::new() };
    for text in texts {
        let start = column.data.len();
        let length = match text {
            None => ABSENT,
            Some(b"null") => NULL,
            Some(text) if !append(text, &mut column.data) => OTHER,
            Some(_) => i32::try_from(column.data.len() - start).unwrap_or(OTHER),
        };
        if length < 0 {
            column.data.truncate(start);
        }
        column.lengths.push(length);
    }
    column
}

/// Makes a column of numbers: states and values.
fn numbers<'a, T: std::str::FromStr + Default>(
    texts: impl ExactSizeIterator<Item = Option<&'a [u8]>>,
) -> (Vec<i8>, Vec<T>) {
    let (mut states, mut values) = (Vec::with_capacity(texts.len()), Vec::with_capacity(texts.len()));
    for text in texts {
        let number = text.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        states.push(match (text, &number) {
            (None, _) => ABSENT as i8,
            (Some(b"null"), _) => NULL as i8,
            (Some(_), None) => OTHER as i8,
            (Some(_), Some(_)) => 0,
        });
        values.push(number.unwrap_or_default());
    }
    (states, values)
}
