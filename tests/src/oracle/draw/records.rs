//! Records around a subject: the key or the value that a transform works on.

use super::dice::Dice;
use super::{documents, schemas, values, words};
use crate::oracle::case::Direction;
use crate::oracle::notation::{Datum, Field, Header, Record, Schema, TimestampType, Type, Typed, Value};

/// Where a subject is in its record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Key,
    Value,
}

/// What a transform works on, once for each record.
pub(super) struct Subject(pub(super) Vec<Typed>);

impl Subject {
    /// Returns subjects, mostly structs and objects with fields, among them perhaps those given.
    pub(super) fn draw(dice: &mut Dice, fields: Vec<Field>) -> Self {
        match dice.weighted(&[(50, 0), (34, 1), (3, 2), (3, 3), (5, 4), (3, 5), (2, 6)]) {
            0 => Self::structs(dice, fields),
            1 => Self::objects(dice, fields),
            2 => Self(vec![Typed::default()]),
            3 => Self(vec![Typed { schema: None, value: Some(documents::deep(dice)) }]),
            4 => Self::scalars(dice),
            5 => Self::of(dice, |dice| schemas::any(dice, 2)),
            _ => Self::of(dice, schemas::deep),
        }
    }

    /// Returns structs that share a schema.
    pub(super) fn structs(dice: &mut Dice, fields: Vec<Field>) -> Self {
        Self::of(dice, |dice| {
            let drawn = record_with(dice, fields);
            schemas::adorned(dice, drawn)
        })
    }

    /// Returns objects without a schema.
    pub(super) fn objects(dice: &mut Dice, fields: Vec<Field>) -> Self {
        let Self(structs) = Self::of(dice, |dice| record_with(dice, fields));
        let schemaless = |typed: Typed| Typed { schema: None, value: documents::schemaless(dice, &typed.value) };
        Self(structs.into_iter().map(schemaless).collect())
    }

    /// Returns single values, with a schema or without.
    pub(super) fn scalars(dice: &mut Dice) -> Self {
        if dice.percent(60) {
            return Self::of(dice, schemas::scalar);
        }
        let values = (0..=dice.below(3)).map(|_| documents::any(dice, 0));
        Self(values.map(|value| Typed { schema: None, value }).collect())
    }

    /// Returns values of one schema, seldom one of another among them.
    pub(super) fn of(dice: &mut Dice, schema: impl FnOnce(&mut Dice) -> Schema) -> Self {
        let schema = schema(dice);
        let mut typed: Vec<_> = (0..=dice.below(3))
            .map(|_| Typed { value: values::of(dice, &schema), schema: Some(schema.clone()) })
            .collect();
        for typed in &mut typed {
            if dice.percent(2) {
                values::leave_out(dice, &mut typed.value);
            }
        }
        if dice.percent(8) {
            let other = schemas::record(dice, 1);
            typed.push(Typed { value: values::of(dice, &other), schema: Some(other) });
        }
        Self(typed)
    }

    /// Returns the names of the fields whose type fits.
    pub(super) fn names(&self, fits: impl Fn(Type) -> bool) -> Vec<String> {
        let Some(first) = self.0.first() else { return Vec::new() };
        fields(first.schema.as_ref(), &first.value)
            .into_iter()
            .filter(|(_, kind)| fits(*kind))
            .map(|(n, _)| n)
            .collect()
    }

    /// Returns the ways to all fields, those within fields included.
    pub(super) fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        if let Some(first) = self.0.first() {
            collect(first.schema.as_ref(), &first.value, &[], &mut paths);
        }
        paths
    }
}

fn record_with(dice: &mut Dice, fields: Vec<Field>) -> Schema {
    let mut schema = schemas::record(dice, 2);
    let mut all = fields;
    for field in schema.fields.take().unwrap_or_default() {
        schemas::push(&mut all, field.name, field.schema);
    }
    let start = dice.below(all.len().max(1));
    all.rotate_left(start);
    Schema { fields: Some(all), ..schema }
}

