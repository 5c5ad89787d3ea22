//! Kafka's `ReplaceField`: leaves fields out, or all others, and renames fields.

use airlock_sdk::serde_json::Value;
use airlock_sdk::{Batch, Config, ConfigKey, Description, Edit, Error, Part, Path, Transform};

use crate::part::{self, Nulls};
use crate::schema::{self, Rewrites, Rows};

const PURPOSE: &str = "field replacement";

/// Kafka's `ReplaceField`.
pub(crate) struct ReplaceField {
    part: Part,
    fields: Fields,
    edit: Edit,
    replaces_null: bool,
    rewrites: Rewrites,
}

/// Which fields stay, and under which names.
struct Fields {
    exclude: Vec<String>,
    include: Vec<String>,
    renames: Vec<(String, String)>,
}

impl Transform for ReplaceField {
    fn describe() -> Description {
        Description::new([
            "org.apache.kafka.connect.transforms.ReplaceField$Value",
            "org.apache.kafka.connect.transforms.ReplaceField$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation("Excludes, includes or renames fields.")
        .config([
            ConfigKey::list("exclude")
                .default("")
                .documentation("Fields to exclude. This takes precedence over the fields to include."),
            ConfigKey::list("include")
                .default("")
                .documentation("Fields to include. If specified, only these fields will be used."),
            ConfigKey::list("renames").default("").documentation("Field rename mappings, such as foo:bar,abc:xyz."),
            schema::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let renames = config.list("renames");
        let fields = Fields {
            exclude: config.list("exclude"),
            include: config.list("include"),
            renames: renames.iter().map(|mapping| parse_rename(mapping)).collect::<Result<_, _>>()?,
        };
        let edit = fields.edit();
        let replaces_null = config.boolean(schema::REPLACE_NULL)?;
        let part = part::of_class(class_name);
        Ok(ReplaceField { part, fields, edit, replaces_null, rewrites: Rewrites::default() })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        if batch.part(self.part).has_schemas() {
            let ids = batch.part(self.part).schemas();
            let kinds = schema::require_structs(batch, self.part, Nulls::Pass, PURPOSE)?;
            if self.replaces_null {
                schema::replace_nulls(batch, self.part, &ids)?;
            }
            let fields = &self.fields;
            let rows = Rows { part: self.part, ids: &ids, kinds: &kinds };
            self.rewrites.apply(batch, rows, |schemas| Ok(fields.rewrite(schemas)))?;
        }
        Ok(batch.part(self.part).edit(&self.edit)?)
    }
}

fn parse_rename(mapping: &str) -> Result<(String, String), Error> {
    match mapping.split(':').collect::<Vec<_>>().as_slice() {
        [name, new_name] if !name.is_empty() && !new_name.is_empty() => {
            Ok(((*name).to_owned(), (*new_name).to_owned()))
        }
        _ => Err(Error::invalid("renames", format!("Invalid rename mapping: {mapping}: write old:new"))),
    }
}

impl Fields {
    /// Returns the edit that leaves out and renames: renames last, since Kafka decides by old names.
    fn edit(&self) -> Edit {
        let edit = part::edit_objects(Nulls::Pass, PURPOSE);
        let edit = if self.include.is_empty() { edit } else { edit.retain(Path::WHOLE, &self.include) };
        let edit = self.exclude.iter().fold(edit, |edit, name| edit.remove(name));
        let renames = self.renames.iter().filter(|(name, _)| self.keeps(name));
        let is_chained = |new_name: &String| self.renames.iter().any(|(name, _)| name == new_name);
        if !renames.clone().any(|(_, new_name)| is_chained(new_name)) {
            return renames.fold(edit, |edit, (name, new_name)| edit.rename(name, new_name));
        }
        // Names change places, or move up one: by way of names that no record has, or the second rename
        // would take what the first one made.
        let between = |number: usize| format!("\u{0}airlock rename {number}");
        let out =
            renames.clone().enumerate().fold(edit, |edit, (number, (name, _))| edit.rename(name, between(number)));
        renames.enumerate().fold(out, |edit, (number, (_, new_name))| edit.rename(&between(number), new_name))
    }

    fn keeps(&self, name: &str) -> bool {
        !self.exclude.iter().any(|excluded| excluded == name)
            && (self.include.is_empty() || self.include.iter().any(|included| included == name))
    }

    fn renamed<'a>(&'a self, name: &'a str) -> &'a str {
        // The last mapping of a name counts, as in the map that Kafka makes of them.
        self.renames.iter().rfind(|(old, _)| old == name).map_or(name, |(_, new)| new)
    }

    /// Does to the schemas of fields what is done to the fields.
    fn rewrite(&self, schemas: Vec<Value>) -> Vec<Value> {
        let name = |schema: &Value| schema["field"].as_str().unwrap_or_default().to_owned();
        let kept = schemas.into_iter().filter(|schema| self.keeps(&name(schema)));
        kept.map(|mut schema| {
            let new_name = Value::from(self.renamed(&name(&schema)));
            schema.as_object_mut().map(|schema| schema.insert("field".to_owned(), new_name));
            schema
        })
        .collect()
    }
}
