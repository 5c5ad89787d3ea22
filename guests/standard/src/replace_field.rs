//! Kafka's `ReplaceField`: leaves fields out, or all others, and renames fields.

use airlock_sdk::serde_json::Value;
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Description, Edit, Error, Form, Part, Transform, ValueKind,
};

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
        let ids = batch.part(self.part).schemas();
        if ids.iter().any(|id| *id != 0) {
            let kinds = schema::require_structs(batch, self.part, Nulls::Pass, PURPOSE)?;
            if self.replaces_null {
                schema::replace_nulls(batch, self.part, &ids)?;
            }
            let fields = &self.fields;
            let rows = Rows { part: self.part, ids: &ids, kinds: &kinds };
            self.rewrites.apply(batch, rows, |schemas| Ok(fields.rewrite(schemas)))?;
        }
        if self.fields.include.is_empty() {
            Ok(batch.part(self.part).edit(self.edit.clone())?)
        } else {
            let kinds = part::require_objects(batch, self.part, Nulls::Pass, PURPOSE)?;
            self.fields.compose(batch, self.part, &kinds)
        }
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
    /// Returns the edit that excludes and renames: all exclusions first, since Kafka decides by old names.
    fn edit(&self) -> Edit {
        let edit = self.exclude.iter().fold(Edit::new(), |edit, name| edit.remove(name));
        let renames = self.renames.iter().filter(|(name, _)| !self.exclude.contains(name));
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

    /// Writes new objects of the included fields alone, in the order of the configuration.
    fn compose(&self, batch: &Batch<'_>, part: Part, kinds: &[ValueKind]) -> Result<(), Error> {
        let included: Vec<&String> = self.include.iter().filter(|name| self.keeps(name)).collect();
        let columns = included.iter().map(|name| batch.part(part).read_json(*name)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = included.iter().map(|name| Value::from(self.renamed(name)).to_string()).collect();
        let mut cells: Vec<_> = names.iter().zip(columns.iter().map(BytesColumn::iter)).collect();
        let mut column = BytesColumn::with_capacity(kinds.len(), columns.iter().map(BytesColumn::byte_size).sum());
        let mut object = Vec::new();
        for kind in kinds {
            object.clear();
            object.push(b'{');
            for (name, cells) in &mut cells {
                let json = match cells.next() {
                    Some(Cell::Value(json)) => json,
                    Some(Cell::Null) => b"null",
                    _ => continue,
                };
                if object.len() > 1 {
                    object.push(b',');
                }
                object.extend_from_slice(name.as_bytes());
                object.push(b':');
                object.extend_from_slice(json);
            }
            object.push(b'}');
            column.push(if *kind == ValueKind::Object { Cell::Value(&object) } else { Cell::Other });
        }
        Ok(batch.part(part).write_whole(Form::Json, column)?)
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
