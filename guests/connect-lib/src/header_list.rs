//! Adds headers to the end of what rows have, as the header converter writes them.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Schema, SchemaCache, Value};
use airlock_sdk::{Batch, BytesColumn, Cell, Error, Form, Headers};

use crate::header_text;

/// The value of a header that is added.
#[derive(Debug, Clone)]
pub enum HeaderValue {
    /// The text that `SimpleHeaderConverter` writes; none for null.
    Text(Option<String>),
    /// What another converter is given: JSON, none for null, and its schema, if it has one.
    Json(Option<Vec<u8>>, Option<Rc<Schema>>),
}

/// Makes the values of headers for the header converter that is there.
#[derive(Debug, Clone, Copy)]
pub struct Maker {
    is_simple: bool,
}

impl Maker {
    /// Returns one for the header converter of a batch.
    pub fn of(batch: &Batch<'_>) -> Self {
        Maker { is_simple: batch.has_simple_headers() }
    }

    /// Tells whether the header converter is `SimpleHeaderConverter`, whose texts have no schema.
    pub fn is_simple(self) -> bool {
        self.is_simple
    }

    /// Returns a null: of this schema, if it has one.
    pub fn null(self, schema: Option<&Rc<Schema>>) -> HeaderValue {
        match self.is_simple {
            true => HeaderValue::Text(None),
            false => HeaderValue::Json(None, schema.cloned()),
        }
    }

    /// Returns a value with a schema.
    ///
    /// # Errors
    /// It is not what its schema says.
    pub fn value(self, value: &Value, schema: &Rc<Schema>) -> Result<HeaderValue, String> {
        if self.is_simple {
            return Ok(HeaderValue::Text(header_text::of_value(value, schema)));
        }
        if value.is_null() {
            return Ok(self.null(Some(schema)));
        }
        let json = Datum::new(Rc::clone(schema), value.clone()).to_json()?;
        Ok(HeaderValue::Json(Some(json), Some(Rc::clone(schema))))
    }

    /// Returns JSON without a schema.
    pub fn json(self, json: &[u8]) -> HeaderValue {
        match self.is_simple {
            true => HeaderValue::Text(header_text::of_json(json)),
            false => HeaderValue::Json((json != b"null").then(|| json.to_vec()), None),
        }
    }

    /// Returns what a text in a configuration stands for.
    ///
    /// # Errors
    /// Lists or maps are nested too deeply, or have parts that need a schema, of which they have none in common.
    pub fn literal(self, literal: &str) -> Result<HeaderValue, String> {
        if self.is_simple {
            return Ok(HeaderValue::Text(header_text::of_literal(literal)?));
        }
        match header_text::parse_typed(literal)? {
            None => Ok(self.null(None)),
            Some((value, Some(schema))) => self.value(&value, &schema),
            Some((value, None)) => Ok(HeaderValue::Json(Some(value.to_json()?), None)),
        }
    }
}

/// Gives each row these headers more. Rows beyond the end get none. All values must be of the batch's maker.
///
/// # Errors
/// The host refuses them.
pub fn append<'a>(
    batch: &Batch<'_>,
    schemas: &mut SchemaCache,
    mut added: impl Iterator<Item = Vec<(&'a str, &'a HeaderValue)>>,
) -> Result<(), Error> {
    let mut headers = Headers { counts: Vec::with_capacity(batch.rows()), ..Headers::default() };
    let (mut values, mut ids) = (BytesColumn::default(), Vec::new());
    for _ in 0..batch.rows() {
        let added = added.next().unwrap_or_default();
        headers.counts.push(added.len() as u32);
        for (key, value) in added {
            headers.keys.push(key.to_owned());
            match value {
                HeaderValue::Text(text) => values.push(text.as_ref().map_or(Cell::Null, Cell::Value)),
                HeaderValue::Json(json, schema) => {
                    let id = schema.as_ref().map_or(Ok(0), |schema| schemas.id(schema)).map_err(Error::fatal)?;
                    match json {
                        Some(json) => values.push(Cell::Value(json)),
                        // A null that has a schema keeps it.
                        None if id != 0 => values.push(Cell::Value(b"null")),
                        None => values.push(Cell::<&[u8]>::Null),
                    }
                    ids.push(id);
                }
            }
        }
    }
    headers.values = values;
    let form = if batch.has_simple_headers() { Form::Raw } else { Form::Json };
    Ok(batch.add_headers(form, headers, &ids)?)
}
