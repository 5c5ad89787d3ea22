//! The guest of `tests/abi` in Rust, from bare bindings: `../README.md` says what each plugin does.

mod script;

use std::cell::RefCell;

use airlock::connect::plugin_info::{
    ConfigKey, ConfigProblem, ConfigType, Description, Error, Grant, Importance, Kind, Step,
};
use airlock::connect::records::{
    Batch, BatchError, BytesColumn, EditOperation, FieldChange, FieldColumn, FieldForm, FieldValue, Form, KindOutcome,
    Part, ValueKind,
};
use exports::airlock::connect::{plugin, predicate, transform};
use script::Script;

wit_bindgen::generate!({ path: "../../../wit", world: "transforms", generate_all });
export!(Component);

struct Component;

enum Plugin {
    Mask { path: Vec<String>, replacement: String },
    Uppercase(Vec<String>),
    ThreeEdits,
    Documents,
    Script(Script),
    HasField(Vec<String>),
}

struct Run {
    plugin: Plugin,
    predicate: Option<(Plugin, bool)>,
}

thread_local! {
    static RUNS: RefCell<Vec<Run>> = const { RefCell::new(Vec::new()) };
}

impl From<BatchError> for Error {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::InvalidArgument(words) => Error::Fatal(format!("invalid-argument: {words}")),
            BatchError::Unsupported(words) => Error::Fatal(format!("unsupported: {words}")),
        }
    }
}

fn invalid(key: &str, message: String) -> Error {
    Error::InvalidConfig(vec![ConfigProblem { key: key.to_owned(), message }])
}

fn path(text: &str) -> Vec<String> {
    if text == "." { Vec::new() } else { text.split('/').map(str::to_owned).collect() }
}

impl plugin::Guest for Component {
    fn describe() -> Vec<Description> {
        let one = |name: &str, kind, keys: &[&str]| Description {
            kind,
            class_names: vec![format!("abi.rust.{name}")],
            version: "1.0.0".to_owned(),
            documentation: format!("{name}, for tests."),
            config: keys.iter().copied().map(key).collect(),
            capabilities: Vec::new(),
        };
        vec![
            one("Mask", Kind::Transform, &["field", "replacement"]),
            one("Uppercase", Kind::Transform, &["field"]),
            one("ThreeEdits", Kind::Transform, &[]),
            one("Documents", Kind::Transform, &[]),
            one("Script", Kind::Transform, &["script"]),
            one("HasField", Kind::Predicate, &["field"]),
        ]
    }

    fn configure(steps: Vec<Step>) -> Result<(), Error> {
        let runs = steps.iter().map(|step| {
            let predicate = match &step.predicate {
                Some(predicate) => Some((configured(&predicate.plugin, &predicate.config)?, predicate.negate)),
                None => None,
            };
            Ok(Run { plugin: configured(&step.plugin, &step.config)?, predicate })
        });
        RUNS.set(runs.collect::<Result<_, Error>>()?);
        Ok(())
    }
}

fn key(name: &str) -> ConfigKey {
    ConfigKey {
        name: name.to_owned(),
        value_type: ConfigType::Text,
        default_value: None,
        required: true,
        importance: Importance::High,
        documentation: format!("The {name}."),
        valid_values: Vec::new(),
        display_name: String::new(),
        group: String::new(),
        non_empty: true,
        grants: Grant::Nothing,
    }
}

fn configured(class: &str, config: &[(String, String)]) -> Result<Plugin, Error> {
    let get = |key: &str| match config.iter().find(|(name, _)| name == key) {
        Some((_, value)) => Ok(value.as_str()),
        None => Err(invalid(key, "is missing".to_owned())),
    };
    Ok(match class.rsplit('.').next().unwrap_or_default() {
        "Mask" => Plugin::Mask { path: path(get("field")?), replacement: get("replacement")?.to_owned() },
        "Uppercase" => Plugin::Uppercase(path(get("field")?)),
        "ThreeEdits" => Plugin::ThreeEdits,
        "Documents" => Plugin::Documents,
        "Script" => Plugin::Script(Script::parse(get("script")?)?),
        "HasField" => Plugin::HasField(path(get("field")?)),
        other => return Err(Error::Fatal(format!("no plugin {other}"))),
    })
}

impl transform::Guest for Component {
    fn apply(batch: &Batch) -> Result<(), Error> {
        RUNS.with_borrow(|runs| {
            for (index, run) in (0..).zip(runs) {
                if index > 0 {
                    batch.enter_step(index, None)?;
                }
                if let Some((predicate, negate)) = &run.predicate {
                    let rows = chosen(predicate, batch, *negate)?;
                    batch.enter_step(index, Some(&rows))?;
                }
                run.plugin.apply(batch)?;
            }
            Ok(())
        })
    }
}

impl predicate::Guest for Component {
    fn test(batch: &Batch) -> Result<Vec<u32>, Error> {
        RUNS.with_borrow(|runs| match runs.first() {
            Some(run) => chosen(&run.plugin, batch, false),
            None => Err(Error::Fatal("called before configure".to_owned())),
        })
    }
}

