//! `Explode`: a record for each element of an array. All records of one are one to offsets: it is done when they are.

use std::rc::Rc;

use airlock_sdk::data::{self, Datum, Schema, SchemaCache, Value};
use airlock_sdk::{
    Batch, BytesColumn, Cell, Config, ConfigKey, Description, Edit, Error, Form, Importance, IntColumn, Part, Path,
    Transform, ValueKind,
};
use connect_lib::header_list::{self, HeaderValue, Maker};
use connect_lib::typed::Rows;
use connect_lib::{field_path, json_members, part};

use crate::found::{Fate, Found, Otherwises};
use crate::typed_rows::TypedRows;

const FIELD: &str = "field";
const OUTPUT: &str = "output";
const INDEX_FIELD: &str = "index.field";
const INDEX_HEADER: &str = "index.header";
const MOST: &str = "max.elements";

/// A record for each element of an array.
pub(crate) struct Explode {
    /// As it was written.
    field: String,
    path: Vec<String>,
    output: Output,
    otherwises: Otherwises,
    most: usize,
    index_field: Option<String>,
    index_header: Option<String>,
    schemas: SchemaCache,
    typed: TypedRows,
}

/// Where elements go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// In place of the array.
    Field,
    /// In place of the whole value.
    Value,
}

/// One of the records that come out.
struct Child {
    origin: u32,
    fate: Fate,
    /// Which element it has.
    index: usize,
}

impl Transform for Explode {
    fn describe() -> Description {
        let mut keys = vec![
            ConfigKey::text(FIELD).required().importance(Importance::High).documentation("The array."),
            field_path::syntax_key(),
            ConfigKey::text(OUTPUT).default("field").one_of(["field", "value"]).documentation(
                "Where elements go: field puts each in place of the array, value in place of the whole value.",
            ),
        ];
        keys.extend(Otherwises::keys());
        keys.extend([
            ConfigKey::text(INDEX_FIELD).importance(Importance::Low).documentation(
                "The name of a field that is added with the element's position, from 0. Elements that become the whole \
                 value must have fields then.",
            ),
            ConfigKey::text(INDEX_HEADER)
                .importance(Importance::Low)
                .documentation("The name of a header that is added with the element's position, from 0."),
            ConfigKey::int(MOST)
                .default("10000")
                .importance(Importance::Low)
                .documentation("How many elements an array may have. A record with more is rejected."),
        ]);
        Description::new(["airlock.transforms.Explode"])
            .version(env!("CARGO_PKG_VERSION"))
            .documentation("Makes a record for each element of an array. Tombstones and nulls are passed on.")
            .config(keys)
    }

    fn configure(config: &Config, _class_name: &str) -> Result<Self, Error> {
        let field = config.text(FIELD)?.to_owned();
        let output = match config.text(OUTPUT)?.trim() {
            "field" => Output::Field,
            "value" => Output::Value,
            other => return Err(Error::invalid(OUTPUT, format!("is {other:?}: write field or value"))),
        };
        let most: u32 = config.parse(MOST)?;
        if most == 0 {
            return Err(Error::invalid(MOST, "is 0: write a number from 1 on"));
        }
        let name = |key: &str| config.get(key).filter(|name| !name.is_empty()).map(str::to_owned);
        let (path, index_field) = (field_path::parse(FIELD, &field, config)?, name(INDEX_FIELD));
        if output == Output::Field && index_field.as_ref() == path.first() {
            return Err(Error::invalid(INDEX_FIELD, format!("is {field}, where the element is: choose another name")));
        }
        Ok(Explode {
            typed: TypedRows::new(path.clone(), output, index_field.clone()),
            index_header: name(INDEX_HEADER),
            otherwises: Otherwises::read(config)?,
            most: most as usize,
            schemas: SchemaCache::default(),
            field,
            path,
            output,
            index_field,
        })
    }

    fn apply(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let rows = Rows::of(batch, Part::Value);
        let mut fates = vec![Fate::Keep; batch.rows()];
        let texts = batch.value().read_json(self.path.as_slice())?;
        self.decide_plain(batch, &rows, (&texts, &mut fates));
        let typed = data::read(batch.value(), &mut self.schemas, &rows.typed)?;
        self.decide_typed(&typed, &mut fates);
        if fates.iter().all(|fate| *fate == Fate::Keep) {
            return Ok(());
        }
        let children: Vec<Child> = (0..).zip(&fates).flat_map(|(origin, fate)| children(origin, fate)).collect();
        let origins: Vec<u32> = children.iter().map(|child| child.origin).collect();
        if !origins.iter().copied().eq(0..fates.len() as u32) {
            batch.expand(&origins)?;
        }
        self.write_plain(batch, &children, (&texts, &rows))?;
        self.write_typed(batch, &children, typed)?;
        self.write_headers(batch, &children)?;
        for (row, child) in (0..).zip(&children) {
            if let Fate::Reject(reason) = &child.fate {
                batch.reject(&[row], reason)?;
            }
        }
        Ok(())
    }
}

fn children(origin: u32, fate: &Fate) -> impl Iterator<Item = Child> {
    let count = match fate {
        Fate::Drop => 0,
        Fate::Keep | Fate::Reject(_) => 1,
        Fate::Explode(count) => *count,
    };
    let fate = fate.clone();
    (0..count).map(move |index| Child { origin, fate: fate.clone(), index })
}