fn fields(schema: Option<&Schema>, value: &Value) -> Vec<(String, Type)> {
    match (schema, value) {
        (Some(schema), _) => schema.fields().iter().map(|field| (field.name.clone(), field.schema.kind)).collect(),
        (None, Some(Datum::Map(entries))) => entries.iter().filter_map(|(key, value)| named(key, value)).collect(),
        _ => Vec::new(),
    }
}

fn named(key: &Value, value: &Value) -> Option<(String, Type)> {
    let Some(Datum::String(key)) = key else { return None };
    let kind = match value {
        Some(Datum::Boolean(_)) => Type::Boolean,
        Some(Datum::Int64(_)) => Type::Int64,
        Some(Datum::Float64(_)) => Type::Float64,
        Some(Datum::List(_)) => Type::Array,
        Some(Datum::Map(_)) => Type::Map,
        _ => Type::String,
    };
    Some((key.clone(), kind))
}

fn collect(schema: Option<&Schema>, value: &Value, above: &[String], paths: &mut Vec<Vec<String>>) {
    for (name, _) in fields(schema, value) {
        let path = [above, std::slice::from_ref(&name)].concat();
        match (schema, value) {
            (Some(schema), _) => {
                let within = schema.fields().iter().find(|field| field.name == name).map(|field| &field.schema);
                collect(within, &None, &path, paths);
            }
            (None, Some(Datum::Map(entries))) => {
                let is_it = |key: &Value| matches!(key, Some(Datum::String(key)) if *key == name);
                let within = entries.iter().find(|(key, _)| is_it(key)).and_then(|(_, value)| value.clone());
                collect(None, &within, &path, paths);
            }
            _ => {}
        }
        paths.push(path);
    }
}

/// Returns records of one direction that hold the subjects.
pub(super) fn around(dice: &mut Dice, subject: Subject, part: Part) -> (Direction, Vec<Record>) {
    let direction = if dice.percent(75) { Direction::Sink } else { Direction::Source };
    let records = subject.0.into_iter().map(|subject| {
        let other = other_part(dice);
        let (key, value) = if part == Part::Key { (subject, other) } else { (other, subject) };
        record(dice, direction, (key, value))
    });
    (direction, records.collect())
}

fn other_part(dice: &mut Dice) -> Typed {
    match dice.below(4) {
        0 => Typed::default(),
        1 => Typed { schema: None, value: Some(documents::map(dice, 1)) },
        2 => {
            let schema = schemas::record(dice, 0);
            Typed { value: values::of(dice, &schema), schema: Some(schema) }
        }
        _ => typed_scalar(dice),
    }
}

fn typed_scalar(dice: &mut Dice) -> Typed {
    let schema = schemas::scalar(dice);
    Typed { value: values::of(dice, &schema), schema: Some(schema) }
}

fn record(dice: &mut Dice, direction: Direction, (key, value): (Typed, Typed)) -> Record {
    let is_sink = direction == Direction::Sink;
    let timestamp = dice.percent(85).then(|| words::timestamp(dice));
    let types = [TimestampType::CreateTime, TimestampType::CreateTime, TimestampType::LogAppendTime];
    let timestamp_type = if timestamp.is_some() { dice.pick(&types) } else { TimestampType::None };
    Record {
        topic: words::topic(dice),
        partition: (is_sink || dice.percent(60)).then(|| dice.between(0, 20) as i32),
        offset: is_sink.then(|| dice.pick(&[0, 1, 42, 1 << 40, i64::MAX])),
        timestamp,
        timestamp_type: is_sink.then_some(timestamp_type),
        key,
        value,
        headers: headers(dice),
    }
}

fn headers(dice: &mut Dice) -> Vec<Header> {
    let count = dice.weighted(&[(2, 0), (4, 1), (3, 2), (1, 5)]);
    (0..count).map(|_| Header { key: words::header(dice), value: header_value(dice) }).collect()
}

fn header_value(dice: &mut Dice) -> Typed {
    match dice.below(5) {
        0 => Typed::default(),
        1 => Typed { schema: None, value: documents::any(dice, 1) },
        _ => typed_scalar(dice),
    }
}
