//! `Script`: does what its configuration says, a command a line. Every function of the batch has one.

use super::airlock::connect::records::{HeaderColumn, IntegerColumn, NumberColumn, TopicColumn};
use super::airlock::connect::{log, metrics, schemas};
use super::{
    Batch, BatchError, BytesColumn, EditOperation, Error, FieldChange, FieldColumn, FieldForm, FieldValue, Form,
    KindOutcome, Part, ValueKind, invalid, path,
};

/// All commands, with how many words each has; the last one takes the rest of the line.
const COMMANDS: [(&str, usize); 46] = [
    ("put", 4),
    ("replace", 4),
    ("remove", 3),
    ("rename", 4),
    ("kind", 6),
    ("retain", 4),
    ("put-at", 5),
    ("has-schemas", 3),
    ("write-field", 4),
    ("remove-field", 3),
    ("copy", 5),
    ("overwrite", 5),
    ("add", 4),
    ("cast", 3),
    ("convert", 4),
    ("scale", 4),
    ("suffix", 4),
    ("field-kinds", 4),
    ("kinds", 3),
    ("rows", 2),
    ("discard", 2),
    ("discard-tombstones", 1),
    ("reject", 3),
    ("discard-row", 2),
    ("expand", 2),
    ("topics", 2),
    ("original-topics", 2),
    ("partitions", 2),
    ("original-partitions", 2),
    ("offsets", 2),
    ("timestamps", 2),
    ("set-topics", 2),
    ("set-partitions", 2),
    ("set-timestamps", 2),
    ("headers", 2),
    ("set-header", 3),
    ("clear-header", 2),
    ("schema", 3),
    ("intern", 3),
    ("no-schema", 2),
    ("rewrite", 3),
    ("write", 4),
    ("nullify", 2),
    ("fail", 3),
    ("note", 2),
    ("try", 2),
];

pub(crate) struct Script(Vec<String>);

fn words(line: &str) -> Vec<&str> {
    let name = line.split(' ').next().unwrap_or_default();
    let count = COMMANDS.iter().find(|(known, _)| *known == name).map_or(1, |(_, count)| *count);
    line.splitn(count, ' ').collect()
}

fn part(word: &str) -> Part {
    if word == "key" { Part::Key } else { Part::Value }
}

fn form(word: &str) -> Form {
    match word {
        "raw" => Form::Raw,
        "cbor" => Form::Cbor,
        _ => Form::Json,
    }
}

fn field_form(word: &str) -> FieldForm {
    match word {
        "text" => FieldForm::Text,
        "integer" => FieldForm::Integer,
        "number" => FieldForm::Number,
        _ => FieldForm::Json,
    }
}

const KINDS: [(ValueKind, &str); 8] = [
    (ValueKind::Absent, "absent"),
    (ValueKind::Null, "null"),
    (ValueKind::Boolean, "boolean"),
    (ValueKind::Integer, "integer"),
    (ValueKind::Fraction, "fraction"),
    (ValueKind::Text, "text"),
    (ValueKind::Array, "array"),
    (ValueKind::Object, "object"),
];

fn kind(word: &str) -> ValueKind {
    KINDS.iter().find(|(_, name)| *name == word).map_or(ValueKind::Absent, |(kind, _)| *kind)
}

fn kind_name(kind: ValueKind) -> String {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name).to_owned()
}

/// A column of texts; none is null.
fn column<T: AsRef<[u8]>>(texts: &[Option<T>]) -> BytesColumn {
    let bytes = || texts.iter().map(|text| text.as_ref().map(AsRef::as_ref));
    let lengths = bytes().map(|text| text.map_or(-1, |text| text.len() as i32)).collect();
    BytesColumn { lengths, data: bytes().flatten().flatten().copied().collect() }
}

