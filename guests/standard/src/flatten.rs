//! Kafka's `Flatten`: lifts the fields of inner structs and objects to the outermost one, under names that tell the
//! way.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use airlock_sdk::data::{Datum, Derived, Field, Kind, Outcome, Schema, Value};
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Description, Edit, Error, Fields, Form, Importance, Part, Transform,
};

use crate::by_field::{self, Change, Plan};
use crate::flat_json::FlatJson;
use crate::json_members::{self, Member};
use crate::part::{self, Nulls};
use crate::typed::{self, Rows, Typed};

const PURPOSE: &str = "flattening";

/// Kafka's `Flatten`.
pub(crate) struct Flatten {
    part: Part,
    delimiter: String,
    objects: Edit,
    typed: Typed,
    flat: Derived,
}

impl Transform for Flatten {
    fn describe() -> Description {
        Description::new([
            "org.apache.kafka.connect.transforms.Flatten$Value",
            "org.apache.kafka.connect.transforms.Flatten$Key",
        ])
        .version(env!("CARGO_PKG_VERSION"))
        .documentation("Flattens nested structs and objects: the names on the way to a field become its name.")
        .config([ConfigKey::text("delimiter")
            .default(".")
            .importance(Importance::Medium)
            .documentation("What goes between the names that make the name of a field.")])
    }

