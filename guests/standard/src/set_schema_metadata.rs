//! Kafka's `SetSchemaMetadata`: gives the schema of a key or value a name, a version or both.

use std::rc::Rc;

use airlock_sdk::ValueKind;
use airlock_sdk::data::{Datum, Derived, Outcome, Schema};
use airlock_sdk::{Batch, Config, ConfigKey, Description, Edit, Error, Importance, KindOutcome, Part, Path, Transform};

use crate::by_field::{self, Change, Plan};
use crate::part;
use crate::typed::{self, Rows, Typed};

const REASON: &str = "Schema required for [updating schema metadata]";

/// Kafka's `SetSchemaMetadata`.
pub(crate) struct SetSchemaMetadata {
    part: Part,
    name: Option<String>,
    version: Option<i32>,
    /// Rejects all that isn't null.
    refusal: Edit,
    typed: Typed,
    renamed: Derived,
}

impl Transform for SetSchemaMetadata {
    fn describe() -> Description {
        Description::new([
            "org.apache.kafka.connect.transforms.SetSchemaMetadata$Value",
            "org.apache.kafka.connect.transforms.SetSchemaMetadata$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation("Sets the name, the version or both of the schema of the key or value, which is a struct.")
        .config([
            ConfigKey::text("schema.name").importance(Importance::High).documentation("The schema's new name."),
            ConfigKey::int("schema.version").importance(Importance::High).documentation("The schema's new version."),
            typed::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let name = config.get("schema.name").map(str::to_owned);
        let version = match config.get("schema.version") {
            Some(_) => Some(config.parse("schema.version")?),
            None => None,
        };
        if name.is_none() && version.is_none() {
            let message = "Neither schema name nor version configured: set schema.name, schema.version or both";
            return Err(Error::invalid("schema.name", message));
        }
        let kinds = [
            ValueKind::Boolean,
            ValueKind::Integer,
            ValueKind::Fraction,
            ValueKind::Text,
            ValueKind::Array,
            ValueKind::Object,
        ];
        let refused = kinds.map(|kind| (kind, KindOutcome::Reject(REASON.to_owned())));
        Ok(SetSchemaMetadata {
            part: part::of_class(class_name),
            name,
            version,
            refusal: Edit::new().by_kind(Path::WHOLE, refused),
            typed: Typed::configured(config)?,
            renamed: Derived::default(),
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let fields = batch.part(self.part);
        let rows = Rows::of(batch, self.part);
        rows.edit_plain(fields, &self.refusal)?;
        let Self { name, version, typed, renamed, .. } = self;
        let rest = by_field::change(fields, &mut typed.schemas, &rows.typed, |schema, _| {
            let renamed = renamed.get(schema, |schema| rename(schema, name.as_ref(), *version)).ok();
            Ok(renamed.map(|schema| Plan::new(schema, Change::None)))
        })?;
        typed.apply(fields, &rest, |_, datum| {
            let schema = renamed.get(&datum.schema, |schema| rename(schema, name.as_ref(), *version))?;
            Ok(Outcome::Put(Datum { schema, value: datum.value.clone() }))
        })
    }
}

fn rename(schema: &Rc<Schema>, name: Option<&String>, version: Option<i32>) -> Result<Rc<Schema>, String> {
    if schema.fields().is_none() {
        return Err("Cannot list fields on non-struct type".to_owned());
    }
    let mut renamed = Schema::clone(schema);
    if let Some(name) = name {
        renamed.name = Some(name.clone());
    }
    renamed.version = version.or(renamed.version);
    Ok(Rc::new(renamed))
}
