//! Adds headers to the end of what rows have.

use airlock_sdk::{Batch, BytesColumn, Cell, Error, Headers};

/// Gives each row these headers more: names, and texts that are none for null. Rows beyond the end get none.
pub fn append<'a>(
    batch: &Batch<'_>,
    mut added: impl Iterator<Item = Vec<(&'a str, Option<&'a str>)>>,
) -> Result<(), Error> {
    let headers = batch.headers();
    let mut grown = Headers { counts: Vec::with_capacity(headers.counts.len()), ..Headers::default() };
    let mut values = BytesColumn::default();
    let mut present = headers.keys.into_iter().zip(headers.values.iter());
    for count in headers.counts {
        for (key, value) in present.by_ref().take(count as usize) {
            grown.keys.push(key);
            values.push(value);
        }
        let added = added.next().unwrap_or_default();
        grown.counts.push(count + added.len() as u32);
        for (key, text) in added {
            grown.keys.push(key.to_owned());
            values.push(text.map_or(Cell::Null, |text| Cell::Value(text.as_bytes())));
        }
    }
    grown.values = values;
    Ok(batch.set_headers(grown)?)
}
