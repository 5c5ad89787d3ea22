//! Cases for Debezium's transforms.

use super::change_events::{self, Table, field, optional};
use super::configs::{self, Draft};
use super::dice::Dice;
use super::records::{self, Part, Subject};
use super::{predicates, schemas, values, words};
use crate::oracle::case::{Direction, Question, Transform};
use crate::oracle::notation::{Datum, Field, Header, Schema, Type, Typed};

const PACKAGE: &str = "io.debezium.transforms";

/// The header that lists fields to be dropped.
const DROPPED: &str = "dropped";

fn question(dice: &mut Dice, class: &str, (subject, mut draft): (Subject, Draft)) -> Transform {
    draft.spoil(dice);
    // Debezium takes blanks around texts for a part of them.
    draft.0.values_mut().for_each(|value| *value = value.trim().to_owned());
    let (direction, records) = records::around(dice, subject, Part::Value);
    let predicate = dice.percent(6).then(|| predicates::condition(dice));
    Transform { class: format!("{PACKAGE}.{class}"), config: draft.0, predicate, direction, records }
}

/// Any columns, one of texts and one of numbers among them.
fn columns(dice: &mut Dice) -> Vec<Field> {
    let mut fields = vec![
        field("id", Schema::of(dice.pick(&[Type::Int32, Type::Int64, Type::String]))),
        field("name", optional(Schema::of(Type::String))),
    ];
    for _ in 0..dice.below(5) {
        let schema = schemas::any(dice, 1);
        schemas::push(&mut fields, words::field(dice), schema);
    }
    fields
}

/// ExtractNewRecordState.
pub(super) fn extract_new_record_state(dice: &mut Dice) -> Question {
    let columns = columns(dice);
    let table = Table::draw(dice, columns);
    let mut draft = Draft::default();
    let modes =
        [(3, "drop"), (5, "tombstone"), (8, "rewrite"), (4, "rewrite-with-tombstone"), (4, "delete-to-tombstone")];
    let mode = dice.weighted(&modes);
    let mode = if dice.percent(3) { dice.pick(&["REWRITE", " drop ", "none", ""]) } else { mode };
    draft.maybe(dice, 75, ("delete.tombstone.handling.mode", mode.to_owned()));
    for (chance, key, prefix) in [(60, "add.fields", "add.fields.prefix"), (45, "add.headers", "add.headers.prefix")] {
        let added = references(dice);
        draft.maybe(dice, chance, (key, added));
        let drawn = dice.pick(&["", "meta.", "__", "ü"]).to_owned();
        draft.maybe(dice, 20, (prefix, drawn));
    }
    let route = if dice.percent(60) { "name".to_owned() } else { configs::name(dice, &table.columns()) };
    draft.maybe(dice, 20, ("route.by.field", route));
    let chance = if dice.percent(40) { 95 } else { 3 };
    draft.maybe(dice, chance, ("drop.fields.header.name", DROPPED.to_owned()));
    for key in ["drop.fields.from.key", "drop.fields.keep.schema.compatible"] {
        let truth = dice.pick(&["true", "false", "false", "FALSE"]).to_owned();
        draft.maybe(dice, 50, (key, truth));
    }
    let subject = change_events::events(dice, &table);
    let mut asked = question(dice, "ExtractNewRecordState", (subject, draft));
    let columns = table.columns();
    for record in &mut asked.records {
        if dice.percent(60) {
            record.key = key(dice);
        }
        if dice.percent(70) {
            let header = Header { key: DROPPED.to_owned(), value: dropped(dice, &columns) };
            let at = dice.below(record.headers.len() + 1);
            record.headers.insert(at, header);
        }
    }
    Question::Transform(asked)
}

