//! Puts cases about converters to both sides. Airlock's answer is what its batch makes of Kafka's bytes, as a guest
//! reads it, and of what a guest writes.

use std::sync::{Arc, Mutex};

use airlock::config::Properties;
use airlock::config::converter::{CONVERTER_CLASSES, Converter as Configured};
use airlock::pipeline::batch::{Batch, BytesColumn, Call, Content, Contents, Form, NewRow, SchemaTable};
use airlock::record::Part;
use anyhow::{Result, anyhow, bail};

use super::case::{Answer, Case, Converter, Failure, Item, Nulls, Operation, Outcome, Question, Verdict};
use super::client::Oracle;
use super::compare::{self, Difference};
use super::listed;
use super::listed_conversions::{Made, is_listed};
use super::notation::Typed;
use super::trial::{Found, Tally};
use super::typed_cbor;

/// Tells whether Airlock has a converter of this class.
pub fn is_there(converter: &Converter) -> bool {
    CONVERTER_CLASSES.contains(&converter.class.as_str())
}

/// Compares what both sides make of cases about converters.
///
/// # Errors
/// When a side fails in a way that isn't an answer.
pub fn run(oracle: &mut Oracle, cases: &[Case]) -> Result<Tally> {
    let mut tally = Tally::default();
    for (case, answer) in cases.iter().zip(oracle.ask(cases)?) {
        let Question::Converter(converter) = &case.question else { bail!("no converter's case") };
        let wanted = match answer.verdict {
            Verdict::Results(outcomes) => Ok(outcomes),
            Verdict::ConfigError(failure) => Err(failure),
            Verdict::CaseError(words) => bail!("{words}"),
        };
        compare(&mut tally, case, (wanted, answer_of(converter)?));
    }
    Ok(tally)
}

/// What one side made of each item, none where it can't be compared; or it refused the configuration.
type Answered<T> = Result<Vec<T>, Failure>;

fn compare(tally: &mut Tally, case: &Case, (wanted, found): (Answered<Outcome>, Answered<Option<Outcome>>)) {
    let Question::Converter(converter) = &case.question else { return };
    let (wanted, found) = match (wanted, found) {
        (Err(_), Err(_)) => {
            tally.compared += 1;
            return;
        }
        (Err(failure), Ok(_)) => return refused(tally, case, (failure, "nothing against the configuration")),
        (Ok(wanted), Err(_)) if wanted.iter().all(|made| matches!(made, Outcome::Error(_))) => {
            tally.compared += wanted.len();
            return;
        }
        (Ok(wanted), Err(failure)) if listed::is_converter_refused(converter, &failure) => {
            tally.excluded += wanted.len();
            return;
        }
        (Ok(_), Err(failure)) => return refused(tally, case, (failure, "only Airlock refuses the configuration")),
        (Ok(wanted), Ok(found)) => (wanted, found),
    };
    for ((wanted, found), item) in wanted.into_iter().zip(found).zip(&converter.items) {
        let Some(found) = found else {
            tally.excluded += 1;
            continue;
        };
        let Some(difference) = difference(converter, &wanted, &found) else {
            tally.compared += 1;
            continue;
        };
        if is_listed(converter, Made { item, wanted: &wanted, found: &found }) {
            tally.excluded += 1;
            continue;
        }
        tally.compared += 1;
        let items = vec![item.clone()];
        let question = Question::Converter(Converter { items, ..converter.clone() });
        tally.found.push(Found { case: Case { question, ..case.clone() }, difference });
    }
}

fn refused(tally: &mut Tally, case: &Case, (failure, who): (Failure, &str)) {
    tally.compared += 1;
    let wanted = failure.message.unwrap_or(failure.class);
    let difference = Difference { path: "configuration".to_owned(), wanted, found: who.to_owned() };
    tally.found.push(Found { case: case.clone(), difference });
}

fn difference(converter: &Converter, wanted: &Outcome, found: &Outcome) -> Option<Difference> {
    let told = |outcome: &Outcome| serde_json::to_string(outcome).unwrap_or_default();
    match (wanted, found) {
        (Outcome::Error(_), Outcome::Error(_)) => None,
        (Outcome::Error(_), _) => {
            Some(Difference { path: "only Java rejects".to_owned(), wanted: told(wanted), found: told(found) })
        }
        (_, Outcome::Error(_)) => {
            Some(Difference { path: "only Airlock rejects".to_owned(), wanted: told(wanted), found: told(found) })
        }
        _ => {
            let answer = |outcome: &Outcome| Answer { id: 0, verdict: Verdict::Results(vec![outcome.clone()]) };
            let rule = match converter.class.ends_with("JsonConverter") {
                true => compare::Bytes::JsonValues,
                false => compare::Bytes::Exact,
            };
            compare::difference(&answer(wanted), &answer(found), rule)
        }
    }
}

