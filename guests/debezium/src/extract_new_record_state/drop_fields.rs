//! Fields that a header lists, taken out of the row and of the key.

use std::rc::Rc;

use airlock_sdk::data::{self, Datum, Derived, Field, Outcome, Schema, SchemaCache, Value};
use airlock_sdk::serde_json::{self, Value as Json};
use airlock_sdk::{Batch, Cell, Config, ConfigKey, Error, Importance, Path, ValueKind};
use connect_lib::header_text;
use connect_lib::part::{self, Nulls};
use connect_lib::typed;

use super::event::Change;

const HEADER: &str = "drop.fields.header.name";
const FROM_KEY: &str = "drop.fields.from.key";
const KEEP_COMPATIBLE: &str = "drop.fields.keep.schema.compatible";
const PURPOSE: &str = "field replacement";

/// Which header lists fields, and how they are taken out.
pub(super) struct DropFields {
    header: String,
    from_key: bool,
    /// Only optional fields are taken out.
    keeps_compatible: bool,
    without: Derived<Rc<Without>>,
}

/// What the header holds.
pub(super) enum List {
    /// As `SimpleHeaderConverter` reads it.
    Text(Vec<u8>),
    /// As another converter does: what JSON says, which has its schema around it or none. Of bytes that are no JSON, as
    /// `StringConverter` has them, their text.
    Payload(Json),
}

impl List {
    fn payload(bytes: &[u8]) -> Self {
        let json = serde_json::from_slice(bytes).unwrap_or_else(|_| Json::from(String::from_utf8_lossy(bytes)));
        List::Payload(match json {
            Json::Object(mut members) if members.len() == 2 && members.contains_key("schema") => {
                members.remove("payload").unwrap_or(Json::Object(members))
            }
            json => json,
        })
    }
}

/// What is made of one schema, by the names that are taken out.
type Without = std::cell::RefCell<Vec<(Vec<String>, Rc<Schema>)>>;

/// How many lists of names are remembered for a schema.
const LISTS: usize = 64;

impl DropFields {
    /// Describes the keys.
    pub(super) fn keys() -> [ConfigKey; 3] {
        [
            ConfigKey::text(HEADER).documentation(
                "The name of a header that lists fields, as [\"a\",\"b\"], which are taken out of the row.",
            ),
            ConfigKey::boolean(FROM_KEY)
                .default("false")
                .documentation("Whether they are taken out of the key as well."),
            ConfigKey::boolean(KEEP_COMPATIBLE).default("true").documentation(
                "Whether only fields are taken out that the schema says are optional; otherwise all are.",
            ),
        ]
        .map(|key| key.importance(Importance::Low))
    }

    /// Reads the configuration; none where no header is named.
    ///
    /// # Errors
    /// A value is neither true nor false.
    pub(super) fn read(config: &Config) -> Result<Option<Self>, Error> {
        let (from_key, keeps_compatible) = (config.boolean(FROM_KEY)?, config.boolean(KEEP_COMPATIBLE)?);
        let header = config.get(HEADER).filter(|header| !header_text::trim(header).is_empty());
        Ok(header.map(|header| DropFields {
            header: header.to_owned(),
            from_key,
            keeps_compatible,
            without: Derived::default(),
        }))
    }

    /// Returns the first header of that name of each row.
    pub(super) fn lists(&self, batch: &Batch<'_>) -> Vec<Option<List>> {
        let headers = batch.headers();
        let read = if batch.has_simple_headers() { |bytes: &[u8]| List::Text(bytes.to_vec()) } else { List::payload };
        let mut all = headers.keys.iter().zip(headers.values.iter());
        let mut of_row = |count: &u32| {
            let mut of_row: Vec<(&String, Cell<&[u8]>)> = all.by_ref().take(*count as usize).collect();
            of_row.retain(|(name, _)| **name == self.header);
            of_row.first().map(|(_, value)| value.value().map_or(List::Payload(Json::Null), read))
        };
        headers.counts.iter().map(&mut of_row).collect()
    }

    /// Takes the fields out of a row, and notes those of the key.
    pub(super) fn drop(&mut self, row: Datum, change: &mut Change, list: Option<&List>) -> Result<Datum, String> {
        let Some(names) = self.names(change, list)? else { return Ok(row) };
        let chosen = self.chosen(&row.schema, &names)?;
        self.note(change, names);
        if chosen.is_empty() { Ok(row) } else { self.without(row, &chosen) }
    }

    /// Does a row that has become null: of this schema, if it has one still.
    pub(super) fn drop_from_null(
        &self,
        change: &mut Change,
        list: Option<&List>,
        schema: Option<&Schema>,
    ) -> Result<(), String> {
        let Some(names) = self.names(change, list)? else { return Ok(()) };
        if self.keeps_compatible {
            // Debezium's reason is a null pointer.
            self.chosen(schema.ok_or("a tombstone has no schema that says which fields are optional")?, &names)?;
        }
        self.note(change, names);
        Ok(())
    }

    fn note(&self, change: &mut Change, names: Vec<String>) {
        change.dropped_from_key = self.from_key.then_some(names);
    }

