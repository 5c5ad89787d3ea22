//! The keys or the values of a batch: the bytes as they came, an index of their fields, and the edits. Rows
//! are numbered as the batch stores them. Does not know fates, nor which rows a guest sees.

mod arena;
mod below;
mod cbor_form;
mod change;
mod check;
mod convert;
mod encode;
mod envelope;
mod fields;
mod index;
mod layouts;
mod operation;
mod plan;
mod reset;
mod shapes;
mod values;
mod whole;

use super::columns::{BatchError, ValueKind};
use super::content::Content;
use super::json;

use encode::Encoded;
use envelope::LastEnvelope;
use index::{Found, Indexer, Slot};
use layouts::{Field, LEAVE, Layouts, NO_OBJECT, Source};
use plan::Plan;
use shapes::{NONE, Shapes};

pub(super) use arena::{Arena, Mark, Span};
pub(super) use operation::{Operation, Refusal, Target, invalid};
pub(super) use values::checked_rows;

/// How the text of a document is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// Bytes that nobody looks into, or nobody has yet.
    Bytes,
    /// The characters of a string, as they are.
    Text,
    /// JSON.
    Json,
}

/// A whole key or value as it was consumed or written.
#[derive(Debug, Clone, Copy)]
struct Document {
    /// The text: of an envelope the payload.
    span: Span,
    /// The bytes for Kafka of a row that holds this and nothing else, or [`UNMADE`].
    raw: Span,
    /// Its fields are the slots from here on, as many as its layout has.
    slots: u32,
    /// Its layout before any edit.
    layout: u32,
    /// The schema that came with it; 0 for none.
    schema: u32,
    notation: Notation,
}

/// What a row holds now: a document, and the layout that edits have led to. Tombstones have no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    document: u32,
    layout: u32,
}

/// Stands for bytes that must be made.
const UNMADE: Span = Span { start: u32::MAX, end: u32::MAX };

/// Set in the number of a document that is a record as it came: such need not be stored.
const PLAIN: u32 = 1 << 31;

const TOMBSTONE: Cell = Cell { document: NONE, layout: LEAVE };

/// A key or value as it came into the batch.
#[derive(Debug, Clone, Copy)]
struct Original {
    span: Span,
    null: bool,
}

/// What is restored when a call is undone; everything else was only appended to.
struct Savepoint {
    cells: Vec<Cell>,
    schemas: Vec<u32>,
    originals: usize,
    arena: Mark,
    documents: usize,
    slots: usize,
    columns: usize,
}

/// The keys or the values of all rows.
#[derive(Default)]
pub(super) struct Payloads {
    content: Content,
    /// The schema of all that comes in, whatever the bytes; 0 where they say, or there is none. It is [`Content`]'s once
    /// something was decoded: what a source appends has its own.
    constant: u32,
    arena: Arena,
    originals: Vec<Original>,
    documents: Vec<Document>,
    slots: Vec<Slot>,
    shapes: Shapes,
    layouts: Layouts,
    plans: Vec<Option<Plan>>,
    /// Values that edits wrote, per column and row.
    columns: Vec<Vec<Span>>,
    cells: Vec<Cell>,
    schemas: Vec<u32>,
    saved: Vec<Savepoint>,
    first_write: bool,
    /// Whether a guest has ever written.
    touched: bool,
    last_envelope: Option<LastEnvelope>,
    /// Room for one text at a time.
    scratch: Vec<u8>,
    encoded: Vec<Encoded>,
    out: Vec<u8>,
}

impl Payloads {
    pub(super) fn new(content: Content) -> Self {
        Self { content, ..Self::default() }
    }

    /// Adds a record with bytes as Kafka has them, not decoded yet. Tells whether they fit; if not, the record
    /// is there all the same.
    #[inline]
    pub(super) fn push(&mut self, bytes: Option<&[u8]>) -> bool {
        let span = self.arena.append(bytes.unwrap_or_default());
        self.originals.push(Original { span: span.unwrap_or_default(), null: bytes.is_none() || span.is_none() });
        span.is_some()
    }

    /// Returns how many bytes came in and were written since.
    pub(super) fn byte_size(&self) -> usize {
        self.arena.len()
    }

    /// Returns the bytes of a row as they came.
    pub(super) fn original(&self, origin: u32) -> Option<&[u8]> {
        let original = self.originals.get(origin as usize).filter(|original| !original.null)?;
        Some(self.arena.get(original.span))
    }

    #[inline]
    fn cell(&self, row: u32) -> Cell {
        self.cells.get(row as usize).copied().unwrap_or(TOMBSTONE)
    }

    #[inline]
    fn document(&self, cell: Cell) -> Option<Document> {
        match cell.document {
            NONE => None,
            number if number & PLAIN != 0 => self.plain_document(number & !PLAIN),
            number => self.documents.get(number as usize).copied(),
        }
    }

    #[inline]
    fn plain_document(&self, record: u32) -> Option<Document> {
        let span = self.originals.get(record as usize)?.span;
        let notation = if self.content == Content::Text { Notation::Text } else { Notation::Bytes };
        Some(Document { span, raw: span, slots: 0, layout: NO_OBJECT, schema: self.constant, notation })
    }

    #[inline]
    fn schema(&self, row: u32) -> u32 {
        self.schemas.get(row as usize).copied().unwrap_or(self.constant)
    }

    /// Makes a document of bytes in the arena.
    #[inline]
    fn add_document(&mut self, document: Document) -> Cell {
        self.documents.push(document);
        Cell { document: self.documents.len() as u32 - 1, layout: document.layout }
    }

