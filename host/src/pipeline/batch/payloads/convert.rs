//! Understands whole keys and values: Kafka's bytes as the part's content says, and what guests read and write.
//! The way back to Kafka's bytes is in `encode`.

use std::sync::Arc;

use super::super::codec::Codec;
use super::super::columns::{BatchError, BytesColumn, Form, NULL, OTHER, ValueKind};
use super::super::content::{Content, Envelope};
use super::super::json::Problem;
use super::super::schema_table::SchemaTable;
use super::envelope::NO_ENVELOPE;
use super::operation::invalid;
use super::values::checked_rows;
use super::{Cell, Document, NO_OBJECT, Notation, Original, PLAIN, Payloads, Span, TOMBSTONE, UNMADE};

/// For how many fields there is room from the start.
const MOST_SLOTS: usize = 100_000;
/// Java's words for bytes that are no JSON.
const NO_JSON: &str = "Converting byte[] to Kafka Connect data failed due to serialization error";

fn no_json(problem: Problem) -> String {
    format!("{NO_JSON}: {problem}")
}

impl Payloads {
    /// Makes a row of each record from `first` on, behind all others, and decodes it. Returns those that can't
    /// be understood, by how many rows came before, and why; they hold bytes.
    pub(in super::super) fn decode(&mut self, first: usize, schemas: &mut SchemaTable) -> Vec<(usize, String)> {
        self.constant = self.content.constant_schema(schemas);
        if matches!(self.content, Content::Text | Content::Opaque) {
            let plain = |(record, original): (u32, &Original)| match original.null {
                true => TOMBSTONE,
                false => Cell { document: PLAIN | record, layout: NO_OBJECT },
            };
            self.cells.extend((first as u32..).zip(self.originals.get(first..).unwrap_or_default()).map(plain));
            return Vec::new();
        }
        let mut failed = Vec::new();
        let rows = self.originals.len().saturating_sub(first);
        self.cells.reserve(rows);
        self.documents.reserve(rows);
        for index in 0..rows {
            let Some(Original { span, null }) = self.originals.get(first + index).copied() else { break };
            let cell = if null { Ok(TOMBSTONE) } else { self.understand(span, schemas) };
            let cell = cell.unwrap_or_else(|text| {
                failed.push((index, text));
                self.add_plain(span, Notation::Bytes)
            });
            self.cells.push(cell);
            if self.content.brings_schemas() {
                self.adopt_schema(self.cells.len() as u32 - 1);
            }
            if index == 0 {
                // The rows that follow mostly have as many fields.
                self.slots.reserve(self.slots.len().saturating_mul(rows).min(MOST_SLOTS));
            }
        }
        failed
    }

    /// Gives a row the schema that came with its document.
    fn adopt_schema(&mut self, row: u32) {
        let schema = self.document(self.cell(row)).map_or(self.constant, |document| document.schema);
        if schema != self.schema(row) {
            self.set_schema(row, schema);
        }
    }

    /// Makes a document of bytes as Kafka has them.
    #[inline]
    fn understand(&mut self, span: Span, schemas: &mut SchemaTable) -> Result<Cell, String> {
        match &self.content {
            Content::Text => Ok(self.add_plain(span, Notation::Text)),
            Content::Opaque => Ok(self.add_plain(span, Notation::Bytes)),
            Content::Json(json) => match json.envelope {
                Envelope::None if span.len() == 0 => Ok(TOMBSTONE),
                Envelope::Around if span.len() == 0 => Err(NO_ENVELOPE.to_owned()),
                Envelope::Around => self.understand_envelope(span, schemas),
                Envelope::Apart(schema) => self.understand_payload(span, (span, schema), schemas),
                Envelope::None => self.add_json(span, (span, 0)).map_err(no_json),
            },
            Content::Coded(codec) => {
                let codec = Arc::clone(codec);
                self.understand_coded(span, &*codec, schemas)
            }
        }
    }

    /// Makes a document of what a converter's code makes of bytes.
    fn understand_coded(&mut self, span: Span, codec: &dyn Codec, schemas: &mut SchemaTable) -> Result<Cell, String> {
        let mut json = std::mem::take(&mut self.scratch);
        json.clear();
        let schema = codec.decode(self.arena.get(span), schemas, &mut json);
        let text = self.arena.append(&json);
        self.scratch = json;
        let text = text.ok_or("the batch has more than 4 GiB; lower max.poll.records")?;
        self.add_json(text, (span, schema?)).map_err(no_json)
    }