/// The texts of a column; none is null.
fn texts(column: &BytesColumn) -> Vec<Option<Vec<u8>>> {
    let mut rest = column.data.as_slice();
    let text = |length: &i32| {
        let (text, after) = rest.split_at(usize::try_from(*length).ok()?);
        rest = after;
        Some(text.to_vec())
    };
    column.lengths.iter().map(text).collect()
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, Error> {
    word.parse().map_err(|_| Error::Fatal(format!("{word} is no number")))
}

fn show_texts(batch: &Batch, to: &str, texts: Vec<String>) -> Result<(), BatchError> {
    let texts: Vec<_> = texts.into_iter().map(Some).collect();
    batch.write_field(Part::Value, &path(to), &FieldColumn::Text(column(&texts)))
}

fn show_integers<T: Into<i64>>(batch: &Batch, to: &str, values: Vec<T>) -> Result<(), BatchError> {
    let column = IntegerColumn { states: Vec::new(), values: values.into_iter().map(Into::into).collect() };
    batch.write_field(Part::Value, &path(to), &FieldColumn::Integer(column))
}

/// The topics of all rows.
fn names(topics: TopicColumn) -> Vec<String> {
    topics.rows.iter().map(|row| topics.names[*row as usize].clone()).collect()
}

/// Field changes that wait to be made by one `edit`.
#[derive(Default)]
struct Pending(Option<Part>, Vec<EditOperation>);

impl Pending {
    fn flush(&mut self, batch: &Batch) -> Result<(), BatchError> {
        match self.0.take() {
            Some(part) => batch.edit(part, &std::mem::take(&mut self.1), None),
            None => Ok(()),
        }
    }

    /// Adds a command that changes a field; false: it is another.
    fn add(&mut self, words: &[&str], batch: &Batch) -> Result<bool, BatchError> {
        let constant = |text: &str| FieldValue::Constant(text.as_bytes().to_vec());
        let change = match *words {
            ["put", _, _, text] => FieldChange::Put(constant(text)),
            ["replace", _, _, text] => FieldChange::Replace(constant(text)),
            ["remove", ..] => FieldChange::Remove,
            ["rename", _, _, name] => FieldChange::Rename(name.to_owned()),
            ["retain", _, _, names] => FieldChange::Retain(names.split(',').map(str::to_owned).collect()),
            ["kind", _, _, of, ref outcome @ ..] => FieldChange::ByKind(vec![(kind(of), self::outcome(outcome))]),
            _ => return Ok(false),
        };
        let (of, path) = (part(words[1]), path(words[2]));
        if self.0.is_some_and(|pending| pending != of) {
            self.flush(batch)?;
        }
        self.0 = Some(of);
        match (self.1.last_mut(), change) {
            (Some(EditOperation { path: last, change: FieldChange::ByKind(rules) }), FieldChange::ByKind(more))
                if *last == path =>
            {
                rules.extend(more);
            }
            (_, change) => self.1.push(EditOperation { path, change }),
        }
        Ok(true)
    }
}

fn outcome(words: &[&str]) -> KindOutcome {
    match *words {
        ["put", text] => KindOutcome::Put(text.as_bytes().to_vec()),
        ["remove"] => KindOutcome::Remove,
        ["reject", reason] => KindOutcome::Reject(reason.to_owned()),
        _ => KindOutcome::Keep,
    }
}

impl Script {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for line in &lines {
            let name = line.split(' ').next().unwrap_or_default();
            if !COMMANDS.iter().any(|(known, _)| *known == name) {
                return Err(invalid("script", format!("{name} is no command")));
            }
        }
        Ok(Self(lines))
    }

    pub(crate) fn run(&self, batch: &Batch) -> Result<(), Error> {
        let mut pending = Pending::default();
        for line in &self.0 {
            let words = words(line);
            if pending.add(&words, batch)? {
                continue;
            }
            pending.flush(batch)?;
            match words[..] {
                ["try", line] => attempt(batch, line)?,
                _ => run(batch, &words)?,
            }
        }
        Ok(pending.flush(batch)?)
    }
}

/// Runs one command that should be refused, and writes how into `refused`.
fn attempt(batch: &Batch, line: &str) -> Result<(), Error> {
    let (words, mut pending) = (words(line), Pending::default());
    let outcome = match pending.add(&words, batch) {
        Ok(true) => pending.flush(batch).map_err(Error::from),
        Ok(false) => run(batch, &words),
        Err(error) => Err(error.into()),
    };
    if let Err(Error::Fatal(words)) = outcome {
        let kind = words.split(':').next().unwrap_or_default();
        let refused = FieldChange::Put(FieldValue::Constant(format!("\"{kind}\"").into_bytes()));
        batch.edit(Part::Value, &[EditOperation { path: path("refused"), change: refused }], None)?;
    }
    Ok(())
}

