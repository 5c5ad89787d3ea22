//! Debezium's `ExtractNewRecordState`: puts the row in place of the change event.

mod deletes;
mod drop_fields;
mod event;
mod references;

use airlock_sdk::data::{self, Outcome, SchemaCache};
use airlock_sdk::{Batch, Config, ConfigKey, Description, Error, Importance, Part, Topics, Transform, ValueKind};
use connect_lib::header_list::{self, HeaderValue, Maker};
use connect_lib::typed::{self, Rows};

use deletes::Deletes;
use drop_fields::DropFields;
use event::{Change, Unwrap};
use references::Reference;

const ADD_FIELDS: &str = "add.fields";
const ADD_HEADERS: &str = "add.headers";
const ROUTE_BY_FIELD: &str = "route.by.field";

/// Debezium's `ExtractNewRecordState`.
pub(crate) struct ExtractNewRecordState {
    schemas: SchemaCache,
    unwrap: Unwrap,
    drop_fields: Option<DropFields>,
}

impl Transform for ExtractNewRecordState {
    fn describe() -> Description {
        let low = |key: ConfigKey| key.importance(Importance::Low);
        let names = "names separated by commas, of fields of source, or of transaction or the event itself where they \
                     are there, or struct.field; with a colon and a new name behind it if need be";
        let mut keys = Vec::from(Deletes::keys());
        keys.extend([
            low(ConfigKey::text(ROUTE_BY_FIELD).default(""))
                .documentation("The field of the row whose value becomes the topic; a blank one leaves it."),
            low(ConfigKey::text("add.fields.prefix").default("__"))
                .documentation("What goes before the names of the fields that are added."),
            low(ConfigKey::list(ADD_FIELDS).default(""))
                .documentation(format!("Fields of the change event that are added to the row: {names}.")),
            low(ConfigKey::text("add.headers.prefix").default("__"))
                .documentation("What goes before the names of the headers that are added."),
            low(ConfigKey::list(ADD_HEADERS).default(""))
                .documentation(format!("Fields of the change event that are added as headers: {names}.")),
            low(typed::replace_null_key()),
        ]);
        keys.extend(DropFields::keys());
        Description::new(["io.debezium.transforms.ExtractNewRecordState"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Puts the row in place of Debezium's change event. Other records are passed on.")
            .config(keys)
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        let route = config.text(ROUTE_BY_FIELD)?;
        let unwrap = Unwrap {
            deletes: Deletes::read(config)?,
            fields: Reference::list(config, ADD_FIELDS, "add.fields.prefix")?,
            headers: Reference::list(config, ADD_HEADERS, "add.headers.prefix")?,
            route: (!route.is_empty()).then(|| route.to_owned()),
            replaces_null: config.boolean(typed::REPLACE_NULL)?,
            schemas: event::Schemas::default(),
        };
        Ok(ExtractNewRecordState { schemas: SchemaCache::default(), unwrap, drop_fields: DropFields::read(config)? })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let values = batch.value();
        let rows = Rows::of(batch, Part::Value);
        let mut changes: Vec<Change> = std::iter::repeat_with(Change::default).take(batch.rows()).collect();
        if rows.has_plain() {
            let kinds = values.kinds();
            let is_null = |row: &u32| matches!(kinds.get(*row as usize), Some(ValueKind::Absent | ValueKind::Null));
            for row in rows.plain().into_iter().filter(is_null) {
                if let Some(change) = changes.get_mut(row as usize) {
                    self.unwrap.tombstone(change);
                }
            }
        }
        let Self { schemas, unwrap, drop_fields } = self;
        let lists = drop_fields.as_ref().map(|drop_fields| drop_fields.lists(batch));
        data::apply(values, schemas, &rows.typed, |row, datum| {
            let Some(change) = changes.get_mut(row as usize) else { return Ok(Outcome::Keep) };
            let list = lists.as_ref().and_then(|lists| lists.get(row as usize)).and_then(Option::as_ref);
            let dropped = drop_fields.as_mut().map(|drop_fields| (drop_fields, list));
            unwrap.apply(&datum, change, dropped)
        })?;
        if let Some(drop_fields) = &mut self.drop_fields {
            drop_fields.apply_to_keys(batch, &mut self.schemas, &changes)?;
        }
        write(batch, &mut self.schemas, &changes)
    }
}

/// Writes what becomes of the rows besides their keys and values.
fn write(batch: &Batch<'_>, schemas: &mut SchemaCache, changes: &[Change]) -> Result<(), Error> {
    if changes.iter().any(|change| !change.headers.is_empty()) {
        let maker = Maker::of(batch);
        let mut values: Vec<Vec<HeaderValue>> = Vec::with_capacity(changes.len());
        for (row, change) in (0..).zip(changes) {
            let headers = if change.discarded { &[] } else { change.headers.as_slice() };
            let made: Result<_, String> = headers.iter().map(|added| added.made(maker)).collect();
            values.push(made.or_else(|reason| batch.reject(&[row], &reason).map(|()| Vec::new()))?);
        }
        let headers = changes
            .iter()
            .zip(&values)
            .map(|(change, values)| change.headers.iter().map(|added| added.name.as_str()).zip(values).collect());
        header_list::append(batch, schemas, headers)?;
    }
    if changes.iter().any(|change| change.topic.is_some()) {
        let topics = batch.topics();
        let names = topics.iter().zip(changes).map(|(topic, change)| change.topic.as_deref().unwrap_or(topic));
        let names: Vec<String> = names.map(str::to_owned).collect();
        let rows = (0..names.len() as u32).collect();
        batch.set_topics(Topics { names, rows })?;
    }
    let discarded = (0..).zip(changes).filter(|(_, change)| change.discarded).map(|(row, _)| row);
    Ok(batch.discard(&discarded.collect::<Vec<u32>>())?)
}