fn chosen(predicate: &Plugin, batch: &Batch, negate: bool) -> Result<Vec<u32>, Error> {
    let Plugin::HasField(path) = predicate else { return Err(Error::Fatal("no predicate".to_owned())) };
    let kinds = batch.field_kinds(Part::Value, path)?;
    Ok((0..).zip(kinds).filter(|(_, kind)| (*kind != ValueKind::Absent) != negate).map(|(row, _)| row).collect())
}

impl Plugin {
    fn apply(&self, batch: &Batch) -> Result<(), Error> {
        match self {
            Plugin::Mask { path, replacement } => mask(batch, path, replacement),
            Plugin::Uppercase(path) => uppercase(batch, path),
            Plugin::ThreeEdits => Ok(batch.edit(Part::Value, &three_edits(), None)?),
            Plugin::Documents => documents(batch),
            Plugin::Script(script) => script.run(batch),
            Plugin::HasField(_) => Err(Error::Fatal("a predicate is no transform".to_owned())),
        }
    }
}

/// Discards tombstones, rejects rows in which the field is no text, masks it in the others.
fn mask(batch: &Batch, path: &[String], replacement: &str) -> Result<(), Error> {
    let FieldColumn::Text(found) = batch.read_field(Part::Value, path, FieldForm::Text)? else { unreachable!() };
    let is_text = |length: i32| length >= 0;
    let lengths = found.lengths.iter().map(|length| if is_text(*length) { replacement.len() as i32 } else { -3 });
    let count = found.lengths.iter().filter(|length| is_text(**length)).count();
    let column = BytesColumn { lengths: lengths.collect(), data: replacement.repeat(count).into_bytes() };
    batch.write_field(Part::Value, path, &FieldColumn::Text(column))?;
    let others = (0..).zip(&found.lengths).filter(|(_, length)| **length == -3).map(|(row, _)| row);
    batch.reject(&others.collect::<Vec<u32>>(), &format!("{} is no text", path.join("/")))?;
    Ok(batch.discard(&batch.tombstones())?)
}

fn uppercase(batch: &Batch, path: &[String]) -> Result<(), Error> {
    let FieldColumn::Text(mut column) = batch.read_field(Part::Value, path, FieldForm::Text)? else { unreachable!() };
    if column.data.is_ascii() {
        column.data.make_ascii_uppercase();
    } else {
        let (mut rest, mut upper) = (column.data.as_slice(), Vec::new());
        for length in column.lengths.iter_mut().filter(|length| **length >= 0) {
            let (text, after) = rest.split_at(*length as usize);
            let text = String::from_utf8_lossy(text).to_uppercase();
            *length = text.len() as i32;
            upper.extend_from_slice(text.as_bytes());
            rest = after;
        }
        column.data = upper;
    }
    Ok(batch.write_field(Part::Value, path, &FieldColumn::Text(column))?)
}

fn three_edits() -> [EditOperation; 3] {
    let operation = |field: &str, change| EditOperation { path: vec![field.to_owned()], change };
    let mask = vec![
        (ValueKind::Absent, KindOutcome::Put(b"null".to_vec())),
        (ValueKind::Text, KindOutcome::Put(b"\"****\"".to_vec())),
    ];
    [
        operation("phone", FieldChange::Remove),
        operation("ssn", FieldChange::ByKind(mask)),
        operation("source", FieldChange::Put(FieldValue::Constant(b"\"web\"".to_vec()))),
    ]
}

/// The three edits again, on whole documents.
fn documents(batch: &Batch) -> Result<(), Error> {
    use serde_json::Value;
    let mut column = batch.read(Part::Value, Form::Json)?;
    let (mut rest, mut data, mut others) = (column.data.as_slice(), Vec::new(), Vec::<u32>::new());
    for (row, length) in (0..).zip(&mut column.lengths) {
        if *length < 0 {
            *length = -3;
            continue;
        }
        let (text, after) = rest.split_at(*length as usize);
        rest = after;
        let document = serde_json::from_slice::<Value>(text).map_err(|error| Error::Fatal(error.to_string()))?;
        let Value::Object(mut fields) = document else {
            others.push(row);
            *length = -3;
            continue;
        };
        fields.shift_remove("phone");
        match fields.get_mut("ssn") {
            None => drop(fields.insert("ssn".to_owned(), Value::Null)),
            Some(Value::String(ssn)) => "****".clone_into(ssn),
            Some(_) => {}
        }
        fields.insert("source".to_owned(), "web".into());
        let before = data.len();
        serde_json::to_writer(&mut data, &fields).map_err(|error| Error::Fatal(error.to_string()))?;
        *length = (data.len() - before) as i32;
    }
    column.data = data;
    batch.write(Part::Value, Form::Json, &column)?;
    Ok(batch.reject(&others, "the value is no object")?)
}
