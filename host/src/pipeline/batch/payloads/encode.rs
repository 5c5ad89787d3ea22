//! Makes Kafka's bytes of rows, as the part's content says. Bytes that nobody changed are passed on as they are.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::cbor::Type;
use super::super::codec::{Codec, Payload};
use super::super::columns::ValueKind;
use super::super::content::{Content, JsonSettings};
use super::super::json::{Lone, append_unquoted};
use super::super::schema_table::SchemaTable;
use super::fields::class_name;
use super::{NO_OBJECT, NONE, Notation, PLAIN, Payloads, Span, UNMADE};

/// A row's bytes for Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoded {
    /// A tombstone.
    #[default]
    Null,
    /// Bytes that came in, or that a guest wrote as they are.
    Kept(Span),
    /// These of the bytes written out.
    Written(usize, usize),
}

impl Payloads {
    /// Converts rows to Kafka's bytes; see [`Payloads::encoded`]. Returns those that can't be, and why.
    pub(in super::super) fn encode(
        &mut self,
        rows: &[u32],
        (schemas, topics): (&SchemaTable, &[String]),
    ) -> Vec<(u32, String)> {
        let mut failed = Vec::new();
        self.encoded.clear();
        if !self.touched {
            return failed;
        }
        let mut out = std::mem::take(&mut self.out);
        out.clear();
        self.encoded.resize(self.cells.len(), Encoded::Null);
        let mut first = true;
        for (position, row) in rows.iter().enumerate() {
            let start = out.len();
            let kept = self.kept(*row);
            if kept.is_none() && std::mem::take(&mut first) {
                out.reserve(self.room(rows));
            }
            let encoded = match kept {
                Some(kept) => Ok(Encoded::Kept(kept)),
                None => {
                    let topic = topics.get(position).map_or("", String::as_str);
                    self.append_made((*row, topic), &mut out, schemas).map(|some| match some {
                        true => Encoded::Written(start, out.len()),
                        false => Encoded::Null,
                    })
                }
            };
            match (encoded, self.encoded.get_mut(*row as usize)) {
                (Ok(encoded), Some(place)) => *place = encoded,
                (Err(text), _) => failed.push((*row, text)),
                (Ok(_), None) => {}
            }
        }
        self.out = out;
        failed
    }

    /// Returns about how many bytes have to be made: changed rows are mostly about as long as they were.
    fn room(&self, rows: &[u32]) -> usize {
        let changed = rows.iter().filter(|row| self.kept(**row).is_none());
        let lengths = changed.filter_map(|row| self.document(self.cell(*row))).map(|document| document.span.len() + 16);
        let bytes = lengths.sum::<usize>();
        bytes + bytes / 16
    }

    /// Returns a row's bytes for Kafka, after [`Payloads::encode`].
    #[inline]
    pub(in super::super) fn encoded(&self, row: u32) -> Option<&[u8]> {
        match self.encoded.get(row as usize) {
            Some(Encoded::Null) => None,
            Some(Encoded::Kept(span)) => Some(self.arena.get(*span)),
            Some(Encoded::Written(start, end)) => self.out.get(*start..*end),
            // Where nobody wrote, all is as it came.
            None => self.kept(row).map(|span| self.arena.get(span)),
        }
    }

    /// Returns the bytes for Kafka of a row that was not changed since they came.
    #[inline]
    pub(super) fn kept(&self, row: u32) -> Option<Span> {
        let cell = self.cell(row);
        if cell.document != NONE && cell.document & PLAIN != 0 {
            let original = self.originals.get((cell.document & !PLAIN) as usize)?;
            return (cell.layout == NO_OBJECT && self.schema(row) == self.constant).then_some(original.span);
        }
        let document = self.document(cell)?;
        let same = document.layout == cell.layout && document.schema == self.schema(row);
        (same && document.raw != UNMADE).then_some(document.raw)
    }

