//! Kafka's `InsertField`: adds fields with what is known about the record besides its key and value, or with a
//! constant. All fields of a batch go in with one edit.

use std::borrow::Cow;
use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Field, Outcome, Schema, Value};
use airlock_sdk::serde_json::Value as Json;
use airlock_sdk::{
    Batch, Cell, Config, ConfigKey, ConfigProblem, Description, Edit, Error, IntColumn, Part, TextColumn, Transform,
    ValueKind,
};

use crate::by_field::{self, Change, Plan};
use crate::part::{self, Nulls};
use crate::typed::{self, Rows, Typed};

const PURPOSE: &str = "field insertion";
const OPTIONALITY: &str = "Suffix with '!' to make this a required field, or '?' to keep it optional (the default).";

/// Kafka's `InsertField`.
pub(crate) struct InsertField {
    part: Part,
    topic: Option<Insertion>,
    partition: Option<Insertion>,
    offset: Option<Insertion>,
    timestamp: Option<Insertion>,
    constant: Option<(Insertion, String)>,
    /// What is the same for all batches: everything where only a constant is inserted, else what comes first.
    prepared: Edit,
    typed: Typed,
    longer: Derived,
}

/// A field to be inserted.
struct Insertion {
    name: String,
    optional: bool,
}

impl Insertion {
    fn parse(text: &str) -> Self {
        match (text.strip_suffix('?'), text.strip_suffix('!')) {
            (Some(name), _) => Insertion { name: name.to_owned(), optional: true },
            (None, Some(name)) => Insertion { name: name.to_owned(), optional: false },
            (None, None) => Insertion { name: text.to_owned(), optional: true },
        }
    }

    fn field(&self, schema: Schema) -> Field {
        Field::new(self.name.as_str(), Schema { optional: self.optional, ..schema })
    }
}