impl Explode {
    fn decide_plain(&self, batch: &Batch<'_>, rows: &Rows<'_>, (texts, fates): (&BytesColumn, &mut [Fate])) {
        let kinds = batch.value().kinds();
        let mut plain = rows.plain().into_iter().peekable();
        for (((row, cell), kind), fate) in (0..).zip(texts.iter()).zip(kinds).zip(fates) {
            if plain.next_if_eq(&row).is_none() || matches!(kind, ValueKind::Absent | ValueKind::Null) {
                continue;
            }
            let found = match cell {
                _ if kind != ValueKind::Object => Found::Missing,
                Cell::Value(json) => found_in(json),
                Cell::Null => Found::Null,
                _ => Found::Missing,
            };
            *fate = self.otherwises.decide(found, &self.field, self.most);
        }
    }

    fn decide_typed(&self, rows: &[(u32, Result<Datum, String>)], fates: &mut [Fate]) {
        for (row, read) in rows {
            let Some(fate) = fates.get_mut(*row as usize) else { continue };
            *fate = match read {
                Err(reason) => Fate::Reject(reason.clone()),
                Ok(datum) if datum.value.is_null() => Fate::Keep,
                Ok(datum) => self.otherwises.decide(self.typed.find(datum), &self.field, self.most),
            };
        }
    }

    /// Writes the elements of rows without a schema: JSON, as it stands in the array.
    fn write_plain(
        &self,
        batch: &Batch<'_>,
        children: &[Child],
        (texts, rows): (&BytesColumn, &Rows<'_>),
    ) -> Result<(), Error> {
        let (column, exploded) = elements(children, texts, rows);
        if exploded.is_empty() {
            return Ok(());
        }
        let values = batch.value();
        let edit = match self.output {
            Output::Field => Edit::new().put(self.path.as_slice(), column),
            Output::Value => {
                values.write_whole(Form::Json, column)?;
                Edit::new()
            }
        };
        let positions = || children.iter().map(|child| Cell::Value(child.index as i64)).collect::<IntColumn>();
        let edit = match &self.index_field {
            Some(name) => edit.put(Path::from(name), positions()),
            None => edit,
        };
        Ok(values.edit_rows(&exploded, edit)?)
    }

    fn write_typed(
        &mut self,
        batch: &Batch<'_>,
        children: &[Child],
        rows: Vec<(u32, Result<Datum, String>)>,
    ) -> Result<(), Error> {
        let Self { typed, schemas, .. } = self;
        let mut outcomes = Vec::new();
        let mut children = (0..).zip(children).peekable();
        for (origin, datum) in rows {
            while children.next_if(|(_, child)| child.origin < origin).is_some() {}
            let is_exploded =
                |(_, child): &(u32, &Child)| child.origin == origin && matches!(child.fate, Fate::Explode(_));
            if !children.peek().is_some_and(is_exploded) {
                continue;
            }
            let taken = datum.ok().and_then(|datum| typed.take(datum));
            while let (Some(taken), Some((row, child))) = (&taken, children.next_if(is_exploded)) {
                outcomes.push((row, typed.element(taken, child.index)));
            }
        }
        if outcomes.is_empty() { Ok(()) } else { data::put(batch.value(), schemas, outcomes) }
    }

    fn write_headers(&mut self, batch: &Batch<'_>, children: &[Child]) -> Result<(), Error> {
        let Some(name) = &self.index_header else { return Ok(()) };
        let (maker, schema) = (Maker::of(batch), Rc::new(Schema::int32()));
        let value = |child: &Child| {
            let index = Value::Int32(child.index as i32);
            matches!(child.fate, Fate::Explode(_)).then(|| maker.value(&index, &schema)).transpose()
        };
        let values: Vec<Option<HeaderValue>> =
            children.iter().map(value).collect::<Result<_, _>>().map_err(Error::fatal)?;
        let added = values.iter().map(|value| value.iter().map(|value| (name.as_str(), value)).collect());
        header_list::append(batch, &mut self.schemas, added)
    }
}

/// Returns the elements of rows without a schema, and which rows have one.
fn elements(children: &[Child], texts: &BytesColumn, rows: &Rows<'_>) -> (BytesColumn, Vec<u32>) {
    let texts: Vec<Cell<&[u8]>> = texts.iter().collect();
    let mut column = BytesColumn::default();
    let mut exploded = Vec::new();
    // The elements of the array that comes last.
    let mut last: (Option<u32>, Vec<&str>) = (None, Vec::new());
    for (row, child) in (0..).zip(children) {
        let is_plain = rows.typed.binary_search(&child.origin).is_err();
        if !matches!(child.fate, Fate::Explode(_)) || !is_plain {
            column.push(Cell::<&str>::Other);
            continue;
        }
        if last.0 != Some(child.origin) {
            let json = texts.get(child.origin as usize).copied().and_then(Cell::value);
            let json = json.and_then(|json| std::str::from_utf8(json).ok()).unwrap_or_default();
            last = (Some(child.origin), json_members::elements(json).unwrap_or_default());
        }
        column.push(last.1.get(child.index).map_or(Cell::Null, Cell::Value));
        exploded.push(row);
    }
    (column, exploded)
}

fn found_in(json: &[u8]) -> Found {
    match json.first() {
        Some(b'[') => {
            let elements = std::str::from_utf8(json).ok().and_then(json_members::elements);
            elements.map_or(Found::Other("no JSON"), |elements| Found::Elements(elements.len()))
        }
        Some(b'n') | None => Found::Null,
        Some(b'{') => Found::Other(part::class_of(ValueKind::Object)),
        Some(b'"') => Found::Other(part::class_of(ValueKind::Text)),
        Some(b't' | b'f') => Found::Other(part::class_of(ValueKind::Boolean)),
        Some(_) => Found::Other("a number"),
    }
}
