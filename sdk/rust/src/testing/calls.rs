//! The host's calls of a batch, on the rows of a test.

use serde_json::Value;

use super::cbor;
use super::change::{self, RowChange};
use super::memory::{Rows, no_row};
use super::row::{self, Fate, Payload, Row};
use crate::batch::{
    BatchCalls, BytesColumn, Cell, Edit, FieldColumn, FieldForm, Form, Headers, Part, Path, SourceRows, Topics,
    ValueKind,
};
use crate::error::BatchError;

impl BatchCalls for Rows {
    fn row_count(&self) -> u32 {
        self.state.borrow().seen.len() as u32
    }

    fn enter_step(&self, _index: u32, rows: Option<&[u32]>) -> Result<(), BatchError> {
        self.see(rows);
        Ok(())
    }

    fn topics(&self) -> Topics {
        distinct(&self.ask(|row| row.topic.clone()))
    }

    fn original_topics(&self) -> Topics {
        distinct(&self.ask(|row| row.original_topic.clone()))
    }

    fn set_topics(&self, topics: Topics) -> Result<(), BatchError> {
        let names: Vec<String> = topics.iter().map(str::to_owned).collect();
        self.set_all(&names, |row, name| row.topic.clone_from(name))
    }

    fn partitions(&self) -> Vec<i32> {
        self.ask(|row| row.partition)
    }

    fn original_partitions(&self) -> Vec<i32> {
        self.ask(|row| row.original_partition)
    }

    fn set_partitions(&self, partitions: &[i32]) -> Result<(), BatchError> {
        self.set_all(partitions, |row, partition| row.partition = *partition)
    }

    fn offsets(&self) -> Vec<i64> {
        let numbers = self.state.borrow().seen.clone();
        let offsets = self.ask(|row| row.offset);
        offsets.into_iter().zip(numbers).map(|(offset, number)| offset.unwrap_or(number as i64)).collect()
    }

    fn timestamps(&self) -> Vec<i64> {
        self.ask(|row| row.timestamp)
    }

    fn set_timestamps(&self, timestamps: &[i64]) -> Result<(), BatchError> {
        self.set_all(timestamps, |row, timestamp| row.timestamp = *timestamp)
    }

    fn tombstones(&self) -> Vec<u32> {
        let values = self.ask(|row| row.value.json.is_none());
        (0..).zip(values).filter(|(_, tombstone)| *tombstone).map(|(row, _)| row).collect()
    }

    fn kinds(&self, part: Part) -> Vec<ValueKind> {
        self.ask(|row| change::kind(payload(row, part).json.as_ref()))
    }

    fn read(&self, part: Part, form: Form) -> Result<BytesColumn, BatchError> {
        let cells = self.ask(|row| match &payload(row, part).json {
            _ if form == Form::Cbor => cbor::to_cbor(payload(row, part)),
            None => Cell::Null,
            Some(Value::Null) if form == Form::Json => Cell::Null,
            Some(value) => Cell::Value(value.to_string().into_bytes()),
        });
        Ok(cells.into_iter().collect())
    }

    fn write(&self, part: Part, form: Form, column: BytesColumn) -> Result<(), BatchError> {
        let schemas = BatchCalls::schemas(self, part);
        let parsed = column.iter().enumerate().map(|(row, cell)| match cell {
            Cell::Value(bytes) => {
                let parsed = row::parsed(bytes, form, schemas.get(row).copied().unwrap_or_default());
                parsed.map(|value| Some(Some(value))).map_err(|error| invalid(&format!("row {row}: {error}")))
            }
            Cell::Null => Ok(Some(None)),
            Cell::Absent | Cell::Other => Ok(None),
        });
        let parsed: Vec<Option<Option<Value>>> = parsed.collect::<Result<_, _>>()?;
        self.set_all(&parsed, |row, written| {
            if let Some(value) = written {
                payload_mut(row, part).json.clone_from(value);
            }
        })
    }

    fn has_schemas(&self, part: Part) -> bool {
        BatchCalls::schemas(self, part).iter().any(|id| *id != 0)
    }

    fn schemas(&self, part: Part) -> Vec<u32> {
        self.ask(|row| payload(row, part).schema)
    }

    fn set_schemas(&self, part: Part, ids: &[u32]) -> Result<(), BatchError> {
        self.set_all(ids, |row, id| payload_mut(row, part).schema = *id)
    }

    fn headers(&self) -> Headers {
        let mut headers = Headers::default();
        for row in self.ask(|row| row.headers.clone()) {
            headers.counts.push(row.len() as u32);
            for (key, value) in row {
                headers.keys.push(key);
                headers.values.push(value.map_or(Cell::Null, Cell::Value));
            }
        }
        headers
    }

    fn set_headers(&self, headers: Headers) -> Result<(), BatchError> {
        let values = headers.values.iter().map(|cell| cell.value().map(<[u8]>::to_vec));
        let mut all = headers.keys.iter().cloned().zip(values);
        let rows = headers.counts.iter().map(|&count| all.by_ref().take(count as usize).collect::<Vec<_>>());
        self.set_all(&rows.collect::<Vec<_>>(), |row, headers| row.headers.clone_from(headers))
    }