    /// Returns the names that the row's header lists; a header that the row had before comes before those added.
    fn names(&self, change: &Change, list: Option<&List>) -> Result<Option<Vec<String>>, String> {
        let value = match list {
            Some(List::Payload(payload)) => return self.names_of(payload),
            Some(List::Text(text)) => header_text::parse(&String::from_utf8_lossy(text))?,
            None => change.headers.iter().find(|added| added.name == self.header).map(|added| added.value.clone()),
        };
        let elements = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(elements)) => elements,
            Some(other) => return Err(self.no_list(typed::class_of(&other))),
        };
        let names: Vec<String> = elements.iter().filter_map(header_text::of_plain).collect();
        Ok((!names.is_empty()).then_some(names))
    }

    fn names_of(&self, payload: &Json) -> Result<Option<Vec<String>>, String> {
        let elements = match payload {
            Json::Null => return Ok(None),
            Json::Array(elements) => elements,
            other => return Err(self.no_list(&other.to_string())),
        };
        let names: Vec<String> =
            elements.iter().filter_map(|element| header_text::of_json(element.to_string().as_bytes())).collect();
        Ok((!names.is_empty()).then_some(names))
    }

    fn no_list(&self, found: &str) -> String {
        format!("the header {} is no list of names but {found}", self.header)
    }

    /// Returns which fields are taken out.
    fn chosen(&self, schema: &Schema, names: &[String]) -> Result<Vec<String>, String> {
        if !self.keeps_compatible {
            return Ok(as_configured(names));
        }
        let fields = schema.fields().ok_or("Cannot list fields on non-struct type")?;
        let chosen = fields.iter().filter(|field| field.schema.optional && names.contains(&field.name));
        let chosen: Vec<String> = chosen.map(|field| field.name.clone()).collect();
        Ok(if chosen.is_empty() { chosen } else { as_configured(&chosen) })
    }

    fn without(&mut self, row: Datum, names: &[String]) -> Result<Datum, String> {
        let (fields, values) = typed::require_struct(&row, PURPOSE)?;
        let is_kept = |field: &Field| !names.contains(&field.name);
        let kept = fields
            .iter()
            .zip(values)
            .filter(|(field, _)| is_kept(field))
            .map(|(field, value)| value.or_default(&field.schema).clone())
            .collect();
        let known = self.without.get(&row.schema, |_| Ok(Rc::default()))?;
        let known = &mut *known.borrow_mut();
        let schema = match known.iter().find(|(list, _)| list == names) {
            Some((_, schema)) => Rc::clone(schema),
            None => {
                let fields = fields.iter().filter(|field| is_kept(field)).cloned().collect();
                let schema = typed::with_fields(&row.schema, fields)?;
                known.truncate(LISTS - 1);
                known.insert(0, (names.to_vec(), Rc::clone(&schema)));
                schema
            }
        };
        Ok(Datum { schema, value: Value::Struct(kept) })
    }

    /// Takes fields out of the keys.
    pub(super) fn apply_to_keys(
        &mut self,
        batch: &Batch<'_>,
        schemas: &mut SchemaCache,
        changes: &[Change],
    ) -> Result<(), Error> {
        let is_chosen = |change: &Change| !change.discarded && change.dropped_from_key.is_some();
        let rows = part::rows_where(changes, is_chosen);
        if rows.is_empty() {
            return Ok(());
        }
        let names = |row: u32| {
            changes.get(row as usize).and_then(|change| change.dropped_from_key.as_deref()).unwrap_or_default()
        };
        data::apply(batch.key(), schemas, &rows, |row, key| {
            if key.value.is_null() {
                return Ok(Outcome::Keep);
            }
            let chosen = self.chosen(&key.schema, names(row))?;
            if chosen.is_empty() { Ok(Outcome::Keep) } else { Ok(Outcome::Put(self.without(key, &chosen)?)) }
        })?;
        let ids = batch.key().schemas();
        let plain = rows.into_iter().filter(|row| ids.get(*row as usize).is_none_or(|id| *id == 0));
        self.drop_from_plain_keys(batch, plain, names)
    }

    fn drop_from_plain_keys<'a>(
        &self,
        batch: &Batch<'_>,
        rows: impl Iterator<Item = u32>,
        names: impl Fn(u32) -> &'a [String],
    ) -> Result<(), Error> {
        let kinds = batch.key().kinds();
        let is_null = |row: u32| matches!(kinds.get(row as usize), Some(ValueKind::Absent | ValueKind::Null));
        for row in rows.filter(|row| !is_null(*row)) {
            if self.keeps_compatible {
                // Debezium's reason is a null pointer.
                batch.reject(&[row], "the key has no schema that says which fields are optional")?;
                continue;
            }
            let chosen = self.chosen(&Schema::structure(), names(row)).unwrap_or_default();
            let edit = part::edit_objects(Nulls::Pass, PURPOSE);
            let edit = chosen.iter().fold(edit, |edit, name| edit.remove(Path::from(name)));
            batch.key().edit_rows(&[row], edit)?;
        }
        Ok(())
    }
}

/// Returns names as they come out of a list in a configuration, where Debezium puts them: one with a comma is two.
fn as_configured(names: &[String]) -> Vec<String> {
    names.join(",").split(',').map(|name| header_text::trim(name).to_owned()).collect()
}