fn run(batch: &Batch, words: &[&str]) -> Result<(), Error> {
    let rows = batch.row_count() as usize;
    match *words {
        ["write-field", of, to, text] => {
            let column = column(&vec![Some(text); rows]);
            batch.write_field(part(of), &path(to), &FieldColumn::Json(column))?;
        }
        ["remove-field", of, at] => batch.remove_field(part(of), &path(at))?,
        ["copy", of, form, from, to] => {
            let column = batch.read_field(part(of), &path(from), field_form(form))?;
            batch.write_field(part(of), &path(to), &column)?;
        }
        ["overwrite", of, form, from, to] => {
            let column = batch.read_field(part(of), &path(from), field_form(form))?;
            let change = FieldChange::Replace(FieldValue::Column(column));
            batch.edit(part(of), &[EditOperation { path: path(to), change }], None)?;
        }
        ["add" | "scale" | "suffix", of, at, by] => compute(batch, (words[0], by), (part(of), &path(at)))?,
        ["cast", of, at] => cast(batch, part(of), &path(at))?,
        ["convert", of, at, to] => convert(batch, part(of), (&path(at), to))?,
        ["field-kinds", of, at, to] => {
            let kinds = batch.field_kinds(part(of), &path(at))?;
            show_texts(batch, to, kinds.into_iter().map(kind_name).collect())?;
        }
        ["kinds", of, to] => show_texts(batch, to, batch.kinds(part(of)).into_iter().map(kind_name).collect())?,
        ["rows", to] => show_integers(batch, to, vec![rows as u32; rows])?,
        ["put-at", of, at, to, text] => {
            let at = at.split(',').map(number).collect::<Result<Vec<u32>, _>>()?;
            let change = FieldChange::Put(FieldValue::Constant(text.as_bytes().to_vec()));
            batch.edit(part(of), &[EditOperation { path: path(to), change }], Some(&at))?;
        }
        ["has-schemas", of, to] => show_integers(batch, to, vec![i64::from(batch.has_schemas(part(of))); rows])?,
        ["discard", word] => batch.discard(&of_kind(batch, word))?,
        ["discard-tombstones"] => batch.discard(&batch.tombstones())?,
        ["discard-row", row] => batch.discard(&[number(row)?])?,
        ["reject", word, reason] => batch.reject(&of_kind(batch, word), reason)?,
        ["expand", times] => {
            let times = number(times)?;
            let origins: Vec<u32> = (0..rows as u32).flat_map(|row| std::iter::repeat_n(row, times)).collect();
            batch.expand(&origins)?;
        }
        ["headers" | "set-header" | "clear-header", ..] => headers(batch, words)?,
        ["schema" | "intern" | "no-schema", ..] => schema(batch, words)?,
        ["rewrite", of, word] => batch.write(part(of), form(word), &batch.read(part(of), form(word))?)?,
        ["write", of, word, text] => batch.write(part(of), form(word), &column(&vec![Some(text); rows]))?,
        ["nullify", of] => batch.write(part(of), Form::Raw, &column(&vec![None::<&str>; rows]))?,
        ["fail", "retriable", words] => return Err(Error::Retriable(words.to_owned())),
        ["fail", "invalid-config", words] => return Err(invalid("script", words.to_owned())),
        ["fail", "trap", words] => panic!("{words}"),
        ["fail", _, words] => return Err(Error::Fatal(words.to_owned())),
        ["note", words] => note(words),
        _ => return routing(batch, words),
    }
    Ok(())
}

fn routing(batch: &Batch, words: &[&str]) -> Result<(), Error> {
    let rows = batch.row_count() as usize;
    match *words {
        ["topics", to] => show_texts(batch, to, names(batch.topics()))?,
        ["original-topics", to] => show_texts(batch, to, names(batch.original_topics()))?,
        ["partitions", to] => show_integers(batch, to, batch.partitions())?,
        ["original-partitions", to] => show_integers(batch, to, batch.original_partitions())?,
        ["offsets", to] => show_integers(batch, to, batch.offsets())?,
        ["timestamps", to] => {
            // A row without a timestamp gets no field.
            let values = batch.timestamps();
            let states = values.iter().map(|time| if *time < 0 { -3 } else { 0 }).collect();
            batch.write_field(Part::Value, &path(to), &FieldColumn::Integer(IntegerColumn { states, values }))?;
        }
        ["set-topics", suffix] => {
            let mut topics = batch.topics();
            topics.names.iter_mut().for_each(|name| name.push_str(suffix));
            batch.set_topics(&topics)?;
        }
        ["set-partitions", partition] => batch.set_partitions(&vec![number(partition)?; rows])?,
        ["set-timestamps", by] => {
            let by: i64 = number(by)?;
            let shift = |time: i64| if time < 0 { time } else { time + by };
            batch.set_timestamps(&batch.timestamps().into_iter().map(shift).collect::<Vec<_>>())?;
        }
        _ => return Err(Error::Fatal(format!("can't understand {words:?}"))),
    }
    Ok(())
}

