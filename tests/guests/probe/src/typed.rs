//! Guests that work on values with their types, in the form `cbor`.

use std::collections::HashMap;

use airlock_sdk::{Batch, BytesColumn, Cell, Config, Description, Error, Form, Transform, schemas};
use minicbor::{Decoder, Encoder};
use serde_json::{Value, json};

/// Adds a field to each value, and to its schema.
#[derive(Default)]
pub(crate) struct AddField {
    /// The schema with the field, by the one without.
    longer: HashMap<u32, u32>,
}

impl Transform for AddField {
    fn describe() -> Description {
        Description::new(["probe.AddField"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self::default())
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let values = batch.value();
        let ids = values.schemas().into_iter().map(|id| self.longer(id)).collect::<Result<Vec<_>, _>>()?;
        let column = values.read_whole(Form::Cbor)?;
        let mut longer = BytesColumn::default();
        let mut bytes = Vec::new();
        for cell in column.iter() {
            let Cell::Value(value) = cell else {
                longer.push(cell);
                continue;
            };
            bytes.clear();
            append_longer(value, &mut bytes).ok_or_else(|| Error::fatal("a value is no struct"))?;
            longer.push(Cell::Value(&bytes));
        }
        values.set_schemas(&ids)?;
        Ok(values.write_whole(Form::Cbor, longer)?)
    }
}

impl AddField {
    fn longer(&mut self, id: u32) -> Result<u32, Error> {
        if let Some(longer) = self.longer.get(&id) {
            return Ok(*longer);
        }
        let Some(text) = schemas::json(id) else { return Ok(0) };
        let mut schema: Value = serde_json::from_slice(&text).map_err(|error| Error::fatal(error.to_string()))?;
        if let Some(fields) = schema["fields"].as_array_mut() {
            fields.push(json!({ "type": "boolean", "optional": false, "field": "checked" }));
        }
        let longer = schemas::intern(schema.to_string().as_bytes())?;
        self.longer.insert(id, longer);
        Ok(longer)
    }
}

/// Appends a map with one more entry.
fn append_longer(map: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut decoder = Decoder::new(map);
    let entries = decoder.map().ok()??;
    Encoder::new(&mut *out).map(entries + 1).ok()?;
    out.extend_from_slice(map.get(decoder.position()..)?);
    Encoder::new(out).str("checked").ok()?.bool(true).ok()?.ok().ok()
}

/// Adds one to the integer field `quantity` of each value.
pub(crate) struct CountUp;

impl Transform for CountUp {
    fn describe() -> Description {
        Description::new(["probe.CountUp"])
    }

    fn configure(_: &Config, _: &str) -> Result<Self, Error> {
        Ok(Self)
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let values = batch.value();
        let column = values.read_whole(Form::Cbor)?;
        let mut counted = BytesColumn::default();
        let mut bytes = Vec::new();
        for cell in column.iter() {
            let Cell::Value(value) = cell else {
                counted.push(cell);
                continue;
            };
            bytes.clear();
            append_counted(value, &mut bytes).map_err(|error| Error::fatal(error.to_string()))?;
            counted.push(Cell::Value(&bytes));
        }
        Ok(values.write_whole(Form::Cbor, counted)?)
    }
}

/// Appends a map whose `quantity` is one more.
fn append_counted(map: &[u8], out: &mut Vec<u8>) -> Result<(), minicbor::decode::Error> {
    let mut decoder = Decoder::new(map);
    for _ in 0..decoder.map()?.unwrap_or(0) {
        if decoder.str()? != "quantity" {
            decoder.skip()?;
            continue;
        }
        let start = decoder.position();
        let quantity = decoder.i64()?;
        out.extend_from_slice(map.get(..start).unwrap_or_default());
        if Encoder::new(&mut *out).i64(quantity + 1).is_ok() {
            out.extend_from_slice(map.get(decoder.position()..).unwrap_or_default());
        }
        return Ok(());
    }
    out.extend_from_slice(map);
    Ok(())
}
