//! Rows with a schema, changed by field: their JSON is edited beneath another schema, and what no change is about is
//! never read. Whole values, as `Typed::apply` has them, cost many times that; they are for all that doesn't fit here.
//! The host has checked that the JSON is what its schema says.

use std::rc::Rc;

use airlock_sdk::data::{Kind, Logical, Schema, SchemaCache, Value};
use airlock_sdk::{BytesColumn, Cell, Edit, Error, Fields, Form, ValueKind};

use crate::json;

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What becomes of structs of a schema.
pub(crate) struct Plan {
    /// The schema that they get.
    pub(crate) schema: Rc<Schema>,
    pub(crate) change: Change,
    /// Rows that stay as they are, ascending: those that have to be visited.
    pub(crate) left: Vec<u32>,
}

pub(crate) enum Change {
    /// Only the schema.
    None,
    /// Fields.
    Edit(Rc<Edit>),
    /// Other values in their place, as JSON.
    Whole(BytesColumn),
}

impl Plan {
    pub(crate) fn new(schema: Rc<Schema>, change: Change) -> Self {
        Plan { schema, change, left: Vec::new() }
    }
}

/// Changes those of the rows that are structs, and for which there is a plan: `plan` gets a schema and its rows.
/// Returns the others, to be visited one by one.
pub(crate) fn change(
    fields: Fields<'_>,
    schemas: &mut SchemaCache,
    rows: &[u32],
    mut plan: impl FnMut(&Rc<Schema>, &[u32]) -> Result<Option<Plan>, Error>,
) -> Result<Vec<u32>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids = fields.schemas();
    let (groups, mut left) = groups(fields, &ids, rows);
    for (id, mut rows) in groups {
        let schema = schemas.schema(id).ok().filter(|schema| is_struct(schema));
        let planned = match &schema {
            Some(schema) => plan(schema, &rows)?,
            None => None,
        };
        let new_id = planned.as_ref().and_then(|plan| schemas.id(&plan.schema).ok());
        let (Some(plan), Some(new_id)) = (planned, new_id) else {
            left.append(&mut rows);
            continue;
        };
        if !plan.left.is_empty() {
            rows.retain(|row| plan.left.binary_search(row).is_err());
            left.extend(plan.left);
        }
        if new_id != id {
            for row in &rows {
                ids.get_mut(*row as usize).into_iter().for_each(|id| *id = new_id);
            }
            fields.set_schemas(&ids)?;
        }
        match plan.change {
            Change::None => {}
            Change::Edit(edit) => fields.edit_rows(&rows, &*edit)?,
            Change::Whole(column) => fields.write_whole(Form::Json, column)?,
        }
    }
    left.sort_unstable();
    Ok(left)
}

/// Returns the rows that are objects, by the ids of their schemas, and the other rows.
fn groups(fields: Fields<'_>, ids: &[u32], rows: &[u32]) -> (Vec<(u32, Vec<u32>)>, Vec<u32>) {
    let (mut groups, mut left): (Vec<(u32, Vec<u32>)>, Vec<u32>) = (Vec::new(), Vec::new());
    let kinds = fields.kinds();
    for row in rows {
        let index = *row as usize;
        let (Some(ValueKind::Object), Some(id)) = (kinds.get(index), ids.get(index)) else {
            left.push(*row);
            continue;
        };
        // Neighbours mostly have the same.
        match groups.iter_mut().rfind(|(known, _)| known == id) {
            Some((_, rows)) => rows.push(*row),
            None => groups.push((*id, vec![*row])),
        }
    }
    (groups, left)
}

/// Tells whether values are structs of which no field is another than it is written: a null may stand for a default.
fn is_struct(schema: &Schema) -> bool {
    schema.fields().is_some_and(|fields| fields.iter().all(|field| field.schema.default.is_none()))
}

/// Reads a field of each of the rows, and returns the column of what `change` makes of it, nulls left out, and the
/// rows of which it makes nothing. None where values of this schema can't be read by themselves.
pub(crate) fn changed<T: AsRef<[u8]>>(
    (fields, rows): (Fields<'_>, &[u32]),
    (name, schema): (&str, &Schema),
    mut change: impl FnMut(u32, Value) -> Option<T>,
) -> Result<Option<(BytesColumn, Vec<u32>)>, Error> {
    if sample(schema).is_none() {
        return Ok(None);
    }
    let texts = fields.read_json(name)?;
    let (mut column, mut left) = (BytesColumn::with_capacity(texts.len(), texts.byte_size()), Vec::new());
    let mut wanted = rows.iter().copied().peekable();
    for (row, cell) in (0..).zip(texts.iter()) {
        let is_wanted = wanted.next_if_eq(&row).is_some();
        let Some(text) = cell.value().filter(|text| is_wanted && text != b"null") else {
            column.push(Cell::<&[u8]>::Other);
            continue;
        };
        match value(schema, text).and_then(|value| change(row, value)) {
            Some(json) => column.push(Cell::Value(json)),
            None => {
                left.push(row);
                column.push(Cell::<&[u8]>::Other);
            }
        }
    }
    Ok(Some((column, left)))
}

/// Writes a number, boolean or text as the host writes values with a schema; none where JSON has no such number.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Float32(number) => number.is_finite().then(|| format!("{number:?}")),
        Value::Float64(number) => number.is_finite().then(|| format!("{number:?}")),
        value => Some(json::text(value)),
    }
}

/// Returns some value of a schema, if JSON of its values can be read by itself.
pub(crate) fn sample(schema: &Schema) -> Option<Value> {
    Some(match (&schema.kind, schema.logical()) {
        (_, Some(Logical::Date | Logical::Time | Logical::Timestamp)) => Value::Moment(0),
        (_, Some(_)) => return None,
        (Kind::Int8, None) => Value::Int8(0),
        (Kind::Int16, None) => Value::Int16(0),
        (Kind::Int32, None) => Value::Int32(0),
        (Kind::Int64, None) => Value::Int64(0),
        (Kind::Float32, None) => Value::Float32(0.0),
        (Kind::Float64, None) => Value::Float64(0.0),
        (Kind::Boolean, None) => Value::Boolean(false),
        (Kind::String, None) => Value::String(String::new()),
        _ => return None,
    })
}

/// Reads JSON of a schema. None where it isn't plain to see what the value is.
pub(crate) fn value(schema: &Schema, json: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(json).ok()?;
    Some(match sample(schema)? {
        Value::Int8(_) => Value::Int8(text.parse().ok()?),
        Value::Int16(_) => Value::Int16(text.parse().ok()?),
        Value::Int32(_) => Value::Int32(text.parse().ok()?),
        Value::Int64(_) => Value::Int64(text.parse().ok()?),
        // Not the words for infinity, nor a zero with a sign.
        Value::Float64(_) if text.ends_with(|last: char| last.is_ascii_digit()) => {
            Value::Float64(text.parse().ok().filter(|number| *number != 0.0)?)
        }
        Value::Boolean(_) => Value::Boolean(text.parse().ok()?),
        Value::String(_) if text.starts_with('"') => json::read(json).ok()?,
        Value::Moment(_) => {
            let number: i64 = text.parse().ok()?;
            let unit = if schema.logical() == Some(Logical::Date) { DAY } else { 1 };
            Value::Moment(number.checked_mul(unit)?)
        }
        _ => return None,
    })
}
