//! Debezium's change events: what a connector writes about rows, and what comes between.

use super::dice::Dice;
use super::records::Subject;
use super::{documents, schemas, values, words};
use crate::oracle::notation::{Datum, Field, Schema, Struct, Type, Typed, Value};

/// A change event's schema, and what is in its rows.
pub(super) struct Table {
    /// The schema of events.
    pub(super) event: Schema,
    /// The schema of rows, as `before` and `after` have it.
    row: Schema,
}

/// Returns a field.
pub(super) fn field(name: &str, schema: Schema) -> Field {
    Field { name: name.to_owned(), schema }
}

/// Returns the schema with null allowed.
pub(super) fn optional(schema: Schema) -> Schema {
    Schema { optional: true, ..schema }
}

fn named(name: &str, fields: Vec<Field>) -> Schema {
    Schema { name: Some(name.to_owned()), fields: Some(fields), ..Schema::of(Type::Struct) }
}

impl Table {
    /// Returns a table whose rows have these fields.
    pub(super) fn draw(dice: &mut Dice, columns: Vec<Field>) -> Self {
        let table = dice.pick(&["db.public.users", "srv1.inventory.orders", "a", "db.s.t_1", "x-y.ü"]);
        let mut row = named(&format!("{table}.Value"), columns);
        row.optional = dice.percent(95);
        let mut fields = vec![field("before", row.clone()), field("after", other_row(dice, &row))];
        for (chance, more) in [(97, source(dice)), (50, transaction(dice))] {
            if dice.percent(chance) {
                fields.push(more);
            }
        }
        for (chance, name, kind) in [
            (98, "op", Type::String),
            (95, "ts_ms", Type::Int64),
            (50, "ts_us", Type::Int64),
            (30, "ts_ns", Type::Int64),
        ] {
            if dice.percent(chance) {
                let kind = if dice.percent(2) { Type::Int32 } else { kind };
                fields.push(field(name, Schema { optional: dice.percent(80), ..Schema::of(kind) }));
            }
        }
        if dice.percent(10) {
            fields.push(field(&words::field(dice), schemas::any(dice, 1)));
        }
        let start = if dice.percent(10) { dice.below(fields.len()) } else { 0 };
        fields.rotate_left(start);
        let suffix = dice.weighted(&[(40, ".Envelope"), (1, ".envelope"), (1, "Envelope"), (1, ".Value")]);
        let mut event = named(&format!("{table}{suffix}"), fields);
        event.version = dice.percent(20).then_some(1);
        event.optional = dice.percent(10);
        Self { event, row }
    }

    /// Returns the names of a row's fields.
    pub(super) fn columns(&self) -> Vec<String> {
        self.row.fields().iter().map(|field| field.name.clone()).collect()
    }

    /// Returns an event: mostly of an insertion, an update or a deletion, whole.
    pub(super) fn event(&self, dice: &mut Dice) -> Typed {
        let operation = dice.weighted(&[(30, "c"), (30, "u"), (30, "d"), (15, "r"), (5, "t"), (3, "m"), (2, "")]);
        let (has_before, has_after) = match operation {
            "c" | "r" => (dice.percent(3), dice.percent(97)),
            "u" => (dice.percent(70), dice.percent(97)),
            "d" => (dice.percent(95), dice.percent(3)),
            _ => (dice.percent(20), dice.percent(20)),
        };
        let mut event = Struct::default();
        for Field { name, schema } in self.event.fields() {
            let value = match name.as_str() {
                "before" if has_before => values::present(dice, schema),
                "after" if has_after => values::present(dice, schema),
                "before" | "after" if schema.optional => None,
                "before" | "after" => values::present(dice, schema),
                "op" if schema.kind == Type::String && !operation.is_empty() => {
                    Some(Datum::String(operation.to_owned()))
                }
                "ts_ms" if schema.kind == Type::Int64 && dice.percent(97) => {
                    Some(Datum::Int64(dice.between(0, 2_000_000_000_000)))
                }
                _ => values::of(dice, schema),
            };
            event.fields.insert(name.clone(), value);
        }
        let value = if self.event.optional && dice.percent(20) { None } else { Some(Datum::Struct(event)) };
        Typed { schema: Some(self.event.clone()), value }
    }
}

