//! Whole keys and values in the form `cbor`: between rows and the conversions of `batch::cbor`. A row that is
//! written becomes JSON text at once, as the row's schema says at that time.

use super::super::cbor::{self, Decimals, Fault, Nulls, Plain, Type};
use super::super::codec::java_utf8;
use super::super::columns::{ABSENT, BatchError, BytesColumn, NULL, OTHER, ValueKind};
use super::super::content::Content;
use super::super::schema_table::SchemaTable;
use super::arena::full;
use super::operation::invalid;
use super::values::checked_rows;
use super::{Cell, Notation, Payloads, Span, TOMBSTONE, UNMADE};

impl Payloads {
    /// Returns rows as CBOR.
    ///
    /// # Errors
    /// Refuses to make more of it than guests may add to a batch.
    pub(super) fn read_cbor(&mut self, rows: &[u32], schemas: &SchemaTable) -> Result<BytesColumn, BatchError> {
        let most = self.arena.room();
        let mut column = BytesColumn { lengths: Vec::with_capacity(rows.len()), data: Vec::new() };
        for row in rows {
            let start = column.data.len();
            let length = match self.append_row_cbor(*row, (&mut column.data, most), schemas) {
                Ok(true) => i32::try_from(column.data.len() - start).unwrap_or(OTHER),
                Ok(false) => NULL,
                Err(Fault::Value(_)) => OTHER,
                Err(Fault::Full) => return Err(full()),
            };
            column.data.truncate(if length < 0 { start } else { column.data.len() });
            column.lengths.push(length);
        }
        Ok(column)
    }

    /// Appends a row; says whether there is a value.
    fn append_row_cbor(
        &mut self,
        row: u32,
        (out, most): (&mut Vec<u8>, usize),
        schemas: &SchemaTable,
    ) -> Result<bool, Fault> {
        let cell = self.cell(row);
        let Some(document) = self.document(cell) else { return Ok(false) };
        let bytes = self.arena.get(document.span);
        match document.notation {
            _ if out.len().saturating_add(bytes.len()) > most => return Err(Fault::Full),
            Notation::Bytes => cbor::append_bytes(bytes, out),
            Notation::Text => cbor::append_text(&java_utf8(bytes), out),
            Notation::Json => {
                let schema = schemas.parsed(self.schema(row));
                if self.kind(row) == ValueKind::Null {
                    return Ok(false);
                }
                let schema = schema.map(|schema| (schema, Nulls::Stored));
                if document.layout == cell.layout {
                    return cbor::append_cbor(bytes, schema, out, most).map(|()| true);
                }
                let mut text = Vec::with_capacity(document.span.len());
                self.append_json(row, &mut text);
                cbor::append_cbor(&text, schema, out, most)?;
            }
        }
        Ok(true)
    }

    /// Replaces rows.
    ///
    /// # Errors
    /// Says which row is wrong, and where; some rows may have been replaced by then.
    pub(super) fn write_cbor(
        &mut self,
        rows: &[u32],
        column: &BytesColumn,
        schemas: &SchemaTable,
    ) -> Result<(), BatchError> {
        self.check_whole(column, rows.len())?;
        for ((position, row), value) in rows.iter().enumerate().zip(checked_rows(column, rows.len(), OTHER)?) {
            let cell = match value {
                Ok(cbor) => self.cbor_cell((position, cbor), schemas.parsed(self.schema(*row)))?,
                Err(OTHER) => continue,
                Err(_) => TOMBSTONE,
            };
            if let Some(place) = self.cells.get_mut(*row as usize) {
                *place = cell;
            }
        }
        Ok(())
    }

    /// Makes a document of what a guest wrote for the row at `position`.
    pub(super) fn cbor_cell(
        &mut self,
        (position, cbor): (usize, &[u8]),
        schema: Option<&Type>,
    ) -> Result<Cell, BatchError> {
        let refused = |fault: Fault| match fault {
            Fault::Full => full(),
            fault => invalid(format!("row {position}: {fault}")),
        };
        let (plain, notation) = match &self.content {
            Content::Text if cbor::is_text(cbor) => (cbor::read_text(cbor).map_err(refused)?, Notation::Text),
            Content::Opaque if schema.is_none_or(Type::is_bytes) && cbor::is_bytes(cbor) => {
                (cbor::read_bytes(cbor).map_err(refused)?, Notation::Bytes)
            }
            Content::Text | Content::Opaque | Content::Json(_) | Content::Coded(_) => {
                let mut json = Vec::with_capacity(cbor.len() + cbor.len() / 2);
                // Java has numbers in texts.
                let is_text = match &self.content {
                    Content::Coded(codec) => codec.is_text(),
                    content => *content == Content::Text,
                };
                let decimals = if is_text { Decimals::Numeric } else { Decimals::Base64 };
                let schema = schema.map(|schema| (schema, decimals));
                cbor::append_json(cbor, schema, &mut json, self.arena.room()).map_err(refused)?;
                let span = self.arena.write(&json)?;
                let raw = if self.content.is_plain_json() { span } else { UNMADE };
                // What was made here is JSON, unless it nests deeper than JSON may.
                return self.add_json(span, (raw, 0)).map_err(|problem| invalid(format!("row {position}: {problem}")));
            }
        };
        match plain {
            Plain::Null => Ok(TOMBSTONE),
            Plain::Value(bytes) => {
                let span: Span = self.arena.write(&bytes)?;
                Ok(self.add_plain(span, notation))
            }
        }
    }

    /// Checks a column of whole keys or values.
    pub(super) fn check_whole(&mut self, column: &BytesColumn, rows: usize) -> Result<(), BatchError> {
        super::values::check_lengths(column, rows, OTHER)?;
        if let Some(row) = column.lengths.iter().position(|length| *length == ABSENT) {
            return Err(invalid(format!(
                "row {row} has the length -2, which only fields can have; -1 makes a tombstone"
            )));
        }
        // A row's place in the batch counts too, or empty ones would cost nothing.
        self.arena.charge(column.lengths.len() as u64 * 32)
    }
}
