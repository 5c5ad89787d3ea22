//! Tests of batches: facts by example, and properties against models that are too simple to be wrong.

mod abort;
mod added;
mod calls;
mod cbor;
mod coded;
mod content;
mod edits;
mod envelopes;
mod generate;
mod hostile;
mod model;
mod properties;
mod reads;
mod routing;
mod scanner;
mod sources;

use super::*;

/// A decoded batch of JSON values without keys.
fn batch_of(values: &[&str]) -> Batch {
    let mut batch = Batch::new(Contents { key: Content::Text, value: Content::JSON });
    for (offset, value) in (0..).zip(values) {
        push(&mut batch, offset, Some(value.as_bytes()));
    }
    batch.decode();
    batch
}

fn push(batch: &mut Batch, offset: i64, value: Option<&[u8]>) {
    let headers = [("trace", Some(&b"1"[..])), ("empty", None)];
    let (key, headers) = (Some(&b"key"[..]), &headers);
    batch.push(NewRow { topic: "orders", partition: 3, offset, timestamp: 1_000 + offset, key, value, headers });
}

/// The values that would go to Kafka.
fn values_of(batch: &mut Batch) -> Vec<Option<String>> {
    batch.encode();
    batch.outgoing().map(|(_, row)| row.value.map(|value| String::from_utf8(value).unwrap())).collect()
}

/// The values after edits by one call, each an operation.
fn edited(values: &[&str], operations: Vec<EditOperation>) -> Vec<String> {
    let mut batch = batch_of(values);
    edit(&mut batch, operations).unwrap();
    values_of(&mut batch).into_iter().map(|value| value.unwrap_or_else(|| "(tombstone)".to_owned())).collect()
}

fn edit(batch: &mut Batch, operations: Vec<EditOperation>) -> Result<(), BatchError> {
    batch.open_call(Call::default()).unwrap();
    let edited = batch.edit(Part::Value, operations);
    batch.commit_call();
    edited
}

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn operation(names: &[&str], change: FieldChange) -> EditOperation {
    EditOperation { path: path(names), change }
}

fn put(names: &[&str], text: &str) -> EditOperation {
    operation(names, FieldChange::Put(FieldValue::Constant(text.into())))
}

fn replace(names: &[&str], text: &str) -> EditOperation {
    operation(names, FieldChange::Replace(FieldValue::Constant(text.into())))
}

fn remove(names: &[&str]) -> EditOperation {
    operation(names, FieldChange::Remove)
}

fn rename(names: &[&str], to: &str) -> EditOperation {
    operation(names, FieldChange::Rename(to.to_owned()))
}

fn retain(names: &[&str], kept: &[&str]) -> EditOperation {
    operation(names, FieldChange::Retain(path(kept)))
}

fn by_kind(names: &[&str], outcomes: &[(ValueKind, KindOutcome)]) -> EditOperation {
    operation(names, FieldChange::ByKind(outcomes.to_vec()))
}

/// A column of bytes; null, absent and other by their numbers.
fn column(rows: &[Result<&str, i32>]) -> BytesColumn {
    let mut column = BytesColumn::default();
    for row in rows {
        column.lengths.push(row.map_or_else(|sentinel| sentinel, |text| text.len() as i32));
        column.data.extend_from_slice(row.unwrap_or_default().as_bytes());
    }
    column
}

/// The rows of a column of bytes.
fn rows_of(column: &BytesColumn) -> Vec<Result<String, i32>> {
    let mut rest = &column.data[..];
    let mut row = |length: &i32| {
        let (text, behind) = rest.split_at(usize::try_from(*length).map_err(|_| *length)?);
        rest = behind;
        Ok(String::from_utf8(text.to_vec()).unwrap())
    };
    column.lengths.iter().map(&mut row).collect()
}

fn ok(text: &str) -> Result<String, i32> {
    Ok(text.to_owned())
}

/// Why rows were rejected, by the record they came from.
fn rejections(batch: &Batch) -> Vec<(u32, String)> {
    batch.rejected().map(|row| (row.origin, row.rejection.reason.clone())).collect()
}

fn is_invalid<T: std::fmt::Debug>(outcome: Result<T, BatchError>) -> bool {
    matches!(outcome, Err(BatchError::InvalidArgument(_)))
}

fn is_unsupported<T: std::fmt::Debug>(outcome: Result<T, BatchError>) -> bool {
    matches!(outcome, Err(BatchError::Unsupported(_)))
}