/// The rows after a change mostly have the schema of those before.
fn other_row(dice: &mut Dice, row: &Schema) -> Schema {
    let mut other = row.clone();
    if dice.percent(6) {
        let mut fields = other.fields.take().unwrap_or_default();
        match dice.below(3) {
            0 => schemas::push(&mut fields, words::field(dice), schemas::any(dice, 1)),
            1 if !fields.is_empty() => {
                fields.remove(dice.below(fields.len()));
            }
            _ => fields.reverse(),
        }
        other.fields = Some(fields);
    }
    if dice.percent(2) { schemas::scalar(dice) } else { other }
}

fn source(dice: &mut Dice) -> Field {
    let mut fields = Vec::new();
    for (name, kind) in [
        ("version", Type::String),
        ("connector", Type::String),
        ("name", Type::String),
        ("ts_ms", Type::Int64),
        ("db", Type::String),
        ("schema", Type::String),
        ("table", Type::String),
        ("txId", Type::Int64),
        ("lsn", Type::Int64),
    ] {
        if dice.percent(70) {
            fields.push(field(name, Schema { optional: dice.percent(50), ..Schema::of(kind) }));
        }
    }
    if dice.percent(25) {
        schemas::push(&mut fields, "more".to_owned(), schemas::any(dice, 1));
    }
    let source = named("io.debezium.connector.postgresql.Source", fields);
    if dice.percent(2) { field("source", schemas::scalar(dice)) } else { field("source", source) }
}

fn transaction(dice: &mut Dice) -> Field {
    let fields = vec![
        field("id", Schema::of(Type::String)),
        field("total_order", Schema::of(Type::Int64)),
        field("data_collection_order", Schema { default: None, ..Schema::of(Type::Int64) }),
    ];
    field("transaction", Schema { optional: dice.percent(95), ..named("event.block", fields) })
}

/// Returns events of a table, among what else is in such topics.
pub(super) fn events(dice: &mut Dice, table: &Table) -> Subject {
    let mut all: Vec<Typed> = (0..=dice.below(4)).map(|_| table.event(dice)).collect();
    if dice.percent(30) {
        all.push(Typed::default());
    }
    if dice.percent(15) {
        let between = between(dice);
        all.push(between);
    }
    Subject(all)
}

/// Returns what is no change event: a heartbeat, a change of schemas, the end of a transaction, or anything.
fn between(dice: &mut Dice) -> Typed {
    let of = |dice: &mut Dice, name: &str, fields: Vec<Field>| {
        let schema = named(name, fields);
        Typed { value: values::of(dice, &schema), schema: Some(schema) }
    };
    match dice.below(6) {
        0 => of(dice, "io.debezium.connector.common.Heartbeat", vec![field("ts_ms", Schema::of(Type::Int64))]),
        1 => of(
            dice,
            "io.debezium.connector.mysql.SchemaChangeValue",
            vec![field("databaseName", Schema::of(Type::String)), field("ddl", optional(Schema::of(Type::String)))],
        ),
        2 => {
            let schema = optional(Schema { name: Some("x.Envelope".to_owned()), ..schemas::scalar(dice) });
            let schema =
                if schema.kind == Type::Int32 { Schema::of(Type::String) } else { Schema { default: None, ..schema } };
            Typed { value: values::of(dice, &schema), schema: Some(schema) }
        }
        3 => Typed { schema: None, value: documents::any(dice, 2) },
        4 => Typed { schema: None, value: Some(documents::map(dice, 2)) },
        _ => {
            let schema = schemas::any(dice, 2);
            Typed { value: values::of(dice, &schema), schema: Some(schema) }
        }
    }
}

/// Returns a text as a value.
pub(super) fn text(text: impl Into<String>) -> Value {
    Some(Datum::String(text.into()))
}