    fn understand_envelope(&mut self, span: Span, schemas: &mut SchemaTable) -> Result<Cell, String> {
        if let Some(expected) = self.expected_envelope(span)
            && let Ok(cell) = self.add_json(expected.payload, (span, expected.schema))
        {
            return self.checked(cell, schemas);
        }
        let envelope = self.open_envelope(span, schemas)?;
        self.understand_payload(envelope.payload, (span, envelope.schema), schemas)
    }

    /// Makes a document of a payload: the bytes that it came in, and its schema.
    fn understand_payload(
        &mut self,
        payload: Span,
        (raw, schema): (Span, u32),
        schemas: &SchemaTable,
    ) -> Result<Cell, String> {
        let cell = self.add_json(payload, (raw, schema)).map_err(no_json)?;
        self.checked(cell, schemas)
    }

    #[inline]
    pub(super) fn add_plain(&mut self, span: Span, notation: Notation) -> Cell {
        self.add_document(Document { span, raw: span, schema: self.constant, slots: 0, layout: NO_OBJECT, notation })
    }

    /// Returns all rows in a form.
    ///
    /// # Errors
    /// Refuses to make more CBOR than guests may add to a batch.
    pub(in super::super) fn read(
        &mut self,
        rows: &[u32],
        form: Form,
        schemas: &SchemaTable,
    ) -> Result<BytesColumn, BatchError> {
        if form == Form::Cbor {
            return self.read_cbor(rows, schemas);
        }
        if form == Form::Raw
            && let Some(column) = self.read_kept(rows)
        {
            return Ok(column);
        }
        let mut column = BytesColumn { lengths: Vec::with_capacity(rows.len()), data: Vec::new() };
        for row in rows {
            let start = column.data.len();
            let present = match form {
                Form::Raw => self.append_raw(*row, &mut column.data, schemas).ok(),
                _ => match self.kind(*row) {
                    ValueKind::Absent | ValueKind::Null => Some(false),
                    // Bytes are nothing in JSON.
                    _ => self.append_json(*row, &mut column.data).then_some(true),
                },
            };
            let length = match present {
                Some(true) => i32::try_from(column.data.len() - start).unwrap_or(OTHER),
                Some(false) => NULL,
                None => OTHER,
            };
            column.data.truncate(if length < 0 { start } else { column.data.len() });
            column.lengths.push(length);
        }
        Ok(column)
    }

    /// Returns rows that nobody changed, neighbours in one piece; none where one was changed.
    fn read_kept(&self, rows: &[u32]) -> Option<BytesColumn> {
        let mut column = BytesColumn { lengths: Vec::with_capacity(rows.len()), data: Vec::new() };
        let (mut pieces, mut bytes) = (Vec::<Span>::new(), 0);
        for row in rows {
            if self.is_tombstone(*row) {
                column.lengths.push(NULL);
                continue;
            }
            let span = self.kept(*row)?;
            column.lengths.push(i32::try_from(span.len()).ok()?);
            bytes += span.len();
            match pieces.last_mut() {
                Some(last) if last.end == span.start && self.arena.is_consumed(span) => last.end = span.end,
                _ => pieces.push(span),
            }
        }
        column.data.reserve_exact(bytes);
        pieces.into_iter().for_each(|piece| column.data.extend_from_slice(self.arena.get(piece)));
        Some(column)
    }

    /// Takes the schema of texts or bytes from a row that holds neither any more: who writes JSON there mostly doesn't
    /// know of schemas.
    fn shed_constant(&mut self, row: u32) {
        let is_plain = matches!(self.content, Content::Text | Content::Opaque);
        let has_constant = self.constant != 0 && self.schema(row) == self.constant;
        if is_plain && has_constant && !matches!(self.kind(row), ValueKind::Text | ValueKind::Null | ValueKind::Absent)
        {
            self.set_schema(row, 0);
        }
    }

