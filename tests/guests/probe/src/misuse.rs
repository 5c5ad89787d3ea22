//! Calls of the host that make no sense, and far too much of everything. Each step ends with what the host
//! said to it, as its own error.

use airlock_sdk::{Batch, BytesColumn, Cell, Config, Description, Error, FieldColumn, Transform};

probe!(OutOfRange, "Discards a row that isn't there.", |batch| Ok(batch.discard(&[batch.rows() as u32])?));

probe!(Descending, "Rejects rows in disorder.", |batch| Ok(batch.reject(&[1, 0], "disorder")?));

probe!(ExpandDescending, "Expands rows in disorder.", |batch| Ok(batch.expand(&[1, 0])?));

probe!(ExpandTwice, "Expands a second time.", |batch| {
    batch.expand(&[0, 0, 1])?;
    Ok(batch.expand(&[0, 0, 1])?)
});

probe!(ExpandHugely, "Makes millions of copies of a row.", |batch| Ok(batch.expand(&vec![0; 4 << 20])?));

probe!(ShortColumn, "Writes a column with a row too few.", |batch| {
    Ok(batch.value().write("a", column(batch.rows() - 1, "1"))?)
});

probe!(BrokenText, "Writes what is no JSON.", |batch| {
    Ok(batch.value().write("a", column(batch.rows(), "1,\"admin\":true"))?)
});

probe!(HugeColumns, "Writes large columns without end.", |batch| {
    let text = format!("\"{}\"", "x".repeat(4 << 20));
    Ok((0..).try_for_each(|_| batch.value().write("a", column(batch.rows(), &text)))?)
});

probe!(HugeReason, "Rejects a row with a very long reason.", |batch| Ok(batch.reject(&[0], &"why ".repeat(1 << 20))?));

probe!(HugeWords, "Fails with very long words.", |_batch| Err(Error::fatal("woe ".repeat(2 << 20))));

fn column(rows: usize, text: &str) -> FieldColumn {
    let mut column = BytesColumn::default();
    (0..rows).for_each(|_| column.push(Cell::Value(text.as_bytes())));
    FieldColumn::Json(column)
}