    fn configure(config: &Config, class_name: &str) -> Result<Self, Error> {
        Ok(Flatten {
            part: part::of_class(class_name),
            delimiter: config.text("delimiter")?.to_owned(),
            objects: part::edit_objects(Nulls::Pass, PURPOSE),
            typed: Typed::default(),
            flat: Derived::default(),
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let fields = batch.part(self.part);
        let rows = Rows::of(batch, self.part);
        if rows.has_plain() {
            rows.edit_plain(fields, &self.objects)?;
            self.flatten_plain(fields, &rows)?;
        }
        let Self { delimiter, typed, flat, .. } = self;
        let rest = by_field::change(fields, &mut typed.schemas, &rows.typed, |schema, rows| {
            let Ok(flat) = flat.get(schema, |schema| flat_schema(schema, delimiter)) else { return Ok(None) };
            let (edit, left) = flat_edit((fields, rows), schema, delimiter)?;
            Ok(Some(Plan { schema: flat, change: Change::Edit(Rc::new(edit)), left }))
        })?;
        typed.apply(fields, &rest, |_, datum| {
            if datum.value.is_null() {
                return Ok(Outcome::Keep);
            }
            typed::require_struct(datum, PURPOSE)?;
            let schema = flat.get(&datum.schema, |schema| flat_schema(schema, delimiter))?;
            let mut values = Vec::new();
            flatten_value(&datum.schema, &datum.value, &mut values);
            Ok(Outcome::Put(Datum { schema, value: Value::Struct(values) }))
        })
    }
}

impl Flatten {
    fn flatten_plain(&self, fields: Fields<'_>, rows: &Rows<'_>) -> Result<(), Error> {
        let mut plain = rows.plain().into_iter().peekable();
        let values = fields.read_whole(Form::Json)?;
        let mut column = BytesColumn::with_capacity(values.len(), values.byte_size() * 2);
        let mut flat = FlatJson::new(&self.delimiter);
        for (row, cell) in (0..).zip(values.iter()) {
            let is_plain = plain.next_if_eq(&row).is_some();
            let Some(json) = cell.value().filter(|_| is_plain) else {
                column.push(Cell::<&[u8]>::Other);
                continue;
            };
            match flat.flatten(json) {
                Some(true) => column.push(Cell::Value(flat.json())),
                Some(false) => column.push(Cell::<&[u8]>::Other),
                None => {
                    let flat = std::str::from_utf8(json).ok().and_then(|json| flatten_json(json, &self.delimiter));
                    column.push(flat.map_or(Cell::Other, Cell::Value));
                }
            }
        }
        Ok(fields.write_whole(Form::Json, column)?)
    }
}

/// Returns an object without objects inside; none where there are none, or it is no object.
fn flatten_json(json: &str, delimiter: &str) -> Option<String> {
    let members = json_members::of(json)?;
    if !members.iter().any(|member| member.value.starts_with('{')) {
        return None;
    }
    let mut flat = Flat { delimiter, json: String::with_capacity(json.len()), members: Vec::new() };
    flat.add(members, "");
    // Of fields that get the same name the last counts, in the place of the first; in Kafka that is accidental.
    let mut last: HashMap<&str, &str> = HashMap::new();
    last.extend(flat.members.iter().map(|(name, value)| (name.as_str(), *value)));
    for (name, _) in &flat.members {
        let Some(value) = last.remove(name.as_str()) else { continue };
        flat.json.push(if flat.json.is_empty() { '{' } else { ',' });
        flat.json.push_str(&json_members::quoted(name));
        flat.json.push(':');
        flat.json.push_str(value);
    }
    if flat.json.is_empty() {
        flat.json.push('{');
    }
    flat.json.push('}');
    Some(flat.json)
}

struct Flat<'a> {
    delimiter: &'a str,
    json: String,
    members: Vec<(String, &'a str)>,
}

impl<'a> Flat<'a> {
    fn add(&mut self, members: Vec<Member<'a>>, prefix: &str) {
        for member in members {
            let name = joined(prefix, &member.name, self.delimiter);
            match json_members::of(member.value) {
                Some(inner) => self.add(inner, &name),
                None => self.members.push((name, member.value)),
            }
        }
    }
}

fn joined(prefix: &str, name: &str, delimiter: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}{delimiter}{name}") }
}

fn flat_schema(schema: &Rc<Schema>, delimiter: &str) -> Result<Rc<Schema>, String> {
    let mut flat = Vec::new();
    let inherited = Inherited { optional: schema.optional, default: schema.default.clone() };
    flatten_schema(schema, ("", delimiter), &inherited, &mut flat)?;
    typed::with_fields(schema, flat)
}

/// What a struct hands down to its fields.
struct Inherited {
    optional: bool,
    default: Option<Value>,
}

fn flatten_schema(
    schema: &Schema,
    (prefix, delimiter): (&str, &str),
    inherited: &Inherited,
    flat: &mut Vec<Field>,
) -> Result<(), String> {
    for field in schema.fields().unwrap_or_default() {
        let name = joined(prefix, &field.name, delimiter);
        let from_above = || inherited.default.as_ref()?.get(schema, &field.name).filter(|value| !value.is_null());
        let default = field.schema.default.as_ref().or_else(from_above).cloned();
        let optional = inherited.optional || field.schema.optional;
        match &field.schema.kind {
            Kind::Struct(_) => {
                flatten_schema(&field.schema, (&name, delimiter), &Inherited { optional, default }, flat)?;
            }
            kind @ Kind::Map(..) => {
                let java_type = kind.java_name();
                let place = format!("for record with schemas (for field {name}).");
                return Err(format!("Flatten transformation does not support {java_type} {place}"));
            }
            kind => {
                let basics = field.schema.copy_basics(kind.clone());
                flat.push(Field::new(name, Schema { optional, default, ..basics }));
            }
        }
    }
    Ok(())
}

/// A field that is no struct: the way to it, and whether its schema has a default.
struct Leaf {
    path: Vec<String>,
    has_default: bool,
}

/// Returns the edit that lifts the fields of structs inside: what is in a struct that is null, is null. Rows are left
/// where a default may stand for a null.
fn flat_edit(
    (fields, rows): (Fields<'_>, &[u32]),
    schema: &Schema,
    delimiter: &str,
) -> Result<(Edit, Vec<u32>), Error> {
    let (mut edit, mut leaves, mut left) = (Edit::new(), Vec::new(), BTreeSet::new());
    for field in schema.fields().unwrap_or_default() {
        if matches!(field.schema.kind, Kind::Struct(_)) {
            // A field may get the name of the struct that it was in.
            edit = edit.remove(&field.name);
            add_leaves(&field.schema, vec![field.name.clone()], &mut leaves);
        }
    }
    for Leaf { path, has_default } in leaves {
        let column = fields.read_json(path.as_slice())?;
        if has_default {
            let mut rows = rows.iter().copied().peekable();
            let wanted = (0..).zip(column.iter()).filter(|(row, _)| rows.next_if_eq(row).is_some());
            let nulls = wanted.filter(|(_, cell)| !matches!(cell, Cell::Value(json) if *json != b"null"));
            left.extend(nulls.map(|(row, _)| row));
        }
        let cells = column.iter().map(|cell| if cell == Cell::Absent { Cell::Null } else { cell });
        edit = edit.put(path.join(delimiter).as_str(), cells.collect::<BytesColumn>());
    }
    Ok((edit, left.into_iter().collect()))
}

/// Appends the fields that are no structs.
fn add_leaves(schema: &Schema, path: Vec<String>, leaves: &mut Vec<Leaf>) {
    match &schema.kind {
        Kind::Struct(fields) => fields.iter().for_each(|field| {
            add_leaves(&field.schema, path.iter().chain([&field.name]).cloned().collect(), leaves);
        }),
        _ => leaves.push(Leaf { path, has_default: schema.default.is_some() }),
    }
}

/// Appends the values of fields, and of fields of structs in their place: nulls where a struct is null.
fn flatten_value(schema: &Schema, value: &Value, flat: &mut Vec<Value>) {
    for (index, field) in schema.fields().unwrap_or_default().iter().enumerate() {
        // A struct that isn't there has no defaults either.
        let Some(value) = value.at(index) else {
            flatten_nothing(&field.schema, flat);
            continue;
        };
        match field.schema.kind {
            Kind::Struct(_) => flatten_value(&field.schema, value, flat),
            _ => flat.push(value.or_default(&field.schema).clone()),
        }
    }
}

fn flatten_nothing(schema: &Schema, flat: &mut Vec<Value>) {
    match schema.fields() {
        Some(fields) => fields.iter().for_each(|field| flatten_nothing(&field.schema, flat)),
        None => flat.push(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::flatten_json;

    #[test]
    fn what_is_inside_moves_byte_by_byte() {
        let flat = |json: &str| flatten_json(json, ".").unwrap_or_default();
        assert_eq!(
            flat(r#"{"a":{"n":1.10,"e":1e400}, "l" : [ 1, {"x":2} ]}"#),
            r#"{"a.n":1.10,"a.e":1e400,"l":[ 1, {"x":2} ]}"#
        );
        assert_eq!(flat(r#"{"a":{"b":1},"a.b":2,"c":{}}"#), r#"{"a.b":2}"#);
        assert_eq!(flat(r#"{"a":{"x":1},"b":0,"a":{"y":"\u00e9"}}"#), r#"{"a.y":"\u00e9","b":0}"#);
        assert_eq!(flat(r#"{"é\"":{"\u0001":null}}"#), r#"{"é\".\u0001":null}"#);
        assert_eq!(flat(r#"{"":{"":{"a":true}}}"#), r#"{"a":true}"#);
        assert_eq!((flat("{\"a\":{}}"), flat(r#"{"a":[{}]}"#)), ("{}".to_owned(), String::new()));
    }
}
