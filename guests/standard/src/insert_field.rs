//! Kafka's `InsertField`: adds fields with what is known about the record besides its key and value, or with a
//! constant. All fields of a batch go in with one edit.

use airlock_sdk::serde_json::{Value, json};
use airlock_sdk::{
    Batch, BatchError, Cell, Config, ConfigKey, ConfigProblem, Description, Edit, Error, IntColumn, Part, TextColumn,
    Transform,
};

use crate::part::{self, Nulls};
use crate::schema::{self, Rewrites, Rows};

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
    replaces_null: bool,
    rewrites: Rewrites,
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

    /// Returns the field's schema, of this type and, maybe, of a logical one.
    fn schema(&self, (value_type, logical_name): (&str, Option<&str>)) -> Value {
        match logical_name {
            None => json!({"type": value_type, "optional": self.optional, "field": self.name}),
            Some(name) => json!({
                "type": value_type, "optional": self.optional, "name": name, "version": 1, "field": self.name,
            }),
        }
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
            schema::replace_null_key(),
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
            replaces_null: config.boolean(schema::REPLACE_NULL)?,
            rewrites: Rewrites::default(),
        };
        if configured.schemas().is_empty() {
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
            let from_source = part::rows_where(&batch.offsets(), |offset| *offset < 0);
            let found = "org.apache.kafka.connect.source.SourceRecord";
            batch.reject(&from_source, &format!("Only SinkRecord supported for [{PURPOSE}], found: {found}"))?;
        }
        let mut missing = Cell::Other;
        if batch.part(self.part).has_schemas() {
            let ids = batch.part(self.part).schemas();
            let kinds = schema::require_structs(batch, self.part, Nulls::Pass, PURPOSE)?;
            if self.replaces_null {
                schema::replace_nulls(batch, self.part, &ids)?;
            }
            let added = self.schemas();
            let rows = Rows { part: self.part, ids: &ids, kinds: &kinds };
            self.rewrites.apply(batch, rows, |fields| Ok(fields.into_iter().chain(added.clone()).collect()))?;
            missing = Cell::Null;
            self.require_known(batch, &ids)?;
        }
        let fields = batch.part(self.part);
        if self.inserts_only_a_constant() {
            fields.edit(&self.prepared)?
        } else {
            fields.edit(self.edit(batch, missing))?
        }
        Ok(())
    }
}

impl InsertField {
    /// Rejects rows with a schema of which a required field would not be known, in the words of Kafka's converter.
    fn require_known(&self, batch: &Batch<'_>, ids: &[u32]) -> Result<(), BatchError> {
        let required = |field: &Option<Insertion>| field.as_ref().is_some_and(|field| !field.optional);
        let mut unknown = vec![false; ids.len()];
        if required(&self.timestamp) {
            unknown.iter_mut().zip(batch.timestamps()).for_each(|(unknown, at)| *unknown |= at < 0);
        }
        if required(&self.partition) {
            unknown.iter_mut().zip(batch.partitions()).for_each(|(unknown, partition)| *unknown |= partition < 0);
        }
        let rows: Vec<(bool, u32)> = unknown.into_iter().zip(ids.iter().copied()).collect();
        let rows = part::rows_where(&rows, |(unknown, id)| *unknown && *id != 0);
        let reason = "Conversion error: null value for field that is required and has no default value";
        if rows.is_empty() { Ok(()) } else { batch.reject(&rows, reason) }
    }

    /// Returns the edit that inserts the fields. Without a schema a missing timestamp or partition inserts
    /// nothing; with one the field is there, so it is null.
    fn edit(&self, batch: &Batch<'_>, missing: Cell<i64>) -> Edit {
        let known = |number: i64| if number < 0 { missing } else { Cell::Value(number) };
        let mut edit = self.prepared.clone();
        if let Some(field) = &self.topic {
            let topics = batch.topics();
            edit = match topics.names.as_slice() {
                [name] => edit.put_constant(&field.name, Value::from(name.as_str()).to_string()),
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
        self.with_constant(edit)
    }

    fn inserts_only_a_constant(&self) -> bool {
        [&self.topic, &self.partition, &self.offset, &self.timestamp].iter().all(|field| field.is_none())
    }

    fn with_constant(&self, edit: Edit) -> Edit {
        match &self.constant {
            Some((field, value)) => edit.put_constant(&field.name, Value::from(value.as_str()).to_string()),
            None => edit,
        }
    }

    /// Returns the schemas of the fields.
    fn schemas(&self) -> Vec<Value> {
        let constant = self.constant.as_ref().map(|(field, _)| field);
        let fields = [
            (self.topic.as_ref(), ("string", None)),
            (self.partition.as_ref(), ("int32", None)),
            (self.offset.as_ref(), ("int64", None)),
            (self.timestamp.as_ref(), ("int64", Some("org.apache.kafka.connect.data.Timestamp"))),
            (constant, ("string", None)),
        ];
        fields.into_iter().filter_map(|(field, schema)| Some(field?.schema(schema))).collect()
    }
}
