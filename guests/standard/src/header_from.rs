//! Kafka's `HeaderFrom`: moves or copies fields into headers.

use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Kind, Outcome, Schema, Value};
use airlock_sdk::{
    Batch, Cell, Config, ConfigKey, Description, Edit, Error, Fields, Importance, Part, Path, Transform, ValueKind,
};

use crate::by_field::{self, Change};
use crate::part;
use crate::typed::{self, Rows, Typed, replace_null_key};
use crate::{header_list, header_text};
use header_list::{HeaderValue, Maker};

/// Kafka's `HeaderFrom`.
pub(crate) struct HeaderFrom {
    part: Part,
    plan: Plan,
    typed: Typed,
    without: Derived,
}

/// What goes where.
struct Plan {
    fields: Vec<String>,
    headers: Vec<String>,
    operation: Operation,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Move,
    Copy,
}

/// The values of a row's new headers.
type Texts = Vec<HeaderValue>;

impl Transform for HeaderFrom {
    fn describe() -> Description {
        let list = |name: &str| ConfigKey::list(name).required().non_empty().importance(Importance::High);
        Description::new([
            "org.apache.kafka.connect.transforms.HeaderFrom$Value",
            "org.apache.kafka.connect.transforms.HeaderFrom$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation("Moves or copies fields of the key or value into headers.")
        .config([
            list("fields").documentation("Names of the fields that go into headers."),
            list("headers").documentation("Names of the headers, one for each of the fields, in the same order."),
            ConfigKey::text("operation")
                .required()
                .importance(Importance::High)
                .one_of(["move", "copy"])
                .documentation("move takes the fields out of the key or value, copy leaves them there as well."),
            replace_null_key(),
        ])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        let operation = match header_text::trim(config.text("operation")?) {
            "move" => Operation::Move,
            "copy" => Operation::Copy,
            other => return Err(Error::invalid("operation", format!("is {other:?}: write move or copy"))),
        };
        let (fields, headers) = (names(config, "fields")?, names(config, "headers")?);
        if fields.len() != headers.len() {
            let message = format!(
                "names {} headers, but fields names {}: name a header for each field",
                headers.len(),
                fields.len()
            );
            return Err(Error::invalid("headers", message));
        }
        let plan = Plan { fields, headers, operation };
        let part = part::of_class(class_name);
        Ok(HeaderFrom { part, plan, typed: Typed::configured(config)?, without: Derived::default() })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let Self { part, plan, typed, without } = self;
        let (rows, values, maker) = (Rows::of(batch, *part), batch.part(*part), Maker::of(batch));
        let mut texts: Vec<Texts> = vec![Vec::new(); batch.rows()];
        let rest = by_field::change(values, &mut typed.schemas, &rows.typed, |schema, rows| {
            plan.by_field((values, rows), (schema, without), (maker, &mut texts))
        })?;
        typed.apply(values, &rest, |row, datum| {
            let found = plan.typed_texts(datum, maker)?;
            let outcome = plan.typed_rest(datum, without)?;
            if let Some(texts) = texts.get_mut(row as usize) {
                *texts = found;
            }
            Ok(outcome)
        })?;
        plan.apply_plain(values, &rows, (maker, &mut texts))?;
        let headers = texts.iter().map(|texts| plan.headers_with(texts));
        header_list::append(batch, &mut typed.schemas, headers)
    }
}

fn names(config: &Config, key: &str) -> Result<Vec<String>, Error> {
    config.text(key)?;
    let names = config.list(key);
    if names.is_empty() { Err(Error::invalid(key, "is empty: name at least one")) } else { Ok(names) }
}

impl Plan {
    fn purpose(&self) -> &'static str {
        match self.operation {
            Operation::Move => "header move",
            Operation::Copy => "header copy",
        }
    }

    fn headers_with<'a>(&'a self, texts: &'a Texts) -> Vec<(&'a str, &'a HeaderValue)> {
        self.headers.iter().map(String::as_str).zip(texts).collect()
    }