    /// Appends a row's bytes for Kafka; says whether there are any.
    ///
    /// # Errors
    /// Says why they can't be made.
    pub(in super::super) fn append_raw(
        &mut self,
        row: u32,
        out: &mut Vec<u8>,
        schemas: &SchemaTable,
    ) -> Result<bool, String> {
        match self.kept(row) {
            Some(kept) => {
                out.extend_from_slice(self.arena.get(kept));
                Ok(true)
            }
            None => self.append_made((row, ""), out, schemas),
        }
    }

    /// Appends the bytes of a row that was changed.
    #[inline]
    fn append_made(
        &mut self,
        (row, topic): (u32, &str),
        out: &mut Vec<u8>,
        schemas: &SchemaTable,
    ) -> Result<bool, String> {
        let Some(document) = self.document(self.cell(row)) else { return Ok(false) };
        match (document.notation, &self.content) {
            (Notation::Bytes | Notation::Text, _) => out.extend_from_slice(self.arena.get(document.span)),
            (Notation::Json, Content::Json(json)) => {
                let settings = *json;
                return self.append_json_bytes(row, (out, settings), schemas);
            }
            (Notation::Json, Content::Coded(codec)) => {
                let codec = Arc::clone(codec);
                return self.append_coded((row, topic), (out, &*codec), schemas);
            }
            (Notation::Json, Content::Text) if self.kind(row) == ValueKind::Null => return Ok(false),
            (Notation::Json, Content::Text) if self.kind(row) == ValueKind::Text => {
                append_unquoted(out, self.arena.get(document.span), Lone::Replace);
            }
            (Notation::Json, Content::Text) => return Ok(self.append_json(row, out)),
            (Notation::Json, Content::Opaque) => return self.append_bytes(row, out, schemas),
        }
        Ok(true)
    }

    /// Appends what `ByteArrayConverter` makes of a row that a guest wrote; says whether there is anything.
    fn append_bytes(&mut self, row: u32, out: &mut Vec<u8>, schemas: &SchemaTable) -> Result<bool, String> {
        let schema = schemas.parsed(self.schema(row));
        if let Some(other) = schema.and_then(Type::other_than_bytes) {
            return Err(format!("Invalid schema type for ByteArrayConverter: {other}"));
        }
        if self.kind(row) == ValueKind::Null {
            return Ok(false);
        }
        let start = out.len();
        self.append_json(row, out);
        let json = out.split_off(start);
        let text = json.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        let bytes = text.filter(|_| schema.is_some_and(Type::is_bytes)).and_then(|text| STANDARD.decode(text).ok());
        let refused = || format!("ByteArrayConverter is not compatible with objects of type {}", class_name(&json));
        out.extend(bytes.ok_or_else(refused)?);
        Ok(true)
    }

    /// Appends what `JsonConverter` makes of a row; says whether there is anything.
    fn append_json_bytes(
        &mut self,
        row: u32,
        (out, settings): (&mut Vec<u8>, JsonSettings),
        schemas: &SchemaTable,
    ) -> Result<bool, String> {
        if settings.has_envelope() {
            return self.append_envelope(row, (out, settings), schemas).map(|()| true);
        }
        let start = out.len();
        let some = self.append_json(row, out);
        self.settle((out, start), (settings, self.schema(row)), schemas).map(|()| some)
    }

    /// Returns the schema of a row that has to be converted, 0 for none.
    pub(in super::super) fn to_be_made(&self, row: u32) -> Option<u32> {
        let made = self.kept(row).is_none() && !matches!(self.kind(row), ValueKind::Absent | ValueKind::Null);
        made.then(|| self.schema(row))
    }

    /// Appends what a converter makes of a row; says whether there is anything.
    fn append_coded(
        &mut self,
        (row, topic): (u32, &str),
        (out, codec): (&mut Vec<u8>, &dyn Codec),
        schemas: &SchemaTable,
    ) -> Result<bool, String> {
        if self.kind(row) == ValueKind::Null {
            return Ok(false);
        }
        let mut json = std::mem::take(&mut self.scratch);
        json.clear();
        self.append_json(row, &mut json);
        let made = codec.encode(Payload { json: &json, schema: self.schema(row), topic }, schemas, out);
        self.scratch = json;
        made.map(|()| true)
    }
}
