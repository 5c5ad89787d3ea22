//! Takes the envelopes of Kafka's `JsonConverter` with schemas apart: `{"schema":…,"payload":…}`. What the
//! schemas say is kept in `SchemaTable`.

use super::super::content::JsonSettings;
use super::super::json::{kind, last_member, members, names, value_within};
use super::super::schema_table::SchemaTable;
use super::check::written;
use super::{Payloads, Span, ValueKind};

/// What stood before the payload in the last envelope. The next one mostly has the same.
pub(super) struct LastEnvelope {
    prefix: Span,
    schema: u32,
}

/// Java's words for an envelope that is none.
pub(super) const NO_ENVELOPE: &str = "JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields and may not \
                           contain additional fields. If you are trying to deserialize plain JSON data, set \
                           schemas.enable=false in your converter configuration.";

/// An envelope in the arena.
pub(super) struct Envelope {
    /// Where the payload is.
    pub(super) payload: Span,
    /// Its schema's id; 0 for none.
    pub(super) schema: u32,
}

impl Payloads {
    /// Returns what an envelope holds if it starts as the last one did.
    pub(super) fn expected_envelope(&self, text: Span) -> Option<Envelope> {
        let last = self.last_envelope.as_ref()?;
        let bytes = self.arena.get(text);
        let same = bytes.starts_with(self.arena.get(last.prefix)) && bytes.last() == Some(&b'}');
        let start = text.start + last.prefix.len() as u32;
        let payload = Span { start, end: text.end.saturating_sub(1) };
        (same && payload.start < payload.end).then_some(Envelope { payload, schema: last.schema })
    }

    /// Takes an envelope apart.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn open_envelope(&mut self, text: Span, schemas: &mut SchemaTable) -> Result<Envelope, String> {
        let (bytes, base) = self.arena.around(text);
        let (start, end) = (text.start as usize - base, text.end as usize - base);
        let (start, end) = value_within(bytes, (start, end), 0).map_err(|problem| format!("{problem}"))?;
        let object = Span { start: (base + start) as u32, end: (base + end) as u32 };
        let bytes = self.arena.get(object);
        let known = |key: &[u8]| names(key, b"schema") || names(key, b"payload");
        let (Some(schema), Some(payload)) = (last_member(bytes, b"schema"), last_member(bytes, b"payload")) else {
            return Err(NO_ENVELOPE.to_owned());
        };
        if !members(bytes).all(|member| known(member.key_in(bytes))) {
            return Err(NO_ENVELOPE.to_owned());
        }
        let schema_text = schema.value_in(bytes);
        let id = if kind(schema_text) == ValueKind::Null { 0 } else { schemas.intern(schema_text)? };
        let at = |position: usize| object.start + position as u32;
        let payload_span = Span { start: at(payload.value), end: at(payload.end) };
        // Only an envelope without anything behind the payload says what the next one may look like.
        if schema.end < payload.key && at(payload.end) + 1 == text.end && object.start == text.start {
            let prefix = Span { start: text.start, end: payload_span.start };
            self.last_envelope = Some(LastEnvelope { prefix, schema: id });
        }
        Ok(Envelope { payload: payload_span, schema: id })
    }

    /// Appends a row's payload in an envelope.
    ///
    /// # Errors
    /// Refuses a payload that its schema forbids.
    pub(super) fn append_envelope(
        &mut self,
        row: u32,
        (out, settings): (&mut Vec<u8>, JsonSettings),
        schemas: &SchemaTable,
    ) -> Result<(), String> {
        let schema = self.schema(row);
        out.extend_from_slice(b"{\"schema\":");
        out.extend_from_slice(schemas.written(schema, written(settings)).unwrap_or(b"null"));
        out.extend_from_slice(b",\"payload\":");
        let start = out.len();
        self.append_json(row, out);
        self.settle((out, start), (settings, schema), schemas)?;
        out.push(b'}');
        Ok(())
    }
}
