//! Headers that guests add as values: the header converter makes bytes of them. Headers that are there stay, byte by
//! byte.

use std::sync::Arc;

use super::columns::{BatchError, Form, HeaderColumn};
use super::payloads::invalid;
use super::rows::{Access, DATA_EXCEPTION, Rejection};
use super::{Batch, lock};
use crate::record::Stage;

impl Batch {
    /// Tells whether header values are texts as `SimpleHeaderConverter` writes them.
    pub fn has_simple_headers(&self) -> bool {
        self.headers.content().is_none()
    }

    /// Adds headers behind those that the rows have. The values are of the form, and what `schemas` says: an id for each
    /// header, or empty where none has a schema. A row is rejected that gets a value which the header converter can't
    /// write.
    ///
    /// # Errors
    /// Refuses columns that don't fit each other or the rows, and values that aren't of the form. `SimpleHeaderConverter`
    /// takes raw values only.
    pub fn add_headers(&mut self, form: Form, added: HeaderColumn, schemas: &[u32]) -> Result<(), BatchError> {
        let view = self.writable(Access::Transform)?;
        if !schemas.is_empty() && schemas.len() != added.keys.len() {
            let (ids, headers) = (schemas.len(), added.keys.len());
            return Err(invalid(format!("there are {ids} schema ids for {headers} headers")));
        }
        self.check_schemas(schemas)?;
        let table = Arc::clone(&self.schemas);
        let (raw, failed) = self.headers.converted((form, added), schemas, &mut lock(&table))?;
        let present: Vec<_> = view.iter().map(|row| self.header_range(*row)).collect();
        let ranges = self.headers.append(&present, &raw)?;
        self.set_header_ranges(&view, ranges);
        for (position, reason) in failed {
            let rejection = Rejection { stage: Stage::HeaderConverter, step: None, reason, exception: DATA_EXCEPTION };
            if let Some(row) = view.get(position) {
                self.rows.reject(*row, rejection);
            }
        }
        self.wrote();
        Ok(())
    }
}
