//! Changes to fields of a JSON value, as the host makes them.

use serde_json::{Map, Value};

use crate::batch::{Cell, Change, FieldColumn, FieldValue, KindOutcome, ValueKind};

/// Returns the kind of a value; none is absent.
pub(super) fn kind(value: Option<&Value>) -> ValueKind {
    match value {
        None => ValueKind::Absent,
        Some(Value::Null) => ValueKind::Null,
        Some(Value::Bool(_)) => ValueKind::Boolean,
        Some(Value::Number(number)) if number.is_f64() => ValueKind::Fraction,
        Some(Value::Number(_)) => ValueKind::Integer,
        Some(Value::String(_)) => ValueKind::Text,
        Some(Value::Array(_)) => ValueKind::Array,
        Some(Value::Object(_)) => ValueKind::Object,
    }
}

/// Returns a field by its path.
pub(super) fn field<'a>(value: Option<&'a Value>, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value?, |value, name| value.as_object()?.get(name))
}

/// What to do with one field of one row.
pub(super) enum RowChange {
    Leave,
    Put(Value),
    Remove,
    Rename(String),
    Retain(Vec<String>),
    Reject(String),
}

/// Says what a change means for a row whose field is now `present`.
pub(super) fn row_change(change: &Change, row: usize, present: Option<&Value>) -> Result<RowChange, String> {
    Ok(match change {
        Change::Put(value) => put(value, row)?,
        Change::Replace(_) if present.is_none() => RowChange::Leave,
        Change::Replace(value) => put(value, row)?,
        Change::Remove => RowChange::Remove,
        Change::Rename(name) => RowChange::Rename(name.clone()),
        Change::Retain(names) => RowChange::Retain(names.clone()),
        Change::ByKind(outcomes) => {
            let kind = kind(present);
            match outcomes.iter().find(|(listed, _)| *listed == kind) {
                None | Some((_, KindOutcome::Keep)) => RowChange::Leave,
                Some((_, KindOutcome::Put(json))) => RowChange::Put(parse(json)?),
                Some((_, KindOutcome::Remove)) => RowChange::Remove,
                Some((_, KindOutcome::Reject(reason))) => RowChange::Reject(reason.clone()),
            }
        }
    })
}

/// Applies a change below an object. The error is the reason to reject the row.
pub(super) fn apply(object: &mut Map<String, Value>, path: &[String], change: RowChange) -> Result<(), String> {
    if let RowChange::Retain(names) = change {
        retain(object, path, &names);
        return Ok(());
    }
    let Some((name, parents)) = path.split_last() else {
        return Err("an edit of the whole key or value can only retain, keep and reject".to_owned());
    };
    let adds = matches!(change, RowChange::Put(_));
    let mut object = object;
    for parent in parents {
        if adds && !object.contains_key(parent) {
            object.insert(parent.clone(), Value::Object(Map::new()));
        }
        object = match object.get_mut(parent) {
            None => return Ok(()),
            Some(Value::Object(object)) => object,
            Some(_) if adds => return Err(format!("{parent} is no object")),
            Some(_) => return Ok(()),
        };
    }
    match change {
        RowChange::Leave | RowChange::Retain(_) => {}
        RowChange::Put(value) => drop(object.insert(name.clone(), value)),
        RowChange::Remove => drop(object.shift_remove(name)),
        RowChange::Rename(new_name) => rename(object, name, new_name),
        RowChange::Reject(reason) => return Err(reason),
    }
    Ok(())
}

fn retain(object: &mut Map<String, Value>, path: &[String], names: &[String]) {
    match path.split_first() {
        None => object.retain(|name, _| names.contains(name)),
        Some((name, below)) => {
            if let Some(Value::Object(object)) = object.get_mut(name) {
                retain(object, below, names);
            }
        }
    }
}

fn rename(object: &mut Map<String, Value>, name: &str, new_name: String) {
    if name != new_name && object.contains_key(name) {
        object.shift_remove(&new_name);
        let renamed = std::mem::take(object).into_iter();
        let renamed = renamed.map(|(key, value)| if key == name { (new_name.clone(), value) } else { (key, value) });
        *object = renamed.collect();
    }
}

fn put(value: &FieldValue, row: usize) -> Result<RowChange, String> {
    let cell = match value {
        FieldValue::Constant(json) => Cell::Value(parse(json)?),
        FieldValue::Column(column) => column_cell(column, row)?,
    };
    Ok(match cell {
        Cell::Value(value) => RowChange::Put(value),
        Cell::Null => RowChange::Put(Value::Null),
        Cell::Absent => RowChange::Remove,
        Cell::Other => RowChange::Leave,
    })
}

fn column_cell(column: &FieldColumn, row: usize) -> Result<Cell<Value>, String> {
    let cell = match column {
        FieldColumn::Json(column) => match column.iter().nth(row) {
            Some(Cell::Value(json)) => Some(Cell::Value(parse(json)?)),
            other => other.map(|cell| cell.map(|_| Value::Null)),
        },
        FieldColumn::Text(column) => column.iter().nth(row).map(|cell| cell.map(Value::from)),
        FieldColumn::Int(column) => column.iter().nth(row).map(|cell| cell.map(Value::from)),
        FieldColumn::Float(column) => column.iter().nth(row).map(|cell| cell.map(Value::from)),
    };
    cell.ok_or_else(|| format!("the column has no row {row}"))
}

fn parse(json: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(json).map_err(|error| format!("{} is no JSON: {error}", String::from_utf8_lossy(json)))
}