/// A key as connectors write it.
fn key(dice: &mut Dice) -> Typed {
    let mut fields = vec![field("id", Schema { optional: dice.percent(30), ..Schema::of(Type::Int32) })];
    if dice.percent(40) {
        fields.push(field("name", optional(Schema::of(Type::String))));
    }
    let name = dice.pick(&["db.public.users.Key", "x.Key", ""]).to_owned();
    let schema = Schema { name: Some(name), fields: Some(fields), ..Schema::of(Type::Struct) };
    let schema = Schema { optional: dice.percent(10), doc: dice.percent(10).then(|| "d".to_owned()), ..schema };
    Typed { value: values::of(dice, &schema), schema: Some(schema) }
}

fn references(dice: &mut Dice) -> String {
    let known = [
        "op",
        "ts_ms",
        "ts_us",
        "ts_ns",
        "source.ts_ms",
        "db",
        "table",
        "lsn",
        "version",
        "connector",
        "name",
        "source.lsn",
        "transaction.id",
        "id",
        "total_order",
        "data_collection_order",
        "more",
        "source.more",
        "after",
        "source",
        "before",
        "missing",
        "source.missing",
        "source.op",
        "more.ts_ms",
    ];
    let odd = ["", "nothing.x", ".", ":", "a:b:c", "a.b.c", ".op", "op.", "op:", " op "];
    let mut entries = Vec::new();
    for _ in 0..=dice.below(3) {
        let reference = if dice.percent(96) { dice.pick(&known) } else { dice.pick(&odd) };
        let renamed =
            if dice.percent(15) { format!(":{}", dice.pick(&["NAME", "deleted", "a.b", ""])) } else { String::new() };
        entries.push(format!("{reference}{renamed}"));
    }
    entries.join(if dice.percent(80) { "," } else { " , " })
}

/// A header's list of fields, or something else.
fn dropped(dice: &mut Dice, columns: &[String]) -> Typed {
    if dice.percent(5) {
        return if dice.percent(50) {
            Typed::default()
        } else {
            Typed { schema: None, value: change_events::text("name") }
        };
    }
    let names = (0..dice.below(4)).map(|_| Some(Datum::String(configs::name(dice, columns))));
    let value = Some(Datum::List(names.collect()));
    let schema = Schema { values: Some(Schema::of(Type::String).into()), ..Schema::of(Type::Array) };
    Typed { schema: Some(schema), value }
}

/// ByLogicalTableRouter.
pub(super) fn by_logical_table_router(dice: &mut Dice) -> Question {
    let columns = columns(dice);
    let table = Table::draw(dice, columns);
    let mut draft = Draft::default();
    let regex =
        dice.pick(&["(.*)", "(.*?)[-_.](.*)", "db\\.(?<s>\\w+)\\.(.*)", "[a-z]+(.*)", "orders", "(?i)(o.*)", "(.*"]);
    let replacement = dice.pick(&["all", "$1", "all-$1", "x.$1_y", "${s}", "$2", ""]);
    draft.set("topic.regex", regex);
    draft.set("topic.replacement", replacement);
    let truth = dice.pick(&["true", "false", "False"]).to_owned();
    draft.maybe(dice, 50, ("key.enforce.uniqueness", truth));
    let name = dice.pick(&["table", "id", "", "ü"]).to_owned();
    draft.maybe(dice, 30, ("key.field.name", name));
    if dice.percent(40) {
        draft.set("key.field.regex", dice.pick(&["(.*)", "(.*)[-_](.*)", "orders(.*)", " ", "("]));
        let replacement = dice.pick(&["$1", "t-$1", "t", "", "$1$1"]).to_owned();
        draft.maybe(dice, 95, ("key.field.replacement", replacement));
    }
    let mode = dice.pick(&["none", "avro", "avro", "avro_unicode", "AVRO", "other"]).to_owned();
    draft.maybe(dice, 50, ("schema.name.adjustment.mode", mode));
    let size = dice.pick(&["1", "2", "16", "100", "0", "x"]).to_owned();
    draft.maybe(dice, 20, ("logical.table.cache.size", size));
    let subject = change_events::events(dice, &table);
    let mut asked = question(dice, "ByLogicalTableRouter", (subject, draft));
    let shared = key(dice);
    for record in &mut asked.records {
        if dice.percent(85) {
            record.key = if dice.percent(60) { shared.clone() } else { key(dice) };
        }
    }
    Question::Transform(asked)
}