impl Transform for InsertField {
    fn describe() -> Description {
        let field = |name: &str, what: &str| ConfigKey::text(name).documentation(format!("{what}\n{OPTIONALITY}"));
        Description::new([
            "org.apache.kafka.connect.transforms.InsertField$Value",
            "org.apache.kafka.connect.transforms.InsertField$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation("Inserts fields with the record's topic, partition, offset or timestamp, or with a constant.")
        .config([
            field("topic.field", "Field name for Kafka topic."),
            field("partition.field", "Field name for Kafka partition."),
            field("offset.field", "Field name for Kafka offset - only applicable to sink connectors."),
            field("timestamp.field", "Field name for record timestamp."),
            field("static.field", "Field name for static data field."),
            ConfigKey::text("static.value").documentation("Static field value, if field name configured."),
            typed::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let insertion = |key: &str| config.get(key).map(Insertion::parse);
        let constant = match (insertion("static.field"), config.get("static.value")) {
            (Some(field), Some(value)) => Some((field, value.to_owned())),
            (Some(field), None) => {
                let message = format!("is missing: set the value of static.field {}", field.name);
                return Err(Error::invalid("static.value", message));
            }
            (None, _) => None,
        };
        let mut configured = InsertField {
            part: part::of_class(class_name),
            topic: insertion("topic.field"),
            partition: insertion("partition.field"),
            offset: insertion("offset.field"),
            timestamp: insertion("timestamp.field"),
            constant,
            prepared: part::edit_objects(Nulls::Pass, PURPOSE),
            typed: Typed::configured(config)?,
            longer: Derived::default(),
        };
        if configured.fields().is_empty() {
            let message = "No field insertion configured: set this key or another that ends in .field";
            return Err(Error::InvalidConfig(vec![ConfigProblem::new("static.field", message)]));
        }
        if configured.inserts_only_a_constant() {
            configured.prepared = configured.with_constant(configured.prepared.clone());
        }
        Ok(configured)
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        if self.offset.is_some() {
            self.reject_sources(batch)?;
        }
        let rows = Rows::of(batch, self.part);
        if rows.has_plain() {
            rows.edit_plain(batch.part(self.part), &self.edit(batch))?;
        }
        if rows.typed.is_empty() {
            return Ok(());
        }
        let added = self.fields();
        let rest = self.insert_typed(batch, (&rows.typed, &added))?;
        if rest.is_empty() {
            return Ok(());
        }
        let columns = self.columns(batch);
        let Self { part, typed, longer, .. } = self;
        typed.apply(batch.part(*part), &rest, |row, datum| {
            if datum.value.is_null() {
                return Ok(Outcome::Keep);
            }
            let (_, values) = typed::require_struct(datum, PURPOSE)?;
            let schema = longer.get(&datum.schema, |schema| with_more(schema, &added))?;
            let mut values = values.to_vec();
            for (column, field) in columns.iter().zip(&added) {
                let value = column.get(row as usize).cloned().unwrap_or(Value::Null);
                if value.is_null() && !field.schema.optional {
                    // In the words of Kafka's converter.
                    let reason = "null value for field that is required and has no default value";
                    return Err(format!("Conversion error: {reason}"));
                }
                values.push(value);
            }
            Ok(Outcome::Put(Datum { schema, value: Value::Struct(values) }))
        })
    }
}

impl InsertField {
    /// Rejects what has no offset, but for nulls, which pass.
    fn reject_sources(&self, batch: &Batch<'_>) -> Result<(), Error> {
        let kinds = batch.part(self.part).kinds();
        let is_null = |kind: &ValueKind| matches!(kind, ValueKind::Absent | ValueKind::Null);
        let rows: Vec<bool> =
            batch.offsets().iter().zip(&kinds).map(|(offset, kind)| *offset < 0 && !is_null(kind)).collect();
        let found = "org.apache.kafka.connect.source.SourceRecord";
        let reason = format!("Only SinkRecord supported for [{PURPOSE}], found: {found}");
        Ok(batch.reject(&part::rows_where(&rows, |from_source| *from_source), &reason)?)
    }

    /// Inserts the fields into structs, and returns the rows that have to be visited.
    fn insert_typed(&mut self, batch: &Batch<'_>, (rows, added): (&[u32], &[Field])) -> Result<Vec<u32>, Error> {
        let unknown = self.partition.is_some() && batch.partitions().iter().any(|partition| *partition < 0)
            || self.timestamp.is_some() && batch.timestamps().iter().any(|timestamp| *timestamp < 0);
        if unknown {
            return Ok(rows.to_vec());
        }
        let edit = Rc::new(self.edit(batch).into_owned());
        let Self { part, typed, longer, .. } = self;
        by_field::change(batch.part(*part), &mut typed.schemas, rows, |schema, _| {
            let longer = longer.get(schema, |schema| with_more(schema, added)).ok();
            Ok(longer.map(|schema| Plan::new(schema, Change::Edit(Rc::clone(&edit)))))
        })
    }

    /// Returns the edit that inserts the fields. A missing timestamp or partition inserts nothing.
    fn edit(&self, batch: &Batch<'_>) -> Cow<'_, Edit> {
        if self.inserts_only_a_constant() {
            return Cow::Borrowed(&self.prepared);
        }
        let known = |number: i64| if number < 0 { Cell::Other } else { Cell::Value(number) };
        let mut edit = self.prepared.clone();
        if let Some(field) = &self.topic {
            let topics = batch.topics();
            edit = match topics.names.as_slice() {
                [name] => edit.put_constant(&field.name, Json::from(name.as_str()).to_string()),
                _ => edit.put(&field.name, topics.iter().map(Cell::Value).collect::<TextColumn>()),
            };
        }
        if let Some(field) = &self.partition {
            let partitions = batch.partitions().into_iter().map(i64::from).map(known);
            edit = edit.put(&field.name, partitions.collect::<IntColumn>());
        }
        if let Some(field) = &self.offset {
            edit = edit.put(&field.name, IntColumn::from(batch.offsets()));
        }
        if let Some(field) = &self.timestamp {
            edit = edit.put(&field.name, batch.timestamps().into_iter().map(known).collect::<IntColumn>());
        }
        Cow::Owned(self.with_constant(edit))
    }

    /// Returns the fields, for rows with a schema.
    fn fields(&self) -> Vec<Field> {
        let constant = self.constant.as_ref().map(|(field, _)| field);
        let fields = [
            (self.topic.as_ref(), Schema::string()),
            (self.partition.as_ref(), Schema::int32()),
            (self.offset.as_ref(), Schema::int64()),
            (self.timestamp.as_ref(), Schema::timestamp()),
            (constant, Schema::string()),
        ];
        fields.into_iter().filter_map(|(insertion, schema)| Some(insertion?.field(schema))).collect()
    }

    /// Returns the values of each of [`Self::fields`]; nulls where they aren't known.
    fn columns(&self, batch: &Batch<'_>) -> Vec<Vec<Value>> {
        let mut columns = Vec::new();
        if self.topic.is_some() {
            columns.push(batch.topics().iter().map(Value::from).collect());
        }
        if self.partition.is_some() {
            let value = |number| if number < 0 { Value::Null } else { Value::Int32(number) };
            columns.push(batch.partitions().into_iter().map(value).collect());
        }
        if self.offset.is_some() {
            columns.push(batch.offsets().into_iter().map(Value::Int64).collect());
        }
        if self.timestamp.is_some() {
            let value = |at| if at < 0 { Value::Null } else { Value::Moment(at) };
            columns.push(batch.timestamps().into_iter().map(value).collect());
        }
        if let Some((_, value)) = &self.constant {
            columns.push(vec![Value::from(value.as_str()); batch.rows()]);
        }
        columns
    }

    fn inserts_only_a_constant(&self) -> bool {
        [&self.topic, &self.partition, &self.offset, &self.timestamp].iter().all(|field| field.is_none())
    }

    fn with_constant(&self, edit: Edit) -> Edit {
        match &self.constant {
            Some((field, value)) => edit.put_constant(&field.name, Json::from(value.as_str()).to_string()),
            None => edit,
        }
    }
}

fn with_more(schema: &Schema, added: &[Field]) -> Result<Rc<Schema>, String> {
    typed::with_fields(schema, schema.fields().into_iter().flatten().chain(added).cloned().collect())
}
