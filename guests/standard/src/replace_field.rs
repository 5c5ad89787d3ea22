//! Kafka's `ReplaceField`: leaves fields out, or all others, and renames fields.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Field, Outcome, Schema, Value};
use airlock_sdk::{Batch, Config, ConfigKey, Description, Edit, Error, Part, Path, Transform};

use crate::by_field::{self, Change, Plan};
use crate::part::{self, Nulls};
use crate::typed::{self, Rows, Typed};

const PURPOSE: &str = "field replacement";

/// Kafka's `ReplaceField`.
pub(crate) struct ReplaceField {
    part: Part,
    fields: Fields,
    edit: Rc<Edit>,
    typed: Typed,
    replaced: Derived<(Rc<Schema>, Vec<usize>)>,
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
            typed::replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let renames = config.list("renames");
        let fields = Fields {
            exclude: part::names(config, "exclude")?,
            include: part::names(config, "include")?,
            renames: last_of_each(renames.iter().map(|mapping| parse_rename(mapping)).collect::<Result<_, _>>()?),
        };
        let edit = Rc::new(fields.edit());
        let part = part::of_class(class_name);
        Ok(ReplaceField { part, fields, edit, typed: Typed::configured(config)?, replaced: Derived::default() })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let rows = Rows::of(batch, self.part);
        rows.edit_plain(batch.part(self.part), &self.edit)?;
        let Self { fields, edit, typed, replaced, .. } = self;
        let values = batch.part(self.part);
        let rest = by_field::change(values, &mut typed.schemas, &rows.typed, |schema, _| {
            let replaced = replaced.get(schema, |schema| fields.replace(schema));
            let planned = replaced.ok().filter(|(_, indexes)| fields.keeps_just(schema, indexes));
            Ok(planned.map(|(schema, _)| Plan::new(schema, Change::Edit(Rc::clone(edit)))))
        })?;
        typed.apply(values, &rest, |_, datum| {
            if datum.value.is_null() {
                return Ok(Outcome::Keep);
            }
            let (_, values) = typed::require_struct(datum, PURPOSE)?;
            let (schema, indexes) = replaced.get(&datum.schema, |schema| fields.replace(schema))?;
            let value = |index: &usize| values.get(*index).cloned().unwrap_or(Value::Null);
            Ok(Outcome::Put(Datum { schema, value: Value::Struct(indexes.iter().map(value).collect()) }))
        })
    }
}

fn parse_rename(mapping: &str) -> Result<(String, String), Error> {
    // As Java splits, colons at the end count for nothing.
    match mapping.trim_end_matches(':').split(':').collect::<Vec<_>>().as_slice() {
        [name, new_name] => Ok(((*name).to_owned(), (*new_name).to_owned())),
        _ => Err(Error::invalid("renames", format!("Invalid rename mapping: {mapping}: write old:new"))),
    }
}

/// Leaves the last mapping of each name, as the map does that Kafka makes of them.
fn last_of_each(renames: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_last = |(index, (name, _)): &(usize, &(String, String))| {
        !renames.iter().skip(index + 1).any(|(later, _)| later == name)
    };
    renames.iter().enumerate().filter(is_last).map(|(_, mapping)| mapping.clone()).collect()
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
        self.renames.iter().find(|(old, _)| old == name).map_or(name, |(_, new)| new)
    }

    /// Returns the name that a field of this new name had. The last mapping to it counts.
    fn original<'a>(&'a self, new_name: &'a str) -> &'a str {
        self.renames.iter().rfind(|(_, new)| new == new_name).map_or(new_name, |(old, _)| old)
    }

    /// Tells whether these are the fields that stay: values come from elsewhere where names change places.
    fn keeps_just(&self, schema: &Schema, indexes: &[usize]) -> bool {
        let fields = schema.fields().unwrap_or_default().iter().enumerate();
        let kept = fields.filter(|(_, field)| self.keeps(&field.name)).map(|(index, _)| index);
        kept.eq(indexes.iter().copied())
    }

    /// Returns the schema of what stays, and which fields the values come from. Kafka finds these by the names that
    /// the new ones had, whether or not that field is the one that stays.
    fn replace(&self, schema: &Schema) -> Result<(Rc<Schema>, Vec<usize>), String> {
        let kept = schema.fields().unwrap_or_default().iter().filter(|field| self.keeps(&field.name));
        let fields: Vec<Field> =
            kept.map(|field| Field::new(self.renamed(&field.name), Rc::clone(&field.schema))).collect();
        let index = |field: &Field| {
            let name = self.original(&field.name);
            schema.field_named(name).map(|(index, _)| index).ok_or_else(|| format!("{name} is not a valid field name"))
        };
        let new_schema = typed::with_fields(schema, fields.clone())?;
        Ok((new_schema, fields.iter().map(index).collect::<Result<_, _>>()?))
    }
}
