//! Visits the rows of a batch that have a schema, and writes back what becomes of them.

use std::rc::Rc;

use super::cache::SchemaCache;
use super::schema::Schema;
use super::value::Value;
use super::{cbor, value_json};
use crate::batch::{BytesColumn, Cell, Fields, Form};
use crate::error::Error;

/// A value with its schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// What the value is.
    pub schema: Rc<Schema>,
    /// The value.
    pub value: Value,
}

impl Datum {
    /// Returns a value with its schema.
    pub fn new(schema: impl Into<Rc<Schema>>, value: Value) -> Self {
        Datum { schema: schema.into(), value }
    }

    /// Returns the value as JSON text, encoded as Kafka's `JsonConverter` does.
    ///
    /// # Errors
    /// The value is not what its schema says.
    pub fn to_json(&self) -> Result<Vec<u8>, String> {
        let mut json = Vec::new();
        value_json::append(&self.schema, &self.value, &mut json)?;
        Ok(json)
    }

    /// Returns a field of a struct: the default where it is null and has one (`Struct.get`). None where there is no
    /// such field or it is no struct.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(&self.schema, name)
    }
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It stays as it is, byte by byte.
    Keep,
    /// It becomes this value, of this schema.
    Put(Datum),
    /// It becomes this value, without a schema: null makes a tombstone. Structs, decimals and moments are nothing
    /// without their schema, and reject the row.
    PutPlain(Value),
    /// It becomes this JSON text, without a schema.
    PutJson(Vec<u8>),
}

/// Returns the rows that have a schema, ascending.
pub fn typed_rows(fields: &Fields<'_>) -> Vec<u32> {
    if !fields.has_schemas() {
        return Vec::new();
    }
    let ids = (0..).zip(fields.schemas());
    ids.filter(|(_, id)| *id != 0).map(|(row, _)| row).collect()
}

/// Visits rows that have a schema: calls `visit` with each row's number and value, and writes back what it returns,
/// once for all. `rows` is ascending, mostly what [`typed_rows`] returns; of those, rows without a schema are left
/// out.
///
/// A reason that `visit` returns as an error rejects the row. So is a row rejected that isn't what its schema says,
/// and one of which `visit` made what its new schema can't hold. A tombstone and a null are [`Value::Null`] both; as
/// Kafka has it, a row whose value becomes null keeps a schema, and is no tombstone then.
///
/// Returns the rows that were rejected, ascending.
///
/// ```
/// use airlock_sdk::data::{self, Datum, Outcome, SchemaCache, Value};
/// # use airlock_sdk::{schemas, testing::{Row, Rows}};
/// # let id = schemas::intern(br#"{"type":"int64","optional":false}"#)?;
/// # let rows = Rows::new([Row::json("41").schemas(0, id), Row::json("-1").schemas(0, id), Row::json("{}")]);
/// # let batch = rows.batch();
/// let mut schemas = SchemaCache::default();
/// let values = batch.value();
/// data::apply(values, &mut schemas, &data::typed_rows(&values), |_row, datum| match datum.value {
///     Value::Int64(number) if number < 0 => Err("it is negative".to_owned()),
///     Value::Int64(number) => Ok(Outcome::Put(Datum { value: Value::Int64(number + 1), ..datum })),
///     _ => Ok(Outcome::Keep),
/// })?;
/// # assert_eq!((rows.value(0), rows.rejected(1), rows.value(2)), ("42".into(), Some("it is negative".into()), "{}".into()));
/// # Ok::<(), airlock_sdk::Error>(())
/// ```
///
/// # Errors
/// The host refuses the write, as in a predicate, or can't see into these bytes.
pub fn apply(
    fields: Fields<'_>,
    schemas: &mut SchemaCache,
    rows: &[u32],
    mut visit: impl FnMut(u32, Datum) -> Result<Outcome, String>,
) -> Result<Vec<u32>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut changes = Changes::new(fields.schemas());
    let column = fields.read_whole(Form::Cbor)?;
    let mut wanted = rows.iter().copied().peekable();
    for (row, cell) in (0..).zip(column.iter()) {
        let is_wanted = wanted.next_if_eq(&row).is_some();
        let id = changes.id_of(row);
        if !is_wanted || id == 0 {
            changes.keep();
            continue;
        }
        let outcome = decoded(schemas, id, cell).and_then(|datum| visit(row, datum));
        if let Err(reason) = outcome.and_then(|outcome| changes.add(row, outcome, schemas)) {
            changes.reject(row, reason);
        }
    }
    let rejected = changes.rejected.iter().map(|(row, _)| *row).collect();
    changes.write(fields)?;
    Ok(rejected)
}

/// A row, and what it holds or why that can't be read.
pub type Read = (u32, Result<Datum, String>);

/// Reads rows that have a schema, and writes nothing: so [`Batch::expand`](crate::Batch::expand) is still possible. A row
/// that isn't what its schema says has the reason instead. Of `rows`, those without a schema are left out.
///
/// ```
/// use airlock_sdk::data::{self, SchemaCache, Value};
/// # use airlock_sdk::{schemas, testing::{Row, Rows}};
/// # let id = schemas::intern(br#"{"type":"int64","optional":false}"#)?;
/// # let rows = Rows::new([Row::json("41").schemas(0, id), Row::json("{}")]);
/// # let batch = rows.batch();
/// let read = data::read(batch.value(), &mut SchemaCache::default(), &[0, 1])?;
/// assert!(matches!(&read[..], [(0, Ok(datum))] if datum.value == Value::Int64(41)));
/// # Ok::<(), airlock_sdk::Error>(())
/// ```
///
/// # Errors
/// The host can't see into these bytes.
pub fn read(fields: Fields<'_>, schemas: &mut SchemaCache, rows: &[u32]) -> Result<Vec<Read>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids = fields.schemas();
    let column = fields.read_whole(Form::Cbor)?;
    let mut wanted = rows.iter().copied().peekable();
    let mut read = Vec::with_capacity(rows.len());
    for ((row, cell), id) in (0..).zip(column.iter()).zip(ids) {
        if wanted.next_if_eq(&row).is_some() && id != 0 {
            read.push((row, decoded(schemas, id, cell)));
        }
    }
    Ok(read)
}