/// What Airlock makes of each item.
fn answer_of(converter: &Converter) -> Result<Answered<Option<Outcome>>> {
    let failure = |words: String| Failure { class: String::new(), message: Some(words), cause: None };
    let mut properties: Properties = [("value.converter".to_owned(), converter.class.clone())].into();
    let own = converter.config.iter().map(|(key, value)| (format!("value.converter.{key}"), value.clone()));
    properties.extend(own);
    let configured = match Configured::parse(&properties, "value.converter") {
        Ok(Some(configured)) => configured,
        Ok(None) => bail!("no converter"),
        Err(problems) => return Ok(Err(failure(format!("{problems:?}")))),
    };
    let mut schemas = SchemaTable::default();
    let content = match Content::of(&configured, &mut schemas) {
        Ok(content) => content,
        Err(words) => return Ok(Err(failure(words))),
    };
    let are_kept = converter.config.get("replace.null.with.default").is_some_and(|kept| kept.trim() == "false");
    let side = Side {
        nulls: if are_kept { Nulls::Kept } else { Nulls::Replaced },
        part: if converter.is_key { Part::Key } else { Part::Value },
        content,
        schemas: Arc::new(Mutex::new(schemas)),
    };
    let convert = |item: &Item| match (converter.operation, item) {
        (Operation::ToConnect | Operation::ToConnectHeader, Item::Bytes { bytes }) => side.to_connect(bytes.as_deref()),
        (Operation::FromConnect | Operation::FromConnectHeader, Item::Typed(typed)) => side.encoded(typed),
        _ => bail!("the item doesn't fit the operation"),
    };
    converter.items.iter().map(convert).collect::<Result<Vec<_>>>().map(Ok)
}

/// A converter's part of a batch.
struct Side {
    part: Part,
    nulls: Nulls,
    content: Content,
    schemas: Arc<Mutex<SchemaTable>>,
}

impl Side {
    fn batch(&self, bytes: Option<&[u8]>) -> Batch {
        let contents = match self.part {
            Part::Key => Contents { key: self.content.clone(), value: Content::Opaque },
            Part::Value => Contents { key: Content::Opaque, value: self.content.clone() },
        };
        let mut batch = Batch::with_schemas(contents, Arc::clone(&self.schemas));
        let (key, value) = if self.part == Part::Key { (bytes, None) } else { (None, bytes) };
        batch.push(NewRow { topic: "t", partition: 0, offset: 0, timestamp: -1, key, value, headers: &[] });
        batch.decode();
        batch
    }

    fn to_connect(&self, bytes: Option<&[u8]>) -> Result<Option<Outcome>> {
        let mut batch = self.batch(bytes);
        if let Some(rejected) = batch.rejected().next() {
            return Ok(Some(error(rejected.rejection.reason.clone())));
        }
        let id = batch.schemas(self.part).first().copied().unwrap_or_default();
        let text = self.schemas.lock().map_err(|_| anyhow!("poisoned"))?.get(id);
        let schema = text.map(|text| typed_cbor::schema(&typed_cbor::json(&text)?, self.nulls)).transpose()?;
        let column = batch.read(self.part, Form::Cbor).map_err(|error| anyhow!("{error:?}"))?;
        let value = match column.lengths.first() {
            Some(-1) => None,
            Some(0..) => typed_cbor::read(&column.data, schema.as_ref())?,
            // The form can't express it.
            _ => return Ok(None),
        };
        Ok(Some(Outcome::Typed(Box::new(Typed { schema, value }))))
    }

    fn encoded(&self, typed: &Typed) -> Result<Option<Outcome>> {
        let Some(cbor) = typed_cbor::write(&typed.value, typed.schema.as_ref()) else { return Ok(None) };
        let id = match &typed.schema {
            None => 0,
            Some(schema) => {
                let Some(json) = typed_cbor::schema_json(schema) else { return Ok(None) };
                let interned =
                    self.schemas.lock().map_err(|_| anyhow!("poisoned"))?.intern(json.to_string().as_bytes());
                match interned {
                    Ok(id) => id,
                    Err(words) => return Ok(Some(error(words))),
                }
            }
        };
        let mut batch = self.batch(None);
        let told = |error| anyhow!("{error:?}");
        batch.open_call(Call::default()).map_err(told)?;
        batch.set_schemas(self.part, vec![id]).map_err(told)?;
        let column = match (&typed.schema, &typed.value) {
            (None, None) => BytesColumn { lengths: vec![-1], data: Vec::new() },
            _ => BytesColumn { lengths: vec![i32::try_from(cbor.len())?], data: cbor },
        };
        if let Err(words) = batch.write(self.part, Form::Cbor, column) {
            return Ok(Some(error(format!("{words:?}"))));
        }
        batch.commit_call();
        batch.encode();
        if let Some(rejected) = batch.rejected().next() {
            return Ok(Some(error(rejected.rejection.reason.clone())));
        }
        let Some((_, record)) = batch.outgoing().next() else { bail!("the row is gone") };
        Ok(Some(Outcome::Bytes(if self.part == Part::Key { record.key } else { record.value })))
    }
}

fn error(words: String) -> Outcome {
    Outcome::Error(Failure { class: String::new(), message: Some(words), cause: None })
}