fn compute(batch: &Batch, (command, by): (&str, &str), (part, at): (Part, &[String])) -> Result<(), Error> {
    let form = match command {
        "add" => FieldForm::Integer,
        "scale" => FieldForm::Number,
        _ => FieldForm::Text,
    };
    let mut found = batch.read_field(part, at, form)?;
    match &mut found {
        FieldColumn::Integer(column) => {
            let by = number(by)?;
            column.values.iter_mut().for_each(|value| *value = value.wrapping_add(by));
        }
        FieldColumn::Number(column) => {
            let by: f64 = number(by)?;
            column.values.iter_mut().for_each(|value| *value *= by);
        }
        FieldColumn::Text(column) | FieldColumn::Json(column) => {
            let longer = |text: Option<Vec<u8>>| [text.unwrap_or_default(), by.as_bytes().to_vec()].concat();
            let present = texts(column).into_iter().filter(Option::is_some);
            column.data = present.flat_map(longer).collect();
            column.lengths.iter_mut().filter(|length| **length >= 0).for_each(|length| *length += by.len() as i32);
        }
    }
    Ok(batch.write_field(part, at, &found)?)
}

/// Casts a field to int64 as Kafka's `Cast` does.
fn cast(batch: &Batch, part: Part, at: &[String]) -> Result<(), Error> {
    let FieldColumn::Json(json) = batch.read_field(part, at, FieldForm::Json)? else { unreachable!() };
    let FieldColumn::Text(text) = batch.read_field(part, at, FieldForm::Text)? else { unreachable!() };
    let FieldColumn::Number(doubles) = batch.read_field(part, at, FieldForm::Number)? else { unreachable!() };
    let (json, text) = (texts(&json), texts(&text));
    let (mut states, mut values, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (row, kind) in batch.field_kinds(part, at)?.into_iter().enumerate() {
        let parsed = || std::str::from_utf8(text[row].as_ref()?).ok()?.parse().ok();
        let (state, value) = match kind {
            ValueKind::Absent | ValueKind::Null => (-1, Some(0)),
            ValueKind::Integer => (-3, Some(0)),
            ValueKind::Fraction => (0, Some(doubles.values[row] as i64)),
            ValueKind::Boolean => (0, Some(i64::from(json[row].as_deref() == Some(b"true")))),
            ValueKind::Text => (0, parsed()),
            ValueKind::Array | ValueKind::Object => (0, None),
        };
        if value.is_none() {
            refused.push(row as u32);
        }
        states.push(if value.is_some() { state } else { -3 });
        values.push(value.unwrap_or_default());
    }
    batch.write_field(part, at, &FieldColumn::Integer(IntegerColumn { states, values }))?;
    Ok(batch.reject(&refused, "can't be cast to int64")?)
}

/// Writes a field as text, boolean, float64 or int32, by a column of that type, where its kind allows it.
fn convert(batch: &Batch, part: Part, (at, to): (&[String], &str)) -> Result<(), Error> {
    let FieldColumn::Json(json) = batch.read_field(part, at, FieldForm::Json)? else { unreachable!() };
    let FieldColumn::Number(doubles) = batch.read_field(part, at, FieldForm::Number)? else { unreachable!() };
    let json = texts(&json);
    let (mut states, mut values, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (row, kind) in batch.field_kinds(part, at)?.into_iter().enumerate() {
        let text = json[row].as_deref().unwrap_or_default();
        let (state, value) = match (kind, to) {
            (ValueKind::Absent | ValueKind::Null, _) | (ValueKind::Text, "text") => (-3, Some(0.0)),
            (ValueKind::Integer | ValueKind::Fraction, _) => (0, Some(doubles.values[row])),
            (ValueKind::Boolean, _) => (0, Some(f64::from(text == b"true"))),
            (ValueKind::Text, "boolean") if text == b"\"true\"" => (0, Some(1.0)),
            (ValueKind::Text, "boolean") if text == b"\"false\"" => (0, Some(0.0)),
            _ => (-3, None),
        };
        let fits = |value: &f64| to != "int32" || (-2_147_483_649.0 < *value && *value < 2_147_483_648.0);
        let value = value.filter(fits);
        if value.is_none() {
            refused.push(row as u32);
        }
        states.push(if value.is_some() { state } else { -3 });
        values.push(value.unwrap_or_default());
    }
    let bytes = |text: &dyn Fn(usize) -> Vec<u8>| {
        let texts: Vec<_> = (0..states.len()).map(|row| (states[row] == 0).then(|| text(row))).collect();
        let mut column = column(&texts);
        column.lengths.iter_mut().filter(|length| **length < 0).for_each(|length| *length = -3);
        column
    };
    let is_true = |row: usize| if values[row].trunc() == 0.0 { b"false".to_vec() } else { b"true".to_vec() };
    let column = match to {
        "text" => FieldColumn::Text(bytes(&|row| json[row].clone().unwrap_or_default())),
        "boolean" => FieldColumn::Json(bytes(&is_true)),
        "int32" => {
            let values = values.iter().map(|value| *value as i64).collect();
            FieldColumn::Integer(IntegerColumn { states, values })
        }
        _ => FieldColumn::Number(NumberColumn { states, values }),
    };
    let change = FieldChange::Replace(FieldValue::Column(column));
    batch.edit(part, &[EditOperation { path: at.to_vec(), change }], None)?;
    Ok(batch.reject(&refused, &format!("can't be {to}"))?)
}

fn of_kind(batch: &Batch, word: &str) -> Vec<u32> {
    let kinds = (0..).zip(batch.kinds(Part::Value));
    kinds.filter(|(_, found)| *found == kind(word)).map(|(row, _)| row).collect()
}

/// The headers of each row, as pairs.
fn header_rows(batch: &Batch) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
    let HeaderColumn { counts, keys, values } = batch.headers();
    let mut pairs = keys.into_iter().zip(texts(&values));
    counts.iter().map(|count| pairs.by_ref().take(*count as usize).collect()).collect()
}

fn headers(batch: &Batch, words: &[&str]) -> Result<(), BatchError> {
    let mut rows = header_rows(batch);
    match *words {
        ["headers", to] => {
            let text = |(key, value): &(String, Option<Vec<u8>>)| match value {
                Some(value) => format!("{key}={}", String::from_utf8_lossy(value)),
                None => key.clone(),
            };
            let lines = rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(",")).collect();
            return show_texts(batch, to, lines);
        }
        ["set-header", key, value] => {
            let value = Some(value.as_bytes().to_vec()).filter(|value| value != b"null");
            rows.iter_mut().for_each(|row| row.push((key.to_owned(), value.clone())));
        }
        ["clear-header", key] => rows.iter_mut().for_each(|row| row.retain(|(found, _)| found != key)),
        _ => {}
    }
    set_headers(batch, rows)
}