/// EventRouter.
pub(super) fn event_router(dice: &mut Dice) -> Question {
    let columns = outbox(dice);
    let table = Table::draw(dice, columns);
    let mut draft = Draft::default();
    for (chance, key, usual) in [
        (10, "table.field.event.id", "id"),
        (20, "table.field.event.key", "aggregateid"),
        (10, "table.field.event.type", "type"),
        (10, "table.field.event.payload", "payload"),
        (15, "route.by.field", "type"),
        (25, "table.field.event.timestamp", "at"),
        (25, "table.field.event.schema.version", "version"),
    ] {
        let name = if dice.percent(80) { usual.to_owned() } else { configs::name(dice, &table.columns()) };
        draft.maybe(dice, chance, (key, name));
    }
    let additional = additional(dice, &table.columns());
    draft.maybe(dice, 60, ("table.fields.additional.placement", additional));
    for (chance, key) in [
        (30, "table.fields.additional.error.on.missing"),
        (40, "route.tombstone.on.empty.payload"),
        (60, "table.expand.json.payload"),
    ] {
        let truth = dice.pick(&["true", "true", "false", "TRUE"]).to_owned();
        draft.maybe(dice, chance, (key, truth));
    }
    let behavior = dice.pick(&["warn", "error", "fatal", "Fatal", "ignore"]).to_owned();
    draft.maybe(dice, 25, ("table.op.invalid.behavior", behavior));
    let nulls = dice.pick(&["ignore", "optional_bytes", "OPTIONAL_BYTES"]).to_owned();
    draft.maybe(dice, 30, ("table.json.payload.null.behavior", nulls));
    let names = dice.pick(&["none", "avro", "avro_unicode"]).to_owned();
    draft.maybe(dice, 15, ("field.name.adjustment.mode", names));
    let regex = dice.pick(&["(?<routedByValue>.*)", "(.*)", "[a-z]+", "(or)(.*)"]).to_owned();
    draft.maybe(dice, 15, ("route.topic.regex", regex));
    let replacement = dice.pick(&["outbox.event.${routedByValue}", "to-$1", "one"]).to_owned();
    draft.maybe(dice, 20, ("route.topic.replacement", replacement));
    let subject = change_events::events(dice, &table);
    let mut asked = question(dice, "outbox.EventRouter", (subject, draft));
    // In a sink it fails on each event, since sink records need a partition, and it gives none.
    asked.direction = Direction::Source;
    for record in &mut asked.records {
        (record.offset, record.timestamp_type) = (None, None);
        fill(dice, &mut record.value);
    }
    Question::Transform(asked)
}

fn outbox(dice: &mut Dice) -> Vec<Field> {
    let mut fields = Vec::new();
    let at =
        ["io.debezium.time.Timestamp", "io.debezium.time.MicroTimestamp", "io.debezium.time.NanoTimestamp", "other"];
    let at = Schema { name: Some(dice.pick(&at).to_owned()), optional: true, ..Schema::of(Type::Int64) };
    let at = if dice.percent(10) { Schema { name: None, ..at } } else { at };
    let at = if dice.percent(5) { schemas::logical(dice) } else { at };
    let payload = dice.weighted(&[(12, Type::String), (2, Type::Bytes), (1, Type::Struct), (1, Type::Int32)]);
    let payload = if payload == Type::Struct { schemas::record(dice, 1) } else { Schema::of(payload) };
    for (chance, name, schema) in [
        (99, "id", Schema::of(dice.pick(&[Type::String, Type::String, Type::Int64]))),
        (98, "aggregatetype", Schema::of(Type::String)),
        (98, "aggregateid", Schema { optional: dice.percent(30), ..Schema::of(Type::String) }),
        (95, "type", Schema { optional: dice.percent(30), ..Schema::of(Type::String) }),
        (98, "payload", Schema { optional: dice.percent(70), ..payload }),
        (60, "at", at),
        (60, "version", optional(Schema::of(if dice.percent(95) { Type::Int32 } else { Type::String }))),
        (50, "shard", optional(Schema::of(Type::Int32))),
    ] {
        if dice.percent(chance) {
            fields.push(field(name, schema));
        }
    }
    for _ in 0..dice.below(3) {
        let schema = schemas::any(dice, 1);
        schemas::push(&mut fields, words::field(dice), schema);
    }
    fields
}