    fn has_simple_headers(&self) -> bool {
        true
    }

    fn add_headers(&self, form: Form, headers: Headers, _schemas: &[u32]) -> Result<(), BatchError> {
        if form != Form::Raw {
            return Err(BatchError::Unsupported("SimpleHeaderConverter takes raw values only".to_owned()));
        }
        let mut all = self.ask(|row| row.headers.clone());
        let values = headers.values.iter().map(|cell| cell.value().map(<[u8]>::to_vec));
        let mut added = headers.keys.iter().cloned().zip(values);
        for (row, count) in all.iter_mut().zip(&headers.counts) {
            row.extend(added.by_ref().take(*count as usize));
        }
        self.set_all(&all, |row, headers| row.headers.clone_from(headers))
    }

    fn read_field(&self, part: Part, path: &Path, form: FieldForm) -> Result<FieldColumn, BatchError> {
        let values = self.ask(|row| change::field(payload(row, part).json.as_ref(), path.names()).cloned());
        let cells = values.into_iter().map(|value| match value {
            None => Cell::Absent,
            Some(Value::Null) => Cell::Null,
            Some(value) => Cell::Value(value),
        });
        Ok(match form {
            FieldForm::Json => FieldColumn::Json(cells.map(|cell| cell.map(|value| value.to_string())).collect()),
            FieldForm::Text => FieldColumn::Text(cells.map(|cell| narrow(cell, text)).collect()),
            FieldForm::Int => FieldColumn::Int(cells.map(|cell| narrow(cell, |value| value.as_i64())).collect()),
            FieldForm::Float => FieldColumn::Float(cells.map(|cell| narrow(cell, |value| value.as_f64())).collect()),
        })
    }

    fn field_kinds(&self, part: Part, path: &Path) -> Result<Vec<ValueKind>, BatchError> {
        Ok(self.ask(|row| change::kind(change::field(payload(row, part).json.as_ref(), path.names()))))
    }

    fn edit(&self, part: Part, edit: &Edit, rows: Option<&[u32]>) -> Result<(), BatchError> {
        if let Some(row) = rows.and_then(|rows| rows.iter().find(|row| **row >= self.row_count())) {
            return Err(no_row(*row));
        }
        for (path, operation) in &edit.operations {
            self.change(|position, row| {
                if rows.is_some_and(|rows| !rows.iter().any(|chosen| *chosen as usize == position)) {
                    return Ok(());
                }
                let value = &mut payload_mut(row, part).json;
                let present = change::field(value.as_ref(), path.names());
                let row_change = change::row_change(operation, position, present)?;
                match (value, row_change) {
                    (_, RowChange::Reject(reason)) if path.names().is_empty() => Err(reason),
                    (_, RowChange::Leave) if path.names().is_empty() => Ok(()),
                    (None | Some(Value::Null), _) => Ok(()),
                    (Some(Value::Object(object)), row_change) => change::apply(object, path.names(), row_change),
                    (Some(_), _) => Err("only objects have fields".to_owned()),
                }
            });
        }
        Ok(())
    }

    fn discard(&self, rows: &[u32]) -> Result<(), BatchError> {
        self.set_fate(rows, &Fate::Discarded)
    }

    fn reject(&self, rows: &[u32], reason: &str) -> Result<(), BatchError> {
        self.set_fate(rows, &Fate::Rejected(reason.to_owned()))
    }

    fn expand(&self, origins: &[u32]) -> Result<(), BatchError> {
        let rows = self.ask(Row::clone);
        let copy = |&origin: &u32| rows.get(origin as usize).cloned().ok_or_else(|| no_row(origin));
        let copies = origins.iter().map(copy).collect::<Result<Vec<_>, _>>()?;
        let replaced: Vec<u32> = (0..self.row_count()).collect();
        self.set_fate(&replaced, &Fate::Discarded)?;
        self.add(copies);
        let state = &mut *self.state.borrow_mut();
        state.seen.drain(..replaced.len());
        Ok(())
    }

    fn append(&self, rows: SourceRows) -> Result<(), BatchError> {
        self.add(row::appended(&rows)?);
        Ok(())
    }
}

fn payload(row: &Row, part: Part) -> &Payload {
    match part {
        Part::Key => &row.key,
        Part::Value => &row.value,
    }
}

fn payload_mut(row: &mut Row, part: Part) -> &mut Payload {
    match part {
        Part::Key => &mut row.key,
        Part::Value => &mut row.value,
    }
}

fn invalid(reason: &str) -> BatchError {
    BatchError::InvalidArgument(reason.to_owned())
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn narrow<T>(cell: Cell<Value>, take: impl FnOnce(Value) -> Option<T>) -> Cell<T> {
    match cell.map(take) {
        Cell::Value(Some(value)) => Cell::Value(value),
        Cell::Value(None) | Cell::Other => Cell::Other,
        Cell::Null => Cell::Null,
        Cell::Absent => Cell::Absent,
    }
}

fn distinct(topics: &[String]) -> Topics {
    let mut column = Topics::default();
    topics.iter().for_each(|topic| column.push(topic));
    column
}