/// Writes rows anew that aren't read: what becomes of each row of `outcomes`, which is ascending, as in [`apply`]. So
/// a key is made of a value.
///
/// ```
/// use airlock_sdk::data::{self, Datum, Outcome, Schema, SchemaCache, Value};
/// # use airlock_sdk::testing::{Row, Rows};
/// # let rows = Rows::new([Row::json("{}"), Row::json("{}")]);
/// # let batch = rows.batch();
/// let count = Datum::new(Schema::int32(), Value::Int32(7));
/// data::put(batch.key(), &mut SchemaCache::default(), [(1, Ok(Outcome::Put(count)))])?;
/// # assert_eq!((rows.key(0), rows.key(1), rows.schemas(1).0 > 0), ("null".into(), "7".into(), true));
/// # Ok::<(), airlock_sdk::Error>(())
/// ```
///
/// # Errors
/// The host refuses the write, as in a predicate, or can't see into these bytes.
pub fn put(
    fields: Fields<'_>,
    schemas: &mut SchemaCache,
    outcomes: impl IntoIterator<Item = (u32, Result<Outcome, String>)>,
) -> Result<(), Error> {
    let mut changes = Changes::new(fields.schemas());
    let mut outcomes = outcomes.into_iter().peekable();
    for row in 0..changes.ids.len() as u32 {
        let Some((_, outcome)) = outcomes.next_if(|(at, _)| *at == row) else {
            changes.keep();
            continue;
        };
        if let Err(reason) = outcome.and_then(|outcome| changes.add(row, outcome, schemas)) {
            changes.reject(row, reason);
        }
    }
    changes.write(fields)
}

fn decoded(schemas: &mut SchemaCache, id: u32, cell: Cell<&[u8]>) -> Result<Datum, String> {
    let schema = schemas.schema(id)?;
    let value = match cell {
        Cell::Value(cbor) => cbor::decode(&schema, cbor)?,
        Cell::Null | Cell::Absent => Value::Null,
        Cell::Other => return Err("it is not what its schema says".to_owned()),
    };
    Ok(Datum { schema, value })
}

/// What is to be written.
struct Changes {
    ids: Vec<u32>,
    new_ids: bool,
    typed: BytesColumn,
    /// Texts of rows that lose their schema.
    json: Vec<(u32, Vec<u8>)>,
    rejected: Vec<(u32, String)>,
    scratch: Vec<u8>,
}

impl Changes {
    fn new(ids: Vec<u32>) -> Self {
        let typed = BytesColumn::with_capacity(ids.len(), 0);
        Changes { ids, new_ids: false, typed, json: Vec::new(), rejected: Vec::new(), scratch: Vec::new() }
    }

    fn id_of(&self, row: u32) -> u32 {
        self.ids.get(row as usize).copied().unwrap_or_default()
    }

    fn keep(&mut self) {
        self.typed.push(Cell::<&[u8]>::Other);
    }

    fn reject(&mut self, row: u32, reason: String) {
        self.keep();
        self.rejected.push((row, reason));
    }

    /// Adds what becomes of the next row. After an error nothing was added.
    fn add(&mut self, row: u32, outcome: Outcome, schemas: &mut SchemaCache) -> Result<(), String> {
        match outcome {
            Outcome::Keep => self.keep(),
            Outcome::Put(datum) => {
                self.scratch.clear();
                cbor::encode(&datum.schema, &datum.value, &mut self.scratch)?;
                self.set_id(row, schemas.id(&datum.schema)?);
                self.typed.push(Cell::Value(&self.scratch));
            }
            Outcome::PutPlain(Value::Null) => {
                self.set_id(row, 0);
                self.typed.push(Cell::<&[u8]>::Null);
            }
            Outcome::PutPlain(value) => {
                let mut json = Vec::new();
                value_json::append_plain(&value, &mut json)?;
                self.put_json(row, json);
            }
            Outcome::PutJson(json) => self.put_json(row, json),
        }
        Ok(())
    }

    fn put_json(&mut self, row: u32, json: Vec<u8>) {
        self.set_id(row, 0);
        self.keep();
        self.json.push((row, json));
    }

    fn set_id(&mut self, row: u32, id: u32) {
        if let Some(known) = self.ids.get_mut(row as usize)
            && *known != id
        {
            *known = id;
            self.new_ids = true;
        }
    }

    fn write(self, fields: Fields<'_>) -> Result<(), Error> {
        if self.new_ids {
            fields.set_schemas(&self.ids)?;
        }
        let rows = self.typed.len();
        if self.typed.iter().any(|cell| cell != Cell::Other) {
            fields.write_whole(Form::Cbor, self.typed)?;
        }
        if !self.json.is_empty() {
            let mut texts = self.json.into_iter().peekable();
            let cells = (0..rows as u32).map(|row| match texts.next_if(|(at, _)| *at == row) {
                Some((_, json)) => Cell::Value(json),
                None => Cell::Other,
            });
            fields.write_whole(Form::Json, cells.collect())?;
        }
        for (row, reason) in self.rejected {
            fields.reject(&[row], &reason)?;
        }
        Ok(())
    }
}