fn set_headers(batch: &Batch, rows: Vec<Vec<(String, Option<Vec<u8>>)>>) -> Result<(), BatchError> {
    let counts = rows.iter().map(|row| row.len() as u32).collect();
    let (keys, values): (Vec<_>, Vec<_>) = rows.into_iter().flatten().unzip();
    batch.set_headers(&HeaderColumn { counts, keys, values: column(&values) })
}

fn schema(batch: &Batch, words: &[&str]) -> Result<(), Error> {
    let set = |of: &str, id| batch.set_schemas(part(of), &vec![id; batch.row_count() as usize]);
    match *words {
        ["schema", of, header] => {
            let mut rows = header_rows(batch);
            for (row, id) in rows.iter_mut().zip(batch.schemas(part(of))) {
                row.push((header.to_owned(), schemas::schema(id)));
            }
            set_headers(batch, rows)?;
        }
        ["intern", of, text] => {
            let id = schemas::intern(text.as_bytes()).map_err(|words| Error::Fatal(format!("schema: {words}")))?;
            set(of, id)?;
        }
        ["no-schema", of] => set(of, 0)?,
        _ => {}
    }
    Ok(())
}

/// Says something to the log and to the metrics.
fn note(words: &str) {
    if log::enabled(log::Level::Info) {
        log::write(log::Level::Info, words);
    }
    metrics::count("abi_notes", 1);
    metrics::gauge("abi_note_length", words.len() as f64);
}
