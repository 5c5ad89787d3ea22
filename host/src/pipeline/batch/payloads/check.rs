//! Checks payloads against their schemas, and puts defaults in the places of nulls: `JsonConverter`'s part of reading
//! and writing values with a schema.

use super::super::cbor::{self, Decimals, Fit, Nulls, Rules};
use super::super::content::{Content, JsonSettings};
use super::super::schema_table::SchemaTable;
use super::{Cell, Payloads, UNMADE};

const MISFIT: &str = "the payload is not what its schema says";

impl Payloads {
    /// Returns the document of a payload that is what its schema says: `cell`, or another one where defaults stand for
    /// nulls now.
    ///
    /// # Errors
    /// Says what isn't, and where.
    pub(super) fn checked(&mut self, cell: Cell, schemas: &SchemaTable) -> Result<Cell, String> {
        let Some(document) = self.document(cell) else { return Ok(cell) };
        let Some(schema) = schemas.parsed(document.schema) else { return Ok(cell) };
        let replaces = matches!(&self.content, Content::Json(json) if json.replace_nulls);
        let rules = Rules { nulls: if replaces { Nulls::Default } else { Nulls::Null }, decimals: None };
        let payload = self.arena.get(document.span);
        let fit = cbor::fit(payload, schema, rules);
        if fit == Fit::Fits {
            return Ok(cell);
        }
        let text = cbor::with_defaults(payload, (schema, rules), self.arena.room())
            .map_err(|fault| format!("{MISFIT}: {fault}"))?;
        // Text that is only unusual stays as it is.
        let Some(text) = text else { return Ok(cell) };
        let span = self.arena.write(&text).map_err(|_| "defaults make the batch too long".to_owned())?;
        self.add_json(span, (UNMADE, document.schema)).map_err(|problem| format!("{problem}"))
    }

    /// Makes the text behind `start`, a payload, what `JsonConverter` writes.
    ///
    /// # Errors
    /// Says what isn't as the schema says, and where.
    pub(super) fn settle(
        &self,
        (out, start): (&mut Vec<u8>, usize),
        (settings, schema): (JsonSettings, u32),
        schemas: &SchemaTable,
    ) -> Result<(), String> {
        let Some(schema) = schemas.parsed(schema) else { return Ok(()) };
        let rules = written(settings);
        if cbor::fit(out.get(start..).unwrap_or_default(), schema, rules) == Fit::Fits {
            return Ok(());
        }
        let payload = out.split_off(start);
        // All rows together may grow by so much.
        let most = self.arena.room().saturating_sub(start);
        cbor::append_rewritten(&payload, (schema, rules), out, most).map_err(|fault| format!("{MISFIT}: {fault}"))
    }
}

/// Returns how values and defaults are written.
pub(super) fn written(settings: JsonSettings) -> Rules {
    let nulls = if settings.replace_nulls { Nulls::Default } else { Nulls::Null };
    let decimals = if settings.numeric_decimals { Decimals::Numeric } else { Decimals::Base64 };
    Rules { nulls, decimals: Some(decimals) }
}