    /// Validates and indexes JSON text in the arena.
    fn add_json(&mut self, text: Span, (raw, schema): (Span, u32)) -> Result<Cell, json::Problem> {
        let slots = self.slots.len() as u32;
        let (bytes, base) = self.arena.around(text);
        let mut indexer = Indexer { bytes, base, shapes: &mut self.shapes, slots: &mut self.slots };
        let (layout, span) = match indexer.index(text)? {
            Found::Object(node, span) => (self.original_layout(node), span),
            Found::Other(ValueKind::Null, span) => (LEAVE, span),
            Found::Other(_, span) => (NO_OBJECT, span),
        };
        Ok(self.add_document(Document { span, raw, slots, layout, schema, notation: Notation::Json }))
    }

    #[inline]
    fn original_layout(&mut self, node: u32) -> u32 {
        let known = self.shapes.layout(node);
        if known != NONE {
            return known;
        }
        let layout = self.layouts.add_original(&self.shapes.path(node));
        self.shapes.set_layout(node, layout);
        layout
    }

    /// Tells whether a row has no key or value at all.
    #[inline]
    pub(super) fn is_tombstone(&self, row: u32) -> bool {
        self.cell(row).document == NONE
    }

    /// Returns the kind of a row's whole key or value.
    pub(super) fn kind(&self, row: u32) -> ValueKind {
        let cell = self.cell(row);
        match self.document(cell) {
            None => ValueKind::Absent,
            Some(document) if document.notation != Notation::Json => ValueKind::Text,
            Some(_) if cell.layout < NO_OBJECT => ValueKind::Object,
            Some(document) => json::kind(self.arena.get(document.span)),
        }
    }

    /// Tells whether any of these rows has a schema.
    pub(super) fn has_schemas(&self, rows: &[u32]) -> bool {
        (self.constant != 0 || !self.schemas.is_empty()) && rows.iter().any(|row| self.schema(*row) != 0)
    }

    /// Returns the schema ids of rows.
    pub(super) fn schemas(&self, rows: &[u32]) -> Vec<u32> {
        rows.iter().map(|row| self.schema(*row)).collect()
    }

    /// Sets the schema id of a row.
    pub(super) fn set_schema(&mut self, row: u32, id: u32) {
        if self.schemas.len() <= row as usize {
            self.schemas.resize(row as usize + 1, self.constant);
        }
        if let Some(schema) = self.schemas.get_mut(row as usize) {
            *schema = id;
        }
    }

    /// Adds a row that holds what `row` holds.
    pub(super) fn copy_row(&mut self, row: u32) {
        let copy = self.cells.len();
        self.cells.push(self.cell(row));
        if !self.schemas.is_empty() {
            self.set_schema(copy as u32, self.schema(row));
        }
        for column in &mut self.columns {
            let value = column.get(row as usize).copied();
            if let Some(value) = value {
                column.resize(copy, Span::default());
                column.push(value);
            }
        }
    }

    /// Returns about how many bytes a row takes up when it is written out.
    pub(super) fn weight(&self, row: u32) -> u64 {
        let cell = self.cell(row);
        let document = self.document(cell).map_or(0, |document| document.span.len());
        let written =
            self.layouts.fields(cell.layout).iter().filter(|field| field.source != Source::Original(field.key));
        let weigh =
            |field: &Field| self.shapes.names.text(field.name).len() + self.value(row, cell, field.source).len();
        (document + written.map(weigh).sum::<usize>() + self.columns.len() * size_of::<Span>()) as u64
    }

    /// Counts bytes that a guest makes the batch grow by.
    ///
    /// # Errors
    /// Refuses what is beyond the limit of a batch.
    pub(super) fn charge(&mut self, bytes: u64) -> Result<(), BatchError> {
        self.arena.charge(bytes)
    }

    /// Starts a write of a guest's: [`Payloads::end_write`] must follow.
    pub(super) fn begin_write(&mut self) {
        // The first write of a call saves for the call and for itself at once.
        self.first_write = self.saved.is_empty();
        self.touched = true;
        self.save();
    }

    /// Ends a write: undoes it where it failed.
    pub(super) fn end_write<T>(&mut self, outcome: &Result<T, BatchError>) {
        if outcome.is_err() {
            self.restore();
        } else if !self.first_write {
            self.saved.pop();
        }
    }

    /// Makes the writes of a call permanent.
    pub(super) fn commit(&mut self) {
        self.saved.clear();
    }

    /// Undoes the writes of a call.
    pub(super) fn abort(&mut self) {
        self.saved.truncate(1);
        self.restore();
    }

    fn save(&mut self) {
        self.saved.push(Savepoint {
            cells: self.cells.clone(),
            schemas: self.schemas.clone(),
            originals: self.originals.len(),
            arena: self.arena.mark(),
            documents: self.documents.len(),
            slots: self.slots.len(),
            columns: self.columns.len(),
        });
    }

    /// Goes back to the last saved state.
    fn restore(&mut self) {
        let Some(saved) = self.saved.pop() else { return };
        self.cells = saved.cells;
        self.schemas = saved.schemas;
        self.originals.truncate(saved.originals);
        self.arena.truncate(saved.arena);
        self.documents.truncate(saved.documents);
        self.slots.truncate(saved.slots);
        self.columns.truncate(saved.columns);
        self.last_envelope = None;
    }

    /// Frees layouts that neither a row nor a saved state uses, when there are many.
    fn reclaim(&mut self) {
        if !self.layouts.is_heavy() {
            return;
        }
        let saved = self.saved.iter().flat_map(|saved| &saved.cells);
        self.layouts.reclaim(self.cells.iter().chain(saved).map(|cell| cell.layout));
        self.plans.clear();
    }
}