    /// Takes the texts of the fields of structs by themselves, and plans what becomes of the structs.
    fn by_field(
        &self,
        (values, rows): (Fields<'_>, &[u32]),
        (schema, without): (&Rc<Schema>, &mut Derived),
        (maker, texts): (Maker, &mut [Texts]),
    ) -> Result<Option<by_field::Plan>, Error> {
        let fields = self.fields.iter().map(|name| Some(&schema.field_named(name)?.1.schema));
        let Some(fields) = fields.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let nulls: Texts = fields.into_iter().map(|schema| maker.null(Some(schema))).collect();
        for row in rows {
            texts.get_mut(*row as usize).into_iter().for_each(|texts| *texts = nulls.clone());
        }
        let (mut edit, mut left) = (Edit::new(), Vec::new());
        for (index, name) in self.fields.iter().enumerate() {
            let Some((_, field)) = schema.field_named(name) else { return Ok(None) };
            let note = |row, value| {
                let place = texts.get_mut(row as usize)?.get_mut(index)?;
                *place = maker.value(&value, &field.schema).ok()?;
                Some(String::new())
            };
            let noted = by_field::changed((values, rows), (name, &field.schema), note)?;
            let Some((_, mut unclear)) = noted else { return Ok(None) };
            left.append(&mut unclear);
            edit = edit.remove(name);
        }
        left.sort_unstable();
        left.dedup();
        if self.operation == Operation::Copy {
            return Ok(Some(by_field::Plan { schema: Rc::clone(schema), change: Change::None, left }));
        }
        let schema = without.get(schema, |schema| Ok(Rc::new(self.schema_without(schema))));
        Ok(schema.ok().map(|schema| by_field::Plan { schema, change: Change::Edit(Rc::new(edit)), left }))
    }

    /// Returns the texts of the fields of a row with a schema.
    fn typed_texts(&self, datum: &Datum, maker: Maker) -> Result<Texts, String> {
        let purpose = self.purpose();
        typed::require_struct(datum, purpose)?;
        let texts = self.fields.iter().map(|name| {
            // Kafka's reason is a null pointer.
            let (index, field) = datum
                .schema
                .field_named(name)
                .ok_or_else(|| format!("the schema of the struct for [{purpose}] has no field {name}"))?;
            let value = datum.value.at(index).unwrap_or(&Value::Null);
            maker.value(value, &field.schema)
        });
        texts.collect()
    }

    /// Returns what becomes of a row with a schema.
    fn typed_rest(&self, datum: &Datum, without: &mut Derived) -> Result<Outcome, String> {
        if self.operation == Operation::Copy {
            return Ok(Outcome::Keep);
        }
        let schema = without.get(&datum.schema, |schema| Ok(Rc::new(self.schema_without(schema))))?;
        let Value::Struct(values) = &datum.value else { return Ok(Outcome::Keep) };
        let fields = datum.schema.fields().unwrap_or_default().iter().zip(values);
        let kept = fields.filter(|(field, _)| !self.fields.contains(&field.name)).map(|(_, value)| value.clone());
        Ok(Outcome::Put(Datum { schema, value: Value::Struct(kept.collect()) }))
    }

    fn schema_without(&self, schema: &Schema) -> Schema {
        let fields = schema.fields().unwrap_or_default().iter();
        schema.copy_basics(Kind::Struct(fields.filter(|field| !self.fields.contains(&field.name)).cloned().collect()))
    }

    /// Does the rows without a schema, whose fields are JSON.
    fn apply_plain(
        &self,
        values: Fields<'_>,
        rows: &Rows<'_>,
        (maker, texts): (Maker, &mut [Texts]),
    ) -> Result<(), Error> {
        if !rows.has_plain() {
            return Ok(());
        }
        let is_object = |(is_plain, kind)| is_plain && kind == ValueKind::Object;
        let objects: Vec<bool> = rows.are_plain().zip(values.kinds()).map(is_object).collect();
        for name in &self.fields {
            let column = values.read_json(Path::from([name.as_str()]))?;
            for ((is_object, cell), texts) in objects.iter().zip(column.iter()).zip(texts.iter_mut()) {
                if *is_object {
                    texts.push(if let Cell::Value(json) = cell { maker.json(json) } else { maker.null(None) });
                }
            }
        }
        let edit = part::edit_objects(part::Nulls::Reject, self.purpose());
        let moved = self.fields.iter().filter(|_| self.operation == Operation::Move);
        let edit = moved.fold(edit, |edit, name| edit.remove(Path::from([name.as_str()])));
        rows.edit_plain(values, &edit)
    }
}