    /// Replaces rows.
    ///
    /// # Errors
    /// Refuses what is not of the form; some rows may have been replaced by then.
    pub(in super::super) fn write(
        &mut self,
        rows: &[u32],
        (form, column): (Form, BytesColumn),
        schemas: &mut SchemaTable,
    ) -> Result<(), BatchError> {
        self.documents.reserve(rows.len());
        if form == Form::Cbor {
            return self.write_cbor(rows, &column, schemas);
        }
        let spans = self.write_whole(rows.len(), column)?;
        for ((position, row), span) in rows.iter().enumerate().zip(spans) {
            let cell = match span {
                Err(OTHER) => continue,
                Err(_) => TOMBSTONE,
                Ok(span) => {
                    self.written(span, form, schemas).map_err(|text| invalid(format!("row {position}: {text}")))?
                }
            };
            if let Some(place) = self.cells.get_mut(*row as usize) {
                *place = cell;
            }
            match form {
                // Only what brings a schema changes it; otherwise the row keeps its own.
                Form::Raw if cell != TOMBSTONE && (self.constant != 0 || self.content.brings_schemas()) => {
                    self.adopt_schema(*row);
                }
                Form::Json => self.shed_constant(*row),
                _ => {}
            }
        }
        Ok(())
    }

    /// Stores the bytes of a column of whole keys or values; none is a span where a length says otherwise.
    fn write_whole(
        &mut self,
        rows: usize,
        column: BytesColumn,
    ) -> Result<impl Iterator<Item = Result<Span, i32>> + use<>, BatchError> {
        self.check_whole(&column, rows)?;
        let mut start = self.arena.adopt(column.data)?.start;
        Ok(column.lengths.into_iter().map(move |length| {
            let length = u32::try_from(length).map_err(|_| length)?;
            let span = Span { start, end: start + length };
            start = span.end;
            Ok(span)
        }))
    }

    /// Makes a document of what a guest wrote.
    #[inline]
    fn written(&mut self, span: Span, form: Form, schemas: &mut SchemaTable) -> Result<Cell, String> {
        if form == Form::Raw {
            return self.understand(span, schemas);
        }
        let raw = if self.content.is_plain_json() { span } else { UNMADE };
        self.add_json(span, (raw, 0)).map_err(|problem| format!("it is no JSON: {problem}"))
    }

    /// Appends as many rows of a source's as the column must have; `ids` are their schemas', or empty.
    ///
    /// # Errors
    /// Refuses what is not of the form; some rows may have been appended by then.
    pub(in super::super) fn append(
        &mut self,
        (rows, ids): (usize, &[u32]),
        (form, column): (Form, BytesColumn),
        schemas: &mut SchemaTable,
    ) -> Result<(), BatchError> {
        if form == Form::Cbor {
            self.check_whole(&column, rows)?;
            for (position, value) in checked_rows(&column, rows, OTHER)?.enumerate() {
                let schema = ids.get(position).and_then(|id| schemas.parsed(*id));
                let cell = match value {
                    Ok(cbor) => Ok(self.cbor_cell((position, cbor), schema)?),
                    Err(length) => Err(length),
                };
                self.append_cell(position, cell, ids)?;
            }
            return Ok(());
        }
        for (position, span) in self.write_whole(rows, column)?.enumerate() {
            let refused = |text| invalid(format!("row {position}: {text}"));
            let cell = match span {
                Ok(span) => Ok(self.written(span, form, schemas).map_err(refused)?),
                Err(length) => Err(length),
            };
            self.append_cell(position, cell, ids)?;
        }
        Ok(())
    }

    /// Appends a row, or a tombstone where a column says so.
    fn append_cell(&mut self, position: usize, cell: Result<Cell, i32>, ids: &[u32]) -> Result<(), BatchError> {
        let cell = match cell {
            Ok(cell) => cell,
            Err(NULL) => TOMBSTONE,
            Err(length) => return Err(invalid(format!("row {position} has the length {length}; -1 is a tombstone"))),
        };
        let row = self.cells.len() as u32;
        self.cells.push(cell);
        self.adopt_schema(row);
        if let Some(id) = ids.get(position) {
            self.set_schema(row, *id);
        }
        let document = self.document(cell);
        let span = document.map(|document| if document.raw == UNMADE { document.span } else { document.raw });
        self.originals.push(Original { span: span.unwrap_or_default(), null: span.is_none() });
        Ok(())
    }
}