fn additional(dice: &mut Dice, columns: &[String]) -> String {
    let mut entries = Vec::new();
    for _ in 0..=dice.below(3) {
        let column = if dice.percent(95) { dice.pick_or(columns, "id") } else { "missing".to_owned() };
        let (column, place) = match dice.below(20) {
            0..=3 => ("shard".to_owned(), "partition"),
            4..=11 => (column, "envelope"),
            12..=18 => (column, "header"),
            _ => (column, " Header "),
        };
        let alias =
            if dice.percent(30) { format!(":{}", dice.pick(&["alias", "other", " x "])) } else { String::new() };
        // Columns' names may hold what sets entries apart.
        if !column.contains([':', ',']) {
            entries.push(format!("{column}:{place}{alias}"));
        }
    }
    if dice.percent(3) { "id".to_owned() } else { entries.join(",") }
}

/// Puts JSON into payloads, mostly, plain names where the topic comes from, and partitions that can be.
fn fill(dice: &mut Dice, value: &mut Typed) {
    let Some(Datum::Struct(event)) = &mut value.value else { return };
    let Some(Some(Datum::Struct(row))) = event.fields.get_mut("after") else { return };
    if let Some(Some(Datum::String(text))) = row.fields.get_mut("payload") {
        *text = payload(dice);
    }
    for name in ["aggregatetype", "type"] {
        if let Some(Some(Datum::String(text))) = row.fields.get_mut(name)
            && dice.percent(90)
        {
            *text = dice.pick(&["order", "customer", "order"]).to_owned();
        }
    }
    if let Some(Some(Datum::Int32(number))) = row.fields.get_mut("shard") {
        *number = number.rem_euclid(100);
    }
    if let Some(Some(Datum::Int64(number))) = row.fields.get_mut("at") {
        *number = number.rem_euclid(2_000_000_000_000_000);
    }
}

fn payload(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => dice
            .pick(&["", " ", "  \t", "plain", "[", "{", "{\"a\":}", "[]", "[1,2]", "{\"\":1}", "{} x", "null"])
            .to_owned(),
        1 => words::text(dice),
        _ => object(dice, 2),
    }
}

fn object(dice: &mut Dice, depth: usize) -> String {
    let members = (0..dice.below(5)).map(|_| {
        let name = if dice.percent(97) { dice.pick(&["a", "b", "c", "a-b", "ü", "1x", "a_b"]) } else { "" };
        format!("\"{name}\":{}", json(dice, depth))
    });
    let members: Vec<String> = members.collect();
    format!("{{{}}}", members.join(if dice.percent(80) { "," } else { " , " }))
}

fn json(dice: &mut Dice, depth: usize) -> String {
    let numbers = ["1", "-7", "2147483648", "1.5", "1e3", "-0", "-0.0", "1e400", "9223372036854775808", "0.1"];
    match dice.below(if depth == 0 { 6 } else { 9 }) {
        0..=1 => dice.pick(&numbers).to_owned(),
        2..=3 => dice.pick(&["\"x\"", "\"\"", "\"\\u00fc\\n\"", "\"12\""]).to_owned(),
        4 => dice.pick(&["true", "false"]).to_owned(),
        5 => "null".to_owned(),
        6 => object(dice, depth - 1),
        _ => {
            // Objects of several schemas have these merged in an accidental order.
            let one = json(dice, depth - 1);
            let elements: Vec<String> =
                (0..dice.below(4)).map(|_| if dice.percent(80) { one.clone() } else { json(dice, 0) }).collect();
            format!("[{}]", elements.join(","))
        }
    }
}
