//! How Airlock answers a case about a transform or predicate: by the plugin of that class in the real sandbox.

use airlock::pipeline::batch::{Batch, Content, Contents, Envelope, HeaderRef, JsonSettings, NewRow};
use airlock::pipeline::edges::{CallError, Outgoing, Transform as _};
use airlock::plugin::guests::Surroundings;
use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value, json};

use super::bridge::{Bridge, Bytes};
use super::case::{Case, Config, Nulls, Question};
use super::conversions;
use super::notation::Record;
use crate::sandbox::Sandbox;

/// A record whose keys, values and headers are bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    /// The topic.
    pub topic: String,
    /// The partition; -1 for none.
    pub partition: i32,
    /// Milliseconds since 1970; -1 for none.
    pub timestamp: i64,
    /// The offset; -1 in a source.
    pub offset: i64,
    /// The key.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
    /// The headers, in order.
    pub headers: Vec<(String, Bytes)>,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It goes on.
    Kept(Box<Raw>),
    /// It was discarded.
    Dropped,
    /// It was rejected, for this reason.
    Rejected(String),
}

/// What became of all records; or the configuration was refused, in these words.
pub type Fates = Result<Vec<Fate>, String>;

impl Raw {
    /// Returns a record with these bytes.
    pub fn new(record: &Record, key: Bytes, value: Bytes, headers: Vec<(String, Bytes)>) -> Self {
        Self {
            topic: record.topic.clone(),
            partition: record.partition.unwrap_or(-1),
            timestamp: record.timestamp.unwrap_or(-1),
            offset: record.offset.unwrap_or(-1),
            key,
            value,
            headers,
        }
    }

    fn of(outgoing: Outgoing) -> Self {
        let Outgoing { topic, partition, timestamp, key, value, headers } = outgoing;
        let (partition, timestamp) = (partition.unwrap_or(-1), timestamp.unwrap_or(-1));
        Self { topic, partition, timestamp, offset: -1, key, value, headers }
    }
}

/// Runs a case's plugin on records.
///
/// # Errors
/// When the plugin isn't there, or fails in a way that Connect's can't.
pub async fn answer((sandbox, headers): (&Sandbox, Bridge), case: &Case, records: &[Raw]) -> Result<Fates> {
    let chain = chain_of(case)?;
    if let Some(words) = refused(sandbox, case) {
        return Ok(Err(words));
    }
    let around = Surroundings { scope: "oracle".to_owned(), ..Surroundings::default() };
    let mut guests = match sandbox.chain_in(&chain, &around) {
        Ok(guests) => guests,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let Some(guest) = guests.first_mut() else { bail!("no guest") };
    match guest.start().await {
        Err(CallError::InvalidConfig(problems)) => return Ok(Err(format!("{problems:?}"))),
        started => started.map_err(|error| anyhow!("{chain}: {error}"))?,
    }
    let (mut batch, result) = guest.apply(batch(records, (case.nulls, headers), &around), None).await;
    result.map_err(|error| anyhow!("{chain}: {error}"))?;
    batch.encode();
    Ok(Ok(fates(&batch, records.len())))
}

/// Tells whether there is a plugin of the case's class.
pub fn is_there(sandbox: &Sandbox, case: &Case) -> bool {
    let class = match &case.question {
        Question::Transform(transform) => &transform.class,
        Question::Predicate(predicate) => &predicate.class,
        Question::Converter(converter) => return conversions::is_there(converter),
    };
    sandbox.catalog.find(class).is_some()
}

/// Says what the definition of a plugin's keys has against a configuration: REST looks there first.
fn refused(sandbox: &Sandbox, case: &Case) -> Option<String> {
    let mut plugins = Vec::new();
    match &case.question {
        Question::Transform(transform) => {
            plugins.push((&transform.class, &transform.config));
            plugins.extend(transform.predicate.as_ref().map(|predicate| (&predicate.class, &predicate.config)));
        }
        Question::Predicate(predicate) => plugins.push((&predicate.class, &predicate.config)),
        Question::Converter(_) => {}
    }
    plugins.into_iter().find_map(|(class, config)| {
        let (_, plugin) = sandbox.catalog.find(class)?;
        let properties = config.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        plugin.definition.parse(&properties).err().map(|problems| format!("{problems:?}"))
    })
}

fn chain_of(case: &Case) -> Result<Value> {
    let mut chain = Map::new();
    let mut set = |prefix: &str, class: &str, config: &Config| {
        chain.insert(format!("{prefix}.type"), json!(class));
        chain.extend(config.iter().map(|(key, value)| (format!("{prefix}.{key}"), json!(value))));
    };
    let negate = match &case.question {
        Question::Transform(transform) => {
            set("transforms.t", &transform.class, &transform.config);
            match &transform.predicate {
                None => {
                    chain.insert("transforms".to_owned(), json!("t"));
                    return Ok(Value::Object(chain));
                }
                Some(predicate) => {
                    set("predicates.p", &predicate.class, &predicate.config);
                    predicate.negate
                }
            }
        }
        // A predicate is seen by what a filter behind it takes out.
        Question::Predicate(predicate) => {
            set("transforms.t", "org.apache.kafka.connect.transforms.Filter", &Config::new());
            set("predicates.p", &predicate.class, &predicate.config);
            false
        }
        Question::Converter(_) => bail!("converters have no chain"),
    };
    let negate = negate.to_string();
    for (key, value) in
        [("transforms", "t"), ("predicates", "p"), ("transforms.t.predicate", "p"), ("transforms.t.negate", &negate)]
    {
        chain.insert(key.to_owned(), json!(value));
    }
    Ok(Value::Object(chain))
}

fn batch(records: &[Raw], (nulls, headers): (Nulls, Bridge), around: &Surroundings) -> Batch {
    let replace_nulls = nulls == Nulls::Replaced;
    let content = Content::Json(JsonSettings { envelope: Envelope::Around, replace_nulls, ..JsonSettings::PLAIN });
    let contents = Contents { key: content.clone(), value: content };
    let headers = matches!(headers, Bridge::Payload(_)).then_some(Content::JSON_WITH_SCHEMA);
    let mut batch = Batch::with_schemas(contents, around.schemas.clone()).with_headers(headers);
    for Raw { topic, partition, timestamp, offset, key, value, headers } in records {
        let headers: Vec<HeaderRef<'_>> = headers.iter().map(|(key, value)| (&**key, value.as_deref())).collect();
        batch.push(NewRow {
            topic,
            partition: *partition,
            offset: *offset,
            timestamp: *timestamp,
            key: key.as_deref(),
            value: value.as_deref(),
            headers: &headers,
        });
    }
    batch.decode();
    batch
}

fn fates(batch: &Batch, records: usize) -> Vec<Fate> {
    let mut fates = vec![Fate::Dropped; records];
    for (row, record) in batch.outgoing() {
        if let Some(fate) = fates.get_mut(row as usize) {
            *fate = Fate::Kept(Box::new(Raw::of(record)));
        }
    }
    for rejected in batch.rejected() {
        if let Some(fate) = fates.get_mut(rejected.origin as usize) {
            *fate = Fate::Rejected(rejected.rejection.reason.clone());
        }
    }
    fates
}
